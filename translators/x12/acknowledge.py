"""Verdicts to acknowledgements: 997 or 999 from a group's, TA1 from an interchange's. Pure; whether they are sent is decided elsewhere.

A rejected interchange is answered by a TA1. Where its groups are answered too, every one of them must be rejected
(``interchange_rejected``), for nothing in it was used. What is copied from a broken group is made legal on the way, so that the answer
can always be read: codes are of the lists of the version it is written in, texts short, ASCII and free of its delimiters.
"""

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from canonical.document import EnvelopeReference
from canonical.finding import Finding
from canonical.functional_acknowledgement import (
    AcknowledgementKind,
    ContextName,
    ElementFault,
    FaultContext,
    FunctionalAcknowledgement,
    SegmentFault,
    SetAcknowledgement,
    SyntaxStatus,
)
from canonical.interchange_acknowledgement import InterchangeAcknowledgement

from .events import GroupEnd, GroupHeader, InterchangeEnd, InterchangeHeader
from .findings import Code
from .schema import CompositeDef, Dictionary, SegmentDef, dictionary, table_version, versions
from .segments import STANDARD_DELIMITERS, Delimiters
from .values import parse_date, parse_time
from .verdicts import SetVerdict

MOST_CODES = 5
"""AK502 to AK506, AK905 to AK909."""
MOST_ELEMENTS = 99
"""AK4 segments after one AK3."""
MOST_CHARACTERS = 99
"""AK404."""
MOST_POSITION = 999_999
"""AK302."""
MOST_VALUE = 35
"""CTX01-2, and AK203."""
DUPLICATE = "025"
"""TA105 for a control number that was used before."""
_LISTS = {
    AcknowledgementKind.FUNCTIONAL: ("718", "723"),
    AcknowledgementKind.IMPLEMENTATION: ("618", "621"),
}
"""The code lists of AK502 and AK403, or of IK502 and IK403; they differ between versions."""
_TOO_MANY_ELEMENTS = "3"
_TOO_MANY_REPETITIONS = "12"
_TOO_MANY_COMPONENTS = "13"
"""AK403 and IK403; 004010 has only the first."""
_SEGMENT_HAS_ERRORS = "8"
_LOOP = re.compile(r"([A-Z0-9]{2,3})(?:#[0-9]+)?\[[0-9]+\]")
_UNKNOWN_MOMENT = (datetime.date(2000, 1, 1), datetime.time(0, 0))
"""Repeated in a TA1 where ISA09 or ISA10 is none; its note then says so."""
_STATUS: dict[SyntaxStatus, Literal["accepted", "accepted_with_errors", "rejected"]] = {
    SyntaxStatus.ACCEPTED: "accepted",
    SyntaxStatus.ACCEPTED_WITH_ERRORS: "accepted_with_errors",
    SyntaxStatus.REJECTED: "rejected",
}


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """How an acknowledgement will be written: as a 997 or a 999, by the table of ``version``, with which delimiters."""

    kind: AcknowledgementKind = AcknowledgementKind.FUNCTIONAL
    version: str = "004010"
    delimiters: Delimiters = STANDARD_DELIMITERS

    @property
    def tables(self) -> Dictionary:
        return dictionary(self.version)

    def has(self, tag: str, position: int) -> bool:
        """Whether a segment of the answer has an element at ``position`` in this version."""
        return len(self.tables.segments[tag].uses) >= position

    def set_codes(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Those that AK502, or IK502, may carry."""
        listed = self.tables.elements[_LISTS[self.kind][0]].codes
        return tuple(code for code in codes if listed is None or code in listed)[:MOST_CODES]

    def element_code(self, fault: Finding) -> str:
        """AK403, or IK403."""
        code = (fault.ack_code or "").partition(":")[2]
        listed = self.tables.elements[_LISTS[self.kind][1]].codes or ()
        if fault.code == Code.TOO_MANY_ELEMENTS and fault.component is not None and _TOO_MANY_COMPONENTS in listed:
            return _TOO_MANY_COMPONENTS
        return _TOO_MANY_ELEMENTS if code == _TOO_MANY_REPETITIONS and code not in listed else code

    @property
    def filler(self) -> str:
        """Fills up what is too short."""
        return "X" if "?" in self._special else "?"

    @property
    def _special(self) -> set[str | None]:
        separators = self.delimiters
        return {separators.element, separators.component, separators.segment, separators.repetition}

    def copy(self, value: str | None, most: int = MOST_CHARACTERS) -> str | None:
        """A piece of what came, without anything that would break the acknowledgement itself."""
        if not value:
            return None
        special = self._special
        kept = "".join(
            character if character.isascii() and character.isprintable() and character not in special else " "
            for character in value
        )
        return kept.strip()[:most].strip() or None


DEFAULT_FORM = AnswerForm()
"""A 997 of 004010."""


def named(group: GroupEnd) -> str | None:
    """The functional identifier (GS01) by which a group can be answered: its own if it exists, else that of its first known set.

    None for a group that gets no answer of this kind: it holds acknowledgements itself, which are never acknowledged (X12 997,
    purpose), had no GS or no number to refer to, or nothing tells what it holds. The last is left to a TA1.
    """
    header = group.header
    if not header.answerable:
        return None
    tables = dictionary(versions()[-1])
    if header.functional_id in (tables.elements["479"].codes or ()):
        return header.functional_id
    known = (tables.sets[verdict.set_id].functional_id for verdict in group.verdicts if verdict.set_id in tables.sets)
    return next((functional_id for functional_id in known if functional_id != "FA"), None)


def functional(
    group: GroupEnd, form: AnswerForm = DEFAULT_FORM, *, interchange_rejected: bool = False
) -> FunctionalAcknowledgement | None:
    """The 997 or 999 to a group, or None for one that gets none (see :func:`named`).

    In a rejected group every set is rejected, also a sound one: the group's own codes say why. Identifiers that are too short or too
    long are filled up or cut, and of control numbers the digits are kept, so that even a group with a broken header is answered.
    """
    functional_id = named(group)
    if functional_id is None:
        return None
    rejected = interchange_rejected or group.status is SyntaxStatus.REJECTED
    return _functional(group, form, functional_id, rejected, tuple(_sets(group, form, rejected)))


def sheets(group: GroupEnd, form: AnswerForm, size: int) -> Iterator[FunctionalAcknowledgement]:
    """The answer to a group that gets one in sheets: each is as :func:`functional` makes it but has only ``size`` of the sets, in their
    order. The first has none at all. An answer that is too large to be held as a whole can be written from them."""
    functional_id = named(group)
    assert functional_id is not None
    rejected = group.status is SyntaxStatus.REJECTED
    sets = _sets(group, form, rejected)
    yield _functional(group, form, functional_id, rejected, ())
    while some := tuple(islice(sets, size)):
        yield _functional(group, form, functional_id, rejected, some)


def _functional(
    group: GroupEnd, form: AnswerForm, functional_id: str, rejected: bool, sets: tuple[SetAcknowledgement, ...]
) -> FunctionalAcknowledgement:
    header = group.header
    return FunctionalAcknowledgement(
        kind=form.kind,
        functional_id=functional_id,
        group_control_number=_digits(header.control_number),
        version=form.copy(header.version, 12) if form.has("AK1", 3) else None,
        status=SyntaxStatus.REJECTED if rejected else group.status,
        sets=sets,
        included=group.received if group.claimed is None else max(0, min(group.claimed, MOST_POSITION)),
        received=group.received,
        accepted=0 if rejected else group.accepted,
        codes=group.codes[:MOST_CODES],
        envelope=EnvelopeReference(group=header.control_number, version=header.version),
    )


def interchange(end: InterchangeEnd, *, duplicate: bool = False) -> InterchangeAcknowledgement:
    """The TA1 to an interchange; a ``duplicate`` control number rejects it."""
    header = end.header
    date, time = _moment(header)
    return InterchangeAcknowledgement(
        control_number=_digits(header.control_number),
        interchange_date=date,
        interchange_time=time,
        status="rejected" if duplicate else _STATUS[end.status],
        note=DUPLICATE if duplicate else end.note,
        test=header.test,
        envelope=EnvelopeReference(interchange=header.control_number, version=header.version),
    )


def _moment(header: InterchangeHeader) -> tuple[datetime.date, datetime.time]:
    try:
        date, time = parse_date(header.date), parse_time(header.time)
    except ValueError:
        return _UNKNOWN_MOMENT
    return (date, time) if date is not None and time is not None else _UNKNOWN_MOMENT


def _digits(control_number: str) -> str:
    """A control number as a number of at most nine digits."""
    return "".join(filter(_is_digit, control_number))[:9] or "0"


def _is_digit(character: str) -> bool:
    return character.isascii() and character.isdigit()


def _sets(group: GroupEnd, form: AnswerForm, rejected: bool) -> Iterator[SetAcknowledgement]:
    return (_set(verdict, group.header, form, rejected) for verdict in group.verdicts)


def _set(verdict: SetVerdict, header: GroupHeader, form: AnswerForm, rejected: bool) -> SetAcknowledgement:
    return SetAcknowledgement(
        set_type=(form.copy(verdict.set_id, 3) or "").ljust(3, form.filler),
        control_number=(form.copy(verdict.control_number, 9) or "").rjust(4, "0"),
        guideline=form.copy(verdict.guideline, MOST_VALUE) if form.has("AK2", 3) else None,
        status=SyntaxStatus.REJECTED if rejected else verdict.status,
        codes=form.set_codes(verdict.codes),
        faults=tuple(_faults(verdict, header, form)),
    )


def _faults(verdict: SetVerdict, header: GroupHeader, form: AnswerForm) -> Iterable[SegmentFault]:
    """AK3 and AK4: a fault of a segment each, and the faulty elements of a segment together."""
    elements: dict[tuple[int, str], list[Finding]] = {}
    segments: list[Finding] = []
    for fault in verdict.findings:
        if (fault.ack_code or "").startswith("AK403"):
            elements.setdefault((fault.segment_index or 0, fault.segment or ""), []).append(fault)
        else:
            segments.append(fault)
    contexts = _contexts(verdict, form)
    made = [_segment_fault(fault, contexts, form) for fault in segments]
    for (position, tag), faults in elements.items():
        definition = _definition(header, tag)
        made.append(
            SegmentFault(
                segment=_tag(tag, form),
                position=min(position, MOST_POSITION),
                loop=_loop(faults[0]),
                code=_SEGMENT_HAS_ERRORS,
                contexts=contexts,
                elements=tuple(_element_fault(fault, definition, form) for fault in faults[:MOST_ELEMENTS]),
            )
        )
    # Several faults of a segment that have no code of their own are one AK3.
    return sorted(dict.fromkeys(made), key=lambda fault: fault.position)


def _contexts(verdict: SetVerdict, form: AnswerForm) -> tuple[FaultContext, ...]:
    """CTX of a 999: the number by which people know the document, where its head could be read."""
    if form.kind is not AcknowledgementKind.IMPLEMENTATION or verdict.number is None:
        return ()
    name, number = verdict.number
    value = form.copy(number, MOST_VALUE)
    return (FaultContext(names=(ContextName(name=name, value=value),)),) if value else ()


def _segment_fault(fault: Finding, contexts: tuple[FaultContext, ...], form: AnswerForm) -> SegmentFault:
    return SegmentFault(
        segment=_tag(fault.segment or "", form),
        position=min(fault.segment_index or 1, MOST_POSITION),
        loop=_loop(fault),
        code=(fault.ack_code or "").partition(":")[2],
        contexts=contexts,
    )


def _tag(tag: str, form: AnswerForm) -> str:
    """AK301 holds two or three characters; what is longer, shorter or strange is cut or filled up to be a legal answer."""
    cleaned = "".join(character for character in tag if character.isascii() and character.isalnum())[:3]
    return cleaned.ljust(2, form.filler)


def _loop(fault: Finding) -> str | None:
    """AK303: the innermost loop around the segment."""
    loops = [found[1] for found in map(_LOOP.fullmatch, fault.path.split("/")) if found is not None]
    if loops and loops[-1] == fault.segment:
        loops.pop()
    return loops[-1] if loops else None


def _definition(header: GroupHeader, tag: str) -> SegmentDef | None:
    known = table_version(header.version, header.functional_id)
    return dictionary(known).segments.get(tag) if known else None


def _element_fault(fault: Finding, definition: SegmentDef | None, form: AnswerForm) -> ElementFault:
    position = fault.element or 1
    return ElementFault(
        position=position,
        component=fault.component,
        reference_number=_reference(definition, position, fault.component),
        code=form.element_code(fault),
        value=form.copy(fault.value),
    )


def _reference(definition: SegmentDef | None, position: int, component: int | None) -> str | None:
    """AK402: the number of the data element."""
    if definition is None or position > len(definition.uses):
        return None
    used = definition.uses[position - 1].definition
    if isinstance(used, CompositeDef):
        if component is None or component > len(used.uses):
            return None
        inner = used.uses[component - 1].definition
        return None if isinstance(inner, CompositeDef) else inner.number
    return used.number
