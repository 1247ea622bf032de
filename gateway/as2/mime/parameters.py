"""Values with parameters, as Content-Type and Content-Disposition have them (RFC 2045, section 5.1; RFC 2183; RFC 2231)."""

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from .headers import Headers

_PARAMETER = re.compile(
    r""";\s*(?P<name>[^\s=;"]+)\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"?|(?P<bare>[^;]*))""", re.DOTALL
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SPLIT_NAME = re.compile(r"(?P<base>[^*]+)(?:\*(?P<number>\d{1,4}))?(?P<coded>\*)?", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.+-]+")
_CHARSET = re.compile(r"utf-?8|utf-?16(?:[bl]e)?|us-ascii|iso-?8859-?\d{1,2}|windows-125\d", re.ASCII | re.IGNORECASE)
"""Character sets that senders may name. Python has codecs that are no character sets, or take time with the square of the length."""
LONGEST = 4096
"""Characters of a parameter that are looked at."""


@dataclass(frozen=True, slots=True)
class Parametered:
    """A value in lower case, and its parameters as written, by their names in lower case. Of several with one name the first counts."""

    value: str
    written: dict[str, str]

    def parameter(self, name: str) -> str | None:
        """A parameter, with continuations joined and percent-encoding undone; where both forms of one are given the encoded one counts."""
        pieces = self._pieces(name)
        found = _decoded(pieces) if pieces else self.written.get(name)
        return None if found is None else found[:LONGEST]

    def _pieces(self, name: str) -> list["_Piece"]:
        """What is written under a name in the forms of RFC 2231, in order."""
        split = (
            (_SPLIT_NAME.fullmatch(each), text) for each, text in self.written.items() if each.startswith(f"{name}*")
        )
        pieces = (
            _Piece(int(match["number"] or 0), match["coded"] is not None, text)
            for match, text in split
            if match is not None
        )
        return sorted(pieces, key=lambda piece: piece.number)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One continuation of a parameter, or all of it; ``coded`` is in percent-encoding."""

    number: int
    coded: bool
    text: str


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
    return Parametered(value.strip().lower(), found)


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


def _decoded(pieces: list[_Piece]) -> str:
    first, *others = pieces
    charset = ""
    if first.coded and first.text.count("'") >= 2:
        charset, _, rest = first.text.split("'", 2)
        pieces = [_Piece(0, True, rest), *others]
    raw = b"".join(unquote_to_bytes(piece.text) if piece.coded else piece.text.encode() for piece in pieces)
    return _text(raw, charset or "utf-8")


def _text(raw: bytes, charset: str) -> str:
    if _CHARSET.fullmatch(charset):
        with suppress(LookupError, UnicodeError):
            return raw.decode(charset)
    return raw.decode("latin-1")
