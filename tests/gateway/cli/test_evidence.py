"""`tally evidence`: what it writes, what it says of what others wrote, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.console import Exit
from gateway.ledger.evidence import verify
from tests.gateway.house import House, invoice, wrapped
from tests.gateway.ledger.authority import Authority
from tests.gateway.ledger.evidence import making, tampering
from tests.gateway.ledger.test_cosignature import EVA

from .calling import ME, Called, Tally


@pytest.fixture
def traded(house: House) -> House:
    house.take("acme", "inv.edi", wrapped("810", invoice("INV1", "4500123"), 2))
    return house


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.zip"
    path.write_bytes(tampering.zipped(tampering.GOOD))
    return path


def export(tally: Tally, target: Path, *words: str) -> Called:
    return tally("--json", "evidence", "export", *(words or ("--po", "4500123")), "-o", str(target))


class TestExport:
    def test_what_is_written_verifies_by_the_key_that_is_named(
        self, traded: House, tally: Tally, tmp_path: Path
    ) -> None:
        target = tmp_path / "bundle.zip"
        called = export(tally, target)
        assert called.code == Exit.YES
        answer = called.json
        assert list(answer) == ["path", "size", "entries", "payloads", "claims", "trust"]
        assert (answer["path"], answer["size"]) == (str(target), target.stat().st_size)
        verified = tally("evidence", "verify", str(target), "--trust", answer["trust"])
        assert verified.code == Exit.YES
        assert f"PROVED: {answer['claims']} claims." in verified.out
        assert target.stat().st_mode & 0o777 == 0o600

    def test_who_took_it_along_is_in_the_record(self, traded: House, tally: Tally, tmp_path: Path) -> None:
        export(tally, tmp_path / "b.zip")
        [read] = tally("--json", "audit", "reads").json["records"]
        assert (read["actor"], read["reason"]) == (ME, "evidence of order 4500123")
        detail = json.loads(read["detail"])
        assert (detail["to"], detail["by"], detail["checkpoint"]["size"] > 0) == ("b.zip", "command", True)

    def test_a_document_may_be_asked_for(self, traded: House, tally: Tally, tmp_path: Path) -> None:
        assert export(tally, tmp_path / "b.zip", "--doc", traded.documents()[0].id).code == Exit.YES

    def test_a_kept_checkpoint_is_extended(self, traded: House, tally: Tally, tmp_path: Path) -> None:
        kept = tmp_path / "kept"
        kept.write_text(tally("--json", "ledger", "checkpoint").json["checkpoint"])
        traded.take("acme", "more.edi", wrapped("810", invoice("INV2", "4500123"), 3))
        answer = export(tally, tmp_path / "b.zip", "--po", "4500123", "--anchor", str(kept)).json
        words = ("evidence", "verify", str(tmp_path / "b.zip"), "--trust", answer["trust"], "--anchor", str(kept))
        assert "that you kept" in tally(*words).out

    def test_a_checkpoint_of_another_ledger_is_told(self, traded: House, tally: Tally, tmp_path: Path) -> None:
        kept = tmp_path / "kept"
        kept.write_text(str(making.ledger().checkpoint(1)))
        called = export(tally, tmp_path / "b.zip", "--po", "4500123", "--anchor", str(kept))
        assert called.code == Exit.NO
        assert "it is not one of this ledger" in called.err

    @pytest.mark.parametrize(
        "words",
        [
            ("--po", "1", "--doc", "2"),
            ("--partner", "acme"),
            ("--doc", "2", "--partner", "acme"),
            ("--po", "4500123", "--partner", "nobody"),
            ("--po", "99"),
            ("--doc", "99"),
            ("--po", "4500123", "--anchor", "missing"),
        ],
    )
    def test_who_asks_for_what_there_is_not_is_told(
        self, traded: House, tally: Tally, tmp_path: Path, words: tuple[str, ...]
    ) -> None:
        called = export(tally, tmp_path / "b.zip", *words)
        assert called.code == Exit.USAGE
        assert called.err
        assert not (tmp_path / "b.zip").exists()

    def test_nothing_is_overwritten(self, traded: House, tally: Tally, good: Path) -> None:
        before = good.read_bytes()
        assert export(tally, good).code == Exit.USAGE
        assert good.read_bytes() == before


class TestVerify:
    def test_no_home_is_needed(self, tally: Tally, good: Path, tmp_path: Path) -> None:
        called = tally("evidence", "verify", str(good), "--trust", making.TRUST, home=tmp_path / "none")
        assert called.code == Exit.YES
        assert "PROVED: 43 claims." in called.out

    def test_the_key_may_be_in_a_file(self, tally: Tally, good: Path, tmp_path: Path) -> None:
        (tmp_path / "key").write_text(f"{making.TRUST}\n")
        assert tally("-q", "evidence", "verify", str(good), "--trust", str(tmp_path / "key")).code == Exit.YES

    def test_without_a_key_nothing_is_proved(self, tally: Tally, good: Path) -> None:
        called = tally("evidence", "verify", str(good))
        assert called.code == Exit.NO
        assert "Nobody said which key to trust" in called.out

    def test_what_was_tampered_with_is_named(self, tally: Tally, tmp_path: Path) -> None:
        bad = tmp_path / "bad.zip"
        bad.write_bytes(tampering.CASES["details edited"].bundle())
        called = tally("--json", "evidence", "verify", str(bad), "--trust", making.TRUST)
        assert called.code == Exit.NO
        assert called.json["proved"] is False
        failed = [claim for claim in called.json["claims"] if claim["verdict"] == "failed"]
        assert failed[0]["step"] == 6
        assert failed[0]["why"] == "They are not the details that the entry was made with."

    @pytest.mark.parametrize("words", [("--trust", "nonsense"), ("--trust", making.TRUST, "--anchor", "missing")])
    def test_who_calls_it_wrongly_is_told(self, tally: Tally, good: Path, words: tuple[str, ...]) -> None:
        called = tally("evidence", "verify", str(good), *words)
        assert called.code == Exit.USAGE
        assert called.err

    @pytest.mark.parametrize(
        "words", [("--quorum", "1"), ("--witness", "EVA", "--quorum", "2"), ("--witness", "EVA", "--witness", "EVA")]
    )
    def test_a_quorum_is_of_witnesses_that_are_named_once(
        self, tally: Tally, good: Path, words: tuple[str, ...]
    ) -> None:
        words = ("--trust", making.TRUST, *(str(EVA.key) if word == "EVA" else word for word in words))
        assert tally("evidence", "verify", str(good), *words).code == Exit.USAGE
        script = [sys.executable, verify.__file__, str(good), *words]
        assert subprocess.run(script, capture_output=True, check=False).returncode == Exit.USAGE

    @pytest.mark.parametrize("name", ["missing.zip", "."])
    def test_what_cannot_be_read_is_told(self, tally: Tally, tmp_path: Path, name: str) -> None:
        called = tally("evidence", "verify", str(tmp_path / name), "--trust", making.TRUST)
        assert called.code == Exit.USAGE
        assert "cannot be read" in called.err


class TestTimeStamps:
    def test_they_are_judged_by_the_roots_that_are_trusted(self, tally: Tally, tmp_path: Path) -> None:
        stamped = tmp_path / "stamped.zip"
        stamped.write_bytes(making.written(making.with_stamps(making.evidence())))
        words = ("evidence", "verify", str(stamped), "--trust", making.TRUST)
        assert "is shown by `openssl ts -verify`" in tally(*words).out
        judged = tally(*words, "--trust-tsa", str(making.authority().roots))
        assert judged.code == Exit.YES
        assert "An authority that you trust made the time stamps" in judged.out
        other = Authority(tmp_path / "other").roots
        assert tally(*words, "--trust-tsa", str(other)).code == Exit.NO
        for path in (stamped, tmp_path / "missing"):
            assert tally(*words, "--trust-tsa", str(path)).code == Exit.USAGE
