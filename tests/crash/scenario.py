"""One round: trade, kill the server again and again, let the last life finish, count."""

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Thread
from time import monotonic

import paramiko
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.app import Gateway
from gateway.balance import balance
from spool.database.sqlite import SqliteDatabase, sqlite_url

from . import counting
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
from .server import Command
from .trade import ACME, BETA, CARGO, OrderFile, Route, Trade

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
erp_poll_seconds = 0.1
folder_scan_seconds = 0.2
folder_settle_seconds = 0.1
"""
"""Everything is looked for often, so that a kill finds it under way."""

PASSWORD = "correct horse"
IMPATIENCE = 1.0
"""Seconds after which the killer no longer waits for its cue."""

FINISH = 180.0
"""Seconds the last life gets; it needs three, on a machine that does nothing else."""


class Cue(StrEnum):
    """What the killer waits for."""

    START = "start"
    """Nothing: it may come before the server is ready."""
    SENT = "sent"
    """A number of files to which only the answer is missing: the commit is under way, or just through."""
    ANSWERED = "answered"
    """A number of answers: the work on those files is under way."""


@dataclass(frozen=True, slots=True)
class Life:
    """When a life of the server ends: ``linger`` seconds after its cue."""

    cue: Cue
    files: int
    linger: float


@dataclass
class Round:
    """What came of a round. ``faults`` is empty when it was good."""

    seed: int
    home: Path
    lives: int = 0
    seconds: float = 0.0
    figures: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        figures = ", ".join(f"{count} {name}" for name, count in self.figures.items())
        return f"seed {self.seed}: {'ok' if not self.faults else 'FAILED'}, {self.lives} kills, {figures}, {self.seconds:.1f} s"


def lives(generator: random.Random) -> list[Life]:
    """When to kill: under load, in bursts while it starts, and while the work is finished."""
    plan = [Life(Cue.SENT, generator.randrange(1, 12), generator.uniform(0, 0.01)) for _ in range(2)]
    plan += [Life(Cue.ANSWERED, generator.randrange(1, 12), generator.uniform(0, 0.1)) for _ in range(2)]
    generator.shuffle(plan)
    burst = [Life(Cue.START, 0, generator.uniform(0.0, 0.5)) for _ in range(generator.randrange(1, 4))]
    place = generator.randrange(len(plan) + 1)
    return [*plan[:place], *burst, *plan[place:], Life(Cue.START, 0, generator.uniform(0.3, 0.8))]


def play(seed: int, root: Path) -> Round:
    """One round in ``root``, which must be new and stays as it is at the end."""
    began = monotonic()
    silence_paramiko()
    generator = random.Random(seed)
    result = Round(seed, root)
    trade = Trade(seed)
    key = _prepare(root, generator)
    notes, address = Notes(), Address()
    orders = trade.orders()
    clients = _clients(trade, key, orders, root, notes, address, seed)
    for client in clients:
        client.start()
    try:
        for life in lives(generator):
            _live(root, life, notes, address, result)
        _finish(root, clients, notes, address, result)
    finally:
        address.close()
        for client in clients:
            client.join()
    with Gateway.open(root) as gateway:
        faults, result.figures = counting.count(gateway, notes, orders)
    result.faults += [*notes.problems, *faults, *_complaints(root)]
    result.seconds = monotonic() - began
    return result


def discard(result: Round) -> None:
    """Remove what a good round left."""
    shutil.rmtree(result.home)


def _prepare(root: Path, generator: random.Random) -> paramiko.PKey:
    """A home with its partners, the making of which may have been killed too."""
    root.mkdir(parents=True)
    if generator.random() < 0.3:
        first = Command(root, "init", log=root / "server.log")
        first.wait(generator.uniform(0.0, 0.4))
        first.kill()
    (root / "tally.toml").write_text(SETTINGS)
    key = Ed25519PrivateKey.generate()
    key_file = root / "acme_ed25519"
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    client_key = paramiko.Ed25519Key.from_private_key_file(str(key_file))
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with Gateway.create(root) as gateway:
        agree(
            gateway,
            acme=f'{{public_keys: ["ssh-ed25519 {client_key.get_base64()}"]}}',
            beta=f'{{password_hash: "{cheap}"}}',
        )
    return client_key


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


def _clients(
    trade: Trade,
    key: paramiko.PKey,
    orders: Sequence[OrderFile],
    root: Path,
    notes: Notes,
    address: Address,
    seed: int,
) -> list[Thread]:
    """Acme sends from two programs and answers orders in a third; each sends its own repetitions."""
    expected = sum(partner == ACME for file in orders for partner, _ in file.orders)
    dropped = drops(notes, trade.supplier(CARGO, Route.FOLDER), root / "drop" / CARGO)
    return [
        Supplier(trade.supplier(ACME), ACME, acme(key), address, notes),
        Supplier(trade.supplier(ACME), ACME, acme(key), address, notes),
        Supplier(trade.csv_supplier(), BETA, password(BETA, PASSWORD), address, notes),
        OrderDesk(trade, expected, seed, ACME, acme(key), address, notes),
        Dropper(dropped, paced(notes, seed)),
        Dropper(order_drops(orders, root / "erp" / "in"), paced(notes, seed + 1)),
    ]


def _live(root: Path, life: Life, notes: Notes, address: Address, result: Round) -> None:
    """One life of the server, to its violent end; the balance is looked at while it lives and after."""
    began = monotonic()
    server = Command.serve(root, log=root / "server.log")
    port = server.port(life.linger if life.cue is Cue.START else FINISH)
    if port is not None:
        address.publish(port)
    alive = unbalanced(root)
    if life.cue is Cue.START:
        server.wait(max(0.0, life.linger - (monotonic() - began)))
    else:
        notes.wait_for(notes.attempts if life.cue is Cue.SENT else notes.answered, life.files, IMPATIENCE)
        server.wait(life.linger)
    if not server.kill():
        result.faults.append("the server ended by itself before it was killed")
    dead = unbalanced(root)
    result.lives += 1
    result.faults += [f"balance in life {result.lives}: {fault}" for fault in (alive, dead) if fault]


def unbalanced(root: Path) -> str | None:
    """What is wrong with the balance at this very moment. The database is closed again, so that the next life recovers it."""
    with SqliteDatabase(sqlite_url(root / "tally.db")) as database, database.read() as session:
        now = balance(session)
    return None if now.holds else f"{now.received} received, but {now.places}"


def _finish(root: Path, clients: Sequence[Thread], notes: Notes, address: Address, result: Round) -> None:
    """The last life: everybody gets through, all work is done, and the server ends as it should."""
    server = Command.serve(root, log=root / "server.log")
    port = server.port(FINISH)
    if port is None:
        result.faults.append("the last server did not serve")
        server.kill()
        return
    address.publish(port)
    deadline = monotonic() + FINISH
    for client in clients:
        client.join(max(0.0, deadline - monotonic()))
        if client.is_alive():
            result.faults.append(f"{client.name} did not get through")
    with Gateway.open(root) as gateway:
        while _busy(gateway) and monotonic() < deadline:
            server.wait(0.02)
    code = server.stop()
    if code != 0:
        result.faults.append(f"the last server ended with {code}")


def _busy(gateway: Gateway) -> bool:
    home = gateway.home
    waiting = [*(home.erp / "in").glob("[!.]*.json"), *(home.staging / "folder").glob("*/*/*")]
    waiting += [path for path in (home.drop / CARGO).iterdir() if path.is_file()]
    report = gateway.status()
    return bool(waiting or report.queue.open or report.balance.places["pending"])


def _complaints(root: Path) -> list[str]:
    """What the servers logged as errors: a kill is no reason for one, before or after."""
    lines = (root / "server.log").read_text().splitlines()
    return [f"log: {line[:1000]}" for line in lines if '"level": "error"' in line or line.startswith("Traceback")]
