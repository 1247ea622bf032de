"""What every round is made of: a home and its partners, those who send, the last life, the count."""

import random
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from time import monotonic
from types import TracebackType
from typing import Any, Self

import paramiko
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from canonical.errors import Retryable
from gateway.app import Gateway
from gateway.as2.cms.keys import Certificate
from gateway.balance import balance
from gateway.certificates.making import subject
from partners.certificates import Use
from spool.database.opening import open_database
from spool.database.sqlite import sqlite_url

from . import counting
from .as2_partner import As2Partner, As2Supplier, certificate
from .clients import (
    Address,
    Dropper,
    Notes,
    OrderDesk,
    Supplier,
    acme,
    drops,
    order_drops,
    paced,
    password,
    silence_paramiko,
)
from .server import Command, Conditions
from .trade import ACME, BETA, CARGO, DELTA, Route, Trade

X12 = """\
partner: {partner}
name: {partner}
x12:
  us: {{qualifier: ZZ, id: OURCOMPANY}}
  them: {{qualifier: ZZ, id: {them}}}
  usage: T
{way}
documents:
  send: [850]
  receive: [855, 856, 810]
"""

CSV = """\
partner: beta
name: beta
sftp: {sftp}
documents:
  receive: [810]
csv:
  - document: Invoice
    filename: "*.csv"
    columns:
      number: Invoice
      invoice_date: Date
      order_number: PO
      total_amount: Total
      lines.number: Line
      lines.items.buyer_part: Item
      lines.quantity.value: Qty
      lines.quantity.unit: {{column: Unit, default: EA}}
      lines.price.amount: Price
"""

SETTINGS = """\
sftp_port = 0
http_port = 0
erp_poll_seconds = 0.1
folder_scan_seconds = 0.2
folder_settle_seconds = 0.1
"""
"""Everything is looked for often, so that a kill finds it under way."""

PASSWORD = "correct horse"
_BY_A_LIBRARY = '"logger":'
"""What is logged by Python's own means names its logger, our events do not."""

FINISH = 180.0
"""Seconds the last life gets; it needs three, on a machine that does nothing else."""


@dataclass
class Round:
    """What came of a round. ``blows`` are what was done to the servers; ``faults`` is empty when it was good."""

    seed: int
    home: Path
    blows: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    figures: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """What the servers logged; beside the home, whose disk may be full."""
        return self.home.with_name(f"{self.home.name}.log")

    def __str__(self) -> str:
        figures = ", ".join(f"{count} {name}" for name, count in (self.blows + self.figures).items())
        return f"seed {self.seed}: {'ok' if not self.faults else 'FAILED'}, {figures}, {self.seconds:.1f} s"


class Yesterday:
    """The clock by which keys and certificates came into use: long enough ago for one that is put back by hours."""

    def now(self) -> datetime:
        return datetime.now(UTC) - timedelta(days=1)


def discard(result: Round) -> None:
    """Remove what a good round left."""
    shutil.rmtree(result.home)
    result.log.unlink()


class Stage:
    """A round under way in ``root``, which must be new and stays as it is at the end.

    Those who send do so inside the block. ``programs`` is how many of acme's do. Where ``refusals`` are to be expected, because the
    database or the disk is taken away, what was refused is sent again; elsewhere a refusal is a fault.
    """

    def __init__(
        self,
        seed: int,
        root: Path,
        *,
        database_url: str | None = None,
        programs: int = 2,
        refusals: bool = False,
        conditions: Conditions = Conditions(),  # noqa: B008 - frozen
    ) -> None:
        silence_paramiko()
        self._began = monotonic()
        self.root = root
        self.generator = random.Random(seed)
        self.result = Round(seed, root)
        self.notes = Notes(refusals=refusals)
        self.address, self.web = Address(), Address()
        self._database_url = database_url
        self._conditions = conditions
        self._trade = Trade(seed)
        self._orders = self._trade.orders(DELTA)
        self._around = ExitStack()
        key = self._prepare()
        self._clients = self._make_clients(key, programs)

    def __enter__(self) -> Self:
        for client in self._clients:
            client.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.address.close()
        self.web.close()
        for client in self._clients:
            client.join()
        self._around.close()

    def serve(self, node: str | None = None, role: str = "all") -> Command:
        """Start a server."""
        return Command.serve(self.root, log=self.result.log, node=node, role=role, conditions=self._conditions)

    def start(self, node: str | None = None, role: str = "all") -> Command:
        """Start a server, wait until it serves, and tell those who send where it is."""
        server = self.serve(node, role)
        self.publish(server, node)
        return server

    def publish(self, server: Command, node: str | None = None) -> None:
        """Wait until a server serves, and tell those who send where it is."""
        said = server.greeting(FINISH)
        if said is None:
            self.result.faults.append(f"the server {node or ''} did not serve")
        else:
            self.tell(node or "", said)

    def tell(self, node: str, said: Mapping[str, Any]) -> None:
        """Tell those who send where a server is, as it says itself."""
        if "sftp" in said:
            self.address.publish(node, said["sftp"]["port"])
            self.web.publish(node, said["http"]["port"])

    def look(self, when: str) -> None:
        """Look at the balance at this very moment; where the database is away there is nothing to see."""
        try:
            fault = self._unbalanced()
        except Retryable:
            return
        self.result.figures["looks"] += 1
        if fault:
            self.result.faults.append(f"balance {when}: {fault}")

    def _unbalanced(self) -> str | None:
        """The database is closed again, so that the next life recovers it."""
        url = self._database_url or sqlite_url(self.root / "tally.db")
        with open_database(url) as database, database.read() as session:
            now = balance(session)
        return None if now.holds else f"{now.received} received, but {now.places}"

    def finish(self, servers: Sequence[Command]) -> None:
        """The last life: everybody gets through, all work is done, and the servers end as they should."""
        deadline = monotonic() + FINISH
        for client in self._clients:
            client.join(max(0.0, deadline - monotonic()))
            if client.is_alive():
                self.result.faults.append(f"{client.name} did not get through")
        with Gateway.open(self.root) as gateway:
            while _busy(gateway) and monotonic() < deadline:
                servers[0].wait(0.05)
        for server in servers:
            code = server.stop()
            if code != 0:
                self.result.faults.append(f"a server of the last life ended with {code}")

    def count(self) -> Round:
        """What came of it, after the block."""
        with Gateway.open(self.root) as gateway:
            faults, figures = counting.count(gateway, self.notes, self._orders)
        self.result.figures.update(figures)
        self.result.faults += [*self.notes.problems, *faults, *self._complaints()]
        self.result.seconds = monotonic() - self._began
        return self.result

    def _complaints(self) -> list[str]:
        """What the servers logged as errors: a kill is no reason for one, before or after. Where the database or the disk is taken away
        they must say so, in words and not with a traceback, and give nothing up; what libraries log of it is theirs."""
        signs = (
            ('"exception"', '"given up"') if self.notes.refusals else ('"exception"', '"level": "error"', "Traceback")
        )
        lines = self.result.log.read_text().splitlines()
        ours = [line for line in lines if not (self.notes.refusals and _BY_A_LIBRARY in line)]
        faults = [line for line in ours if any(sign in line for sign in signs)]
        return [f"log, {len(faults)} such: {line[:400]} ... {line[-400:]}" for line in faults[:5]]

    def _prepare(self) -> paramiko.PKey:
        """A home with its partners, the making of which may have been killed too."""
        self.root.mkdir(parents=True, exist_ok=True)
        url = "" if self._database_url is None else f'database_url = "{self._database_url}"\n'
        (self.root / "tally.toml").write_text(SETTINGS + url)
        if self.generator.random() < 0.3:
            first = Command(self.root, "init", log=self.result.log)
            first.wait(self.generator.uniform(0.0, 0.4))
            first.kill()
        key = Ed25519PrivateKey.generate()
        key_file = self.root / "acme_ed25519"
        key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        client_key = paramiko.Ed25519Key.from_private_key_file(str(key_file))
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        with Gateway.create(self.root) as gateway:
            agree(
                gateway,
                acme=f'{{public_keys: ["ssh-ed25519 {client_key.get_base64()}"]}}',
                beta=f'{{password_hash: "{cheap}"}}',
            )
        with Gateway.open(self.root, clock=Yesterday()) as gateway:
            self._as2 = self._prepare_as2(gateway)
        return client_key

    def _prepare_as2(self, gateway: Gateway) -> As2Partner:
        """Our key and the partner's, and an agreement with it."""
        gateway.custody.generate(subject("OURCOMPANY", None), bits=2048, days=365, begins=None, by="tests")
        partner = As2Partner(Certificate.load(gateway.custody.own().pem.encode()), self.notes, self.result.seed)
        url = self._around.enter_context(partner.serving())
        way = f'as2: {{id: DELTA, our_id: OURCOMPANY, url: "{url}", networks: ["127.0.0.0/8"]}}'
        (gateway.home.partners / f"{DELTA}.yaml").write_text(X12.format(partner=DELTA, them="DELTA", way=way))
        loaded = gateway.load_profiles()
        assert not loaded.problems, [str(problem) for problem in loaded.problems]
        gateway.apply(loaded.profiles)
        gateway.custody.take(
            DELTA, certificate(), use=Use.BOTH, begins=None, keep_previous=timedelta(days=30), by="tests"
        )
        return partner

    def _make_clients(self, key: paramiko.PKey, programs: int) -> list[Thread]:
        """Acme sends from several programs and answers orders in one more; each sends its own repetitions."""
        trade, notes, root, seed = self._trade, self.notes, self.root, self.result.seed
        expected = sum(partner == ACME for file in self._orders for partner, _ in file.orders)
        dropped = drops(notes, trade.supplier(CARGO, Route.FOLDER), root / "drop" / CARGO)
        suppliers = [Supplier(trade.supplier(ACME), ACME, acme(key), self.address, notes) for _ in range(programs)]
        return [
            *suppliers,
            Supplier(trade.csv_supplier(), BETA, password(BETA, PASSWORD), self.address, notes),
            As2Supplier(trade.supplier(DELTA, Route.AS2), self._as2, self.web, notes),
            OrderDesk(trade, expected, seed, ACME, acme(key), self.address, notes),
            Dropper(dropped, paced(notes, seed)),
            Dropper(order_drops(self._orders, root / "erp" / "in"), paced(notes, seed + 1)),
        ]


def agree(gateway: Gateway, *, acme: str = "{}", beta: str = "{}") -> None:
    """Put the three partners' profiles in force; ``acme`` and ``beta`` are their sections ``sftp``."""
    profiles = {
        ACME: X12.format(partner=ACME, them="ACME", way=f"sftp: {acme}"),
        BETA: CSV.format(sftp=beta),
        CARGO: X12.format(partner=CARGO, them="CARGO", way="folder: true"),
    }
    for partner, text in profiles.items():
        (gateway.home.partners / f"{partner}.yaml").write_text(text)
    loaded = gateway.load_profiles()
    assert not loaded.problems, [str(problem) for problem in loaded.problems]
    gateway.apply(loaded.profiles)
    (gateway.home.drop / CARGO).mkdir()


def _busy(gateway: Gateway) -> bool:
    home = gateway.home
    waiting = [*(home.erp / "in").glob("[!.]*.json"), *(home.staging / "folder").glob("*/*/*")]
    waiting += [path for folder in (home.sftp, home.drop) for path in folder.glob("*/outbox/.*")]
    waiting += home.erp.rglob(".*.tmp")
    waiting += [path for path in (home.drop / CARGO).iterdir() if path.is_file()]
    report = gateway.status()
    return bool(waiting or report.queue.open or report.balance.places["pending"])
