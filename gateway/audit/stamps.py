"""Which checkpoints of the ledger were stamped with the time, by whom, until when that holds, and what is not stamped."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from spool.journal import JournalEntry, Step

from ..ledger import store
from ..ledger.stamped_checkpoints import malformed
from ..ledger.tables import LedgerTimestamp
from ..ledger.timestamping import RENEWED
from .question import Question, Row, Scope

HOLDS = "holds"
UNTOLD = "the record tells of no such stamp: an earlier version had it made, or somebody put it there"
RENEWED_SINCE = "renewed by the next stamp"
TO_BE_RENEWED = "holds, and must be renewed"
WAITS = "not stamped yet"
_GOOD = (HOLDS, RENEWED_SINCE, TO_BE_RENEWED, WAITS)


def _rows(session: Session, scope: Scope) -> Iterator[Row]:
    """What is not stored as a stamp is, of whatever time; then by checkpoint, each stamp over it, what was told of and is gone, and how
    much of the ledger no stamp covers."""
    told = _told(session)
    last: Mapping[int, int] = dict(
        session.execute(
            select(LedgerTimestamp.size, func.max(LedgerTimestamp.n))
            .where(LedgerTimestamp.response.is_not(None))
            .group_by(LedgerTimestamp.size)
        ).all()
    )
    bad = malformed(session)
    for wrong in bad:
        yield str(wrong.size), str(wrong.n), None, None, None, wrong.message
    told = {place: said for place, said in told.items() if place[0] not in {each.size for each in bad}}
    good = select(LedgerTimestamp).where(LedgerTimestamp.size.not_in([each.size for each in bad]))
    for row in session.scalars(good.order_by(LedgerTimestamp.size, LedgerTimestamp.n)):
        said = told.pop((row.size, row.n), None)
        if _is_asked_about(scope, row.at or row.tried_at):
            yield row.size, row.n, row.at, row.authority, row.expires, _standing(row, said, last, scope.now)
    for (size, n), said in sorted(told.items()):
        if _is_asked_about(scope, said.at):
            yield size, n, said.at, said.detail.get("authority"), None, "removed, though the record tells of it"
    if last and _is_asked_about(scope, scope.now) and (size := store.size(session)) > max(last):
        yield size, None, None, None, None, WAITS


def _told(session: Session) -> dict[tuple[int, int], JournalEntry]:
    entries = session.scalars(select(JournalEntry).where(JournalEntry.step == Step.STAMPED))
    return {(entry.detail["size"], entry.detail["n"]): entry for entry in entries}


def _is_asked_about(scope: Scope, at: datetime) -> bool:
    """Stamps are of no partner's."""
    begun = scope.since is None or scope.since <= at
    return scope.partner is None and begun and (scope.until is None or at < scope.until)


def _standing(row: LedgerTimestamp, said: JournalEntry | None, last: Mapping[int, int], now: datetime) -> str:
    if row.response is None or row.expires is None:
        return f"not given: {row.why or 'it was not asked for yet'}"
    if said is None:
        return UNTOLD if row.roots is None else "put there by somebody: the record tells of no such stamp"
    if said.detail["sha256"] != sha256(row.response).hexdigest():
        return "another one than the record tells of"
    if row.n < last[row.size]:
        return RENEWED_SINCE
    if row.expires <= now:
        return "expired, and was not renewed"
    return TO_BE_RENEWED if row.expires <= now + RENEWED else HOLDS


def _wrong(row: Row) -> bool:
    return row[-1] not in _GOOD


STAMPS = Question(
    "time-stamps",
    "Which checkpoints were stamped with the time, by which authority, until when is that valid, and which are not?",
    ("entries", "stamp", "at", "authority", "valid_until", "standing"),
    _rows,
    _wrong,
    about_one=False,
)
