"""856, the ship notice: shipment, orders, pallets, cartons and items as levels inside each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from canonical.base import proven
from canonical.shipment import Equipment, OrderReference, Packaging, ShipmentLevel, ShipNotice, ShippedItem

from ... import shipping_rules
from ..segments import Node, SegmentNode, TransactionSet
from ..written import ELEMENT
from . import checks, packing
from .code_tables import EQUIPMENT, LEVELS, LINE_STATUSES, PURPOSES, STRUCTURES, WEIGHTS
from .compiled_reading import PlaceReaders
from .compiled_records import Unusual, record_writer, writer_where_said
from .compiled_writing import Piece, Site
from .field_values import absent_values
from .forms import CLOCK, DAY, REAL, WHOLE, coded
from .frames import Frame, Remainder
from .hierarchy import DEEPEST, arranged, hierarchy, number_of
from .loops import Child, Once, One, each
from .nesting import check_nesting
from .parts_delivery import MARK, Deliveries
from .parts_item import dates, descriptions, items, measurements, quantity
from .parts_money import adjustments, totals
from .parts_party import PARTIES, contacts, references
from .reading import Fields, Place, Reading, head_of
from .records import Choice, Field, Record
from .set_map import SetMap
from .stations import Inside
from .tracing import Spot, trace_all
from .writing import Draft

_HEAD = Record(
    "BSN",
    ShipNotice,
    Choice("purpose", 1, PURPOSES, other="other", fallback="ZZ"),
    Field("number", 2),
    Field("created_on", 3, DAY),
    Field("created_at", 4, CLOCK),
    Field("structure", 5, coded(STRUCTURES)),
    needed=("number", "created_on", "created_at"),
)

_LEVEL = Record("HL", ShipmentLevel, Field("kind", 3, coded(LEVELS)), needed=("kind",))

_PRODUCT = Record("LIN", ShippedItem, Field("line_number", 1), items(2, 31))

_SHIPPED = Record(
    "SN1",
    ShippedItem,
    quantity("shipped", 2, 3),
    Field("shipped_to_date", 4, REAL),
    quantity("ordered", 5, 6),
    Field("status", 8, coded(LINE_STATUSES)),
)

_ORDER = Record(
    "PRF",
    OrderReference,
    Field("number", 1),
    Field("release", 2),
    Field("date", 4, DAY),
    Field("contract", 6),
    needed=("number",),
)

_PACK = Record(
    "PO4",
    ShipmentLevel,
    Field("inner_packs", 1, WHOLE),
    quantity("inner_pack_size", 2, 3),
)

_PACKAGING = Record(
    "TD1",
    Packaging,
    Field("form", 1),
    Field("count", 2, WHOLE),
    Field("weight_kind", 6, coded(WEIGHTS)),
    quantity("weight", 7, 8),
    quantity("volume", 9, 10),
)

_EQUIPMENT = Record(
    "TD3",
    Equipment,
    Field("kind", 1, coded(EQUIPMENT)),
    Field("initial", 2),
    Field("number", 3),
    Field("seal", 9),
)


_NO_CHILD_CODES = "HL/04"


@dataclass(frozen=True, slots=True)
class _Item:
    """LIN and SN1 of a level: one item, what it is and how much of it."""

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        item: Fields = {}
        for record in (_PRODUCT, _SHIPPED):
            node = place.first(record.id)
            if node is not None:
                item.update(record.read(head_of(node), reading, f"{at}item.") or {})
        if item:
            fields["item"] = item

    def write(self, value: ShipmentLevel, draft: Draft) -> None:
        if value.item is None:
            return
        for record in (_PRODUCT, _SHIPPED):
            if record.says(value.item):
                record.write(value.item, draft.add(record.id))

    def compile(self, place: PlaceReaders) -> None:
        place.merged("item", ShippedItem, (_PRODUCT, _SHIPPED))

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        if "item" in spot.said:
            for record in (_PRODUCT, _SHIPPED):
                item = spot.inside(spot.fields["item"], f"{spot.at}item", record.id, 1)
                item.tell(record, f"{spot.path}{record.id}[1]", places)

    def pieces(self, site: Site) -> Iterable[Piece]:
        return [Piece(record.id, (writer_where_said(record),), "item") for record in (_PRODUCT, _SHIPPED)]


_INSIDE_LEVEL: tuple[Child, ...] = (
    _Item(),
    One("order", _ORDER),
    Once(_PACK),
    descriptions(),
    measurements(),
    each("packaging", _PACKAGING),
    each("equipment", _EQUIPMENT),
    Deliveries(),
    references(),
    contacts(),
    each("marks", MARK),
    dates(),
    PARTIES,
    adjustments(),
)


@dataclass(frozen=True, slots=True)
class _Levels:
    """HL loops, flat in X12 and nested in the document. Numbers and parents are written anew: 1, 2, 3, ... depth first.

    HL04 (whether there are levels below) is written as it is. Where a level has none, or another one, that is unmapped;
    where no level has one, ``HL/04`` says so once.
    """

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        tree = hierarchy(place.nodes("HL"), reading)
        if tree is not None:
            said = any(head_of(node).segment.text(4) for node in tree.ordered)
            if tree.ordered and not said:
                reading.absent(_NO_CHILD_CODES)
            fields["levels"] = self._below(tree.children, "", said, reading, "levels.")

    def write(self, value: ShipNotice, draft: Draft) -> None:
        numbers = count(1)
        said = _says_child_codes(value)

        def put(level: ShipmentLevel, parent: int | None) -> None:
            number = next(numbers)
            loop = draft.add("HL")
            loop.put(1, str(number))
            loop.put(2, str(parent) if parent else "")
            _LEVEL.write(level, loop)
            if said:
                loop.default(4, _has_children(level.children))
            for child in _INSIDE_LEVEL:
                child.write(level, loop)
            for below in level.children:
                put(below, number)

        for level in value.levels:
            put(level, None)

    def pieces(self, site: Site) -> Iterable[Piece]:
        kind, inside = record_writer(_LEVEL), site.inside("HL").children(ShipmentLevel, _INSIDE_LEVEL)

        def write(notice: ShipNotice, texts: list[str], unsure: list[str]) -> None:
            numbers = count(1)
            said = _says_child_codes(notice)

            def put(level: ShipmentLevel, parent: int | None) -> None:
                number = next(numbers)
                kind(level, texts, unsure)
                head = [_LEVEL.id, str(number), str(parent) if parent else "", texts[-1].rpartition(ELEMENT)[2]]
                texts[-1] = ELEMENT.join([*head, _has_children(level.children)] if said else head)
                inside(level, texts, unsure)
                for below in level.children:
                    put(below, number)

            for level in notice.levels:
                put(level, None)

        return [Piece(_LEVEL.id, (write,))]

    def compile(self, place: PlaceReaders) -> None:
        place.says("levels", ShipmentLevel)
        inside = place.loop(_LEVEL, _INSIDE_LEVEL)
        place.put(_LEVEL.id, _LevelReader(inside))

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        numbers = count(1)

        def tell(levels: Sequence[ShipmentLevel], at: str) -> None:
            for index, level in enumerate(levels):
                number = next(numbers)
                path = f"{spot.path}{_LEVEL.id}[{number}]"
                inside = spot.inside(level, f"{at}.{index}", _LEVEL.id, number)
                inside.tell(_LEVEL, path, places)
                places[f"{at}.{index}"] = path
                trace_all(_INSIDE_LEVEL, inside, places)
                tell(level.children, f"{at}.{index}.children")

        tell(spot.fields["levels"], f"{spot.at}levels")

    def _below(
        self, children: dict[str, list[Node]], parent: str, said: bool, reading: Reading, at: str
    ) -> list[Fields]:
        found: list[Fields] = []
        for node in children.get(parent, ()):
            number = number_of(node)
            path = f"{at}{len(found)}."
            fields = self._level(node, reading, path)
            if said:
                _child_code(head_of(node), _has_children(children.get(number)), reading)
            fields["children"] = self._below(children, number, said, reading, f"{path}children.")
            found.append(fields)
        return found

    def _level(self, node: Node, reading: Reading, path: str) -> Fields:
        head = head_of(node)
        fields = _LEVEL.read(head, reading, path) or {}
        reading.take(head, 1 << 1 | 1 << 2)
        reading.origin(path.removesuffix("."), head)
        place = Place.of(node)
        for child in _INSIDE_LEVEL:
            child.read(place, fields, reading, path)
        return fields


class _LevelReader:
    """Reads HL segments that stand depth first, as they nearly always do. Raises Unusual where they do not, or make no tree."""

    def __init__(self, inside: Inside) -> None:
        self._absent = absent_values(ShipmentLevel) | inside.said | {"children": ()}
        self._said = {*inside.said, "kind", "children"}

    def __call__(self, piece: list[str], notice: Frame, rest: Remainder) -> Frame:
        read: _LevelsRead | None = rest.kept.get((id(notice[0]), id(self)))
        if read is None:
            read = rest.kept[id(notice[0]), id(self)] = _LevelsRead(notice)
            rest.endings.append((self, notice, read))
        number, parent, kind, _ = _head_texts(piece)
        fields = self._absent | {"kind": LEVELS.name(kind)}
        frame = (fields, proven(ShipmentLevel, fields, self._said))
        if not kind:
            raise Unusual
        rest.heads[read.add(number, parent, frame, rest)] = piece
        read.heads.append((piece, fields))
        return frame

    def read(self, read: "_LevelsRead", _: Frame, rest: Remainder) -> None:
        """At the end of the set: whether HL04 says of each level what is written of it."""
        said = any(_head_texts(piece)[3] for piece, _ in read.heads)
        if not said:
            rest.absent.append(_NO_CHILD_CODES)
        for piece, fields in read.heads:
            stated, taken = _head_texts(piece)[3], 0b1110
            if said and not stated:
                rest.blanks.append((piece, 4))
            elif stated == _has_children(fields["children"]):
                taken |= 1 << 4
            rest.leave(piece, taken)


def _head_texts(piece: list[str]) -> tuple[str, str, str, str]:
    """The number, the parent's number, the code of the kind, and whether there are levels below: HL01 to HL04."""
    number, parent, kind, below = (*piece[1:5], "", "", "", "")[:4]
    return number, parent, kind, below


class _LevelsRead:
    """The levels of a notice so far, and those that the next one may be inside of: number, frame and path of each, outermost first."""

    def __init__(self, notice: Frame) -> None:
        self.heads: list[tuple[list[str], dict[str, Any]]] = []
        self._notice = notice
        self._numbers: set[str] = set()
        self._around: list[tuple[str, Frame, str]] = []

    def add(self, number: str, parent: str, frame: Frame, rest: Remainder) -> str:
        """Put a level into the one that it is inside of. Returns its path."""
        around = self._around
        while around and around[-1][0] != parent:
            around.pop()
        if not number or number in self._numbers or (parent and not around) or len(around) >= DEEPEST:
            raise Unusual
        self._numbers.add(number)
        fields, name, path = self._notice[0], "levels", "levels"
        if around:
            _, (fields, _), above = around[-1]
            name, path = "children", f"{above}.children"
        path = f"{path}.{len(fields[name])}"
        rest.add(fields, name, frame[1])
        around.append((number, frame, path))
        return path


def _says_child_codes(notice: ShipNotice) -> bool:
    return all(entry.source != _NO_CHILD_CODES for entry in notice.unmapped)


def _child_code(head: SegmentNode, expected: str, reading: Reading) -> None:
    stated = head.segment.text(4)
    if not stated:
        reading.blank(head, 4)
    elif stated == expected:
        reading.take(head, 1 << 4)


def _has_children(children: Any) -> str:
    return "1" if children else "0"


def _levels(notice: ShipNotice, reading: Reading) -> None:
    """How the levels are inside each other and, where that is sound, whether what is said of the packages agrees."""
    levels = shipping_rules.levels_of(notice, lambda at: f"HL {reading.segment_of(at).segment.text(1)}")
    sound = check_nesting(notice, levels, reading)
    packing.check_labels(levels, reading)
    packing.check_total(notice, levels, reading)
    if sound:
        packing.check_counts(levels, reading)
        packing.check_contents(levels, reading)


def _line_count(notice: ShipNotice, reading: Reading) -> None:
    """CTT01 is the number of HL segments by the standard, the number of items by much practice; either is right."""
    counted = shipping_rules.counted_levels(notice)
    if counted is not None and notice.line_count is not None:
        checks.counted_differs(notice.line_count, counted, reading)


def _count(notice: ShipNotice) -> int:
    return sum(1 for _ in notice.walk())


@dataclass(frozen=True, slots=True)
class _ShipNoticeMap(SetMap):
    def arranged(self, transaction_set: TransactionSet, reading: Reading) -> TransactionSet:
        levels = [node for node in transaction_set.children if node.id == "HL"]
        tree = hierarchy(levels, reading)
        return transaction_set if tree is None else arranged(transaction_set, tree)


SHIP_NOTICE = _ShipNoticeMap(
    set_id="856",
    document_type=ShipNotice,
    head=_HEAD,
    children=(dates(), _Levels(), totals(ShipNotice, _count)),
    checks=(_line_count, _levels),
)
