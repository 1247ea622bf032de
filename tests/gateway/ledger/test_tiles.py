"""Tiles (C2SP tlog-tiles): what they hold, and the tree read from them."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ledger.tiles import WIDTH, MissingHashes, Tile, node_of
from gateway.ledger.tree import (
    HASH_BYTES,
    Frontier,
    consistency_proof,
    extends,
    hashes_in,
    includes,
    inclusion_proof,
    root,
    subtree_root,
)

LARGEST = 70_000
"""More than a full tile of level 1 is over."""

LEAVES = [sha256(b"%d" % number).digest() for number in range(LARGEST)]


def tiles_over(size: int) -> Tile:
    """All tiles of the tree of the first leaves, as the document defines them."""
    levels = [LEAVES[:size]]
    while len(levels[-1]) >= WIDTH:
        below = levels[-1]
        levels.append([subtree_root(below[i : i + WIDTH]) for i in range(0, len(below) - WIDTH + 1, WIDTH)])

    def tile(level: int, number: int) -> bytes:
        return b"".join(levels[level][number * WIDTH : (number + 1) * WIDTH])

    return tile


@settings(max_examples=20, deadline=None)
@given(st.integers(1, LARGEST), st.data())
def test_proofs_are_read_from_tiles(size: int, data: st.DataObject) -> None:
    frontier = Frontier()
    old = data.draw(st.integers(1, size))
    for leaf in LEAVES[:old]:
        frontier.append(leaf)
    old_root = frontier.root
    for leaf in LEAVES[old:size]:
        frontier.append(leaf)
    node = node_of(tiles_over(size))
    assert root(size, node) == frontier.root
    assert extends(old, old_root, size, frontier.root, consistency_proof(old, size, node))
    index = data.draw(st.integers(0, size - 1))
    assert includes(size, frontier.root, index, LEAVES[index], inclusion_proof(index, size, node))


def test_a_tile_is_asked_for_once() -> None:
    asked: list[tuple[int, int]] = []
    tile = tiles_over(1000)

    def noting(level: int, number: int) -> bytes:
        asked.append((level, number))
        return tile(level, number)

    node = node_of(noting)
    inclusion_proof(500, 1000, node)
    assert sorted(asked) == sorted(set(asked))


@pytest.mark.parametrize("missing", [b"", bytes(HASH_BYTES * 255)])
def test_a_tile_that_is_cut_short_is_noticed(missing: bytes) -> None:
    with pytest.raises(MissingHashes, match="is missing or too short"):
        inclusion_proof(300, 600, node_of(lambda _level, _number: missing))


def test_hashes_come_back_from_their_bytes() -> None:
    assert hashes_in(b"".join(LEAVES[:5])) == LEAVES[:5]
