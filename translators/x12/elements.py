"""One segment's elements against their definitions: types, lengths, code lists, requirement and relational notes.

Every fault is told once, and a faulty element has one fault: the first of length, then form, then code.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .findings import Code
from .schema import UNBOUNDED, CompositeDef, ElementDef, Note, SegmentDef, Use
from .values import is_real, is_whole, parse_date, parse_time

_SHOWN_CODES = 12
_CONTROL = frozenset(map(chr, (*range(0x20), 0x7F)))
_KIND = {"AN": "text", "ID": "a code", "DT": "a date", "TM": "a time", "R": "a decimal number", "B": "binary data"}


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault in a segment. ``ack`` is the code of AK403, or None for what X12 has no code for. ``element`` counts from 1."""

    code: Code
    element: int | None
    message: str
    component: int | None = None
    value: str | None = None
    ack: str | None = None


def check_segment(
    definition: SegmentDef,
    elements: Sequence[str],
    component_separator: str,
    repetition_separator: str | None = None,
) -> list[Problem]:
    """Every fault of a segment whose elements' texts are ``elements`` (01 first)."""
    if not any(elements):
        return _without_data(definition)
    single, others = _check_repetitions(definition, elements, component_separator, repetition_separator)
    problems = list(_check_all(definition.uses, single, component_separator, definition.tag, None))
    if others:
        problems = sorted([*problems, *others], key=_element_of)
    missing = {problem.element for problem in problems if problem.code is Code.MISSING_ELEMENT}
    problems.extend(_check_notes(definition.notes, elements, missing, definition.tag, 2))
    problems.extend(_surplus(definition, elements))
    return problems


def _element_of(problem: Problem) -> int:
    return problem.element or 0


def _check_repetitions(
    definition: SegmentDef, elements: Sequence[str], component: str, repetition: str | None
) -> tuple[Sequence[str], list[Problem]]:
    """The elements with one occurrence each, and the faults of the other occurrences.

    A text that may not repeat and is sound as a whole is kept with a warning: some senders name a character in ISA11 that they use in
    postal codes and descriptions.
    """
    if repetition is None or not any(repetition in text for text in elements):
        return elements, []
    single = list(elements)
    problems: list[Problem] = []
    for position, (use, text) in enumerate(zip(definition.uses, elements, strict=False), 1):
        if repetition not in text:
            continue
        if use.repeat == 1 and not list(_check_all([use], [text], component, definition.tag, None, position)):
            problems.append(_separator_in_text(definition.tag, position, text, repetition))
            continue
        first, *more = text.split(repetition)
        single[position - 1] = first
        if use.repeat != UNBOUNDED and len(more) >= use.repeat:
            problems.append(_too_often(use, definition.tag, position, text, repetition))
            continue
        for other in filter(None, more):
            problems.extend(_check_all([use], [other], component, definition.tag, None, position))
    return single, problems


def _separator_in_text(tag: str, position: int, text: str, repetition: str) -> Problem:
    message = (
        f"{place(tag, position)} contains {repetition!r}, which separates repeated elements in this interchange (ISA11). It was kept as "
        "it is. Choose another separator."
    )
    return Problem(Code.REPETITION_IN_TEXT, position, message, value=text, ack="12")


def _too_often(use: Use, tag: str, position: int, text: str, repetition: str) -> Problem:
    times = "once" if use.repeat == 1 else f"{use.repeat} times"
    message = (
        f"{place(tag, position)} stands {text.count(repetition) + 1} times, separated by {repetition!r} (ISA11), but may only {times}. "
        "Remove what is too much."
    )
    return Problem(Code.TOO_MANY_REPETITIONS, position, message, value=text, ack="12")


def _without_data(definition: SegmentDef) -> list[Problem]:
    for position, use in enumerate(definition.uses, 1):
        if use.required:
            return [_missing(definition.tag, position, None)]
    message = f"The segment {definition.tag} has no data at all. Leave it out, or fill it."
    return [Problem(Code.SEGMENT_WITHOUT_DATA, None, message)]


def _check_all(
    uses: Sequence[Use], texts: Sequence[str], separator: str, name: str, within: int | None, first: int = 1
) -> Iterator[Problem]:
    """The elements of a segment from ``first`` on, or (``within`` the element at that position) the components of a composite.

    Blanks alone say nothing (X12.6 wants a character that is none): they do for what may be absent, not for what must be there.
    """
    for position, use in enumerate(uses, first):
        text = texts[position - first] if position - first < len(texts) else ""
        if use.required and not text.strip(" "):
            yield _missing(name, position, within)
        elif not text:
            continue
        elif isinstance(use.definition, CompositeDef):
            yield from _check_composite(use.definition, text, separator, name, position)
        else:
            problem = check_element(use.definition, text, separator, place(name, position, within))
            if problem is not None:
                yield _at(problem, position, within)


def _check_composite(
    definition: CompositeDef, text: str, separator: str, name: str, position: int
) -> Iterator[Problem]:
    components = text.split(separator)
    problems = list(_check_all(definition.uses, components, separator, name, position))
    missing = {problem.component for problem in problems if problem.code is Code.MISSING_ELEMENT}
    yield from problems
    for problem in _check_notes(definition.notes, components, missing, f"{name}{position:02}-", 1):
        yield _at(problem, problem.element or 1, position)
    if any(components[len(definition.uses) :]):
        message = (
            f"{place(name, position, None)} has {len(components)} components, but the standard knows only "
            f"{len(definition.uses)}. Remove what is too much."
        )
        yield Problem(Code.TOO_MANY_ELEMENTS, position, message, len(definition.uses) + 1, text, "3")


def _check_notes(
    notes: Sequence[Note], texts: Sequence[str], missing: set[int | None], name: str, digits: int
) -> Iterator[Problem]:
    """The faults of notes, each missing element told once. ``missing`` are those told already."""
    for note in notes:
        problem = check_note(note, texts, name, digits)
        if problem is not None and problem.element not in missing:
            missing.add(problem.element)
            yield problem


def _at(problem: Problem, position: int, within: int | None) -> Problem:
    element, component = (position, None) if within is None else (within, position)
    return Problem(problem.code, element, problem.message, component, problem.value, problem.ack)


def _missing(name: str, position: int, within: int | None) -> Problem:
    where = place(name, position, within)
    message = f"{where} is missing, but it must always be there. Fill it."
    element, component = (position, None) if within is None else (within, position)
    return Problem(Code.MISSING_ELEMENT, element, message, component, ack="1")


def place(name: str, position: int, within: int | None = None) -> str:
    """The name of an element as people write it: ``PO102``, or ``MEA04-2`` for a component."""
    return f"{name}{position:02}" if within is None else f"{name}{within:02}-{position}"


def check_element(definition: ElementDef, text: str, component_separator: str, where: str) -> Problem | None:
    """The fault of one element that is there, if any. ``where`` names it in the message; the position is the caller's."""
    kind = definition.type
    numeric = kind == "R" or kind[0] == "N"
    if numeric and not (is_real(text) if kind == "R" else is_whole(text)):
        form = "digits, with a minus sign and a decimal point if need be" if kind == "R" else "digits without a point"
        return _problem(Code.INVALID_CHARACTER, f"{where} is {text!r}, but must be a number: {form}.", text, "6")
    length = sum(character.isdigit() for character in text) if numeric else len(text)
    if length < definition.minimum or (definition.maximum is not None and length > definition.maximum):
        return _length_problem(definition, text, length, where)
    if kind == "ID":
        return _check_code(definition, text, where)
    if kind == "DT":
        return _check_date(text, where)
    if kind == "TM":
        return _check_time(text, where)
    if kind == "AN":
        return _check_text(text, component_separator, where)
    return None


def _problem(code: Code, message: str, value: str, ack: str) -> Problem:
    return Problem(code, None, message, value=value, ack=ack)


def _length_problem(definition: ElementDef, text: str, length: int, where: str) -> Problem:
    unit = "digits" if definition.type == "R" or definition.type[0] == "N" else "characters"
    if length < definition.minimum:
        wanted = f"at least {definition.minimum}"
        code, ack = Code.TOO_SHORT, "4"
    else:
        wanted = f"at most {definition.maximum}"
        code, ack = Code.TOO_LONG, "5"
    if definition.minimum == definition.maximum:
        wanted = f"exactly {definition.minimum}"
    kind = _KIND.get(definition.type, "a number")
    shown = text if len(text) <= 40 else text[:40] + "..."
    message = f"{where} is {shown!r} ({length} {unit}), but must be {kind} of {wanted} {unit}."
    return _problem(code, message, text, ack)


def _check_code(definition: ElementDef, text: str, where: str) -> Problem | None:
    codes = definition.codes
    if codes is None:
        return _check_text(text, "", where)
    if text in codes:
        return None
    hint = ""
    if text.upper() in codes:
        hint = f" Codes are in capitals: {text.upper()}."
    elif text.strip() in codes:
        hint = f" It has blanks around it: send {text.strip()}."
    elif len(codes) <= _SHOWN_CODES:
        hint = f" Allowed are: {', '.join(sorted(codes))}."
    message = f"{where} is {text!r}, which is not in the code list of element {definition.number}.{hint}"
    return _problem(Code.INVALID_CODE, message, text, "7")


def _check_date(text: str, where: str) -> Problem | None:
    try:
        parse_date(text)
    except ValueError:
        form = "YYMMDD" if len(text) == 6 else "CCYYMMDD"
        return _problem(Code.INVALID_DATE, f"{where} is {text!r}, which is no date of the form {form}.", text, "8")
    return None


def _check_time(text: str, where: str) -> Problem | None:
    try:
        parse_time(text)
    except ValueError:
        message = f"{where} is {text!r}, which is no time of the form HHMM, HHMMSS or HHMMSSDD (00 to 23 hours)."
        return _problem(Code.INVALID_TIME, message, text, "9")
    return None


def _check_text(text: str, component_separator: str, where: str) -> Problem | None:
    if not text.isprintable() and not _CONTROL.isdisjoint(text):
        bad = next(character for character in text if character in _CONTROL)
        message = f"{where} contains the control character 0x{ord(bad):02X}, which text must not. Remove it."
        return _problem(Code.INVALID_CHARACTER, message, text, "6")
    if component_separator and component_separator in text:
        message = (
            f"{where} contains {component_separator!r}, which this interchange uses to separate components (ISA16). "
            "It was taken as text; use another ISA16 or another character."
        )
        return _problem(Code.DELIMITER_IN_TEXT, message, text, "6")
    return None


def check_note(note: Note, texts: Sequence[str], name: str, digits: int = 2) -> Problem | None:
    """The fault of one relational note, at the first element that is missing or too much.

    ``name`` and the position in so many ``digits`` name an element in the message: ``PO102``, ``MEA04-2``.
    """
    positions = note.positions
    count = len(texts)
    given = [position for position in positions if position <= count and texts[position - 1]]
    if not given and note.kind != "R":
        return None
    if note.kind == "E":
        return _excluded(given, texts, name, digits) if len(given) > 1 else None
    absent = [position for position in positions if position not in given]
    if note.kind == "P":
        broken = bool(absent)
    elif note.kind == "R":
        broken = not given
    else:
        absent = [position for position in absent if position != positions[0]]
        broken = positions[0] in given and bool(absent) and (note.kind == "C" or len(absent) == len(positions) - 1)
    if not broken:
        return None
    message = f"{name}{absent[0]:0{digits}} is missing: {_demand(note, name, digits)}."
    return Problem(Code.CONDITIONAL_ELEMENT_MISSING, absent[0], message, ack="2")


def _excluded(given: list[int], texts: Sequence[str], name: str, digits: int) -> Problem:
    first, second = (f"{name}{position:0{digits}}" for position in given[:2])
    message = f"{first} and {second} exclude each other; send one of them."
    return Problem(Code.EXCLUDED_ELEMENT, given[1], message, value=texts[given[1] - 1], ack="10")


def _demand(note: Note, name: str, digits: int) -> str:
    """What a note demands, in words."""
    names = [f"{name}{position:0{digits}}" for position in note.positions]
    if note.kind == "P":
        return f"{', '.join(names)} must be sent together or not at all"
    if note.kind == "R":
        return f"at least one of {', '.join(names)} must be sent"
    rest = ", ".join(names[1:])
    return f"{names[0]} is sent, so {rest if note.kind == 'C' else 'one of ' + rest} must be sent too"


def _surplus(definition: SegmentDef, elements: Sequence[str]) -> Iterator[Problem]:
    known = len(definition.uses)
    for position in range(known + 1, len(elements) + 1):
        if elements[position - 1]:
            message = (
                f"{definition.tag} has {len(elements)} elements, but the standard knows only {known}. "
                f"{place(definition.tag, position)} and what follows must go."
            )
            yield Problem(Code.TOO_MANY_ELEMENTS, position, message, value=elements[position - 1], ack="3")
            return
    if elements and not elements[-1]:
        message = f"{definition.tag} ends in separators with nothing between them. Harmless; leave them out."
        yield Problem(Code.TRAILING_SEPARATORS, len(elements), message)
