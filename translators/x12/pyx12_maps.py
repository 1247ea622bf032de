"""Our tables in the form of map files for pyx12, so that it judges by the same standard as we do.

pyx12 looks a group up by ISA12, GS01 and GS08 in ``maps.xml``; a map file then describes everything from the ISA to the IEA, and
refers to ``dataele.xml`` for types and lengths and to ``codes.xml`` for code lists. Three things are done here on purpose:

- Code lists stand in ``codes.xml`` and not in the segments: pyx12 takes the codes of a segment's first element for a part of the
  segment's name, so that a wrong code would be reported as a segment that does not exist. ST01 is the exception, because there
  it is true: it tells the sets of a group apart.
- Positions are numbered through the whole map. pyx12 compares them across loops, and forgets a missing segment whose number is
  that of the segment it found.
- Loops have names of their own that say where they are. pyx12 takes two nodes of one name under parents of one name for the same.
"""

from collections.abc import Iterable, Iterator
from itertools import count
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from .schema import (
    UNBOUNDED,
    CompositeDef,
    Dictionary,
    ElementDef,
    LoopPlace,
    Place,
    SegmentDef,
    SetSchema,
    dictionary,
    table_version,
)

ENVELOPES = {"00401": "004010", "00501": "005010"}
"""The values of ISA12 that pyx12 reads, and the tables their envelope is made of."""

_LONGEST = 2**31 - 1
"""The length of an element without a maximum."""


def map_files(groups: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The text of each file, by its name, of a directory for interchanges that hold ``groups``.

    A group is given as GS01 and GS08; those that there is no table for have no map, so that pyx12 refuses them.
    """
    directory = _Directory()
    for functional_id, release in sorted(set(groups)):
        directory.add_group(functional_id, release)
    return directory.files()


class _Directory:
    def __init__(self) -> None:
        self._elements: dict[str, ElementDef] = {}
        self._index = Element("maps")
        self._versions = {icvn: SubElement(self._index, "version", icvn=icvn) for icvn in ENVELOPES}
        self._maps = {
            f"x12.control.{icvn}.xml": self._map(icvn, dictionary(table), ()) for icvn, table in ENVELOPES.items()
        }

    def add_group(self, functional_id: str, release: str) -> None:
        """The map of the sets of one GS01, under one GS08: of the tables that we judge such a group by."""
        version = table_version(release, functional_id)
        if version is None:
            return
        tables = dictionary(version)
        sets = [schema for schema in tables.sets.values() if schema.functional_id == functional_id]
        name = f"{functional_id}.{version}.xml"
        for entry in self._versions.values():
            SubElement(entry, "map", vriic=release, fic=functional_id, abbr=functional_id).text = name
        if name not in self._maps:
            icvn = max(icvn for icvn, table in ENVELOPES.items() if table <= max(version, min(ENVELOPES.values())))
            self._maps[name] = self._map(icvn, tables, sets)

    def files(self) -> dict[str, str]:
        roots = {
            **self._maps,
            "maps.xml": self._index,
            "dataele.xml": self._data_elements(),
            "codes.xml": self._code_lists(),
        }
        return {name: _text(root) for name, root in roots.items()}

    def _map(self, icvn: str, tables: Dictionary, sets: Iterable[SetSchema]) -> Element:
        """ISA, GS, the sets, GE and IEA. Everything around the sets is optional here: what is missing there, pyx12's reader tells."""
        positions = count(1)
        root = Element("transaction", xid="X12", name="X12")
        interchange = _loop(root, "ISA_LOOP", "ISA", next(positions))
        isa = self._segment(interchange, tables, "ISA", positions, required=True)
        version = isa.findall("element")[11]
        for codes in version.findall("valid_codes"):
            version.remove(codes)
        SubElement(SubElement(version, "valid_codes"), "code").text = icvn
        self._segment(interchange, tables, "TA1", positions, required=False)
        group = _loop(interchange, "GS_LOOP", "GS", next(positions))
        self._segment(group, tables, "GS", positions, required=True)
        for schema in sets:
            self._set(group, tables, schema, positions)
        self._segment(group, tables, "GE", positions, required=True)
        self._segment(interchange, tables, "IEA", positions, required=True)
        return root

    def _set(self, group: Element, tables: Dictionary, schema: SetSchema, positions: Iterator[int]) -> None:
        loop = _loop(group, f"ST_{schema.set_id}_LOOP", schema.set_id, next(positions))
        self._places(loop, tables, schema.structure, [schema.set_id], positions)
        st01 = loop.findall("segment")[0].findall("element")[0]
        SubElement(SubElement(st01, "valid_codes"), "code").text = schema.set_id

    def _places(
        self, parent: Element, tables: Dictionary, places: Iterable[Place], chain: list[str], positions: Iterator[int]
    ) -> None:
        seen: dict[str, int] = {}
        for place in places:
            seen[place.tag] = number = seen.get(place.tag, 0) + 1
            if isinstance(place, LoopPlace):
                inside = [*chain, place.tag if number == 1 else f"{place.tag}#{number}"]
                loop = _loop(parent, "_".join([*inside, "LOOP"]), inside[-1], next(positions), place)
                self._places(loop, tables, place.children, inside, positions)
            else:
                self._segment(parent, tables, place.tag, positions, required=place.required, limit=place.limit)

    def _segment(
        self,
        parent: Element,
        tables: Dictionary,
        tag: str,
        positions: Iterator[int],
        *,
        required: bool,
        limit: int = UNBOUNDED,
    ) -> Element:
        definition = tables.segments[tag]
        node = SubElement(
            parent,
            "segment",
            xid=tag,
            name=tag,
            usage=_usage(required),
            pos=str(next(positions)),
            max_use=_limit(limit),
        )
        for note in definition.notes:
            SubElement(node, "syntax").text = note.kind + "".join(f"{position:02}" for position in note.positions)
        self._uses(node, tables.version, definition, tag)
        return node

    def _uses(self, parent: Element, version: str, definition: SegmentDef | CompositeDef, name: str) -> None:
        """The elements of a segment, or the components of a composite."""
        for position, use in enumerate(definition.uses, 1):
            place = f"{name}{position:02}" if isinstance(definition, SegmentDef) else f"{name}-{position}"
            attributes = {"xid": place, "usage": _usage(use.required), "seq": f"{position:02}"}
            if isinstance(use.definition, CompositeDef):
                node = SubElement(parent, "composite", attributes, name=use.definition.key)
                self._uses(node, version, use.definition, place)
            else:
                self._element(parent, version, use.definition, attributes)

    def _element(self, parent: Element, version: str, definition: ElementDef, attributes: dict[str, str]) -> None:
        key = f"{version}.{definition.number}"
        self._elements[key] = definition
        node = SubElement(parent, "element", attributes, name=definition.number, data_ele=key)
        if definition.codes is not None:
            SubElement(node, "valid_codes", external=key)

    def _data_elements(self) -> Element:
        root = Element("data_elements")
        for key, definition in sorted(self._elements.items()):
            longest = _LONGEST if definition.maximum is None else definition.maximum
            SubElement(
                root,
                "data_ele",
                ele_num=key,
                data_type=definition.type,
                min_len=str(definition.minimum),
                max_len=str(longest),
                name=definition.number,
            )
        return root

    def _code_lists(self) -> Element:
        root = Element("codesets")
        for key, definition in sorted(self._elements.items()):
            if definition.codes is None:
                continue
            entry = SubElement(root, "codeset")
            SubElement(entry, "id").text = key
            codes = SubElement(entry, "version")
            for code in sorted(definition.codes):
                SubElement(codes, "code").text = code
        return root


def _loop(parent: Element, xid: str, name: str, position: int, place: LoopPlace | None = None) -> Element:
    """A loop; one of the envelope is optional and repeats without a limit."""
    required, limit = (False, UNBOUNDED) if place is None else (place.required, place.limit)
    return SubElement(
        parent, "loop", xid=xid, name=name, usage=_usage(required), pos=str(position), repeat=_limit(limit)
    )


def _usage(required: bool) -> str:
    """Required or situational."""
    return "R" if required else "S"


def _limit(limit: int) -> str:
    return ">1" if limit == UNBOUNDED else str(limit)


def _text(root: Element) -> str:
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"
