"""Records compiled for writing: one function a record, which makes the segment's text straight from the canonical value.

:meth:`Record.write` says what a segment is. Here the same is said once more as the source of a small function, in which
positions, names and codes are constants; an order line then costs about as much as formatting its texts. The function gives up
(:class:`Unusual`) where something is out of the ordinary, and what it cannot say is found out and told by ``Record.write``.
A record with a part that is not known here is written by ``Record.write`` itself.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Protocol, TypeAlias, runtime_checkable

from ..segments import Element, Repeated, Segment
from ..written import COMPONENT, ELEMENT
from .codes import Codes
from .forms import CENTS, CLOCK, DAY, REAL, TEXT, WHOLE, Form
from .records import Choice, Field, Fixed, Group, Pairs, Part, Record, Series
from .writing import Draft

Writer: TypeAlias = Callable[[Any, list[str], list[str]], None]
"""Writes a value: appends its segments' texts to the first list, and every text that might hold a delimiter to the second."""

_KNOWN_FORMS = (REAL, DAY)
_NEVER_A_DELIMITER = (CENTS, WHOLE, CLOCK, *_KNOWN_FORMS)
"""Forms that make digits, and at most a sign and a point, which :mod:`..write` looks for in the text as a whole."""


_MOST_REMEMBERED = 8192


class Unusual(Exception):
    """The compiled form does not know whether or how this can be written; the exact one does."""


class _NoCompiledForm(Exception):
    """A record has parts, or parts at places, that only its own ``write`` can put together."""


@runtime_checkable
class TextPart(Protocol):
    """A part that is one element, and whose text does not depend on the rest of the segment."""

    @property
    def name(self) -> str: ...

    @property
    def position(self) -> int: ...

    def text(self, value: Any) -> str:
        """The element for the field's value, which is neither None nor empty; empty to leave the place as it is."""
        ...


class _CodeTexts(dict[Any, str]):
    """The code for each name there is. Others are looked up by the book, and are Unusual if they are no plain code."""

    def __init__(self, codes: Codes) -> None:
        super().__init__({name: code for code, name in codes.names.items() if code.isalnum()})
        self[None] = ""
        self._codes = codes

    def __missing__(self, name: str) -> str:
        code = self._codes.code(name)
        if not code.isalnum():
            raise Unusual
        return code


class _KnownTexts(dict[Any, str]):
    """The texts of values that come again and again: the quantities and prices of a catalogue, the days of a few months."""

    def __init__(self, form: Form) -> None:
        super().__init__({None: ""})
        self._form = form

    def __missing__(self, value: Any) -> str:
        if len(self) > _MOST_REMEMBERED:
            self.clear()
            self[None] = ""
        text = self[value] = self._form.render(value)
        return text


_KNOWN_TEXTS = {form: _KnownTexts(form) for form in _KNOWN_FORMS}


class _Source:
    """The function of one record in the making: its lines, the variables of its elements, and the objects that it names."""

    def __init__(self, record: Record) -> None:
        self.lines: list[str] = []
        self.names: dict[str, object] = {"Unusual": Unusual}
        self._record = record
        self._elements: set[int] = set()
        self._unsure: list[str] = []

    def text(self) -> str:
        """The source of ``write(value, texts, unsure)``."""
        tails = [part for part in self._record.parts if isinstance(part, Pairs | Series)]
        self._check_fixed(tails)
        for part in self._record.parts:
            if part not in tails:
                self._part(part)
        for fixed in self._record.fixed:
            self._fixed(fixed)
        if self._unsure:
            self._line(f"unsure += ({', '.join(self._unsure)},)")
        self._line(f"text = f{self._segment(tails)!r}")
        for tail in tails:
            self._tail(tail)
        body = "\n    ".join(["said = value.__dict__", *self.lines, f"texts.append(text.rstrip({ELEMENT!r}))"])
        return f"def write(value, texts, unsure):\n    {body}\n"

    def _check_fixed(self, tails: Sequence[Pairs | Series]) -> None:
        """What stands in for what is absent depends on one element each, and on none that comes and goes with a list."""
        positions = [fixed.position for fixed in self._record.fixed]
        looked_at = [*positions, *(fixed.beside for fixed in self._record.fixed if fixed.beside is not None)]
        choices = {part.position for part in self._record.parts if isinstance(part, Choice)}
        if (
            len(set(positions)) < len(positions)
            or choices.intersection(positions)
            or not all(fixed.text.isalnum() for fixed in self._record.fixed)
            or any(tail.position <= position for tail in tails for position in looked_at)
        ):
            raise _NoCompiledForm

    def _segment(self, tails: Sequence[Pairs | Series]) -> str:
        """The text up to the list that the segment ends with, if it does."""
        last = max(self._elements, default=0)
        if tails:
            if len(tails) > 1 or last >= tails[0].position:
                raise _NoCompiledForm
            last = tails[0].position - 1
        elements = (f"{{e{at}}}" if at in self._elements else "" for at in range(1, last + 1))
        return ELEMENT.join([self._record.id.partition("#")[0], *elements])

    def _line(self, line: str, deep: int = 0) -> None:
        self.lines.append("    " * deep + line)

    def _bind(self, thing: object) -> str:
        name = f"o{len(self.names)}"
        self.names[name] = thing
        return name

    def _take(self, position: int) -> str:
        """The variable of an element; each is taken once, so that nothing depends on the order of the parts."""
        if position in self._elements:
            raise _NoCompiledForm
        self._elements.add(position)
        return f"e{position}"

    def _part(self, part: Part) -> None:
        if type(part) is Field:
            self._field(part, "said")
        elif type(part) is Choice:
            self._choice(part)
        elif type(part) is Group:
            self._group(part)
        elif isinstance(part, TextPart):
            self._text_part(part)
        else:
            raise _NoCompiledForm

    def _field(self, field: Field, holder: str, deep: int = 0) -> None:
        variable, found = self._take(field.position), f"{holder}[{field.name!r}]"
        if field.composite and any(field.position in (fixed.position, fixed.beside) for fixed in self._record.fixed):
            raise _NoCompiledForm
        codes = _codes(field.form)
        known = _KNOWN_TEXTS.get(field.form) if codes is None else _CodeTexts(codes)
        if known is not None:
            self._line(f"{variable} = {self._bind(known)}[{found}]", deep)
            return
        if field.form is TEXT:
            self._line(f'{variable} = {found} or ""', deep)
        else:
            render = self._bind(field.form.render)
            self._line(f'{variable} = "" if (found := {found}) is None else {render}(found)', deep)
        if field.form not in _NEVER_A_DELIMITER:
            self._unsure.append(variable)

    def _choice(self, choice: Choice) -> None:
        texts = _CodeTexts(choice.codes)
        texts[choice.other] = choice.fallback or ""
        if choice.unsaid is not None:
            texts[choice.unsaid] = ""
        self._line(f"{self._take(choice.position)} = {self._bind(texts)}[said[{choice.name!r}]]")

    def _group(self, group: Group) -> None:
        if any(type(part) is not Field or part.name not in group.model.model_fields for part in group.parts):
            raise _NoCompiledForm
        absent = " = ".join(f"e{part.position}" for part in group.parts)
        self._line(f"inner = said[{group.name!r}]")
        self._line("if inner is None:")
        self._line(f'{absent} = ""', 1)
        self._line("else:")
        self._line("inner = inner.__dict__", 1)
        for part in group.parts:
            self._field(part, "inner", 1)

    def _text_part(self, part: TextPart) -> None:
        """Of several such parts at one position the last that says something counts, as with ``Draft.put``."""
        variable = f"e{part.position}"
        before = variable if part.position in self._elements else '""'
        render = self._bind(part.text)
        self._line(f"found = said[{part.name!r}]")
        self._line(f"{variable} = {before} if found is None or found == () else {render}(found) or {before}")
        self._elements.add(part.position)
        self._unsure.append(variable)

    def _fixed(self, fixed: Fixed) -> None:
        variable = f"e{fixed.position}"
        conditions = [f"not {variable}"] if fixed.position in self._elements else []
        if fixed.beside is not None:
            conditions.append(f"e{fixed.beside}" if fixed.beside in self._elements else "False")
        otherwise = variable if fixed.position in self._elements else '""'
        self._elements.add(fixed.position)
        self._line(f"{variable} = {fixed.text!r} if {' and '.join(conditions) or 'True'} else {otherwise}")

    def _tail(self, part: Pairs | Series) -> None:
        first, last = part.position, part.last
        room = len(range(first, last, 2)) if isinstance(part, Pairs) else last - first + 1
        self._line(f"entries = said[{part.name!r}] or ()")
        self._line(f"if len(entries) > {room}:")
        self._line("raise Unusual", 1)
        self._line("for entry in entries:")
        if isinstance(part, Pairs):
            self._pair(part)
        else:
            self._line("unsure.append(entry)", 1)
            self._line(f'text = f"{{text}}{ELEMENT}{{entry}}"', 1)

    def _pair(self, pairs: Pairs) -> None:
        key, value = pairs.keys
        codes = _codes(pairs.form)
        self._line(f"found = entry.{value}", 1)
        self._line("unsure.append(found)", 1)
        if codes is not None:
            self._line(f"code = {self._bind(_CodeTexts(codes))}[entry.{key}]", 1)
        else:
            self._line(f"code = {self._bind(pairs.form.render)}(entry.{key})", 1)
            self._line("unsure.append(code)", 1)
        self._line(f'text = f"{{text}}{ELEMENT}{{code}}{ELEMENT}{{found}}"', 1)


def _codes(form: Form) -> Codes | None:
    """The code list of a form made by :func:`.forms.coded`."""
    owner = getattr(form.render, "__self__", None)
    return owner if isinstance(owner, Codes) else None


@cache
def record_writer(record: Record) -> Writer:
    """A function that appends the segment of a value, or raises CannotWrite or Unusual."""
    source = _Source(record)
    try:
        return function(source.text(), source.names)
    except _NoCompiledForm:
        return _exact(record)


@cache
def writer_where_said(record: Record) -> Writer:
    """As :func:`record_writer`, for values of which the record says nothing too: they are passed over."""
    lines = [
        "def write(value, texts, unsure):",
        "    said = value.__dict__",
        f"    if {said_by(record)}:",
        "        segment(value, texts, unsure)",
    ]
    return function("\n".join(lines), {"segment": record_writer(record)})


def said_by(record: Record) -> str:
    """The condition of :meth:`Record.says`, where ``said`` are the fields of the value."""
    return " or ".join(
        f"said[{part.name!r}] is not None"
        if type(part) in (Field, Choice, Group)
        else f"said[{part.name!r}] not in (None, ())"
        for part in record.parts
    )


def function(source: str, names: dict[str, object]) -> Writer:
    """The function ``write`` of a source text."""
    exec(source, names)  # noqa: S102 - the source is made here, of the maps' own names and numbers
    made: Writer = names["write"]  # type: ignore[assignment]
    return made


def _exact(record: Record) -> Writer:
    def write(value: Any, texts: list[str], unsure: list[str]) -> None:
        draft = Draft(record.id, None)
        record.write(value, draft)
        texts.append(spelled(draft.segment(), unsure))

    return write


def spelled(segment: Segment, unsure: list[str]) -> str:
    """A segment's text without terminator; all of its data is appended to ``unsure``.

    Raises Unusual where an element repeats: the standard delimiters have none for that.
    """
    elements = [_element(element, unsure) for element in segment.elements]
    return ELEMENT.join([segment.tag, *elements]).rstrip(ELEMENT)


def _element(element: Element, unsure: list[str]) -> str:
    if isinstance(element, str):
        unsure.append(element)
        return element
    if isinstance(element, Repeated):
        raise Unusual
    unsure.extend(element)
    return COMPONENT.join(element).rstrip(COMPONENT)
