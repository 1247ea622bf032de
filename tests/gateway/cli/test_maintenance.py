"""`tally prune`: what need not be kept any longer. The command's clock is the real one; the house's is moved back before it."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.cli.console import Exit
from tests.gateway.house import House, invoice, wrapped

from .calling import Tally


@pytest.fixture
def old(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A file that came and went 100 days ago, in a home that keeps everything for 90."""
    monkeypatch.setenv("TALLY_KEEP_DAYS", "90")
    house.clock.time = datetime.now(UTC) - timedelta(days=100)
    house.take("acme", "810.edi", wrapped("810", invoice()))
    return house


def test_is_told_first_and_then_done(old: House, tally: Tally) -> None:
    assert tally("--json", "prune", "--dry-run").json == {
        "files": 1,
        "sent": 0,
        "outbox": 1,
        "messages": 0,
        "work": 3,
        "payloads": 0,
        "dry_run": True,
        "kept": [],
    }
    assert len(old.receipts()) == 1
    done = tally("--json", "prune")
    assert (done.code, done.json["files"], done.json["dry_run"]) == (Exit.YES, 1, False)
    assert old.receipts() == []
    assert tally("--json", "status").json["balance"]["received"] == 1
    assert "Removed 0 files" in tally("prune").out


def test_what_the_law_keeps_is_told_with_the_day_and_the_source(
    old: House, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALLY_COUNTRY", "DE")
    told = tally("--json", "prune", "--dry-run").json
    year = (datetime.now(UTC) - timedelta(days=100)).year
    [kept] = told["kept"]
    assert (told["files"], kept["type"], kept["count"], kept["until"]) == (0, "Invoice", 1, f"{year + 8}-12-31")
    assert "§ 147" in tally("prune", "--dry-run").out
    assert tally("--json", "prune").json["files"] == 0
    assert len(old.receipts()) == 1
