"""Extents agree with a set of offsets."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.listeners.extents import Extents

RANGE = st.tuples(st.integers(0, 40), st.integers(0, 8))


@given(st.lists(RANGE, max_size=20), st.integers(-1, 50))
def test_extents_agree_with_a_set(ranges: list[tuple[int, int]], size: int) -> None:
    extents = Extents()
    seen: set[int] = set()
    for start, length in ranges:
        extents.add(start, start + length)
        seen |= set(range(start, start + length))
    assert extents.first_gap(size) == next((offset for offset in range(size) if offset not in seen), None)
    assert extents.end == max(seen, default=-1) + 1
    assert len(extents) == sum(1 for offset in seen if offset - 1 not in seen)


def test_a_file_written_from_front_to_back_is_one_range() -> None:
    extents = Extents()
    for offset in range(0, 1000, 10):
        extents.add(offset, offset + 10)
    assert len(extents) == 1
