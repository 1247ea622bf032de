"""The standard as data: elements, segments, composites and the structure of sets, read from ``schemas/VERSION/*.json``.

Tables are loaded once a process and never change.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_SCHEMAS = Path(__file__).parent / "schemas"

UNBOUNDED = 0
"""A maximum use or repeat without a limit."""


@dataclass(frozen=True, slots=True)
class ElementDef:
    """A data element: ``type`` is AN, ID, DT, TM, R, B or Nn. ``codes`` is None where the list is kept by somebody else.

    Lengths count characters; of numbers, digits only. ``maximum`` is None without a bound.
    """

    number: str
    type: str
    minimum: int
    maximum: int | None
    codes: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class CompositeDef:
    """A composite element: its components in order, and the notes that bind them."""

    key: str
    uses: "tuple[Use, ...]"
    notes: "tuple[Note, ...]"


@dataclass(frozen=True, slots=True)
class Use:
    """What stands at one position of a segment or composite. ``repeat`` is how often, between repetition separators."""

    definition: ElementDef | CompositeDef
    required: bool
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class Note:
    """A relational note: ``kind`` P (all or none), R (at least one), E (at most one), C (the first demands the others),
    L (the first demands one of the others); ``positions`` count from 1.
    """

    kind: str
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SegmentDef:
    tag: str
    uses: tuple[Use, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class SegmentPlace:
    """A segment in a set's structure. ``limit`` is its maximum use, or UNBOUNDED.

    ``definition`` is given where its elements are other here than the version has them (a partner agreed to more).
    """

    tag: str
    required: bool
    limit: int
    definition: SegmentDef | None = None


@dataclass(frozen=True, slots=True)
class LoopPlace:
    """A loop in a set's structure; its first child is the segment that begins it. ``limit`` is its repeat, or UNBOUNDED."""

    tag: str
    required: bool
    limit: int
    children: "tuple[Place, ...]"


Place = SegmentPlace | LoopPlace


@dataclass(frozen=True, slots=True, eq=False)
class SetSchema:
    """One transaction set of one version. ``structure`` begins with ST and ends with SE. Known by its identity."""

    set_id: str
    version: str
    functional_id: str
    structure: tuple[Place, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Dictionary:
    """Everything of one version. Known by its identity."""

    version: str
    elements: dict[str, ElementDef]
    segments: dict[str, SegmentDef]
    sets: dict[str, SetSchema]

    @property
    def functional_ids(self) -> frozenset[str]:
        """GS01 values of the sets there are tables for."""
        return frozenset(schema.functional_id for schema in self.sets.values())


@cache
def versions() -> tuple[str, ...]:
    """The versions there are tables for, oldest first."""
    return tuple(sorted(folder.name for folder in _SCHEMAS.iterdir() if (folder / "elements.json").exists()))


_LINES = (
    ("00401", "00402"),
    ("00403", "00404", "00405", "00406", "00501", "00502", "00503", "00504", "00505"),
)
"""Releases that a table may speak for another of, in their order. Between the two lines segments changed their places
(notes went from MSG to MTX), and neither side of that is judged by a table of the other. Releases outside are not judged at all.
"""


@cache
def table_version(version: str, functional_id: str | None = None) -> str | None:
    """The version whose tables judge a GS08: its own release, whatever guideline follows (``004010VICS``), or the nearest in its line.

    With ``functional_id`` only tables that have sets of that group (GS01) count. None where there are none near enough. Of two that are
    equally near the older is taken.
    """
    release = version[:5]
    line = next((line for line in _LINES if release in line), None)
    if line is None or not (version[5:6].isascii() and version[5:6].isdigit()):
        return None
    near = sorted(
        (abs(line.index(table[:5]) - line.index(release)), table) for table in versions() if table[:5] in line
    )
    return next(
        (table for _, table in near if functional_id is None or functional_id in dictionary(table).functional_ids), None
    )


@cache
def dictionary(version: str) -> Dictionary:
    """The tables of ``version``, which must be one of :func:`versions`."""
    folder = _SCHEMAS / version
    elements = {number: _element(number, entry) for number, entry in _load(folder / "elements.json").items()}
    composites: dict[str, CompositeDef] = {}
    for key, entry in _load(folder / "composites.json").items():
        composites[key] = CompositeDef(key, _uses(entry, elements, composites), _notes(entry))
    segments = {
        tag: SegmentDef(tag, _uses(entry, elements, composites), _notes(entry))
        for tag, entry in _load(folder / "segments.json").items()
    }
    sets = {}
    for path in sorted((folder / "sets").glob("*.json")):
        entry = _load(path)
        structure = tuple(_place(node) for node in entry["structure"])
        sets[entry["set"]] = SetSchema(entry["set"], version, entry["functional_group"], structure)
    return Dictionary(version, elements, segments, sets)


@cache
def functional_id(set_id: str) -> str:
    """GS01 (element 479) of the groups that carry a set. Raises KeyError for a set that no version has a table for."""
    for version in versions():
        schema = dictionary(version).sets.get(set_id)
        if schema is not None:
            return schema.functional_id
    raise KeyError(set_id)


def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def _element(number: str, entry: dict[str, Any]) -> ElementDef:
    codes = frozenset(entry["codes"]) if "codes" in entry else None
    return ElementDef(number, entry["type"], entry["min"] or 0, entry["max"], codes)


def _uses(
    entry: dict[str, Any], elements: dict[str, ElementDef], composites: dict[str, CompositeDef]
) -> tuple[Use, ...]:
    return tuple(
        Use(
            composites[use["composite"]] if "composite" in use else elements[use["ref"]],
            use["req"] == "M",
            use.get("repeat", 1),
        )
        for use in entry["elements"]
    )


def _notes(entry: dict[str, Any]) -> tuple[Note, ...]:
    return tuple(
        Note(text[0], tuple(int(text[at : at + 2]) for at in range(1, len(text), 2))) for text in entry.get("notes", ())
    )


def _place(node: dict[str, Any]) -> Place:
    required = node["req"] == "M"
    if "loop" in node:
        children = tuple(_place(child) for child in node["children"])
        return LoopPlace(node["loop"], required, node["repeat"] or UNBOUNDED, children)
    return SegmentPlace(node["segment"], required, node["max"] or UNBOUNDED)
