"""Header blocks and multiparts as we write them."""

from collections.abc import Iterable
from enum import Enum

from .headers import field

LINE = 76
"""Characters after which a field of a part is folded, where it has parameters to fold at."""


class Folding(Enum):
    """How long fields of a part are broken into lines. Those of the message itself are HTTP's and never are (RFC 9112, section 5.2)."""

    NONE = "none"
    BLANK = "blank"
    """Before each parameter, the next line beginning with a blank (RFC 5322, section 2.2.3)."""
    TAB_BEFORE_BOUNDARY = "tab-before-boundary"
    """As well, and always before the boundary, with a tab."""


def block(pairs: Iterable[tuple[str, str]], folding: Folding = Folding.NONE) -> bytes:
    """Fields and the empty line after them."""
    return b"".join(_folded(field(name, value), folding) for name, value in pairs) + b"\r\n"


def with_boundary(value: str, boundary: str) -> str:
    """A Content-Type with its boundary."""
    return f'{value}; boundary="{boundary}"'


def opening(boundary: str, *, first: bool = False) -> bytes:
    """The line between two parts, with the break that ends the part before it."""
    return (b"" if first else b"\r\n") + b"--" + boundary.encode() + b"\r\n"


def closing(boundary: str) -> bytes:
    """The line after the last part."""
    return b"\r\n--" + boundary.encode() + b"--\r\n"


def _folded(line: bytes, folding: Folding) -> bytes:
    if folding is Folding.TAB_BEFORE_BOUNDARY:
        line = line.replace(b"; boundary=", b";\r\n\tboundary=")
    if folding is not Folding.NONE and len(line) > LINE:
        line = line.replace(b"; ", b";\r\n ")
    return line
