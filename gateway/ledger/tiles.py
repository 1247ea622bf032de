"""The tree's hashes as tiles (C2SP tlog-tiles): each holds 256 neighbours of every eighth level, from which those between follow. Pure."""

from collections.abc import Callable
from functools import cache

from .tree import HASH_BYTES, Node, hashes_in, subtree_root

HEIGHT = 8
"""Levels of the tree a tile stands for."""

WIDTH = 1 << HEIGHT
"""Hashes in a full tile."""

FULL = WIDTH * HASH_BYTES
"""Bytes of a full tile."""

Tile = Callable[[int, int], bytes]
"""The hashes that there are in the tile of a level and number, one behind the other: ``WIDTH`` of them, or fewer in a level's last one.

Level 0 is over the leaves' hashes, level 1 over the roots of full tiles of level 0, and so on.
"""


def node_of(tile: Tile) -> Node:
    """The tree's nodes, read from tiles; each tile is asked for once."""
    kept = cache(tile)

    def node(level: int, position: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        first = position << height
        number, offset = divmod(first, WIDTH)
        data = kept(tile_level, number)[offset * HASH_BYTES : (offset + (1 << height)) * HASH_BYTES]
        if len(data) != HASH_BYTES << height:
            raise MissingHashes(tile_level, number)
        return subtree_root(hashes_in(data))

    return node


class MissingHashes(ValueError):
    """A tile holds fewer hashes than it must."""

    def __init__(self, level: int, number: int) -> None:
        super().__init__(f"tile {number} of level {level} is missing or too short")
