"""The rows that findings are about, found by reading the file once more: memory does not grow with it."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import BinaryIO

from canonical.finding import Finding
from canonical.passage import Passage

from .column_map import ColumnMap
from .grouping import Limits
from .header import display_names
from .rows import Dialect, Row, Rows

LONGEST = 4096
"""Bytes of a row that are shown."""
_PIECE = 1 << 16


class RowPassages:
    """Where the rows ``wanted`` stand in a file, and what its columns are called."""

    def __init__(self, file: BinaryIO, column_map: ColumnMap, wanted: Collection[int]) -> None:
        self._file = file
        self._dialect = column_map.dialect
        self._names: tuple[str, ...] = ()
        self._places: dict[int, tuple[int, int]] = {}
        last = max(wanted, default=0)
        file.seek(0)
        for row in Rows(iter(partial(file.read, _PIECE), b""), self._dialect, Limits().row_bytes):
            if not self._names and not row.is_blank:
                self._names = display_names(row.fields) if column_map.header else _numbers(row)
            if row.number in wanted:
                self._places[row.number] = row.offset, row.size
            if row.number >= last:
                break

    def passage(self, finding: Finding) -> Passage | None:
        """The row, with the cell of the finding's column marked, or all of it where no cell can be told."""
        if finding.row not in self._places:
            return None
        offset, size = self._places[finding.row]
        self._file.seek(offset)
        text = self._file.read(min(size, LONGEST)).decode(self._dialect.encoding, "replace")
        start, end = 0, len(text)
        if finding.column in self._names:
            cells = list(cell_spans(text, self._dialect))
            position = self._names.index(finding.column)
            start, end = cells[position] if position < len(cells) else (len(text), len(text))
        shown = text.replace("\r", " ").replace("\n", " ")
        return Passage(text=shown, start=start, end=end, cut_after=size > LONGEST)


def _numbers(row: Row) -> tuple[str, ...]:
    return tuple(str(number) for number in range(1, len(row.fields) + 1))


def cell_spans(text: str, dialect: Dialect) -> Iterator[tuple[int, int]]:
    """Where each cell of a row stands, its quotes included."""
    start, at, quoted = 0, 0, False
    while at < len(text):
        character = text[at]
        if quoted and text.startswith(dialect.quote * 2, at):
            at += 1
        elif character == dialect.quote and (quoted or not text[start:at].strip(dialect.blanks)):
            quoted = not quoted
        elif character == dialect.delimiter and not quoted:
            yield start, at
            start = at + 1
        at += 1
    yield start, len(text)
