"""Every step of the pipeline, with the process dying at each of its points: what was begun is done once.

A step does what is slow outside any transaction and returns its effects, which commit together with its completion. The process
can die before anything is done, with the outside touched and nothing committed, or in the middle of the write. Here it dies
there by hand, once in every piece of work of a whole day's trade; ``test_kill`` kills a real one, where it happens to be.
"""

from collections.abc import Callable, Iterator
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from canonical.identity import PartnerId
from gateway import inbound
from gateway.app import Gateway
from gateway.erp.folder import FolderAdapter
from gateway.inbound import Inbound
from gateway.listeners.port import Arrival
from spool.database.sqlite import SqliteDatabase
from spool.documents import DocumentRow
from spool.queue.port import Claim
from spool.transmissions import Transmission
from spool.worker import Effects, Handler, Workers
from tests.spool.scene import ManualClock

from .clients import FIRST_ANSWER, Notes
from .counting import count
from .server import BATCH
from .stage import agree
from .trade import ACME, CARGO, MANY_SETS, Parcel, Route, Trade

STEPS = ("open", "deliver", "build", "transmit", "report")

Wrap = Callable[[str, Handler], Handler]


class Killed(BaseException):
    """The process is gone."""


class Death(Enum):
    """Where it dies."""

    AT_ONCE = auto()
    BEFORE_THE_WRITE = auto()
    IN_THE_WRITE = auto()


def undisturbed(_kind: str, handler: Handler) -> Handler:
    return handler


class Day:
    """A gateway and a day's trade, worked by hand in as many lives as it takes."""

    def __init__(self, root: Path) -> None:
        self.gateway = Gateway.create(root, clock=ManualClock())
        agree(self.gateway)
        self._notes = Notes()
        self._trade = Trade(1)
        self._orders = self._trade.orders()

    def play(self, wrap: Wrap = undisturbed) -> None:
        """Everybody sends, all is worked, acme answers the orders, all is worked."""
        suppliers = self._trade.supplier(ACME, Route.CLOSE), self._trade.supplier(CARGO, Route.FOLDER)
        for parcel in (*suppliers[0], *suppliers[1], *self._trade.csv_supplier()):
            self._receive(parcel)
        for file in self._orders:
            (self.gateway.home.erp / "in" / file.filename).write_bytes(file.data)
        self._live(self.gateway.delivery.pull)
        self._work(wrap)
        self._answer_orders()
        self._work(wrap)

    def faults(self) -> list[str]:
        faults, _ = count(self.gateway, self._notes, self._orders)
        return faults

    def _receive(self, parcel: Parcel) -> None:
        key = self._notes.attempt(parcel)
        staged = self.gateway.blobs.stage_bytes(parcel.data)
        self.gateway.inbound.receive(Arrival(PartnerId(parcel.partner), "sftp", parcel.filename, staged))
        self._notes.answer(key)

    def _answer_orders(self) -> None:
        sent = select(Transmission.group_control, DocumentRow.set_control)
        sent = sent.join(DocumentRow, DocumentRow.transmission_id == Transmission.id)
        with self.gateway.database.read() as session:
            rows = session.execute(sent.where(Transmission.partner == ACME, Transmission.functional_id == "PO")).all()
        for number, (group, set_control) in enumerate(rows):
            assert group is not None
            assert set_control is not None
            self._receive(self._trade.answer(FIRST_ANSWER + number, ("PO", group), [("850", set_control)]))

    def _work(self, wrap: Wrap) -> None:
        gateway = self.gateway
        handlers = {kind: wrap(kind, handler) for kind, handler in gateway.handlers().items()}
        workers = Workers(gateway.database, gateway.queue, handlers, on_dead=gateway._dead)
        self._live(workers.run_until_idle)

    def _live(self, do: Callable[[], object]) -> None:
        """Do it until a life gets through; each begins like ``serving``."""
        while True:
            self.gateway.database.write(self.gateway.queue.release_all)
            try:
                do()
            except Killed:
                continue
            return


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    monkeypatch.setattr(inbound, "BATCH", BATCH)
    day = Day(tmp_path / "home")
    with day.gateway:
        yield day


def test_these_are_all_steps(day: Day) -> None:
    assert set(day.gateway.handlers()) == set(STEPS)


def test_undisturbed_the_count_is_right(day: Day) -> None:
    day.play()
    assert day.faults() == []


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_dies_at_each_point_in_every_piece_of_work_is_done_once(day: Day, step: str) -> None:
    ahead: dict[str, list[Death]] = {}

    def dying(kind: str, handler: Handler) -> Handler:
        def handle(claim: Claim) -> Effects:
            deaths = ahead.setdefault(claim.item_id, list(Death))
            return _die(handler, claim, deaths.pop()) if deaths else handler(claim)

        return handle if kind == step else handler

    day.play(dying)
    assert ahead, "there was no such work"
    assert not any(ahead.values())
    assert day.faults() == []


def _die(handler: Handler, claim: Claim, death: Death) -> Effects:
    if death is Death.AT_ONCE:
        raise Killed
    effects = handler(claim)
    if death is Death.BEFORE_THE_WRITE:
        raise Killed

    def half(session: Session) -> None:
        effects(session)
        session.flush()
        raise Killed

    return half


def test_a_file_taken_in_by_steps_may_be_cut_off_after_each(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    cuts: set[str] = set()
    write = SqliteDatabase.write

    def cut(self: SqliteDatabase, work: Callable[[Session], Any]) -> Any:
        result = write(self, work)
        if isinstance(work, partial) and getattr(work.func, "__func__", None) is Inbound._take_in_some:
            first = work.args[-1][0].id
            if first not in cuts:
                cuts.add(first)
                raise Killed
        return result

    monkeypatch.setattr(SqliteDatabase, "write", cut)
    day.play()
    assert len(cuts) == 2 * (MANY_SETS // BATCH), "two partners sent such a file"
    assert day.faults() == []


def test_orders_that_were_kept_and_not_confirmed_are_kept_once(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    confirm = FolderAdapter.confirm_pulled

    def dies(self: FolderAdapter, *arguments: Any) -> None:
        monkeypatch.setattr(FolderAdapter, "confirm_pulled", confirm)
        raise Killed

    monkeypatch.setattr(FolderAdapter, "confirm_pulled", dies)
    day.play()
    assert FolderAdapter.confirm_pulled is confirm
    assert day.faults() == []


def test_what_a_death_left_half_written_is_gone_before_anything_is_written_again(day: Day) -> None:
    """And nothing else is: an ERP hides its files in the same way while it writes them."""
    home = day.gateway.home
    left = [
        folder / ".placing-0123456789abcdef" for folder in (home.sftp / ACME / "outbox", home.drop / CARGO / "outbox")
    ]
    left += [folder / ".4711-140324.tmp" for folder in (home.erp / "in", home.erp / "out", home.erp / "out" / "status")]
    theirs = home.erp / "in" / ".order.json.tmp"
    for path in (*left, theirs):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{")
    with day.gateway.serving(sftp_port=0):
        assert [path for path in left if path.exists()] == []
        assert theirs.exists()
