"""Nodes to bytes: segments, envelopes with their counts, and TA1 (X12.5, X12.6).

X12 has no escape character, so data that contains a delimiter cannot be sent: it is refused, or replaced by a character of the
caller's choice.

A set that a map wrote as text (:class:`.written.WrittenSet`) goes out as that text, where it is good for the form; where it is not, its
nodes are written one by one, which gives the same bytes or says what stands in the way.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from canonical.interchange_acknowledgement import InterchangeAcknowledgement

from .segments import STANDARD_DELIMITERS, Delimiters, Element, Node, Repeated, SegmentNode, Single
from .values import CannotWrite, render_date, render_time
from .written import COMPONENT, ELEMENT, TERMINATOR, WrittenSet

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
    """How bytes are made. ``line_break`` follows every terminator; ``encoding`` is that of text beyond ASCII."""

    delimiters: Delimiters = STANDARD_DELIMITERS
    line_break: str = ""
    encoding: str = "utf-8"


DEFAULT_FORM = Form()


def interchange(envelope: Envelope, groups: Sequence[GroupToWrite], form: Form = DEFAULT_FORM) -> bytes:
    """The whole interchange, from ISA to IEA; every count is counted here."""
    return b"".join(_interchange(envelope, groups, (), _pen(form)))


def acknowledgements(
    envelope: Envelope, answers: Sequence[InterchangeAcknowledgement], form: Form = DEFAULT_FORM
) -> bytes:
    """An interchange of TA1 segments and nothing else."""
    return b"".join(_interchange(envelope, (), answers, _pen(form)))


def segments(nodes: Iterable[Node], form: Form = DEFAULT_FORM) -> Iterator[bytes]:
    """Each segment of a tree, with its terminator."""
    return _pen(form).segments(nodes)


def segment(tag: str, elements: Sequence[Element], form: Form = DEFAULT_FORM) -> bytes:
    """One segment with its terminator, without separators at its end."""
    return _pen(form).segment(tag, elements)


@lru_cache
def _pen(form: Form) -> "_Pen":
    return _Pen(form)


class _Pen:
    """Writes segments in one form."""

    def __init__(self, form: Form) -> None:
        separators = form.delimiters
        self.form = form
        self._special = frozenset(
            mark
            for mark in (separators.element, separators.component, separators.segment, separators.repetition)
            if mark is not None
        ) | frozenset(form.line_break)
        self._not_standard = self._special - {ELEMENT, COMPONENT, TERMINATOR}
        self._is_standard = (separators.element, separators.component, separators.segment) == (
            ELEMENT,
            COMPONENT,
            TERMINATOR,
        )

    def segments(self, nodes: Iterable[Node]) -> Iterator[bytes]:
        for node in nodes:
            if isinstance(node, SegmentNode):
                yield self.segment(node.segment.tag, node.segment.elements)
            else:
                yield from self.segments(node.children)

    def segment(self, tag: str, elements: Sequence[Element]) -> bytes:
        separators = self.form.delimiters
        texts = [tag, *(self._element(element, tag, position) for position, element in enumerate(elements, 1))]
        while len(texts) > 1 and not texts[-1]:
            texts.pop()
        if len(texts) == 1:
            raise CannotWrite(f"The segment {tag} has no data; X12 knows no empty segments. Leave it out.")
        return self.encode(separators.element.join(texts) + separators.segment + self.form.line_break, tag)

    def _element(self, element: Element, tag: str, position: int) -> str:
        if not isinstance(element, Repeated):
            return self._single(element, tag, position)
        repetition = self.form.delimiters.repetition
        if repetition is None:
            raise CannotWrite(
                f"{tag}{position:02} has {len(element.occurrences)} values, but this interchange cannot repeat elements: "
                "ISA12 is before 00402. Leave all but one out, or agree a later version with the partner."
            )
        return repetition.join(self._single(single, tag, position) for single in element.occurrences)

    def _single(self, element: Single, tag: str, position: int) -> str:
        if isinstance(element, str):
            return self.clean(element, tag, position)
        components = [self.clean(part, tag, position, at) for at, part in enumerate(element, 1)]
        while components and not components[-1]:
            components.pop()
        return self.form.delimiters.component.join(components)

    def encode(self, text: str, where: str) -> bytes:
        try:
            return text.encode(self.form.encoding)
        except UnicodeEncodeError as error:
            bad = text[error.start : error.end]
            raise CannotWrite(
                f"{where} contains {bad!r}, which {self.form.encoding} cannot express. Change the text."
            ) from error

    def clean(self, text: str, tag: str, position: int, component: int | None = None) -> str:
        """The text, which may be sent as it is; X12 has no character that would take the meaning from a delimiter."""
        if text.isprintable() and self._special.isdisjoint(text):
            return text
        bad = next((character for character in text if character in self._special or character in _CONTROL), None)
        if bad is None:
            return text
        where = f"{tag}{position:02}" + (f"-{component}" if component else "")
        if bad in self._special:
            raise CannotWrite(
                f"{where} is {text!r}; it contains {bad!r}, which separates data in this interchange. "
                "Change the text where it comes from, or agree other delimiters with the partner (x12.delimiters of its profile)."
            )
        raise CannotWrite(f"{where} is {text!r}; {bad!r} in it is no text. Take it out where the text comes from.")

    def set(self, found: SetToWrite) -> bytes:
        """A set from ST to SE."""
        size, body = self._body(found.nodes)
        first = self.segment("ST", (found.set_id, found.control_number))
        return first + body + self.segment("SE", (str(size + 2), found.control_number))

    def _body(self, nodes: Sequence[Node]) -> tuple[int, bytes]:
        """The number of segments, and the segments."""
        ready = self._ready(nodes.text) if isinstance(nodes, WrittenSet) else None
        if isinstance(nodes, WrittenSet) and ready is not None:
            return nodes.size, ready
        body = list(self.segments(nodes))
        return len(body), b"".join(body)

    def _ready(self, text: str) -> bytes | None:
        """A written set's text in this form; None where its data contains what separates data here, or cannot be encoded."""
        if any(mark in text for mark in self._not_standard) or not _is_joinable(self.form.encoding):
            return None
        separators = self.form.delimiters
        if not self._is_standard:
            marks = str.maketrans(
                ELEMENT + COMPONENT + TERMINATOR, separators.element + separators.component + separators.segment
            )
            text = text.translate(marks)
        if self.form.line_break:
            text = text.replace(separators.segment, separators.segment + self.form.line_break)
        try:
            return text.encode(self.form.encoding)
        except UnicodeEncodeError:
            return None


@cache
def _is_joinable(encoding: str) -> bool:
    """Whether the bytes of a text are those of its segments, one after the other: not where each text begins with a mark."""
    return TERMINATOR.encode(encoding, "replace") == TERMINATOR.encode("ascii")


def _interchange(
    envelope: Envelope,
    groups: Sequence[GroupToWrite],
    answers: Sequence[InterchangeAcknowledgement],
    pen: _Pen,
) -> Iterator[bytes]:
    _check(pen.form)
    yield _isa(envelope, pen.form)
    for answer in answers:
        yield _ta1(answer, pen)
    for group in groups:
        yield from _group(group, envelope, pen)
    yield pen.segment("IEA", (str(len(groups)), _number(envelope.control_number)))


def _check(form: Form) -> None:
    separators = form.delimiters
    used = [separators.element, separators.component, separators.segment]
    used += [separators.repetition] if separators.repetition else []
    bad = [mark for mark in used if len(mark) != 1 or mark.isalnum() or mark == " " or not mark.isascii()]
    if bad or len(set(used)) != len(used):
        raise CannotWrite(
            f"{used} cannot serve as delimiters: they must be different single ASCII characters, no letters, digits or blanks. "
            "Correct the partner's profile."
        )


def _isa(envelope: Envelope, form: Form) -> bytes:
    pen = _pen(replace(form, encoding="ascii"))
    texts = [
        "00",
        " " * 10,
        "00",
        " " * 10,
        _fixed(envelope.sender_qualifier, 2, 5, pen),
        _fixed(envelope.sender, 15, 6, pen),
        _fixed(envelope.receiver_qualifier, 2, 7, pen),
        _fixed(envelope.receiver, 15, 8, pen),
        render_date(envelope.moment.date(), 6),
        f"{envelope.moment:%H%M}",
        form.delimiters.repetition or "U",
        _fixed(envelope.version, 5, 12, pen),
        _number(envelope.control_number),
        "1" if envelope.acknowledgement_requested else "0",
        "T" if envelope.test else "P",
        form.delimiters.component,
    ]
    text = form.delimiters.element.join(["ISA", *texts]) + form.delimiters.segment + form.line_break
    return pen.encode(text, "ISA")


def _fixed(text: str, width: int, position: int, pen: _Pen) -> str:
    if not text.strip() or len(text) > width:
        raise CannotWrite(
            f"ISA{position:02} is {text!r}, but must be 1 to {width} characters. Correct the partner's profile."
        )
    return pen.clean(text.ljust(width), "ISA", position)


def _number(number: int) -> str:
    if not 0 <= number <= 999_999_999:
        raise CannotWrite(f"{number} is no control number: it must have one to nine digits. Reset the counter.")
    return f"{number:09}"


def _ta1(answer: InterchangeAcknowledgement, pen: _Pen) -> bytes:
    elements = (
        answer.control_number.zfill(9),
        render_date(answer.interchange_date, 6),
        f"{answer.interchange_time:%H%M}",
        _TA1_STATUS[answer.status],
        answer.note,
    )
    return pen.segment("TA1", elements)


def _group(group: GroupToWrite, envelope: Envelope, pen: _Pen) -> Iterator[bytes]:
    number = str(group.control_number)
    _number(group.control_number)
    date, time = render_date(envelope.moment.date()), render_time(envelope.moment.time().replace(microsecond=0))
    yield pen.segment("GS", (group.functional_id, group.sender, group.receiver, date, time, number, "X", group.version))
    for each in group.sets:
        yield pen.set(each)
    yield pen.segment("GE", (str(len(group.sets)), number))
