"""Is this the head of a plain HTTP/1.x request? Whatever two readers could read in two ways is refused (RFC 9112 §11.2).

h11 reads the head afterwards. It is lenient where we must not be: lengths stated twice, a length beside a transfer coding, lines that
end in a bare LF.
"""

import re

from .port import Answer, plain

END_OF_HEAD = re.compile(rb"\n\r?\n")

_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"host"})
_VERSIONS = frozenset({b"HTTP/1.0", b"HTTP/1.1"})


class Refused(Exception):
    """What was sent is no acceptable request; ``answer`` tells the client why. The connection ends with it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body.decode().strip())
        self.answer = answer


def malformed(sentence: str) -> Refused:
    return Refused(plain(400, sentence))


def check_head(block: bytes, max_fields: int) -> None:
    """Judge a head with the empty line that ends it. Raises Refused."""
    # Without its CRLFs there must be no line break left: a bare LF or CR ends a line for some readers and not for others.
    if len(block.translate(None, b"\r\n")) + 2 * block.count(b"\r\n") != len(block):
        raise malformed("Lines of the head must end in CRLF.")
    request_line, *fields = block[:-4].split(b"\r\n")
    _check_version(request_line)
    if len(fields) > max_fields:
        raise Refused(plain(431, f"The request has {len(fields)} header lines; at most {max_fields} are read."))
    _check_framing(_framing_of(fields), request_line)


def _check_version(request_line: bytes) -> None:
    version = request_line.rpartition(b" ")[2]
    if version.startswith(b"HTTP/") and version not in _VERSIONS:
        raise Refused(plain(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here."))


def _framing_of(fields: list[bytes]) -> dict[bytes, list[bytes]]:
    """The fields that say where the body ends and for whom it is, as often as they are there."""
    found: dict[bytes, list[bytes]] = {}
    name = b""
    for line in fields:
        if line[:1] in (b" ", b"\t"):
            if name in _FRAMING:
                raise malformed(f"The field {name.decode()} must stand on one line.")
            continue
        name, _, value = line.partition(b":")
        name = name.lower()
        if name in _FRAMING:
            found.setdefault(name, []).append(value.strip(b" \t"))
    return found


def _check_framing(found: dict[bytes, list[bytes]], request_line: bytes) -> None:
    for name, values in found.items():
        if len(values) > 1:
            raise malformed(f"The field {name.decode()} stands {len(values)} times in the head; send it once.")
    lengths = found.get(b"content-length", [])
    codings = found.get(b"transfer-encoding", [])
    if lengths and codings:
        raise malformed("Content-Length and Transfer-Encoding exclude each other; send one of them.")
    if lengths and not lengths[0].isdigit():
        raise malformed("Content-Length must be one number of digits only.")
    if codings and request_line.endswith(b"HTTP/1.0"):
        raise malformed("HTTP/1.0 has no Transfer-Encoding; send Content-Length.")
    if codings and codings[0].lower() != b"chunked":
        raise Refused(plain(501, "The only transfer coding understood here is chunked."))
