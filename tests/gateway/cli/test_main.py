"""The command line as a whole: what it does with a fault that nobody foresaw."""

import pytest

from gateway.app import Gateway
from gateway.cli.console import Exit
from gateway.cli.main import main


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
