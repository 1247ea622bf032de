"""AS2 messages and MDNs are held against the record: every change by somebody else is told, and nothing that happened by itself."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from gateway.audit.consistency import contradictions
from gateway.exchange.arrivals import Arrival
from gateway.exchange.sendings import Sending
from gateway.operations.erasing import Wanted
from gateway.operations.instruction import Instruction
from tests.gateway.exchange.scene import Scene, scene
from tests.gateway.exchange.wire import message, post
from tests.gateway.house import House, order

from ..test_consistency import contradicted

BY = Instruction("eva", "asked for by acme")
LATER = "  mdn_delivery: asynchronous"


def trade(made: Scene) -> None:
    """An order goes and is confirmed; a message comes twice, another is refused, a stranger posts, and the way is tried out."""
    made.distributor.house.place_order(order("4500777"))
    made.distributor.house.gateway.delivery.pull()
    made.work()
    sent = message(made.supplier)
    for _ in range(2):
        post(made.distributor.url, sent)
    post(made.distributor.url, replace(message(made.supplier), body=b"forged"))
    post(made.distributor.url, sent.with_field("AS2-From", "STRANGER"))
    made.distributor.house.gateway.try_out("acme")
    made.work()


@pytest.fixture(scope="module", params=["", LATER], ids=["MDNs at once", "MDNs later"])
def traded(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("traded"), request.param) as made:
        trade(made)
        yield made


class Undo(Exception):
    """Takes back what a test changed."""


def found_after(house: House, *statements: str) -> set[tuple[Any, Any]]:
    """Tables and columns that are contradicted once somebody ran these, which are undone again."""
    found: set[tuple[Any, Any]] = set()

    def run(session: Any) -> None:
        for statement in statements:
            assert session.execute(text(statement)).rowcount, statement
        found.update((row[0], row[3]) for row in contradictions(session))
        raise Undo

    with pytest.raises(Undo):
        house.gateway.database.write(run)
    return found


def columns_of(table: Any) -> list[str]:
    return [column.key for column in table.__table__.columns if column.key != "id"]


def test_nothing_that_happened_by_itself_is_told(traded: Scene) -> None:
    assert contradicted(traded.distributor.house) == contradicted(traded.supplier.house) == []


@pytest.mark.parametrize("column", columns_of(Sending))
def test_whatever_is_changed_of_a_message_of_ours_is_told(traded: Scene, column: str) -> None:
    changed = f"UPDATE as2_sending SET {column} = {other(Sending, column)} WHERE id = (SELECT min(id) FROM as2_sending)"
    assert ("as2_sending", column) in found_after(traded.distributor.house, changed)


@pytest.mark.parametrize("kind", ["message", "mdn"])
@pytest.mark.parametrize("column", columns_of(Arrival))
def test_whatever_is_changed_of_what_came_is_told(traded: Scene, column: str, kind: str) -> None:
    one = f"(SELECT min(id) FROM as2_arrival WHERE kind = '{kind}')"
    changed = f"UPDATE as2_arrival SET {column} = {other(Arrival, column)} WHERE id = {one}"
    assert ("as2_arrival", column) in found_after(traded.distributor.house, changed)


def other(table: Any, column: str) -> str:
    """Another value than a row has."""
    kind = table.__table__.columns[column].type
    match column:
        case "state":
            return "'overdue'"
        case "kind":
            return "CASE kind WHEN 'mdn' THEN 'message' ELSE 'mdn' END"
        case "signed_receipt":
            return "NOT signed_receipt"
    match type(kind).__name__:
        case "UtcDateTime":
            return "'2020-01-01 00:00:00.000000'"
        case "JSON":
            return """'[["Subject","other"]]'"""
        case "Text":
            return "'other'"
        case _:
            return "777"


@pytest.mark.parametrize(
    ("statements", "table"),
    [
        (["DELETE FROM as2_sending WHERE state = 'confirmed'"], "as2_sending"),
        (["DELETE FROM as2_arrival WHERE kind = 'mdn'"], "as2_arrival"),
        (["DELETE FROM as2_arrival WHERE outcome = 'refused'"], "as2_arrival"),
        (["DELETE FROM as2_arrival WHERE outcome = 'repeated'"], "as2_arrival"),
        (["UPDATE as2_arrival SET id = id || 'x' WHERE outcome = 'received'"], "as2_arrival"),
        (["UPDATE as2_sending SET id = id || 'x' WHERE state = 'confirmed'"], "as2_sending"),
        (["DELETE FROM as2_file"], "as2_file"),
        (["INSERT INTO as2_file SELECT receipt_id || 'x', arrival FROM as2_file LIMIT 1"], "as2_file"),
    ],
)
def test_what_is_removed_or_put_there_is_told(traded: Scene, statements: list[str], table: str) -> None:
    assert (table, "") in found_after(traded.distributor.house, *statements)


def test_a_file_put_down_to_another_message_is_told(traded: Scene) -> None:
    moved = "UPDATE as2_file SET arrival = (SELECT max(id) FROM as2_arrival)"
    assert ("as2_file", "arrival") in found_after(traded.distributor.house, moved)


def test_what_earlier_programs_did_not_tell_contradicts_nothing(traded: Scene) -> None:
    untold = "UPDATE journal_entry SET detail = json_remove(detail, '$.as2_rows')"
    changed = "UPDATE as2_sending SET mic = 'x', message_id = id || 'x'"
    assert found_after(traded.distributor.house, untold, changed, "UPDATE as2_arrival SET disposition = 'x'") == set()


def test_what_was_removed_on_record_contradicts_nothing(tmp_path: Path) -> None:
    with scene(tmp_path) as made:
        trade(made)
        house = made.distributor.house
        house.gateway.erasing.erase(Wanted((house.receipts()[0].id,)), BY)
        assert contradicted(house) == []
        house.later(days=40)
        assert replace(house.gateway.retention, keep=timedelta(days=30)).prune().messages
        assert contradicted(house) == []
        with house.gateway.database.read() as session:
            assert session.scalar(select(func.count()).select_from(Arrival)) == 0
