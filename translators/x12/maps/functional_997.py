"""997, the functional acknowledgement: what the other side's translator says of a group of ours, or ours of theirs."""

from dataclasses import dataclass

from canonical.functional_acknowledgement import (
    ElementFault,
    FunctionalAcknowledgement,
    SegmentFault,
    SetAcknowledgement,
)

from ..segments import Element
from .code_tables import SYNTAX_STATUSES
from .forms import WHOLE
from .loops import Each, Loop, Once
from .reading import Fields, trimmed
from .records import Choice, Field, Record, Series
from .set_map import SetMap
from .writing import Draft

_HEAD = Record(
    "AK1",
    FunctionalAcknowledgement,
    Field("functional_id", 1),
    Field("group_control_number", 2),
    needed=("functional_id", "group_control_number"),
)

_WHERE = ("position", "component", "repetition")
"""The components of AK401: the element's place in its segment, the component's in it, and which repetition."""


@dataclass(frozen=True, slots=True)
class _Where:
    """One component of AK401. The first reads them all, because an element is understood as a whole or not at all."""

    name: str
    position: int = 1

    def read(self, elements: tuple[Element, ...], fields: Fields) -> int:
        if self.name != _WHERE[0] or not elements:
            return 0
        where = trimmed(elements[0])
        parts = (where,) if isinstance(where, str) else where
        if len(parts) > len(_WHERE):
            return 0
        found: Fields = {}
        for name, text in zip(_WHERE, parts, strict=False):
            if text and not Field(name, 1, WHOLE).read((text,), found):
                return 0
        fields.update(found)
        return 1 << self.position

    def write(self, value: int, draft: Draft) -> None:
        index = _WHERE.index(self.name)
        before = draft.elements.get(self.position, ())
        assert isinstance(before, tuple)
        draft.put(self.position, (*before, *[""] * (index - len(before)), str(value)))


_ELEMENT = Record(
    "AK4",
    ElementFault,
    *(_Where(name) for name in _WHERE),
    Field("reference_number", 2),
    Field("code", 3),
    Field("value", 4),
    needed=("position", "code"),
)

_SEGMENT = Record(
    "AK3",
    SegmentFault,
    Field("segment", 1),
    Field("position", 2, WHOLE),
    Field("loop", 3),
    Field("code", 4),
    needed=("segment", "position"),
)

_SET = Record(
    "AK2",
    SetAcknowledgement,
    Field("set_type", 1),
    Field("control_number", 2),
    needed=("set_type", "control_number"),
)

_SET_VERDICT = Record(
    "AK5",
    SetAcknowledgement,
    Choice("status", 1, SYNTAX_STATUSES, other="rejected", fallback="R"),
    Series("codes", 2, 6),
)

_GROUP_VERDICT = Record(
    "AK9",
    FunctionalAcknowledgement,
    Choice("status", 1, SYNTAX_STATUSES, other="rejected", fallback="R"),
    Field("included", 2, WHOLE),
    Field("received", 3, WHOLE),
    Field("accepted", 4, WHOLE),
    Series("codes", 5, 9),
)

FUNCTIONAL_ACKNOWLEDGEMENT = SetMap(
    set_id="997",
    document_type=FunctionalAcknowledgement,
    head=_HEAD,
    children=(
        Each(
            "sets",
            Loop(_SET, (Each("faults", Loop(_SEGMENT, (Each("elements", Loop(_ELEMENT)),))), Once(_SET_VERDICT))),
        ),
        Once(_GROUP_VERDICT),
    ),
)
