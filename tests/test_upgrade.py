"""The homes of all releases so far open, are brought up to date, and go on: each release adds one with ``python -m tools.make_home``."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from canonical.identity import DocumentId
from gateway import schema
from gateway.app import Gateway
from gateway.ledger.checkpoint import Checkpoint
from gateway.operations.instruction import Instruction
from spool.documents import DocumentRow
from spool.journal import JournalEntry
from spool.receipts import Receipt
from spool.revisions import differences
from spool.transmissions import Transmission
from tests.gateway.house import House, segments, wrapped
from tests.spool.scene import ManualClock
from tools import make_home

BY = Instruction("anna", "The disk is mended.")

HOMES = sorted(make_home.HOMES.iterdir())


class OldHouse(House):
    """A home that an earlier program left."""

    def __init__(self, root: Path, at: datetime) -> None:
        self.clock = ManualClock(at)
        self.gateway = Gateway.open(root, clock=self.clock)


@pytest.fixture(params=HOMES, ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def expected(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "expected.json").read_text("utf-8"))
    return found


@pytest.fixture
def root(folder: Path, tmp_path: Path) -> Path:
    """The home as the earlier program left it."""
    root = tmp_path / "home"
    shutil.copytree(folder / "home", root)
    with closing(sqlite3.connect(root / "tally.db")) as connection:
        connection.executescript((folder / "database.sql").read_text("utf-8"))
    return root


@pytest.fixture
def house(root: Path, expected: dict[str, Any]) -> Iterator[OldHouse]:
    opened = OldHouse(root, datetime.fromisoformat(expected["at"]))
    yield opened
    opened.close()


def test_there_are_homes() -> None:
    assert HOMES != []


def test_the_database_is_of_the_schema_the_folder_is_called_after(root: Path, folder: Path) -> None:
    with closing(sqlite3.connect(root / "tally.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(folder.name,)]


def test_it_is_brought_up_to_date(house: OldHouse) -> None:
    assert differences(house.gateway.database, schema.metadata) == []


def test_everything_is_where_it_was(house: OldHouse, expected: dict[str, Any]) -> None:
    status = house.gateway.status()
    assert status.balance.holds
    assert (status.balance.files, status.balance.received) == (expected["files"], expected["received"])
    assert status.balance.places == expected["places"]
    assert status.transmissions == expected["transmissions"]
    assert {"open": status.queue.open, "dead": status.queue.dead} == expected["work"]
    assert {row.id: row.state.value for row in house.receipts()} == expected["receipts"]
    rows = (*house.documents(), *house.documents("outbound"))
    assert {row.id: row.state.value for row in rows} == expected["documents"]


def test_every_payload_is_there(house: OldHouse) -> None:
    gateway = house.gateway
    with gateway.database.read() as session:
        sizes = {
            row.id: row.size for row in (*session.scalars(select(Receipt)), *session.scalars(select(Transmission)))
        }
        for id_, size in sizes.items():
            assert len(b"".join(gateway.raw(session, id_))) == size
        for document in session.scalars(select(DocumentRow).where(DocumentRow.canonical_sha256.is_not(None))):
            assert gateway.document(session, DocumentId(document.id))[1]


def test_the_ledger_begins_with_all_that_happened(house: OldHouse) -> None:
    gateway = house.gateway
    with gateway.database.read() as session:
        told = session.scalar(select(func.count()).select_from(JournalEntry)) or 0
    assert Checkpoint.read(gateway.ledger.checkpoint().text).size == told > 0
    found = gateway.ledger.verify()
    assert (found.wrong, found.size, found.waiting) == (None, told, 0)


def test_work_goes_on(house: OldHouse, expected: dict[str, Any]) -> None:
    house.exhaust()
    places = house.gateway.status().balance.places
    assert places["pending"] == 0
    assert places["delivered"] == expected["places"]["delivered"] + expected["places"]["pending"]
    for item in house.gateway.administration.dead(limit=100):
        house.gateway.administration.replay_dead(item.item_id, BY)
    house.exhaust()
    house.assert_settled()


def test_what_was_quarantined_is_replayed(house: OldHouse) -> None:
    house.exhaust()
    house.amend("acme", ("usage: T", "usage: P"))
    for row in house.documents(state="quarantined"):
        house.gateway.administration.replay(row.id, BY)
    house.exhaust()
    assert house.documents(state="quarantined") == []
    house.assert_balanced()


def test_what_came_before_is_known(house: OldHouse) -> None:
    house.exhaust()
    opened = [row for row in house.receipts() if row.state == "opened" and house.documents(receipt_id=row.id)]
    delivered = [row for row in opened if house.documents(receipt_id=row.id)[0].state == "delivered"]
    assert delivered
    for row in delivered:
        with house.gateway.database.read() as session:
            data = b"".join(house.gateway.raw(session, row.id))
        assert house.take(row.partner, row.filename, data).state == "duplicate"
    house.assert_balanced()


def test_numbers_go_on_and_answers_find_what_they_answer(house: OldHouse) -> None:
    house.exhaust()
    with house.gateway.database.read() as session:
        last = session.execute(text("SELECT last FROM control_number WHERE partner = 'acme' AND kind = 'interchange'"))
        before = last.scalar_one()
    assert segments(house.send_order("4500999"))[0][13] == f"{before + 1:09d}"
    late = next(row for row in house.transmissions("document") if row.state == "overdue")
    answer = f"AK1*PO*{late.group_control}\nAK9*A*1*1*1"
    house.take("acme", "997.edi", wrapped("997", answer, 900))
    assert next(row for row in house.transmissions() if row.id == late.id).state == "accepted"
    house.assert_balanced()


def test_a_home_is_made_once_for_a_schema(tmp_path: Path) -> None:
    made = make_home.make(tmp_path)
    assert sorted(path.name for path in made.iterdir()) == ["database.sql", "expected.json", "home"]
    with pytest.raises(FileExistsError):
        make_home.make(tmp_path)
