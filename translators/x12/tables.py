"""By what a file is judged: the standard's tables, or a partner's (see :mod:`.overlaid`)."""

from typing import Protocol

from .events import SetRead
from .schema import Dictionary, dictionary, table_version


class Tables(Protocol):
    """Gives the tables of a version, and has the last word on a set that was read by them."""

    def dictionary(self, version: str, functional_id: str | None = None) -> Dictionary | None:
        """The tables for a GS08, nearest for the groups of a GS01 if one is given; None where there are none."""
        ...

    def judged(self, read: SetRead) -> SetRead:
        """The set with what else is wrong with it, and the verdict that follows."""
        ...


class _Standard:
    """What X12 says and no more."""

    def dictionary(self, version: str, functional_id: str | None = None) -> Dictionary | None:
        known = table_version(version, functional_id)
        return None if known is None else dictionary(known)

    def judged(self, read: SetRead) -> SetRead:
        return read


STANDARD: Tables = _Standard()
