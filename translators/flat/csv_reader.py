"""A CSV file to canonical documents, one at a time, with every fault of a document at its row and column.

A bad row rejects the document it belongs to and no other. The rows of a document stand together; memory holds one
document and a fingerprint of each earlier one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from canonical.finding import Finding

from .assemble import Plan
from .column_map import ColumnMap
from .findings import Code, in_row, of_file
from .grouping import FileFindings, FlatDocument, Grouping, Limits, fault_finding
from .header import LaidOut, lay_out
from .rows import BYTE_ORDER_MARK, Row, Rows


def read(
    chunks: Iterable[bytes], column_map: ColumnMap, limits: Limits | None = None
) -> Iterator[FlatDocument | FileFindings]:
    """The documents of a CSV file in the order of their first rows. Never raises because of what is in the file."""
    limits = limits or Limits()
    source = Rows(chunks, column_map.dialect, limits.row_bytes)
    rows = iter(source)
    first = next((row for row in rows if not row.is_blank), None)
    laid_out = _open(first, source.head, column_map)
    if laid_out.findings:
        yield FileFindings(laid_out.findings)
    if laid_out.layout is None or first is None:
        return
    body = rows if column_map.header else chain((first,), rows)
    found_any = False
    for result in Grouping(Plan(column_map, laid_out.layout), limits).results(body):
        found_any = True
        yield result
    if not found_any:
        yield FileFindings((of_file(Code.NO_ROWS, "The file has a header and no rows under it; nothing was read."),))


def settle(results: Iterable[FlatDocument | FileFindings]) -> tuple[list[FlatDocument], list[Finding]]:
    """All documents of a file with retractions carried out, and the findings of the file. Holds them all in memory."""
    documents: dict[int, FlatDocument] = {}
    findings: list[Finding] = []
    for result in results:
        if isinstance(result, FileFindings):
            findings += result.findings
            continue
        documents[result.first_row] = result
        if result.retracts is not None:
            earlier = documents[result.retracts]
            fault = retraction(earlier, result)
            documents[result.retracts] = replace(earlier, document=None, findings=(*earlier.findings, fault))
    return list(documents.values()), findings


def retraction(earlier: FlatDocument, later: FlatDocument) -> Finding:
    """Why ``earlier`` is rejected after all: ``later``, which retracts it, is its continuation."""
    message = (
        f"Further rows of {earlier.key} follow in row {later.first_row}, after those of another document, so these "
        "rows are not all of it. Keep the rows of a document together."
    )
    return in_row(Code.SCATTERED_ROWS, message, earlier.first_row)


_FOREIGN = (
    (b"PK\x03\x04", "an Excel workbook or another ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"ISA*", "an X12 interchange"),
)


def _open(first: Row | None, head: bytes, column_map: ColumnMap) -> LaidOut:
    """Decide from the first row whether the file can be read at all. ``head`` is how the file begins."""
    foreign = next((name for magic, name in _FOREIGN if head.startswith(magic)), None)
    if foreign is not None:
        return _refuse(of_file(Code.NOT_CSV, f"The file is {foreign}, not CSV. Save it as CSV and send it again."))
    encoding = column_map.dialect.encoding
    if head.startswith(BYTE_ORDER_MARK) and encoding != "utf-8":
        message = f"The file says of itself that it is UTF-8 (byte order mark), but {encoding} is agreed. Save it as {encoding}."
        return _refuse(of_file(Code.WRONG_ENCODING, message, offset=0))
    if first is None:
        return _refuse(of_file(Code.EMPTY_FILE, "The file is empty; nothing was read."))
    if first.fault is not None and column_map.header:
        fault = replace(first.fault, message=f"The header cannot be read. {first.fault.message}")
        return _refuse(fault_finding(first, fault, ()))
    return lay_out(first, column_map)


def _refuse(finding: Finding) -> LaidOut:
    return LaidOut(None, (finding,))
