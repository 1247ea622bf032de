"""The count after the last life: everything that was answered is there, nothing else is, and nothing happened twice.

Each check states what it finds wrong; none stops the others.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from canonical.documents import ANY_DOCUMENT, DOCUMENTS
from canonical.errors import TallyError
from canonical.identity import BlobDigest
from gateway.app import Gateway
from gateway.audit.consistency import contradictions
from gateway.business_key import business_key
from gateway.erp.notes import file_name
from gateway.erp.port import IdempotencyKey
from gateway.exchange.sendings import Sending
from gateway.inbound import DELIVER, OPEN
from gateway.outbound import BUILD, TRANSMIT
from gateway.unended import Unended, unended
from spool.documents import INBOUND, OUTBOUND, DocumentRow
from spool.journal import JournalEntry, Step
from spool.queue.tables import WorkItem
from spool.receipts import Receipt
from spool.states import DocumentState, ItemState, MessageState, ReceiptState, TransmissionState
from spool.transmissions import Transmission

from .clients import Notes
from .trade import ACME, BETA, CARGO, DELTA, OrderFile, Parcel, Route

ACKNOWLEDGEMENTS = {"FunctionalAcknowledgement", "InterchangeAcknowledgement"}
"""Documents that are consumed here and never given to the ERP."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is left of a round."""

    gateway: Gateway
    session: Session
    notes: Notes
    orders: Sequence[OrderFile]
    receipts: Sequence[Receipt]
    documents: Sequence[DocumentRow]
    transmissions: Sequence[Transmission]
    journal: Sequence[JournalEntry]

    def bytes_of(self, digest: str | None) -> bytes:
        return self.gateway.blobs.read(self.session, BlobDigest(digest or ""))

    def outbox(self, partner: str) -> Path:
        home = self.gateway.home
        return (home.drop if partner == CARGO else home.sftp) / partner / "outbox"

    def inbound(self) -> list[DocumentRow]:
        return [row for row in self.documents if row.direction == INBOUND]

    def outbound(self, type_: str) -> list[DocumentRow]:
        return [row for row in self.documents if row.direction == OUTBOUND and row.type == type_]


Faults = Iterator[str]


def count(gateway: Gateway, notes: Notes, orders: Sequence[OrderFile]) -> tuple[list[str], dict[str, int]]:
    """All that is wrong, and how many there were of what."""
    with gateway.database.read() as session:
        evidence = Evidence(
            gateway,
            session,
            notes,
            orders,
            _in_the_order_of_their_lanes(session),
            session.scalars(select(DocumentRow).order_by(DocumentRow.id)).all(),
            session.scalars(select(Transmission).order_by(Transmission.id)).all(),
            session.scalars(select(JournalEntry).order_by(JournalEntry.id)).all(),
        )
        faults = [f"{check.__name__}: {fault}" for check in CHECKS for fault in check(evidence)]
    return faults, _figures(evidence)


def _in_the_order_of_their_lanes(session: Session) -> list[Receipt]:
    """As they were opened, whatever the clocks of those who received them said."""
    opening = session.scalars(select(WorkItem).where(WorkItem.kind == OPEN))
    positions = {item.payload["receipt"]: item.position for item in opening}
    return sorted(session.scalars(select(Receipt)), key=lambda receipt: positions[receipt.id])


def _figures(evidence: Evidence) -> dict[str, int]:
    """``repeated`` are receipts of what was sent again because it was not answered, though it had been kept."""
    answers = [sent for sent in evidence.transmissions if sent.functional_id == "FA"]
    return {
        "files": len(evidence.notes.parcels),
        "attempts": evidence.notes.attempts.total(),
        "receipts": len(evidence.receipts),
        "repeated": len(evidence.receipts) - len(evidence.notes.parcels),
        "delivered": sum(entry.step is Step.DELIVERED for entry in evidence.journal),
        "acknowledgements": len(answers),
        "orders": len(evidence.outbound("PurchaseOrder")),
        "MDNs": len(evidence.notes.mdns_seen),
    }


# What came in


def received_is_what_was_sent(evidence: Evidence) -> Faults:
    """What was answered has a receipt each, and nothing was received more often than it was sent."""
    notes = evidence.notes
    found = Counter((receipt.partner, receipt.filename, receipt.sha256) for receipt in evidence.receipts)
    for key, times in found.items():
        if key not in notes.parcels:
            yield f"{key} was never sent"
        # A program that drops a file once has no part in how often it is taken up again.
        elif times > notes.attempts[key] and notes.parcels[key].route is not Route.FOLDER:
            yield f"{key} was sent {notes.attempts[key]} times and received {times} times"
    for key, times in notes.answered.items():
        if found[key] < times:
            yield f"{key} was answered {times} times and is here {found[key]} times"
    arrivals = Counter(entry.receipt_id for entry in evidence.journal if entry.step is Step.RECEIVED)
    if arrivals != Counter(receipt.id for receipt in evidence.receipts):
        yield "the journal of arrivals tells of other receipts than there are"


def receipts_end_as_due(evidence: Evidence) -> Faults:
    """The first receipt of some bytes ends as it must; the others are its duplicates. Where nothing was taken of the first, they
    end as it did, for the profile may have been mended."""
    parcels = {(parcel.partner, parcel.digest): parcel for parcel in evidence.notes.parcels.values()}
    firsts: dict[tuple[str, str], Receipt] = {}
    for receipt in evidence.receipts:
        parcel = parcels.get((receipt.partner, receipt.sha256))
        if parcel is None:
            continue
        first = firsts.setdefault((receipt.partner, receipt.sha256), receipt)
        if receipt is first or parcel.nothing_taken:
            yield from _ended(evidence, receipt, parcel)
        elif receipt.state is not ReceiptState.DUPLICATE or receipt.duplicate_of != first.id:
            yield f"{receipt.filename} ({receipt.id}) is {receipt.state}, not a duplicate of {first.id}"
        elif _answers(evidence, receipt):
            yield f"{receipt.filename} ({receipt.id}) is a duplicate and was answered anew"


def _ended(evidence: Evidence, receipt: Receipt, parcel: Parcel) -> Faults:
    name = f"{receipt.filename} ({receipt.id})"
    if receipt.state is not parcel.receipt:
        yield f"{name} is {receipt.state} ({receipt.reason}), not {parcel.receipt}"
    found = [(row.type, row.number, row.state) for row in evidence.documents if row.receipt_id == receipt.id]
    due = [(due.type, due.number, due.state) for due in parcel.documents]
    if found != due:
        yield f"{name} gave {_difference(found, due)}"
    answers = _answers(evidence, receipt)
    if Counter(answers) != Counter(parcel.answers):
        yield f"{name} was answered {answers}, not {list(parcel.answers)}"


def _difference(found: Sequence[object], due: Sequence[object]) -> str:
    return f"{[each for each in found if each not in due]} instead of {[each for each in due if each not in found]}"


def _answers(evidence: Evidence, receipt: Receipt) -> list[str]:
    sent = [each for each in evidence.transmissions if each.answers == receipt.id]
    return [word for each in sent for word in words(evidence.bytes_of(each.sha256))]


def words(data: bytes) -> list[str]:
    """What a file of ours says: ``997 <functional id> <group> <verdict>``, ``TA1 <interchange> <verdict> <note>``,
    ``850 <number>``, ``report``, ``notice``."""
    if not data.startswith(b"ISA"):
        return ["notice" if data.startswith(b"File: ") else "report"]
    said = []
    group = ""
    for segment in data.decode().replace("\n", "").split("~"):
        match segment.split("*"):
            case ["AK1", functional_id, control, *_]:
                group = f"{functional_id} {control}"
            case ["AK9", verdict, *_]:
                said.append(f"997 {group} {verdict}")
            case ["TA1", number, _date, _time, verdict, note]:
                said.append(f"TA1 {number} {verdict} {note}")
            case ["BEG", _purpose, _type, number, *_]:
                said.append(f"850 {number}")
    return said


# What the ERP was given


def erp_was_given_each_document_once(evidence: Evidence) -> Faults:
    """One file a good document, its content that of the document; one entry of delivery in the journal."""
    given = [row for row in evidence.inbound() if row.state is DocumentState.DELIVERED]
    given = [row for row in given if row.type not in ACKNOWLEDGEMENTS]
    folder = evidence.gateway.home.erp / "out"
    names: dict[str, DocumentRow] = {}
    for row in given:
        document = ANY_DOCUMENT.validate_json(evidence.bytes_of(row.canonical_sha256))
        key = business_key(document)
        assert document.partner is not None
        name = file_name(IdempotencyKey(document.partner, key.document_type, key.number, key.revision))
        if name in names:
            yield f"{row.id} and {names[name].id} count as delivered, and both are {name}"
        names[name] = row
        path = folder / name
        if not path.exists():
            yield f"{row.id} counts as delivered and {name} is not there"
        elif DOCUMENTS.validate_json(path.read_bytes()) != [document.model_copy(update={"id": row.id})]:
            yield f"{name} is not what {row.id} says"
    yield from _strangers(folder, set(names))
    journal = Counter(str(entry.document_id) for entry in evidence.journal if entry.step is Step.DELIVERED)
    if journal != Counter(row.id for row in given):
        yield f"the journal's deliveries are {_unequal(journal, Counter(row.id for row in given))}"


def _strangers(folder: Path, known: set[str]) -> Faults:
    """Files that nobody knows, half written ones included: each start removes what a death left of them."""
    for path in sorted(folder.iterdir()) if folder.exists() else []:
        if path.is_file() and path.name not in known:
            yield f"{path.name} lies in {folder.name} and nobody knows it"


def _unequal(found: Counter[str], due: Counter[str]) -> str:
    return f"too many {dict(found - due)}, too few {dict(due - found)}"


# What went out


def orders_left_once(evidence: Evidence) -> Faults:
    """Each order of ``erp/in`` as one document in one 850, its file answered."""
    rows = evidence.outbound("PurchaseOrder")
    placed = Counter(order for file in evidence.orders for order in file.orders)
    if Counter((row.partner, row.number) for row in rows) != placed:
        yield f"{len(rows)} orders are kept, {placed.total()} were placed"
    sent = {each.id: each for each in evidence.transmissions}
    left = Counter(
        word for each in sent.values() for word in words(evidence.bytes_of(each.sha256)) if word.startswith("850")
    )
    if left != Counter(f"850 {number}" for _, number in placed):
        yield f"850s: {_unequal(left, Counter(f'850 {number}' for _, number in placed))}"
    for row in rows:
        state = sent[row.transmission_id].state if row.transmission_id in sent else None
        due = TransmissionState.ACCEPTED if row.partner == ACME else TransmissionState.SENT
        if (row.state, state) != (DocumentState.DELIVERED, due):
            yield f"order {row.number} to {row.partner} is {row.state} and its transmission {state}, not {due}"
    yield from _answered_files(evidence)


def _answered_files(evidence: Evidence) -> Faults:
    folder = evidence.gateway.home.erp / "in"
    due = {f"{file.filename}.done": file.data for file in evidence.orders if file.orders}
    due |= {f"{file.filename}.error": file.data for file in evidence.orders if not file.orders}
    found = {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith(".error.txt")}
    if found != due:
        yield f"erp/in holds {sorted(found.keys() ^ due.keys()) or 'other bytes'} otherwise than it must"
    told = Counter(
        (status["order"], status["status"])
        for path in (evidence.gateway.home.erp / "out" / "status").glob("[!.]*.json")
        for status in [json.loads(path.read_bytes())]
    )
    for file in evidence.orders:
        for partner, number in file.orders:
            if told[number, "accepted" if partner == ACME else "sent"] != 1:
                yield f"the ERP was not told how far order {number} to {partner} is"


def control_numbers_have_no_gaps(evidence: Evidence) -> Faults:
    """1, 2, 3 ... for each partner and kind, each on one file only, and in its bytes."""
    for partner in (ACME, BETA, CARGO, DELTA):
        sent = [each for each in evidence.transmissions if each.partner == partner]
        sets = [row.set_control for row in evidence.documents if row.direction == OUTBOUND and row.partner == partner]
        for kind, given in (
            ("interchange", [each.interchange_control for each in sent]),
            ("group", [each.group_control for each in sent]),
            ("set", sets),
        ):
            numbers = sorted(int(number) for number in given if number is not None)
            if numbers != list(range(1, len(numbers) + 1)):
                yield f"{kind} control numbers to {partner} are {numbers}"
    for each in evidence.transmissions:
        if each.interchange_control and f"*{each.interchange_control}*".encode() not in evidence.bytes_of(each.sha256):
            yield f"{each.filename} does not carry its control number {each.interchange_control}"


def outboxes_hold_what_was_built(evidence: Evidence) -> Faults:
    """Every file that was sent lies there with its bytes, or was fetched with them; nothing else does."""
    notes = evidence.notes
    due: dict[str, dict[str, Transmission]] = defaultdict(dict)
    for each in evidence.transmissions:
        if each.filename in due[each.partner]:
            yield f"{each.filename} was built twice for {each.partner}"
        due[each.partner][each.filename] = each
    for partner, files in due.items():
        folder = evidence.outbox(partner)
        for name, each in files.items():
            path = folder / name
            data = path.read_bytes() if path.exists() else _elsewhere(notes, partner, name)
            if data is None or hashlib.sha256(data).hexdigest() != each.sha256:
                yield f"{name} for {partner} is {'missing' if data is None else 'other bytes'} in the outbox"
        yield from _strangers(folder, set(files))


def _elsewhere(notes: Notes, partner: str, name: str) -> bytes | None:
    """A file that does not lie in the outbox any more, or never did."""
    if partner == DELTA:
        return next((each.data for each in notes.taken.values() if each.filename == name), None)
    return notes.fetched.get(name) if name in notes.removed else None


# Over AS2


def messages_are_taken_once(evidence: Evidence) -> Faults:
    """However often a message was posted, its file is here once; and its MDN came, also where it came on a connection of its own."""
    found = Counter((receipt.partner, receipt.filename, receipt.sha256) for receipt in evidence.receipts)
    for key, parcel in evidence.notes.parcels.items():
        if parcel.route is Route.AS2 and found[key] != 1:
            yield f"{parcel.filename} was posted {evidence.notes.attempts[key]} times and received {found[key]} times"
    for message_id in sorted(evidence.notes.mdns_due - evidence.notes.mdns_seen):
        yield f"the MDN for {message_id} never came"


def messages_leave_once(evidence: Evidence) -> Faults:
    """What goes over AS2 is one message each time it is asked for, and an MDN proves that it arrived."""
    asked = Counter(
        item.payload["transmission"]
        for item in evidence.session.scalars(select(WorkItem).where(WorkItem.kind == TRANSMIT))
    )
    made = evidence.session.scalars(select(Sending)).all()
    taken = {message_id.strip("<>") for message_id in evidence.notes.taken}
    for transmission, times in Counter(row.transmission for row in made).items():
        if times > asked[transmission]:
            yield f"{transmission} was to be sent {asked[transmission]} times and left in {times} messages"
    for row in made:
        if row.state is not MessageState.CONFIRMED or row.message_id not in taken:
            yield f"message {row.message_id} is {row.state} ({row.reason}) and {'is' if row.message_id in taken else 'is not'} there"
    if strangers := taken - {row.message_id for row in made}:
        yield f"the partner has {strangers}, and nobody knows them"


# The whole


def nothing_is_left_to_do(evidence: Evidence) -> Faults:
    report = evidence.gateway.status()
    if not report.balance.holds or report.balance.places["pending"] or report.balance.places["dead"]:
        yield f"balance: {report.balance}"
    if (begun := unended(evidence.session)) != Unended([], [], [], []):
        yield f"begun without an outcome: {begun}"
    for item in evidence.session.scalars(select(WorkItem).where(WorkItem.state != ItemState.DONE)):
        yield f"work {item.kind} {item.payload} is {item.state}: {item.reason}"
    for row in evidence.documents:
        if row.state in (DocumentState.PENDING, DocumentState.DEAD):
            yield f"{row.direction} {row.type} {row.number} is {row.state}"
    for each in evidence.transmissions:
        if each.state in (TransmissionState.READY, TransmissionState.FAILED):
            yield f"{each.filename} for {each.partner} is {each.state}"


def nothing_is_left_lying(evidence: Evidence) -> Faults:
    """No upload, claimed file or dropped file is left behind."""
    home = evidence.gateway.home
    for folder in (home.staging, home.drop / CARGO):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.parent.name != "outbox":
                yield f"{path.relative_to(home.root)} was left"


def payloads_are_whole(evidence: Evidence) -> Faults:
    digests = {receipt.sha256 for receipt in evidence.receipts} | {each.sha256 for each in evidence.transmissions}
    digests |= {digest for row in evidence.documents for digest in (row.canonical_sha256, row.source_sha256) if digest}
    for digest in sorted(digests):
        try:
            evidence.bytes_of(digest)
        except TallyError as error:
            yield error.message


def lanes_kept_their_order(evidence: Evidence) -> Faults:
    """Within a lane, effects were committed in the order in which the work was put in. The journal is numbered in the order of commit
    where one thing waits for another."""
    effects: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    for entry in reversed(evidence.journal):
        for kind, steps, what in _EFFECTS:
            if entry.step in steps:
                effects[kind, getattr(entry, what)].append(entry.id)
    lanes: dict[str, list[int]] = defaultdict(list)
    for item in evidence.session.scalars(select(WorkItem).order_by(WorkItem.lane, WorkItem.position)):
        names = ("receipt", "transmission", "document", "arrival")
        subject = next(item.payload[name] for name in names if name in item.payload)
        # What is sent anew has effects anew, and an item each.
        if effects[item.kind, subject]:
            lanes[item.lane].append(effects[item.kind, subject].pop())
    for lane, entries in lanes.items():
        if entries != sorted(entries):
            yield f"the work of {lane} took effect in the order {entries}"


_EFFECTS: tuple[tuple[str, frozenset[Step], str], ...] = (
    (OPEN, frozenset(Step) - {Step.RECEIVED, Step.ANSWERED}, "receipt_id"),
    (DELIVER, frozenset({Step.DELIVERED}), "document_id"),
    (BUILD, frozenset({Step.BUILT}), "document_id"),
    (TRANSMIT, frozenset({Step.SENT}), "transmission_id"),
)
"""What tells of an item's effects: kind, steps of the journal, and by what they name their subject."""


def database_is_sound(evidence: Evidence) -> Faults:
    """SQLite says so itself; of PostgreSQL every row was just read."""
    connection = evidence.session.connection()
    if connection.dialect.name != "sqlite":
        return
    told = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check")]
    if told != ["ok"]:
        yield f"integrity_check: {told}"
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
        yield f"foreign_key_check: {broken}"


def the_ledger_tells_all(evidence: Evidence) -> Faults:
    """Every entry of the journal has one place in the ledger, which holds."""
    ledger = evidence.gateway.ledger
    ledger.checkpoint()
    found = ledger.verify()
    if found.wrong is not None:
        yield found.wrong
    if (found.size, found.waiting) != (len(evidence.journal), 0):
        yield f"{found.size} entries are in the ledger and {found.waiting} wait; the journal has {len(evidence.journal)}"


def tables_agree_with_the_journal(evidence: Evidence) -> Faults:
    for table, _, id_, column, has, should in contradictions(evidence.session):
        yield f"{table} {id_} has {column} {has}, and by the journal {should}"


CHECKS: tuple[Callable[[Evidence], Faults], ...] = (
    received_is_what_was_sent,
    receipts_end_as_due,
    erp_was_given_each_document_once,
    orders_left_once,
    control_numbers_have_no_gaps,
    outboxes_hold_what_was_built,
    messages_are_taken_once,
    messages_leave_once,
    nothing_is_left_to_do,
    nothing_is_left_lying,
    payloads_are_whole,
    lanes_kept_their_order,
    database_is_sound,
    the_ledger_tells_all,
    tables_agree_with_the_journal,
)
