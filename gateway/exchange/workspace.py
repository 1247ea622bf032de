"""Where large messages lie while they are worked on."""

import errno
import tempfile
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from ..listeners.http import InHand

IN_MEMORY = 1 << 20
"""Bytes up to which a file of the workspace is memory."""


class TemporaryWorkspace:
    """A :class:`gateway.as2.mime.workspace.Workspace` whose files, on the disk where they are large, go when its block ends.

    What is written counts as ``in_hand`` until then, where that is given: whoever posted it decides how much it becomes.
    """

    def __init__(self, directory: Path, in_hand: InHand | None = None) -> None:
        self._directory = directory
        self._in_hand = in_hand
        self._files = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def file(self, *, most: int | None = None) -> BinaryIO:
        """A new file. Writing to it raises OSError where there is more in hand than may be."""
        if most is not None and most <= IN_MEMORY:
            # What may move to the disk takes a detour at every step.
            return BytesIO()
        made = _Counted(self._directory, self._in_hand)
        self._files.callback(made.end)
        return cast(BinaryIO, made)


class _Counted(tempfile.SpooledTemporaryFile[bytes]):
    def __init__(self, directory: Path, in_hand: InHand | None) -> None:
        super().__init__(max_size=IN_MEMORY, dir=str(directory))
        self._in_hand = in_hand
        self._counted = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if self._in_hand is not None:
            self._counted += len(data)
            if not self._in_hand.take(len(data)):
                raise OSError(errno.ENOSPC, "More is being worked on than may be at once.")
        return super().write(data)

    def end(self) -> None:
        self.close()
        if self._in_hand is not None:
            self._in_hand.give_back(self._counted)
