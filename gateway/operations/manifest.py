"""The manifest of a backup: what is in it, and by which digests that is proved when it is restored."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from canonical.errors import Misconfigured

NAME = "manifest.json"
"""Its name in the archive, in which it stands last."""

PIECE = 1 << 20


class FileEntry(BaseModel):
    """One file. ``sha256`` is in lower-case hexadecimal, ``size`` in bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class Manifest(BaseModel):
    """What a backup holds. ``made_at`` is the moment of its database; ``files`` are paths in the home."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    made_at: datetime
    received: int
    files: dict[str, FileEntry]


def parse(data: bytes) -> Manifest:
    """Read a manifest. Raises Misconfigured for one that is damaged or of a later format."""
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Misconfigured(
            f"The backup's {NAME} is not understood ({place}: {first['msg']}): it is damaged, or was made by a later Tallystick."
        ) from error


class Hashing:
    """A file that is hashed as it is read, and ends after ``size`` bytes."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size
        self._digest = hashlib.sha256()
        self._size = size

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(piece)
        self._digest.update(piece)
        return piece

    def pieces(self) -> Iterator[bytes]:
        """What is left, in pieces."""
        while piece := self.read(PIECE):
            yield piece

    @property
    def entry(self) -> FileEntry:
        """What was read, which must have been all of it."""
        return FileEntry(sha256=self._digest.hexdigest(), size=self._size - self._left)
