"""`tally ledger`."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from canonical.errors import Misconfigured
from gateway.cli.console import Exit
from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.evidence import verify
from gateway.ledger.note import VerifierKey, read_note
from tests.gateway.house import House, invoice, wrapped
from tests.gateway.ledger.authority import Authority
from tests.gateway.ledger.evidence import making

from .calling import Tally

SCRIPT = verify.__file__


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
    other = Authority(house.gateway.home.root / "other", name="Later Inc")
    (house.gateway.home.root / "tally.toml").write_text(f'timestamp_url = "{url}"\ntimestamp_roots = "{other.roots}"\n')
    found = tally("--json", "ledger", "verify")
    assert (found.code, found.json["stamped_by_others"]) == (Exit.YES, [signed.json["size"]])
    assert "prove the time to whoever trusts these" in tally("ledger", "verify").out
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


def test_a_folder_for_checkpoints_that_is_away_is_told_in_the_status(house: House, tally: Tally) -> None:
    assert tally("--json", "status").json["ledger"]["not_anchored"] is None
    settings = house.gateway.routines.settings.model_copy(update={"anchor_folder": Path("away")})
    with pytest.raises(Misconfigured):
        replace(house.gateway.routines, settings=settings).anchoring.seal()
    assert "No such file" in tally("--json", "status").json["ledger"]["not_anchored"]
    assert "No checkpoint could be laid down in" in tally("status").out
    assert "checkpoint not laid down" in tally("exceptions").out


class TestWitness:
    """Eva, an auditor with a key of her own, and no home."""

    @pytest.fixture
    def eva(self, tmp_path: Path) -> tuple[str, ...]:
        key = tmp_path / "eva.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
        key.chmod(0o600)
        return ("--key", str(key), "--name", "auditor.example/eva", "--memory", str(tmp_path / "seen"))

    def test_she_cosigns_what_a_bundle_is_then_verified_by(
        self, house: House, tally: Tally, tmp_path: Path, eva: tuple[str, ...]
    ) -> None:
        asked, given, zipped = (str(tmp_path / name) for name in ("request", "cosigned", "bundle.zip"))
        house.take("acme", "810.edi", wrapped("810", invoice("INV1", "4500123")))
        trust = tally("--json", "ledger", "checkpoint").json["verifier"]
        assert "send it to the witness" in tally("ledger", "request", "-o", asked).out
        first = tally("--json", "ledger", "cosign", asked, "--trust", trust, *eva, "--first", "-o", given)
        assert first.code == Exit.YES
        key, size = first.json["witness"], first.json["size"]
        assert tally("ledger", "verify", "--checkpoint", given, "--trust", trust).code == Exit.YES

        exported = ("evidence", "export", "--po", "4500123", "-o", zipped, "--anchor", given)
        assert tally(*exported).code == Exit.YES
        wanted = ("--trust", trust, "--witness", key, "--quorum", "1")
        told = tally("evidence", "verify", zipped, *wanted)
        assert told.code == Exit.YES, told.out
        assert f"Witness auditor.example/eva cosigned the ledger of {size} entries" in told.out
        script = subprocess.run([sys.executable, SCRIPT, zipped, *wanted], capture_output=True, text=True, check=False)
        assert script.returncode == 0, script.stdout
        assert script.stdout.split() == told.out.split()

        house.take("acme", "more.edi", wrapped("810", invoice("INV2"), 2))
        again = tally("ledger", "request", "--since", str(size))
        Path(asked).write_text(again.out)
        cosigned = tally("ledger", "cosign", asked, "--trust", trust, *eva)
        assert cosigned.code == Exit.YES, cosigned.err
        assert cosigned.out == (tmp_path / "seen").read_text(), "the note alone is printed"
        assert "auditor.example/eva" in cosigned.out

    def test_several_cosign_the_same_one_and_a_bundle_shows_all(
        self, house: House, tally: Tally, tmp_path: Path, eva: tuple[str, ...]
    ) -> None:
        house.take("acme", "810.edi", wrapped("810", invoice("INV1", "4500123")))
        trust = tally("--json", "ledger", "checkpoint").json["verifier"]
        note, zipped = tmp_path / "note", str(tmp_path / "bundle.zip")
        note.write_text(tally("--json", "ledger", "checkpoint").json["checkpoint"])
        house.take("acme", "more.edi", wrapped("810", invoice("INV2"), 2))
        ada = ("--key", str(tmp_path / "ada.pem"), "--name", "auditor.example/ada", "--memory", str(tmp_path / "ada"))
        shutil.copy(eva[1], ada[1])
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", ada[1]], check=True, capture_output=True)
        wanted, anchors = ["--trust", trust], []
        for name, each in (("eva", eva), ("ada", ada)):
            asked, given = str(tmp_path / "request"), str(tmp_path / f"by-{name}")
            tally("ledger", "request", str(note), "-o", asked)
            done = tally("--json", "ledger", "cosign", asked, "--trust", trust, *each, "--first", "-o", given)
            wanted += ["--witness", done.json["witness"]]
            anchors += ["--anchor", given]
        assert tally("evidence", "export", "--po", "4500123", "-o", zipped, *anchors).code == Exit.YES
        told = tally("evidence", "verify", zipped, *wanted)
        assert told.code == Exit.YES, told.out
        assert "At least 2 of 2 witnesses cosigned" in told.out

        other = tmp_path / "other"
        other.write_text(tally("--json", "ledger", "checkpoint").json["checkpoint"])
        mixed = ("--anchor", str(other), *anchors)
        assert tally("evidence", "export", "--po", "4500123", "-o", f"{zipped}2", *mixed).code == Exit.USAGE

    def test_what_she_must_not_cosign_is_a_no(
        self, house: House, tally: Tally, eva: tuple[str, ...], tmp_path: Path
    ) -> None:
        house.take("acme", "810.edi", wrapped("810", invoice()))
        trust = tally("--json", "ledger", "checkpoint").json["verifier"]
        asked = str(tmp_path / "request")
        tally("ledger", "request", "-o", asked)
        refused = tally("ledger", "cosign", asked, "--trust", trust, *eva)
        assert refused.code == Exit.NO
        assert "say --first" in refused.err

    def test_mistakes_are_wrong_usage(self, house: House, tally: Tally, eva: tuple[str, ...], tmp_path: Path) -> None:
        trust = tally("--json", "ledger", "checkpoint").json["verifier"]
        asked, foreign = tmp_path / "request", tmp_path / "foreign"
        asked.write_text("nonsense")
        foreign.write_text(str(making.ledger().checkpoint(3)))
        for words in (
            ("cosign", str(asked), "--trust", trust, *eva),
            ("cosign", str(tmp_path / "absent"), "--trust", trust, *eva),
            ("cosign", str(asked), "--trust", "nonsense", *eva),
            ("cosign", str(asked), "--trust", trust, "--key", str(tmp_path / "absent"), *eva[2:]),
            ("request", str(foreign)),
            ("request", str(tmp_path / "absent")),
        ):
            assert tally("ledger", *words).code == Exit.USAGE, words
        assert tally("ledger", "request", "--since", "99999").code == Exit.NO
