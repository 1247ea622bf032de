"""Entries that are taken at a glance: nearly all of ours, and none that a closer look would not take."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.ledger.batch import Waiting
from gateway.ledger.entry import commitment, known_outcome
from gateway.ledger.glance import Glance
from gateway.ledger.guards import _TRIGGERS
from gateway.ledger.scanning import Scan, Scanned
from spool.journal import Step
from tests.spool.scene import KINDS

from .scene import _UNGUARDED, Scene, scene

SIZE = 299
"""A full tile, and 43 entries behind it; the last has neither a payload nor a fraction."""

Change = Callable[[Session], None]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene("sqlite", tmp_path_factory.mktemp("whole")) as made:
        made.grown(SIZE)
        yield made


class Undone(Exception):
    """Nothing of it is to stay."""


def scanned(whole: Scene, change: Change) -> tuple[Scanned, Scanned]:
    """What is found with a change, at a glance where that is enough, and by a closer look at everything."""
    found: list[Scanned] = []

    def work(session: Session) -> None:
        for statement in _UNGUARDED["sqlite"]:
            session.execute(text(statement))
        change(session)
        for statement in _TRIGGERS["sqlite"].values():
            session.execute(text(statement))
        found.append(Scan(session, whole.blobs).run())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Glance, "take", lambda *_: "")
            found.append(Scan(session, whole.blobs).run())
        raise Undone

    with suppress(Undone):
        whole.database.write(work)
    quick, exact = found
    return quick, exact


def require_the_same(whole: Scene, change: Change) -> Scanned:
    quick, exact = scanned(whole, change)
    assert (quick.entry, quick.wrong, quick.root) == (exact.entry, exact.wrong, exact.root)
    if exact.holds:
        assert quick == exact
    return quick


def test_untouched_it_holds_either_way(whole: Scene) -> None:
    assert require_the_same(whole, lambda _session: None).holds


@pytest.mark.parametrize("kind", KINDS)
def test_nearly_all_of_ours_are_taken_at_a_glance(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the first, and the first of each partner; in a detail, fractions are written in two ways."""
    closely: list[int] = []
    look = Scan._take_closely

    def noted(self: Scan, row: Any, *others: Any) -> None:
        closely.append(row[0])
        look(self, row, *others)

    monkeypatch.setattr(Scan, "_take_closely", noted)
    with scene(kind, tmp_path) as made:
        made.grown(SIZE)
        assert made.verify().holds
    assert closely == sorted({0, 1, *range(2, SIZE, 3)})


TEXTS = st.none() | st.sampled_from(
    ["", "accepted", "acme", "anna", "document-1", 'a"b', "a\\", "a b", "é", "x" * 65, "\u007f"]
)
DETAILS = st.sampled_from(
    ['{"number":1}', "{}", '{"a": 1}', '{"b":1,"a":1}', '{"a":1,"a":2}', '{"a":1.5}', '"\\u0041"', "5", "null"]
)
TIMES = st.sampled_from(
    [
        "2026-03-01 12:00:00.000000",
        "2026-02-30 12:00:00.000000",
        "2026-03-01T12:00:00.000000",
        "2026-W09-7 12:00:00.00000",
    ]
)
COLUMNS = {
    "at": TIMES,
    "step": st.sampled_from([step.value for step in Step]),
    "outcome": TEXTS.filter(lambda value: value is not None),
    "partner": TEXTS,
    "receipt_id": TEXTS,
    "document_id": TEXTS,
    "transmission_id": TEXTS,
    "actor": TEXTS.filter(lambda value: value is not None),
    "detail": DETAILS,
}

numbers = st.integers(0, SIZE - 1)
rows = st.fixed_dictionaries({}, optional=COLUMNS)


def put(session: Session, table: str, key: str, number: int, values: dict[str, Any]) -> None:
    for column, value in values.items():
        session.execute(
            text(f"UPDATE {table} SET {column} = :value WHERE {key} = :number"), {"value": value, "number": number}
        )


@settings(max_examples=25)
@given(numbers, rows)
def test_a_row_of_the_journal_that_was_changed_is_found_changed(
    whole: Scene, idx: int, changed: dict[str, Any]
) -> None:
    require_the_same(whole, lambda session: put(session, "journal_entry", "id", idx + 1, changed))


@settings(max_examples=25)
@given(
    numbers,
    st.sampled_from([("ledger_entry", "body"), ("ledger_detail", "body"), ("ledger_detail", "salt")]),
    st.data(),
)
def test_bytes_that_were_changed_are_found_changed(
    whole: Scene, idx: int, where: tuple[str, str], data: st.DataObject
) -> None:
    table, column = where
    found = bytes(whole.ask(f"SELECT {column} FROM {table} WHERE idx = :idx", idx=idx))
    place = data.draw(st.integers(0, len(found) - 1))
    byte = data.draw(st.binary(max_size=2))
    length = data.draw(st.integers(0, 2))
    other = found[:place] + byte + found[place + length :]
    quick = require_the_same(whole, lambda session: put(session, table, "idx", idx, {column: other}))
    assert quick.holds == (other == found)


def forged(session: Session, idx: int, changed: dict[str, Any], spelled: dict[str, Any]) -> None:
    """Change a row of the journal, and all that the ledger says of it, as if it had been told so; but as ``spelled``."""
    put(session, "journal_entry", "id", idx + 1, changed)
    columns = "id, at, step, outcome, partner, receipt_id, document_id, transmission_id, actor, CAST(detail AS TEXT)"
    told = session.execute(text(f"SELECT {columns} FROM journal_entry WHERE id = :id"), {"id": idx + 1}).one()
    row = Waiting._make((*told, ()))
    entry = json.loads(
        session.execute(text("SELECT body FROM ledger_entry WHERE idx = :idx"), {"idx": idx}).scalar_one()
    )
    digests: dict[str, str] = dict(
        session.execute(text("SELECT role, sha256 FROM ledger_blob_salt WHERE idx = :idx"), {"idx": idx}).all()
    )
    details, salt = row.details_as_spelled(digests), bytes(32)
    entry |= {
        "actor": row.kind_of_actor,
        "d": b64encode(commitment(salt, details)).decode(),
        "doc": row.doc,
        "outcome": known_outcome(row.outcome),
        "ts": f"{str(row.at).replace(' ', 'T')}Z",
        "type": row.step,
        **spelled,
    }
    body = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    put(session, "ledger_detail", "idx", idx, {"salt": salt, "body": details})
    put(session, "ledger_entry", "idx", idx, {"body": body})


SPELLED = st.fixed_dictionaries(
    {},
    optional={
        "doc": TEXTS.filter(bool),
        "outcome": st.sampled_from(["", "accepted", "anything"]),
        "partner": st.sampled_from(["", "None", "0" * 16]),
        "pseq": st.integers(0, 200),
        "dseq": st.integers(0, 50),
        "dprev": st.just(""),
        "node": st.sampled_from(["", "other", "é"]),
        "tenant": st.sampled_from(["", "0" * 16]),
        "actor": st.just("partner"),
        "type": st.just("nonsense"),
        "v": st.just(2),
    },
)


@settings(max_examples=25)
@given(st.sampled_from([0, 1, 5, 255, 256, SIZE - 2, SIZE - 1]) | numbers, rows, SPELLED)
def test_what_was_changed_everywhere_at_once_is_judged_the_same(
    whole: Scene, idx: int, changed: dict[str, Any], spelled: dict[str, Any]
) -> None:
    require_the_same(whole, lambda session: forged(session, idx, changed, spelled))


LAST, PAID = SIZE - 1, SIZE - 4
"""The last entry, and the last one with a payload."""


@pytest.mark.parametrize(
    ("idx", "changed", "spelled", "said"),
    [
        (LAST, {"document_id": "a b"}, {"dseq": 1, "dprev": ""}, "cannot be read"),
        (LAST, {"outcome": "anything"}, {"outcome": "anything"}, "cannot be read"),
        (LAST, {"partner": "ghost"}, {"partner": "None", "pseq": 0}, "cannot be read"),
        (LAST, {"partner": "ghost"}, {"partner": "0" * 16, "pseq": 1}, "was last about"),
        (LAST, {}, {"node": "e e"}, "cannot be read"),
        (LAST, {}, {"tenant": "0" * 16}, "is of another ledger"),
        (LAST, {}, {"actor": "operator"}, "says otherwise"),
        (LAST, {"transmission_id": ""}, {}, "was last about"),
        (LAST, {"partner": None}, {"pseq": 3}, "is number 3 of partner"),
        (PAID, {}, {"blobs": [None]}, "cannot be read"),
        (PAID, {}, {"blobs": []}, "was last about"),
        (0, {"partner": None}, {"partner": "", "pseq": 0, "tenant": "", "node": ""}, "cannot be read"),
    ],
)
def test_a_forgery_is_no_less_one_at_a_glance(
    whole: Scene, idx: int, changed: dict[str, Any], spelled: dict[str, Any], said: str
) -> None:
    quick = require_the_same(whole, lambda session: forged(session, idx, changed, spelled))
    assert quick.wrong is not None
    assert re.search(said, quick.wrong), quick.wrong
