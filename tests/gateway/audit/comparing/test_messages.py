"""AS2 messages and MDNs are held against the record: every change by somebody else is told, and nothing that happened by itself."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from canonical.errors import Retryable
from gateway.audit import removals
from gateway.audit.consistency import contradictions
from gateway.exchange.arrivals import Arrival
from gateway.exchange.sendings import Sending
from gateway.operations.erasing import Wanted
from gateway.operations.instruction import Instruction
from spool.journal import Step
from spool.queue.port import Claim
from spool.worker import Effects
from tests.gateway.exchange.partner import partner_server
from tests.gateway.exchange.scene import Scene, scene
from tests.gateway.exchange.test_mdns import asks
from tests.gateway.exchange.wire import arrivals_of, message, post
from tests.gateway.house import House, order
from tests.spool.scene import KINDS

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


@pytest.fixture(
    scope="module",
    params=[(as2, kind) for as2 in ("", LATER) for kind in KINDS],
    ids=lambda param: f"MDNs {'later' if param[0] else 'at once'}, {param[1]}",
)
def traded(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Scene]:
    as2, kind = request.param
    with scene(tmp_path_factory.mktemp("traded"), as2, kind=kind) as made:
        trade(made)
        yield made


class Undo(Exception):
    """Takes back what a test changed."""


def found_after(house: House, *statements: str) -> set[tuple[Any, Any]]:
    """Tables and columns that are contradicted once somebody ran these, which are undone again; ``without(KEY)`` is said as the database
    says it."""
    found: set[tuple[Any, Any]] = set()
    without = {
        "sqlite": r"json_remove(detail, '$.\1')",
        "postgresql": r"CAST(CAST(detail AS jsonb) - '\1' AS json)",
    }

    def run(session: Any) -> None:
        dialect = session.get_bind().dialect.name
        for statement in statements:
            said = re.sub(r"without\((\w+)\)", without[dialect], statement)
            assert session.execute(text(said)).rowcount, said
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
    untold = "UPDATE journal_entry SET detail = without(as2_rows)"
    changed = "UPDATE as2_sending SET mic = 'x', message_id = id || 'x'"
    assert found_after(traded.distributor.house, untold, changed, "UPDATE as2_arrival SET disposition = 'x'") == set()


KEEP = timedelta(days=30)


def prune(house: House) -> int:
    return replace(house.gateway.retention, keep=KEEP).prune().messages


def count(house: House, table: Any) -> int:
    with house.gateway.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture(scope="module", params=KINDS)
def removed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Scene]:
    """A file that came was erased, and retention removed what was old enough; an order was sent after that."""
    with scene(tmp_path_factory.mktemp("removed"), kind=request.param) as made:
        trade(made)
        house = made.distributor.house
        house.gateway.erasing.erase(Wanted((house.receipts()[0].id,)), BY)
        assert contradicted(house) == []
        house.later(days=40)
        assert prune(house)
        assert (count(house, Arrival), count(house, Sending)) == (0, 0)
        made.supplier.house.later(days=40)
        post(made.distributor.url, message(made.supplier))
        house.place_order(order("4500778"))
        house.gateway.delivery.pull()
        made.work()
        yield made


def test_what_was_removed_on_record_contradicts_nothing(removed: Scene) -> None:
    assert contradicted(removed.distributor.house) == []


def copied(table: type[Arrival | Sending], **other: str) -> str:
    """Adds a copy of a row that is there, under another id, with ``other`` values."""
    values = {column: column for column in ("id", *columns_of(table))} | {"id": "id || 'x'", **other}
    if table is Arrival:
        values["only_once"] = "NULL"
    names, name = ", ".join(values), table.__tablename__
    return f"INSERT INTO {name} ({names}) SELECT {', '.join(values.values())} FROM {name} ORDER BY id DESC LIMIT 1"


@pytest.mark.parametrize(
    "sending", ["'0'", "'zz'", "(SELECT detail ->> 'forgotten_before' FROM journal_entry WHERE {told})"]
)
def test_an_MDN_about_a_message_that_is_not_there_is_told_whatever_was_removed(removed: Scene, sending: str) -> None:
    told = "detail ->> 'forgotten_before' IS NOT NULL LIMIT 1"
    forged = copied(Arrival, kind="'mdn'", sending=sending.format(told=told))
    assert ("as2_arrival", "") in found_after(removed.distributor.house, forged)


def test_nor_may_a_message_be_put_back_that_was_removed(removed: Scene) -> None:
    house = removed.distributor.house
    with house.gateway.database.read() as session:
        gone = removals.removed(session)
    carried = next(id_ for id_, steps in sorted(gone.steps.items()) if Step.ENCLOSED in steps)
    came = next(id_ for id_, steps in sorted(gone.steps.items()) if Step.RECEIVED in steps)
    put_back = copied(Sending, transmission=f"'{carried}'", message_id="'x'")
    assert ("as2_sending", "") in found_after(house, put_back)
    brought = f"INSERT INTO as2_file SELECT '{came}', max(id) FROM as2_arrival"
    assert found_after(house, copied(Arrival, kind="'message'", sending="NULL"), brought) >= {
        ("as2_arrival", ""),
        ("as2_file", ""),
    }


def test_what_is_about_what_an_earlier_program_removed_may_be_there(removed: Scene) -> None:
    """It let the MDNs about what went stay until they were old enough themselves, and did not say so."""
    of_then = "UPDATE journal_entry SET detail = without(messages_left)"
    house = removed.distributor.house
    assert found_after(house, of_then, copied(Arrival, kind="'mdn'", sending="'0'")) == set()
    assert ("as2_arrival", "") in found_after(house, of_then, copied(Arrival, kind="'mdn'", sending="'zz'"))


@pytest.mark.parametrize("kind", KINDS)
def test_an_MDN_goes_with_what_it_is_about(tmp_path: Path, kind: str) -> None:
    """Though it came so much later that it is not old enough itself: nothing would bind it any more."""
    with scene(tmp_path, LATER, kind=kind) as made:
        house = made.distributor.house
        house.place_order(order("4500777"))
        house.gateway.delivery.pull()
        house.work()
        house.later(days=3)
        made.work()
        assert arrivals_of(house, kind="mdn")
        house.later(days=28)
        assert prune(house)
        assert not arrivals_of(house, kind="mdn")
        assert contradicted(house) == []


def test_what_is_still_to_be_answered_stays_and_is_named(tmp_path: Path) -> None:
    with scene(tmp_path) as made, partner_server() as partner:
        house = made.distributor.house
        post(made.distributor.url, asks(made, partner.url))
        house.work(lambda kind, handler: _later if kind == "mdn" else handler)
        house.later(days=40)
        prune(house)
        assert len(arrivals_of(house)) == 1
        assert contradicted(house) == []
        forged = copied(Arrival, at="'2030-01-01 00:00:00.000000'")
        assert ("as2_arrival", "") in found_after(house, forged)
        house.exhaust()
        assert arrivals_of(house)[0].mdn_sent_at is not None
        assert contradicted(house) == []
        prune(house)
        assert count(house, Arrival) == 0
        assert contradicted(house) == []


def _later(_claim: Claim) -> Effects:
    raise Retryable("It cannot be reached.")


def test_nothing_is_missing_of_which_only_a_change_is_told(tmp_path: Path) -> None:
    """All that was told of the message went with its file, but for what became of it when it was repeated."""
    with scene(tmp_path) as made:
        house = made.distributor.house
        sent = message(made.supplier)
        post(made.distributor.url, sent.with_field("Disposition-Notification-To", None))
        post(made.distributor.url, sent)
        house.work()
        assert contradicted(house) == []
        house.gateway.erasing.erase(Wanted((house.receipts()[0].id,)), BY)
        assert contradicted(house) == []
