"""A bad day on a small scale: each scenario of ``bench/bad_day.py`` with the promise it must keep, by counts, order and turns."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bench.bad_day_parts import big, erp_down, quarantine
from bench.bad_day_parts.erp_down import DOCUMENTS_AN_ORDER, PARTNERS, HandMovedClock, Refusal
from bench.bad_day_parts.flood import FLOODER, OTHERS
from bench.bad_day_parts.town import agree, count_states, hand_in, order, town
from gateway.app import Gateway
from gateway.operations.instruction import Instruction
from spool import documents
from spool.database.sqlite import SqliteDatabase
from spool.queue.port import Claim
from spool.states import TransmissionState
from spool.worker import Effects, Handler, Workers
from tests.gateway.house import new_url
from tests.spool.scene import KINDS

pytestmark = pytest.mark.slow

WORKS = 3
"""For each file: to open it, to send its answer, and to give its document to the ERP."""

AT_ONCE = 50
"""Documents of a large file for which everybody else may have to wait."""


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Of an empty PostgreSQL database, and none for SQLite."""
    with new_url(request.param) as url:
        yield url


class Diary:
    """Whose work was begun, in order."""

    def __init__(self) -> None:
        self.partners: list[str | None] = []

    def workers(self, gateway: Gateway) -> Workers:
        handlers = {kind: self._noting(handler) for kind, handler in gateway.handlers().items()}
        return Workers(gateway.database, gateway.queue, handlers, on_dead=lambda *_: None, threads=0)

    def _noting(self, handler: Handler) -> Handler:
        def run(claim: Claim) -> Effects:
            self.partners.append(claim.partner)
            return handler(claim)

        return run


def test_a_flood_of_one_partner_costs_the_others_a_few_turns(tmp_path: Path, database_url: str | None) -> None:
    flood = 60
    with town(tmp_path / "home", (FLOODER, *OTHERS), database_url=database_url) as gateway:
        for number in range(1, flood + 1):
            hand_in(gateway, FLOODER, f"{number}.edi", order(FLOODER, number, f"PO{number}", lines=1))
        for partner in OTHERS:
            hand_in(gateway, partner, "1.edi", order(partner, 1, "PO1", lines=1))
        diary = Diary()
        diary.workers(gateway).run_until_idle()
        report = gateway.status()
    assert len(diary.partners) == WORKS * (flood + len(OTHERS))
    last = max(turn for turn, partner in enumerate(diary.partners, 1) if partner != FLOODER)
    # The flooder's work of each kind has turns like the work of each other partner.
    rounds = WORKS + 1
    assert last <= rounds * (WORKS + len(OTHERS)), f"the last of the others was done only in turn {last}"
    assert report.balance.holds
    assert report.transmissions == {TransmissionState.SENT: flood + len(OTHERS)}


def test_an_erp_that_is_away_for_a_day_gets_everything_once_and_in_order(
    tmp_path: Path, database_url: str | None
) -> None:
    away_for_a_day(tmp_path, database_url, 8, Refusal.ABSENT)


def test_so_it_does_where_the_same_documents_try_again_and_again_whether_it_is_back(tmp_path: Path) -> None:
    away_for_a_day(tmp_path, None, 1, Refusal.NOT_A_DIRECTORY)


def away_for_a_day(tmp_path: Path, database_url: str | None, orders: int, refusal: Refusal) -> None:
    clock, count = HandMovedClock(), orders * len(PARTNERS) * DOCUMENTS_AN_ORDER
    with town(tmp_path / "home", PARTNERS, clock=clock, database_url=database_url) as gateway:
        day = erp_down.play_down(gateway, clock, count, timedelta(days=1), refusal)
        after, _ = erp_down.play_return(gateway, clock)
        erp_down.check(gateway, count)
    assert day.states["open"] > 0
    assert after <= timedelta(minutes=30)


def test_others_wait_for_a_few_documents_of_a_large_file_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town(tmp_path / "home", (big.BIG,)) as gateway:
        count = big.write_big(tmp_path / "big.edi", 40_000, lines=1)
        hand_in(gateway, big.BIG, "big.edi", (tmp_path / "big.edi").read_bytes())
        committed = documents_a_commit(gateway, monkeypatch)
        gateway.workers(threads=0).run_until_idle()
        assert count_states(gateway) == {"delivered": count}
        assert gateway.status().balance.holds
    assert sum(committed) > 2 * AT_ONCE
    assert max(committed) <= AT_ONCE


def documents_a_commit(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many documents each commit from now on adds."""
    committed: list[int] = []
    database = gateway.database
    assert isinstance(database, SqliteDatabase)
    add, write = documents.add, database.write_together

    def counted_add(*row: Any) -> None:
        committed[-1] += 1
        add(*row)

    def counted_write(works: Sequence[Callable[[Session], Any]]) -> Any:
        committed.append(0)
        return write(works)

    monkeypatch.setattr(documents, "add", counted_add)
    monkeypatch.setattr(database, "write_together", counted_write)
    return committed


def test_a_full_quarantine_is_released_without_remainder(tmp_path: Path) -> None:
    count, by = 60, Instruction("tester", "test data is agreed")
    with town(tmp_path / "home", (quarantine.PARTNER,)) as gateway:
        quarantine.fill(gateway, count)
        with gateway.database.read() as session:
            held = gateway.documents(session, partner=None, state="quarantined", type_=None, limit=count)
        agree(gateway, (quarantine.PARTNER,), usage="T")
        for row in held:
            gateway.administration.replay(row.id, by)
        assert gateway.status().balance.places["pending"] == count
        assert gateway.status().balance.holds, "also while they are on their way"
        gateway.workers(threads=0).run_until_idle()
        quarantine.check(gateway, count)
