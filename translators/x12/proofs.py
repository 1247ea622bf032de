"""Segments that are certainly right, told at a glance: the fast half of validation.

A proof is a function made from a segment's definition. It may refuse a segment that is right, and then the exact check
(:mod:`.elements`) decides; what it accepts, the exact check accepts too, without a finding. It is Python source, generated once a
definition, because a straight line of comparisons is the fastest thing that Python can be given.

A proof relies on what :class:`translators.x12.lexer.Run` promises of its pieces: printable ASCII, with no separator of components or
repetitions in them.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from .schema import CompositeDef, ElementDef, Note, SegmentDef, Use
from .values import parse_date, parse_time

Proof: TypeAlias = Callable[[list[str]], bool]
"""Whether a segment, split at its element separator with the tag in front, is certainly right."""

_MOST_KNOWN = 50_000
"""Dates and times remembered; a hostile file must not fill the memory with them."""


class _Known(set[str]):
    """Texts that a parser has taken before: looking one up costs a tenth of parsing it."""

    def __init__(self, parse: Callable[[str], object]) -> None:
        super().__init__()
        self._parse = parse

    def accept(self, text: str) -> bool:
        """Whether the parser takes ``text``; if so it is remembered."""
        try:
            self._parse(text)
        except ValueError:
            return False
        if len(self) < _MOST_KNOWN:
            self.add(text)
        return True


_DATES = _Known(parse_date)
_TIMES = _Known(parse_time)


@lru_cache(maxsize=4096)
def proof(definition: SegmentDef) -> Proof:
    """The proof for a segment."""
    names: dict[str, Any] = {"DATES": _DATES, "TIMES": _TIMES}
    source = "\n".join(["def certain(e):", *(f"    {line}" for line in _lines(definition, names))])
    exec(compile(source, f"<proof of {definition.tag}>", "exec"), names)  # noqa: S102
    made: Proof = names["certain"]
    return made


def _lines(definition: SegmentDef, names: dict[str, Any]) -> Iterator[str]:
    """The statements of a proof. Element ``n`` is ``e[n]``; a segment that ends after it is told as soon as it has been looked at."""
    required = [position for position, use in enumerate(definition.uses, 1) if use.required]
    fewest = required[-1] if required else 1
    yield "n = len(e) - 1"
    yield f"if not {fewest} <= n <= {len(definition.uses)} or not e[n]: return False"
    for position, use in enumerate(definition.uses, 1):
        yield f"t = e[{position}]"
        condition = _condition(use, position, names)
        yield (
            f"if not (t and {condition}): return False" if use.required else f"if t and not ({condition}): return False"
        )
        if position >= fewest:
            yield f"if n == {position}: return {_notes_hold(definition, position)}"


def _condition(use: Use, position: int, names: dict[str, Any]) -> str:
    """What ``t``, which is not empty where the element may be absent, must be."""
    if isinstance(use.definition, CompositeDef):
        return _composite_condition(use.definition, position, names)
    condition = _element_condition(use.definition, position, names)
    blanks_pass = use.definition.type in ("AN", "ID", "B") and use.definition.codes is None
    return f"not t.isspace() and {condition}" if use.required and blanks_pass else condition


def _composite_condition(definition: CompositeDef, position: int, names: dict[str, Any]) -> str:
    """A composite of which only the first component is given: nothing else is proven."""
    first, *rest = definition.uses
    demanded = any(use.required for use in rest) or any(not _holds(note, 1, {1}) for note in definition.notes)
    return "False" if demanded else _condition(first, position, names)


def _element_condition(definition: ElementDef, position: int, names: dict[str, Any]) -> str:
    kind = definition.type
    if kind == "ID" and definition.codes is not None:
        names[f"CODES{position}"] = _codes_of_length(definition)
        return f"t in CODES{position}"
    if kind == "DT":
        return f"{_length(definition)} and (t in DATES or DATES.accept(t))"
    if kind == "TM":
        return f"{_length(definition)} and (t in TIMES or TIMES.accept(t))"
    if kind == "R":
        whole, with_point = _length(definition), _length(definition, point=1)
        return f"({whole} if t.isdigit() else {with_point} and t.replace('.', '', 1).isdigit())"
    if kind[0] == "N":
        return f"t.isdigit() and {_length(definition)}"
    return _length(definition)


def _codes_of_length(definition: ElementDef) -> frozenset[str]:
    """The codes that also have the element's length, which is judged first."""
    assert definition.codes is not None
    most = definition.maximum
    return frozenset(
        code for code in definition.codes if definition.minimum <= len(code) and (most is None or len(code) <= most)
    )


def _length(definition: ElementDef, point: int = 0) -> str:
    """The bounds of a length, in which a decimal ``point`` does not count."""
    least, most = definition.minimum + point, definition.maximum
    if most is None:
        return f"len(t) >= {least}"
    most += point
    if least == most:
        return f"len(t) == {most}"
    return f"len(t) <= {most}" if least <= 1 else f"{least} <= len(t) <= {most}"


def _notes_hold(definition: SegmentDef, last: int) -> str:
    """The relational notes, of a segment whose last element is ``last``: an expression, as short as what is known allows."""
    certain = {last} | {position for position, use in enumerate(definition.uses, 1) if use.required}
    open_ones = [text for note in definition.notes if (text := _note(note, last, certain)) != "True"]
    if "False" in open_ones:
        return "False"
    return " and ".join(open_ones) or "True"


def _holds(note: Note, last: int, certain: set[int]) -> bool:
    return _note(note, last, certain) == "True"


def _note(note: Note, last: int, certain: set[int]) -> str:
    """A note as an expression over the elements of which it is not known whether they are there."""
    known: list[bool] = []
    asked: list[str] = []
    for position in note.positions:
        if position > last:
            known.append(False)
        elif position in certain:
            known.append(True)
        else:
            asked.append(f"e[{position}]")
    if note.kind in "CL":
        return _implication(note, last, certain)
    given, absent = known.count(True), known.count(False)
    if note.kind == "P":
        if given and absent:
            return "False"
        if not asked:
            return "True"
        everything, nothing = " and ".join(asked), " or ".join(asked)
        if given:
            return f"bool({everything})"
        return f"(not ({nothing}))" if absent else f"(bool({everything}) or not ({nothing}))"
    if note.kind == "R":
        return "True" if given else (f"bool({' or '.join(asked)})" if asked else "False")
    count = " + ".join([str(given), *(f"(not not {text})" for text in asked)])
    return f"({count} <= 1)" if asked or given > 1 else "True"


def _implication(note: Note, last: int, certain: set[int]) -> str:
    """C (the first demands all the others) and L (one of them)."""
    first, *others = note.positions
    if first > last:
        return "True"
    texts = [_presence(position, last, certain) for position in others]
    demanded = _joined(texts, "and" if note.kind == "C" else "or")
    if first in certain or demanded == "True":
        return demanded if demanded in ("True", "False") else f"bool({demanded})"
    return f"(not e[{first}])" if demanded == "False" else f"(not e[{first}] or bool({demanded}))"


def _presence(position: int, last: int, certain: set[int]) -> str:
    if position > last:
        return "False"
    return "True" if position in certain else f"e[{position}]"


def _joined(texts: Sequence[str], operator: str) -> str:
    """The texts joined; ``True`` and ``False`` among them are taken out, or decide."""
    deciding, neutral = ("False", "True") if operator == "and" else ("True", "False")
    if deciding in texts:
        return deciding
    rest = [text for text in texts if text != neutral]
    return f" {operator} ".join(rest) if rest else neutral
