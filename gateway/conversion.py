"""`tally ack` and `tally convert`: from one form of a document to another, without the running gateway."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pydantic import ValidationError

from canonical.acknowledgement import PurchaseOrderAcknowledgement
from canonical.documents import DOCUMENTS, AnyDocument
from canonical.errors import Misconfigured
from canonical.finding import Finding, any_error
from canonical.functional_acknowledgement import SyntaxStatus
from canonical.invoice import Invoice
from canonical.order import PurchaseOrder
from canonical.shipment import ShipNotice
from partners.agreement import Address, Direction, x12_agreement
from partners.registry import AppliedProfile
from translators import flat
from translators import registry as maps
from translators.flat import ColumnMap, FlatModel
from translators.interchange import interchange
from translators.x12 import acknowledge, write
from translators.x12.events import (
    AnswerRead,
    GroupEnd,
    GroupStart,
    InterchangeEnd,
    InterchangeHeader,
    InterchangeStart,
    SetRead,
    SetVerdict,
)
from translators.x12.reader import read
from translators.x12.segments import Delimiters

from .envelopes import TABLE
from .unpacking.grading import regraded, rejected, translate
from .unpacking.interchange import NO_CONTENT, NO_ERROR
from .unpacking.unpack import column_maps

_SENDER = Address("ZZ", "SENDER", "SENDER")
_RECEIVER = Address("ZZ", "RECEIVER", "RECEIVER")

ANSWERS = ("997", "TA1")
FORMS = ("json", "x12", "csv")

_ROWS = (PurchaseOrder, PurchaseOrderAcknowledgement, ShipNotice, Invoice)
"""What a column map can describe; :func:`_map_for` refuses the rest by name."""


@dataclass(frozen=True, slots=True)
class Converted:
    """What came out, and what could not be converted."""

    data: bytes
    problems: tuple[str, ...] = ()


def acknowledgement(chunks: Iterable[bytes], kind: str, now: datetime | None = None) -> bytes:
    """The 997s or TA1s that a file deserves, each interchange's in one of its own, addressed back to its sender."""
    now = now or datetime.now(UTC)
    answers: list[bytes] = []
    groups: list[GroupEnd] = []
    verdicts: list[SetVerdict | None] = []
    held: dict[type, int] = {}
    for event in read(chunks):
        match event:
            case InterchangeStart():
                groups = []
                held = {SetRead: 0, AnswerRead: 0}
            case GroupStart():
                verdicts = []
            case SetRead():
                held[SetRead] += 1
                verdicts.append(_verdict(event))
            case AnswerRead():
                held[AnswerRead] += 1
            case GroupEnd() if acknowledge.is_acknowledged(event.header):
                changed = {position: verdict for position, verdict in enumerate(verdicts) if verdict is not None}
                groups.append(regraded(event, changed, whole=False))
            case InterchangeEnd():
                envelope = _back(event.header, now)
                if kind == "TA1" and (held[SetRead] or not held[AnswerRead]):
                    judged = event if held[SetRead] else _without_content(event)
                    answers.append(write.acknowledgements(envelope, [acknowledge.interchange(judged)]))
                elif kind == "997" and groups:
                    answers.append(_functional(envelope, groups, event))
    if not answers:
        raise Misconfigured(f"The file holds nothing that a {kind} answers. `tally check` says what it holds.")
    return b"".join(answers)


def _without_content(end: InterchangeEnd) -> InterchangeEnd:
    """An envelope around nothing is refused, if it is not for another reason."""
    return replace(end, status=SyntaxStatus.REJECTED, note=NO_CONTENT if end.note == NO_ERROR else end.note)


def _verdict(event: SetRead) -> SetVerdict | None:
    """What translating a sound set changes of its verdict."""
    if event.tree is None or event.status is SyntaxStatus.REJECTED:
        return None
    translated = translate(event)
    refusal = translated.refusal
    return None if refusal is None else rejected(event, (*event.findings, *translated.findings), refusal.code)


def _functional(envelope: write.Envelope, groups: Sequence[GroupEnd], end: InterchangeEnd) -> bytes:
    rejected = end.status is SyntaxStatus.REJECTED
    documents = [acknowledge.functional(group, interchange_rejected=rejected) for group in groups]
    sets = [
        write.SetToWrite("997", f"{position:04d}", maps.for_document(document).write(document, TABLE))
        for position, document in enumerate(documents, 1)
    ]
    first = groups[0].header
    group = write.GroupToWrite("FA", envelope.control_number, TABLE, first.receiver, first.sender, sets)
    return write.interchange(envelope, [group])


def _back(header: InterchangeHeader, now: datetime) -> write.Envelope:
    number = header.control_number
    return write.Envelope(
        sender_qualifier=header.receiver_qualifier or "ZZ",
        sender=header.receiver or "UNKNOWN",
        receiver_qualifier=header.sender_qualifier or "ZZ",
        receiver=header.sender or "UNKNOWN",
        control_number=int(number) if number.isdigit() and len(number) <= 9 else 1,
        moment=now,
        test=header.test,
    )


def convert(data: bytes, filename: str, to: str, applied: AppliedProfile | None) -> Converted:
    """Turn a file into another form. Documents with errors are left out and named."""
    documents, problems = _documents(data, filename, applied)
    if to == "json":
        return Converted(DOCUMENTS.dump_json(documents, indent=2, exclude_none=True) + b"\n", problems)
    if not documents:
        return Converted(b"", problems or (f"There is no document in {filename}.",))
    if to == "csv":
        return _csv(
            [document for document in documents if isinstance(document, _ROWS)], _map_for(documents, applied), problems
        )
    return Converted(_interchange(documents, applied, datetime.now(UTC)), problems)


def _documents(data: bytes, filename: str, applied: AppliedProfile | None) -> tuple[list[AnyDocument], tuple[str, ...]]:
    if data.lstrip()[:1] in (b"[", b"{"):
        return _parsed(data, filename), ()
    column_map = flat.choose(column_maps(applied), filename) if applied is not None else None
    if column_map is not None and not data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"ISA"):
        settled, findings = flat.settle(flat.read([data], column_map))
        told = [*findings, *(finding for result in settled for finding in result.findings)]
        rows = [result.document for result in settled if result.document is not None]
        return list(rows), tuple(_told(finding) for finding in told if finding.is_error)
    return _from_x12(data)


def _parsed(data: bytes, filename: str) -> list[AnyDocument]:
    try:
        return DOCUMENTS.validate_json(data if data.lstrip()[:1] == b"[" else b"[" + data + b"]")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "".join(f"{part}." for part in first["loc"]).rstrip(".")
        told = f"{place}: {first['msg']}" if place else first["msg"]
        raise Misconfigured(f"{filename} is no canonical JSON: {told}.") from error


def _from_x12(data: bytes) -> tuple[list[AnyDocument], tuple[str, ...]]:
    documents: list[AnyDocument] = []
    problems: list[str] = []
    for event in read([data]):
        found = list(event.findings)
        if isinstance(event, SetRead) and event.tree is not None and event.status is not SyntaxStatus.REJECTED:
            translated = translate(event)
            found += translated.findings
            if translated.document is not None:
                documents.append(translated.document)
            elif translated.refusal is not None and not any_error(found):
                problems.append(translated.refusal.reason)
        elif isinstance(event, AnswerRead) and event.acknowledgement is not None:
            documents.append(event.acknowledgement)
        problems += [_told(finding) for finding in found if finding.is_error]
    return documents, tuple(problems)


def _told(finding: Finding) -> str:
    return f"{finding.path}: {finding.message}" if finding.path else finding.message


def _csv(rows: Sequence[FlatModel], column_map: ColumnMap, problems: tuple[str, ...]) -> Converted:
    """CSV, and what of the documents the column map has no column for."""
    lost = {place: None for document in rows for place in flat.left_out(document, column_map)}
    told = (f"The column map has no column for {', '.join(lost)}; they are left out.",) if lost else ()
    return Converted(flat.write(rows, column_map), (*problems, *told))


def _map_for(documents: Sequence[AnyDocument], applied: AppliedProfile | None) -> ColumnMap:
    if applied is None:
        raise Misconfigured("CSV is written by a partner's column map: add --partner.")
    types = {document.type for document in documents}
    for column_map in column_maps(applied):
        if types == {column_map.document}:
            return column_map
    raise Misconfigured(f"The profile of {applied.partner} has no column map for {', '.join(sorted(types))} alone.")


def _interchange(documents: Sequence[AnyDocument], applied: AppliedProfile | None, now: datetime) -> bytes:
    """One interchange with a group for each kind of document, as we would send it. Control numbers count from 1; none is used up."""
    terms = (
        None
        if applied is None or applied.profile.x12 is None
        else x12_agreement(applied.profile.x12, Direction.OUTBOUND)
    )
    sender = _SENDER if terms is None else terms.sender
    receiver = _RECEIVER if terms is None else terms.receiver
    test = any(document.test for document in documents) if terms is None else terms.test
    envelope = write.Envelope(sender.qualifier, sender.id, receiver.qualifier, receiver.id, 1, now, test=test)
    form = write.Form() if terms is None else write.Form(Delimiters(terms.element, terms.component, terms.segment))
    kinds = {set_id: position for position, set_id in enumerate(dict.fromkeys(map(_set_id, documents)))}
    alike = sorted(documents, key=lambda document: kinds[_set_id(document)])
    written = interchange(alike, envelope, version=TABLE, sender=sender.group, receiver=receiver.group, form=form)
    return b"".join(written)


def _set_id(document: AnyDocument) -> str:
    return maps.for_document(document).set_id
