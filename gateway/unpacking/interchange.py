"""An X12 file unpacked: sets to documents, groups to 997s, envelopes that must not be used to TA1s."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from canonical.document import EnvelopeReference
from canonical.documents import AnyDocument, as_json
from canonical.finding import Finding
from canonical.functional_acknowledgement import AcknowledgementKind, FunctionalAcknowledgement, SyntaxStatus
from canonical.interchange_acknowledgement import InterchangeAcknowledgement
from partners.agreement import SET_OF_DOCUMENT, Direction, NotAgreed, agree
from partners.registry import AppliedProfile
from partners.x12_terms import AcknowledgementType, InterchangeReceipts, PartlyGood, X12Terms
from translators import registry as maps
from translators.x12 import acknowledge, reader
from translators.x12.acknowledge import AnswerForm
from translators.x12.events import (
    AnswerRead,
    FileFindings,
    GroupEnd,
    GroupHeader,
    GroupStart,
    InterchangeEnd,
    InterchangeHeader,
    InterchangeStart,
    SetRead,
)
from translators.x12.schema import table_version, versions
from translators.x12.segments import Delimiters
from translators.x12.verdicts import SetVerdict

from .. import partner_rules
from ..orders.comparing import Orders, against_order
from .grading import (
    SEGMENT_HAS_ERRORS,
    SEGMENTS_IN_ERROR,
    SET_NOT_SUPPORTED,
    Refusal,
    first_error,
    regraded,
    rejected,
    translate,
)
from .reply import GroupReply
from .rows import describe
from .unpacked import Unpacked, UnpackedInterchange
from .unpacked_documents import UnpackedDocument

TA1 = "TA1"
"""Stands for the set of a document that is none but a segment."""

SENDER_UNKNOWN = "006"
RECEIVER_UNKNOWN = "008"
NO_CONTENT = "024"
NO_ERROR = "000"
"""TA105 (element I18): invalid sender, invalid receiver, invalid content, no error."""


def unpack_interchanges(chunks: Iterable[bytes], applied: AppliedProfile, unpacked: Unpacked, orders: Orders) -> None:
    """Fill ``unpacked`` with what an X12 file contains. ``applied`` must have X12 terms."""
    opening = _Opening(applied, unpacked, orders)
    tables = partner_rules.tables(applied, Direction.INBOUND)
    for event in reader.read(chunks, encoding=opening.encoding, tables=tables):
        match event:
            case InterchangeStart():
                opening.interchange(event.header, event.findings)
            case GroupStart():
                opening.group(event)
            case SetRead():
                opening.transaction_set(event)
            case GroupEnd():
                opening.group_end(event)
            case AnswerRead():
                opening.answer(event)
            case InterchangeEnd():
                opening.interchange_end(event)
            case FileFindings():
                unpacked.findings += event.findings


def answer_form(terms: X12Terms) -> AnswerForm:
    """How the partner's acknowledgements are written."""
    delimiters = terms.delimiters
    implementation = terms.acknowledgement.type is AcknowledgementType.IMPLEMENTATION
    return AnswerForm(
        kind=AcknowledgementKind.IMPLEMENTATION if implementation else AcknowledgementKind.FUNCTIONAL,
        version=table_version(terms.version, "FA") or versions()[0],
        delimiters=Delimiters(delimiters.element, delimiters.component, delimiters.segment, terms.repetition),
    )


class _Opening:
    """One pass over the events of a file."""

    def __init__(self, applied: AppliedProfile, unpacked: Unpacked, orders: Orders) -> None:
        assert applied.profile.x12 is not None
        self._applied = applied
        self._terms: X12Terms = applied.profile.x12
        self._answer_form = answer_form(self._terms)
        self._unpacked = unpacked
        self._orders = orders
        self._current: UnpackedInterchange | None = None
        self._header: InterchangeHeader | None = None
        self._group: GroupHeader | None = None
        self._group_refusal: str | None = None
        self._groups = 0
        self._first = 0
        self._first_in_group = 0
        self._only_answers = True
        self._usable = False
        self._usable_in_group = False
        self._verdicts: dict[int, SetVerdict] = {}
        self._stranger: tuple[str, str] | None = None
        self._nameless_group = False

    @property
    def encoding(self) -> str | None:
        """The encoding agreed for what comes."""
        return self._terms.encoding

    def interchange(self, header: InterchangeHeader, findings: Iterable[Finding]) -> None:
        self._unpacked.findings += findings
        self._header = header
        self._first = self._unpacked.size
        self._only_answers = True
        self._usable = False
        self._nameless_group = False
        self._current = UnpackedInterchange(
            position=len(self._unpacked.interchanges) + 1,
            sender=header.sender,
            receiver=header.receiver,
            control_number=header.control_number,
        )
        self._unpacked.interchanges.append(self._current)
        self._stranger = self._is_stranger(header)

    def _is_stranger(self, header: InterchangeHeader) -> tuple[str, str] | None:
        """Whether the envelope names other parties than the profile of whoever brought it: the TA1 code, and why."""
        them, us, name = self._terms.them, self._terms.us, self._applied.partner
        if (header.sender_qualifier, header.sender) != (them.qualifier, them.id):
            return SENDER_UNKNOWN, (
                f"The sender {header.sender_qualifier}/{header.sender} (ISA05, ISA06) is not that of {name}, who brought the file: "
                f"{them.qualifier}/{them.id}. Correct the profile, or ask {name} whose file it is."
            )
        if (header.receiver_qualifier, header.receiver) != (us.qualifier, us.id):
            return RECEIVER_UNKNOWN, (
                f"The receiver {header.receiver_qualifier}/{header.receiver} (ISA07, ISA08) is not how {name} is to address us: "
                f"{us.qualifier}/{us.id}. Correct the profile, or ask {name} whom the file is for."
            )
        return None

    def group(self, event: GroupStart) -> None:
        self._unpacked.findings += event.findings
        self._group = event.header
        self._group_refusal = first_error(event.findings)
        self._groups += 1
        self._first_in_group = self._unpacked.size
        self._usable_in_group = False
        self._verdicts = {}

    def transaction_set(self, event: SetRead) -> None:
        """One set: as read, then translated where it is sound."""
        row = UnpackedDocument(
            interchange=len(self._unpacked.interchanges) - 1,
            group=self._groups,
            set_id=event.header.set_id,
            type=_type_of(event.header.set_id),
            envelope=self._envelope(event),
            test=self._header is not None and self._header.test,
            findings=event.findings,
        )
        self._judge(event, row)
        self._only_answers &= row.set_id == TA1
        self._usable_in_group |= row.usable
        self._unpacked.add(row)

    def _judge(self, event: SetRead, row: UnpackedDocument) -> None:
        if not event.readable:
            row.number, row.orders = _named(event)
            row.rejected = first_error(event.findings) or self._group_refusal or "The transaction set cannot be used."
            row.told = _told(row)
            return
        refusal = self._translate(event, row)
        if event.by_rules:
            row.held = None
            code = SEGMENTS_IN_ERROR if refusal is None else refusal.code
            refusal = Refusal(first_error(event.findings) or "", code)
        if refusal is not None:
            row.rejected = refusal.reason
            row.told = _told(row)
            position = self._unpacked.size - self._first_in_group
            self._verdicts[position] = rejected(event, row.findings, refusal.code)

    def _translate(self, event: SetRead, row: UnpackedDocument) -> Refusal | None:
        """Translate a sound set; None, or why it is rejected after all."""
        translated = translate(event, self._compared)
        row.findings = (*row.findings, *translated.findings)
        if translated.document is None:
            row.number, row.orders = _named(event)
            return translated.refusal
        document = translated.document.model_copy(
            update={
                "partner": self._applied.partner,
                "profile_version": self._applied.version,
                "envelope": row.envelope,
                "source_sha256": self._unpacked.source,
                "test": row.test,
            }
        )
        if isinstance(document, FunctionalAcknowledgement):
            row.answer = document
            row.number = document.group_control_number
            row.place = self._unpacked.put(as_json(document))
            return None
        return self._agreed(document, row)

    def _compared(self, document: AnyDocument, event: SetRead) -> Sequence[Finding]:
        checks = partner_rules.comparisons(self._applied, event.header.set_id, event.header.version)
        return against_order(document, checks, self._orders, event)

    def _agreed(self, document: AnyDocument, row: UnpackedDocument) -> Refusal | None:
        agreed = agree(self._applied, SET_OF_DOCUMENT[document.type], Direction.INBOUND)
        describe(row, document, self._unpacked)
        if isinstance(agreed, NotAgreed):
            return Refusal(agreed.partner_message, SET_NOT_SUPPORTED)
        if row.test != (self._terms.usage == "T"):
            sent, expected = ("test", "production") if row.test else ("production", "test")
            row.held = (
                f"It is marked as {sent} (ISA15), but the profile of {self._applied.partner} says {expected}. "
                "It was checked and acknowledged and is kept from the ERP."
            )
            row.told = (
                f"{document.type} {row.number} was checked and acknowledged but not passed on: it is marked as {sent} (ISA15), "
                f"and at present we exchange {expected} documents."
            )
        return None

    def group_end(self, event: GroupEnd) -> None:
        """Answer the group; what the agreement or the translation rejects is rejected in the 997 too."""
        self._unpacked.findings += event.findings
        event = regraded(event, self._verdicts, whole=self._rejects_whole(event.header))
        if event.status is SyntaxStatus.REJECTED:
            reason = first_error(event.findings) or self._group_refusal or TAKEN_WHOLE
            self._unpacked.rejected_groups[self._groups] = reason
        else:
            self._usable |= self._usable_in_group
        if self._current is not None and self._terms.acknowledgement.send:
            if acknowledge.named(event) is not None:
                self._current.acknowledgements.append(GroupReply(event, self._answer_form))
            elif event.header.answerable:
                self._nameless_group = True
        self._group = None

    def _rejects_whole(self, header: GroupHeader) -> bool:
        """Whether one bad set costs the whole group. Acknowledgements never share their fate: each answers for itself."""
        return header.answerable and self._terms.acknowledgement.partly_good_groups is PartlyGood.WHOLE

    def answer(self, event: AnswerRead) -> None:
        """A TA1 is a document of its own, and is never answered."""
        row = UnpackedDocument(
            interchange=len(self._unpacked.interchanges) - 1,
            group=None,
            set_id=TA1,
            type="InterchangeAcknowledgement",
            envelope=EnvelopeReference(interchange=self._header.control_number if self._header else None),
            test=self._header is not None and self._header.test,
            findings=event.findings,
        )
        if event.acknowledgement is None:
            row.rejected = first_error(event.findings) or "The TA1 cannot be read."
        else:
            row.number = event.acknowledgement.control_number
            row.answer = event.acknowledgement
            answer = event.acknowledgement.model_copy(update={"partner": self._applied.partner})
            row.place = self._unpacked.put(as_json(answer))
            self._usable = True
        self._unpacked.add(row)

    def interchange_end(self, event: InterchangeEnd) -> None:
        """Decide what is answered on the level of the interchange."""
        self._unpacked.findings += event.findings
        current = self._current
        assert current is not None
        empty = self._unpacked.size == self._first
        answer_only = self._only_answers and not empty
        if self._stranger is not None:
            code, current.held = self._stranger
            current.refusal = self._refused(event, code)
            self._unpacked.quarantine = None if self._unpacked.size else current.held
        elif event.status is SyntaxStatus.REJECTED:
            current.rejected = (
                first_error(event.findings) or first_error(self._unpacked.findings) or "The interchange is not whole."
            )
            current.refusal = self._refused(event, event.note)
        elif empty:
            code = event.note if event.note != NO_ERROR else NO_CONTENT
            current.refusal = self._refused(event, code)
        elif self._nameless_group:
            broken = replace(event, status=SyntaxStatus.ACCEPTED_WITH_ERRORS, note=NO_CONTENT)
            current.receipt = acknowledge.interchange(broken)
        elif self._wants_receipt(event.header) and not answer_only:
            current.receipt = acknowledge.interchange(event)
        current.counts = self._usable and current.held is None and current.rejected is None
        if answer_only:
            current.refusal = None
        else:
            current.repeated = acknowledge.interchange(event, duplicate=True)
        self._current = None
        self._stranger = None

    def _refused(self, end: InterchangeEnd, note: str) -> InterchangeAcknowledgement:
        refused = replace(end, status=SyntaxStatus.REJECTED, note=note)
        return acknowledge.interchange(refused)

    def _wants_receipt(self, header: InterchangeHeader) -> bool:
        """Whether a TA1 says that the interchange was taken: as ISA14 asks, unless the profile says otherwise."""
        policy = self._terms.acknowledgement.ta1
        return policy is InterchangeReceipts.ALWAYS or (
            policy is InterchangeReceipts.ON_REQUEST and header.wants_acknowledgement
        )

    def _envelope(self, event: SetRead) -> EnvelopeReference:
        return EnvelopeReference(
            interchange=self._header.control_number if self._header else None,
            group=self._group.control_number if self._group else None,
            transaction_set=event.header.control_number,
            version=event.header.version,
        )


TAKEN_WHOLE = (
    "Another transaction set of its functional group is rejected, and it is agreed that a group is taken whole or not at all. "
    "Correct the other and send the group again."
)

MOST_TOLD = 5
"""Broken rules that a sender is told of in words."""


def _told(row: UnpackedDocument) -> str | None:
    """The rules that a set is rejected for and that no code of a 997 can name, in words."""
    broken = [each.message for each in row.findings if each.is_error and each.rule and not _has_code(each)]
    if not broken:
        return None
    number = f" {row.number}" if row.number else ""
    return f"{row.type}{number} was rejected. {' '.join(broken[:MOST_TOLD])}"


def _has_code(finding: Finding) -> bool:
    """Whether a 997 says more of it than that something is wrong with its segment."""
    return finding.ack_code not in (None, SEGMENT_HAS_ERRORS)


LONGEST = 80
"""Characters of a number in a broken set that are kept."""

_NAMED = {
    "810": ("BIG", 2, "BIG", 4),
    "820": ("TRN", 2, "", 0),
    "824": ("BGN", 2, "", 0),
    "832": ("BCT", 2, "", 0),
    "846": ("BIA", 3, "", 0),
    "850": ("BEG", 3, "BEG", 3),
    "855": ("BAK", 3, "BAK", 3),
    "856": ("BSN", 2, "PRF", 1),
    "860": ("BCH", 3, "BCH", 3),
    "864": ("MIT", 1, "", 0),
    "865": ("BCA", 3, "BCA", 3),
    "940": ("W05", 2, "W05", 2),
    "943": ("W06", 2, "W06", 2),
    "944": ("W17", 3, "W17", 4),
    "945": ("W06", 2, "W06", 2),
    "947": ("W15", 2, "", 0),
}
"""Where a set says its own number, and the numbers of its orders; no segment where it is about none."""


_PURCHASE_ORDER = "PO"
"""The qualifier (element 128) of an order's number."""

_FURTHER_ORDERS = {
    "820": (("REF", 2, 1), ("RMR", 2, 1)),
    "824": (("REF", 2, 1), ("OTI", 3, 2)),
    "940": (("W05", 3, None),),
    "943": (("W06", 6, None),),
    "945": (("W06", 6, None),),
}
"""Where a set says the numbers of more orders, and where the qualifier stands that makes it an order's number, if one must."""


def _named(event: SetRead) -> tuple[str | None, tuple[str, ...]]:
    """The number and the orders of a set that cannot be translated, so that people find it by them all the same."""
    if event.body is None or event.header.set_id not in _NAMED:
        return None, ()
    number_tag, number_at, order_tag, order_at = _NAMED[event.header.set_id]
    number, orders = None, []
    for segment in event.body.segments():
        if segment.tag == number_tag:
            number = number or segment.text(number_at).strip()[:LONGEST] or None
        if segment.tag == order_tag:
            orders.append(segment.text(order_at).strip()[:LONGEST])
        for tag, position, qualifier in _FURTHER_ORDERS.get(event.header.set_id, ()):
            if segment.tag == tag and (qualifier is None or segment.text(qualifier) == _PURCHASE_ORDER):
                orders.append(segment.text(position).strip()[:LONGEST])
    return number, tuple(dict.fromkeys(order for order in orders if order))


def _type_of(set_id: str) -> str:
    """The canonical name of what a set would be, or, for a set we cannot read, the set."""
    if set_id not in maps.supported_sets():
        return f"X12 {set_id}"
    return maps.find(set_id).document_type.__name__
