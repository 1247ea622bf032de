"""Make the home that tests upgrade from: ``python -m tools.make_home`` writes ``tests/homes/<schema>`` with the program as it is.

Run it once for each release, before the schema changes again, and commit what it wrote; it is never written anew. Everything in it is our
own: invented trade, no keys. ``database.sql`` is the database as text, ``home`` the files beside it, ``expected.json`` what must be found.
"""

import json
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import text

from canonical.errors import Misconfigured
from gateway import inbound, outbound
from spool.queue.port import Claim
from spool.worker import Effects, Handler
from tests.gateway.house import BAD_INVOICE, House, csv, csv_invoice, house, invoice, order, wrapped

HOMES = Path(__file__).resolve().parents[1] / "tests" / "homes"

_KEPT = ("tally.toml", "partners", "blobs", "erp", "sftp", "drop")
"""What of a home is committed beside its database: all but keys, locks and what is unfinished."""


def failing(failing_kind: str, handler_kind: str, handler: Handler) -> Handler:
    """Work of one kind fails for good."""

    def run(_claim: Claim) -> Effects:
        raise Misconfigured("The folder may not be written to.")

    return run if handler_kind == failing_kind else handler


def trade(opened: House) -> None:
    """A few documents each way, so that something is in every place: see ``expected.json``."""
    opened.send_order("4500001")
    opened.take("acme", "997.edi", wrapped("997", "AK1*PO*1\nAK2*850*0001\nAK5*A\nAK9*A*1*1*1", 1))
    opened.send_order("4500002")
    opened.take("acme", "good.edi", wrapped("810", invoice("INV1", "4500001"), 2))
    opened.take("acme", "again.edi", wrapped("810", invoice("INV1", "4500001"), 2))
    opened.take("acme", "number.edi", wrapped("810", invoice("INV1", "4500001"), 3))
    opened.take("acme", "bad.edi", wrapped("810", BAD_INVOICE.format(number="INV2", order="4500001"), 4))
    opened.take("acme", "test.edi", wrapped("810", invoice("INV3", "4500001"), 5, usage="P"))
    opened.take("acme", "junk.txt", b"no EDI at all")
    opened.take("nobody", "unknown.edi", wrapped("810", invoice("INV4"), 6))
    opened.take("beta", "good.csv", csv(csv_invoice("CSV1", "4500003")))
    opened.take("beta", "large.csv", csv(csv_invoice("CSV2", "4500003")) + b"\r\n" * 35_000)
    opened.receive("cargo", "dead.edi", wrapped("810", invoice("INV5", "4500004"), 7, sender="CARGO"))
    opened.work(lambda kind, handler: failing(inbound.DELIVER, kind, handler))
    opened.place_order(order("4500005", "cargo"))
    opened.gateway.delivery.pull()
    opened.work(lambda kind, handler: failing(outbound.TRANSMIT, kind, handler))
    opened.later(hours=30)
    opened.gateway.database.write(opened.gateway.answers.overdue)
    opened.place_order(order("4500006"))
    opened.gateway.delivery.pull()
    opened.receive("acme", "pending.edi", wrapped("810", invoice("INV6", "4500002"), 8))


def expected(opened: House) -> dict[str, Any]:
    """What any later program must find in this home."""
    status = opened.gateway.status()
    return {
        "at": opened.clock.now().isoformat(),
        "files": status.balance.files,
        "received": status.balance.received,
        "places": status.balance.places,
        "transmissions": status.transmissions,
        "work": {"open": status.queue.open, "dead": status.queue.dead},
        "receipts": {row.id: row.state for row in opened.receipts()},
        "documents": {row.id: row.state for row in (*opened.documents(), *opened.documents("outbound"))},
    }


def schema_of(opened: House) -> str:
    """The revision of the schema."""
    with opened.gateway.database.read() as session:
        return str(session.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _dump(database: Path) -> Iterator[str]:
    with closing(sqlite3.connect(database)) as connection:
        yield from connection.iterdump()


def make(homes: Path = HOMES) -> Path:
    """Write the home of the present schema; its folder. Raises FileExistsError where it was written before."""
    with tempfile.TemporaryDirectory() as folder, house(Path(folder) / "home") as opened:
        trade(opened)
        target = homes / schema_of(opened)
        (target / "home").mkdir(parents=True)
        (target / "expected.json").write_text(json.dumps(expected(opened), indent=1) + "\n", "utf-8")
        root = opened.gateway.home.root
        opened.close()
        (target / "database.sql").write_text("\n".join(_dump(root / "tally.db")) + "\n", "utf-8")
        for name in _KEPT:
            source = root / name
            if source.is_dir():
                shutil.copytree(source, target / "home" / name)
            else:
                shutil.copy(source, target / "home" / name)
    return target


if __name__ == "__main__":
    sys.stdout.write(f"wrote {make()}; look at it before you commit it\n")
