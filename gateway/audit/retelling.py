"""What the journal, which the ledger covers, says of where everything stands: its steps told again from the first on.

Not every step says alone where something ends: a message that is declined takes what it carried out of its state only if it was handed
over. Then all is kept that may be, and only what cannot be is a contradiction.
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

from ..ledger.erasures import STEPS

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
    due: datetime | None = None
    """Until when an answer was expected, where that is told."""


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
    the file that a document came in.
    """

    at: datetime
    partner: str | None
    detail: Mapping[str, Any]
    type: str | None = None
    number: str | None = None
    made: Mapping[str, Any] = field(default_factory=dict)
    direction: str | None = None
    receipt: str | None = None


@dataclass(slots=True)
class Retold:
    """By id, where things may stand; None is where the first step of a document is no longer told. ``erased`` is whether anything was ever
    removed on record, ``times`` the earliest and the latest that is told of each file, and ``opened`` the files of which is told what they
    used.

    ``replayed`` are the files that were read anew, or a document of them, ``vague`` those of which it is not told which numbers they used:
    they died on the way, or an earlier version read them. ``verdicts`` are the transmissions of which an answer is told with what they
    carried, ``reports`` the names of answers to files that no document stands for, and ``notices`` the files whose sender was told that
    they were called off.
    """

    receipts: dict[str, set[ReceiptState]] = field(default_factory=dict)
    documents: dict[str, set[DocumentState | None]] = field(default_factory=dict)
    transmissions: dict[str, set[Sent]] = field(default_factory=dict)
    beginnings: dict[str, Beginning] = field(default_factory=dict)
    times: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    opened: dict[str, Opened] = field(default_factory=dict)
    replayed: set[str] = field(default_factory=set)
    vague: set[str] = field(default_factory=set)
    verdicts: set[str] = field(default_factory=set)
    reports: set[tuple[str, str]] = field(default_factory=set)
    notices: set[str] = field(default_factory=set)
    agreed: dict[tuple[str, int], Entry] = field(default_factory=dict)
    keyed: dict[int, list[Entry]] = field(default_factory=dict)
    entitled: dict[str, Entitled] = field(default_factory=dict)
    erased: bool = False

    def take(self, entry: Entry) -> None:
        """What one more entry, the next one, says."""
        if entry.step in ENDURING:
            # They outlast what they are about, and do not say where it is.
            self.erased |= entry.step in STEPS
            return
        if entry.receipt is not None:
            self._receipt(entry, entry.receipt)
        if entry.document is not None:
            self._document(entry, entry.document)
        if entry.transmission is not None:
            self._transmission(entry, entry.transmission)
        match entry.step:
            case Step.AGREED:
                self.agreed[entry.partner or "", entry.detail.get("version", 0)] = entry
            case Step.REKEYED if "fingerprint" in entry.detail:
                self.keyed.setdefault(entry.detail["certificate"], []).append(entry)
            case Step.ENTITLED:
                self._user(entry, entry.detail.get("user", ""))

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
            self.receipts[receipt] = {ReceiptState.PENDING}
            self.beginnings[receipt] = Beginning(entry.at, entry.partner, entry.detail)
        elif receipt in self.receipts:
            self.receipts[receipt] = _moved(self.receipts[receipt], _after_of_receipt, entry)
        if entry.step in _REPLAYED:
            self.replayed.add(receipt)
        match entry.step, entry.detail:
            case Step.RETRIED | Step.DEAD, _ if entry.document is None and entry.transmission is None:
                self.vague.add(receipt)
            case Step.PARSED, {"interchanges": interchanges}:
                self.opened[receipt] = Opened(*self.times[receipt], frozenset(map(tuple, interchanges)))
            case Step.PARSED, _:
                self.vague.add(receipt)
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
        self.documents[document] = _moved(self.documents.get(document) or {None}, _after_of_document, entry)

    def _transmission(self, entry: Entry, transmission: str) -> None:
        if entry.step is Step.BUILT:
            self.beginnings.setdefault(transmission, Beginning(entry.at, entry.partner, entry.detail))
        if entry.step in _OF_MESSAGES and transmission not in self.transmissions:
            # A message that only tries the way out carries nothing that is kept.
            return
        stood = self.transmissions.get(transmission) or {Sent(TransmissionState.READY)}
        self.transmissions[transmission] = _moved(stood, _after_of_transmission, entry)
        if entry.step is Step.MATCHED and entry.receipt is None:
            self.verdicts.add(transmission)


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
_OF_MESSAGES = (Step.CONFIRMED, Step.DECLINED, Step.UNPROVEN, Step.OVERDUE)


def _moved(stood: Collection[Any], after: Callable[[Any, Entry], Iterable[Place]], entry: Entry) -> set[Place]:
    return {place for before in stood for place in after(before, entry)}


def _after_of_receipt(state: ReceiptState, entry: Entry) -> Iterator[ReceiptState]:
    if entry.step in _REPLAYED and state in (ReceiptState.QUARANTINED, ReceiptState.DEAD):
        yield ReceiptState.DUPLICATE
    elif entry.document is not None or entry.transmission is not None or "arrival" in entry.detail:
        # It is about a document in it, or about the answer or MDN to it.
        yield state
    elif entry.step is Step.RETRIED:
        yield ReceiptState.PENDING
    else:
        yield _ENDS_RECEIPT.get(entry.step, state)


_ENDS_RECEIPT = {
    Step.PARSED: ReceiptState.OPENED,
    Step.DUPLICATE: ReceiptState.DUPLICATE,
    Step.QUARANTINED: ReceiptState.QUARANTINED,
    Step.REJECTED: ReceiptState.REJECTED,
    Step.CANCELLED: ReceiptState.REJECTED,
    Step.DEAD: ReceiptState.DEAD,
}


def _after_of_document(state: DocumentState | None, entry: Entry) -> Iterator[DocumentState | None]:
    waits = state in (DocumentState.QUARANTINED, DocumentState.DEAD)
    match entry.step:
        case Step.SUBMITTED | Step.TRANSLATED:
            yield DocumentState.PENDING
        case Step.BUILT:
            yield state or DocumentState.PENDING
        case Step.SENT:
            first = state is DocumentState.PENDING and not entry.detail.get("again")
            yield DocumentState.DELIVERED if first else state
        case Step.MATCHED:
            yield _matched(state, entry)
        case Step.DELIVERED:
            yield DocumentState.DELIVERED
        case Step.REFUSED | Step.REJECTED:
            yield DocumentState.REJECTED
        case Step.DUPLICATE:
            # The ERP may have taken what it refused, when another one counts already.
            yield state if state is DocumentState.REJECTED else DocumentState.DUPLICATE
        case Step.QUARANTINED | Step.UNMATCHED:
            yield DocumentState.QUARANTINED
        case Step.DEAD:
            yield DocumentState.DEAD if state is DocumentState.PENDING else state
        case Step.RETRIED:
            yield DocumentState.PENDING if state is DocumentState.DEAD else state
        case Step.CANCELLED:
            # What came in a file is refused, and what was to leave is called off.
            yield DocumentState.CANCELLED if entry.receipt is None else DocumentState.REJECTED
        case Step.REPLAYED | Step.RELEASED if waits:
            # The replay takes the place of what came when it is read, and of what was to leave at once.
            yield from (state, DocumentState.DUPLICATE) if entry.receipt else (DocumentState.DUPLICATE,)
        case Step.DECLINED if state is DocumentState.DELIVERED and "ignored" not in entry.detail:
            yield from (state, DocumentState.REJECTED)
        case _:
            yield state


def _matched(state: DocumentState | None, entry: Entry) -> DocumentState | None:
    if entry.receipt is not None:
        # It is the answer itself, which is consumed by that.
        return DocumentState.DELIVERED
    taken = DocumentState.DELIVERED if state is DocumentState.PENDING else state
    refused = entry.outcome in ("rejected", "partially_accepted")
    return DocumentState.REJECTED if refused and taken is DocumentState.DELIVERED else taken


def _after_of_transmission(sent: Sent, entry: Entry) -> Iterator[Sent]:
    match entry.step:
        case Step.SENT if not entry.detail.get("again"):
            handed_over = TransmissionState.SENT if sent.state is TransmissionState.READY else sent.state
            yield sent._replace(
                state=handed_over, sent_at=sent.sent_at or entry.at, due=_moment(entry.detail.get("due"))
            )
        case Step.COLLECTED if sent.state in (TransmissionState.READY, TransmissionState.SENT):
            yield sent._replace(state=TransmissionState.COLLECTED)
        case Step.MATCHED if entry.receipt is not None and "ignored" not in entry.detail:
            verdict = _verdict(entry.outcome)
            yield sent if verdict is None else sent._replace(state=verdict, answered_at=entry.at)
        case Step.OVERDUE if entry.document is not None and sent.state in _AWAITED:
            yield sent._replace(state=TransmissionState.OVERDUE)
        case Step.DEAD if sent.state is TransmissionState.READY:
            yield sent._replace(state=TransmissionState.FAILED)
        case Step.CANCELLED:
            yield sent._replace(state=TransmissionState.CANCELLED)
        case Step.RETRIED if "item" not in entry.detail and sent.state is TransmissionState.OVERDUE:
            yield sent._replace(state=TransmissionState.READY, sent_at=None)
        case Step.RETRIED if "item" not in entry.detail and sent.state is TransmissionState.FAILED:
            yield sent._replace(state=TransmissionState.READY)
        case Step.DECLINED | Step.UNPROVEN if sent.state is TransmissionState.SENT and "ignored" not in entry.detail:
            yield from (sent, sent._replace(state=TransmissionState.FAILED))
        case _:
            yield sent


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


_AWAITED = (TransmissionState.SENT, TransmissionState.COLLECTED)


def _verdict(outcome: str) -> TransmissionState | None:
    """What the partner's answer makes of a transmission; None where it only confirms an interchange."""
    if outcome == "accepted":
        return TransmissionState.ACCEPTED
    if outcome == "accepted_with_errors":
        return TransmissionState.ACCEPTED_WITH_ERRORS
    refused = outcome in ("rejected", "partially_accepted") or outcome.startswith("interchange rejected (")
    return TransmissionState.REJECTED if refused else None
