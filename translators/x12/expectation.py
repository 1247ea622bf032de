"""What the standard's tables expect at the place of a finding, in words."""

import re
from collections.abc import Iterable

from canonical.advice import Fact
from canonical.finding import Finding

from .elements import place
from .naming import code_names, element_name, segment_name
from .schema import (
    UNBOUNDED,
    CompositeDef,
    Dictionary,
    ElementDef,
    LoopPlace,
    Note,
    Place,
    SegmentDef,
    Use,
    dictionary,
    table_version,
)

_MOST_CODES = 8
_STEP = re.compile(r"([A-Z0-9#]+)(?:\[(\d+)\])?")
_TYPES = {
    "AN": "text",
    "ID": "a code",
    "TM": "a time: HHMM, perhaps with seconds",
    "R": "a number, with a point if need be",
    "B": "binary data",
}
_OLDEST = "004010"


def expected(finding: Finding, version: str, set_id: str) -> tuple[Fact, ...]:
    """What should have stood where ``finding`` is. ``version`` is GS08, ``set_id`` ST01; both are empty outside groups and sets."""
    if finding.segment is None:
        return ()
    table = dictionary(table_version(version) or _OLDEST)
    definition = table.segments.get(finding.segment)
    facts: list[Fact] = []
    if definition is not None and finding.element is not None and finding.element <= len(definition.uses):
        facts += _of_element(definition, finding.element, finding.component)
    else:
        facts.append(_segment(finding.segment))
    where = _place(finding, table, set_id)
    if where is not None:
        facts.append(Fact("place", where))
    return tuple(facts)


def _segment(tag: str) -> Fact:
    name = segment_name(tag)
    return Fact("segment", f"{tag}, {name}" if name else tag)


def _of_element(definition: SegmentDef, position: int, component: int | None) -> Iterable[Fact]:
    use, notes, name, at = definition.uses[position - 1], definition.notes, definition.tag, position
    within: int | None = None
    composite = use.definition
    if component is not None and isinstance(composite, CompositeDef) and component <= len(composite.uses):
        use, notes, within, at = composite.uses[component - 1], composite.notes, position, component
    yield Fact("element", _element(use, place(name, at, within)))
    if isinstance(use.definition, ElementDef):
        yield Fact("expected", form(use.definition))
        if use.definition.codes is not None:
            yield Fact("codes", codes(use.definition))
    prefix = name if within is None else f"{name}{within:02}-"
    yield Fact("required", _requirement(use, at, notes, prefix))


def _element(use: Use, where: str) -> str:
    number = use.definition.number if isinstance(use.definition, ElementDef) else use.definition.key
    name = element_name(number)
    return f"{where}, {name} (element {number})" if name else f"{where} (element {number})"


def form(definition: ElementDef) -> str:
    """Type and length in words: ``text of 1 to 30 characters``."""
    kind, decimals = definition.type, definition.type[1:]
    numeric = kind == "R" or kind[0] == "N"
    unit = "digit" if numeric else "character"
    length = _length(definition.minimum, definition.maximum, unit)
    if kind[0] == "N":
        implied = (
            f"a whole number whose last {decimals} digits are decimals"
            if decimals not in ("", "0")
            else "a whole number"
        )
        return f"{implied}, {length}"
    if kind == "DT":
        return f"a date, {'YYMMDD' if definition.maximum == 6 else 'CCYYMMDD'}"
    return f"{_TYPES[kind]}, {length}"


def _length(minimum: int, maximum: int | None, unit: str) -> str:
    if maximum is None:
        return f"at least {minimum} {unit}{'s' if minimum != 1 else ''}"
    plural = "s" if maximum != 1 else ""
    return f"{maximum} {unit}{plural}" if minimum == maximum else f"{minimum} to {maximum} {unit}{plural}"


def codes(definition: ElementDef) -> str:
    """The codes of an element, those with words of ours first, and how many more there are."""
    listed = definition.codes or frozenset()
    named = [f"{code} {name}" for code, name in code_names(definition.number).items() if code in listed]
    shown = named[:_MOST_CODES] or sorted(listed)[:_MOST_CODES]
    rest = len(listed) - len(shown)
    return ", ".join(shown) + (f", and {rest} more" if rest else "")


def _requirement(use: Use, position: int, notes: Iterable[Note], prefix: str) -> str:
    if use.required:
        return "always"
    rules = [_rule(note, position, prefix) for note in notes if position in note.positions]
    return "; ".join(rules) if rules else "no, it may be left out"


def _rule(note: Note, position: int, prefix: str) -> str:
    """A relational note from the point of view of one of its elements."""
    first = f"{prefix}{note.positions[0]:02}"
    others = [f"{prefix}{other:02}" for other in note.positions if other != position]
    match note.kind:
        case "P":
            return f"together with {_and(others)}, or none of them"
        case "R":
            return f"it or {_or(others)}"
        case "E":
            return f"not together with {_or(others)}"
        case _ if position == note.positions[0]:
            return f"no, but it demands {_and(others) if note.kind == 'C' else _or(others)}"
        case "C":
            return f"where {first} is sent"
        case _:
            alternatives = [other for other in others if other != first]
            return f"it or {_or(alternatives)}, where {first} is sent" if alternatives else f"where {first} is sent"


def _and(names: list[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if names[:-1] else "") + names[-1]


def _or(names: list[str]) -> str:
    return ", ".join(names[:-1]) + (" or " if names[:-1] else "") + names[-1]


def _place(finding: Finding, table: Dictionary, set_id: str) -> str | None:
    """Where the segment belongs in the set: its loop, how often, and whether it must be there."""
    schema = table.sets.get(set_id)
    steps = _STEP.findall(finding.path.split("/0")[0])
    if schema is None or not steps or finding.segment_index is None:
        return None
    places: tuple[Place, ...] = schema.structure
    found: Place | None = None
    loops: list[str] = []
    for name, occurrence in steps:
        found = _named(places, name)
        if found is None:
            return None
        if isinstance(found, LoopPlace):
            places = found.children
            loops.append(f"{name}[{occurrence}]" if occurrence else name)
    assert found is not None
    within = f"in loop {', in loop '.join(reversed(loops))}" if loops else f"in {set_id}, outside any loop"
    return f"{within}; {_uses(found)}"


def _named(places: tuple[Place, ...], name: str) -> Place | None:
    """A place by the name it has in paths: its tag, or ``REF#2`` for the second of that tag."""
    tag, _, count = name.partition("#")
    same = [found for found in places if found.tag == tag]
    position = int(count) - 1 if count else 0
    return same[position] if position < len(same) else None


def _uses(found: Place) -> str:
    what = f"the loop {found.tag}" if isinstance(found, LoopPlace) else found.tag
    needed = "must be there" if found.required else "may be left out"
    times = (
        "any number of times"
        if found.limit == UNBOUNDED
        else "once"
        if found.limit == 1
        else f"up to {found.limit} times"
    )
    return f"{what} {needed}, {times}"
