"""Verdicts to acknowledgements: 997 from a group's, TA1 from an interchange's. Pure; who sends them, and whether, is decided elsewhere.

A rejected interchange is answered by a TA1. Where its groups are answered too, every one of them must be rejected
(``interchange_rejected``), for nothing in it was used.
"""

import datetime
from collections.abc import Iterable
from typing import Literal

from canonical.document import EnvelopeReference
from canonical.finding import Finding
from canonical.functional_acknowledgement import (
    ElementFault,
    FunctionalAcknowledgement,
    SegmentFault,
    SetAcknowledgement,
    SyntaxStatus,
)
from canonical.interchange_acknowledgement import InterchangeAcknowledgement

from .events import GroupEnd, GroupHeader, InterchangeEnd, InterchangeHeader, SetVerdict
from .schema import CompositeDef, SegmentDef, dictionary, table_version
from .segments import STANDARD_DELIMITERS, Delimiters
from .values import is_whole, parse_date, parse_time

MOST_CODES = 5
"""AK502 to AK506, AK905 to AK909."""
MOST_ELEMENTS = 99
"""AK4 segments after one AK3."""
MOST_CHARACTERS = 99
"""AK404."""
MOST_POSITION = 999_999
"""AK302."""
DUPLICATE = "025"
"""TA105 for a control number that was used before."""
_SEGMENT_HAS_ERRORS = "8"
_UNKNOWN_MOMENT = (datetime.date(2000, 1, 1), datetime.time(0, 0))
"""Repeated in a TA1 where ISA09 or ISA10 is none; its note then says so."""
_STATUS: dict[SyntaxStatus, Literal["accepted", "accepted_with_errors", "rejected"]] = {
    SyntaxStatus.ACCEPTED: "accepted",
    SyntaxStatus.ACCEPTED_WITH_ERRORS: "accepted_with_errors",
    SyntaxStatus.REJECTED: "rejected",
}


def is_acknowledged(header: GroupHeader) -> bool:
    """Whether a group gets a 997 at all: not when it holds acknowledgements itself, nor when it had no GS to refer to."""
    return header.answerable


def functional(
    group: GroupEnd, *, interchange_rejected: bool = False, delimiters: Delimiters = STANDARD_DELIMITERS
) -> FunctionalAcknowledgement:
    """The 997 to a group. ``delimiters`` are those it will be written with: copies of bad data are kept free of them.

    In a rejected group every set is rejected, also a sound one: the group's own codes say why. Identifiers that are too short or too
    long for a 997 are filled up or cut, and a control number that is none becomes 0, so that even a group with a broken header gets
    an answer that can be read.
    """
    rejected = interchange_rejected or group.status is SyntaxStatus.REJECTED
    header = group.header
    return FunctionalAcknowledgement(
        functional_id=(_copy(header.functional_id, delimiters) or "").ljust(2, "?")[:2],
        group_control_number=_number(_copy(header.control_number, delimiters) or ""),
        status=SyntaxStatus.REJECTED if rejected else group.status,
        sets=tuple(_set(verdict, header.version, delimiters, rejected) for verdict in group.verdicts),
        included=group.received if group.claimed is None else max(0, min(group.claimed, MOST_POSITION)),
        received=group.received,
        accepted=0 if rejected else group.accepted,
        codes=group.codes[:MOST_CODES],
        envelope=EnvelopeReference(group=header.control_number, version=header.version),
    )


def interchange(
    end: InterchangeEnd, *, duplicate: bool = False, delimiters: Delimiters = STANDARD_DELIMITERS
) -> InterchangeAcknowledgement:
    """The TA1 to an interchange; a ``duplicate`` control number rejects it. ``delimiters`` as for :func:`functional`.

    Where ISA13 is no control number the TA1 says 0, and its note says why.
    """
    header = end.header
    date, time = _moment(header)
    return InterchangeAcknowledgement(
        control_number=_number(_copy(header.control_number, delimiters) or ""),
        interchange_date=date,
        interchange_time=time,
        status="rejected" if duplicate else _STATUS[end.status],
        note=DUPLICATE if duplicate else end.note,
        test=header.test,
        envelope=EnvelopeReference(interchange=header.control_number, version=header.version),
    )


def _number(control_number: str) -> str:
    """TA101 or AK102, which hold nothing but one to nine digits: 0 for what is no such number."""
    good = is_whole(control_number) and not control_number.startswith("-") and len(control_number) <= 9
    return control_number if good else "0"


def _moment(header: InterchangeHeader) -> tuple[datetime.date, datetime.time]:
    try:
        date, time = parse_date(header.date), parse_time(header.time)
    except ValueError:
        return _UNKNOWN_MOMENT
    return (date, time) if date is not None and time is not None else _UNKNOWN_MOMENT


def _set(verdict: SetVerdict, version: str, delimiters: Delimiters, rejected: bool) -> SetAcknowledgement:
    return SetAcknowledgement(
        set_type=(_copy(verdict.set_id, delimiters) or "").ljust(3, "?")[:3],
        control_number=(_copy(verdict.control_number, delimiters) or "").rjust(4, "0")[:9],
        status=SyntaxStatus.REJECTED if rejected else verdict.status,
        codes=verdict.codes[:MOST_CODES],
        faults=tuple(_faults(verdict.findings, version, delimiters)),
    )


def _faults(findings: Iterable[Finding], version: str, delimiters: Delimiters) -> Iterable[SegmentFault]:
    """AK3 and AK4: a fault of a segment each, and the faulty elements of a segment together."""
    elements: dict[tuple[int, str], list[Finding]] = {}
    segments: list[Finding] = []
    for fault in findings:
        if (fault.ack_code or "").startswith("AK403"):
            elements.setdefault((fault.segment_index or 0, fault.segment or ""), []).append(fault)
        else:
            segments.append(fault)
    made = [_segment_fault(fault) for fault in segments]
    for (position, tag), faults in elements.items():
        definition = _definition(version, tag)
        made.append(
            SegmentFault(
                segment=_tag(tag),
                position=min(position, MOST_POSITION),
                loop=_loop(faults[0]),
                code=_SEGMENT_HAS_ERRORS,
                elements=tuple(_element_fault(fault, definition, delimiters) for fault in faults[:MOST_ELEMENTS]),
            )
        )
    return sorted(made, key=lambda fault: fault.position)


def _segment_fault(fault: Finding) -> SegmentFault:
    return SegmentFault(
        segment=_tag(fault.segment or ""),
        position=min(fault.segment_index or 1, MOST_POSITION),
        loop=_loop(fault),
        code=(fault.ack_code or "").partition(":")[2],
    )


def _tag(tag: str) -> str:
    """AK301 holds two or three characters; what is longer, shorter or strange is cut or filled up to be a legal answer."""
    cleaned = "".join(character for character in tag if character.isascii() and character.isalnum())[:3]
    return cleaned.ljust(2, "?")


def _loop(fault: Finding) -> str | None:
    """AK303: the innermost loop around the segment."""
    loops = [part for part in fault.path.split("/") if part.endswith("]")]
    if loops and fault.segment is not None and loops[-1].startswith(f"{fault.segment}["):
        loops.pop()
    return loops[-1].partition("[")[0].partition("#")[0] if loops else None


def _definition(version: str, tag: str) -> SegmentDef | None:
    known = table_version(version)
    return dictionary(known).segments.get(tag) if known else None


def _element_fault(fault: Finding, definition: SegmentDef | None, delimiters: Delimiters) -> ElementFault:
    position = fault.element or 1
    return ElementFault(
        position=position,
        component=fault.component,
        reference_number=_reference(definition, position, fault.component),
        code=(fault.ack_code or "").partition(":")[2],
        value=_copy(fault.value, delimiters),
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


def _copy(value: str | None, delimiters: Delimiters) -> str | None:
    """A piece of what came, without anything that would break the acknowledgement itself; what is beyond ASCII becomes ``?``."""
    if not value:
        return None
    special = {delimiters.element, delimiters.component, delimiters.segment, delimiters.repetition}
    kept = "".join(" " if character in special or not character.isprintable() else character for character in value)
    kept = kept.encode("ascii", "replace").decode("ascii")
    return kept.strip()[:MOST_CHARACTERS].strip() or None
