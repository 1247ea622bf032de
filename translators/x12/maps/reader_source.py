"""The source of the functions that read ordinary segments.

A segment is ordinary where everything that its record knows is said as it should be, and whatever may be absent is absent as a whole. The
function is made for one number of elements, so that it is known which can be there at all; positions, names and defaults are constants
in it. It hands a segment over to ``oddly`` as soon as something is out of the ordinary, before it has changed anything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from canonical.base import Value, proven, say_also

from ..schema import CompositeDef, ElementDef
from .compiled_records import TextPart, Unusual
from .field_values import MISSING, Known, Remembered, absent_values, entry_of, is_plain, kind_of, known, validator
from .forms import REAL, TEXT, Form
from .frames import PieceReader
from .reading import Fields
from .records import Choice, Field, Group, Pairs, Part, Series
from .stations import Joining, Station


class _Shapes(dict[Any, set[str]]):
    """The names of the fields that were said, by which of ``maybe`` are."""

    def __init__(self, surely: Iterable[str], maybe: Sequence[str]) -> None:
        super().__init__()
        self._surely = frozenset(surely)
        self._maybe = maybe

    def __missing__(self, flags: tuple[bool, ...]) -> set[str]:
        said = self._surely.union(name for name, flag in zip(self._maybe, flags, strict=True) if flag)
        shape = self[flags] = set(said)
        return shape


@dataclass(slots=True)
class _Said:
    """A field as expressions of the source: its value, and whether it is said (empty for certainly)."""

    name: str
    value: str
    condition: str = ""


class _TextParts:
    """What parts of a map's own that share one element make of its text."""

    def __init__(self, parts: Sequence[Part], model: type[Value]) -> None:
        self._parts = parts
        self._model = model

    def __call__(self, text: str) -> dict[str, Any]:
        position = self._parts[0].position
        elements = ("",) * (position - 1) + (text,)
        found: Fields = {}
        mask = 0
        for part in self._parts:
            mask |= part.read(elements, found)
        if mask != 1 << position:
            raise ValueError(text)
        return {name: validator(self._model, name)(value) for name, value in found.items()}


class ReaderSource:
    """The function of a station for segments of ``last`` elements, in the making. Raises Unusual where there is none."""

    def __init__(self, station: Station, last: int) -> None:
        self._station = station
        self._record = station.record
        self._model = station.record.model
        self._last = last
        self._names: dict[str, object] = {"proven": proven, "say_also": say_also}
        self._looks: list[str] = []
        self._lines: list[str] = []
        self._refusals: list[str] = []
        self._said: list[_Said] = []
        self._claimed: set[int] = set()
        self._own: list[str] = []
        self._is_unfinished = False

    def function(self, oddly: PieceReader) -> PieceReader:
        if self._last < 1:
            raise Unusual
        self._names["oddly"] = oddly
        lines = "\n        ".join(self._body())
        unpacked = ", ".join(f"t{position}" for position in range(1, self._last + 1))
        source = (
            "def read(piece, parent, rest):\n"
            "    try:\n"
            f"        _, {unpacked} = piece\n"
            f"        {lines}\n"
            "    except (ValueError, ArithmeticError):\n"
            "        return oddly(piece, parent, rest)\n"
        )
        source += "".join(f"    {line}\n" for line in self._ending())
        exec(compile(source, f"<reading of {self._record.id}>", "exec"), self._names)  # noqa: S102
        made: PieceReader = self._names["read"]  # type: ignore[assignment]
        return made

    # What is in the segment

    def _body(self) -> list[str]:
        self._fixed()
        own: dict[int, list[Part]] = {}
        for part in self._record.parts:
            if type(part) is Field:
                self._field(part)
            elif type(part) is Choice:
                self._choice(part)
            elif type(part) is Group:
                self._group(part)
            elif type(part) is Pairs:
                self._pairs(part)
            elif type(part) is Series:
                self._series(part)
            elif isinstance(part, TextPart):
                own.setdefault(part.position, []).append(part)
            else:
                raise Unusual
        for position, parts in own.items():
            self._text_parts(position, parts)
        self._check_what_is_needed()
        return self._value_lines()

    def _bind(self, thing: object) -> str:
        name = f"o{len(self._names)}"
        self._names[name] = thing
        return name

    def _claim(self, *positions: int) -> bool:
        """Whether the segment is long enough to have these elements. Raises Unusual where another part has them too."""
        if not self._claimed.isdisjoint(positions):
            raise Unusual
        if max(positions) > self._last:
            return False
        self._claimed.update(positions)
        return True

    def _fixed(self) -> None:
        """What stands in for what is absent must stand there exactly where something is beside it."""
        fields = {part.position: part.unsaid for part in self._record.parts if type(part) is Field and part.unsaid}
        if len({fixed.position for fixed in self._record.fixed}) < len(self._record.fixed):
            raise Unusual
        for fixed in self._record.fixed:
            beside = "True" if fixed.beside is None else self._text(fixed.beside)
            text, otherwise = self._text(fixed.position), "True"
            if fields.get(fixed.position, fixed.text) != fixed.text:
                raise Unusual
            if fixed.position not in fields:
                otherwise = "False"
                self._claim(fixed.position)
            self._refusals.append(
                f"not ({beside} if {text} == {fixed.text!r} else not {beside} if not {text} else {otherwise})"
            )

    def _text(self, position: int) -> str:
        return f"t{position}" if position <= self._last else '""'

    def _field(self, part: Field) -> None:
        if not self._claim(part.position):
            return
        text = f"t{part.position}"
        if part.unsaid:
            if any(fixed.position == part.position for fixed in self._record.fixed):
                self._looks.append(f"s{part.position} = {text} if {text} != {part.unsaid!r} else ''")
                text = f"s{part.position}"
            else:
                self._refusals.append(f"{text} == {part.unsaid!r}")
        sure = self._must_be_there(part.name, text) or (part.position == self._last and not part.unsaid)
        self._say(part.name, self._made(part.form, self._model, part.name, text, sure), "" if sure else text)

    def _made(self, form: Form, model: type[Value], name: str, text: str, sure: bool) -> str:
        """The expression for the value of a text, which is certainly there if ``sure``."""
        absent = self._constant(absent_values(model)[name])
        plain = is_plain(form, kind_of(model, name))
        if form is TEXT and plain:
            return text if sure else f"({text} or {absent})"
        if plain and form == REAL and self._type_at(int(text[1:])) == "R":
            made = f"{self._bind(Decimal)}({text})"
            return made if sure else f"({made} if {text} else {absent})"
        return f"{self._bind(known(form, model, name))}[{text}]"

    def _constant(self, value: object) -> str:
        return repr(value) if value in (None, (), "") and type(value) in (type(None), tuple, str) else self._bind(value)

    def _must_be_there(self, name: str, condition: str) -> bool:
        """Have a segment refused that lacks what is demanded; whether it is."""
        if name in self._record.needed or absent_values(self._model)[name] is MISSING:
            self._refusals.append(f"not ({condition})")
            return True
        return False

    def _say(self, name: str, value: str, condition: str = "") -> None:
        self._said.append(_Said(name, value, condition))

    def _choice(self, part: Choice) -> None:
        if not self._claim(part.position):
            return
        text = f"t{part.position}"
        validate = validator(self._model, part.name)
        values = {
            code: validate(name) for code, name in part.codes.names.items() if name not in (part.other, part.unsaid)
        }
        known_values = Known(lambda code: values[code] if code in values else _refuse(code), self._absent(part.name))
        sure = self._must_be_there(part.name, text) or part.position == self._last
        self._say(part.name, f"{self._bind(known_values)}[{text}]", "" if sure else text)

    def _absent(self, name: str) -> Any:
        return self._station.absent[name]

    def _group(self, part: Group) -> None:
        there = [inner for inner in part.parts if self._claim(inner.position)]
        if any(type(inner) is not Field or inner.unsaid for inner in part.parts):
            raise Unusual
        if kind_of(self._model, part.name) is not part.model:
            raise Unusual
        if not there:
            return
        texts = {inner.name: f"t{inner.position}" for inner in there}
        demanded = {*part.needed, *_demanded(part.model)}
        if not demanded <= texts.keys():
            self._refusals.extend(texts.values())
            return
        condition = " or ".join(texts.values())
        sure = any(inner.position == self._last for inner in there) or self._must_be_there(part.name, condition)
        variable = f"g{part.position}"
        lacking = " or ".join(f"not {texts[name]}" for name in sorted(demanded))
        if lacking:
            self._refusals.append(lacking if sure else f"({condition}) and ({lacking})")
        made = self._nested(part.model, there, demanded)
        if part.often or all(self._is_short(inner.position) for inner in there):
            key = "".join(f"{text}, " for text in texts.values())
            memory = self._bind(Remembered())
            made = f"{memory}.get(({key})) or {memory}.keep(({key}), {made})"
        if not sure:
            made = f"({made}) if {condition} else {self._constant(self._absent(part.name))}"
        self._lines.append(f"{variable} = {made}")
        self._say(part.name, variable, "" if sure else condition)

    def _nested(self, model: type[Value], there: Sequence[Field], demanded: set[str]) -> str:
        said = [
            _Said(
                inner.name,
                self._made(inner.form, model, inner.name, f"t{inner.position}", inner.name in demanded),
                "" if inner.name in demanded or inner.position == self._last else f"t{inner.position}",
            )
            for inner in there
        ]
        return self._proven(model, absent_values(model), said, ())

    def _is_short(self, position: int) -> bool:
        """Whether an element is a code, a date or a time: of such there are few enough to be remembered."""
        return self._type_at(position) in ("ID", "DT", "TM")

    def _type_at(self, position: int) -> str:
        """The type of an element of a valid segment, or of its first component."""
        uses = self._station.definition.uses
        definition = uses[position - 1].definition if position <= len(uses) else None
        if isinstance(definition, CompositeDef):
            definition = definition.uses[0].definition
        return definition.type if isinstance(definition, ElementDef) else ""

    def _pairs(self, part: Pairs) -> None:
        if self._last < part.position:
            return
        entry = entry_of(self._model, part.name)
        code_key, text_key = part.keys
        if not (isinstance(entry, type) and issubclass(entry, Value)) or kind_of(entry, text_key) is not str:
            raise Unusual
        positions = list(range(part.position, min(part.last, self._last), 2))
        if not positions:
            return
        self._claim(*positions, *(position + 1 for position in positions))
        self._refusals.extend(f"not t{position} or not t{position + 1}" for position in positions)
        made = [
            self._proven(
                entry,
                absent_values(entry),
                [
                    _Said(code_key, self._made(part.form, entry, code_key, f"t{position}", True)),
                    _Said(text_key, f"t{position + 1}"),
                ],
                (),
            )
            for position in positions
        ]
        self._say(part.name, f"({', '.join(made)},)")

    def _series(self, part: Series) -> None:
        if self._last < part.position:
            return
        if entry_of(self._model, part.name) is not str:
            raise Unusual
        positions = range(part.position, min(part.last, self._last) + 1)
        self._claim(*positions)
        self._refusals.extend(f"not t{position}" for position in positions)
        self._say(part.name, f"({', '.join(f't{position}' for position in positions)},)")

    def _text_parts(self, position: int, parts: Sequence[Part]) -> None:
        """Parts of a map's own: what they make of their element is remembered by its text."""
        if not self._claim(position):
            return
        text = f"t{position}"
        self._looks.append(f"own{position} = {self._bind(Known(_TextParts(parts, self._model), {}))}[{text}]")
        self._own.append(f"own{position}")
        if any(part.name in self._record.needed for part in parts):
            self._refusals.append(f"not {text}")
        self._refusals.extend(
            f"{part.name!r} not in own{position}"
            for part in parts
            if part.name in self._record.needed or absent_values(self._model)[part.name] is MISSING
        )

    def _check_what_is_needed(self) -> None:
        """Nothing may be missing that the record or the model demands, and something must be said."""
        found = {said.name for said in self._said} | {part.name for part in self._record.parts if _is_own(part)}
        if not found.issuperset(self._record.needed):
            raise Unusual
        self._is_unfinished = not self._station.joining.own and bool(
            _demanded(self._model) - found - self._station.said
        )
        if self._is_unfinished and not self._station.inside.open:
            raise Unusual
        if not any(not said.condition for said in self._said):
            conditions = [said.condition for said in self._said] + self._own
            self._refusals.append(f"not ({' or '.join(conditions) or 'False'})")

    # What is made of it

    def _proven(self, model: type[Value], absent: dict[str, Any], said: Sequence[_Said], also: Iterable[str]) -> str:
        """The expression for a value of ``model``."""
        return f"proven({self._bind(model)}, {self._fields(absent, said)}, {self._names_said(said, also)})"

    def _fields(self, absent: dict[str, Any], said: Sequence[_Said]) -> str:
        """The expression for all fields of a value."""
        values = {each.name: each.value for each in said}
        entries = (f"{name!r}: {values.get(name) or self._constant(value)}" for name, value in absent.items())
        return f"{{{', '.join(entries)}}}"

    def _names_said(self, said: Sequence[_Said], also: Iterable[str]) -> str:
        """The expression for the set of the names of the fields that are said."""
        surely = {each.name for each in said if not each.condition}.union(also)
        maybe = [each for each in said if each.condition]
        if not maybe:
            return self._bind(surely)
        shapes = _Shapes(surely, [each.name for each in maybe])
        if len(maybe) == 1:
            return f"({self._bind(shapes[True,])} if {maybe[0].condition} else {self._bind(shapes[False,])})"
        all_said, none_said = (self._bind(shapes[(flag,) * len(maybe)]) for flag in (True, False))
        flags = ", ".join(f"not not ({each.condition})" for each in maybe)
        everything = " and ".join(f"({each.condition})" for each in maybe)
        anything = " or ".join(f"({each.condition})" for each in maybe)
        some = f"{self._bind(shapes)}[({flags},)]"
        return f"({all_said} if {everything} else {none_said} if not ({anything}) else {some})"

    def _value_lines(self) -> list[str]:
        refusal = [f"if {' or '.join(self._refusals)}: return oddly(piece, parent, rest)"] if self._refusals else []
        lines = [*self._looks, *refusal, *self._lines]
        if self._station.joining.own:
            return [*self._acceptance(), *lines, *self._single_values()]
        if self._record.accepts is not None:
            raise Unusual
        if self._is_open():
            return [*lines, *self._value_with_inside()]
        made = self._proven(self._model, self._station.absent, self._said, ())
        if not all(self._is_short(position) for position in self._claimed):
            return [*lines, f"value = {made}"]
        key = "".join(f"t{position}, " for position in sorted(self._claimed))
        memory = self._bind(Remembered())
        inner = [*lines, f"value = {memory}.keep(({key}), {made})"]
        return [f"value = {memory}.get(({key}))", "if value is None:", *(f"    {line}" for line in inner)]

    def _is_open(self) -> bool:
        """Whether something may be added to the value."""
        return bool(self._station.inside.said) or self._station.inside.open or bool(self._own)

    def _acceptance(self) -> list[str]:
        accepts, segment = self._record.accepts, self._station.segment
        if accepts is None:
            return []

        def accepted(piece: list[str]) -> bool:
            return accepts(segment(piece))

        return [f"if not {self._bind(accepted)}(piece): return oddly(piece, parent, rest)"]

    def _single_values(self) -> list[str]:
        """Lines for the values of the fields, each in a variable of its own."""
        lines = []
        for number, said in enumerate(self._said):
            lines.append(f"v{number} = {said.value}")
            said.value = f"v{number}"
        return lines

    def _value_with_inside(self) -> list[str]:
        """Lines for a value to which something may still be added."""
        lines = [f"fields = {self._fields(self._station.absent, self._said)}"]
        names = self._names_said(self._said, self._station.said)
        for own in self._own:
            lines.append(f"fields.update({own})")
            names = f"{names}.union({own})"
        return [*lines, f"value = proven({self._bind(self._model)}, fields, {names})"]

    # Where it goes

    def _ending(self) -> list[str]:
        left = [*self._leftover(), *(["rest.unfinished.append(fields)"] if self._is_unfinished else [])]
        joining, name = self._station.joining, self._station.name
        if joining is Joining.EACH:
            return [
                *left,
                "there = parent[0]",
                f"found = there[{name!r}]",
                f"if not found: there[{name!r}] = (value,)",
                "elif type(found) is list: found.append(value)",
                f"else: rest.add(there, {name!r}, value)",
                f"return {self._frame()}",
            ]
        once = [
            f"place = (id(there), {self._station.node})",
            "if place in rest.first: return oddly(piece, parent, rest)",
            "rest.first.add(place)",
        ]
        lines = ["there, owner = parent", *(once if joining.once else []), *left]
        if joining is Joining.ONE:
            return [*lines, f"there[{name!r}] = value", f"say_also(owner, {{{name!r}}})", f"return {self._frame()}"]
        return [*lines, *self._merging(), "return parent"]

    def _merging(self) -> list[str]:
        """Lines that put the fields into the place's own value."""
        lines = [
            f"{f'if {said.condition}: ' if said.condition else ''}there[{said.name!r}] = {said.value}"
            for said in self._said
        ]
        names = self._names_said(self._said, ())
        for own in self._own:
            lines.append(f"there.update({own})")
            names = f"{names}.union({own})"
        return [*lines, f"say_also(owner, {names})"]

    def _frame(self) -> str:
        return "(fields, value)" if self._station.inside.said or self._station.inside.open else "None"

    def _leftover(self) -> list[str]:
        """Lines for the elements that the record does not know."""
        unknown = [position for position in range(1, self._last + 1) if position not in self._claimed]
        if not unknown:
            return []
        mask = sum(1 << position for position in self._claimed)
        line = f"rest.left.append((piece, {mask}))"
        return [line if self._last in unknown else f"if {' or '.join(f't{position}' for position in unknown)}: {line}"]


def _is_own(part: Part) -> bool:
    return type(part) not in (Field, Choice, Group, Pairs, Series)


def _demanded(model: type[Value]) -> set[str]:
    return {name for name, value in absent_values(model).items() if value is MISSING}


def _refuse(text: str) -> Any:
    raise ValueError(text)
