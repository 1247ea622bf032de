"""The play: set the stage, let everybody act, watch until all is as expected or the time is up."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from canonical.finding import Finding
from canonical.order import PurchaseOrder

from ..app import Gateway, Service
from ..ledger.scanning import Scanned
from ..listeners.sftp.host_key import load_host_key
from ..orders import book
from ..orders.book import OrderFile
from . import expectations, scenario, stage
from .evidence import Evidence, gather
from .expectations import Result
from .stage import Supplier
from .timeline import Moment, Timeline

POLL_SECONDS = 0.05
DEADLINE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Audience:
    """Who watches: called once the gateway serves, for each entry of the journal, and for each thing a supplier says."""

    begun: Callable[[Service], None]
    moment: Callable[[Moment], None]
    word: Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Rejection:
    """The careless file: its 997 as the supplier got it, and what was found."""

    file: str
    acknowledgement: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the play came to."""

    results: tuple[Result, ...]
    orders: tuple[OrderFile, ...]
    rejection: Rejection | None
    evidence: Evidence
    ledger: Scanned
    seconds: float

    @property
    def succeeded(self) -> bool:
        return all(result.met for result in self.results) and self.ledger.holds and not self.ledger.waiting


def play(root: Path, today: date, audience: Audience, *, deadline: float = DEADLINE_SECONDS) -> Outcome:
    """Play in a new home ``root``, for ``deadline`` seconds at most. Raises Misconfigured where the home is in use."""
    began = time.monotonic()
    credentials = stage.prepare(root)
    order = scenario.purchase_order(today)
    with Gateway.create(root) as gateway:
        stage.open_for_business(gateway, credentials)
        host_key = load_host_key(gateway.home.keys)
        public = f"{host_key.get_name()} {host_key.get_base64()}"
        with (
            gateway.serving(sftp_port=0) as service,
            stage.suppliers(service, public, credentials, deadline) as cast,
        ):
            audience.begun(service)
            stage.hand_in_order(gateway, scenario.ORDER, scenario.erp_file(today))
            _watch(gateway, cast, order, audience, today, until=began + deadline)
            evidence = gather(gateway, cast)
        gateway.ledger.checkpoint()
        return Outcome(
            results=expectations.judge(evidence, order),
            orders=_orders(gateway),
            rejection=_rejection(evidence),
            evidence=evidence,
            ledger=gateway.ledger.verify(),
            seconds=time.monotonic() - began,
        )


def _watch(
    gateway: Gateway,
    cast: list[Supplier],
    order: PurchaseOrder,
    audience: Audience,
    today: date,
    *,
    until: float,
) -> None:
    """Tell what happens until all is as expected, a supplier gave up, or the time is up; the order over AS2 is handed in meanwhile."""
    timeline = Timeline(scenario.PARTNERS)
    handed_in = False
    while True:
        if not handed_in and stage.as2_supplier_listens(cast):
            stage.hand_in_order(gateway, scenario.AS2_ORDER, scenario.as2_erp_file(today))
            handed_in = True
        ended = all(supplier.ended for supplier in cast)
        over = time.monotonic() > until or any(supplier.failure for supplier in cast)
        _tell(gateway, cast, timeline, audience)
        if over or (ended and _complete(gateway, cast, order)):
            _tell(gateway, cast, timeline, audience)
            return
        time.sleep(POLL_SECONDS)


def _tell(gateway: Gateway, cast: list[Supplier], timeline: Timeline, audience: Audience) -> None:
    with gateway.database.read() as session:
        for moment in timeline.news(session):
            audience.moment(moment)
    for supplier in cast:
        for word in supplier.hear():
            audience.word(supplier.name, word)


def _complete(gateway: Gateway, cast: list[Supplier], order: PurchaseOrder) -> bool:
    return all(result.met for result in expectations.judge(gather(gateway, cast), order))


def _orders(gateway: Gateway) -> tuple[OrderFile, ...]:
    """The orders of the play that have any document."""
    with gateway.database.read() as session:
        known = {summary.number for summary in book.orders(session)}
        return tuple(
            file
            for number in (scenario.ORDER, scenario.TELEPHONE_ORDER, scenario.AS2_ORDER)
            if number in known
            for file in book.order(session, gateway.blobs, number)
        )


def _rejection(evidence: Evidence) -> Rejection | None:
    answer = evidence.answer(scenario.RIVERMILL, scenario.CARELESS_INVOICE_FILE)
    rows = evidence.documents_of(scenario.CARELESS_INVOICE_FILE)
    if answer is None or not rows:
        return None
    findings = tuple(Finding.model_validate(finding) for row in rows for finding in row.findings)
    return Rejection(scenario.CARELESS_INVOICE_FILE, tuple(answer["segments"]), findings)
