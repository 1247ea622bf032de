"""Whether segment names make a transaction set, asked of the schema by trying every way: slow, exact, the mere definition.

It shares no code with the walker it judges.
"""

from collections.abc import Sequence

from translators.x12.schema import UNBOUNDED, LoopPlace, Place, SetSchema


def is_legal(schema: SetSchema, tags: Sequence[str]) -> bool:
    """Whether ``tags``, without ST and SE, can be read as the structure of the set in any way at all."""
    return len(tags) in _ends(schema.structure[1:-1], 0, tags)


def _ends(places: Sequence[Place], start: int, tags: Sequence[str]) -> set[int]:
    """Where the places, one after the other, can end that begin at ``start``."""
    ends = {start}
    for place in places:
        ends = {end for at in ends for end in _repeated(place, at, tags)}
    return ends


def _repeated(place: Place, start: int, tags: Sequence[str]) -> set[int]:
    ends = set() if place.required else {start}
    at, times = {start}, 0
    while at and (place.limit == UNBOUNDED or times < place.limit):
        at = {end for each in at for end in _once(place, each, tags)} - {start}
        times += 1
        ends |= at
    return ends


def _once(place: Place, start: int, tags: Sequence[str]) -> set[int]:
    if start == len(tags) or tags[start] != place.tag:
        return set()
    return _ends(place.children[1:], start + 1, tags) if isinstance(place, LoopPlace) else {start + 1}
