"""Checkpoints (C2SP tlog-checkpoint): which log, how many entries, and the root over them; signed as a note. Pure."""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Self

from .note import Malformed
from .tree import HASH_BYTES

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The first ``size`` entries of the log ``origin`` have the root ``root``."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def read(cls, text: str) -> Self:
        """The inverse of ``str``; lines that follow are extensions, and nothing to us. Raises Malformed."""
        origin, *rest = text.split("\n")
        if len(rest) < 3 or not origin or rest[-1] or "" in rest[:-1]:
            raise Malformed("a checkpoint has a line each for its origin, its size and its root")
        size, encoded = rest[:2]
        if not _SIZE.fullmatch(size):
            raise Malformed(f"{size[:40]!r} is no size of a log")
        try:
            root = b64decode(encoded, validate=True)
        except ValueError as error:
            raise Malformed(f"{encoded[:60]!r} is no root in base64") from error
        if len(root) != HASH_BYTES or b64encode(root).decode() != encoded:
            raise Malformed(f"{encoded[:60]!r} is no root of {HASH_BYTES} bytes")
        return cls(origin, int(size), root)

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"
