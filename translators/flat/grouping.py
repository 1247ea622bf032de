"""Rows to documents: which row belongs to which document, and the end of each document.

The key columns decide. A row that cannot be read whole still has its key columns as a rule, counted from the left or, when
something shifted the fields, from the right; a row without any readable key is taken to continue the document before it, which
is thereby rejected, because it might be one of its lines.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from canonical.document import Unmapped
from canonical.finding import Finding, Severity, any_error

from .assemble import Assembly, Plan
from .checks import check
from .findings import Code, in_row, place
from .header import Layout
from .rows import Row, RowFault
from .vocabulary import FlatModel

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may ask of us. Beyond it there are findings, never silence."""

    row_bytes: int = 64 * 1024
    document_rows: int = 20_000
    document_bytes: int = 8 * 1024 * 1024
    document_findings: int = 200
    documents: int = 100_000


@dataclass(frozen=True, slots=True)
class FlatDocument:
    """The rows of one document. ``document`` is None when an error among ``findings`` rejects it.

    ``key`` is what the key columns say, for people. ``first_row`` and ``last_row`` are lines of the file, from 1. ``retracts``
    is the first row of an earlier ``FlatDocument`` of the same file that must be rejected too, because these rows turned out
    to be its continuation; :func:`translators.flat.settle` does that.
    """

    document: FlatModel | None
    findings: tuple[Finding, ...]
    first_row: int
    last_row: int
    key: str
    retracts: int | None = None


@dataclass(frozen=True, slots=True)
class FileFindings:
    """What is to be said of the file as a whole. With an error, the file (or what follows in it) was not read."""

    findings: tuple[Finding, ...]


class Grouping:
    """The documents of one file."""

    def __init__(self, plan: Plan, limits: Limits) -> None:
        self._plan = plan
        self._layout = plan.layout
        self._limits = limits
        self._seen: dict[bytes, int] = {}

    def results(self, rows: Iterable[Row]) -> Iterator[FlatDocument | FileFindings]:
        draft: _Draft | None = None
        for row in rows:
            if row.is_blank:
                continue
            row = _shaped(row, self._layout)
            key = self._key(row, draft)
            if draft is None or (key is not None and key != draft.key):
                if draft is not None:
                    yield draft.result()
                if len(self._seen) >= self._limits.documents:
                    yield self._too_many(row)
                    return
                draft = self._begin(key, row)
            draft.take(row if key is not None else self._keyless(row))
        if draft is not None:
            yield draft.result()

    def _key(self, row: Row, draft: "_Draft | None") -> Key | None:
        left = self._key_at(row.fields, 0)
        if row.fault is None or draft is None or draft.key is None:
            return left
        right = self._key_at(row.fields, len(row.fields) - self._layout.width)
        return draft.key if draft.key in (left, right) else left

    def _key_at(self, fields: list[str], shift: int) -> Key | None:
        """The key with the key columns ``shift`` fields further right; None when one is blank or not there."""
        places = [index + shift for index in self._layout.keys]
        if not all(0 <= index < len(fields) and fields[index] for index in places):
            return None
        return tuple(fields[index] for index in places)

    def _begin(self, key: Key | None, row: Row) -> "_Draft":
        draft = _Draft(self._plan, self._limits, key, row)
        if key is not None:
            print_of_key = hashlib.blake2b("\0".join(key).encode("utf-8", "replace"), digest_size=16).digest()
            earlier = self._seen.setdefault(print_of_key, row.number)
            if earlier != row.number:
                draft.continues(earlier)
        return draft

    def _keyless(self, row: Row) -> Row:
        """A row whose document is not known, with that as its fault unless it has one that explains it."""
        if row.fault is not None:
            return row
        index = next(index for index in self._layout.keys if not row.fields[index])
        message = (
            f"Column '{self._layout.names[index]}' is blank, so it is not known which document the row belongs to. "
            "Repeat the document's number in each of its rows."
        )
        return replace(row, fault=RowFault(Code.MISSING_KEY, message, index=index))

    def _too_many(self, row: Row) -> FileFindings:
        message = (
            f"The file holds more than {self._limits.documents} documents; nothing was read from row {row.number} on. "
            "Send the rest in further files."
        )
        return FileFindings((in_row(Code.TOO_MANY_DOCUMENTS, message, row.number),))


class _Draft:
    """A document while its rows come in."""

    def __init__(self, plan: Plan, limits: Limits, key: Key | None, row: Row) -> None:
        self.key = key
        self._limits = limits
        self._layout = plan.layout
        self._assembly = Assembly(plan, row.number)
        self._findings: list[Finding] = []
        self._unmapped: list[Unmapped] = []
        self._first = self._last = row.number
        self._rows = self._bytes = 0
        self._full = False
        self._retracts: int | None = None

    def continues(self, earlier: int) -> None:
        """These rows belong to a document that began in row ``earlier`` and was thought to be complete."""
        self._retracts = earlier
        self._assembly.partial = True
        message = (
            f"Rows of this document stand in row {earlier} already, and rows of another one between. "
            "Keep the rows of a document together."
        )
        self._findings.append(in_row(Code.SCATTERED_ROWS, message, self._first))

    def take(self, row: Row) -> None:
        self._last = row.number
        self._rows += 1
        self._bytes += row.size
        if self._full or self._is_full(row):
            self._assembly.partial = True
            return
        if row.fault is not None:
            self._assembly.partial = True
            self._findings.append(fault_finding(row, row.fault, self._layout.names))
            return
        self._assembly.add(row)
        self._unmapped += [
            Unmapped(source=place(row.number, self._layout.names[index]), value=row.fields[index])
            for index in self._layout.unmapped
            if row.fields[index]
        ]

    def result(self) -> FlatDocument:
        assembled = self._assembly.result(tuple(self._unmapped))
        findings = sorted((*self._findings, *assembled.findings), key=lambda finding: finding.row or 0)
        document = None if any_error(findings) else assembled.document
        if document is not None:
            findings += check(document, assembled.places, self._first)
        if len(findings) > self._limits.document_findings:
            findings = [*findings[: self._limits.document_findings], self._more_findings()]
        return FlatDocument(
            document, tuple(findings), self._first, self._last, " / ".join(self.key or ()), self._retracts
        )

    def _is_full(self, row: Row) -> bool:
        """Whether the document is over a limit; from then on its rows are only counted."""
        limits = self._limits
        if self._rows > limits.document_rows or self._bytes > limits.document_bytes:
            message = (
                f"The document has more than {limits.document_rows} rows or {limits.document_bytes} bytes; "
                "the rest was not read. Split it."
            )
            self._findings.append(in_row(Code.DOCUMENT_TOO_LARGE, message, row.number))
            self._full = True
        elif len(self._findings) + len(self._assembly.findings) > limits.document_findings:
            self._full = True
        return self._full

    def _more_findings(self) -> Finding:
        message = f"The document has more than {self._limits.document_findings} findings; the others are not shown."
        return in_row(Code.TOO_MANY_FINDINGS, message, self._first, severity=Severity.NOTE)


def fault_finding(row: Row, fault: RowFault, names: tuple[str, ...]) -> Finding:
    """The finding for a row that cannot be read."""
    column = None
    if fault.index is not None:
        column = names[fault.index] if fault.index < len(names) else str(fault.index + 1)
    return in_row(fault.code, fault.message, row.number, column, value=fault.value, offset=fault.offset)


def _shaped(row: Row, layout: Layout) -> Row:
    """The row, with the fault that it has more or fewer fields than there are columns.

    Not even blank fields too many are let pass: an unquoted delimiter may have shifted the values before them.
    """
    if row.fault is not None or len(row.fields) == layout.width:
        return row
    message = f"The row has {len(row.fields)} values for {layout.width} columns. "
    if len(row.fields) > layout.width:
        message += "Put a value that holds the delimiter in quotes."
    else:
        message += "Write the delimiter for blank values too."
    return replace(row, fault=RowFault(Code.FIELD_COUNT, message))
