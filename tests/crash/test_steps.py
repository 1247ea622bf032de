"""Every step of the pipeline, with the process dying at each of its points: what was begun is done once.

A step does what is slow outside any transaction and returns its effects, which commit together with its completion. The process
can die before anything is done, with the outside touched and nothing committed, or in the middle of the write. Here it dies
there by hand, in every piece of work of a whole day's trade, and before each thing it does to a file or a row; ``test_kill`` kills a
real one, where it happens to be.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from canonical.identity import PartnerId
from gateway import inbound, outbound
from gateway.acks import matching
from gateway.app import Gateway
from gateway.erp.folder import FolderAdapter
from gateway.exchange import mdns
from gateway.inbound import Inbound
from gateway.listeners.port import Arrival
from spool.database.port import after_commit
from spool.database.sqlite import SqliteDatabase
from spool.documents import DocumentRow
from spool.queue.lanes import LEASE
from spool.queue.port import Claim, LeaseLost
from spool.transmissions import Transmission
from spool.worker import Effects, Handler
from tests import ready
from tests.gateway.house import new_url
from tests.spool.scene import ManualClock

from .clients import FIRST_ANSWER, Notes
from .counting import count
from .server import BATCH
from .stage import agree
from .trade import ACME, CARGO, MANY_SETS, Parcel, Route, Trade

STEPS = (inbound.OPEN, inbound.DELIVER, outbound.BUILD, outbound.TRANSMIT, matching.REPORT)

DEATHS = 6
"""How often a piece of work dies at most; after ten attempts it would be given up."""

PLACES = (
    *((step, "sqlite") for step in STEPS),
    *(pytest.param(step, "postgresql", marks=pytest.mark.slow) for step in (inbound.OPEN, outbound.TRANSMIT)),
)
"""Steps, and the database they are tried on: where they differ, a file is received and another one leaves."""

TOUCHES = ("open", "fsync", "link", "rename", "replace", "unlink")
"""Functions of ``os`` by which a step touches files that others see."""

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
        self._clock = ManualClock()
        self.gateway = Gateway.create(root, clock=self._clock)
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
        handlers = {kind: wrap(kind, handler) for kind, handler in self.gateway.handlers().items()}
        self._live(self.gateway.workers(0, handlers).run_until_idle)

    def _live(self, do: Callable[[], object]) -> None:
        """Do it until a life gets through; each begins like ``serving``, or when the leases of the last one are over."""
        while True:
            if self.gateway.database.shared:
                self._clock.advance(seconds=2 * LEASE.total_seconds())
            else:
                self.gateway.database.write(self.gateway.queue.release_all)
            self.gateway.routines.clear_up()
            try:
                do()
            except Killed:
                continue
            return


@pytest.fixture
def day(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    """On SQLite, or on the database a test is parametrised with."""
    monkeypatch.setattr(inbound, "BATCH", BATCH)
    with new_url(getattr(request, "param", "sqlite")) as url:
        if url is not None:
            monkeypatch.setenv("TALLY_DATABASE_URL", url)
        else:
            ready.put_file(tmp_path / "tally.db")
        day = Day(tmp_path)
        with day.gateway:
            yield day


def test_these_are_all_steps(day: Day) -> None:
    assert set(day.gateway.handlers()) == {*STEPS, mdns.ANSWER}, (
        "an MDN is posted in tests/gateway/exchange/test_mdns.py"
    )


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


@pytest.mark.parametrize(("step", "day"), PLACES, indirect=["day"])
def test_a_step_that_dies_before_each_thing_it_does_is_done_once(
    day: Day, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A piece of work dies before its first touch of a file or a row, the next time before its second; where it had its share of
    deaths, the next piece goes on from there. Until one got through: then from the first again."""
    fuse = Fuse(monkeypatch)
    deaths: Counter[str] = Counter()
    through: list[int] = []
    point = 0

    def dying(kind: str, handler: Handler) -> Handler:
        def handle(claim: Claim) -> Effects:
            nonlocal point
            if deaths[claim.item_id] == DEATHS:
                return handler(claim)
            deaths[claim.item_id] += 1
            point += 1
            begun = point
            with fuse.burning(begun):
                effects = handler(claim)
            left = fuse.left

            # Others may be worked in between: what is claimed together is committed together.
            def write(session: Session) -> None:
                nonlocal point
                with fuse.burning(left, session):
                    effects(session)
                through.append(begun)
                point = 0

            return write

        return handle if kind == step else handler

    day.play(dying)
    assert through, "no piece of work was followed to its end"
    assert min(through) > 1, "each touched something"
    assert day.faults() == []


class Fuse:
    """Ends the process before the so-manieth thing it does to a file or a row."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        """How many more touches there are to be, the last time it burnt."""
        self._burning = False
        for name in TOUCHES:
            monkeypatch.setattr(os, name, partial(self._touch, getattr(os, name)))

    def _touch(self, really: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        self._burn()
        return really(*arguments, **options)

    def _burn(self, *_: object) -> None:
        if self._burning and self.left is not None:
            self.left -= 1
            if not self.left:
                self.left = None
                raise Killed

    @contextmanager
    def burning(self, touches: int | None, session: Session | None = None) -> Iterator[None]:
        """Only the thread at work touches anything: the day is worked by hand. The statements of a session are touches too."""
        connection = None if session is None else session.connection()
        self.left, self._burning = touches, True
        if connection is not None:
            event.listen(connection, "before_cursor_execute", self._burn)
        try:
            yield
        finally:
            self._burning = False
            if connection is not None:
                event.remove(connection, "before_cursor_execute", self._burn)


@pytest.mark.parametrize(("step", "day"), PLACES, indirect=["day"])
def test_a_step_that_is_done_by_two_at_once_is_done_once(day: Day, step: str) -> None:
    """A worker that only slept does everything outside once more, when all is done, and may not commit."""
    fenced: list[str] = []

    def doubled(kind: str, handler: Handler) -> Handler:
        def handle(claim: Claim) -> Effects:
            late = handler(claim)
            timely = handler(claim)

            def write(session: Session) -> None:
                timely(session)
                after_commit(session, lambda: asleep.append((claim, late)))

            return write

        return handle if kind == step else handler

    asleep: list[tuple[Claim, Effects]] = []
    day.play(doubled)
    for claim, late in asleep:

        def wake(session: Session, claim: Claim = claim, late: Effects = late) -> None:
            late(session)
            day.gateway.queue.complete(session, claim)

        with pytest.raises(LeaseLost):
            day.gateway.database.write(wake)
        fenced.append(claim.item_id)
    assert fenced
    assert day.faults() == []


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
    with day.gateway.serving(sftp_port=0, http_port=0):
        assert [path for path in left if path.exists()] == []
        assert theirs.exists()
