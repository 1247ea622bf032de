"""`tally ack` and `tally convert`: from one form of a document to another, without the running gateway."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from canonical.acknowledgement import PurchaseOrderAcknowledgement
from canonical.document import EnvelopeReference
from canonical.documents import DOCUMENTS, AnyDocument
from canonical.errors import Misconfigured
from canonical.finding import Finding, any_error
from canonical.functional_acknowledgement import AcknowledgementKind, SyntaxStatus
from canonical.invoice import Invoice
from canonical.order import PurchaseOrder
from canonical.shipment import ShipNotice
from partners.agreement import Address, Direction, x12_agreement
from partners.registry import AppliedProfile
from translators import flat
from translators import registry as maps
from translators.flat import ColumnMap, FlatModel
from translators.x12 import acknowledge, write
from translators.x12.acknowledge import DEFAULT_FORM, AnswerForm
from translators.x12.dialect import FIRST_REPETITION_VERSION
from translators.x12.events import (
    AnswerRead,
    GroupEnd,
    GroupStart,
    InterchangeEnd,
    InterchangeHeader,
    InterchangeStart,
    SetRead,
)
from translators.x12.reader import read
from translators.x12.schema import functional_id, table_version
from translators.x12.segments import Delimiters
from translators.x12.values import CannotWrite
from translators.x12.verdicts import SetVerdict

from . import canonical_json
from .canonical_json import Unreadable
from .envelopes import delimiters_of, written
from .unpacking.grading import regraded, rejected, translate
from .unpacking.interchange import NO_CONTENT, NO_ERROR
from .unpacking.unpack import column_maps

_SENDER = Address("ZZ", "SENDER", "SENDER")
_RECEIVER = Address("ZZ", "RECEIVER", "RECEIVER")

_VERSION = "004010"
_FIRST_WITH_999 = "005010"
"""In which documents are written where no partner says otherwise; a 999 in the first version that has one."""

ANSWERS = ("997", "999", "TA1")
FORMS = ("json", "x12", "csv")

_ROWS = (PurchaseOrder, PurchaseOrderAcknowledgement, ShipNotice, Invoice)
"""What a column map can describe; :func:`_map_for` refuses the rest by name."""


@dataclass(frozen=True, slots=True)
class Converted:
    """What came out, and what could not be converted."""

    data: bytes
    problems: tuple[str, ...] = ()


def acknowledgement(chunks: Iterable[bytes], kind: str, now: datetime | None = None) -> bytes:
    """The 997s, 999s or TA1s that a file deserves, each interchange's in one of its own, addressed back to its sender."""
    try:
        answers = list(_answers(chunks, kind, now or datetime.now(UTC)))
    except CannotWrite as error:
        raise Misconfigured(f"The {kind} cannot be written. {error}") from error
    if not answers:
        raise Misconfigured(f"The file holds nothing that a {kind} answers. `tally check` says what it holds.")
    return b"".join(answers)


def _answers(chunks: Iterable[bytes], kind: str, now: datetime) -> Iterator[bytes]:
    """The answer to each interchange."""
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
            case GroupEnd():
                changed = {position: verdict for position, verdict in enumerate(verdicts) if verdict is not None}
                groups.append(regraded(event, changed, whole=False))
            case InterchangeEnd():
                if kind != "TA1":
                    yield from _functional(groups, event, _form(kind, groups), now)
                elif held[SetRead] or not held[AnswerRead]:
                    judged = event if held[SetRead] else _without_content(event)
                    yield write.acknowledgements(_back(event.header, now), [acknowledge.interchange(judged)])


def _without_content(end: InterchangeEnd) -> InterchangeEnd:
    """An envelope around nothing is refused, if it is not for another reason."""
    return replace(end, status=SyntaxStatus.REJECTED, note=NO_CONTENT if end.note == NO_ERROR else end.note)


def _verdict(event: SetRead) -> SetVerdict | None:
    """What translating a sound set changes of its verdict."""
    if event.body is None or event.status is SyntaxStatus.REJECTED:
        return None
    translated = translate(event)
    refusal = translated.refusal
    return None if refusal is None else rejected(event, (*event.findings, *translated.findings), refusal.code)


def _form(kind: str, groups: Sequence[GroupEnd]) -> AnswerForm:
    """A 999, or a 997 in the version of the group that it answers first."""
    if kind == "999":
        return AnswerForm(AcknowledgementKind.IMPLEMENTATION, _FIRST_WITH_999, _delimiters(_FIRST_WITH_999))
    found = (table_version(group.header.version, "FA") for group in groups)
    version = next(filter(None, found), _VERSION)
    return AnswerForm(version=version, delimiters=_delimiters(version))


def _delimiters(version: str) -> Delimiters:
    return Delimiters(repetition="^" if version >= FIRST_REPETITION_VERSION else None)


def _functional(groups: Sequence[GroupEnd], end: InterchangeEnd, form: AnswerForm, now: datetime) -> Iterator[bytes]:
    """The answers to the groups of an interchange in one of their own, if any group is answered."""
    rejected = end.status is SyntaxStatus.REJECTED
    answered = [
        (group.header, document)
        for group in groups
        if (document := acknowledge.functional(group, form, interchange_rejected=rejected)) is not None
    ]
    if not answered:
        return
    envelope = replace(_back(end.header, now, form), version=form.version[:5])
    sets = [_set(document, form.version, position) for position, (_, document) in enumerate(answered, 1)]
    first = answered[0][0]
    group = write.GroupToWrite(
        "FA",
        envelope.control_number,
        form.version,
        _group_id(first.receiver, form),
        _group_id(first.sender, form),
        sets,
    )
    yield write.interchange(envelope, [group], write.Form(form.delimiters))


def _version(document: AnyDocument, set_id: str) -> str:
    """The version with tables in which a document came, or in which one of its kind is written."""
    came = document.envelope.version if document.envelope is not None else None
    table = table_version(came, functional_id(set_id)) if came is not None else None
    return table or (_FIRST_WITH_999 if set_id == "999" else _VERSION)


def _set(document: AnyDocument, version: str, position: int) -> write.SetToWrite:
    set_id, nodes = written(document, version)
    return write.SetToWrite(set_id, f"{position:04d}", nodes or ())


def _group_id(text: str, form: AnswerForm) -> str:
    """GS02 or GS03 as the other side wrote it, made legal where it was not."""
    return (form.copy(text, 15) or "UNKNOWN").ljust(2, "X")


def _back(header: InterchangeHeader, now: datetime, form: AnswerForm = DEFAULT_FORM) -> write.Envelope:
    """The envelope of an answer: the parties change places. What is not legal in the header is made so."""
    number = header.control_number
    return write.Envelope(
        sender_qualifier=form.copy(header.receiver_qualifier, 2) or "ZZ",
        sender=form.copy(header.receiver, 15) or "UNKNOWN",
        receiver_qualifier=form.copy(header.sender_qualifier, 2) or "ZZ",
        receiver=form.copy(header.sender, 15) or "UNKNOWN",
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
    terms = None if applied is None else applied.profile.x12
    return _from_x12(data, None if terms is None else terms.encoding)


def _parsed(data: bytes, filename: str) -> list[AnyDocument]:
    found = canonical_json.read(data)
    if isinstance(found, Unreadable):
        raise Misconfigured(f"{filename} is no canonical JSON. {found.message}")
    return list(found)


def _from_x12(data: bytes, encoding: str | None) -> tuple[list[AnyDocument], tuple[str, ...]]:
    documents: list[AnyDocument] = []
    problems: list[str] = []
    for event in read([data], encoding=encoding):
        found = list(event.findings)
        if isinstance(event, SetRead) and event.body is not None and event.status is not SyntaxStatus.REJECTED:
            translated = translate(event)
            found += translated.findings
            if translated.document is not None:
                documents.append(translated.document.model_copy(update={"envelope": _place(event)}))
            elif translated.refusal is not None and not any_error(found):
                problems.append(translated.refusal.reason)
        elif isinstance(event, AnswerRead) and event.acknowledgement is not None:
            documents.append(event.acknowledgement)
        problems += [_told(finding) for finding in found if finding.is_error]
    return documents, tuple(problems)


def _place(event: SetRead) -> EnvelopeReference:
    """Where the document was found; its version is the one it can be written back in."""
    return EnvelopeReference(transaction_set=event.header.control_number, version=event.header.version)


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
    """One interchange with a group for each kind and version of document. Control numbers count from 1; none is used up.

    The version is the partner's or, without a partner, the one that the document came in.
    """
    terms = (
        None
        if applied is None or applied.profile.x12 is None
        else x12_agreement(applied.profile.x12, Direction.OUTBOUND)
    )
    sender = _SENDER if terms is None else terms.sender
    receiver = _RECEIVER if terms is None else terms.receiver
    alike: dict[tuple[str, str], list[AnyDocument]] = {}
    for document in documents:
        set_id = maps.for_document(document).set_id
        alike.setdefault((set_id, _version(document, set_id) if terms is None else terms.version), []).append(document)
    latest = max(version for _, version in alike)
    groups = [
        write.GroupToWrite(
            functional_id=functional_id(set_id),
            control_number=number,
            version=version,
            sender=sender.group,
            receiver=receiver.group,
            sets=[_set(document, version, position) for position, document in enumerate(sent, 1)],
        )
        for number, ((set_id, version), sent) in enumerate(alike.items(), 1)
    ]
    envelope = write.Envelope(
        sender.qualifier,
        sender.id,
        receiver.qualifier,
        receiver.id,
        1,
        now,
        version=latest[:5] if terms is None else terms.interchange_version,
        test=any(document.test for document in documents) if terms is None else terms.test,
    )
    form = (
        write.Form(_delimiters(latest)) if terms is None else write.Form(delimiters_of(terms), encoding=terms.encoding)
    )
    return write.interchange(envelope, groups, form)
