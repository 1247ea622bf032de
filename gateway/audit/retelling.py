"""What the journal, which the ledger covers, says of where everything stands: its steps told again from the first on.

Not every step says alone where something ends: an MDN that proves nothing takes what its message carried out of its state only if that
was handed over, which earlier programs did not tell. Then all is kept that may be, and only what cannot be is a contradiction.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from spool.documents import INBOUND, OUTBOUND
from spool.journal import ENDURING, JournalEntry, Step
from spool.states import DocumentState, ReceiptState, TransmissionState

from ..exchange import telling
from ..exchange.pruning import FORGOTTEN, LEFT
from ..exchange.sendings import Sending
from ..journaling import ALL
from ..ledger.erasures import STEPS
from .given_numbers import GivenNumbers

Place = TypeVar("Place")


class Entry(NamedTuple):
    """An entry of the journal, as far as it is retold."""

    at: datetime
    step: Step
    outcome: str
    partner: str | None
    receipt: str | None
    document: str | None
    transmission: str | None
    actor: str
    detail: dict[str, Any]


@dataclass(slots=True)
class Entitled:
    """Who somebody was made, by ``added``, and by which token he comes in since when; ``token`` as :func:`.tokens.commitment_to`."""

    added: Entry
    role: str
    token: str | None = None
    token_at: datetime | None = None


class Sent(NamedTuple):
    """Where a transmission stands, and since when it was handed over and answered."""

    state: TransmissionState
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    due: Any = None
    """Until when an answer was expected, None where none was."""
    reason: str | None = None


UNTOLD: Any = object()
"""What an entry of an earlier version does not say."""


class Standing(NamedTuple):
    """Where a file or a document stands, why, and which one it is a duplicate of; a document of which no step is told stands nowhere."""

    state: Any
    reason: Any = None
    of: Any = None


class Opened(NamedTuple):
    """The earliest and the latest time that is told of a file until it was opened, in steps where it is large and whatever the clock said;
    and the names of the interchanges in it that were used: ISA06, ISA08 and ISA13."""

    earliest: datetime
    latest: datetime
    interchanges: frozenset[tuple[str, str, str]]


@dataclass(slots=True)
class Beginning:
    """What the first entry about something says, and what any says of a document: its type and number; ``detail`` is the first one's.

    ``made`` is the detail of the entry that tells how a document was read or written. ``direction`` is which way it went, and ``receipt``
    the file that a document came in; ``carried`` is what it leaves in. ``known`` is the detail that tells all of it that stays
    as it is, and ``reply`` what its sender was told of it.
    """

    at: datetime
    partner: str | None
    detail: Mapping[str, Any]
    type: str | None = None
    number: str | None = None
    made: Mapping[str, Any] = field(default_factory=dict)
    direction: str | None = None
    receipt: str | None = None
    carried: str | None = None
    known: Mapping[str, Any] | None = None
    reply: str | None = None


@dataclass(slots=True)
class ToldRow:
    """What is told that a row has; whether what it is about is there as long as it is, and is told of itself."""

    says: dict[str, Any] = field(default_factory=dict)
    partner: str | None = None
    bound: bool = False


@dataclass(slots=True)
class Retold:
    """By id, where things may stand. ``erased`` is whether anything was ever removed on record, ``times`` the earliest and the latest
    that is told of each file, and ``opened`` the files of which is told what they used.

    ``replayed`` are the files that were read anew, or a document of them, with those that they are now, ``vague`` those of which it is not
    told which numbers they used: they died on the way, or an earlier version read them. ``verdicts`` are the transmissions of which an
    answer is told with what they carried, ``reports`` the names of answers to files that no document stands for, and ``notices`` the files
    whose sender was told that they were called off. ``formats`` are what files were read as, and ``given`` our own control numbers.

    ``rows`` is what is told of AS2 messages, by table and id, from ``rows_since`` on. Those with an id before ``forgotten`` that are about
    nothing else were removed on record, and among those with one before ``parted`` may have been some that were about what went: earlier
    programs removed them so, one by one. ``brought`` are the files that came in a message, by their ids, each with that of the message.
    """

    receipts: dict[str, set[Standing]] = field(default_factory=dict)
    documents: dict[str, set[Standing]] = field(default_factory=dict)
    transmissions: dict[str, set[Sent]] = field(default_factory=dict)
    beginnings: dict[str, Beginning] = field(default_factory=dict)
    times: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    opened: dict[str, Opened] = field(default_factory=dict)
    replayed: dict[str, list[Any]] = field(default_factory=dict)
    vague: set[str] = field(default_factory=set)
    verdicts: set[str] = field(default_factory=set)
    reports: set[tuple[str, str]] = field(default_factory=set)
    notices: set[str] = field(default_factory=set)
    agreed: dict[tuple[str, int], Entry] = field(default_factory=dict)
    keyed: dict[int, list[Entry]] = field(default_factory=dict)
    entitled: dict[str, Entitled] = field(default_factory=dict)
    formats: dict[str, Any] = field(default_factory=dict)
    given: GivenNumbers = field(default_factory=GivenNumbers)
    rows: dict[tuple[str, str], ToldRow] = field(default_factory=dict)
    rows_since: datetime | None = None
    brought: dict[str, str] = field(default_factory=dict)
    forgotten: str = ""
    parted: str = ""
    erased: bool = False

    def take(self, entry: Entry) -> None:
        """What one more entry, the next one, says."""
        if entry.step in ENDURING:
            # They outlast what they are about, and do not say where it is.
            self.erased |= entry.step in STEPS
            self._removal(entry, entry.detail)
            return
        for row in entry.detail.get(telling.ROWS, ()):
            self._row(entry, row)
        if entry.receipt is not None:
            self._receipt(entry, entry.receipt)
        if entry.document is not None:
            self._document(entry, entry.document)
        if entry.transmission is not None:
            self._transmission(entry, entry.transmission)
        match entry.step:
            case Step.RENUMBERED | Step.RESTORED | Step.BUILT:
                self.given.take(entry.step, entry.partner, entry.detail)
            case Step.AGREED:
                self.agreed[entry.partner or "", entry.detail.get("version", 0)] = entry
                self.given.agree(entry.partner or "")
            case Step.REKEYED if "fingerprint" in entry.detail:
                self.keyed.setdefault(entry.detail["certificate"], []).append(entry)
            case Step.ENTITLED:
                self._user(entry, entry.detail.get("user", ""))

    def stands(self, document: str, file: str | None) -> set[Standing]:
        """Where a document may stand that came in ``file``: also as a duplicate of what was read at its place anew where that is no longer
        told, or was by an earlier program, which did not say what it replays."""
        stands = self.documents.get(document, set())
        place = document.rpartition("-")[2]
        replays = [(replay, f"{replay}-{place}") for replay in self.replayed.get(file or "", ())]
        untold = [
            again
            for replay, again in replays
            if replay not in self.receipts or (again in self.documents and self.beginnings[again].known is None)
        ]
        return stands | {_replaced(each, again) for each in stands for again in untold}

    def _removal(self, entry: Entry, detail: Mapping[str, Any]) -> None:
        if self.rows_since is None and (FORGOTTEN in detail or LEFT in detail):
            # Whoever says so tells of rows, though all that told of any may be gone.
            self.rows_since = entry.at
        before = detail.get(FORGOTTEN, "")
        self.forgotten = max(self.forgotten, before)
        if LEFT not in detail:
            self.parted = max(self.parted, before)

    def _row(self, entry: Entry, row: Mapping[str, Any]) -> None:
        if self.rows_since is None:
            self.rows_since = entry.at
        said = self.rows.setdefault((row[telling.TABLE], row[telling.ID]), ToldRow())
        said.says |= row[telling.SAYS]
        said.partner = entry.partner
        said.bound |= entry.receipt is not None or entry.transmission in self.transmissions

    def _user(self, entry: Entry, name: str) -> None:
        known = self.entitled.get(name)
        match entry.detail:
            case {"role": None}:
                self.entitled.pop(name, None)
            case {"role": role} if known is None:
                self.entitled[name] = Entitled(entry, role)
            case {"role": role} if known is not None:
                known.role = role
            case {"token": token} if known is not None:
                known.token, known.token_at = token, entry.at

    def _receipt(self, entry: Entry, receipt: str) -> None:
        earliest, latest = self.times.get(receipt, (entry.at, entry.at))
        self.times[receipt] = min(earliest, entry.at), max(latest, entry.at)
        if entry.step is Step.RECEIVED:
            self.receipts[receipt] = {Standing(ReceiptState.PENDING)}
            self.beginnings[receipt] = Beginning(entry.at, entry.partner, entry.detail)
            if telling.ROWS in entry.detail:
                self.brought[receipt] = entry.detail["arrival"]
        elif receipt in self.receipts:
            self.receipts[receipt] = _moved(self.receipts[receipt], _after_of_receipt, entry)
        if entry.step is Step.PARSED or (entry.document is None and "findings" in entry.detail):
            self.formats[receipt] = entry.detail.get("format", UNTOLD)
        if entry.step in _REPLAYED:
            self.replayed.setdefault(receipt, []).append(entry.detail.get("as", UNTOLD))
        match entry.step, entry.detail:
            case Step.RETRIED | Step.DEAD, _ if entry.document is None and entry.transmission is None:
                self.vague.add(receipt)
            case Step.PARSED, {"interchanges": interchanges}:
                self.opened[receipt] = Opened(*self.times[receipt], frozenset(map(tuple, interchanges)))
            case Step.PARSED, _:
                self.vague.add(receipt)
            case ((Step.ACKNOWLEDGED | Step.CANCELLED), {"transmission": sent}):
                self.transmissions.setdefault(sent, {Sent(TransmissionState.READY)})
                self.beginnings[sent] = Beginning(entry.at, entry.partner, entry.detail)
            case Step.ACKNOWLEDGED, {"answer": "report", "file": file}:
                self.reports.add((receipt, file))
            case Step.CANCELLED, {"told": True}:
                self.notices.add(receipt)

    def _document(self, entry: Entry, document: str) -> None:
        begun = self.beginnings.get(document) or self.beginnings.setdefault(document, _begun(entry))
        # What is matched or sent is named by others' entries as well.
        begun.type, begun.number = entry.detail.get("type", begun.type), entry.detail.get("number", begun.number)
        if entry.step in (Step.TRANSLATED, Step.BUILT):
            begun.made = entry.detail
        if entry.step is Step.BUILT:
            begun.carried = entry.transmission
        if ALL in entry.detail and begun.known is None:
            begun.known = entry.detail
        begun.reply = entry.detail.get("reply", begun.reply)
        stood = self.documents.get(document) or {Standing(None)}
        self.documents[document] = _moved(stood, self._after_of_document, entry)
        original = entry.detail.get("replays")
        if original in self.documents:
            self.documents[original] = {_replaced(each, document) for each in self.documents[original]}

    def _transmission(self, entry: Entry, transmission: str) -> None:
        if entry.step is Step.BUILT:
            self.beginnings.setdefault(transmission, Beginning(entry.at, entry.partner, entry.detail))
        if entry.step in _OF_MESSAGES and transmission not in self.transmissions:
            # A message that only tries the way out carries nothing that is kept.
            return
        stood = self.transmissions.get(transmission) or {Sent(TransmissionState.READY)}
        self.transmissions[transmission] = _moved(stood, self._after_of_transmission, entry)
        if entry.step is Step.MATCHED and entry.receipt is None:
            self.verdicts.add(transmission)

    def _after_of_document(self, stood: Standing, entry: Entry) -> Iterable[Standing]:
        if entry.step is Step.DECLINED and stood.state is DocumentState.DELIVERED:
            return self._unless_on_its_way(entry, stood, Standing(DocumentState.REJECTED, _said(entry)))
        return _after_of_document(stood, entry)

    def _after_of_transmission(self, sent: Sent, entry: Entry) -> Iterable[Sent]:
        if entry.step in _PROVES_NOTHING and sent.state is TransmissionState.SENT:
            failed = sent._replace(state=TransmissionState.FAILED, reason=_said(entry))
            return self._unless_on_its_way(entry, sent, failed)
        return _after_of_transmission(sent, entry)

    def _unless_on_its_way(self, entry: Entry, stood: Place, moved: Place) -> tuple[Place, ...]:
        """What an MDN makes of what its message carried: it moves that only if it counts, and the message was handed over before."""
        if "ignored" in entry.detail:
            return (stood,)
        sendings = [row for row in entry.detail.get(telling.ROWS, ()) if row[telling.TABLE] == Sending.__tablename__]
        match [self.rows[Sending.__tablename__, row[telling.ID]].says.get("sent_at", UNTOLD) for row in sendings]:
            case [None]:
                return (stood,)
            case [sent_at] if sent_at is not UNTOLD:
                return (moved,)
            case _:
                return stood, moved


def _begun(entry: Entry) -> Beginning:
    """A document of which this is told first: what came is told of with its file."""
    if entry.step in (Step.SUBMITTED, Step.BUILT):
        return Beginning(entry.at, entry.partner, entry.detail, direction=OUTBOUND)
    direction = None if entry.receipt is None else INBOUND
    return Beginning(entry.at, entry.partner, entry.detail, direction=direction, receipt=entry.receipt)


def retold(session: Session) -> Retold:
    """The whole journal, in its order."""
    told = Retold()
    entries = (
        select(
            JournalEntry.at,
            JournalEntry.step,
            JournalEntry.outcome,
            JournalEntry.partner,
            JournalEntry.receipt_id,
            JournalEntry.document_id,
            JournalEntry.transmission_id,
            JournalEntry.actor,
            JournalEntry.detail,
        )
        .order_by(JournalEntry.id)
        .execution_options(yield_per=1000)
    )
    for row in session.execute(entries):
        told.take(Entry._make(row))
    return told


_REPLAYED = (Step.REPLAYED, Step.RELEASED)
_PROVES_NOTHING = (Step.DECLINED, Step.UNPROVEN)
_OF_MESSAGES = (Step.ENCLOSED, Step.POSTED, Step.CONFIRMED, *_PROVES_NOTHING, Step.OVERDUE)


def _moved(stood: Collection[Any], after: Callable[[Any, Entry], Iterable[Place]], entry: Entry) -> set[Place]:
    return {place for before in stood for place in after(before, entry)}


def _after_of_receipt(stood: Standing, entry: Entry) -> Iterator[Standing]:
    detail = entry.detail
    if entry.step in _REPLAYED and stood.state in (ReceiptState.QUARANTINED, ReceiptState.DEAD):
        replay = detail.get("as", UNTOLD)
        yield Standing(ReceiptState.DUPLICATE, f"It was replayed as file {replay}.", replay)
    elif entry.document is not None or entry.transmission is not None or "arrival" in detail:
        # It is about a document in it, or about the answer or MDN to it.
        yield stood
    elif entry.step is Step.RETRIED:
        yield Standing(ReceiptState.PENDING)
    elif entry.step is Step.DUPLICATE:
        original = detail.get("of", UNTOLD)
        yield Standing(ReceiptState.DUPLICATE, f"The same bytes came before as receipt {original}.", original)
    elif entry.step in _ENDS_RECEIPT:
        yield Standing(_ENDS_RECEIPT[entry.step], _said(entry))
    else:
        yield stood


_ENDS_RECEIPT = {
    Step.PARSED: ReceiptState.OPENED,
    Step.QUARANTINED: ReceiptState.QUARANTINED,
    Step.REJECTED: ReceiptState.REJECTED,
    Step.CANCELLED: ReceiptState.REJECTED,
    Step.DEAD: ReceiptState.DEAD,
}


def _said(entry: Entry) -> str | None:
    """Why something ended: for whom an administrator called it off, with his name."""
    if entry.step is Step.CANCELLED:
        return f"Called off by {entry.actor}: {entry.outcome}"
    return entry.outcome or None


def _after_of_document(stood: Standing, entry: Entry) -> Iterator[Standing]:
    state = stood.state
    match entry.step:
        case Step.SUBMITTED | Step.TRANSLATED:
            yield Standing(DocumentState.PENDING)
        case Step.BUILT:
            yield stood if state else Standing(DocumentState.PENDING)
        case Step.SENT:
            first = state is DocumentState.PENDING and not entry.detail.get("again")
            yield Standing(DocumentState.DELIVERED) if first else stood
        case Step.MATCHED:
            yield _matched(stood, entry)
        case Step.DELIVERED:
            yield Standing(DocumentState.DELIVERED, None, stood.of)
        case Step.REFUSED:
            yield Standing(DocumentState.REJECTED, f"The ERP refused it: {entry.outcome}", stood.of)
        case Step.REJECTED:
            yield Standing(DocumentState.REJECTED, _said(entry))
        case Step.DUPLICATE if state is not DocumentState.REJECTED:
            yield Standing(DocumentState.DUPLICATE, _said(entry), entry.detail.get("of", UNTOLD))
        case Step.QUARANTINED | Step.UNMATCHED:
            yield Standing(DocumentState.QUARANTINED, _said(entry))
        case Step.DEAD if state is DocumentState.PENDING:
            yield Standing(DocumentState.DEAD, _said(entry))
        case Step.RETRIED if state is DocumentState.DEAD:
            yield Standing(DocumentState.PENDING)
        case Step.CANCELLED:
            # What came in a file is refused, and what was to leave is called off.
            called_off = DocumentState.CANCELLED if entry.receipt is None else DocumentState.REJECTED
            yield Standing(called_off, _said(entry))
        case Step.REPLAYED | Step.RELEASED if not entry.receipt:
            # What was to leave is replaced at once, and what came when it is read anew.
            yield _replaced(stood, entry.detail.get("as", UNTOLD))
        case _:
            # The ERP may have taken what it refused, when another one counts already.
            yield stood


def _replaced(stood: Standing, replay: Any) -> Standing:
    """Where a document stands whose replay is there: it is a duplicate of that if it waited for somebody, and else stays what it is."""
    if stood.state not in (DocumentState.QUARANTINED, DocumentState.DEAD):
        return stood
    return Standing(DocumentState.DUPLICATE, f"It was replayed as document {replay}.", replay)


def _matched(stood: Standing, entry: Entry) -> Standing:
    if entry.receipt is not None:
        # It is the answer itself, which is consumed by that.
        return Standing(DocumentState.DELIVERED)
    taken = Standing(DocumentState.DELIVERED) if stood.state is DocumentState.PENDING else stood
    refused = entry.outcome in ("rejected", "partially_accepted")
    if not refused or taken.state is not DocumentState.DELIVERED:
        return taken
    faults = entry.detail.get("faults", "")
    return Standing(DocumentState.REJECTED, f"The partner could not read it. {faults}".strip())


def _after_of_transmission(sent: Sent, entry: Entry) -> Iterator[Sent]:
    match entry.step:
        case Step.SENT if not entry.detail.get("again"):
            handed_over = TransmissionState.SENT if sent.state is TransmissionState.READY else sent.state
            yield sent._replace(state=handed_over, sent_at=sent.sent_at or entry.at, due=_due(entry.detail))
        case Step.COLLECTED if sent.state in (TransmissionState.READY, TransmissionState.SENT):
            yield sent._replace(state=TransmissionState.COLLECTED, reason=None)
        case Step.MATCHED if entry.receipt is not None and "ignored" not in entry.detail:
            verdict = _verdict(entry.outcome)
            why = None if verdict is TransmissionState.ACCEPTED else entry.outcome
            yield sent if verdict is None else sent._replace(state=verdict, answered_at=entry.at, reason=why)
        case Step.OVERDUE if entry.document is not None and sent.state in _AWAITED:
            yield sent._replace(state=TransmissionState.OVERDUE, reason="No acknowledgement came in time.")
        case Step.DEAD if sent.state is TransmissionState.READY:
            yield sent._replace(state=TransmissionState.FAILED, reason=_said(entry))
        case Step.CANCELLED:
            yield sent._replace(state=TransmissionState.CANCELLED, reason=_said(entry))
        case Step.RETRIED if "item" not in entry.detail and sent.state is TransmissionState.OVERDUE:
            yield sent._replace(state=TransmissionState.READY, sent_at=None, reason=None)
        case Step.RETRIED if "item" not in entry.detail and sent.state is TransmissionState.FAILED:
            yield sent._replace(state=TransmissionState.READY, reason=None)
        case _:
            yield sent


def _due(detail: Mapping[str, Any]) -> Any:
    due = detail.get("due", UNTOLD)
    return datetime.fromisoformat(due) if isinstance(due, str) else due


_AWAITED = (TransmissionState.SENT, TransmissionState.COLLECTED)


def _verdict(outcome: str) -> TransmissionState | None:
    """What the partner's answer makes of a transmission; None where it only confirms an interchange."""
    if outcome == "accepted":
        return TransmissionState.ACCEPTED
    if outcome == "accepted_with_errors":
        return TransmissionState.ACCEPTED_WITH_ERRORS
    refused = outcome in ("rejected", "partially_accepted") or outcome.startswith("interchange rejected (")
    return TransmissionState.REJECTED if refused else None
