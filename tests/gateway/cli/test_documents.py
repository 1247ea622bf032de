"""`tally doc list`: what it is asked for must exist."""

from pathlib import Path

import pytest

from gateway.cli.console import Exit
from gateway.cli.main import main


def test_a_state_that_does_not_exist_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    main_with = ["--home", str(tmp_path / "home")]
    with pytest.raises(SystemExit):
        main([*main_with, "init"])
    with pytest.raises(SystemExit) as ending:
        main([*main_with, "doc", "list", "--state", "quarantine"])
    assert ending.value.code == Exit.USAGE
    assert "'quarantined'" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ending:
        main([*main_with, "doc", "list", "--state", "quarantined"])
    assert ending.value.code == Exit.YES
