"""Text from outside reaches people, but never commands their terminal."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import typer
from rich.console import Console
from rich.text import Text

from canonical.errors import Misconfigured
from gateway.cli import main as entry
from gateway.cli.console import LONGEST_CELL, GlobalOptions, Terminal, fail, print_json, usage
from gateway.cli.main import main

COMMANDS = {
    "escape": "\x1b[2J\x1b]0;owned",
    "bell": "\x07",
    "carriage return": "REJECTED\raccepted",
    "backspace": "no\b\byes",
    "tabulator": "\t",
    "null": "\x00",
    "delete": "\x7f",
    "C1 control sequence": "\x9b2J",
    "C1 next line": "\x85",
    "right to left override": "\u202egpj.exe",
    "isolate": "\u2066x\u2069",
    "right to left mark": "\u200f",
    "line separator": "\u2028",
    "zero width space": "\u200b",
    "byte order mark": "\ufeff",
    "a byte that is no text": "\udc9b",
}
OBEYED = frozenset("\x00\x07\x08\t\x0b\x0c\r\x1b\x7f\x85\x9b\u200b\u200f\u202e\u2028\u2066\u2069\ufeff\udc9b")


def say(text: str) -> None:
    Terminal(GlobalOptions(Path())).say(text)


def say_styled(text: str) -> None:
    Terminal(GlobalOptions(Path())).say(Text.assemble(("x", "bold"), text))


def row(text: str) -> None:
    Terminal(GlobalOptions(Path())).table(("name", "why"), [("first", text)])


def document(text: str) -> None:
    Terminal(GlobalOptions(Path())).document(json.dumps({"name": text}))


def fail_with(text: str) -> None:
    with pytest.raises(typer.Exit):
        fail(Misconfigured(text))


def usage_with(text: str) -> None:
    with pytest.raises(typer.Exit):
        usage(text)


WAYS = {
    "a line": say,
    "a styled line": say_styled,
    "a cell": row,
    "a document": document,
    "an error": fail_with,
    "wrong usage": usage_with,
    "JSON": print_json,
}


@pytest.mark.parametrize("text", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_nothing_commands_the_terminal(
    way: Callable[[str], None], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    way(f"before {text} after")
    printed = "".join(capsys.readouterr())
    assert OBEYED.isdisjoint(printed)
    assert "before" in printed
    assert "after" in printed


@pytest.mark.parametrize("way", [say, row, fail_with, usage_with])
def test_what_was_taken_out_is_seen(way: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    way("a\x1bb\x9bc\u202ed")
    assert "a\ufffdb\ufffdc\ufffdd" in "".join(capsys.readouterr())


@pytest.mark.parametrize("text", ["Größe 8½ 北京", "[bold]x[/bold] [/] \\[x]", ":x: :100: :warning:", "a\u00a0b"])
@pytest.mark.parametrize("way", [say, row, fail_with, usage_with])
def test_all_else_is_printed_as_it_is(
    way: Callable[[str], None], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    way(text)
    assert text in "".join(capsys.readouterr())


def test_a_cell_is_shown_only_so_far_and_json_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    for size in (LONGEST_CELL, 100 * LONGEST_CELL):
        row("A" * size)
        assert capsys.readouterr().out.count("A") == LONGEST_CELL
    print_json({"why": "A" * 100 * LONGEST_CELL})
    assert capsys.readouterr().out.count("A") == 100 * LONGEST_CELL


@pytest.mark.parametrize(("way", "lines"), [(say, 2), (fail_with, 2), (row, 2)])
def test_lines_stay_lines_except_in_a_table(
    way: Callable[[str], None], lines: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cell of two lines would look like another row: the two lines of the table are its head and its row."""
    way("one\ntwo")
    assert len("".join(capsys.readouterr()).splitlines()) == lines


COLUMNS = ("document", "", "number", "why")
ROWS = (
    ("DOC-00000000000000000001", "in", "INV-2026-0000012345", ""),
    ("DOC-00000000000000000002", "out", "7", "It is late."),
)


def printed_at(
    width: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: Sequence[str] = COLUMNS,
    rows: Sequence[Sequence[str]] = ROWS,
) -> list[str]:
    """A table on a terminal so wide."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    terminal = Terminal(GlobalOptions(Path()))
    terminal.rich = Console(width=width, force_terminal=True, color_system=None, file=sys.stdout)
    terminal.table(columns, rows)
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("width", [10, 15, 20, 30, 40, 45, 50, 60, 80, 200])
def test_no_terminal_is_too_narrow_for_a_table(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is folded, every character is there, and in its order."""
    lines = printed_at(width, capsys, monkeypatch)
    assert all(len(line) <= width for line in lines)
    assert "…" not in "".join(lines)
    left = iter("".join(lines))
    assert all(character in left for row in ROWS for cell in row for character in cell.replace(" ", ""))


def test_what_has_no_room_for_a_line_a_row_is_a_block_a_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert printed_at(40, capsys, monkeypatch) == [
        "document  DOC-00000000000000000001",
        "          in",
        "number    INV-2026-0000012345",
        "",
        "document  DOC-00000000000000000002",
        "          out",
        "number    7",
        "why       It is late.",
        "",
    ]
    assert len(printed_at(80, capsys, monkeypatch)) == 3


ID = "01m8ave1xegdhg3a76q8mxde7g-000001"


@pytest.mark.parametrize("tty", [True, False], ids=["terminal", "pipe"])
@pytest.mark.parametrize(
    "row",
    [
        ("01m8ave219vvk38d8316rvbb1s", "deliver", ID, "10", "Its worker died in each of 10 attempts."),
        (ID, "in", "rivermill", "FunctionalAcknowledgement", f"It came before as document {ID} with OTHER content."),
        ("01m8ave219vvk38d8316rvbb1s", "build", "01m8ave219vvk38d8316rvbb1s", "1", "The folder may not be written to."),
        ("document", "12", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ],
)
def test_what_is_copied_is_whole_in_eighty_columns(
    row: tuple[str, ...], tty: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids and digests, wherever they stand; a pipe has no columns."""
    columns = ("any", "of", "these", "columns", "because")[: len(row)]
    if tty:
        lines = printed_at(80, capsys, monkeypatch, columns, [row])
        assert all(len(line) <= 80 for line in lines)
    else:
        Terminal(GlobalOptions(Path())).table(columns, [row])
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 2
    for word in " ".join(row).split():
        assert any(word in line for line in lines)


def test_styles_stay_where_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(GlobalOptions(Path()))
    terminal.rich = Console(force_terminal=True, color_system="standard", file=sys.stdout)
    terminal.say(Text.assemble(("\x1bno", "red"), " plain"))
    assert capsys.readouterr().out == "\x1b[31m\ufffdno\x1b[0m plain\n"


@pytest.mark.parametrize("text", COMMANDS.values(), ids=COMMANDS)
def test_json_gives_programs_what_came(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_json({text: [text]})
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert json.loads(printed) == {text: [text]}


def test_json_keeps_letters(capsys: pytest.CaptureFixture[str]) -> None:
    print_json("Größe 😀")
    assert capsys.readouterr().out == '"Größe 😀"\n'


@pytest.mark.parametrize(
    "arguments",
    [
        ("\x1b[2J",),
        ("order", "\x9b2J"),
        ("check", "--\x1b[2J"),
        ("check", "\x1b[2J/nowhere"),
        ("order", "show", "1", "\x1b[2J"),
        ("order", "list", "--limit", "\x1b[2J"),
        ("order", "show", "\x07", "--home", "/nowhere/\x1b[2J"),
    ],
)
def test_a_command_line_is_not_repeated_raw(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry, "configure", lambda **_: None)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert OBEYED.isdisjoint(printed.err)
    assert printed.err
