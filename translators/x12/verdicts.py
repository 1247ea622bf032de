"""What was decided of the sets of a group, kept so that only what has something to tell costs more than its number."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from canonical.finding import Finding
from canonical.functional_acknowledgement import SyntaxStatus

_BETWEEN = " "
_END = "\n"


@dataclass(frozen=True, slots=True)
class SetVerdict:
    """What was decided of one set. ``codes`` are those of AK502 to AK506; ``findings`` those that a 997 reports.

    ``number`` is where a faulty set says its own number, and that number (``BEG03``, ``4500123``); None where it says none.
    """

    set_id: str
    control_number: str
    status: SyntaxStatus
    codes: tuple[str, ...]
    findings: tuple[Finding, ...]
    guideline: str = ""
    number: tuple[str, str] | None = None

    @property
    def accepted(self) -> bool:
        return self.status is not SyntaxStatus.REJECTED


class Verdicts(Sequence[SetVerdict]):
    """Grows while a group is read, in the order of its sets. ``accepted`` counts those that are.

    A verdict without findings is kept as a line of text, which is the header of its set and little more: a group may have half a
    million sets, and its acknowledgement names them all.
    """

    def __init__(self) -> None:
        self._lines = bytearray()
        self._told: dict[int, SetVerdict] = {}
        self._size = 0
        self.accepted = 0
        self._spotless = 0

    @property
    def spotless(self) -> bool:
        """Whether every set is accepted, and none of them with errors."""
        return self._spotless == self._size

    def add(self, verdict: SetVerdict) -> None:
        line = _line(verdict)
        if line is None:
            self._told[self._size] = verdict
            line = ""
        self._lines += (line + _END).encode("ascii")
        self._size += 1
        self.accepted += verdict.accepted
        self._spotless += verdict.status is SyntaxStatus.ACCEPTED

    def changed(self, verdicts: Mapping[int, SetVerdict]) -> "Verdicts":
        """With other verdicts on some of the sets, by position from 0."""
        if not verdicts:
            return self
        changed = Verdicts()
        for position, verdict in enumerate(self):
            changed.add(verdicts.get(position, verdict))
        return changed

    def __iter__(self) -> Iterator[SetVerdict]:
        start = 0
        for position in range(self._size):
            end = self._lines.index(b"\n", start)
            yield self._told[position] if end == start else _verdict(self._lines[start:end].decode("ascii"))
            start = end + 1

    @overload
    def __getitem__(self, index: int) -> SetVerdict: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SetVerdict]: ...
    def __getitem__(self, index: int | slice) -> SetVerdict | Sequence[SetVerdict]:
        return tuple(self)[index]

    def __len__(self) -> int:
        return self._size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Verdicts) and self._lines == other._lines and self._told == other._told

    __hash__ = None  # type: ignore[assignment]


def _line(verdict: SetVerdict) -> str | None:
    """A verdict that is no more than its texts, as a line; None where there is more to it, or a text that could be mistaken."""
    if verdict.findings or verdict.number is not None:
        return None
    texts = (verdict.set_id, verdict.control_number, verdict.guideline, verdict.status.value, *verdict.codes)
    line = _BETWEEN.join(texts)
    return line if line.isascii() and line.isprintable() and line.count(_BETWEEN) == len(texts) - 1 else None


def _verdict(line: str) -> SetVerdict:
    set_id, control_number, guideline, status, *codes = line.split(_BETWEEN)
    return SetVerdict(set_id, control_number, SyntaxStatus(status), tuple(codes), (), guideline)
