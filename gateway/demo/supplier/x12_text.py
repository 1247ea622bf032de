"""X12 the simple way: a split to read, a join to write. The supplier's own; it checks nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

Segment = list[str]


def split(text: str) -> list[Segment]:
    """The segments of an interchange, each split into its elements."""
    element, terminator = text[3], text[105]
    return [part.strip().split(element) for part in text.split(terminator) if part.strip()]


@dataclass(slots=True)
class Letterhead:
    """Who writes to whom, and the control numbers, which count up from ``number``."""

    sender: tuple[str, str]
    receiver: tuple[str, str]
    group_sender: str
    group_receiver: str
    usage: str
    at: datetime
    number: int

    @classmethod
    def answering(cls, segments: Sequence[Segment], at: datetime, number: int) -> "Letterhead":
        """The addresses of an interchange the other way round."""
        isa, gs = segments[0], segments[1]
        return cls((isa[7], isa[8]), (isa[5], isa[6]), gs[3], gs[2], isa[15], at, number)

    def interchange(self, functional_id: str, set_id: str, body: Sequence[Sequence[str]]) -> tuple[str, str]:
        """One set in an envelope of its own, and the control number of its group."""
        control, self.number = self.number, self.number + 1
        day, time = f"{self.at:%Y%m%d}", f"{self.at:%H%M}"
        group = str(control)
        sender, receiver = self.group_sender, self.group_receiver
        isa = ["ISA", "00", " " * 10, "00", " " * 10, *self.sender, *self.receiver, day[2:], time, "U", "00401"]
        segments = [
            [*isa, f"{control:09d}", "0", self.usage, ">"],
            ["GS", functional_id, sender, receiver, day, time, group, "X", "004010"],
            ["ST", set_id, "0001"],
            *body,
            ["SE", str(len(body) + 2), "0001"],
            ["GE", "1", group],
            ["IEA", "1", f"{control:09d}"],
        ]
        return "".join("*".join(segment).rstrip("*") + "~\n" for segment in segments), group
