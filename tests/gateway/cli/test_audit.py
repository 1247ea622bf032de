"""`tally audit`: questions are listed, asked, and written to files."""

import json
from pathlib import Path

from gateway.audit.questions import QUESTIONS
from gateway.cli.console import Exit
from tests.gateway.house import House, invoice, wrapped

from .calling import Tally


def test_the_questions_are_listed(tally: Tally) -> None:
    assert [each["question"] for each in tally("--json", "audit").json] == list(QUESTIONS)
    assert "Which invoices have no purchase order" in tally("audit").out


def test_an_answer_says_when_and_how_it_was_found(house: House, tally: Tally) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice()))
    called = tally("--json", "audit", "balance", "--since", "2026-11-01")
    assert called.code == Exit.YES
    assert (called.json["since"], called.json["rows"]) == ("2026-11-01T00:00:00+00:00", 1)
    assert called.json["records"][0]["delivered"] == 1
    assert called.json["queries"]
    assert "1 row, none of which should not be; asked at" in tally("audit", "balance").out


def test_the_answer_is_no_where_something_should_not_be(house: House, tally: Tally) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice()))
    called = tally("audit", "invoices")
    assert called.code == Exit.NO
    assert "PurchaseOrder and ShipNotice" in called.out


def test_an_answer_as_a_file_is_never_written_over(house: House, tally: Tally, tmp_path: Path) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice()))
    table, lines = tmp_path / "answer.csv", tmp_path / "answer.jsonl"
    assert "Written to" in tally("audit", "in-force", "-o", str(table)).out
    assert table.read_text().splitlines()[0].startswith("at,partner,direction,type,number")
    tally("audit", "in-force", "-o", str(lines))
    assert json.loads(lines.read_text().splitlines()[0])["question"] == "in-force"
    again = tally("audit", "in-force", "-o", str(table))
    assert (again.code, "exists already" in again.err) == (Exit.USAGE, True)


def test_wrong_questions_are_refused(tally: Tally, tmp_path: Path) -> None:
    assert "There are balance, unanswered" in tally("audit", "everything").err
    assert "end its name with .csv or .jsonl" in tally("audit", "balance", "-o", str(tmp_path / "a.xls")).err
    assert "There is no folder" in tally("audit", "balance", "-o", str(tmp_path / "no" / "a.csv")).err
    assert tally("audit", "balance", "--partner", "nobody").code == Exit.USAGE
    assert "is not before" in tally("audit", "balance", "--since", "2026-11-02", "--until", "2026-11-01").err
