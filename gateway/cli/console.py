"""How the command line speaks: tables for people, JSON for programs, and one way to fail."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.json import JSON
from rich.table import Table
from rich.text import Text

from canonical.errors import Fault, TallyError

from ..operations.instruction import NotPossible
from ..printable import UNSEEN, shortened, shown


class Exit(IntEnum):
    """What the exit code says (DESIGN §10)."""

    YES = 0
    NO = 1
    USAGE = 2
    OURS = 3


@dataclass(slots=True)
class GlobalOptions:
    """Options that may stand before or after the command."""

    home: Path
    json: bool = False
    quiet: bool = False
    home_given: bool = False


PIPED_WIDTH = 10_000

UNBROKEN = ("when", "document", "file", "step", "order", "state", "id")
"""Columns that are copied or compared by eye, and so are not folded in a table."""

_FOLDED = 8
"""Columns of the terminal that a folded column of a table must have at least."""

_COPIED = re.compile(r"\S*(?:[0-9a-z]{26}|[0-9a-f]{64})\S*")
"""Words with an id or a digest in them: they are copied, and so not broken either, wherever they stand."""
_GAP = 2
"""Blanks between two columns of a table."""

OPTIONS: ContextVar[GlobalOptions] = ContextVar("OPTIONS")
"""The global options of this call."""

_TO_STDERR = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

_UNSEEN_IN_JSON = re.compile(f"[{UNSEEN}]")

READING_WIDTH = 80
"""Columns for text that is read where no terminal says how wide it is."""
_WIDEST = 100
LONGEST_CELL = 1000
"""Characters of a cell of a table that are shown."""


class Terminal:
    """Where a command's answer goes."""

    def __init__(self, options: GlobalOptions) -> None:
        self._options = options
        # What is piped is read by programs: it is never folded to a width that nobody sees.
        width = None if sys.stdout.isatty() else PIPED_WIDTH
        self.rich = Console(highlight=False, emoji=False, width=width)

    @property
    def reading_width(self) -> int:
        """Columns that text is folded to: those of the terminal as far as lines are pleasant to read."""
        return min(self.rich.width, _WIDEST) if sys.stdout.isatty() else READING_WIDTH

    def say(self, text: str | Text) -> None:
        """A line for people; nothing with ``--json`` or ``-q``."""
        if not self._options.json and not self._options.quiet:
            self.rich.print(_shown(text), markup=False)

    def document(self, text: str) -> None:
        """A document's JSON, for people to read."""
        self.rich.print(_shown(JSON(text).text), soft_wrap=True)

    def answer(self, value: Any, render: Callable[[], None]) -> None:
        """The command's answer: ``value`` as one line of JSON, or ``render()`` for people. ``-q`` drops only the latter."""
        if self._options.json:
            print_json(value)
        elif not self._options.quiet:
            render()

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None) -> None:
        """A row a line or, where the terminal has no room for that, a block of lines a row. Cells fold; one is cut only
        where nobody would read it to its end: ``--json`` has all of it."""
        cells = [[shown(shortened(cell, LONGEST_CELL)).replace("\n", "\ufffd") for cell in row] for row in rows]
        if not sys.stdout.isatty():
            with self.rich.capture() as captured:
                self.rich.print(_lined(columns, cells, title, self.rich.width))
            sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())
        elif _needed(columns, cells) <= self.rich.width:
            self.rich.print(_lined(columns, cells, title, self.rich.width))
        else:
            for row in cells:
                self.rich.print(_block(columns, row))


def _lined(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None, room: int) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name, width in zip(columns, _widths(columns, rows, room), strict=True):
        table.add_column(name, overflow="fold", width=width)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _needed(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """The least width of a table."""
    return sum(_least(columns, rows)) + _GAP * (len(columns) - 1)


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """How wide each column is: as wide as it would be, but that the widest that fold give way until all have room."""
    widths, least = _natural(columns, rows), _least(columns, rows)
    left = sum(widths) + _GAP * (len(columns) - 1) - room
    while left > 0 and widths != least:
        widest = max(
            (column for column in range(len(columns)) if widths[column] > least[column]), key=widths.__getitem__
        )
        widths[widest] -= 1
        left -= 1
    return widths


def _natural(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(cell_len, cells)) for cells in zip(columns, *rows, strict=True)]


def _least(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """The least width of each column in which it is still read with ease."""
    least = []
    for width, name, *cells in zip(_natural(columns, rows), columns, *rows, strict=True):
        copied = max((cell_len(word) for cell in cells for word in _COPIED.findall(cell)), default=0)
        least.append(width if name in UNBROKEN else max(min(width, _FOLDED), copied))
    return least


def _block(columns: Sequence[str], row: Sequence[str]) -> Table:
    """One row, each cell that says something behind its name, and a line of room after it."""
    block = Table.grid(padding=(0, _GAP, 0, 0))
    block.add_column(style="bold", overflow="fold")
    block.add_column(overflow="fold")
    for name, cell in zip(columns, row, strict=True):
        if cell:
            block.add_row(name, Text(cell))
    block.add_row()
    return block


def print_json(value: Any) -> None:
    """One object, one line, to standard output. What a terminal would obey is escaped, so that programs read it unchanged."""
    line = json.dumps(value, ensure_ascii=False, default=str)
    sys.stdout.write(_UNSEEN_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", line) + "\n")


def _shown(text: str | Text) -> Text:
    """As :func:`shown`; one character stands for one, so styles stay where they are."""
    safe = Text(shown(text)) if isinstance(text, str) else text.copy()
    safe.plain = shown(safe.plain)
    return safe


def complain(error: TallyError) -> Exit:
    """Say what is wrong; the exit code that its fault deserves."""
    warn(error.message)
    if isinstance(error, NotPossible):
        return Exit.NO
    return Exit.OURS if error.fault in (Fault.OURS, Fault.ENVIRONMENT) else Exit.USAGE


def warn(message: str) -> None:
    """A line on standard error, whatever the options."""
    _TO_STDERR.print(f"tally: {shown(message)}", markup=False)


def fail(error: TallyError) -> NoReturn:
    """End with the error's text and the exit code that its fault deserves."""
    raise typer.Exit(complain(error))


def usage(message: str) -> NoReturn:
    """End because the command was called wrongly."""
    warn(message)
    raise typer.Exit(Exit.USAGE)


def record(row: Any, fields: Sequence[str]) -> Mapping[str, Any]:
    """A row of the database as JSON-ready values."""
    return {name: _json_value(getattr(row, name)) for name in fields}


def _json_value(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
