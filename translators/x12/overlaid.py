"""The standard's tables with a partner's overlays: what a file from or to that partner is judged by."""

from dataclasses import dataclass

from .events import SetRead
from .overlay import Direction, Overlay, apply
from .rule_book import rule_book
from .rules import judged
from .schema import Dictionary, dictionary
from .tables import STANDARD


@dataclass(frozen=True, slots=True)
class OverlaidTables:
    """Tables (:class:`.tables.Tables`) for what goes in one direction. What is compiled is kept, by overlay and version."""

    overlays: tuple[Overlay, ...]
    direction: Direction

    def dictionary(self, version: str, functional_id: str | None = None) -> Dictionary | None:
        """The standard's tables for a GS08 and a GS01, wider where an overlay allows more."""
        found = STANDARD.dictionary(version, functional_id)
        for overlay in self._overlays(version) if found is not None else ():
            found = apply(found, overlay)
        return found

    def judged(self, read: SetRead) -> SetRead:
        """The set as the partner's rules leave it."""
        if read.body is None:
            return read
        book = rule_book(dictionary(read.body.version), read.header.set_id, self._overlays(read.header.version))
        return read if book is None else judged(read, book)

    def _overlays(self, version: str) -> tuple[Overlay, ...]:
        return tuple(
            each for each in self.overlays if each.direction in (None, self.direction) and each.is_for(version)
        )
