"""What is wrong, or odd, in something a partner sent: a mistake as data."""

from enum import StrEnum

from .base import Value


class Severity(StrEnum):
    """How much a finding weighs.

    ``error`` rejects the document it belongs to, ``warning`` does not and is shown, ``note`` is information.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(Value):
    """One fault at one place, in words a supplier understands.

    ``code`` is our own stable kebab-case name. ``path`` names the place in the terms of the format
    (``PO1[3]/REF[1]/02`` or ``row 12/qty``). ``segment_index`` counts from 1 at the ST of the set, or at the ISA where
    there is no set; ``element`` and ``component`` count from 1; ``offset`` is in bytes from the start of the file.
    ``row`` (1 = the first line of the file) and ``column`` are given for flat files instead of segment and element.
    ``ack_code`` is the code of the acknowledgement for this fault, prefixed with its element: ``AK304:3``, ``AK403:7``,
    ``AK502:4``, ``AK905:5``, ``TA105:024``. A 999 has the same codes in IK304, IK403 and IK502. ``rule`` names the rule of the
    partner's profile that was broken.
    """

    code: str
    severity: Severity
    message: str
    path: str = ""
    segment: str | None = None
    segment_index: int | None = None
    element: int | None = None
    component: int | None = None
    value: str | None = None
    offset: int | None = None
    ack_code: str | None = None
    row: int | None = None
    column: str | None = None
    rule: str | None = None

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


def any_error(findings: "tuple[Finding, ...] | list[Finding]") -> bool:
    """Whether one of ``findings`` rejects what it belongs to."""
    return any(finding.is_error for finding in findings)
