"""Header blocks and multiparts as we write them."""

from collections.abc import Iterable

from .headers import field

LINE = 76
"""Characters after which a field of a part is folded, where it has parameters to fold at."""


def block(pairs: Iterable[tuple[str, str]], *, folded: bool) -> bytes:
    """Fields and the empty line after them. The fields of a message itself are HTTP's and never folded (RFC 9112, section 5.2)."""
    return b"".join(field(name, fold(name, value) if folded else value) for name, value in pairs) + b"\r\n"


def fold(name: str, value: str) -> str:
    """A value that is too long for its line, broken before each parameter."""
    return value if len(name) + len(value) + 2 <= LINE else value.replace("; ", ";\r\n\t")


def with_boundary(value: str, boundary: str, *, tab: bool) -> str:
    """A Content-Type with its boundary, on a line of its own that begins with a tab where ``tab`` says so."""
    separator = ";\r\n\t" if tab else "; "
    return f'{value}{separator}boundary="{boundary}"'


def opening(boundary: str, *, first: bool = False) -> bytes:
    """The line between two parts, with the break that ends the part before it."""
    return (b"" if first else b"\r\n") + b"--" + boundary.encode() + b"\r\n"


def closing(boundary: str) -> bytes:
    """The line after the last part."""
    return b"\r\n--" + boundary.encode() + b"--\r\n"
