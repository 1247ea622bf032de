"""Control numbers have no gaps, are never given twice, and those received are recognised."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured
from canonical.identity import BlobDigest, PartnerId, ReceiptId
from partners.control_numbers import HIGHEST, InterchangeKey, Kind, first_seen, forget, peek, set_next, show, take
from spool.database.port import Database
from spool.database.sqlite import SqliteDatabase

ACME, BOLT = PartnerId("acme"), PartnerId("bolt")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def taken(database: Database, partner: PartnerId = ACME, kind: Kind = Kind.INTERCHANGE) -> int:
    return database.write(lambda session: take(session, partner, kind))


def test_numbers_count_from_one_for_each_partner_and_kind(database: Database) -> None:
    assert [taken(database) for _ in range(3)] == [1, 2, 3]
    assert taken(database, ACME, Kind.GROUP) == 1
    assert taken(database, BOLT) == 1


def test_several_numbers_are_taken_in_one_transaction(database: Database) -> None:
    assert database.write(lambda session: [take(session, ACME, Kind.SET) for _ in range(3)]) == [1, 2, 3]


def test_after_the_highest_comes_one(database: Database) -> None:
    database.write(lambda session: set_next(session, ACME, Kind.INTERCHANGE, HIGHEST))
    assert [taken(database), taken(database)] == [999_999_999, 1]


def test_a_transaction_that_fails_leaves_no_gap(database: Database) -> None:
    def fail(session: Session) -> None:
        assert take(session, ACME, Kind.INTERCHANGE) == 2
        raise LookupError

    assert taken(database) == 1
    with pytest.raises(LookupError):
        database.write(fail)
    assert taken(database) == 2


def test_two_processes_never_get_the_same_number(database: Database) -> None:
    start = threading.Barrier(4)

    def take_some(target: Database) -> list[int]:
        start.wait()
        return [taken(target) for _ in range(20)]

    with SqliteDatabase(database.url) as other, ThreadPoolExecutor(4) as threads:
        results = list(threads.map(take_some, [database, other, database, other]))
    assert sorted(number for numbers in results for number in numbers) == list(range(1, 81))
    assert all(numbers == sorted(numbers) for numbers in results)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["take", "fail"]) | st.sampled_from([1, 7, HIGHEST - 1, HIGHEST]), max_size=8))
def test_what_is_peeked_is_what_is_taken(database: Database, steps: list[str | int]) -> None:
    def run(session: Session) -> None:
        expected = set_next(session, ACME, Kind.GROUP, 1) and 1
        for step in steps:
            assert peek(session, ACME, Kind.GROUP) == expected
            if isinstance(step, int):
                assert set_next(session, ACME, Kind.GROUP, step) == expected
                expected = step
            elif step == "take":
                assert take(session, ACME, Kind.GROUP) == expected
                expected = expected % HIGHEST + 1
            else:
                savepoint = session.begin_nested()
                take(session, ACME, Kind.GROUP)
                savepoint.rollback()

    database.write(run)


@pytest.mark.parametrize("number", [0, -1, HIGHEST + 1])
def test_only_control_numbers_can_be_set(database: Database, number: int) -> None:
    with pytest.raises(Misconfigured, match=f"{number} is not a control number; give one from 1 to 999999999"):
        database.write(lambda session: set_next(session, ACME, Kind.SET, number))


def key(number: str = "000000017", sender: str = "123456789") -> InterchangeKey:
    return InterchangeKey(ACME, sender, "OURCO", number)


def seen(
    database: Database, interchange: InterchangeKey, receipt: str, position: int = 1, minute: int = 0
) -> str | None:
    """The receipt that used the number before, if another did."""

    def note(session: Session) -> str | None:
        earlier = first_seen(
            session,
            interchange,
            receipt_id=ReceiptId(receipt),
            position=position,
            sha256=BlobDigest("ab" * 32),
            at=NOON.replace(minute=minute),
        )
        return None if earlier is None else earlier.receipt_id

    return database.write(note)


def test_a_number_used_again_is_recognised(database: Database) -> None:
    assert seen(database, key(), "r1") is None
    assert seen(database, key(), "r2") == "r1"
    assert seen(database, key("000000018"), "r2", position=2) is None
    assert seen(database, key(sender="OTHER"), "r3") is None


def test_asking_twice_about_the_same_interchange_changes_nothing(database: Database) -> None:
    assert [seen(database, key(), "r1") for _ in range(3)] == [None] * 3


def test_the_same_number_twice_in_one_file_is_recognised(database: Database) -> None:
    assert seen(database, key(), "r1", position=1) is None
    assert seen(database, key(), "r1", position=2) == "r1"


def test_a_refused_receipt_does_not_block_its_correction(database: Database) -> None:
    seen(database, key("000000018"), "r0")
    seen(database, key(), "r1")
    database.write(lambda session: forget(session, ReceiptId("r1")))
    assert seen(database, key(), "r2") is None
    assert seen(database, key("000000018"), "r3") == "r0"


def test_where_the_numbers_stand_both_ways(database: Database) -> None:
    with database.read() as session:
        shown = show(session, ACME)
    assert (shown.next, shown.received) == ({Kind.INTERCHANGE: 1, Kind.GROUP: 1, Kind.SET: 1}, None)
    taken(database)
    seen(database, key("000000018"), "r1", minute=1)
    seen(database, key("000000017"), "r2", minute=2)
    with database.read() as session:
        shown = show(session, ACME)
    assert (shown.next, shown.received) == ({Kind.INTERCHANGE: 2, Kind.GROUP: 1, Kind.SET: 1}, "000000017")
