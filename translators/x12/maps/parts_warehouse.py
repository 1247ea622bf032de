"""What the warehouse sets share, where they have segments of their own: N9, G61, G62, G69, W06, W10, W20, W27, totals."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from canonical.base import Value
from canonical.item import EventDate
from canonical.party import Contact, Reference
from canonical.quantity import Quantity
from canonical.shipment import Equipment
from canonical.warehouse import Carriage, ItemPacking, Load, Pallet

from ..values import CannotWrite
from .code_tables import (
    CHANNELS,
    CONTACTS,
    EQUIPMENT,
    FREIGHT_TERMS,
    ITEM_SCHEMES,
    MODES,
    REFERENCES,
    TIMEZONES,
    WEIGHTS,
)
from .codes_warehouse import (
    CARRIAGE_CHANGE_REASONS,
    DATE_CHANGE_REASONS,
    PALLET_EXCHANGES,
    PALLETS,
    REPORT_DETAILS,
    UNIT_LOADS,
    WAREHOUSE_DATES,
)
from .forms import CLOCK, DAY, REAL, WHOLE, Form, coded
from .loops import Each, Once, One, each
from .parts_delivery import Scac
from .parts_item import quantity
from .parts_money import Totals
from .reading import Fields, Place, Reading, head_of
from .records import Field, Fixed, Group, Pairs, Part, Record, Series, text_at
from .tracing import Spot
from .writing import Draft

NOT_IN_FULL = frozenset({"exceptions_only", "no_exceptions"})
"""Reports (element 514) whose lines are not all there are, so that they need not add up to the totals."""

_ANY_TIME_KIND = "W"
"""G6203 (element 176) says what the time is of; what the date is of says that already."""

_CASE_CODE = "upc_case"
_CASE_CODE_IN_PAIR = "UA"

_WEIGHT_UNITS = {"L": "LB", "K": "KG", "G": "GR", "O": "OZ"}
_WEIGHT_CODES = {unit: code for code, unit in _WEIGHT_UNITS.items()}
_WEIGHT_UNIT = Form(lambda code: _WEIGHT_UNITS.get(code, code), lambda unit: _WEIGHT_CODES.get(unit, unit))
"""Element 188 has units of weight of its own; we use those of element 355 everywhere."""


def weight(name: str, value: int, unit: int) -> Group:
    """A weight with its unit in element 188."""
    return Group(name, Quantity, (Field("value", value, REAL), Field("unit", unit, _WEIGHT_UNIT)), ("value",))


_NUMBER = Record(
    "N9",
    Reference,
    Field("kind", 1, coded(REFERENCES)),
    Field("value", 2),
    Field("description", 3),
    needed=("kind",),
)

_PERSON = Record(
    "G61",
    Contact,
    Field("function", 1, coded(CONTACTS)),
    Field("name", 2),
    Pairs("channels", 3, 4, ("kind", "value"), coded(CHANNELS)),
    needed=("function",),
)

_DATE = Record(
    "G62",
    EventDate,
    Field("kind", 1, coded(WAREHOUSE_DATES)),
    Field("date", 2, DAY),
    Field("time", 4, CLOCK),
    Field("timezone", 5, coded(TIMEZONES)),
    fixed=(Fixed(3, _ANY_TIME_KIND, beside=4),),
    needed=("kind",),
)

PACKING = Record(
    "W20",
    ItemPacking,
    Field("pack", 1, WHOLE),
    quantity("size", 2, 3),
    weight("weight", 4, 6),
    Field("weight_kind", 5, coded(WEIGHTS)),
    Field("unit_weight", 7, REAL),
    quantity("volume", 8, 9),
)

LOAD = Record(
    "W10",
    Load,
    Field("unit_load", 1, coded(UNIT_LOADS)),
    Field("pallets", 2, WHOLE),
    Field("pallet_exchange", 3, coded(PALLET_EXCHANGES)),
    Series("seals", 4, 5),
)

PALLET = Record(
    "PAL",
    Pallet,
    Field("kind", 1, coded(PALLETS)),
    Field("tiers", 2, WHOLE),
    Field("blocks", 3, WHOLE),
    Field("pack", 4, WHOLE),
    quantity("unit_weight", 5, 6),
    Field("length", 7, REAL),
    Field("width", 8, REAL),
    Field("height", 9, REAL),
    Field("dimension_unit", 10),
    quantity("gross_weight", 11, 12),
    quantity("gross_volume", 13, 14),
    Field("exchange", 15, coded(PALLET_EXCHANGES)),
)

CARRIAGE = Record(
    "W27",
    Carriage,
    Field("mode", 1, coded(MODES)),
    Scac(position=2),
    Field("routing", 3),
    Field("freight_terms", 4, coded(FREIGHT_TERMS)),
    Group(
        "equipment",
        Equipment,
        (Field("kind", 5, coded(EQUIPMENT)), Field("initial", 6), Field("number", 7)),
    ),
    Field("changed_because", 10, coded(CARRIAGE_CHANGE_REASONS)),
)


def shipment_head(model: type[Value]) -> Record:
    """W06, which begins whatever leaves a warehouse."""
    return Record(
        "W06",
        model,
        Field("detail", 1, coded(REPORT_DETAILS)),
        Field("number", 2),
        Field("shipped_on", 3, DAY),
        Field("shipment_number", 4),
        Field("agent_shipment_number", 5),
        Field("order_number", 6),
        Field("master_reference", 7),
        Field("link_sequence", 8),
        Field("date_changed_because", 10, coded(DATE_CHANGE_REASONS)),
        Field("kind", 11),
        needed=("detail",),
    )


def numbers() -> Each:
    """N9 segments of the place, as references."""
    return each("references", _NUMBER)


def people() -> Each:
    """G61 segments of the place."""
    return each("contacts", _PERSON)


def warehouse_dates() -> Each:
    """G62 segments of the place."""
    return each("dates", _DATE)


@dataclass(frozen=True, slots=True)
class Words:
    """G69 segments: lines of text about an item."""

    name: str = "descriptions"
    node_id: str = "G69"

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        found: list[str] = []
        for node in place.nodes(self.node_id):
            head = head_of(node)
            reading.take(head, 1 << 1)
            reading.origin(f"{at}{self.name}.{len(found)}", head, 1)
            found.append(head.segment.text(1))
        fields[self.name] = found

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.node_id,)

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        for index in range(len(spot.fields[self.name])):
            places[f"{spot.at}{self.name}.{index}"] = f"{spot.path}{self.node_id}[{index + 1}]/01"

    def write(self, value: Any, draft: Draft) -> None:
        for text in getattr(value, self.name):
            draft.add(self.node_id).put(1, text)


@dataclass(frozen=True, slots=True)
class ItemCodes:
    """Product numbers of the segment that begins the place: a U.P.C. case code at ``case``, pairs of code and value at ``places``.

    A case code that stands in a pair all the same keeps its X12 code (``UA``) as scheme, so that each comes back where it was.
    """

    case: int
    places: tuple[int, ...]
    name: str = "items"

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        assert place.head is not None
        elements = place.head.segment.elements
        found: list[Fields] = []
        mask = 0
        if text_at(elements, self.case):
            found.append({"scheme": _CASE_CODE, "value": text_at(elements, self.case)})
            mask |= 1 << self.case
        gaps: list[int] = []
        for position in self.places:
            code, text = text_at(elements, position), text_at(elements, position + 1)
            if code and text:
                found.append({"scheme": _scheme(code), "value": text})
                mask |= 0b11 << position
                for gap in gaps:
                    reading.blank(place.head, gap)
                gaps = []
            elif not code and not text:
                gaps.append(position)
        if found:
            fields[self.name] = found
            reading.take(place.head, mask)
            reading.origin(f"{at}{self.name}", place.head, self.case if mask >> self.case & 1 else self.places[0])

    def write(self, value: Any, draft: Draft) -> None:
        pairs: list[tuple[str, str]] = []
        for item in getattr(value, self.name):
            if item.scheme == _CASE_CODE and self.case not in draft.elements:
                draft.put(self.case, item.value)
            else:
                pairs.append((ITEM_SCHEMES.code(item.scheme), item.value))
        draft.put_pairs(self.places, pairs)


def _scheme(code: str) -> str:
    return code if code == _CASE_CODE_IN_PAIR else ITEM_SCHEMES.name(code)


@dataclass(frozen=True, slots=True)
class Carried:
    """How the goods travel, in the one segment this set has for it. What that segment has no place for cannot be written."""

    record: Record

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        One("carriage", self.record).read(place, fields, reading, at)

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.record.id,)

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        One("carriage", self.record).trace(spot, places)

    def write(self, value: Any, draft: Draft) -> None:
        carriage: Carriage | None = value.carriage
        if carriage is None:
            return
        beyond = list(_beyond(carriage, self.record.parts))
        if beyond:
            raise CannotWrite(
                f"{self.record.id}, which says how the goods travel, has no place for {', '.join(beyond)} of the carriage. "
                "Leave that out, or say it in a note."
            )
        One("carriage", self.record).write(value, draft)


def _beyond(value: Value, parts: Iterable[Part], prefix: str = "") -> Iterator[str]:
    """The fields of ``value`` that say something and that no part takes, as paths."""
    by_name = {part.name: part for part in parts}
    for name, said in value:
        part = by_name.get(name)
        if said in (None, ()):
            continue
        if part is None:
            yield prefix + name
        elif isinstance(part, Group):
            yield from _beyond(said, part.parts, f"{prefix}{name}.")


def shipped_totals(model: type[Value], count: Callable[[Any], Decimal]) -> Totals:
    """W03: units, weight, volume and packages in all. Where the units are not stated, they are added up."""
    record = Record(
        "W03",
        model,
        Field("total_quantity", 1, REAL),
        quantity("total_weight", 2, 3),
        quantity("total_volume", 4, 5),
        quantity("package_total", 6, 7),
    )
    return Totals(record, count)


def special_handling(model: type[Value]) -> Once:
    """W6: up to four codes of how to handle the goods (element 152)."""
    return Once(Record("W6", model, Series("special_handling", 1, 4)))
