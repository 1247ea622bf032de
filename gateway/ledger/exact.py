"""JSON in exactly one form, so that equal values are equal bytes and the bytes themselves can be hashed.

Keys are sorted, nothing is spaced, text is UTF-8. Values are restricted to those for which this is the form of RFC 8785: strings that are
text, whole numbers that every reader keeps (below 2^53), booleans, null, arrays, and objects with ASCII keys.
"""

import json
import re
from typing import Any, NoReturn

LIMIT = 1 << 53
"""Whole numbers are smaller than this, whatever their sign: others are rounded by some readers (RFC 8785, section 3.2.2.3)."""


class Inexact(ValueError):
    """Not JSON, or not in its one form; says what is wrong."""


def write(value: Any) -> bytes:
    """``value`` in its one form. Raises Inexact for what has none."""
    try:
        _require_exact(value)
        return _ENCODER.encode(value).encode("utf-8")
    except UnicodeEncodeError as error:
        raise Inexact(f"{error.object[error.start]!r} is half of a character") from error
    except RecursionError as error:
        raise Inexact("it is nested too deeply") from error


def read(data: bytes) -> Any:
    """The value that ``data`` is the one form of. Raises Inexact."""
    if (quick := _read_plain(data)) is not None:
        return quick
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_object, parse_float=_no_number, parse_constant=_no_number
        )
    except UnicodeDecodeError as error:
        raise Inexact(f"byte {error.start} is no UTF-8") from error
    except json.JSONDecodeError as error:
        raise Inexact(f"it is no JSON: {error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise Inexact("it is nested too deeply") from error
    except ValueError as error:
        raise Inexact(str(error)) from error
    if write(value) != data:
        raise Inexact("it is not written in its one form (order of keys, blanks or escapes)")
    return value


def exact_text(text: str) -> str:
    """JSON as a column holds it, made exact: the same text where it is so already, as nearly always."""
    if _read_plain(text.encode("utf-8", "surrogatepass")) is not None:
        return text
    return write(exact(json.loads(text))).decode("utf-8")


def quoted(text: str | None) -> str:
    """A string, or nothing, as JSON in its one form."""
    return "null" if text is None else json.encoder.encode_basestring(text)


def exact(value: Any) -> Any:
    """``value`` with all that has no one form replaced by text: floats and large numbers, what is no JSON, halves of characters."""
    match value:
        case None | bool():
            return value
        case int():
            return int(value) if abs(value) < LIMIT else str(value)
        case str():
            return value.encode("utf-8", "backslashreplace").decode("utf-8")
        case list() | tuple():
            return [exact(each) for each in value]
        case dict():
            return {_key(key): exact(each) for key, each in value.items()}
        case _:
            return str(value)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)

_LONG = re.compile(rb"[0-9]{16}")
"""What a number too large has in it."""


def _read_plain(data: bytes) -> dict[str, Any] | None:
    """An object that is exact for certain; None where it takes a closer look. Ten times as fast as that.

    ASCII alone has neither other keys nor halves of characters, and what comes back the same from its value was in its one form.
    """
    if not data.isascii() or _LONG.search(data):
        return None
    try:
        text = data.decode("ascii")
        value = _PLAIN.decode(text)
        return value if isinstance(value, dict) and _ENCODER.encode(value) == text else None
    except (ValueError, RecursionError):
        return None


def _key(key: Any) -> str:
    return str(key).encode("ascii", "backslashreplace").decode("ascii")


def _require_exact(value: Any) -> None:
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if abs(value) >= LIMIT:
            raise Inexact(f"{value} is too large a number")
    elif isinstance(value, list):
        for each in value:
            _require_exact(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise Inexact(f"the key {key!r} is not ASCII")
            _require_exact(each)
    else:
        raise Inexact(f"{value!r} is none of the values it may have")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Inexact(f"a key of {sorted({key for key, _ in pairs})} stands there twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise Inexact(f"{text} is no whole number")


_PLAIN = json.JSONDecoder(parse_float=_no_number, parse_constant=_no_number)
