"""Nodes to bytes: segments, envelopes with their counts, and TA1 (X12.5, X12.6).

X12 has no escape character, so data that contains a delimiter cannot be sent: it is refused, or replaced by a character of the
caller's choice.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from canonical.interchange_acknowledgement import InterchangeAcknowledgement

from .segments import STANDARD_DELIMITERS, Delimiters, Element, Node, Repeated, SegmentNode, Single
from .values import CannotWrite, render_date, render_time

_CONTROL = frozenset(map(chr, (*range(0x20), 0x7F)))
_TA1_STATUS = {"accepted": "A", "accepted_with_errors": "E", "rejected": "R"}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an ISA says. ``moment`` is the time of making, in the sender's own zone (X12 has none); ``version`` is ISA12."""

    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    control_number: int
    moment: datetime.datetime
    version: str = "00401"
    test: bool = False
    acknowledgement_requested: bool = False


@dataclass(frozen=True, slots=True)
class SetToWrite:
    """A transaction set: its nodes in the order of the schema, without ST and SE."""

    set_id: str
    control_number: str
    nodes: Sequence[Node]


@dataclass(frozen=True, slots=True)
class GroupToWrite:
    """A functional group; ``sender`` and ``receiver`` are GS02 and GS03, ``version`` GS08."""

    functional_id: str
    control_number: int
    version: str
    sender: str
    receiver: str
    sets: Sequence[SetToWrite]


@dataclass(frozen=True, slots=True)
class Form:
    """How bytes are made. ``substitute`` replaces delimiters and control characters found in data; None refuses them.

    ``line_break`` follows every terminator; ``encoding`` is that of text beyond ASCII.
    """

    delimiters: Delimiters = STANDARD_DELIMITERS
    substitute: str | None = None
    line_break: str = ""
    encoding: str = "utf-8"


DEFAULT_FORM = Form()


def interchange(envelope: Envelope, groups: Sequence[GroupToWrite], form: Form = DEFAULT_FORM) -> bytes:
    """The whole interchange, from ISA to IEA; every count is counted here."""
    return b"".join(_interchange(envelope, groups, (), form))


def acknowledgements(
    envelope: Envelope, answers: Sequence[InterchangeAcknowledgement], form: Form = DEFAULT_FORM
) -> bytes:
    """An interchange of TA1 segments and nothing else."""
    return b"".join(_interchange(envelope, (), answers, form))


def segments(nodes: Iterable[Node], form: Form = DEFAULT_FORM) -> Iterator[bytes]:
    """Each segment of a tree, with its terminator."""
    for node in nodes:
        if isinstance(node, SegmentNode):
            yield segment(node.segment.tag, node.segment.elements, form)
        else:
            yield from segments(node.children, form)


def segment(tag: str, elements: Sequence[Element], form: Form = DEFAULT_FORM) -> bytes:
    """One segment with its terminator, without separators at its end."""
    separators = form.delimiters
    texts = [tag]
    for position, element in enumerate(elements, 1):
        where = f"{tag}{position:02}"
        texts.append(
            _repetitions(element, where, form) if isinstance(element, Repeated) else _text(element, where, form)
        )
    while len(texts) > 1 and not texts[-1]:
        texts.pop()
    if len(texts) == 1:
        raise CannotWrite(f"The segment {tag} has no data; X12 knows no empty segments. Leave it out.")
    text = separators.element.join(texts) + separators.segment + form.line_break
    return _encode(text, tag, form)


def _repetitions(element: Repeated, where: str, form: Form) -> str:
    repetition = form.delimiters.repetition
    if repetition is None:
        raise CannotWrite(
            f"{where} has {len(element.occurrences)} values, but this interchange cannot repeat elements: ISA12 is before 00402. "
            "Leave all but one out, or agree a later version with the partner."
        )
    return repetition.join(_text(single, where, form) for single in element.occurrences)


def _text(element: Single, where: str, form: Form) -> str:
    if isinstance(element, str):
        return _clean(element, where, form)
    components = [_clean(part, f"{where}-{at}", form) for at, part in enumerate(element, 1)]
    while components and not components[-1]:
        components.pop()
    return form.delimiters.component.join(components)


def _encode(text: str, where: str, form: Form) -> bytes:
    try:
        return text.encode(form.encoding)
    except UnicodeEncodeError as error:
        bad = text[error.start : error.end]
        raise CannotWrite(
            f"{where} contains {bad!r}, which {form.encoding} cannot express. Change the text."
        ) from error


def _clean(text: str, where: str, form: Form) -> str:
    """The text as it may be sent."""
    separators = form.delimiters
    special = {separators.element, separators.component, separators.segment, separators.repetition, *form.line_break}
    bad = [character for character in text if character in special or character in _CONTROL]
    if not bad:
        return text
    if form.substitute is None:
        raise CannotWrite(
            f"{where} is {text!r}; it contains {bad[0]!r}, which separates data in this interchange or is no text. "
            "Change the text, let it be substituted, or agree other delimiters with the partner."
        )
    for character in bad:
        text = text.replace(character, form.substitute)
    return text


def _interchange(
    envelope: Envelope,
    groups: Sequence[GroupToWrite],
    answers: Sequence[InterchangeAcknowledgement],
    form: Form,
) -> Iterator[bytes]:
    _check(form)
    yield _isa(envelope, form)
    for answer in answers:
        yield _ta1(answer, form)
    for group in groups:
        yield from _group(group, envelope, form)
    yield segment("IEA", (str(len(groups)), _number(envelope.control_number)), form)


def _check(form: Form) -> None:
    separators = form.delimiters
    used = [separators.element, separators.component, separators.segment]
    used += [separators.repetition] if separators.repetition else []
    bad = [mark for mark in used if len(mark) != 1 or mark.isalnum() or mark == " " or not mark.isascii()]
    if bad or len(set(used)) != len(used) or (form.substitute is not None and form.substitute in used):
        raise CannotWrite(
            f"{used} cannot serve as delimiters: they must be different single ASCII characters, no letters, digits or blanks, "
            "and the substitute none of them. Correct the partner's profile."
        )


def _isa(envelope: Envelope, form: Form) -> bytes:
    clean = replace(form, substitute=None)
    texts = [
        "00",
        " " * 10,
        "00",
        " " * 10,
        _fixed(envelope.sender_qualifier, 2, "ISA05", clean),
        _fixed(envelope.sender, 15, "ISA06", clean),
        _fixed(envelope.receiver_qualifier, 2, "ISA07", clean),
        _fixed(envelope.receiver, 15, "ISA08", clean),
        render_date(envelope.moment.date(), 6),
        f"{envelope.moment:%H%M}",
        form.delimiters.repetition or "U",
        _fixed(envelope.version, 5, "ISA12", clean),
        _number(envelope.control_number),
        "1" if envelope.acknowledgement_requested else "0",
        "T" if envelope.test else "P",
        form.delimiters.component,
    ]
    text = form.delimiters.element.join(["ISA", *texts]) + form.delimiters.segment + form.line_break
    return _encode(text, "ISA", replace(form, encoding="ascii"))


def _fixed(text: str, width: int, where: str, form: Form) -> str:
    if not text.strip() or len(text) > width:
        raise CannotWrite(f"{where} is {text!r}, but must be 1 to {width} characters. Correct the partner's profile.")
    return _clean(text.ljust(width), where, form)


def _number(number: int) -> str:
    if not 0 <= number <= 999_999_999:
        raise CannotWrite(f"{number} is no control number: it must have one to nine digits. Reset the counter.")
    return f"{number:09}"


def _ta1(answer: InterchangeAcknowledgement, form: Form) -> bytes:
    elements = (
        answer.control_number.zfill(9),
        render_date(answer.interchange_date, 6),
        f"{answer.interchange_time:%H%M}",
        _TA1_STATUS[answer.status],
        answer.note,
    )
    return segment("TA1", elements, form)


def _group(group: GroupToWrite, envelope: Envelope, form: Form) -> Iterator[bytes]:
    number = str(group.control_number)
    _number(group.control_number)
    date, time = render_date(envelope.moment.date()), render_time(envelope.moment.time().replace(microsecond=0))
    yield segment(
        "GS", (group.functional_id, group.sender, group.receiver, date, time, number, "X", group.version), form
    )
    for each in group.sets:
        body = list(segments(each.nodes, form))
        yield segment("ST", (each.set_id, each.control_number), form)
        yield from body
        yield segment("SE", (str(len(body) + 2), each.control_number), form)
    yield segment("GE", (str(len(group.sets)), number), form)
