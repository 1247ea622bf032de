"""Files in memory for what the core makes on the way."""

import io
from typing import BinaryIO


class MemoryWorkspace:
    """Keeps what was asked for, so that a test can look at it."""

    def __init__(self) -> None:
        self.files: list[io.BytesIO] = []

    def file(self, *, most: int | None = None) -> BinaryIO:
        made = io.BytesIO()
        self.files.append(made)
        return made
