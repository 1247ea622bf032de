"""Files given by hand: whatever one of them is, the others are dealt with and the exit code says the worst."""

import json
from pathlib import Path

import pytest

from gateway.cli import main as entry
from gateway.cli.main import main

from ..house import BAD_INVOICE, invoice, wrapped

FILES = {
    "good.edi": wrapped("810", invoice()),
    "bad.edi": wrapped("810", BAD_INVOICE.format(number="INV2", order="1")),
    "\x1b[2J.edi": wrapped("810", invoice()).replace(b"*810*", b"*\x1b[2J\x07*").replace(b"ACME ", b"\x9bACM"),
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory with files and a directory in it."""
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(entry, "configure", lambda **_: None)


def called(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code


UNREADABLE = {
    "missing": ("nowhere.edi", "nowhere.edi cannot be read: No such file or directory."),
    "a directory": ("folder", "folder cannot be read: Is a directory."),
    "below a file": ("good.edi/x", "good.edi/x cannot be read: Not a directory."),
    "failing while it is read": ("/proc/self/mem", "/proc/self/mem cannot be read: Input/output error."),
}


@pytest.mark.parametrize(("name", "told"), UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("command", [("check",), ("check", "--json"), ("ack",), ("convert", "--to", "json")])
def test_an_unreadable_file_is_named(
    command: tuple[str, ...], name: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if name.startswith("/proc") and not Path(name).exists():
        pytest.skip("Only Linux has a file that opens and cannot be read.")
    assert called(*command, name) == 2
    assert capsys.readouterr() == ("", f"tally: {told}\n")


@pytest.mark.parametrize(
    ("names", "code", "verdicts"),
    [
        (["good.edi"], 0, [True]),
        (["good.edi", "bad.edi"], 1, [True, False]),
        (["bad.edi", "good.edi"], 1, [False, True]),
        (["nowhere", "good.edi"], 2, [True]),
        (["good.edi", "nowhere", "bad.edi"], 2, [True, False]),
        (["bad.edi", "folder", "good.edi"], 2, [False, True]),
    ],
)
def test_one_file_does_not_hide_the_others(
    names: list[str], code: int, verdicts: list[bool], capsys: pytest.CaptureFixture[str]
) -> None:
    assert called("check", "--json", *names) == code
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["accepted"] for line in lines] == verdicts
    assert [line["file"] for line in lines] == [name for name in names if Path(name).is_file()]


def test_a_hostile_file_with_a_hostile_name_is_only_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("check", "\x1b[2J.edi") == 1
    printed = capsys.readouterr().out
    assert printed.startswith("\ufffd[2J.edi: REJECTED (")
    assert {"\x1b", "\x07", "\x9b"}.isdisjoint(printed)
