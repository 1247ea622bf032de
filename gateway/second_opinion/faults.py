"""What either side finds wrong with an interchange, brought into one form so that the two can be laid side by side.

The two name things differently, and see one mistake as one fault or as several. So a fault is known by its segment and by *keys* for what
is wrong there; two faults are the same where both agree.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from canonical.finding import Finding
from translators.x12.events import InterchangeStart
from translators.x12.findings import Code
from translators.x12.reader import read
from translators.x12.segments import Delimiters

from .pyx12_engine import Complaint

PLACE, EXCESS, SURPLUS, EMPTY = "place", "excess", "surplus", "empty"
HIERARCHY, ENVELOPE, RULE, WHOLE = "hierarchy", "envelope", "rule", "whole"
"""Keys: a segment that may not stand there; one too many; separators or elements too many; no data; the hierarchy of HL segments;
anything in the segments that frame a set, group or interchange; a rule that is not the standard's; the whole interchange. An
element's key is its number, a missing segment's its tag.
"""

_HEADERS = {"SE": "ST", "GE": "GS", "IEA": "ISA"}
_LEVELS = {"ST": "ST", "GS": "GS", "ISA": "ISA"}
_OURS = {
    Code.UNKNOWN_SEGMENT: PLACE,
    Code.SEGMENT_NOT_IN_SET: PLACE,
    Code.UNEXPECTED_SEGMENT: PLACE,
    Code.SEGMENT_OUT_OF_ORDER: PLACE,
    Code.OUTSIDE_SET: PLACE,
    Code.OUTSIDE_GROUP: PLACE,
    Code.SEGMENT_TOO_LONG: PLACE,
    Code.SET_TOO_LARGE: PLACE,
    Code.SEGMENT_OVER_MAXIMUM: EXCESS,
    Code.LOOP_OVER_MAXIMUM: EXCESS,
    Code.TOO_MANY_ELEMENTS: SURPLUS,
    Code.TRAILING_SEPARATORS: SURPLUS,
    Code.SEGMENT_WITHOUT_DATA: EMPTY,
}
_THEIRS = {
    "SEG:1": PLACE,
    "SEG:4": EXCESS,
    "SEG:5": EXCESS,
    "SEG:SEG1": SURPLUS,
    "SEG:HL1": HIERARCHY,
    "SEG:HL2": HIERARCHY,
}
_TOLD_AFTER = frozenset({Code.MISSING_SE, Code.MISSING_GE, Code.MISSING_IEA})
"""What is missing is told where something else begins."""
_MISSING = re.compile(r'Mandatory (?:segment|loop) "([^"#]+)')
_NOTE = re.compile(r"Syntax Error \([PRECL]((?:\d\d)+)\)")

Key = str | int


@dataclass(frozen=True, slots=True)
class Fault:
    """``line`` counts the segments of the interchange from 1 at the ISA (0 where there is none); ``code`` is a finding's, or pyx12's
    level and code. A fault that is no ``error`` does not reject. A fault of a trailer is laid to the header's ``line``, but ``told_at``
    its own.
    """

    line: int
    tag: str
    code: str
    keys: frozenset[Key]
    message: str
    error: bool = True
    told_at: int = 0


class Interchange:
    """One interchange of a file: its bytes, GS01 and GS08 of its groups, and where its segments stand."""

    def __init__(self, data: bytes, start: int, delimiters: Delimiters) -> None:
        self.data = data
        self.start = start
        self.groups: list[tuple[str, str]] = []
        self._starts: list[int] = []
        self._tags: list[str] = []
        self._sets: list[int] = []
        self.repeated: dict[int, frozenset[int]] = {}
        """The elements that hold the repetition separator, by segment."""
        terminator, element = _found_in(data, delimiters.segment), _found_in(data, delimiters.element)
        repetition = delimiters.repetition
        at = start
        for piece in data.split(terminator):
            text = piece.lstrip()
            if text:
                self._starts.append(at + len(piece) - len(text))
                texts = [each.decode("latin-1") for each in text.split(element)]
                self._tags.append(texts[0])
                if texts[0] == "ST":
                    self._sets.append(len(self._tags))
                if repetition is not None and texts[0] != "ISA":
                    self.repeated[len(self._tags)] = frozenset(n for n, each in enumerate(texts) if repetition in each)
                if texts[0] == "GS" and len(texts) > 8:
                    self.groups.append((texts[1], texts[8].partition(delimiters.component)[0]))
            at += len(piece) + len(terminator)

    def __len__(self) -> int:
        """The number of segments."""
        return len(self._tags)

    def line_at(self, offset: int) -> int:
        """The segment that a byte of the file belongs to."""
        return bisect_right(self._starts, offset)

    def tag(self, line: int) -> str:
        return self._tags[line - 1] if 0 < line <= len(self._tags) else ""

    def set_at(self, line: int) -> int | None:
        """The number of the set, from 0, that began last before a segment or with it."""
        number = bisect_right(self._sets, line) - 1
        return number if number >= 0 else None

    def header(self, tag: str, line: int) -> int:
        """The ST, GS or ISA that a segment stands under, by its line."""
        while line > 1 and self.tag(line) != tag:
            line -= 1
        return max(1, line)

    def ours(self, findings: Iterable[Finding]) -> Iterator[Fault]:
        """Our findings about this interchange."""
        for found in findings:
            offset = found.offset or 0
            line = self.line_at(offset - 1 if found.code in _TOLD_AFTER else offset)
            tag = found.segment or self.tag(line)
            frame, told_at = _HEADERS.get(tag, tag), line
            if found.code not in set(Code):
                keys = frozenset[Key]({HIERARCHY if found.code.startswith(HIERARCHY) else RULE})
            elif frame in _LEVELS:
                line, keys = self.header(frame, line), frozenset[Key]({ENVELOPE})
            else:
                keys = _our_keys(found)
            yield Fault(line, tag, found.code, keys, found.message, found.is_error, told_at)

    def theirs(self, complaints: Iterable[Complaint]) -> Iterator[Fault]:
        """pyx12's complaints about this interchange."""
        for complaint in complaints:
            line = complaint.line
            frame = _LEVELS.get(complaint.level) or _HEADERS.get(self.tag(line), self.tag(line))
            code = f"{complaint.level}:{complaint.code}"
            missing = _MISSING.match(complaint.message) if code == "SEG:3" else None
            if missing is not None:
                frame = _HEADERS.get(missing[1], "")
                line -= frame != ""
            if frame in _LEVELS and _THEIRS.get(code) != HIERARCHY:
                line, keys = self.header(frame, line), frozenset[Key]({ENVELOPE})
            else:
                keys = frozenset({missing[1]}) if missing else _their_keys(code, complaint.message, self.tag(line))
            yield Fault(line, self.tag(complaint.line), code, keys, complaint.message, told_at=complaint.line)


def _found_in(data: bytes, delimiter: str) -> bytes:
    """A delimiter in the encoding it has in the file."""
    encoded = delimiter.encode()
    return encoded if encoded in data else delimiter.encode("latin-1", "replace")


def _our_keys(found: Finding) -> frozenset[Key]:
    code = Code(found.code)
    if code is Code.MISSING_SEGMENT:
        return frozenset({found.segment or ""})
    if code is Code.TOO_MANY_ELEMENTS and found.component is not None and found.element is not None:
        return frozenset({found.element})
    if code in _OURS:
        return frozenset({_OURS[code]})
    return frozenset({found.element}) if found.element is not None else frozenset({code.value})


def _their_keys(code: str, message: str, tag: str) -> frozenset[Key]:
    note = _NOTE.match(message)
    if note is not None:
        return frozenset(int(note[1][at : at + 2]) for at in range(0, len(note[1]), 2))
    if message.startswith("Too many elements"):
        return frozenset({SURPLUS})
    if code == "SEG:8" and message.endswith("is empty"):
        return frozenset({EMPTY})
    if code in _THEIRS:
        return frozenset({_THEIRS[code]})
    element = re.search(rf"\({re.escape(tag)}(\d\d)(?:-\d+)?\)", message)
    return frozenset({int(element[1])}) if element else frozenset({code})


def interchanges(data: bytes) -> list[Interchange]:
    """The interchanges of a file, as our own reader finds them; the whole file where it finds none."""
    starts = [
        (event.header.offset, event.header.delimiters) for event in read([data]) if isinstance(event, InterchangeStart)
    ]
    if not starts:
        return [Interchange(data, 0, Delimiters())]
    ends = [start for start, _ in starts[1:]] + [len(data)]
    return [
        Interchange(data[start:end], start, delimiters) for (start, delimiters), end in zip(starts, ends, strict=True)
    ]
