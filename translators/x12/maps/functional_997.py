"""997, the functional acknowledgement: what the other side's translator says of a group of ours, or ours of theirs."""

from dataclasses import dataclass
from typing import Any

from canonical.functional_acknowledgement import (
    ElementFault,
    FunctionalAcknowledgement,
    SegmentFault,
    SetAcknowledgement,
)

from ..segments import Element, Repeated
from .code_tables import SYNTAX_STATUSES
from .forms import WHOLE, Form
from .loops import Each, Loop, Once, each
from .reading import Fields, trimmed
from .records import Choice, Field, Record, Series
from .set_map import SetMap
from .writing import Draft

HEAD = Record(
    "AK1",
    FunctionalAcknowledgement,
    Field("functional_id", 1),
    Field("group_control_number", 2),
    Field("version", 3),
    needed=("functional_id", "group_control_number"),
)


@dataclass(frozen=True, slots=True)
class _Component:
    """One component of a composite. The first reads them all, because a composite is understood as a whole or not at all."""

    name: str
    position: int
    names: tuple[str, ...]
    form: Form

    def read(self, elements: tuple[Element, ...], fields: Fields) -> int:
        if self.name != self.names[0] or len(elements) < self.position:
            return 0
        composite = trimmed(elements[self.position - 1])
        parts = (composite,) if isinstance(composite, str) else composite
        if isinstance(parts, Repeated) or len(parts) > len(self.names):
            return 0
        found: Fields = {}
        for name, text in zip(self.names, parts, strict=False):
            if text and not Field(name, 1, self.form).read((text,), found):
                return 0
        fields.update(found)
        return 1 << self.position

    def write(self, value: Any, draft: Draft) -> None:
        index = self.names.index(self.name)
        before = draft.elements.get(self.position, ())
        assert isinstance(before, tuple)
        draft.put(self.position, (*before, *[""] * (index - len(before)), self.form.render(value)))


def components(position: int, *names: str, form: Form = WHOLE) -> tuple[_Component, ...]:
    """The components of the composite at ``position`` as the fields ``names``; those of C030 are places, counted from 1."""
    return tuple(_Component(name, position, names, form) for name in names)


def element_fault(tag: str) -> Record:
    """AK4 of a 997, IK4 of a 999."""
    return Record(
        tag,
        ElementFault,
        *components(1, "position", "component", "repetition"),
        Field("reference_number", 2),
        Field("code", 3),
        Field("value", 4),
        needed=("position", "code"),
    )


def segment_fault(tag: str) -> Record:
    """AK3 of a 997, IK3 of a 999."""
    return Record(
        tag,
        SegmentFault,
        Field("segment", 1),
        Field("position", 2, WHOLE),
        Field("loop", 3),
        Field("code", 4),
        needed=("segment", "position"),
    )


SET = Record(
    "AK2",
    SetAcknowledgement,
    Field("set_type", 1),
    Field("control_number", 2),
    Field("guideline", 3),
    needed=("set_type", "control_number"),
)


def set_verdict(tag: str) -> Record:
    """AK5 of a 997, IK5 of a 999."""
    return Record(
        tag,
        SetAcknowledgement,
        Choice("status", 1, SYNTAX_STATUSES, other="rejected", fallback="R"),
        Series("codes", 2, 6),
    )


GROUP_VERDICT = Record(
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
    head=HEAD,
    children=(
        Each(
            "sets",
            Loop(
                SET,
                (
                    each("faults", segment_fault("AK3"), each("elements", element_fault("AK4"))),
                    Once(set_verdict("AK5")),
                ),
            ),
        ),
        Once(GROUP_VERDICT),
    ),
)
