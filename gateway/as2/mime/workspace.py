"""Where the core puts what it makes on the way, without knowing whether that is memory or a disk."""

from typing import BinaryIO, Protocol


class Workspace(Protocol):
    """Gives files to write and read again; whoever made the workspace throws them away."""

    def file(self, *, most: int | None = None) -> BinaryIO:
        """A new, empty file, to be written, read and sought in; ``most`` is how many bytes at most will be in it, where that is known."""
        ...
