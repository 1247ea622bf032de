"""A compiled record appends the text of the segment that the record itself makes, or leaves it to the record."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from canonical.base import Value
from translators.x12.maps.code_tables import REFERENCES
from translators.x12.maps.codes import Codes
from translators.x12.maps.compiled_records import Unusual, record_writer, spelled, writer_where_said
from translators.x12.maps.forms import DAY, REAL, Form, coded
from translators.x12.maps.reading import Fields
from translators.x12.maps.records import Choice, Field, Fixed, Group, Pairs, Part, Record, Series
from translators.x12.maps.writing import Draft
from translators.x12.segments import Element
from translators.x12.values import CannotWrite


class Amount(Value):
    value: Decimal
    unit: str | None = None


class Number(Value):
    scheme: str
    text: str


class Thing(Value):
    name: str | None = None
    other: str | None = None
    kind: str | None = None
    mood: str = "plain"
    day: datetime.date | None = None
    amount: Amount | None = None
    numbers: tuple[Number, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loud:
    """A part of a map's own that is one element's text."""

    name: str
    position: int

    def read(self, elements: tuple[Element, ...], fields: Fields) -> int:
        raise NotImplementedError

    def text(self, value: str) -> str:
        return value.upper()

    def write(self, value: str, draft: Draft) -> None:
        draft.put(self.position, self.text(value))


@dataclass(frozen=True)
class Doubled(Loud):
    """A part of a map's own that does more."""

    text: Callable[[str], str] | None = None  # type: ignore[assignment]

    def write(self, value: str, draft: Draft) -> None:
        draft.put(self.position, value)
        draft.put(self.position + 1, value)


MOODS = Codes("1", {"P": "plain", "G": "glad"})
NAME, OTHER, KIND = Field("name", 1), Field("other", 3), Field("kind", 2, coded(REFERENCES))
AMOUNT = Group("amount", Amount, (Field("value", 4, REAL), Field("unit", 5, composite=True)), ("value",))
NUMBERS = Pairs("numbers", 6, 10, ("scheme", "text"), coded(REFERENCES))
CODES = Series("codes", 2, 4)
THINGS = [
    Thing(),
    Thing(name="A"),
    Thing(name="", other="B*", mood="glad"),
    Thing(other="B", kind="contract", mood="sad", day=datetime.date(2026, 11, 25)),
    Thing(name="a", kind="ZQ", mood="odd", amount=Amount(value=Decimal("12.50"), unit="EA")),
    Thing(amount=Amount(value=Decimal(".5")), numbers=(Number(scheme="contract", text="1"),)),
    Thing(name="N", amount=Amount(value=Decimal(1), unit=""), codes=("1", "", "3")),
    Thing(kind="contract", numbers=(Number(scheme="contract", text=""), Number(scheme="ZQ", text="~")), codes=("7",)),
]
RECORDS = {
    "a field": (NAME,),
    "elements between others": (NAME, OTHER, AMOUNT),
    "a code": (NAME, KIND),
    "a choice": (NAME, Choice("mood", 2, MOODS, other="odd")),
    "a choice with a fallback": (Choice("mood", 1, MOODS, other="odd", fallback="P"), KIND),
    "a choice that may stay unsaid": (NAME, Choice("mood", 3, MOODS, other="odd", unsaid="plain")),
    "a form of a map's own": (Field("name", 1, Form(str.lower, str.title)),),
    "a date": (Field("day", 2, DAY), NAME),
    "pairs": (NAME, KIND, AMOUNT, NUMBERS),
    "pairs after a gap": (NAME, NUMBERS),
    "pairs without a code list": (NAME, Pairs("numbers", 2, 9, ("scheme", "text"), Form(str.lower, str.title))),
    "a series": (NAME, CODES),
    "a part of a map's own": (Loud("name", 1), OTHER),
    "two parts of one position": (Loud("name", 1), Loud("other", 1)),
    "a part that does more": (Doubled("name", 1), OTHER),
    "two fields of one position": (NAME, Field("other", 1)),
    "elements behind pairs": (Pairs("numbers", 2, 5, ("scheme", "text"), coded(REFERENCES)), Field("name", 6)),
    "two lists": (NAME, CODES, NUMBERS),
}
FIXED = {
    "": (),
    "in an absent element": (Fixed(1, "F"),),
    "beside another": (Fixed(3, "F", beside=1), Fixed(1, "G", beside=2)),
    "beside what stands in": (Fixed(2, "F"), Fixed(1, "G", beside=2)),
    "twice": (Fixed(1, "F"), Fixed(1, "G")),
    "beside a list": (Fixed(1, "F", beside=6),),
    "beside a composite": (Fixed(1, "F", beside=5),),
    "in no word": (Fixed(1, "*"),),
}


def made(write: Callable[[Any, list[str], list[str]], None], thing: Thing) -> tuple[list[str], bool] | str:
    """The segments, and whether their data holds a delimiter; or that there are none."""
    texts: list[str] = []
    unsure: list[str] = []
    try:
        write(thing, texts, unsure)
    except CannotWrite:
        return "refused"
    return texts, any(mark in text for text in unsure for mark in "*~>")


def exact(record: Record) -> Callable[[Any, list[str], list[str]], None]:
    def write(value: Any, texts: list[str], unsure: list[str]) -> None:
        draft = Draft(record.id, None)
        record.write(value, draft)
        texts.append(spelled(draft.segment(), unsure))

    return write


@pytest.mark.parametrize("fixed", FIXED.values(), ids=FIXED)
@pytest.mark.parametrize("parts", RECORDS.values(), ids=RECORDS)
@pytest.mark.parametrize("thing", THINGS, ids=range(len(THINGS)))
def test_a_compiled_record_writes_what_the_record_writes(
    thing: Thing, parts: tuple[Part, ...], fixed: tuple[Fixed, ...]
) -> None:
    record = Record("XY#2", Thing, *parts, fixed=fixed)
    try:
        found = made(record_writer(record), thing)
    except Unusual:
        return
    assert found == made(exact(record), thing)


@pytest.mark.parametrize(
    ("parts", "thing"),
    [
        ((NUMBERS,), Thing(numbers=(Number(scheme="contract", text="1"),) * 4)),
        ((CODES,), Thing(codes=("1",) * 4)),
        ((KIND,), Thing(kind="A*")),
        ((KIND,), Thing(kind="")),
    ],
)
def test_what_only_the_record_can_judge_is_left_to_it(parts: tuple[Part, ...], thing: Thing) -> None:
    with pytest.raises(Unusual):
        made(record_writer(Record("XY", Thing, *parts)), thing)


@pytest.mark.parametrize("thing", THINGS, ids=range(len(THINGS)))
def test_what_says_nothing_is_passed_over(thing: Thing) -> None:
    record = Record("XY", Thing, NAME, CODES)
    found = made(writer_where_said(record), thing)
    assert found == (made(record_writer(record), thing) if record.says(thing) else ([], False))
