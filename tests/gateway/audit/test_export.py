"""Answers as files: JSON lines are exact, and CSV is safe to open."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.export import comma_separated, json_lines, records
from gateway.audit.question import Answer, Question, Scope, Standing, Statement, Value
from spool.journal import Step

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def answer(*rows: tuple[Value, ...]) -> Answer:
    question = Question("q", "What?", ("at", "what", "times"), lambda _session, _scope: [])
    queries = (Statement("SELECT 1 WHERE ? = ?", ((NOON, "a'b"), ("1", None))), Statement("SELECT %(n)s", ({"n": 1},)))
    return Answer(question, Scope(NOON, since=NOON), rows, queries, Standing(7, bytes(32), waiting=1), "ours")


ROWS = ((NOON, 'a "b", c\nd', 3), (None, Step.SENT, True))


def test_records_are_by_column() -> None:
    assert records(answer(*ROWS)) == [
        {"at": "2026-11-21T12:00:00+00:00", "what": 'a "b", c\nd', "times": 3},
        {"at": None, "what": "sent", "times": True},
    ]


def test_json_lines_begin_with_what_was_asked() -> None:
    about, *rows = map(json.loads, json_lines(answer(*ROWS)).splitlines())
    assert rows == records(answer(*ROWS))
    assert about == {
        "question": "q",
        "title": "What?",
        "asked_at": "2026-11-21T12:00:00+00:00",
        "since": "2026-11-21T12:00:00+00:00",
        "until": None,
        "partner": None,
        "columns": ["at", "what", "times"],
        "rows": 2,
        "checkpoint": "ours",
        "ledger": {"size": 7, "root": "A" * 43 + "=", "waiting": 1},
        "queries": [
            {"statement": "SELECT 1 WHERE ? = ?", "values": [["2026-11-21T12:00:00+00:00", "a'b"], ["1", None]]},
            {"statement": "SELECT %(n)s", "values": [{"n": 1}]},
        ],
    }


def test_csv_is_read_back_as_it_was() -> None:
    read = list(csv.reader(io.StringIO(comma_separated(answer(*ROWS)), newline="")))
    assert read == [["at", "what", "times"], ["2026-11-21T12:00:00+00:00", 'a "b", c\nd', "3"], ["", "sent", "True"]]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (' "=1', "' \"=1"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("\tcell", "'\tcell"),
        ("c;=1+1;d", "c;'=1+1;d"),
        ('c; "=1', "c;' \"=1"),
        ("c\n＝1", "c\n'＝1"),
        ("a=1, b-2; c", "a=1, b-2; c"),
    ],
)
def test_no_spreadsheet_obeys_what_a_partner_wrote(text: str, written: str) -> None:
    [_, row] = csv.reader(io.StringIO(comma_separated(answer((None, text, -1))), newline=""))
    assert row == ["", written, "-1"]


@given(st.text(alphabet='a;,|\t\r\n" =+-@', max_size=12), st.sampled_from(";|\t"))
def test_nor_where_it_takes_another_character_for_the_end_of_a_cell(text: str, end: str) -> None:
    cells = [cell for line in comma_separated(answer((None, text, "z"))).splitlines() for cell in line.split(end)]
    assert not [cell for cell in cells if cell.strip('" ').startswith(("=", "+", "-", "@"))]
