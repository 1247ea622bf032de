"""The answer to a CSV partner: a small CSV file that says what became of each document. CSV has no 997; this is in its place."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from canonical.finding import Finding

COLUMNS = ("status", "document", "row", "column", "code", "message", "value")
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ReportedDocument:
    """What became of one document: ``status`` in a word (``accepted``, ``rejected``, ``duplicate``, ...), ``number`` as its
    sender calls it, the rows it stood in and what was found."""

    status: str
    number: str
    first_row: int
    last_row: int
    findings: Sequence[Finding] = ()


def report(filename: str, documents: Iterable[ReportedDocument], findings: Sequence[Finding] = ()) -> bytes:
    """The report on a file: UTF-8, comma, CR LF, columns ``COLUMNS``.

    A line for the file, then for each document a line with its status and under it one for each finding, with the
    severity as status (``error``, ``warning``, ``note``). ``findings`` are those about the file as a whole. The report is read
    by people in spreadsheets, so a cell that would be taken for a formula gets an apostrophe before it; numbers do not.
    """
    documents = list(documents)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerow(_line(_status(documents, findings), "", "", "", "file", _summary(filename, documents)))
    writer.writerows(_finding("", finding) for finding in findings)
    for document in documents:
        message = f"Row {document.first_row}."
        if document.last_row != document.first_row:
            message = f"Rows {document.first_row} to {document.last_row}."
        writer.writerow(_line(document.status, document.number, str(document.first_row), "", "document", message))
        writer.writerows(_finding(document.number, finding) for finding in document.findings)
    return out.getvalue().encode("utf-8", "replace")


def _status(documents: Sequence[ReportedDocument], findings: Sequence[Finding]) -> str:
    """One word for the file: that of its documents when they agree, ``mixed`` when they do not."""
    statuses = {document.status for document in documents}
    if any(finding.is_error for finding in findings):
        statuses.add("rejected")
    return statuses.pop() if len(statuses) == 1 else "mixed" if statuses else "rejected"


def _summary(filename: str, documents: Sequence[ReportedDocument]) -> str:
    counts = Counter(document.status for document in documents)
    parts = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in sorted(counts.items()))
    number = f"{len(documents)} document" + ("" if len(documents) == 1 else "s")
    return f"{filename}: {number}" + (f": {parts}." if parts else ".")


def _finding(number: str, finding: Finding) -> list[str]:
    row = "" if finding.row is None else str(finding.row)
    return _line(
        finding.severity, number, row, finding.column or "", finding.code, finding.message, finding.value or ""
    )


def _line(*cells: str) -> list[str]:
    line = [_harmless(cell) for cell in cells]
    return line + [""] * (len(COLUMNS) - len(line))


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell
