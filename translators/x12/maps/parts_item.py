"""What items are, when things happen, and notes: item pairs, PID, MEA, DTM, SCH, N9 with MSG, NTE."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from canonical.item import Description, EventDate, Note
from canonical.order import ScheduledQuantity
from canonical.quantity import Measurement, Quantity

from ..segments import SegmentNode
from .code_tables import (
    CHARACTERISTICS,
    DATES,
    DESCRIPTION_KINDS,
    ITEM_SCHEMES,
    MEASUREMENTS,
    NOTE_TOPICS,
    REFERENCES,
    TIMEZONES,
)
from .compiled_records import record_writer
from .compiled_writing import Piece, Site, texts_of
from .forms import CLOCK, DAY, REAL, TEXT, coded
from .loops import Each, each
from .reading import Fields, Place, Reading, head_of
from .records import Field, Fixed, Group, Pairs, Record
from .writing import Draft

_UNSAID_TOPIC = "ZZ"
_UNSAID_REFERENCE = "NOTE"


def items(first: int, last: int) -> Pairs:
    """Product numbers: elements 235 and 234 in turn, from element ``first`` to ``last``."""
    return Pairs("items", first, last, ("scheme", "value"), coded(ITEM_SCHEMES))


def quantity(name: str, value: int, unit: int, *, composite: bool = False) -> Group:
    """A number and its unit of measure."""
    parts = (Field("value", value, REAL), Field("unit", unit, TEXT, composite))
    return Group(name, Quantity, parts, ("value",))


def moment(name: str, kind: int, *, time: bool) -> Group:
    """A date with what it is the date of, and perhaps its time, in elements that follow each other."""
    parts = (Field("kind", kind, coded(DATES)), Field("date", kind + 1, DAY))
    return Group(name, EventDate, (*parts, Field("time", kind + 2, CLOCK)) if time else parts, ("kind",))


DESCRIPTION = Record(
    "PID",
    Description,
    Field("kind", 1, coded(DESCRIPTION_KINDS)),
    Field("characteristic", 2, coded(CHARACTERISTICS)),
    Field("agency", 3),
    Field("code", 4),
    Field("text", 5),
    needed=("kind",),
)

MEASUREMENT = Record(
    "MEA",
    Measurement,
    Field("kind", 2, coded(MEASUREMENTS)),
    quantity("quantity", 3, 4, composite=True),
    needed=("kind", "quantity"),
)

DATE = Record(
    "DTM",
    EventDate,
    Field("kind", 1, coded(DATES)),
    Field("date", 2, DAY),
    Field("time", 3, CLOCK),
    Field("timezone", 4, coded(TIMEZONES)),
    needed=("kind",),
)

SCHEDULE = Record(
    "SCH",
    ScheduledQuantity,
    quantity("quantity", 1, 2),
    moment("date", 5, time=True),
    needed=("quantity",),
)

REMARK = Record("NTE", Note, Field("topic", 1, coded(NOTE_TOPICS)), Field("text", 2), needed=("text",))

_HEADING = (Field("topic", 1, coded(REFERENCES)), Field("reference", 2), Field("title", 3))
_TOPIC = Record("N9", Note, *_HEADING, needed=("topic",))
_TITLED = Record("N9", Note, *_HEADING, fixed=(Fixed(1, _UNSAID_TOPIC),))
_UNTITLED = Record("N9", Note, *_HEADING, fixed=(Fixed(1, _UNSAID_TOPIC), Fixed(2, _UNSAID_REFERENCE)))
_MESSAGE = Record("MSG", Note, Field("text", 1), needed=("text",))


@dataclass(frozen=True, slots=True)
class Notes:
    """N9 loops with the text in their MSG segments; with ``direct``, also MSG segments of the place itself.

    N9 needs a qualifier and a number; in a note that has none, ``ZZ`` and ``NOTE`` stand for them.
    """

    direct: bool = False

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        notes: list[Fields] = fields.setdefault("notes", [])
        if self.direct:
            _MESSAGES.read(place, fields, reading, at)
        for node in place.nodes("N9"):
            note = _TOPIC.read(head_of(node), reading)
            if note is None:
                continue
            if "reference" not in note and "title" not in note:
                reading.blank(head_of(node), 2)
            self._unsay(note)
            note["text"] = _joined(Place.of(node), reading)
            reading.origin(f"{at}notes.{len(notes)}", head_of(node))
            notes.append(note)

    def write(self, value: Any, draft: Draft) -> None:
        for note in value.notes:
            if self._is_message(note):
                _MESSAGE.write(note, draft.add("MSG"))
            else:
                self._write_loop(note, draft.add("N9"))

    def _unsay(self, note: Fields) -> None:
        """Leave out what stands there only because X12 wants something; but never all, where that is a direct message."""
        no_topic = note["topic"] == REFERENCES.name(_UNSAID_TOPIC)
        if note.get("reference") == _UNSAID_REFERENCE and "title" not in note and not (self.direct and no_topic):
            del note["reference"]
        if no_topic and (len(note) > 1 or not self.direct):
            del note["topic"]

    def _write_loop(self, note: Note, loop: Draft) -> None:
        (_UNTITLED if _is_untitled(note) else _TITLED).write(note, loop)
        for line in _lines(note):
            loop.add("MSG").put(1, line)

    def pieces(self, site: Site) -> Iterable[Piece]:
        message, titled, untitled = (record_writer(record) for record in (_MESSAGE, _TITLED, _UNTITLED))
        body = site.inside("N9").writing("MSG", texts_of("MSG", 1))

        def direct(note: Note, texts: list[str], unsure: list[str]) -> None:
            if self._is_message(note):
                message(note, texts, unsure)

        def loop(note: Note, texts: list[str], unsure: list[str]) -> None:
            if not self._is_message(note):
                (untitled if _is_untitled(note) else titled)(note, texts, unsure)
                body(_lines(note), texts, unsure)

        return [Piece("MSG", (direct,), "notes", each=True), Piece("N9", (loop,), "notes", each=True)]

    def _is_message(self, note: Note) -> bool:
        """Whether it is written as an MSG segment of the place, not as a loop."""
        return self.direct and not _TOPIC.says(note)


_MESSAGES = each("notes", _MESSAGE)


def _is_untitled(note: Note) -> bool:
    return note.reference is None and note.title is None


def _lines(note: Note) -> list[str]:
    return note.text.split("\n") if note.text else []


def _joined(place: Place, reading: Reading) -> str:
    """The texts of the MSG segments as lines; where one is itself of several lines, none is taken."""
    nodes = [head_of(node) for node in place.nodes("MSG")]
    texts = [_text(node) for node in nodes]
    if not all(texts) or any("\n" in text for text in texts):
        return ""
    for node in nodes:
        reading.take(node, 1 << 1)
    return "\n".join(texts)


def _text(node: SegmentNode) -> str:
    return node.segment.text(1)


def dates() -> Each:
    """DTM segments of the place."""
    return each("dates", DATE)


def descriptions() -> Each:
    """PID segments, or the heads of PID loops."""
    return each("descriptions", DESCRIPTION)


def measurements() -> Each:
    """MEA segments of the place."""
    return each("measurements", MEASUREMENT)


def schedule() -> Each:
    """SCH segments, or the heads of SCH loops."""
    return each("schedule", SCHEDULE)
