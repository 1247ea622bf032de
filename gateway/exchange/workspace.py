"""Where large messages lie while they are worked on."""

import tempfile
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

IN_MEMORY = 1 << 20
"""Bytes up to which a file of the workspace is memory."""


class TemporaryWorkspace:
    """A :class:`gateway.as2.mime.workspace.Workspace` whose files, on the disk where they are large, go when its block ends."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._files = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def file(self, *, most: int | None = None) -> BinaryIO:
        if most is not None and most <= IN_MEMORY:
            # What may move to the disk takes a detour at every step.
            return BytesIO()
        made = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(self._directory))  # noqa: SIM115
        return cast(BinaryIO, self._files.enter_context(made))
