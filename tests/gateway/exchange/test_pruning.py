"""Retention and AS2: what a repeat or a retry needs stays as long as what it is about, and goes with it."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from gateway.exchange.arrivals import Arrival
from gateway.exchange.sendings import Sending
from gateway.operations.retention import Retention
from spool.blobs import Blob
from tests.gateway.house import House

from .scene import scene
from .test_exchange import place

KEEP = timedelta(days=90)


def retention(house: House) -> Retention:
    gateway = house.gateway
    return Retention(
        gateway.home, gateway.database, house.clock, gateway.ledger, KEEP, timedelta(days=30), gateway.adapter.forget
    )


def counted(house: House) -> tuple[int, ...]:
    with house.gateway.database.read() as session:
        return tuple(session.scalar(select(func.count()).select_from(table)) or 0 for table in (Arrival, Sending, Blob))


def test_what_was_exchanged_lately_stays_whole(tmp_path: Path) -> None:
    with scene(tmp_path) as made:
        place(made)
        for site in (made.distributor, made.supplier):
            before = counted(site.house)
            site.house.later(days=30)
            assert retention(site.house).prune().payloads == 0
            assert counted(site.house) == before


def test_what_is_old_goes_with_its_payloads(tmp_path: Path) -> None:
    with scene(tmp_path) as made:
        place(made)
        for site in (made.distributor, made.supplier):
            site.house.later(days=200)
            while retention(site.house).prune().anything:
                site.house.later(days=2)
            assert counted(site.house) == (0, 0, 0)
            site.house.assert_balanced()
