"""The order of segments and loops in a set, by their ids, as the schema has it."""

from collections.abc import Iterable
from functools import cache

from ..schema import LoopPlace, SegmentPlace, dictionary, versions
from ..values import CannotWrite
from .writing import Layout

_ENVELOPE = frozenset({"ST", "SE"})


@cache
def layout(set_id: str, version: str) -> Layout:
    """The layout of a set in one version of the tables. Raises CannotWrite where there are no tables for it."""
    if version not in versions() or set_id not in dictionary(version).sets:
        raise CannotWrite(
            f"There are no tables for transaction set {set_id} in version {version!r}. "
            f"Choose one of the versions {', '.join(versions())} in the partner's profile."
        )
    structure = dictionary(version).sets[set_id].structure
    return layout_of([place for place in structure if place.tag not in _ENVELOPE])


def layout_of(places: Iterable[SegmentPlace | LoopPlace]) -> Layout:
    """The layout of places that follow each other."""
    found: Layout = {}
    seen: dict[str, int] = {}
    for place in places:
        seen[place.tag] = occurrence = seen.get(place.tag, 0) + 1
        node_id = place.tag if occurrence == 1 else f"{place.tag}#{occurrence}"
        found[node_id] = layout_of(place.children[1:]) if isinstance(place, LoopPlace) else None
    return found
