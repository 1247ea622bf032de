"""999, the implementation acknowledgement: a 997 whose faults may also say what they belong to (CTX). It exists from 005010 on."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from canonical.functional_acknowledgement import (
    AcknowledgementKind,
    ContextName,
    FaultContext,
    FunctionalAcknowledgement,
)

from ..segments import Element, Repeated, Single, occurrences
from .compiled_writing import Piece, Site
from .forms import TEXT, WHOLE
from .functional_997 import GROUP_VERDICT, HEAD, SET, components, element_fault, segment_fault, set_verdict
from .loops import Each, Loop, Once, each
from .reading import Fields, Place, Reading, trimmed
from .records import Field, Record
from .set_map import SetMap
from .tracing import Spot
from .writing import Draft

_NAME_AND_VALUE = 2
"""The components of C998."""


@dataclass(frozen=True, slots=True)
class _Names:
    """CTX01: up to ten names, each with the value it stands for."""

    name: str = "names"
    position: int = 1

    def read(self, elements: tuple[Element, ...], fields: Fields) -> int:
        found = [_name(single) for single in occurrences(trimmed(elements[0]))] if elements else []
        if not found or None in found:
            return 0
        fields[self.name] = found
        return 1 << self.position

    def write(self, value: tuple[ContextName, ...], draft: Draft) -> None:
        written: list[Single] = [(each.name, each.value or "") if each.value else (each.name,) for each in value]
        draft.put(self.position, written[0] if len(written) == 1 else Repeated(tuple(written)))


def _name(single: Single) -> Fields | None:
    parts = (single,) if isinstance(single, str) else single
    if not parts or not parts[0] or len(parts) > _NAME_AND_VALUE:
        return None
    return dict(zip(("name", "value"), parts, strict=False))


_CONTEXT = Record(
    "CTX",
    FaultContext,
    _Names(),
    Field("segment", 2),
    Field("position", 3, WHOLE),
    Field("loop", 4),
    *components(5, "element", "component", "repetition"),
    *components(6, "reference_number", "component_reference_number", form=TEXT),
    needed=("names",),
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What tells a 999 from a 997 in the document."""

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        fields["kind"] = AcknowledgementKind.IMPLEMENTATION

    def write(self, value: Any, draft: Draft) -> None:
        """The number of the set says it."""

    def pieces(self, site: Site) -> Iterable[Piece]:
        return ()

    @property
    def ids(self) -> tuple[str, ...]:
        return ()

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        """It has no place."""


_CONTEXTS = each("contexts", _CONTEXT)

_FAULTS = each("faults", segment_fault("IK3"), _CONTEXTS, each("elements", element_fault("IK4"), _CONTEXTS))

IMPLEMENTATION_ACKNOWLEDGEMENT = SetMap(
    set_id="999",
    document_type=FunctionalAcknowledgement,
    head=HEAD,
    children=(_Kind(), Each("sets", Loop(SET, (_FAULTS, Once(set_verdict("IK5"))))), Once(GROUP_VERDICT)),
)
