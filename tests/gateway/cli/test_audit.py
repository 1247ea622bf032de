"""`tally audit`: what it answers, in which form, and how it ends."""

import csv
import io
import json

import pytest

from gateway.cli.console import Exit
from tests.gateway.house import House, invoice, wrapped

from .calling import Tally


@pytest.fixture
def traded(house: House) -> House:
    for number in (7, 10):
        house.take("acme", f"{number}.edi", wrapped("810", invoice(f"INV{number}"), number))
    return house


def test_the_balance_of_a_period_holds(traded: House, tally: Tally) -> None:
    called = tally("--json", "audit", "balance", "--since", "2026-11-21", "--until", "2026-11-22")
    assert called.code == Exit.YES
    answer = called.json
    assert answer["question"] == (
        "received = delivered + rejected + duplicate + quarantined + dead + pending, of each partner, "
        "from 2026-11-21 00:00 UTC until 2026-11-22 00:00 UTC"
    )
    assert answer["checkpoint"].startswith("tally.local/")
    [row] = answer["rows"]
    assert (row["partner"], row["received"], row["delivered"], row["difference"]) == ("acme", 2, 2, 0)


def test_nothing_in_a_period_is_an_answer_too(traded: House, tally: Tally) -> None:
    called = tally("audit", "balance", "--since", "2026-11-25")
    assert called.code == Exit.YES
    assert "none" in called.out


def test_a_gap_ends_with_no(traded: House, tally: Tally) -> None:
    called = tally("audit", "control-numbers")
    assert called.code == Exit.NO
    assert "gap" in called.out
    assert "entries with the root" in called.out


def test_it_is_exported(traded: House, tally: Tally) -> None:
    [row] = csv.DictReader(io.StringIO(tally("audit", "control-numbers", "--format", "csv").out))
    assert (row["fault"], row["first"], row["last"], row["numbers"]) == ("gap", "8", "9", "2")
    about, line = map(json.loads, tally("audit", "control-numbers", "--format", "jsonl").out.splitlines())
    assert about["holds"] is False
    assert line["first"] == 8


@pytest.mark.parametrize(
    "words",
    [
        ("balance", "--since", "yesterday"),
        ("balance", "--since", "2026-11-22", "--until", "2026-11-21"),
        ("control-numbers", "--partner", "nobody"),
        ("control-numbers", "--format", "xml"),
    ],
)
def test_who_asks_wrongly_is_told(traded: House, tally: Tally, words: tuple[str, ...]) -> None:
    called = tally("audit", *words)
    assert called.code == Exit.USAGE
    assert called.err
