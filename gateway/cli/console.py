"""How the command line speaks: tables for people, JSON for programs, and one way to fail."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from canonical.errors import Fault, TallyError


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

UNBROKEN = ("when", "document", "file", "step", "order", "state")
"""Columns that are copied or compared by eye, and so are never folded."""

OPTIONS: ContextVar[GlobalOptions] = ContextVar("OPTIONS")
"""The global options of this call."""

_TO_STDERR = Console(stderr=True, highlight=False, soft_wrap=True)


class Terminal:
    """Where a command's answer goes."""

    def __init__(self, options: GlobalOptions) -> None:
        self._options = options
        # What is piped is read by programs: it is never folded to a width that nobody sees.
        self.rich = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=PIPED_WIDTH)

    def say(self, text: str | Text) -> None:
        """A line for people; nothing with ``--json`` or ``-q``."""
        if not self._options.json and not self._options.quiet:
            self.rich.print(text, markup=False)

    def answer(self, value: Any, render: Callable[[], None]) -> None:
        """The command's answer: ``value`` as one line of JSON, or ``render()`` for people. ``-q`` drops only the latter."""
        if self._options.json:
            print_json(value)
        elif not self._options.quiet:
            render()

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None) -> None:
        table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
        for name in columns:
            table.add_column(name, overflow="fold", no_wrap=name in UNBROKEN)
        for row in rows:
            table.add_row(*(_plain(cell) for cell in row))
        if sys.stdout.isatty():
            self.rich.print(table)
            return
        with self.rich.capture() as captured:
            self.rich.print(table)
        sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def print_json(value: Any) -> None:
    """One object, one line, to standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def _plain(text: str) -> str:
    """Text from outside must not be read as markup, nor move the cursor."""
    printable = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return printable.replace("[", r"\[")


def fail(error: TallyError) -> NoReturn:
    """End with the error's text and the exit code that its fault deserves."""
    _TO_STDERR.print(f"tally: {error.message}", markup=False)
    raise typer.Exit(Exit.OURS if error.fault in (Fault.OURS, Fault.ENVIRONMENT) else Exit.USAGE)


def usage(message: str) -> NoReturn:
    """End because the command was called wrongly."""
    _TO_STDERR.print(f"tally: {message}", markup=False)
    raise typer.Exit(Exit.USAGE)


def record(row: Any, fields: Sequence[str]) -> Mapping[str, Any]:
    """A row of the database as JSON-ready values."""
    return {name: _json_value(getattr(row, name)) for name in fields}


def _json_value(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
