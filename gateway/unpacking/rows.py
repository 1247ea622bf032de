"""A CSV file unpacked by the partner's column map."""

from collections.abc import Iterable, Mapping, Sequence

from canonical.document import EnvelopeReference
from canonical.documents import AnyDocument, as_json, document_number, order_numbers
from canonical.finding import Finding, Severity, any_error
from partners.agreement import SET_OF_DOCUMENT, Direction, NotAgreed, agree
from partners.registry import AppliedProfile
from translators import flat
from translators.flat import ColumnMap, FileFindings, FlatDocument, ReportedDocument

from .. import partner_rules
from ..business_key import business_key, quick_digest
from ..filenames import derived
from ..orders.comparing import Orders, against_order
from .unpacked import Report, Unpacked, UnpackedInterchange
from .unpacked_documents import UnpackedDocument


def unpack_rows(
    chunks: Iterable[bytes],
    filename: str,
    column_map: ColumnMap,
    applied: AppliedProfile,
    unpacked: Unpacked,
    orders: Orders,
) -> None:
    """Fill ``unpacked`` with the documents of a CSV file and the report that answers it."""
    unpacked.interchanges.append(UnpackedInterchange(1, "", "", ""))
    by_row: dict[int, int] = {}
    places: list[FlatDocument] = []
    for result in flat.read(chunks, column_map):
        if isinstance(result, FileFindings):
            unpacked.findings += result.findings
            continue
        by_row[result.first_row] = len(places)
        places.append(_without_document(result))
        unpacked.add(_document(result, column_map, applied, unpacked, orders))
        if result.retracts is not None:
            retracted = by_row[result.retracts]
            unpacked.retract(retracted, flat.retraction(places[retracted], result))
    if not unpacked.size:
        unpacked.rejection = _summary(unpacked.findings) or "The file holds no document."
    unpacked.report_on = _reporter(places, unpacked)


def _reporter(places: Sequence[FlatDocument], unpacked: Unpacked) -> Report:
    """The report on the file; a document of which more is to be told than its own findings is a duplicate."""

    def report_on(filename: str, told: Mapping[str, str]) -> tuple[str, bytes]:
        by_position = {int(document_id.rpartition("-")[2]): reason for document_id, reason in told.items()}
        reported = [
            _reported(place, document, by_position.get(position))
            for position, (place, document) in enumerate(zip(places, unpacked.documents(), strict=True), start=1)
        ]
        return derived(filename, ".report.csv"), flat.report(filename, reported, unpacked.findings)

    return report_on


def _reported(place: FlatDocument, document: UnpackedDocument, told: str | None) -> ReportedDocument:
    findings = document.findings
    if told is not None:
        findings = (*findings, Finding(code="duplicate", severity=Severity.ERROR, message=told, row=place.first_row))
    return ReportedDocument(
        status="duplicate" if told is not None else _status(document),
        number=document.number or place.key,
        first_row=place.first_row,
        last_row=place.last_row,
        findings=findings,
    )


def _document(
    result: FlatDocument, column_map: ColumnMap, applied: AppliedProfile, unpacked: Unpacked, orders: Orders
) -> UnpackedDocument:
    row = UnpackedDocument(
        interchange=0,
        group=None,
        set_id=None,
        type=column_map.document,
        envelope=EnvelopeReference(),
        test=False,
        findings=result.findings,
    )
    if result.document is None:
        row.number = result.key or None
        row.rejected = _summary(result.findings) or "The rows could not be read."
        return row
    document: AnyDocument = result.document.model_copy(
        update={
            "partner": applied.partner,
            "profile_version": applied.version,
            "source_sha256": unpacked.source,
        }
    )
    set_id = SET_OF_DOCUMENT[document.type]
    checks = partner_rules.comparisons(applied, set_id, None)
    broken = [found.model_copy(update={"row": result.first_row}) for found in against_order(document, checks, orders)]
    row.findings = (*row.findings, *broken)
    row.rejected = _summary(broken)
    agreed = agree(applied, set_id, Direction.INBOUND)
    if isinstance(agreed, NotAgreed):
        row.rejected = agreed.partner_message
    describe(row, document, unpacked)
    return row


def describe(row: UnpackedDocument, document: AnyDocument, unpacked: Unpacked) -> None:
    """Put a translated document aside and note what it is known by."""
    row.number = document_number(document)
    row.orders = order_numbers(document)
    row.business_key = str(business_key(document))
    canonical = as_json(document)
    row.content_sha256 = quick_digest(document, canonical)
    row.place = unpacked.put(canonical)


def _without_document(result: FlatDocument) -> FlatDocument:
    """Only where it stood: its content is put aside."""
    return FlatDocument(None, (), result.first_row, result.last_row, result.key)


def _status(document: UnpackedDocument) -> str:
    if document.rejected is not None:
        return "rejected"
    return "accepted_with_errors" if any_error(document.findings) else "accepted"


def _summary(findings: Iterable[Finding]) -> str | None:
    return next((finding.message for finding in findings if finding.is_error), None)
