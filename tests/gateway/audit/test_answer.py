"""An answer that leaves: nothing of it is told without what was asked, when, and of which ledger."""

import csv
import io
import json

from gateway.audit.answer import Answer, Form
from tests.gateway.house import NOON

ANSWER = Answer(
    question="what is there",
    asked_at=NOON,
    checkpoint="tally.local/x\n7\nAAAA\n\n— tally.local/x BBBB\n",
    columns=("partner", "files", "count"),
    rows=[
        {"partner": "acme, Inc", "files": ["a", "b"], "count": -1},
        {"partner": "=HYPERLINK(1)", "files": [], "count": 0},
    ],
    holds=False,
)


def test_as_csv_each_row_says_what_was_asked() -> None:
    rows = list(csv.DictReader(io.StringIO(ANSWER.exported(Form.CSV))))
    told = {"asked": "what is there", "asked_at": NOON.isoformat(), "ledger": "tally.local/x 7 AAAA"}
    assert rows[0] == {"partner": "acme, Inc", "files": "a b", "count": "-1"} | told
    assert rows[1]["asked"] == "what is there"


def test_a_cell_is_never_a_formula() -> None:
    assert list(csv.DictReader(io.StringIO(ANSWER.exported(Form.CSV))))[1]["partner"] == "'=HYPERLINK(1)"


def test_as_lines_of_json_the_first_says_what_was_asked() -> None:
    first, *rows = map(json.loads, ANSWER.exported(Form.JSONL).splitlines())
    assert first == {
        "question": "what is there",
        "asked_at": NOON.isoformat(),
        "checkpoint": ANSWER.checkpoint,
        "holds": False,
    }
    assert rows == list(ANSWER.rows)


def test_without_rows_the_question_is_still_told() -> None:
    none = Answer("what is there", NOON, ANSWER.checkpoint, ("partner",), [], True)
    assert none.exported(Form.CSV) == "partner,asked,asked_at,ledger\r\n"
    assert json.loads(none.exported(Form.JSONL))["question"] == "what is there"
