"""The tree against RFC 6962 as it is written down (``naive``), and against roots that others published."""

from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.ledger import tree
from gateway.ledger.tree import (
    EMPTY_ROOT,
    HASH_BYTES,
    Frontier,
    consistency_proof,
    extends,
    includes,
    inclusion_proof,
    leaf_hash,
    subtree_root,
)

from . import naive

PUBLISHED = (
    ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    ("606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
)
"""The leaves of the test tree of Certificate Transparency, and the root once each of them was added."""

sizes = st.integers(1, 70)


def leaves(size: int) -> list[bytes]:
    return [b"leaf %d" % number for number in range(size)]


def node_over(data: list[bytes]) -> tree.Node:
    """Whole subtrees, by the naive tree."""

    def node(level: int, position: int) -> bytes:
        start, width = position << level, 1 << level
        assert start + width <= len(data)
        return naive.mth(data[start : start + width])

    return node


def grown(size: int) -> Frontier:
    frontier = Frontier()
    for data in leaves(size):
        frontier.append(leaf_hash(data))
    return frontier


def test_the_published_roots() -> None:
    frontier = Frontier()
    assert frontier.root == EMPTY_ROOT
    for data, root in PUBLISHED:
        frontier.append(leaf_hash(bytes.fromhex(data)))
        assert frontier.root.hex() == root


@given(st.integers(0, 200))
def test_a_frontier_has_the_root_and_comes_back_from_its_bytes(size: int) -> None:
    frontier = grown(size)
    assert frontier.root == naive.mth(leaves(size)) == tree.root(size, node_over(leaves(size)))
    again = Frontier.read(size, frontier.written())
    again.append(leaf_hash(b"one more"))
    assert again.root == naive.mth([*leaves(size), b"one more"])


@given(st.integers(0, 12), st.integers(0, 4))
def test_a_frontier_grows_by_whole_subtrees_as_by_their_leaves(before: int, level: int) -> None:
    size = before << level
    data = leaves(size + (1 << level))
    frontier = grown(size)
    frontier.append_subtree(subtree_root([leaf_hash(each) for each in data[size:]]), level)
    assert (frontier.size, frontier.root) == (len(data), naive.mth(data))


@pytest.mark.parametrize(("size", "level"), [(1, 1), (6, 2), (12, 3)])
def test_a_subtree_begins_only_where_one_can(size: int, level: int) -> None:
    with pytest.raises(ValueError, match=f"no subtree of level {level} begins at leaf {size}"):
        grown(size).append_subtree(leaf_hash(b""), level)


@given(st.integers(0, 1000), st.integers(0, 12))
def test_a_frontier_of_another_size_is_refused(size: int, hashes: int) -> None:
    assume(hashes != size.bit_count())
    with pytest.raises(ValueError, match="no frontier"):
        Frontier.read(size, bytes(HASH_BYTES * hashes))
    with pytest.raises(ValueError, match="consists of"):
        Frontier(size, [bytes(HASH_BYTES)] * hashes)


@given(sizes, st.data())
def test_inclusion_is_proved_as_the_rfc_says_and_only_so(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, node_over(leaves(size)))
    assert proof == naive.path(index, leaves(size))
    root, leaf = naive.mth(leaves(size)), leaf_hash(leaves(size)[index])
    assert includes(size, root, index, leaf, proof)
    other = data.draw(st.integers(0, size).filter(lambda number: number != index))
    assert not includes(size, root, other, leaf, proof)
    assert not includes(size, root, index, leaf_hash(b"another"), proof)
    assert not includes(size, bytes(HASH_BYTES), index, leaf, proof)


@given(sizes, st.data())
def test_consistency_is_proved_as_the_rfc_says_and_only_so(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    proof = consistency_proof(old, size, node_over(leaves(size)))
    assert proof == naive.proof(old, leaves(size))
    old_root, root = naive.mth(leaves(old)), naive.mth(leaves(size))
    assert extends(old, old_root, size, root, proof)
    assert not extends(old, bytes(HASH_BYTES), size, root, proof)
    assert not extends(old, old_root, size, bytes(HASH_BYTES), proof)
    if old < size:
        assert not extends(old, old_root, size, naive.mth([*leaves(size - 1), b"another"]), proof)


@given(sizes, st.data())
def test_a_proof_that_was_changed_in_any_way_proves_nothing(size: int, data: st.DataObject) -> None:
    old, index = data.draw(st.integers(1, size)), data.draw(st.integers(0, size - 1))
    root, leaf = naive.mth(leaves(size)), leaf_hash(leaves(size)[index])
    cases: list[tuple[list[bytes], Callable[[list[bytes]], bool]]] = [
        (naive.path(index, leaves(size)), lambda proof: includes(size, root, index, leaf, proof)),
        (naive.proof(old, leaves(size)), lambda proof: extends(old, naive.mth(leaves(old)), size, root, proof)),
    ]
    for right, holds in cases:
        wrong = data.draw(
            st.one_of(
                st.just([*right, bytes(HASH_BYTES)]),
                st.just([bytes(HASH_BYTES), *right]),
                st.just(right[:-1]),
                st.just(right[1:]),
                st.just(right[::-1]),
                st.lists(st.binary(max_size=40), max_size=len(right) + 2),
            )
        )
        assert holds(wrong) == (wrong == right)


@given(
    st.integers(-2, 1 << 64),
    st.integers(-2, 1 << 64),
    st.binary(max_size=40),
    st.binary(max_size=40),
    st.lists(st.binary(min_size=31, max_size=33), max_size=80),
)
def test_nothing_that_is_given_as_a_proof_is_more_than_refused(
    old: int, size: int, first: bytes, second: bytes, proof: list[bytes]
) -> None:
    assert not includes(size, second, old, first, proof)
    assert not extends(old, first, size, second, proof) or (first, proof) == (second, [])


@pytest.mark.parametrize(
    ("old", "old_root", "size", "root", "proof", "holds"),
    [
        (0, EMPTY_ROOT, 0, EMPTY_ROOT, [], True),
        (0, EMPTY_ROOT, 5, bytes(32), [], True),
        (0, bytes(32), 5, bytes(32), [], False),
        (0, EMPTY_ROOT, 0, bytes(32), [], False),
        (0, EMPTY_ROOT, 5, bytes(32), [bytes(32)], False),
        (5, bytes(32), 5, bytes(32), [], True),
        (5, bytes(32), 5, bytes(32), [bytes(32)], False),
        (6, bytes(32), 5, bytes(32), [], False),
        (3, bytes(32), 5, bytes(32), [], False),
    ],
)
def test_trees_at_the_edge(old: int, old_root: bytes, size: int, root: bytes, proof: list[bytes], holds: bool) -> None:
    assert extends(old, old_root, size, root, proof) is holds


def test_there_is_no_proof_of_what_is_not_there() -> None:
    node = node_over(leaves(3))
    for index in (-1, 3):
        with pytest.raises(ValueError, match="no leaf"):
            inclusion_proof(index, 3, node)
    for old in (-1, 4):
        with pytest.raises(ValueError, match="does not begin"):
            consistency_proof(old, 3, node)
