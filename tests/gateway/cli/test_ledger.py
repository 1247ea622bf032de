"""`tally ledger`."""

from pathlib import Path

from sqlalchemy import text

from gateway.cli.console import Exit
from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.note import VerifierKey, read_note
from tests.gateway.house import House, invoice, wrapped
from tests.gateway.ledger.evidence import making

from .calling import Tally


def test_a_ledger_is_signed_laid_down_elsewhere_and_verified(house: House, tally: Tally, tmp_path: Path) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice()))
    signed = tally("--json", "ledger", "checkpoint")
    assert signed.code == Exit.YES
    key = VerifierKey.read(signed.json["verifier"])
    note = read_note(signed.json["checkpoint"].encode())
    note.require_signed_by(key)
    assert Checkpoint.read(note.text).size == signed.json["size"] > 5
    laid = tally("--json", "ledger", "anchor", "--to", str(tmp_path))
    assert Path(laid.json["file"]).read_text() == signed.json["checkpoint"]
    house.take("acme", "more.edi", wrapped("810", invoice("INV2"), 2))
    found = tally("--json", "ledger", "verify", "--checkpoint", laid.json["file"], "--trust", laid.json["verifier"])
    assert found.code == Exit.YES
    assert found.json["holds"] is True
    assert (found.json["size"], found.json["waiting"] > 5) == (signed.json["size"], True)
    assert found.json["anchors"] == ["the checkpoint that was signed last", f"the checkpoint in {laid.json['file']}"]
    assert (found.json["entry"], found.json["wrong"]) == (None, None)


def test_people_are_told_the_same(house: House, tally: Tally, tmp_path: Path) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice()))
    told = tally("ledger", "verify").out
    assert "entries of the journal wait to be taken in, the oldest from 2026-11-21 12:00:00 UTC" in told
    assert "`tally ledger checkpoint` takes them in and signs them" in told
    signed = tally("ledger", "checkpoint").out
    assert "Its key, for whoever is to verify it: tally.local/" in signed
    assert f"--checkpoint {tmp_path}/ledger-" in tally("ledger", "anchor", "--to", str(tmp_path)).out
    told = tally("ledger", "verify").out
    assert "The ledger holds: " in told
    assert "It still begins with the checkpoint that was signed last." in told
    assert "wait to be taken in" not in told


def test_what_waits_is_no_fault_and_stays_where_it_is(house: House, tally: Tally) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice()))
    for _ in range(2):
        found = tally("--json", "ledger", "verify")
        assert found.code == Exit.YES
        assert (found.json["size"], found.json["waiting"] > 5) == (0, True)
        assert found.json["waiting_since"] == "2026-11-21T12:00:00+00:00"
    tally("ledger", "checkpoint")
    assert tally("--json", "ledger", "verify").json["waiting_since"] is None


def test_what_waits_and_cannot_be_taken_in_is_a_no(house: House, tally: Tally) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice()))
    house.gateway.database.write(lambda session: session.execute(text("DELETE FROM blob")))
    told = tally("ledger", "verify")
    assert told.code == Exit.NO
    assert "cannot be taken in" in told.out


def test_a_ledger_that_does_not_hold_is_a_no(house: House, tally: Tally) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice()))
    tally("ledger", "checkpoint")
    house.gateway.database.write(
        lambda session: session.execute(text("UPDATE journal_entry SET outcome = 'x' WHERE id = 1"))
    )
    found = tally("--json", "ledger", "verify")
    assert found.code == Exit.NO
    assert (found.json["holds"], found.json["entry"]) == (False, 0)
    assert "The ledger does not hold. Entry 0 tells something else than row 1" in tally("ledger", "verify").out


def test_a_ledger_that_must_not_be_signed_is_a_no(house: House, tally: Tally) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice()))
    tally("ledger", "checkpoint")
    (house.gateway.home.keys / "ledger.state.json").unlink()
    for command in ("checkpoint", "verify"):
        assert tally("ledger", command).code == Exit.NO


def test_mistakes_are_wrong_usage(house: House, tally: Tally, tmp_path: Path) -> None:
    laid = tally("--json", "ledger", "anchor", "--to", str(tmp_path)).json
    (tmp_path / "no.checkpoint").write_text("no checkpoint")
    other = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    for arguments in (
        ("--checkpoint", laid["file"]),
        ("--trust", laid["verifier"]),
        ("--checkpoint", laid["file"], "--trust", "nonsense"),
        ("--checkpoint", laid["file"], "--trust", other),
        ("--checkpoint", str(tmp_path / "no.checkpoint"), "--trust", laid["verifier"]),
        ("--checkpoint", str(tmp_path / "absent"), "--trust", laid["verifier"]),
    ):
        assert tally("ledger", "verify", *arguments).code == Exit.USAGE, arguments
    assert tally("ledger", "anchor", "--to", str(tmp_path / "absent")).code == Exit.USAGE


def test_the_key_is_handed_over_and_who_has_the_old_one_is_told_the_new(house: House, tally: Tally) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice()))
    old = tally("--json", "ledger", "checkpoint").json["verifier"]
    done = tally("--json", "ledger", "rotate", "--overlap", "5").json
    assert done["old"] == old
    signed = tally("--json", "ledger", "checkpoint").json
    assert signed["verifier"] == done["verifier"] != old
    for key in (old, done["verifier"]):
        read_note(signed["checkpoint"].encode()).require_signed_by(VerifierKey.read(key))
    again = tally("ledger", "rotate")
    assert again.code == Exit.NO
    assert "still signs too, until" in again.err
    assert tally("ledger", "verify").code == Exit.YES


def test_people_are_told_of_the_new_key(house: House, tally: Tally) -> None:
    told = tally("ledger", "rotate").out
    assert "for 30 days the one of before signs too" in told
    assert "Give auditors the new one" in told


def test_a_checkpoint_is_stamped_at_once_where_there_is_an_authority(house: House, tally: Tally) -> None:
    refused = tally("ledger", "checkpoint", "--timestamp")
    assert refused.code != Exit.YES
    assert "set timestamp_url and timestamp_roots" in refused.err
    with making.authority().serving() as url:
        toml = f'timestamp_url = "{url}"\ntimestamp_roots = "{making.authority().roots}"\n'
        (house.gateway.home.root / "tally.toml").write_text(toml)
        signed = tally("--json", "ledger", "checkpoint", "--timestamp")
    assert signed.code == Exit.YES
    assert signed.json["authority"] == "CN=Time Stamps Inc"
    found = tally("--json", "ledger", "verify")
    assert found.code == Exit.YES
    assert "that was stamped with the time" in found.json["anchors"][-1]
    status = tally("--json", "status").json["timestamps"]
    assert (status["failing"], status["last"]) == ([], signed.json["timestamp"])
    house.gateway.database.write(
        lambda session: session.execute(text("UPDATE ledger_timestamp SET response = X'3000'"))
    )
    found = tally("--json", "ledger", "verify")
    assert found.code == Exit.NO
    assert "time stamp of the checkpoint" in found.json["wrong"]


def test_an_authority_that_is_away_is_told_in_the_status(house: House, tally: Tally) -> None:
    toml = f'timestamp_url = "http://127.0.0.1:9/"\ntimestamp_roots = "{making.authority().roots}"\n'
    (house.gateway.home.root / "tally.toml").write_text(toml)
    assert tally("ledger", "checkpoint", "--timestamp").code != Exit.YES
    assert "waits for its time stamp since" in tally("status").out
    assert "time stamp missing" in tally("exceptions").out
