"""Values with parameters, as Content-Type and Content-Disposition have them (RFC 2045, section 5.1; RFC 2183; RFC 2231)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from .headers import Headers

_PARAMETER = re.compile(
    r""";\s*(?P<name>[^\s=;"]+)\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"?|(?P<bare>[^;]*))""", re.DOTALL
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SPLIT_NAME = re.compile(r"(?P<base>[^*]+)(?:\*(?P<number>\d+))?(?P<coded>\*)?")
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.+-]+")


@dataclass(frozen=True, slots=True)
class Parametered:
    """A value in lower case, and its parameters by their names in lower case. Of several with one name the first counts."""

    value: str
    parameters: dict[str, str]

    def parameter(self, name: str) -> str | None:
        return self.parameters.get(name)


@lru_cache(maxsize=64)
def read_parametered(text: str) -> Parametered:
    """What is in a header field's text; bare or quoted, with any blanks. Never fails: what is none is left out.

    Each Content-Type is asked for several times while a message is taken apart.
    """
    value, _, _ = text.partition(";")
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(text, len(value)):
        quoted = match["quoted"]
        written = _ESCAPED.sub(r"\1", quoted) if quoted is not None else match["bare"].strip()
        found.setdefault(match["name"].lower(), written)
    return Parametered(value.strip().lower(), _joined(found) if any("*" in name for name in found) else found)


def media_type(headers: Headers) -> Parametered:
    """The Content-Type; of an empty value where there is none."""
    return read_parametered(headers.get("content-type") or "")


def filename(headers: Headers) -> str | None:
    """The file name a part was given by its Content-Disposition, or else by the name of its Content-Type; as its sender wrote it."""
    disposition = read_parametered(headers.get("content-disposition") or "")
    return disposition.parameter("filename") or media_type(headers).parameter("name") or None


def written_parameter(name: str, value: str) -> str:
    """``name=value``, quoted where it must be; beyond ASCII in both the plain and the RFC 2231 form."""
    if _TOKEN.fullmatch(value):
        return f"{name}={value}"
    plain = "".join(character if " " <= character <= "~" else "_" for character in value)
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    written = f'{name}="{escaped}"'
    return written if plain == value else f"{written}; {name}*=UTF-8''{quote(value, safe='')}"


def _joined(found: dict[str, str]) -> dict[str, str]:
    """Parameters with continuations joined and percent-encoding undone; where both forms of one are given the encoded one counts."""
    plain = {name: value for name, value in found.items() if "*" not in name}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, value in found.items():
        match = _SPLIT_NAME.fullmatch(name)
        if "*" in name and match is not None:
            pieces.setdefault(match["base"], []).append((int(match["number"] or 0), bool(match["coded"]), value))
    return plain | {name: _decoded(sorted(parts, key=lambda part: part[0])) for name, parts in pieces.items()}


def _decoded(parts: list[tuple[int, bool, str]]) -> str:
    charset = "utf-8"
    if parts[0][1] and parts[0][2].count("'") >= 2:
        charset, _, rest = parts[0][2].split("'", 2)
        parts = [(0, True, rest), *parts[1:]]
    raw = b"".join(unquote_to_bytes(text) if coded else text.encode() for _, coded, text in parts)
    try:
        return raw.decode(charset or "utf-8")
    except (LookupError, UnicodeError, ValueError):
        return raw.decode("latin-1")
