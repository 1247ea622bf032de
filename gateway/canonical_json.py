"""Reading a file of documents in canonical JSON, with a complaint that leads to the place when it is none."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from canonical.documents import ANY_DOCUMENT, AnyDocument

TYPES: tuple[str, ...] = tuple(kind.__name__ for kind in get_args(get_args(AnyDocument)[0]))
"""What a document may say that it is."""

MOST_DIGITS = 30
"""Digits of a number written out without exponent: more than any amount or quantity has, and than X12 can carry."""

_SHOWN = 20

_EXPECTED = {
    "string": "text, in quotes",
    "decimal": "a number",
    "int": "a whole number",
    "finite": "a number",
    "date": "a date, written as 2026-11-21",
    "time": "a time, written as 06:46",
    "bool": "true or false",
    "tuple": "an array",
    "dict": "an object",
    "model": "an object",
}
"""What a field holds, by the first word of pydantic's name for a fault in it."""

_IDENTIFYING = frozenset(
    {"id", "number", "release", "contract", "partner", "value", "scheme", "unit", "kind", "code", "reference"}
    | {"order_type", "currency", "postal_code"}
)
"""Fields that name or number something. Line breaks and the like belong in text for people only, if anywhere."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a file gives no documents: what is wrong and where, a fault a line. ``code`` is kebab-case.

    ``cut_short``: the file looks as if its end were missing.
    """

    code: str
    message: str
    cut_short: bool = False


@dataclass(frozen=True, slots=True)
class _Unfit:
    """Stands where JSON has something that no document can hold, so that the complaint names the field. ``told`` says what."""

    told: str


def read(data: bytes, types: Collection[str] = TYPES) -> tuple[AnyDocument, ...] | Unreadable:
    """The documents of one file: a single one or an array of them, each of one of ``types``. All of them, or what prevents it."""
    text = _decode(data)
    if isinstance(text, Unreadable):
        return text
    try:
        parsed = json.loads(
            text,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        return _syntax(error, text)
    except (ValueError, RecursionError) as error:
        return Unreadable("not-json", f"This is JSON that cannot be read ({error}). Write it anew.")
    documents = parsed if isinstance(parsed, list) else [parsed]
    if not documents:
        return Unreadable("no-documents", "The array is empty: there is no document in it.")
    return _validate(documents, types)


def _refuse_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not a number in JSON")


def _number(written: str) -> Decimal | int | _Unfit:
    if _too_long(written):
        return _Unfit(_too_long_message(written))
    return int(written) if written.lstrip("-").isdigit() else Decimal(written)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a field given twice is unfit, for which of the two is meant nobody knows."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                found[name] = _Unfit("given more than once in one object; leave all but one out.")
            seen.add(name)
    return found


def _too_long(written: str) -> bool:
    """Whether a number in a form that Python can read has too many digits, or would have, written out."""
    mantissa, _, exponent = written.lower().partition("e")
    whole, _, fraction = mantissa.lstrip("+-").partition(".")
    if len(exponent.lstrip("+-0")) > len(str(MOST_DIGITS)) or len(whole) + len(fraction) > MOST_DIGITS:
        return True
    shift = int(exponent or "0")
    return max(len(whole) + shift, 0) + max(len(fraction) - shift, 0) > MOST_DIGITS


def _too_long_message(written: str) -> str:
    return (
        f"{_shorten(written)} has more than {MOST_DIGITS} digits when it is written out. Give the number that is meant."
    )


def _decode(data: bytes) -> str | Unreadable:
    if not data.strip():
        return Unreadable("empty", "The file is empty.", cut_short=True)
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = data[error.start : error.start + 1].hex().upper()
        place = f"Line {line}, byte {error.start + 1} of the file"
        return Unreadable("not-text", f"{place}: the byte {found} is not {encoding.upper()}. Write the file as UTF-8.")


def _syntax(error: json.JSONDecodeError, text: str) -> Unreadable:
    place = f"Line {error.lineno}, column {error.colno}"
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        told = f"{place}: the file ends in the middle of the JSON ({error.msg})."
        return Unreadable("not-json", told, cut_short=True)
    found = (text[error.pos : error.pos + 20].splitlines() or [""])[0]
    return Unreadable("not-json", f"{place}: this is not JSON ({error.msg}) at {found!r}. Correct it there.")


def _validate(documents: list[Any], types: Collection[str]) -> tuple[AnyDocument, ...] | Unreadable:
    read: list[AnyDocument] = []
    faults: list[str] = []
    wrong_type = False
    for number, document in enumerate(documents, start=1):
        place = f"Document {number} of {len(documents)}"
        told = document.get("type") if isinstance(document, dict) else None
        if not isinstance(told, str) or told not in types:
            wrong_type = True
            faults.append(f"{place}, field type: {_type_message(document, told, types)}")
            continue
        try:
            made = ANY_DOCUMENT.validate_python(document)
            read.append(made)
            faults += [f"{place}, field {field}: {told}" for field, told in _unfit(made, document)]
        except ValidationError as error:
            faults += [f"{place}, {_field_message(fault)}" for fault in error.errors(include_url=False)]
    if not faults:
        return tuple(read)
    shown = faults[:_SHOWN] + ([f"... and {len(faults) - _SHOWN} more."] if len(faults) > _SHOWN else [])
    shown.append("Positions count from 1.")
    return Unreadable("wrong-type" if wrong_type else "not-a-document", _printable("\n".join(shown)))


def _unfit(value: Any, given: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Fields whose values the model takes but no partner and no database can: ``value`` is what was made of ``given``."""
    match value:
        case BaseModel():
            for name in given:
                yield from _unfit(getattr(value, name), given[name], f"{field}.{name}".lstrip("."))
        case tuple():
            for position, (each, raw) in enumerate(zip(value, given, strict=True), start=1):
                yield from _unfit(each, raw, f"{field}[{position}]")
        case dict():
            for name, each in value.items():
                yield from _unfit(name, name, field)
                yield from _unfit(each, given[name], f"{field}.{name}")
        case str():
            told = _text_message(value, field)
            if told is not None:
                yield field, told
        case Decimal() | int() if not isinstance(value, bool):
            told = _number_message(given)
            if told is not None:
                yield field, told


def _text_message(text: str, field: str) -> str | None:
    broken = _SURROGATE.search(text)
    if broken is not None:
        return (
            f"half a character (\\u{ord(broken[0]):04x}) in {_shorten(text)}; it was cut in two. Write the whole text."
        )
    name = field.rpartition(".")[2].partition("[")[0]
    control = _CONTROL.search(text) if name in _IDENTIFYING else None
    if control is not None:
        return f"a control character (\\u{ord(control[0]):04x}) in {_shorten(text)}, which is no text. Take it out."
    return None


def _number_message(given: Any) -> str | None:
    if isinstance(given, bool):
        return f"{_shorten(given)} is no number."
    if not isinstance(given, str):
        return None
    if _too_long(given):
        return _too_long_message(given)
    if not _NUMBER.fullmatch(given):
        return (
            f"{_shorten(given)} is no number as it is written in JSON: digits 0 to 9 and a decimal point, nothing else."
        )
    return None


def _type_message(document: Any, told: object, types: Collection[str]) -> str:
    unfit = told if isinstance(document, dict) else document
    if isinstance(unfit, _Unfit):
        return unfit.told
    if not isinstance(document, dict):
        return f"a document is a JSON object, and this is {_shorten(document)}."
    if told is None:
        return f'missing. Every document says what it is: "type": "{next(iter(types))}".'
    return f"{_shorten(told)} is not taken here; only {', '.join(_shorten(each) for each in types)} is."


def _field_message(fault: Any) -> str:
    field = _field(fault["loc"][1:])
    if isinstance(fault["input"], _Unfit):
        return f"field {field}: {fault['input'].told}"
    if fault["type"] == "string_unicode" and not field:
        return f"the field name {_shorten(fault['input'])} has half a character in it. Write the whole name."
    return f"field {field}: {_told(fault)}"


def _field(place: Sequence[str | int]) -> str:
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def _told(fault: Any) -> str:
    """Pydantic's fault in our words."""
    kind, found = fault["type"], _shorten(fault["input"])
    match kind:
        case "missing":
            return "missing, and it is needed."
        case "extra_forbidden":
            return "there is no such field here; is it misspelt?"
        case "too_short":
            return f"has {fault['ctx']['actual_length']} entries, and must have at least {fault['ctx']['min_length']}."
        case "enum" | "literal_error":
            return f"{found} is not one of {fault['ctx']['expected'].replace(chr(39), '')}."
    expected = _EXPECTED.get(kind.split("_")[0])
    return f"{found} cannot be used." if expected is None else f"{found} is not {expected}."


def _shorten(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _printable(text: str) -> str:
    """Text that can be written to a file, whatever the export made of it."""
    return text.encode(errors="backslashreplace").decode()
