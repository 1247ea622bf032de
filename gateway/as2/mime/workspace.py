"""Where the core puts what it makes on the way, without knowing whether that is memory or a disk."""

from typing import BinaryIO, Protocol


class Workspace(Protocol):
    """Gives files to write and read again; whoever made the workspace throws them away."""

    def file(self) -> BinaryIO:
        """A new, empty file, to be written, read and sought in."""
        ...
