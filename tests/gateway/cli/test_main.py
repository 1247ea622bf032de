"""The command line as a whole: what it does with a fault that nobody foresaw."""

from pathlib import Path

import pytest

from gateway.app import Gateway
from gateway.cli.console import Exit
from gateway.cli.main import main


def test_a_home_whose_name_is_no_text(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["--home", f"{tmp_path}/Stra\udcdfe", "init"])
    assert ending.value.code == Exit.USAGE
    assert "is no text in UTF-8" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_unforeseen_fault_is_ours_and_no_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    def fault(_home: object) -> None:
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr(Gateway, "create", fault)
    with pytest.raises(SystemExit) as ending:
        main(["--home", str(tmp_path), "init"])
    assert ending.value.code == Exit.OURS
    assert "this is our fault: ZeroDivisionError: nobody thought of this" in capsys.readouterr().err
