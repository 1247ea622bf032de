"""Everything that can be wrong with a CSV file, by stable code, and how such a finding is placed."""

from dataclasses import dataclass
from enum import StrEnum

from canonical.finding import Finding, Severity

SHOWN_CHARACTERS = 80
"""How much of a bad value a finding repeats."""


class Code(StrEnum):
    """The codes of findings in CSV files. A finding of the file comes in ``FileFindings``, all others with a document."""

    # The file.
    EMPTY_FILE = "empty-file"
    NOT_CSV = "not-csv"
    WRONG_ENCODING = "wrong-encoding"
    MISSING_COLUMN = "missing-column"
    DUPLICATE_COLUMN = "duplicate-column"
    NO_ROWS = "no-rows"
    TOO_MANY_DOCUMENTS = "too-many-documents"
    # A row.
    CONTROL_CHARACTER = "control-character"
    ROW_TOO_LONG = "row-too-long"
    UNBALANCED_QUOTE = "unbalanced-quote"
    BAD_QUOTE = "bad-quote"
    FIELD_COUNT = "field-count"
    MISSING_KEY = "missing-key"
    # A value.
    MISSING_VALUE = "missing-value"
    VALUE_TOO_LONG = "value-too-long"
    NOT_A_NUMBER = "not-a-number"
    NOT_A_WHOLE_NUMBER = "not-a-whole-number"
    NOT_A_DATE = "not-a-date"
    NOT_A_TIME = "not-a-time"
    UNKNOWN_CODE = "unknown-code"
    INCOMPLETE_VALUE = "incomplete-value"
    CONFLICTING_VALUE = "conflicting-value"
    # A document.
    SCATTERED_ROWS = "scattered-rows"
    DOCUMENT_TOO_LARGE = "document-too-large"
    TOO_MANY_FINDINGS = "too-many-findings"
    REPEATED_LINE = "repeated-line"
    QUANTITY_TOTAL_DIFFERS = "quantity-total-differs"
    # A document, by the same codes as in the maps of X12.
    SSCC_INVALID = "sscc-invalid"
    SSCC_REPEATED = "sscc-repeated"
    PACKAGE_COUNT_DIFFERS = "package-count-differs"
    LEVEL_EMPTY = "hierarchy-empty-level"
    LINE_COUNT_DIFFERS = "line-count-differs"
    ACKNOWLEDGED_QUANTITY_DIFFERS = "acknowledged-quantity-differs"
    INVOICE_TOTAL_DIFFERS = "invoice-total-differs"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a text, before it is known where it stands."""

    code: Code
    message: str


def place(row: int, column: str | None = None) -> str:
    """The path of a cell (``row 12/qty``) or of a row (``row 12``)."""
    return f"row {row}" if column is None else f"row {row}/{column}"


def in_row(
    code: Code,
    message: str,
    row: int,
    column: str | None = None,
    *,
    value: str | None = None,
    offset: int | None = None,
    severity: Severity = Severity.ERROR,
) -> Finding:
    """A finding at a row, and a column where one can be named."""
    return Finding(
        code=code,
        severity=severity,
        message=message,
        path=place(row, column),
        row=row,
        column=column,
        value=None if value is None else shown(value),
        offset=offset,
    )


def shown(value: str) -> str:
    """A bad value, cut to what a person wants to see of it."""
    return value if len(value) <= SHOWN_CHARACTERS else value[: SHOWN_CHARACTERS - 3] + "..."


def of_file(code: Code, message: str, *, severity: Severity = Severity.ERROR, offset: int | None = None) -> Finding:
    """A finding about the file as a whole."""
    return Finding(code=code, severity=severity, message=message, path="file", offset=offset)
