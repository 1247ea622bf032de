"""The ERP's folder refuses for a day by the injected clock, while documents keep coming; then it is back."""

import argparse
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import psutil

from canonical.errors import TallyError
from gateway.agreed_limits import ERP
from gateway.app import Gateway
from spool.queue.port import HeldBy, QueueSurvey
from spool.worker import Workers

from ..pipeline_parts.figures import Figures
from .town import count_states, deliveries, hand_in, invoice, order, require, town

PARTNERS = ("acme", "beta", "cargo")
DOCUMENTS_AN_ORDER = 3
"""The order, and two invoices for it: given to the ERP in this order or not at all."""

ORDERS_A_ROUND = 30
"""Orders of each partner that come before the first invoice for one of them."""

Sent = tuple[str, str, bytes]
"""Partner, file name and bytes: ``<order>-<position>.edi``."""

STEP = timedelta(minutes=5)
"""By how much the clock is moved on before work is done again."""

PATIENCE = timedelta(hours=2)
"""How long after its return, by the injected clock, the ERP must have everything."""

MEMORY_GOAL = 50.0


class Refusal(StrEnum):
    """How the folder refuses; both are what the file system really answers."""

    ABSENT = "absent"
    """It is not there, as a share that is not mounted."""
    NOT_A_DIRECTORY = "not_a_directory"
    """What stands in its place is no directory: refused as a wrong permission is, but to root too."""


class HandMovedClock:
    """Stands still until it is moved on."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by


@dataclass
class Day:
    """What was seen while the ERP was down; ``survey`` is the last one, before the clock was moved on."""

    seconds: float = 0.0
    megabytes: list[float] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    survey: QueueSurvey | None = None


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """Documents of three partners, spread over the day; all work is done in this thread."""
    clock = HandMovedClock()
    hours, count = timedelta(hours=arguments.hours), arguments.documents
    with town(root / "erp-down", PARTNERS, clock=clock, database_url=arguments.database_url) as gateway:
        day = play_down(gateway, clock, count, hours, arguments.refusal)
        rest, seconds = play_return(gateway, clock)
        check(gateway, count)
    assert day.survey is not None
    held = sum(work.lanes for work in day.survey.held)
    growth = day.megabytes[-1] - day.megabytes[len(day.megabytes) // 4]
    figures.say(
        f"the ERP is down        {count} documents in {arguments.hours:.0f} h ({arguments.refusal}), {day.seconds:.0f} s of work"
    )
    figures.say(
        f"at the end of that     {held} lanes held by its circuit; memory grew by {growth:.1f} MB in the last three quarters"
    )
    figures.say(f"the ERP is back        all of it there {rest} later by the clock: {count / seconds:.0f} documents/s")
    figures.claim("erp_down_catch_up", count / seconds, better="higher", unit="documents/s")
    figures.claim("erp_down_memory_growth", growth, goal=MEMORY_GOAL, better="lower", unit="MB")


def play_down(gateway: Gateway, clock: HandMovedClock, count: int, lasts: timedelta, refusal: Refusal) -> Day:
    """Take the folder away, let documents come and time pass, and put it back. Senders are answered all the while."""
    folder, aside = gateway.home.erp, gateway.home.erp.with_name("erp.away")
    folder.rename(aside)
    if refusal is Refusal.NOT_A_DIRECTORY:
        folder.touch()
    workers, day, files, began = gateway.workers(threads=0), Day(), documents(count), time.perf_counter()
    steps = max(1, lasts // STEP)
    for step in range(1, steps + 1):
        for partner, filename, data in itertools.islice(files, count * step // steps - count * (step - 1) // steps):
            hand_in(gateway, partner, filename, data)
        _work(gateway, workers, day)
        clock.advance(STEP)
    day.seconds = time.perf_counter() - began
    _check_held(gateway, day, count)
    if refusal is Refusal.NOT_A_DIRECTORY:
        folder.unlink()
    aside.rename(folder)
    return day


def _work(gateway: Gateway, workers: Workers, day: Day) -> None:
    with suppress(TallyError):
        # As the gateway does every few seconds; that it cannot is told in its log.
        gateway.delivery.pull()
    workers.run_until_idle()
    day.megabytes.append(psutil.Process().memory_info().rss / 1e6)
    day.survey = survey(gateway)
    day.states.update(circuit.state.value for circuit in day.survey.circuits)


def survey(gateway: Gateway) -> QueueSurvey:
    with gateway.database.read() as session:
        return gateway.queue.survey(session)


def _check_held(gateway: Gateway, day: Day, count: int) -> None:
    """Nothing is given up, all files are opened and answered, and it is told what holds the rest."""
    assert day.survey is not None
    states, report = count_states(gateway), gateway.status()
    require(states == {"pending": count}, f"of {count} documents for the ERP, all should wait: {states}")
    require(report.queue.dead == 0, f"{report.queue.dead} items were given up while the ERP was down")
    require(report.transmissions.get("ready", 0) == 0, "partners were not answered while the ERP was down")
    require(day.states["open"] > 0, "the circuit of the ERP did not open")
    holds = {(work.endpoint, work.hold.by) for work in day.survey.held}
    require(holds <= {(ERP, HeldBy.CIRCUIT)}, f"only the ERP's circuit should hold work: {holds}")


def play_return(gateway: Gateway, clock: HandMovedClock) -> tuple[timedelta, float]:
    """Let time pass until the ERP has everything: how long by the clock, and how many real seconds of work that took."""
    workers, back, began = gateway.workers(threads=0), clock.now(), time.perf_counter()
    while clock.now() - back < PATIENCE:
        workers.run_until_idle()
        if gateway.status().queue.open == 0:
            return clock.now() - back, time.perf_counter() - began
        clock.advance(STEP)
    raise SystemExit(
        f"PROMISE BROKEN: {PATIENCE} after the ERP's return it does not have everything: {gateway.status().queue}"
    )


def check(gateway: Gateway, count: int) -> None:
    """Each document was given once, those of an order in the order they came, and the books balance."""
    given = deliveries(gateway)
    expected = {(partner, filename) for partner, filename, _ in documents(count)}
    files = list((gateway.home.erp / "out").glob("*.json"))
    require(set(given) == expected, f"{len(expected - set(given))} documents never reached the ERP")
    require(
        len(given) == len(files) == count, f"{count} documents, {len(given)} deliveries, {len(files)} files at the ERP"
    )
    latest: dict[tuple[str, str], str] = {}
    for partner, filename in given:
        key = partner, filename.partition("-")[0]
        require(latest.get(key, "") < filename, f"{partner}'s {filename} was given after {latest.get(key)}")
        latest[key] = filename
    require(not survey(gateway).circuits, "the circuit of the ERP did not close")
    report = gateway.status()
    require(report.balance.holds and report.queue.dead == 0, f"the books: {report.balance}, {report.queue.dead} dead")


def documents(count: int) -> Iterator[Sent]:
    """What comes during the day, the documents of an order far apart."""
    return itertools.islice(_documents(), count)


def _documents() -> Iterator[Sent]:
    return itertools.chain.from_iterable(_round(number) for number in itertools.count())


def _round(number: int) -> list[Sent]:
    """Some orders of each partner, then the invoices for all of them, then their second ones."""
    orders = range(number * ORDERS_A_ROUND, (number + 1) * ORDERS_A_ROUND)
    return [
        (partner, f"PO{which}-{position}.edi", _data(partner, which, position))
        for position in range(DOCUMENTS_AN_ORDER)
        for which in orders
        for partner in PARTNERS
    ]


def _data(partner: str, which: int, position: int) -> bytes:
    control = which * DOCUMENTS_AN_ORDER + position + 1
    if position == 0:
        return order(partner, control, f"PO{which}")
    return invoice(partner, control, f"INV{which}-{position}", f"PO{which}")
