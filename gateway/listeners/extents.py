"""Which bytes of a file have been seen."""

from bisect import bisect_left


class Extents:
    """Half-open byte ranges, merged where they touch. Nearly always there is one, that grows at its end."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def __len__(self) -> int:
        """How many separate ranges there are."""
        return len(self._starts)

    @property
    def end(self) -> int:
        """One past the last byte seen; 0 when there is none."""
        return self._ends[-1] if self._ends else 0

    def add(self, start: int, end: int) -> None:
        """Note the bytes ``start <= offset < end`` as seen."""
        if end <= start:
            return
        if self._ends and self._starts[-1] <= start <= self._ends[-1]:
            self._ends[-1] = max(end, self._ends[-1])
            return
        first = bisect_left(self._ends, start)
        last = first
        while last < len(self._starts) and self._starts[last] <= end:
            start, end = min(start, self._starts[last]), max(end, self._ends[last])
            last += 1
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def first_gap(self, size: int) -> int | None:
        """The first offset below ``size`` that was not seen, or None."""
        if size <= 0:
            return None
        if not self._starts or self._starts[0] > 0:
            return 0
        return self._ends[0] if self._ends[0] < size else None
