"""The desk: what is read is on record, with by whom, by which way, and how far the ledger was."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from canonical.errors import NotFound
from gateway.audit.desk import About, Reader, Subject, Way
from gateway.audit.question import TooMuch
from gateway.audit.questions import QUESTIONS
from gateway.ledger.checkpoint import Checkpoint
from spool.journal import JournalEntry, Step
from tests.gateway.house import House, invoice, wrapped

ADA = Reader("ada", Way.API, "192.0.2.1")
ORDER = About(Subject.ORDER, "4500123", "acme")


@pytest.fixture
def traded(house: House) -> House:
    house.send_order()
    house.take("acme", "810.edi", wrapped("810", invoice()))
    return house


def readings(house: House) -> list[tuple[str, str, str | None, dict[str, Any]]]:
    with house.gateway.database.read() as session:
        rows = session.scalars(select(JournalEntry).where(JournalEntry.step == Step.READ).order_by(JournalEntry.id))
        return [(row.actor, row.outcome, row.partner, row.detail) for row in rows]


def test_each_reading_is_on_record(traded: House) -> None:
    desk = traded.gateway.desk
    answer = desk.answer(QUESTIONS["in-force"], ADA, partner="acme", form="csv")
    told = desk.trail(ORDER, ADA)
    evidence = desk.evidence(ORDER, ADA, to="b.zip")
    sealed = [Checkpoint.read(note.text) for note in (told.checkpoint, evidence.checkpoint)]
    common = {"by": "api", "address": "192.0.2.1"}
    [asked, trail, taken] = readings(traded)
    assert asked[:3] == ("ada", "audit in-force", "acme")
    assert asked[3].items() >= ({"rows": len(answer.rows), "form": "csv", "since": None} | common).items()
    assert trail[:3] == ("ada", "trail of order 4500123", "acme")
    assert trail[3] == common | {
        "entries": len(told.entries),
        "checkpoint": {"size": sealed[0].size, "root": sealed[0].root.hex()},
    }
    assert taken[:3] == ("ada", "evidence of order 4500123", "acme")
    assert taken[3] == common | {"to": "b.zip", "checkpoint": {"size": sealed[1].size, "root": sealed[1].root.hex()}}
    assert sealed[0].size < sealed[1].size


@pytest.mark.parametrize(
    "about",
    [
        About(Subject.ORDER, "9"),
        About(Subject.INVOICE, "9"),
        About(Subject.DOCUMENT, "9"),
        About(Subject.ORDER, "4500123", "nobody"),
    ],
)
def test_what_is_not_there_is_not_on_record(traded: House, about: About) -> None:
    with pytest.raises(NotFound):
        traded.gateway.desk.trail(about, ADA)
    with pytest.raises(NotFound):
        traded.gateway.desk.evidence(about, ADA, to="b.zip")
    assert readings(traded) == []


def test_more_than_was_asked_for_is_refused(traded: House) -> None:
    desk = traded.gateway.desk
    rows = len(desk.answer(QUESTIONS["in-force"], ADA, most=3).rows)
    assert rows == 3
    with pytest.raises(TooMuch, match="more than the 2 rows"):
        desk.answer(QUESTIONS["in-force"], ADA, most=2)
    with pytest.raises(TooMuch, match="more than the 1 that"):
        desk.trail(ORDER, ADA, most=1)


def test_several_may_read_at_once(traded: House) -> None:
    """Each seals the ledger, and a smaller one that comes late contradicts nothing."""
    with ThreadPoolExecutor(4) as readers:
        asked = [readers.submit(traded.gateway.desk.answer, QUESTIONS["reads"], ADA) for _ in range(24)]
        answers = [each.result() for each in asked]
    assert len(readings(traded)) == len(answers) == 24
