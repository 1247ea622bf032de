"""The Merkle tree of RFC 6962: its hashes, its proofs, and how they are verified (RFC 9162, sections 2.1.3 and 2.1.4). Pure.

A node is named by level and position: level 0 are the leaves, and node ``n`` of level ``l`` is over ``2**l`` leaves, those from
``n * 2**l`` on. Only such whole subtrees have names; any other is put together from them.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

HASH_BYTES = 32

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""

Node = Callable[[int, int], bytes]
"""The hash of the node of a level and position."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf (RFC 6962, section 2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of what is over two others (RFC 6962, section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the whole subtrees that a tree consists of, largest first: all that is needed to let it grow and to know its root."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if len(hashes) != size.bit_count():
            raise ValueError(
                f"a tree of {size} leaves consists of {size.bit_count()} whole subtrees, not {len(hashes)}"
            )
        self.size = size
        self._hashes = list(hashes)

    @classmethod
    def read(cls, size: int, data: bytes) -> "Frontier":
        """The inverse of :meth:`written`. Raises ValueError where ``data`` is not of a tree of this size."""
        if len(data) != size.bit_count() * HASH_BYTES:
            raise ValueError(f"{len(data)} bytes are no frontier of a tree of {size} leaves")
        return cls(size, hashes_in(data))

    def written(self) -> bytes:
        return b"".join(self._hashes)

    def append(self, leaf: bytes) -> None:
        """Let the tree grow by the hash of a leaf."""
        self.append_subtree(leaf, 0)

    def append_subtree(self, root: bytes, level: int) -> None:
        """Let the tree, of a multiple of ``2**level`` leaves, grow by as many more, over which ``root`` is."""
        places, hashes = self.size >> level, self._hashes
        if places << level != self.size:
            raise ValueError(f"no subtree of level {level} begins at leaf {self.size}")
        while places & 1:
            root = node_hash(hashes.pop(), root)
            places >>= 1
        hashes.append(root)
        self.size += 1 << level

    @property
    def root(self) -> bytes:
        if not self._hashes:
            return EMPTY_ROOT
        *lefts, root = self._hashes
        for left in reversed(lefts):
            root = node_hash(left, root)
        return root


def hashes_in(data: bytes) -> list[bytes]:
    """The hashes that stand in ``data`` one behind the other."""
    return [data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)]


def subtree_root(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [
            sha256(b"\x01" + left + right).digest() for left, right in zip(hashes[::2], hashes[1::2], strict=True)
        ]
    return hashes[0]


def root(size: int, node: Node) -> bytes:
    """The root of the first ``size`` leaves."""
    return _range_root(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """What proves that leaf ``index`` is in the tree of the first ``size`` leaves (RFC 6962, section 2.1.1)."""
    _require(0 <= index < size, f"there is no leaf {index} in a tree of {size}")
    proof = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range_root(middle, end, node))
            end = middle
        else:
            proof.append(_range_root(start, middle, node))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, size: int, node: Node) -> list[bytes]:
    """What proves that the tree of ``size`` leaves begins with that of ``old`` leaves (RFC 6962, section 2.1.2)."""
    _require(0 <= old <= size, f"a tree of {size} leaves does not begin with {old}")
    if old in (0, size):
        return []
    proof = []
    start, end, known = 0, size, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_range_root(middle, end, node))
            end = middle
        else:
            proof.append(_range_root(start, middle, node))
            start, known = middle, False
    if not known:
        proof.append(_range_root(start, end, node))
    return proof[::-1]


def includes(size: int, root: bytes, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether ``proof`` proves that the leaf of hash ``leaf`` stands at ``index`` of a tree (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes([root, leaf, *proof]):
        return False
    place, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            computed = node_hash(sibling, computed)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            computed = node_hash(computed, sibling)
        place >>= 1
        last >>= 1
    return last == 0 and computed == root


def extends(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether ``proof`` proves that a tree begins with another of ``old`` leaves (RFC 9162, section 2.1.4.2).

    Every tree begins with the empty one, and with itself; nothing else may then be in the proof.
    """
    if not 0 <= old <= size or not _are_hashes([old_root, root, *proof]):
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT and (size > 0 or root == EMPTY_ROOT)
    if old == size:
        return not proof and old_root == root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    return bool(path) and _both_roots(old, size, path) == (old_root, root)


def _both_roots(old: int, size: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The roots of both trees that a consistency proof leads to; None where it is too short or too long."""
    place, last = old - 1, size - 1
    while place & 1:
        place >>= 1
        last >>= 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            second = node_hash(second, sibling)
        place >>= 1
        last >>= 1
    return (first, second) if last == 0 else None


def _range_root(start: int, end: int, node: Node) -> bytes:
    """The root over the leaves of a range, as the splits of RFC 6962 give it."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(size)
    return node_hash(_range_root(start, middle, node), _range_root(middle, end, node))


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << (size - 1).bit_length() - 1


def _are_hashes(values: Sequence[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
