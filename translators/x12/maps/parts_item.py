"""What items are, when things happen, and notes: item pairs, G53, PID, MEA, PO4, DTM, SCH, LDT, N9 with MSG, NTE."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from canonical.base import Value
from canonical.item import Description, EventDate, LeadTime, Note
from canonical.order import ScheduledQuantity
from canonical.quantity import Measurement, Quantity

from ..values import CannotWrite
from .code_tables import (
    CHARACTERISTICS,
    DATES,
    DESCRIPTION_KINDS,
    ITEM_CHANGES,
    ITEM_SCHEMES,
    LEAD_TIMES,
    MEASUREMENTS,
    NOTE_TOPICS,
    PERIODS,
    REFERENCES,
    TIMEZONES,
)
from .compiled_records import Unusual, record_writer
from .compiled_writing import Piece, Site, texts_of
from .forms import CLOCK, DAY, REAL, TEXT, WHOLE, coded
from .loops import Each, Once, each
from .reading import Fields, Place, Reading, head_of
from .records import Field, Fixed, Group, Pairs, Record
from .tracing import Spot
from .writing import Draft

_UNSAID_TOPIC = "ZZ"
_UNSAID_REFERENCE = "NOTE"
_SHOWN = 40
"""Characters of a note that a message repeats."""


def items(first: int, last: int) -> Pairs:
    """Product numbers: elements 235 and 234 in turn, from element ``first`` to ``last``."""
    return Pairs("items", first, last, ("scheme", "value"), coded(ITEM_SCHEMES))


def quantity(name: str, value: int, unit: int, *, composite: bool = False) -> Group:
    """A number and its unit of measure."""
    parts = (Field("value", value, REAL), Field("unit", unit, TEXT, composite))
    return Group(name, Quantity, parts, ("value",), often=True)


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

LEAD_TIME = Record(
    "LDT",
    LeadTime,
    Field("kind", 1, coded(LEAD_TIMES)),
    Field("length", 2, REAL),
    Field("unit", 3, coded(PERIODS)),
    Field("since", 4, DAY),
    needed=("kind", "length", "unit"),
)

_REMARK = Record("NTE", Note, Field("topic", 1, coded(NOTE_TOPICS)), Field("text", 2), needed=("text",))

_HEADING = (Field("topic", 1, coded(REFERENCES)), Field("reference", 2), Field("title", 3))
_TOPIC = Record("N9", Note, *_HEADING, needed=("topic",))
_TITLED = Record("N9", Note, *_HEADING, fixed=(Fixed(1, _UNSAID_TOPIC),))
_UNTITLED = Record("N9", Note, *_HEADING, fixed=(Fixed(1, _UNSAID_TOPIC), Fixed(2, _UNSAID_REFERENCE)))
_MESSAGES = (
    Record("MSG", Note, Field("text", 1), needed=("text",)),
    Record("MTX", Note, Field("text", 2), needed=("text",)),
)
"""The text of a note: MSG up to 004020, MTX from 004030 on. A place has one or the other."""

_DIRECT = tuple(each("notes", record) for record in _MESSAGES)


@dataclass(frozen=True, slots=True)
class Remarks:
    """NTE segments: notes of a topic and one line. A note that says more cannot be written."""

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        _REMARKS.read(place, fields, reading, at)

    def write(self, value: Any, draft: Draft) -> None:
        for note in value.notes:
            if not _is_untitled(note):
                raise CannotWrite(
                    f"A note of this set (NTE) has a topic and a text, but {note.text[:_SHOWN]!r} has a reference or a title too. "
                    "Put them into the text."
                )
        _REMARKS.write(value, draft)

    @property
    def ids(self) -> tuple[str, ...]:
        return (_REMARK.id,)

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        _REMARKS.trace(spot, places)

    def pieces(self, site: Site) -> Iterable[Piece]:
        remark = record_writer(_REMARK)

        def write(note: Note, texts: list[str], unsure: list[str]) -> None:
            if not _is_untitled(note):
                raise Unusual
            remark(note, texts, unsure)

        return [Piece(_REMARK.id, (write,), "notes", each=True)]


@dataclass(frozen=True, slots=True)
class Notes:
    """N9 loops with the text in their MSG or MTX segments; with ``direct``, also such segments of the place itself.

    N9 needs a qualifier and a number; in a note that has none, ``ZZ`` and ``NOTE`` stand for them.
    """

    direct: bool = False

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        notes: list[Fields] = fields.setdefault("notes", [])
        if self.direct:
            for message in _DIRECT:
                message.read(place, fields, reading, at)
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
                record = _message(draft.offers)
                record.write(note, draft.add(record.id))
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
        record = _message(loop.offers)
        for line in _lines(note):
            loop.add(record.id).put(record.parts[0].position, line)

    @property
    def ids(self) -> tuple[str, ...]:
        return ("N9", *(record.id for record in _MESSAGES)) if self.direct else ("N9",)

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        notes = spot.fields["notes"]
        direct = [note for note in notes if self._is_message(note)]
        for index in range(len(notes)):
            place = (
                f"{_message(spot.offers).id}[{index + 1}]" if index < len(direct) else f"N9[{index + 1 - len(direct)}]"
            )
            places[f"{spot.at}notes.{index}"] = f"{spot.path}{place}"

    def pieces(self, site: Site) -> Iterable[Piece]:
        inside = site.inside("N9")
        message, line = _message(site.offers), _message(inside.offers)
        plain, titled, untitled = (record_writer(record) for record in (message, _TITLED, _UNTITLED))
        body = inside.writing(line.id, texts_of(line.id, 1, first=line.parts[0].position))

        def direct(note: Note, texts: list[str], unsure: list[str]) -> None:
            if self._is_message(note):
                plain(note, texts, unsure)

        def loop(note: Note, texts: list[str], unsure: list[str]) -> None:
            if not self._is_message(note):
                (untitled if _is_untitled(note) else titled)(note, texts, unsure)
                body(_lines(note), texts, unsure)

        return [Piece(message.id, (direct,), "notes", each=True), Piece("N9", (loop,), "notes", each=True)]

    def _is_message(self, note: Note) -> bool:
        """Whether it is written as an MSG or MTX segment of the place, not as a loop."""
        return self.direct and not _TOPIC.says(note)


def _message(offered: Callable[[str], bool]) -> Record:
    """The segment that carries a note's text at a place of one version, which says what is ``offered`` there."""
    return next((record for record in _MESSAGES if offered(record.id)), _MESSAGES[0])


_REMARKS = each("notes", _REMARK)


def _is_untitled(note: Note) -> bool:
    return note.reference is None and note.title is None


def _lines(note: Note) -> list[str]:
    return note.text.split("\n") if note.text else []


def _joined(place: Place, reading: Reading) -> str:
    """The texts of the MSG or MTX segments as lines; where one is itself of several lines, none is taken."""
    found = [(head_of(node), record.parts[0].position) for record in _MESSAGES for node in place.nodes(record.id)]
    texts = [node.segment.text(position) for node, position in found]
    if not all(texts) or any("\n" in text for text in texts):
        return ""
    for node, position in found:
        reading.take(node, 1 << position)
    return "\n".join(texts)


def dates() -> Each:
    """DTM segments of the place."""
    return each("dates", DATE)


def descriptions() -> Each:
    """PID segments, or the heads of PID loops."""
    return each("descriptions", DESCRIPTION)


def measurements() -> Each:
    """MEA segments of the place."""
    return each("measurements", MEASUREMENT)


def change(model: type[Value]) -> Once:
    """What has become of the item since the last report or catalogue (G53)."""
    return Once(Record("G53", model, Field("change", 1, coded(ITEM_CHANGES))))


def lead_times() -> Each:
    """LDT segments of the place."""
    return each("lead_times", LEAD_TIME)


def pack(model: type[Value]) -> Once:
    """How many of which size a pack of the item holds (PO4)."""
    return Once(Record("PO4", model, Field("pack", 1, WHOLE), quantity("pack_size", 2, 3)))


def schedule() -> Each:
    """SCH segments, or the heads of SCH loops."""
    return each("schedule", SCHEDULE)
