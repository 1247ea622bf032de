"""What was erased, as the ledger says it; that a scan believes nothing else is in ``test_tampering``, that pruning says it in
``tests/gateway/operations/test_retention``."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from gateway.ledger.erasures import Covered, Erasure, erase_details, erase_payloads, spans
from spool import journal
from spool.journal import Step
from tests.spool.scene import KINDS

from .scene import Scene
from .scene import scene as open_scene


@given(st.sets(st.integers(0, 50)), st.sets(st.integers(0, 50)), st.integers(51, 99))
def test_what_is_said_covers_exactly_what_was_erased(details: set[int], payloads: set[int], by: int) -> None:
    covered = Covered()
    covered.add(by, Erasure(sorted(details), {"wire": sorted(payloads)}).as_json())
    covered.sort()
    for idx in range(52):
        assert (covered.detail(idx) == by) == (idx in details)
        assert (covered.payload(idx, "wire") == by) == (idx in details or idx in payloads)
        assert (covered.payload(idx, "sent") == by) == (idx in details)


@given(st.lists(st.integers(0, 30)))
def test_ranges_hold_their_numbers(numbers: list[int]) -> None:
    ranges = spans(numbers)
    assert [number for first, last in ranges for number in range(first, last + 1)] == sorted(set(numbers))
    assert all(after[0] > before[1] + 1 for before, after in pairwise(ranges))


@pytest.mark.parametrize(
    "detail",
    [
        None,
        [],
        {},
        {"erased": None},
        {"erased": [[0, 9]]},
        {"erased": {"details": None}},
        {"erased": {"details": [[0]]}},
        {"erased": {"details": [["0", "9"]]}},
        {"erased": {"details": [[True, True]]}},
        {"erased": {"details": [[0, 9.5]]}},
        {"erased": {"details": [0, 9]}},
        {"erased": {"payloads": [[0, 9]]}},
        # What comes after it, and itself, an erasure cannot have erased.
        {"erased": {"details": [[0, 20]]}},
        {"erased": {"details": [[20, 20]]}},
    ],
)
def test_what_is_said_otherwise_covers_nothing(detail: Any) -> None:
    covered = Covered()
    covered.add(20, detail)
    covered.sort()
    assert [covered.detail(idx) for idx in range(25)] == [None] * 25
    assert covered.payload(1, "wire") is None


def test_nothing_erased_says_nothing() -> None:
    assert not Erasure()
    assert Erasure([1])
    assert Erasure(payloads={"wire": [1]})


@pytest.fixture(params=KINDS)
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    with open_scene(request.param, tmp_path) as opened:
        opened.grown(40)
        yield opened


def test_details_go_with_their_salts_and_rows(scene: Scene) -> None:
    """Entries 5 to 11: payloads 5 and 10 among them."""

    def erase(session: Session) -> Erasure:
        erasure = erase_details(session, list(range(6, 13)))
        journal.record(session, scene.clock, step=Step.PRUNED, detail=erasure.as_json())
        return erasure

    assert scene.database.write(erase) == Erasure(list(range(5, 12)))
    scene.sql("DELETE FROM journal_entry WHERE id BETWEEN 6 AND 12", "DELETE FROM blob")
    assert (
        scene.verify().wrong
        == "Entry 0 misses its payload received ("
        + scene.ask("SELECT sha256 FROM ledger_blob_salt WHERE idx = 0")
        + "), and no erasure is recorded that covers it."
    )
    assert scene.ask("SELECT count(*) FROM ledger_blob_salt WHERE idx BETWEEN 5 AND 11") == 0


def test_an_erasure_holds_at_once_and_once_the_ledger_has_it(scene: Scene) -> None:
    def erase(session: Session) -> None:
        erasure = erase_details(session, [6])
        journal.record(session, scene.clock, step=Step.PRUNED, detail=erasure.as_json())

    scene.database.write(erase)
    scene.sql("DELETE FROM journal_entry WHERE id = 6")
    assert scene.verify().holds
    scene.ledger.drain()
    found = scene.verify()
    assert (found.wrong, found.erased, found.details, found.payloads) == (None, 1, 40, 7)


def test_a_payload_alone_may_go(scene: Scene) -> None:
    digest = scene.ask("SELECT sha256 FROM ledger_blob_salt WHERE idx = 5")

    def erase(session: Session) -> Erasure:
        erasure = erase_payloads(session, [digest])
        journal.record(session, scene.clock, step=Step.PRUNED, detail=erasure.as_json())
        return erasure

    assert scene.database.write(erase) == Erasure(payloads={"received": [5]})
    scene.sql("DELETE FROM blob WHERE sha256 = :digest", digest=digest)
    scene.ledger.drain()
    found = scene.verify()
    assert (found.wrong, found.erased, found.details, found.payloads) == (None, 1, 41, 7)
