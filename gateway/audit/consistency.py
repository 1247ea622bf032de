"""Where the tables that answers are read from say otherwise than the journal, which the ledger covers, or than what they hold themselves.

What is compared, and what cannot be, is listed in docs/howto/audit.md. Things of which the journal says less than the table are not wrong
for that.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeAlias

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from partners.certificates import CertificateRow
from partners.control_numbers import ReceivedInterchange
from partners.registry import ProfileVersion
from spool.documents import INBOUND, DocumentRow
from spool.journal import BlobRole, JournalEntry, Step
from spool.receipts import Receipt
from spool.states import DocumentState, TransmissionState
from spool.transmissions import Transmission

from ..as2.cms.keys import Certificate, UnusableKey
from ..ledger.tables import LedgerBlobSalt, LedgerDetail
from ..users.tables import User
from ..users.tokens import commitment_to
from . import messages
from .question import Question, Row, Scope
from .retelling import Beginning, Entitled, Entry, Retold, Sent, retold

AT_ONCE = timedelta(minutes=1)
"""Earlier programs took the time of a row and that of the entry committed with it one after the other; they differ by less."""

_Difference: TypeAlias = tuple[str, Any, Any]
"""What a row has in a column, and what it should have by the record."""

_NOTHING = "nothing"


def contradictions(session: Session) -> Iterator[Row]:
    """All there are, as rows of :data:`CONSISTENCY`. Reads the whole journal and every row of the tables once."""
    told = retold(session)
    yield from _receipts(session, told)
    yield from _documents(session, told)
    yield from _transmissions(session, told)
    yield from _payloads(session)
    yield from _interchanges(session)
    yield from _numbers(session, told)
    for table, partner, id_, column, has, should in messages.contradicted(session, told):
        yield table, partner, id_, column, _text(has), _text(should)
    yield from _profiles(session, told.agreed)
    yield from _certificates(session, told.keyed)
    yield from _users(session, told.entitled)


# What came and what left: where it stands, whose it is, and since when it is there


def _receipts(session: Session, told: Retold) -> Iterator[Row]:
    missing = set(told.receipts)
    columns = (Receipt.id, Receipt.partner, Receipt.state, Receipt.received_at, Receipt.filename, Receipt.size)
    for row in session.execute(select(*columns).execution_options(yield_per=1000)):
        missing.discard(row.id)
        begun = told.beginnings.get(row.id)
        differences = [
            *_state(row.state, told.receipts.get(row.id, set())),
            *_beginning(begun, row.partner, ("received_at", row.received_at)),
        ]
        if begun is not None:
            should = {"filename": begun.detail.get("file"), "size": begun.detail.get("bytes")}
            differences += _different({"filename": row.filename, "size": row.size}, should)
        yield from _rows("receipt", row.partner, row.id, differences)
    for id_ in sorted(missing):
        yield "receipt", told.beginnings[id_].partner, id_, "", _NOTHING, "a file that came"


def _documents(session: Session, told: Retold) -> Iterator[Row]:
    missing = set(told.documents)
    columns = (
        DocumentRow.id,
        DocumentRow.direction,
        DocumentRow.partner,
        DocumentRow.type,
        DocumentRow.number,
        DocumentRow.state,
        DocumentRow.receipt_id,
        DocumentRow.set_id,
        DocumentRow.created_at,
        DocumentRow.interchange_control,
        DocumentRow.group_control,
        DocumentRow.profile_version,
    )
    for row in session.execute(select(*columns).execution_options(yield_per=1000)):
        missing.discard(row.id)
        if row.id not in told.documents and told.erased and row.direction == INBOUND and row.set_id in _ANSWERS:
            # What an answer answered was removed on record, and with it that the two were matched.
            continue
        stands = told.documents.get(row.id, set())
        if row.receipt_id in told.replayed and stands & {DocumentState.QUARANTINED, DocumentState.DEAD}:
            stands = stands | {DocumentState.DUPLICATE}
        begun = told.beginnings.get(row.id)
        differences = [*_state(row.state, stands), *_beginning(begun, row.partner, ("created_at", row.created_at))]
        if begun is not None:
            differences += [*_contained(row, begun), *_numbered(row, begun, told)]
        yield from _rows("document", row.partner, row.id, differences)
    for id_ in sorted(missing):
        yield "document", told.beginnings[id_].partner, id_, "", _NOTHING, "a document"


_ANSWERS = ("997", "999", "TA1")


def _contained(row: Any, begun: Beginning) -> list[_Difference]:
    """What a document is, by what it was read or written, and under which numbers it left."""
    has = {
        "type": row.type,
        "number": row.number,
        "set_id": row.set_id,
        "profile_version": row.profile_version,
        "interchange_control": row.interchange_control,
        "group_control": row.group_control,
    }
    made = begun.made
    should = {
        "type": begun.type,
        "number": begun.number,
        "set_id": made.get("set"),
        "profile_version": made.get("profile"),
    }
    should |= {"interchange_control": made.get("interchange"), "group_control": made.get("group")}
    return _different(has, should)


def _numbered(row: Any, begun: Beginning, told: Retold) -> list[_Difference]:
    """A document that was read came in an interchange that its file is told to have had."""
    opened = told.opened.get(row.receipt_id)
    if opened is None or row.direction != INBOUND or "profile" not in begun.made or not row.interchange_control:
        return []
    numbers = {number for _, _, number in opened.interchanges}
    if row.interchange_control in numbers:
        return []
    return [("interchange_control", row.interchange_control, " or ".join(sorted(numbers)) or _NOTHING)]


def _transmissions(session: Session, told: Retold) -> Iterator[Row]:
    missing = set(told.transmissions)
    columns = (
        Transmission.id,
        Transmission.partner,
        Transmission.state,
        Transmission.sent_at,
        Transmission.answered_at,
        Transmission.created_at,
        Transmission.filename,
        Transmission.interchange_control,
        Transmission.group_control,
        Transmission.answer_due_at,
    )
    for row in session.execute(select(*columns).execution_options(yield_per=1000)):
        missing.discard(row.id)
        stands = told.transmissions.get(row.id) or {Sent(TransmissionState.READY)}
        if told.erased and row.id in told.verdicts and not any(each.answered_at for each in stands):
            # The answer was removed on record; only that there was one is told, with what it was about.
            continue
        differences = _sent(Sent(row.state, row.sent_at, row.answered_at, row.answer_due_at), stands)
        begun = told.beginnings.get(row.id)
        if begun is not None:
            built = begun.detail
            should = {
                "filename": built.get("file"),
                "interchange_control": built.get("interchange"),
                "group_control": built.get("group"),
            }
            has = {name: getattr(row, name) for name in should}
            differences += [*_beginning(begun, row.partner, ("created_at", row.created_at)), *_different(has, should)]
        yield from _rows("transmission", row.partner, row.id, differences)
    for id_ in sorted(missing):
        yield "transmission", None, id_, "", _NOTHING, "something sent"


def _sent(row: Sent, stands: set[Sent]) -> list[_Difference]:
    if any(
        row.state is each.state
        and _same(row.sent_at, each.sent_at)
        and _same(row.answered_at, each.answered_at)
        and each.due in (None, row.due)
        for each in stands
    ):
        return []
    said = min(stands)
    times = [
        (name, has, should)
        for name, has, should in (
            ("sent_at", row.sent_at, said.sent_at),
            ("answered_at", row.answered_at, said.answered_at),
        )
        if not _same(has, should)
    ]
    due = [] if said.due in (None, row.due) else [("answer_due_at", row.due, said.due)]
    return [*_state(row.state, {each.state for each in stands}), *times, *due]


def _state(state: Any, stands: set[Any]) -> list[_Difference]:
    if state in stands:
        return []
    return [("state", state.value, " or ".join(sorted(each.value for each in stands if each)) or _NOTHING)]


def _beginning(begun: Beginning | None, partner: str, at: tuple[str, datetime]) -> list[_Difference]:
    if begun is None:
        return []
    column, moment = at
    whose = [] if partner == begun.partner else [("partner", partner, begun.partner)]
    return whose if _same(moment, begun.at) else [*whose, (column, moment, begun.at)]


def _same(one: datetime | None, other: datetime | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < AT_ONCE


# Which bytes they are


def _payloads(session: Session) -> Iterator[Row]:
    """The digests in the tables are those that the ledger commits to."""
    committed = (
        (
            "document",
            DocumentRow,
            "canonical_sha256",
            BlobRole.CANONICAL,
            JournalEntry.document_id,
            (Step.TRANSLATED, Step.SUBMITTED),
        ),
        ("receipt", Receipt, "sha256", BlobRole.RECEIVED, JournalEntry.receipt_id, (Step.RECEIVED,)),
        ("transmission", Transmission, "sha256", BlobRole.SENT, JournalEntry.transmission_id, (Step.BUILT,)),
    )
    table: Any
    for name, table, column, role, subject, steps in committed:
        digest = getattr(table, column)
        statement = (
            select(table.id, table.partner, digest, LedgerBlobSalt.sha256)
            .join(JournalEntry, subject == table.id)
            .join(LedgerDetail, LedgerDetail.journal_id == JournalEntry.id)
            .join(LedgerBlobSalt, and_(LedgerBlobSalt.idx == LedgerDetail.idx, LedgerBlobSalt.role == role.value))
            .where(JournalEntry.step.in_(steps), or_(digest.is_(None), digest != LedgerBlobSalt.sha256))
            .distinct()
        )
        for id_, partner, has, should in session.execute(statement):
            yield name, partner, id_, column, has, should
    source = (
        select(DocumentRow.id, DocumentRow.partner, DocumentRow.source_sha256, Receipt.sha256)
        .join(Receipt, Receipt.id == DocumentRow.receipt_id)
        .where(DocumentRow.direction == INBOUND, DocumentRow.source_sha256 != Receipt.sha256)
    )
    for id_, partner, has, should in session.execute(source):
        yield "document", partner, id_, "source_sha256", has, should


def _interchanges(session: Session) -> Iterator[Row]:
    """A number that a document was taken in under is known to have been used, and what is known of it is true of its file."""
    used = (
        select(DocumentRow.id, DocumentRow.partner, DocumentRow.interchange_control)
        .join(JournalEntry, JournalEntry.document_id == DocumentRow.id)
        .where(
            JournalEntry.step == Step.TRANSLATED,
            DocumentRow.direction == INBOUND,
            DocumentRow.interchange_control.is_not(None),
            ~exists().where(
                ReceivedInterchange.partner == DocumentRow.partner,
                ReceivedInterchange.control_number == DocumentRow.interchange_control,
            ),
        )
    )
    for id_, partner, number in session.execute(used):
        yield "received_interchange", partner, number, "", _NOTHING, f"the number of document {id_}"
    files = (
        select(ReceivedInterchange, Receipt.sha256)
        .join(Receipt, Receipt.id == ReceivedInterchange.receipt_id)
        .where(or_(ReceivedInterchange.sha256 != Receipt.sha256, ReceivedInterchange.partner != Receipt.partner))
    )
    for row, digest in session.execute(files):
        yield "received_interchange", row.partner, row.control_number, "sha256", row.sha256, digest


def _numbers(session: Session, told: Retold) -> Iterator[Row]:
    """Numbers that came are those that files are told to have had, and came when these did."""
    missing = {
        (told.beginnings[receipt].partner, *named)
        for receipt, opened in told.opened.items()
        for named in opened.interchanges
    }
    columns = (
        ReceivedInterchange.partner,
        ReceivedInterchange.sender,
        ReceivedInterchange.receiver,
        ReceivedInterchange.control_number,
        ReceivedInterchange.receipt_id,
        ReceivedInterchange.at,
    )
    for row in session.execute(select(*columns).execution_options(yield_per=1000)):
        missing.discard((row.partner, row.sender, row.receiver, row.control_number))
        opened = told.opened.get(row.receipt_id)
        if opened is None or row.receipt_id in told.retried:
            # Where a file died on the way, what it was taken for before may have been another thing.
            continue
        id_ = f"{row.sender} to {row.receiver}, {row.control_number}"
        if (row.sender, row.receiver, row.control_number) not in opened.interchanges:
            yield "received_interchange", row.partner, id_, "", "a number that came", _NOTHING
        if not opened.earliest - AT_ONCE < row.at < opened.latest + AT_ONCE:
            should = f"{_text(opened.earliest)} to {_text(opened.latest)}"
            yield "received_interchange", row.partner, id_, "at", _text(row.at), should
    for partner, sender, receiver, number in sorted(missing, key=str):
        yield "received_interchange", partner, f"{sender} to {receiver}, {number}", "", _NOTHING, "a number that came"


# What was agreed


def _profiles(session: Session, agreed: Mapping[tuple[str, int], Entry]) -> Iterator[Row]:
    missing = set(agreed)
    for row in session.scalars(select(ProfileVersion).order_by(ProfileVersion.id)):
        key = (row.partner, row.version)
        missing.discard(key)
        entry = agreed.get(key)
        if entry is None:
            # Those before the first that is told of were applied by a program that did not tell.
            if len(missing) < len(agreed):
                yield "profile_version", row.partner, f"version {row.version}", "", "a version", _NOTHING
            continue
        text = sha256(row.yaml.encode()).hexdigest()
        with_mark = sha256(row.yaml.encode("utf-8-sig")).hexdigest()
        should: dict[str, Any] = {"sha256": entry.detail.get("sha256"), "applied_by": entry.actor}
        differences = _different(vars(row), should)
        if not _same(row.applied_at, entry.at):
            differences.append(("applied_at", row.applied_at, entry.at))
        if entry.detail.get("sha256") not in (text, with_mark):
            differences.append(("yaml", text, entry.detail.get("sha256")))
        yield from _rows("profile_version", row.partner, f"version {row.version}", differences)
    for partner, version in sorted(missing):
        yield "profile_version", partner, f"version {version}", "", _NOTHING, "a version"


def _certificates(session: Session, keyed: Mapping[int, list[Entry]]) -> Iterator[Row]:
    missing = set(keyed)
    for row in session.scalars(select(CertificateRow).order_by(CertificateRow.id)):
        missing.discard(row.id)
        entries = keyed.get(row.id)
        if entries is None:
            yield "certificate", row.partner, str(row.id), "", "a certificate", _NOTHING
            continue
        yield from _rows("certificate", row.partner, str(row.id), [*_contents(row), *_history(row, entries)])
    for id_ in sorted(missing):
        yield "certificate", keyed[id_][0].partner, str(id_), "", _NOTHING, "a certificate"


def _contents(row: CertificateRow) -> list[_Difference]:
    """What the certificate says itself."""
    try:
        found = Certificate.load(row.pem.encode())
    except UnusableKey:
        return [("pem", "what is no certificate", "a certificate")]
    names = ("subject", "fingerprint", "not_before", "not_after")
    return _different(vars(row), {name: getattr(found, name) for name in names})


def _history(row: CertificateRow, entries: list[Entry]) -> list[_Difference]:
    """What its changes were."""
    first, last = entries[0], entries[-1]
    after = last.detail["after"]
    has = {
        "partner": row.partner,
        "fingerprint": row.fingerprint,
        "state": row.state.value,
        "use": row.use.value,
        "begins": row.begins.isoformat(),
        "previous_until": None if row.previous_until is None else row.previous_until.isoformat(),
        "added_by": row.added_by,
        "changed_by": row.changed_by,
    }
    should = {**after, "partner": last.partner, "fingerprint": last.detail["fingerprint"]}
    should |= {"added_by": first.actor, "changed_by": last.actor}
    times = (("added_at", row.added_at, first.at), ("changed_at", row.changed_at, last.at))
    found = [(name, has[name], said) for name, said in should.items() if has.get(name) != said]
    return [*found, *(each for each in times if not _same(*each[1:]))]


# Who may read


def _users(session: Session, entitled: Mapping[str, Entitled]) -> Iterator[Row]:
    missing = set(entitled)
    for row in session.scalars(select(User).order_by(User.name)):
        missing.discard(row.name)
        said = entitled.get(row.name)
        if said is None:
            yield "user_account", None, row.name, "", "a user", _NOTHING
            continue
        yield from _rows("user_account", None, row.name, [*_entitlement(row, said)])
    for name in sorted(missing):
        yield "user_account", None, name, "", _NOTHING, "a user"


def _entitlement(row: User, said: Entitled) -> Iterator[_Difference]:
    token = None if row.token_sha256 is None else commitment_to(row.token_sha256)
    if token != said.token:
        yield "token_sha256", token, said.token
    yield from _different(
        {"role": row.role.value, "added_by": row.added_by}, {"role": said.role, "added_by": said.added.actor}
    )
    times = (("token_at", row.token_at, said.token_at), ("added_at", row.added_at, said.added.at))
    yield from (each for each in times if not _same(*each[1:]))


def _different(has: Mapping[str, Any], should: Mapping[str, Any]) -> list[_Difference]:
    """Columns of which the record says otherwise."""
    return [
        (name, has[name], said)
        for name, said in should.items()
        if said is not None and has[name] not in (said, messages.as_kept(said))
    ]


def _rows(table: str, partner: str | None, id_: str, differences: list[_Difference]) -> Iterator[Row]:
    for column, has, should in differences:
        yield table, partner, id_, column, _text(has), _text(should)


def _text(value: Any) -> str:
    if value is None:
        return _NOTHING
    return value.isoformat() if isinstance(value, datetime) else str(value)


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
