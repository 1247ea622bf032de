"""A partner's rules for one set, looked up by place: what its changes forbid beyond the standard, and its checks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from .overlay import Change, Check, Overlay, Usage
from .places import Ids, definition_at, places_of, uses_of
from .schema import UNBOUNDED, Dictionary, ElementDef, LoopPlace, Place, Use


@dataclass(frozen=True, slots=True)
class ElementRule:
    """What a change forbids of an element beyond the standard. Lengths are None where the standard is as strict."""

    rule: Change
    position: int
    component: int | None
    numeric: bool
    required: bool
    forbidden: bool
    only: frozenset[str]
    removed: frozenset[str]
    minimum: int | None
    maximum: int | None

    @property
    def idle(self) -> bool:
        """Whether the standard is as strict altogether."""
        restricts = self.required or self.forbidden or self.only or self.removed
        return not restricts and self.minimum is None and self.maximum is None


@dataclass(frozen=True, slots=True)
class PlaceRule:
    """What a change forbids of a segment or loop beyond the standard. ``limit`` is UNBOUNDED where the standard is as strict."""

    rule: Change
    id: str
    loop: bool
    required: bool
    forbidden: bool
    limit: int


class RuleBook:
    """The rules for one set of one version. ``dictionary`` is the standard's."""

    def __init__(self, dictionary: Dictionary, set_id: str, overlays: Iterable[Overlay]) -> None:
        self._dictionary = dictionary
        self._known = places_of(dictionary.sets[set_id])
        self._order = {ids: position for position, ids in enumerate(self._known)}
        self._elements: dict[Ids, list[ElementRule]] = {}
        self._places: dict[Ids, list[PlaceRule]] = {}
        self._checks: dict[Ids, list[Check]] = {}
        for overlay in overlays:
            for change in overlay.changes:
                self._add_change(change)
            for check in overlay.checks:
                if check.must and all(ids in self._known for ids in _named(check)):
                    self._checks.setdefault(check.each.ids if check.each else (), []).append(check)
        ruled = (*self._elements, *self._places, *self._checks)
        self._ways = frozenset(ids[:depth] for ids in ruled for depth in range(len(ids) + 1))

    def _add_change(self, change: Change) -> None:
        for ids, place in self._known.items():
            if change.of_element:
                self._add_elements(change, ids, place)
            elif change.at is not None and change.at.ids == ids:
                self._places.setdefault(ids[:-1], []).append(_place_rule(change, ids[-1], place))

    def _add_elements(self, change: Change, ids: Ids, place: Place) -> None:
        for position, component, use in uses_of(definition_at(place, self._dictionary)):
            if change.selects(ids, position, component, use):
                made = _element_rule(change, position, component, use)
                if not made.idle:
                    self._elements.setdefault(ids, []).append(made)

    def leads_to_rules(self, ids: Ids) -> bool:
        """Whether there are rules at a place or inside it."""
        return ids in self._ways

    def elements_at(self, ids: Ids) -> Sequence[ElementRule]:
        """Rules for elements of the segment at a place."""
        return self._elements.get(ids, ())

    def places_in(self, ids: Ids) -> Sequence[PlaceRule]:
        """Rules for the segments and loops directly in a loop, or, for no ids, in the set."""
        return self._places.get(ids, ())

    def checks_at(self, ids: Ids) -> Sequence[Check]:
        """Checks that are due each time a place occurs, or, for no ids, once in the set."""
        return self._checks.get(ids, ())

    def comes_before(self, ids: Ids, other: Ids) -> bool:
        """Whether a place stands before another in the structure."""
        return self._order.get(ids, 0) < self._order.get(other, 0)


def _named(check: Check) -> Iterator[Ids]:
    """The places a check is about; a version that lacks one of them is not meant by it."""
    if check.each is not None:
        yield check.each.ids
    conditions = [*check.when, *check.must]
    while conditions:
        condition = conditions.pop()
        conditions += condition.any_of
        for place in (condition.present, condition.absent, condition.at, condition.same_as, condition.differs_from):
            if place is not None:
                yield place.ids


@lru_cache(maxsize=1024)
def rule_book(dictionary: Dictionary, set_id: str, overlays: tuple[Overlay, ...]) -> RuleBook | None:
    """The rules for a set; None where there are none. Compiled once while in use."""
    mine = [each for each in overlays if each.set_id == set_id]
    return RuleBook(dictionary, set_id, mine) if mine and set_id in dictionary.sets else None


def _place_rule(change: Change, name: str, place: Place) -> PlaceRule:
    limit = change.max or UNBOUNDED
    if place.limit != UNBOUNDED and limit >= place.limit:
        limit = UNBOUNDED
    return PlaceRule(
        rule=change,
        id=name,
        loop=isinstance(place, LoopPlace),
        required=change.use is Usage.REQUIRED and not place.required,
        forbidden=change.use is Usage.FORBIDDEN,
        limit=limit,
    )


def _element_rule(change: Change, position: int, component: int | None, use: Use) -> ElementRule:
    definition, codes, length = use.definition, change.codes, change.length
    minimum = maximum = None
    numeric = False
    if isinstance(definition, ElementDef):
        numeric = definition.type == "R" or definition.type[0] == "N"
        if length is not None and (length.min or 0) > definition.minimum:
            minimum = length.min
        if length is not None and length.max is not None and length.max < (definition.maximum or length.max + 1):
            maximum = length.max
    return ElementRule(
        rule=change,
        position=position,
        component=component,
        numeric=numeric,
        required=change.use is Usage.REQUIRED and not use.required,
        forbidden=change.use is Usage.FORBIDDEN,
        only=frozenset(codes.only if codes else ()),
        removed=frozenset(codes.remove if codes else ()),
        minimum=minimum,
        maximum=maximum,
    )
