"""The segment that a finding is about, fetched from the file by its offset: memory does not grow with the file."""

from typing import BinaryIO

from canonical.finding import Finding
from canonical.passage import Passage

from .findings import Code
from .segments import Delimiters

REACH = 2048
"""Bytes looked at before and after the offset; of a longer segment only so much is shown."""

_BLANK = b" \t\r\n\x00"
_BEFORE_IT = frozenset(
    {Code.MISSING_SEGMENT, Code.MISSING_SE, Code.MISSING_GE, Code.MISSING_IEA, Code.SET_OUTSIDE_GROUP}
)
"""Findings whose place is in front of the segment at their offset, or at the end of the file."""


def passage(file: BinaryIO, finding: Finding, delimiters: Delimiters, begin: int) -> Passage | None:
    """The segment at the finding's offset. ``begin`` is the offset of its interchange; None where there is nothing to show."""
    if finding.offset is None:
        return None
    low = max(begin, finding.offset - REACH)
    file.seek(low)
    window = file.read(finding.offset - low + REACH)
    at = finding.offset - low
    terminator = _terminator(delimiters.segment, window)
    start = window.rfind(terminator, 0, at)
    start = 0 if start < 0 else start + len(terminator)
    stop = window.find(terminator, at)
    cut_after = stop < 0 and len(window) == at + REACH
    raw = window[start : stop if stop >= 0 else len(window)]
    if not raw.strip(_BLANK):
        return _end_of(window[:start], terminator)
    text = _decoded(raw.strip(_BLANK)).replace("\r", "").replace("\n", "")
    begins, ends = (0, 0) if finding.code in _BEFORE_IT else _span(text, finding, delimiters)
    return Passage(text=text, start=begins, end=ends, cut_before=start == 0 and low > begin, cut_after=cut_after)


def _end_of(before: bytes, terminator: bytes) -> Passage | None:
    """The last segment before the end, with the mark behind it."""
    last = before.removesuffix(terminator).rpartition(terminator)[2].strip(_BLANK)
    if not last:
        return None
    text = _decoded(last).replace("\r", "").replace("\n", "")
    return Passage(text=text, start=len(text), end=len(text), cut_before=terminator not in before)


def _span(text: str, finding: Finding, delimiters: Delimiters) -> tuple[int, int]:
    """Where the element, or the component, stands; the tag where the finding is about the segment as a whole."""
    parts = text.split(delimiters.element)
    if finding.element is None:
        return 0, len(parts[0])
    if finding.element >= len(parts):
        return len(text), len(text)
    start = sum(len(part) + len(delimiters.element) for part in parts[: finding.element])
    element = parts[finding.element]
    if finding.component is None:
        return start, start + len(element)
    components = element.split(delimiters.component)
    if finding.component > len(components):
        return start + len(element), start + len(element)
    start += sum(len(part) + len(delimiters.component) for part in components[: finding.component - 1])
    return start, start + len(components[finding.component - 1])


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _terminator(text: str, window: bytes) -> bytes:
    """The segment terminator as it stands in the file, whichever way it was decoded."""
    encoded = text.encode("utf-8")
    return encoded if encoded in window or len(text) > 1 or ord(text) > 0xFF else text.encode("latin-1")
