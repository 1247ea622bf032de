"""Where the tables that answers are read from say otherwise than the journal, which the ledger covers, or than what they hold themselves.

What is compared, and what cannot be, is listed in docs/howto/audit.md. Things of which the journal says less than the table are not wrong
for that.
"""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from .comparing import certificates, damage, documents, files, given, messages, numbers, payloads, profiles, sent, users
from .question import Question, Row, Scope
from .removals import removed
from .retelling import retold


def contradictions(session: Session) -> Iterator[Row]:
    """All there are, as rows of :data:`CONSISTENCY`. Reads the whole journal once, and every row of the tables twice.

    Where something is damaged, so that it cannot be read, that is all that is told.
    """
    damaged = damage.found(session)
    yield from damaged
    if damaged:
        return
    told, gone = retold(session), removed(session)
    yield from files.contradicted(session, told)
    yield from documents.contradicted(session, told, gone)
    yield from sent.contradicted(session, told)
    yield from payloads.contradicted(session)
    yield from numbers.contradicted(session, told, gone)
    yield from given.contradicted(session, told.given)
    yield from messages.contradicted(session, told, gone)
    yield from profiles.contradicted(session, told.agreed)
    yield from certificates.contradicted(session, told.keyed)
    yield from users.contradicted(session, told.entitled)


def _asked(session: Session, scope: Scope) -> Iterator[Row]:
    """Of all time: what a table says now may have been changed whenever it is from."""
    return (row for row in contradictions(session) if scope.partner in (None, row[1]))


def _wrong(_row: Row) -> bool:
    return True


CONSISTENCY = Question(
    "consistency",
    "Where do the tables that answers are read from say otherwise than the record that the ledger covers?",
    ("table", "partner", "id", "column", "table_says", "record_says"),
    _asked,
    _wrong,
)
