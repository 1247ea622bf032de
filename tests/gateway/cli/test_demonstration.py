import json
import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import pytest

from gateway.balance import PLACES, Balance
from gateway.cli import demonstration
from gateway.cli.main import main
from gateway.demo.evidence import Evidence
from gateway.demo.expectations import Result
from gateway.demo.play import Audience, Outcome
from gateway.ledger.scanning import Scanned
from gateway.operations.status import StatusReport
from spool.queue.port import QueueStats

ROOT = Path(__file__).parents[3]


def environment(folder: Path) -> dict[str, str]:
    """Temporary files go to ``folder``; what is set for a real gateway must not matter."""
    return {
        **os.environ,
        "TMPDIR": str(folder),
        "PYTHONPATH": str(ROOT),
        "TALLY_DATABASE_URL": "sqlite:////nowhere/real.db",
        "TALLY_HOST": "192.0.2.1",
    }


def start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "gateway.cli.main", "demo", *arguments],
        env=environment(folder),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    process = start(folder, *arguments)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.mark.slow
def test_json_is_one_object_and_nothing_is_left_behind(tmp_path: Path) -> None:
    code, out, err = run(tmp_path, "--json")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert answer["succeeded"] is True
    assert answer["home"] is None
    assert all(expected["met"] for expected in answer["expectations"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_home_that_was_named_is_kept_and_can_be_explored(tmp_path: Path) -> None:
    home = tmp_path / "mine"
    code, out, err = run(tmp_path, "--home", str(home))
    assert (code, err) == (0, "")
    assert "All as expected" in out
    assert f"tally --home {home} trail --po 4500123" in out
    assert "\x1b[" not in out
    code, out, err = run(tmp_path, "--home", str(home))
    assert code == 2
    assert "is in use" in err


@pytest.mark.slow
def test_keep_names_the_home(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, "--keep", "--json")
    home = Path(json.loads(out)["home"])
    assert code == 0
    assert (home / "tally.db").exists()
    assert home.is_relative_to(tmp_path)


@pytest.mark.slow
def test_being_ended_leaves_no_process_and_no_directory(tmp_path: Path) -> None:
    process = start(tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    children = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert len(children) == 3
    assert not any(child.is_running() for child in children)
    assert process.returncode != 0
    assert list(tmp_path.iterdir()) == []


def nothing_came(root: Path, today: date, audience: Audience) -> Outcome:
    """A play in which nothing comes."""
    results = (Result("one", "One thing happened", None), Result("other", "Another came", "It never came."))
    status = StatusReport(Balance(0, 0, dict.fromkeys(PLACES, 0)), QueueStats(0, 0, 0, 0, 0, None), {})
    seen = Evidence((), (), (), frozenset(), (), (), status, (), (), {}, {}, ())
    return Outcome(results, (), None, seen, Scanned(7, bytes(32), 7, wrong="Entry 3 is missing."), 1.5)


def called(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[Any, str]:
    with pytest.raises(SystemExit) as ended:
        main(["demo", *arguments])
    return ended.value.code, capsys.readouterr().out


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes. Logging stays as the tests have it: it is set for the whole process."""
    monkeypatch.setattr(demonstration, "configure", lambda **_: None)
    monkeypatch.setattr(demonstration, "play", nothing_came)


@pytest.mark.usefixtures("failing")
def test_what_is_missing_is_named_and_the_answer_is_no(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = called(capsys)
    assert code == 1
    lines = out.splitlines()
    assert "ok       One thing happened" in lines
    at = lines.index("MISSING  Another came")
    assert lines[at + 1].strip() == "It never came."
    assert "The ledger does not hold. Entry 3 is missing." in lines
    assert "1 of 2 expectations are not met, in 1.5 s." in lines


@pytest.mark.usefixtures("failing")
def test_json_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = called(capsys, "--json")
    answer = json.loads(out)
    assert code == 1
    assert answer["succeeded"] is False
    assert [expected["missing"] for expected in answer["expectations"]] == [None, "It never came."]


@pytest.mark.usefixtures("failing")
def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert called(capsys, "-q") == (1, "")
