"""What every supplier's desk can do: take a file and say which files to send."""

from collections.abc import Iterable, Iterator
from typing import Protocol

Outgoing = tuple[str, bytes]
"""A file to send: its name and its bytes."""


class Unexpected(Exception):
    """Something came that the supplier's desk has no answer for, or nothing came."""


class Connection(Protocol):
    """How files go to the gateway and come from it."""

    def send(self, name: str, data: bytes, *, temporary: bool) -> None:
        """Hand over a file, under a temporary name first where that is wanted and possible."""
        ...

    def collect(self) -> Iterator[tuple[str, bytes]]:
        """What came since the last time, oldest first."""
        ...


class Office(Protocol):
    """The people and programs at a supplier. ``renames``: whether its client uploads under a temporary name first."""

    renames: bool

    @property
    def finished(self) -> bool:
        """Whether everything was sent, and everything sent was answered."""
        ...

    def begin(self) -> Iterable[Outgoing]:
        """What it sends without being asked."""
        ...

    def take(self, name: str, data: bytes) -> Iterable[Outgoing]:
        """What it sends on getting a file. Raises :class:`Unexpected`."""
        ...
