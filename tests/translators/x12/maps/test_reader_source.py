"""A compiled segment is read as its record reads it, whatever stands in it."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical.base import Value
from translators.x12.body import elements_of
from translators.x12.maps.code_tables import REFERENCES
from translators.x12.maps.codes import Codes
from translators.x12.maps.compiled_records import Unusual
from translators.x12.maps.forms import DAY, REAL, TEXT, WHOLE, Form, coded
from translators.x12.maps.frames import Remainder, new_frame
from translators.x12.maps.reading import Fields, Reading
from translators.x12.maps.record_readers import Readers
from translators.x12.maps.records import Choice, Field, Fixed, Group, Pairs, Part, Record, Series, text_at
from translators.x12.maps.stations import Inside, Joining, Station
from translators.x12.schema import CompositeDef, ElementDef, SegmentDef, Use
from translators.x12.segments import Element, Segment, SegmentNode


class Mood(StrEnum):
    PLAIN = "plain"
    GLAD = "glad"
    SAD = "sad"
    ODD = "odd"


class Amount(Value):
    value: Decimal
    unit: str | None = None


class Number(Value):
    scheme: str
    text: str


class Bank(Value):
    number: str | None = None
    place: str | None = None


class Thing(Value):
    name: str | None = None
    other: str = "none"
    kind: str | None = None
    mood: Mood = Mood.PLAIN
    day: datetime.date | None = None
    count: int | None = None
    amount: Amount | None = None
    bank: Bank | None = None
    numbers: tuple[Number, ...] = ()
    codes: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()


class Things(Value):
    things: tuple[Thing, ...] = ()
    thing: Thing | None = None


@dataclass(frozen=True)
class Twofold:
    """A part of a map's own that makes two fields of one element, and nothing of a Z."""

    name: str
    position: int

    def read(self, elements: tuple[Element, ...], fields: Fields) -> int:
        text = text_at(elements, self.position)
        if not text or text == "Z":
            return 0
        fields[self.name] = text.lower()
        if text == "P":
            fields["mood"] = "glad"
        return 1 << self.position

    def text(self, value: str) -> str:
        raise NotImplementedError

    def write(self, value: Any, draft: Any) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class Whole:
    """A part of a map's own that looks at all elements."""

    name: str
    position: int

    def read(self, elements: tuple[Element, ...], fields: Fields) -> int:
        if not elements:
            return 0
        fields[self.name] = str(len(elements))
        return 0b10

    def write(self, value: Any, draft: Any) -> None:
        raise NotImplementedError


MOODS = Codes("353", {"G": "glad", "P": "plain", "Z": "odd"})
NAME, OTHER, KIND = Field("name", 1), Field("other", 3), Field("kind", 2, coded(REFERENCES))
AMOUNT = Group("amount", Amount, (Field("value", 4, REAL), Field("unit", 5, TEXT, composite=True)), ("value",))
NUMBERS = Pairs("numbers", 3, 6, ("scheme", "text"), coded(REFERENCES))
CODES = Series("codes", 2, 4)
RECORDS: dict[str, tuple[Part, ...]] = {
    "a field": (NAME,),
    "fields": (NAME, KIND, OTHER),
    "a code": (KIND,),
    "a number and a date": (Field("count", 1, WHOLE), Field("day", 2, DAY)),
    "a form of a map's own": (Field("name", 1, Form(str.lower, str.upper)),),
    "a choice": (NAME, Choice("mood", 2, MOODS, other="odd")),
    "a choice with a fallback": (Choice("mood", 1, MOODS, other="odd", fallback="Z"), KIND),
    "a choice that may stay unsaid": (NAME, Choice("mood", 3, MOODS, other="odd", unsaid="plain")),
    "a text that says nothing": (NAME, Field("kind", 2, TEXT, unsaid="Z")),
    "a group": (NAME, AMOUNT),
    "a group of which all may be absent": (Group("bank", Bank, (Field("number", 2), Field("place", 3))), NAME),
    "a group that comes again": (Group("amount", Amount, AMOUNT.parts, ("value",), often=True),),
    "pairs": (NAME, NUMBERS),
    "pairs alone": (Pairs("numbers", 1, 6, ("scheme", "text"), coded(REFERENCES)),),
    "a series": (NAME, CODES),
    "a part of a map's own": (Twofold("name", 1), OTHER),
    "a part that looks at everything": (Whole("name", 1),),
    "two fields of one element": (NAME, Field("other", 1)),
}
FIXED: dict[str, tuple[Fixed, ...]] = {
    "": (),
    "in an absent element": (Fixed(6, "Z"),),
    "beside another": (Fixed(2, "Z", beside=1),),
    "two": (Fixed(6, "P"), Fixed(5, "Z", beside=4)),
    "twice": (Fixed(6, "P"), Fixed(6, "Z")),
}
NEEDED: dict[str, tuple[str, ...]] = {"": (), "a name": ("name",), "a kind": ("kind",)}
ELEMENTS = [
    ElementDef(str(number), kind, 1, 20, None) for number, kind in enumerate(["AN", "ID", "AN", "R", "ID", "ID"])
]
UNIT = CompositeDef("C001", (Use(ELEMENTS[4], required=False),), ())
USES: list[ElementDef | CompositeDef] = [*ELEMENTS[:4], UNIT, ELEMENTS[5]]
DEFINITION = SegmentDef("XY", tuple(Use(use, required=False) for use in USES), ())
COMPOSITES = frozenset({5})
TEXTS = ["", "", "A", "G", "P", "Z", "CT", "12", "20261125"]
NUMBERS_IN_4 = ["", "", "0", "12", "1.50", ".5", "-3"]


@st.composite
def pieces(draw: st.DrawFn) -> list[str]:
    """A segment of up to six elements, of which the fourth is a decimal number and the last is not empty."""
    texts = [draw(st.sampled_from(NUMBERS_IN_4 if position == 4 else TEXTS)) for position in range(1, 7)]
    while texts and not texts[-1]:
        texts.pop()
    return ["XY", *texts]


def record(parts: tuple[Part, ...], fixed: tuple[Fixed, ...], needed: tuple[str, ...]) -> Record:
    return Record("XY", Thing, *parts, fixed=fixed, needed=needed)


def exactly(found: Record, piece: list[str], inside: dict[str, Any], *, always: bool) -> tuple[Any, Any, Any]:
    """The value by the record; the elements that are left, None for all of them; and those found blank."""
    reading = Reading()
    node = SegmentNode("XY", Segment("XY", elements_of(piece, COMPOSITES)))
    fields = found.read(node, reading)
    if fields is None:
        if not always:
            return None, None, []
        fields = {}
    value = Thing.model_validate(fields | inside)
    return value, left(piece, reading.taken(node) or 0), [position for _, position in reading.blanks]


def left(piece: list[str], mask: int) -> list[int]:
    return [position for position, text in enumerate(piece) if position and text and not mask >> position & 1]


def rest_of(piece: list[str], rest: Remainder) -> Any:
    masks = [mask for _, mask in rest.left]
    return None if masks == [None] else left(piece, masks[0] if masks else -1)  # type: ignore[arg-type]


INSIDES = [Inside(), Inside({"inside": ()}), Inside({"inside": ()}, open=True)]


@pytest.mark.parametrize("parts", RECORDS.values(), ids=RECORDS)
@settings(max_examples=100)
@given(
    fixed=st.sampled_from(list(FIXED.values())),
    needed=st.sampled_from(list(NEEDED.values())),
    found=st.lists(pieces(), min_size=2, max_size=4),
    inside=st.sampled_from(INSIDES),
    always=st.booleans(),
)
def test_every_segment_is_read_as_by_its_record(
    parts: tuple[Part, ...],
    fixed: tuple[Fixed, ...],
    needed: tuple[str, ...],
    found: list[list[str]],
    inside: Inside,
    always: bool,
) -> None:
    """Several, because what was read before is remembered."""
    one = record(parts, fixed, needed)
    station = Station(one, 7, DEFINITION, COMPOSITES, Joining.EACH, "things", inside, always)
    readers = Readers(station)
    for piece in found:
        fields, things = new_frame(Things)
        rest = Remainder()
        readers[len(piece)](piece, (fields, things), rest)
        value, leftover, blanks = exactly(one, piece, inside.said, always=always)
        assert things == Things(things=() if value is None else (value,))
        assert (rest_of(piece, rest), [position for _, position in rest.blanks]) == (leftover, blanks)
        if value is not None:
            read = fields["things"][0]
            assert (read.model_fields_set, list(read)) == (value.model_fields_set, list(value))
            assert [type(each) for _, each in read] == [type(each) for _, each in value]


@pytest.mark.parametrize("joining", [Joining.ONE, Joining.FIRST])
def test_only_the_first_of_a_place_counts(joining: Joining) -> None:
    model: type[Value] = Things if joining is Joining.ONE else Thing
    readers = Readers(Station(Record("XY", Thing, NAME), 7, DEFINITION, COMPOSITES, joining, "thing"))
    fields, value = new_frame(model)
    rest = Remainder()
    for text in ("first", "second"):
        readers[2](["XY", text], (fields, value), rest)
    assert value == (Things(thing=Thing(name="first")) if joining is Joining.ONE else Thing(name="first"))
    assert value.model_fields_set == {"thing" if joining is Joining.ONE else "name"}
    assert (rest.left, rest.skipped) == ([(["XY", "second"], None)], True)


def test_what_validation_refuses_is_left_to_the_exact_way() -> None:
    strange = Record("XY", Thing, Field("mood", 1))
    readers = Readers(Station(strange, 7, DEFINITION, COMPOSITES, Joining.EACH, "things"))
    with pytest.raises(Unusual):
        readers[2](["XY", "no mood at all"], new_frame(Things), Remainder())


def test_an_ordinary_segment_does_not_ask_its_record(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Record("XY", Thing, NAME, KIND, OTHER, AMOUNT, fixed=(Fixed(6, "Z"),))
    readers = Readers(Station(one, 7, DEFINITION, COMPOSITES, Joining.EACH, "things"))
    monkeypatch.setattr(Record, "read", None)
    fields, things = new_frame(Things)
    readers[7](["XY", "A", "CT", "", "12", "EA", "Z"], (fields, things), Remainder())
    assert fields["things"] == (Thing(name="A", kind="contract", amount=Amount(value=Decimal(12), unit="EA")),)
