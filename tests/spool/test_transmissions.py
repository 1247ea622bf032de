"""Transmissions: what left, and finding it by what comes back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from canonical.identity import PartnerId
from spool import transmissions
from spool.database.port import Database
from spool.states import IllegalMove, TransmissionState
from spool.transmissions import Transmission

from .scene import ManualClock

ACME, BETA = PartnerId("acme"), PartnerId("beta")


@pytest.fixture
def add(database: Database, clock: ManualClock) -> Callable[..., Transmission]:
    def add(id_: str, **fields: Any) -> Transmission:
        given = {
            "partner": "acme",
            "kind": "document",
            "filename": f"{id_}.edi",
            "sha256": "0" * 64,
            "size": 1,
            "created_at": clock.now(),
        }
        row = Transmission(id=id_, **(given | fields))
        database.write(lambda session: session.add(row))
        return row

    return add


def found(row: Transmission | None) -> str | None:
    return None if row is None else row.id


def test_by_group_control_number_of_a_kind_the_newest(database: Database, add: Callable[..., Transmission]) -> None:
    add("1", functional_id="PO", group_control="7")
    add("2", functional_id="PO", group_control="7")
    add("3", functional_id="FA", group_control="7")
    add("4", functional_id="PO", group_control="7", partner="beta")
    with database.read() as session:
        assert found(transmissions.by_group(session, ACME, "PO", "7")) == "2"
        assert found(transmissions.by_group(session, ACME, "FA", "7")) == "3"
        assert found(transmissions.by_group(session, BETA, "PO", "7")) == "4"
        assert found(transmissions.by_group(session, ACME, "PO", "8")) is None


def test_by_interchange_control_number_and_by_name_the_newest(
    database: Database, add: Callable[..., Transmission]
) -> None:
    add("1", interchange_control="000000007", filename="a.edi")
    add("2", interchange_control="000000007", filename="a.edi")
    add("3", interchange_control="000000007", filename="a.edi", partner="beta")
    with database.read() as session:
        assert found(transmissions.by_interchange(session, ACME, "000000007")) == "2"
        assert found(transmissions.by_interchange(session, ACME, "000000008")) is None
        assert found(transmissions.by_filename(session, ACME, "a.edi")) == "2"
        assert found(transmissions.by_filename(session, BETA, "b.edi")) is None


def test_all_that_answers_a_receipt_in_its_order(database: Database, add: Callable[..., Transmission]) -> None:
    for id_, answers in (("2", "r1"), ("1", "r1"), ("3", "r2"), ("4", None)):
        add(id_, answers=answers)
    with database.read() as session:
        assert [row.id for row in transmissions.answering(session, "r1")] == ["1", "2"]
        assert list(transmissions.answering(session, "r9")) == []


@pytest.mark.parametrize("state", TransmissionState)
def test_overdue_is_what_was_handed_over_and_is_past_its_time(
    database: Database, clock: ManualClock, add: Callable[..., Transmission], state: TransmissionState
) -> None:
    due = clock.now()
    add("1", state=state, answer_due_at=due)
    add("2", state=state, answer_due_at=None)
    waits = state in (TransmissionState.SENT, TransmissionState.COLLECTED)
    with database.read() as session:
        assert transmissions.overdue(session, due) == []
        late = transmissions.overdue(session, due + timedelta(microseconds=1))
    assert [row.id for row in late] == (["1"] if waits else [])


def test_the_longest_overdue_comes_first(
    database: Database, clock: ManualClock, add: Callable[..., Transmission]
) -> None:
    for id_, hours in (("1", 1), ("2", 3), ("3", 2)):
        add(id_, state=TransmissionState.SENT, answer_due_at=clock.now() - timedelta(hours=hours))
    with database.read() as session:
        assert [row.id for row in transmissions.overdue(session, clock.now())] == ["2", "3", "1"]


def test_a_transmission_moves_only_as_the_table_says(add: Callable[..., Transmission]) -> None:
    row = add("1")
    assert row.state is TransmissionState.READY
    transmissions.move(row, TransmissionState.FAILED, reason="No way.")
    assert (row.state, row.reason) == (TransmissionState.FAILED, "No way.")
    transmissions.move(row, TransmissionState.READY)
    assert row.reason is None
    with pytest.raises(IllegalMove):
        transmissions.move(row, TransmissionState.READY)
