"""From a profile's ``rules`` section to overlays, or to every mistake in it: places, codes and elements that do not exist.

A place is looked up in the tables of every version the overlay is for; it must be in one of them.
"""

import difflib
import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from canonical.errors import Misconfigured

from .overlay import Change, Check, Condition, Direction, Overlay, fault
from .places import Ids, PlaceName, definition_at, places_of, uses_of
from .schema import Dictionary, ElementDef, SegmentDef, SetSchema, Use, dictionary, versions

Loc = tuple[str | int, ...]
_Fault = tuple[Loc, PydanticCustomError]

_OVERLAYS: TypeAdapter[tuple[Overlay, ...]] = TypeAdapter(tuple[Overlay, ...])
_ANSWERS = ("997", "999")
_COMPARED = {"price": ("810", "855"), "quantity": ("810", "855", "856")}
_SHOWN = 5


def parse(raw: Any) -> tuple[Overlay, ...]:
    """The overlays of a profile as YAML gave them. Raises pydantic's ValidationError with every mistake at its place."""
    overlays = _OVERLAYS.validate_python(raw)
    faults = [(at, told) for position, overlay in enumerate(overlays) for at, told in _faults(overlay, (position,))]
    faults += _repeated(overlays)
    if faults:
        lines = [InitErrorDetails(type=told, loc=at, input=None) for at, told in faults]
        raise ValidationError.from_exception_data("rules", lines)
    return overlays


def parsed(raw: Any) -> tuple[Overlay, ...]:
    """As :func:`parse`, for a section that was found good before. Raises :class:`canonical.errors.Misconfigured`."""
    return _parsed(json.dumps(raw))


@lru_cache(maxsize=256)
def _parsed(text: str) -> tuple[Overlay, ...]:
    try:
        return parse(json.loads(text))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, ("rules", *first["loc"])))
        raise Misconfigured(
            f"A partner's rules are not understood by this release: {key}: {first['msg']} Mend the profile and apply it."
        ) from error


def _repeated(overlays: Sequence[Overlay]) -> Iterator[_Fault]:
    """A name says which rule was broken, so a set has it once."""
    seen: set[tuple[str, str]] = set()
    for position, overlay in enumerate(overlays):
        for section, rules in (("changes", overlay.changes), ("checks", overlay.checks)):
            for at, rule in enumerate(rules):
                if (overlay.set_id, rule.name) in seen:
                    told = fault(
                        f'"{rule.name}" is already the name of a rule for the {overlay.set_id}.', "Rename one."
                    )
                    yield (position, section, at, "name"), told
                seen.add((overlay.set_id, rule.name))


def _faults(overlay: Overlay, loc: Loc) -> Iterator[_Fault]:
    tables = [dictionary(version) for version in versions() if _is_of(version, overlay)]
    if not tables:
        yield (*loc, "version"), fault(f"there are no tables for it, only {', '.join(versions())}.")
        return
    tables = [each for each in tables if overlay.set_id in each.sets]
    if not tables or overlay.set_id in _ANSWERS:
        known = sorted({set_id for version in versions() for set_id in dictionary(version).sets} - {*_ANSWERS})
        yield (
            (*loc, "set"),
            fault(f"there can be no rules for a {overlay.set_id}.", f"Possible are {', '.join(known)}."),
        )
        return
    lookup = _Lookup(overlay, tables)
    for position, change in enumerate(overlay.changes):
        yield from lookup.change(change, (*loc, "changes", position))
    for position, check in enumerate(overlay.checks):
        yield from lookup.check(check, (*loc, "checks", position))


def _is_of(version: str, overlay: Overlay) -> bool:
    """Whether groups of this table's version, or of a guideline made of it, can be meant."""
    wanted = overlay.version or ""
    return version.startswith(wanted) or wanted.startswith(version)


class _Lookup:
    """Asks the tables of an overlay's set."""

    def __init__(self, overlay: Overlay, tables: Sequence[Dictionary]) -> None:
        self._overlay = overlay
        self._tables = tables
        self._schemas = [each.sets[overlay.set_id] for each in tables]

    def change(self, change: Change, loc: Loc) -> Iterator[_Fault]:
        if change.at is not None:
            told = self._place(change.at)
            if told is not None:
                yield (*loc, "at"), told
                return
        elif not any(True for _ in self._selected(change)):
            message = f"no segment of the {self._overlay.set_id} has the element {change.element}."
            yield (*loc, "element"), fault(message, "Write its number, such as 355 for a unit of measure.")
            return
        yield from self._element(change, loc)

    def _element(self, change: Change, loc: Loc) -> Iterator[_Fault]:
        """Codes and lengths against each other and against what they change."""
        uses = [use.definition for use in self._selected(change)]
        elements = [each for each in uses if isinstance(each, ElementDef)]
        if uses and not elements and (change.codes or change.length):
            yield (*loc, "at"), fault("is a composite; codes and length are for its components.", "Add one: 04-1.")
        codes = change.codes
        if codes is None or not elements:
            return
        for key, given in (("add", codes.add), ("only", codes.only)):
            for code in given:
                if not any(_has_room(each, code, change) for each in elements):
                    message = f'"{code}" has {len(code)} characters, which the element cannot have.'
                    yield (*loc, "codes", key), fault(message, "Correct it, or give length too.")
        known = [each.codes for each in elements if each.codes is not None]
        for code in codes.remove if known else ():
            if not any(code in each for each in known):
                yield (*loc, "codes", "remove"), fault(f'"{code}" is not in the standard\'s list.', "Leave it out.")
        if codes.add and not known:
            yield (*loc, "codes", "add"), fault("the standard has no list here; anything may be sent.", "Give only.")

    def check(self, check: Check, loc: Loc) -> Iterator[_Fault]:
        if check.compare is not None:
            possible = _COMPARED[check.compare]
            if self._overlay.set_id not in possible or self._overlay.direction is Direction.SEND:
                message = f"only what we receive is compared, a {check.compare} of {', '.join(possible)}."
                yield (*loc, "compare"), fault(message)
        if check.each is not None:
            told = self._place(check.each, whole=True)
            if told is not None:
                yield (*loc, "each"), told
        for key, conditions in (("when", check.when), ("must", check.must)):
            for position, condition in enumerate(conditions):
                yield from self._condition(condition, (*loc, key, position))

    def _condition(self, condition: Condition, loc: Loc) -> Iterator[_Fault]:
        for key in ("present", "absent", "at", "same_as", "differs_from"):
            place: PlaceName | None = getattr(condition, key)
            if place is None:
                continue
            told = self._place(place, whole=bool(condition.where), element=key in ("at", "same_as", "differs_from"))
            if told is not None:
                yield (*loc, key), told
            elif condition.where:
                yield from self._where(place, condition, loc)
        for position, each in enumerate(condition.any_of):
            yield from self._condition(each, (*loc, "any_of", position))

    def _where(self, place: PlaceName, condition: Condition, loc: Loc) -> Iterator[_Fault]:
        for position, _ in condition.where:
            told = self._place(PlaceName(place.ids, int(position)))
            if told is not None:
                yield (*loc, "where", position), told

    def _place(self, place: PlaceName, *, whole: bool = False, element: bool = False) -> PydanticCustomError | None:
        """What is wrong with a place; ``whole`` wants a segment or loop, ``element`` an element."""
        if whole and place.element is not None:
            return fault(f"{place} is an element; name the segment or loop.")
        if element and place.element is None:
            return fault(f"{place} is a segment or loop.", f"Add the element: {place}/01.")
        found = [each[place.ids] for each in map(self._definitions, self._tables) if place.ids in each]
        if not found:
            return self._unknown(place)
        if place.element is None or any(_holds(each, place) for each in found):
            return None
        most = max(len(each.uses) for each in found)
        if place.element > most:
            return fault(f"{found[0].tag} has no element {place.element:02}, only 01 to {most:02}.")
        return fault(f"{found[0].tag}{place.element:02} has no component {place.component}.")

    def _definitions(self, tables: Dictionary) -> dict[Ids, SegmentDef]:
        return _definitions(tables, self._overlay.set_id)

    def _unknown(self, place: PlaceName) -> PydanticCustomError:
        """The part of the name that is not there, and what is."""
        depth = next(at for at in range(1, len(place.ids) + 1) if not self._exists(place.ids[:at]))
        around, name = place.ids[: depth - 1], place.ids[depth - 1]
        where = f"the loop {'/'.join(around)} of a" if around else "a"
        inside = dict.fromkeys(
            ids[-1] for schema in self._schemas for ids in places_of(schema) if len(ids) == depth and ids[:-1] == around
        )
        return fault(f"there is no {name} in {where} {self._overlay.set_id}.", self._meant(name, [*inside]))

    def _meant(self, name: str, inside: Sequence[str]) -> str:
        """What somebody who named a place that is not there probably meant."""
        elsewhere = ["/".join(ids) for ids in places_of(self._schemas[0]) if ids[-1] == name]
        if elsewhere:
            return f"It stands in {', '.join(elsewhere[:_SHOWN])}."
        if close := difflib.get_close_matches(name, inside, n=1):
            return f"Did you mean {close[0]}?"
        return f"There are {', '.join(inside)}." if inside else ""

    def _exists(self, ids: Ids) -> bool:
        return any(ids in places_of(schema) for schema in self._schemas)

    def _selected(self, change: Change) -> Iterator[Use]:
        for tables in self._tables:
            for ids, definition in self._definitions(tables).items():
                for position, component, use in uses_of(definition):
                    if change.selects(ids, position, component, use):
                        yield use


@lru_cache(maxsize=256)
def _definitions(tables: Dictionary, set_id: str) -> dict[Ids, SegmentDef]:
    schema: SetSchema = tables.sets[set_id]
    return {ids: definition_at(place, tables) for ids, place in places_of(schema).items()}


def _holds(definition: SegmentDef, place: PlaceName) -> bool:
    return any(
        (position, component) == (place.element, place.component) for position, component, _ in uses_of(definition)
    )


def _has_room(definition: ElementDef, code: str, change: Change) -> bool:
    least, most = definition.minimum, definition.maximum
    if change.length is not None:
        least = min(least, change.length.min or least)
        most = None if most is None else max(most, change.length.max or most)
    return least <= len(code) and (most is None or len(code) <= most)
