"""Files given by hand: whatever one of them is, the others are dealt with and the exit code says the worst."""

import io
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


def test_a_page_is_written_about_all_files_whatever_else_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("-q", "check", "good.edi", "bad.edi", "nowhere", "--html", "page.html") == 2
    assert capsys.readouterr() == ("", "tally: nowhere cannot be read: No such file or directory.\n")
    page = Path("page.html").read_text("utf-8")
    assert "<h1>good.edi</h1>" in page
    assert "<h1>bad.edi</h1>" in page
    assert called("check", "--json", "good.edi", "--html", "page.html") == 0
    assert json.loads(capsys.readouterr().out)["accepted"]
    assert "bad.edi" not in Path("page.html").read_text("utf-8")


def test_a_page_that_cannot_be_written_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("-q", "check", "good.edi", "--html", "folder") == 2
    assert capsys.readouterr().err == "tally: folder cannot be written: Is a directory.\n"


def test_what_comes_through_a_pipe_is_explained_like_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    called("check", "bad.edi")
    of_file = capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(FILES["bad.edi"])))
    assert called("check", "-") == 1
    assert capsys.readouterr().out == of_file.replace("bad.edi", "-")
    assert "^^" in of_file


def test_all_findings_are_explained_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    body = "BIG*20261121*A\n" + "IT1*1*1*QQ*5\n" * 7 + "TDS*3500"
    Path("many.edi").write_bytes(wrapped("810", body))
    assert called("check", "many.edi") == 1
    assert capsys.readouterr().out.count("error[invalid-code]") == 1
    assert called("check", "--all", "many.edi") == 1
    assert capsys.readouterr().out.count("error[invalid-code]") == 7
