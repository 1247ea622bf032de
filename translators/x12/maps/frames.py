"""What a compiled reading has in hand: the values in the making, and what is left of the set."""

from collections.abc import Callable
from typing import Any, TypeAlias

from canonical.base import Value, proven

from .field_values import absent_values

Frame: TypeAlias = tuple[dict[str, Any], Value]
"""A value in the making, and its fields, to which those of what is inside it are still added."""


def new_frame(model: type[Value]) -> Frame:
    """The frame of a value of which nothing is said yet."""
    fields = absent_values(model).copy()
    return fields, proven(model, fields, set())


PieceReader: TypeAlias = "Callable[[list[str], Frame, Remainder], Frame | None]"
"""Reads a segment in a frame. Returns the frame of what is inside the loop that it begins; None where that is not understood."""


class Remainder:
    """What is left of a set: the segments and elements that were not taken, and the places found empty; see :class:`.reading.Reading`.

    A segment in ``left`` has the elements that were taken as a bit mask, None if it was not taken at all. ``first`` are the places that
    were filled, of which the next segment is too much; ``lists`` the fields that are lists until the set ends; ``endings`` who reads on
    then, for which frame, and from what. Children of a map's own keep what they have begun of a frame in ``kept``, by the identities of
    its fields and of themselves. ``heads`` are the segments of the fields that checks ask for. ``skipped``: a segment that the map knows
    was passed over. ``unfinished`` are the fields of values that still lack something that must come from inside their loop.
    """

    __slots__ = ("absent", "blanks", "endings", "first", "heads", "kept", "left", "lists", "skipped", "unfinished")

    def __init__(self) -> None:
        self.left: list[tuple[list[str], int | None]] = []
        self.blanks: list[tuple[list[str], int]] = []
        self.absent: list[str] = []
        self.first: set[tuple[int, int]] = set()
        self.lists: list[tuple[dict[str, Any], str]] = []
        self.endings: list[tuple[Any, Frame, Any]] = []
        self.kept: dict[tuple[int, int], Any] = {}
        self.heads: dict[str, list[str]] = {}
        self.skipped = False
        self.unfinished: list[dict[str, Any]] = []

    def skip(self, piece: list[str]) -> None:
        """Pass over a segment that the map knows."""
        self.left.append((piece, None))
        self.skipped = True

    def leave(self, piece: list[str], taken: int) -> None:
        """Tell of a segment what was taken of it, if that is not everything."""
        if any(text and not taken >> position & 1 for position, text in enumerate(piece[1:], 1)):
            self.left.append((piece, taken))

    def add(self, fields: dict[str, Any], name: str, value: Any) -> None:
        """Add an entry to a field of many."""
        found = fields[name]
        if type(found) is tuple:
            if not found:
                fields[name] = (value,)
                return
            found = fields[name] = [*found]
            self.lists.append((fields, name))
        found.append(value)

    def close_lists(self) -> None:
        for fields, name in self.lists:
            fields[name] = tuple(fields[name])
