"""`tally retention`, `tally hold`, `tally erase` and `tally ledger shard`, as they are typed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.cli.console import Exit
from tests.gateway.house import House, invoice, wrapped
from tests.gateway.house import house as open_house

from .calling import ME, Tally


@pytest.fixture
def document(house: House) -> str:
    house.take("acme", "810.edi", wrapped("810", invoice()))
    return house.documents()[0].id


def test_the_rules_in_force_are_listed_with_their_sources(
    house: House, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tally("--json", "retention", "list").json["rules"] == []
    house.amend("acme", ("status: active", "status: active\ncountry: FR"))
    monkeypatch.setenv("TALLY_COUNTRY", "DE")
    monkeypatch.setenv("TALLY_KEEP_YEARS", '{"PriceCatalog": 11}')
    rules = tally("--json", "retention", "list").json["rules"]
    assert {(rule["partner"], rule["country"], rule["years"]) for rule in rules} == {
        (None, None, 11),
        (None, "DE", 8),
        (None, "DE", 6),
        ("acme", "FR", 10),
    }
    assert "L123-22" in tally("retention", "list").out


def test_a_document_is_told_its_day_its_rule_and_its_hold(
    house: House, document: str, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALLY_COUNTRY", "US")
    tally("hold", "place", "--po", "4500123", "--reason", "A dispute.")
    for asked in (("--doc", document), ("--po", "4500123"), ("--doc", document.rpartition("-")[0])):
        [told] = tally("--json", "retention", "show", *asked).json
        assert (told["id"], told["kept"]["until"], told["hold"]) == (document, "2033-12-31", "hold-1")
    assert "2033-12-31" in tally("retention", "show", "--doc", document).out
    assert tally("retention", "show", "--doc", "4711").code == Exit.USAGE
    assert tally("retention", "show", "--po", "4711").code == Exit.USAGE
    assert tally("retention", "show").code == Exit.USAGE


def test_a_hold_is_placed_listed_and_released(house: House, document: str, tally: Tally) -> None:
    placed = tally("--json", "hold", "place", "--doc", document, "--reason", "A dispute.", "--actor", "Dr Who")
    assert (placed.code, placed.json["id"], placed.json["placed_by"]) == (Exit.YES, "hold-1", f"Dr Who (by {ME})")
    assert tally("erase", "--doc", document, "--reason", "x").code == Exit.NO
    [listed] = tally("--json", "hold", "list").json
    assert (listed["target"]["kind"], listed["reason"], listed["released"]) == ("document", "A dispute.", None)
    assert "hold-1" in tally("hold", "list").out
    assert tally("hold", "release", "hold-1", "--reason", "Settled.").code == Exit.YES
    assert tally("hold", "release", "hold-1", "--reason", "Settled.").code == Exit.NO
    assert tally("hold", "release", "hold-2", "--reason", "Settled.").code == Exit.USAGE
    assert tally("--json", "hold", "list").json == []
    assert "Settled." in tally("hold", "list", "--all").out


@pytest.mark.parametrize(
    "words", [(), ("--po", "1", "--doc", "2"), ("--doc", "2", "--partner", "acme"), ("--partner", "acne")]
)
def test_a_hold_is_on_one_thing_that_there_is(house: House, tally: Tally, words: tuple[str, ...]) -> None:
    assert tally("hold", "place", *words, "--reason", "x").code == Exit.USAGE


def test_an_erasure_says_what_went_and_what_is_still_to_be_thought_of(
    house: House, document: str, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALLY_COUNTRY", "DE")
    refused = tally("erase", "--doc", document, "--reason", "Art. 17")
    assert (refused.code, "§ 147" in refused.err) == (Exit.NO, True)
    told = tally("erase", "--doc", document, "--reason", "Art. 17", "--despite-retention").out
    assert "Erased 1 files received and 1 documents" in told
    assert "Set aside: Invoice INV1 until 2034-12-31" in told
    assert "backups" in told
    assert tally("ledger", "verify").code == Exit.YES
    for words in ((), ("--doc", document, "--po", "1"), ("--doc", document, "--partner", "acme")):
        assert tally("erase", *words, "--reason", "x").code == Exit.USAGE
    assert tally("erase", "--doc", document, "--reason", "x").code == Exit.USAGE


def test_a_shard_is_written_and_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.gateway.house.NOON", datetime(2024, 6, 1, tzinfo=UTC))
    with open_house(tmp_path / "home") as opened:
        opened.take("acme", "810.edi", wrapped("810", invoice()))
        tally = Tally(opened, capsys)
        written = tally("--json", "ledger", "shard", "2024", "-o", str(tmp_path / "2024"))
        assert (written.code, written.json["from"]) == (Exit.YES, 0)
        checked = ("ledger", "verify", "--shard", str(tmp_path / "2024"))
        assert tally(*checked, "--trust", written.json["verifier"], home=tmp_path).code == Exit.YES
        said = tally(*checked, "--trust", written.json["verifier"]).out
        assert f"{written.json['to']} entries of 2024, 0 to {written.json['to'] - 1}, as they were signed" in said
        assert "It was written without details." in said
        assert "nothing is proved" in tally(*checked).out
        assert tally(*checked).code == Exit.NO
        assert "--shard" in tally("ledger", "shard", "2024", "-o", str(tmp_path / "again")).out
        assert tally("ledger", "shard", "9998", "-o", str(tmp_path / "x")).code == Exit.NO
        assert tally("ledger", "verify", "--shard", str(tmp_path / "absent")).code == Exit.NO


def test_which_details_a_shard_has_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.gateway.house.NOON", datetime(2024, 6, 1, tzinfo=UTC))
    with open_house(tmp_path / "home") as opened:
        opened.take("acme", "810.edi", wrapped("810", invoice()))
        tally = Tally(opened, capsys)
        document = opened.documents()[0].id
        tally("erase", "--doc", document, "--reason", "asked for", "--despite-retention")
        written = tally("--json", "ledger", "shard", "2024", "-o", str(tmp_path / "2024"), "--details")
        checked = ("ledger", "verify", "--shard", str(tmp_path / "2024"), "--trust", written.json["verifier"])
        found = tally("--json", *checked).json
        assert 0 < found["details"] < found["entries"]
        said = tally(*checked).out
        assert f"It has the details of {found['details']} of {found['entries']} entries." in said
        assert f"Those of the other {found['entries'] - found['details']} had been erased" in said


def test_a_shard_of_before_a_rotation_is_verified_by_the_key_of_now_with_the_note(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.gateway.house.NOON", datetime(2024, 6, 1, tzinfo=UTC))
    with open_house(tmp_path / "home") as opened:
        opened.take("acme", "810.edi", wrapped("810", invoice()))
        tally = Tally(opened, capsys)
        old = tally("--json", "ledger", "shard", "2024", "-o", str(tmp_path / "2024")).json["verifier"]
        rotated = tally("--json", "ledger", "rotate", "--overlap", "0").json
        (tmp_path / "note").write_text(rotated["rotation"])
        (tmp_path / "other").write_text("no note")
        checked = ("ledger", "verify", "--shard", str(tmp_path / "2024"), "--trust", rotated["verifier"])
        assert tally(*checked).code == Exit.NO
        done = tally(*checked, "--rotation", str(tmp_path / "note"))
        assert done.code == Exit.YES
        assert f"Only the key {old.split('+')[1]} signed it, which handed over to the one that you trust." in done.out
        for none in ("other", "absent"):
            assert tally(*checked, "--rotation", str(tmp_path / none)).code == Exit.USAGE
        assert tally("ledger", "verify", "--rotation", str(tmp_path / "note")).code == Exit.USAGE
