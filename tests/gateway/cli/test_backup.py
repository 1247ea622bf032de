"""`tally backup` and `tally restore`."""

from pathlib import Path

from gateway.cli.console import Exit
from spool import journal
from spool.journal import Step
from tests.gateway.house import House, invoice, wrapped

from .calling import ME, Tally


def test_a_home_is_backed_up_and_restored(house: House, tally: Tally, tmp_path: Path) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice()))
    made = tally("--json", "backup", "-o", str(tmp_path / "home.backup"))
    assert made.code == Exit.YES
    assert made.json["received"] == 1
    restored = tally("--json", "restore", str(tmp_path / "home.backup"), "--skip", "10", home=tmp_path / "new")
    assert restored.code == Exit.YES
    assert restored.json == {
        "home": str(tmp_path / "new"),
        "made_at": made.json["made_at"],
        "files": made.json["files"],
        "received": 1,
        "skipped": 10,
        "waiting": 0,
        "withdrawn": 0,
    }
    assert tally("status", home=tmp_path / "new").code == Exit.YES
    assert tally("--json", "control", "show", "acme", home=tmp_path / "new").json[0]["next"]["interchange"] == 12
    with house.gateway.open(tmp_path / "new") as opened, opened.database.read() as session:
        assert journal.latest(session)[-1].actor == ME


def test_people_are_told_what_to_know(house: House, tally: Tally, tmp_path: Path) -> None:
    house.receive("acme", "810.edi", wrapped("810", invoice()))
    assert "holds the home as of" in tally("backup", "-o", str(tmp_path / "x")).out
    told = tally("restore", str(tmp_path / "x"), home=tmp_path / "new").out
    assert "the balance holds" in told
    assert "1000 further" in told


def test_mistakes_are_wrong_usage(tally: Tally, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("precious")
    assert tally("backup", "-o", str(tmp_path / "there")).code == Exit.USAGE
    assert tally("backup").code == Exit.USAGE
    assert tally("restore", str(tmp_path / "there"), home=tmp_path / "new").code == Exit.USAGE
    assert tally("restore", str(tmp_path / "absent"), home=tmp_path / "new").code == Exit.USAGE
    assert tally("restore", str(tmp_path / "there"), "--skip", "99999999999", home=tmp_path / "new").code == Exit.USAGE
    assert not (tmp_path / "new").exists()


def test_a_backup_is_on_record(house: House, tally: Tally, tmp_path: Path) -> None:
    made_at = tally("--json", "backup", "-o", str(tmp_path / "x")).json["made_at"]
    with house.gateway.database.read() as session:
        [read] = [entry for entry in journal.latest(session) if entry.step is Step.READ]
    assert (read.actor, read.outcome) == (ME, "backup")
    assert read.detail == {"by": "command", "to": "x", "made_at": made_at}
