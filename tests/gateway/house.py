"""A whole gateway in a folder, driven by hand: what the tests of the pipeline start from.

Nothing runs by itself. A test hands in files, lets the work be done, moves the clock, and looks at what partners and the ERP see.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from canonical.documents import DOCUMENTS, AnyDocument
from canonical.identity import PartnerId, ReceiptId
from gateway import trail
from gateway.app import Gateway
from gateway.audit.consistency import contradictions
from gateway.listeners.port import Arrival
from gateway.trail import TrailEntry
from gateway.unended import Unended, unended
from spool.documents import DocumentRow
from spool.receipts import Receipt
from spool.transmissions import Transmission
from spool.worker import Handler
from tests import postgresql, ready
from tests.spool.scene import ManualClock
from translators.x12.schema import functional_id as set_functional_id

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

X12 = """\
partner: {partner}
name: {partner} Inc
status: active
x12:
  us: {{qualifier: ZZ, id: OURCOMPANY}}
  them: {{qualifier: ZZ, id: {them}}}
  version: "004010"
  usage: T
  acknowledge_within: 24
{way}
documents:
  send: [850]
  receive: [855, 856, 810]
"""

CSV = """\
partner: beta
name: Beta Ltd
status: active
sftp: {}
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
      lines.quantity.unit: {column: Unit, default: EA}
      lines.price.amount: Price
"""

PROFILES = {
    "acme": X12.format(partner="acme", them="ACME", way="sftp: {}"),
    "beta": CSV,
    "cargo": X12.format(partner="cargo", them="CARGO", way="folder: true"),
}
"""X12 over SFTP, CSV over SFTP, X12 through a folder."""

HEADER = "Invoice,Date,PO,Total,Line,Item,Qty,Unit,Price"

INVOICE = "BIG*20261121*{number}*20261120*{order}\nIT1*1*8*EA*2.5**VP*AB-1\nTDS*2000\nCTT*1"
BAD_INVOICE = INVOICE.replace("*EA*", "*QQ*")
ACKNOWLEDGEMENT = "BAK*00*AC*{order}*20261120\nPO1*1*10*EA*2.5**VP*AB-1\nACK*IQ*8*EA*068*20261201\nCTT*1"
SHIPMENT = (
    "BSN*00*{number}*20261121*0700*0001\nHL*1**S\nHL*2*1*O\nPRF*{order}\nHL*3*2*P\nMAN*GM*00350000000000000012\n"
    "HL*4*3*I\nLIN**VP*AB-1\nSN1**8*EA\nCTT*4"
)


def invoice(number: str = "INV1", order: str = "4500123") -> str:
    return INVOICE.format(number=number, order=order)


def transaction_set(set_id: str, body: str, control: str = "0001") -> str:
    """A body, a segment a line, between its ST and SE."""
    segments = body.strip().split("\n")
    return "\n".join([f"ST*{set_id}*{control}", *segments, f"SE*{len(segments) + 2}*{control}"])


def group(*sets: str, control: int | str = 1, version: str = "004010", functional_id: str | None = None) -> str:
    """Sets between GS and GE; GS01 is that of the first set unless given."""
    functional_id = functional_id or set_functional_id(sets[0][3:6])
    head = f"GS*{functional_id}*ACME*OURCOMPANY*20261121*0646*{control}*X*{version}"
    return "\n".join([head, *sets, f"GE*{len(sets)}*{control}"])


def interchange(
    *parts: str,
    control: int | str = 1,
    sender: str = "ACME",
    receiver: str = "OURCOMPANY",
    usage: str = "T",
    wants_ta1: bool = False,
    groups: int | None = None,
) -> bytes:
    """Groups, or TA1 segments, between ISA and IEA; ``groups`` is IEA01, counted unless given."""
    number = f"{control:09d}" if isinstance(control, int) else control
    count = sum(part.startswith("GS*") for part in parts) if groups is None else groups
    head = (
        f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}*261121*0646*U*00401*{number}*"
        f"{int(wants_ta1)}*{usage}*>"
    )
    return ("~".join("\n".join([head, *parts, f"IEA*{count}*{number}"]).split("\n")) + "~").encode()


def wrapped(set_id: str, body: str, control: int = 1, **envelope: Any) -> bytes:
    """One set in a group of its own in an interchange of its own, all under one control number."""
    return interchange(group(transaction_set(set_id, body), control=control), control=control, **envelope)


def csv(*rows: str, header: str = HEADER) -> bytes:
    return "".join(f"{row}\r\n" for row in (header, *rows)).encode()


def csv_invoice(number: str = "CSV1", order: str = "4500123") -> str:
    return f"{number},2026-11-21,{order},20.00,1,AB-1,8,EA,2.50"


def order(number: str = "4500123", partner: str | None = "acme", **fields: Any) -> dict[str, Any]:
    """A purchase order as the ERP writes it."""
    line = {
        "number": "1",
        "quantity": {"value": "10", "unit": "EA"},
        "price": {"amount": "2.50"},
        "items": [{"scheme": "vendor_part", "value": "AB-1"}],
    }
    given = {"type": "PurchaseOrder", "number": number, "order_date": "2026-11-20", "lines": [line]}
    return given | ({"partner": partner} if partner else {}) | fields


class House:
    """A gateway and the hands that work it."""

    def __init__(self, root: Path, profiles: Mapping[str, str] = PROFILES, *, database_url: str | None = None) -> None:
        root.mkdir(mode=0o700, exist_ok=True)
        if database_url is not None:
            settings = root / "tally.toml"
            others = settings.read_text() if settings.exists() else ""
            settings.write_text(f'database_url = "{database_url}"\n{others}')
        elif not (root / "tally.db").exists():
            ready.put_file(root / "tally.db")
        self.clock = ManualClock(NOON)
        self.gateway = Gateway.create(root, clock=self.clock)
        if profiles:
            self.put_in_force(profiles)

    def close(self) -> None:
        self.gateway.close()

    # What an operator does

    def agree(self, partner: str, text: str) -> None:
        """Put a profile in force."""
        self.put_in_force({partner: text})

    def put_in_force(self, profiles: Mapping[str, str]) -> None:
        """Put profiles in force, and those that are there already."""
        for partner, text in profiles.items():
            (self.gateway.home.partners / f"{partner}.yaml").write_text(text)
        loaded = self.gateway.load_profiles()
        assert not loaded.problems, [str(problem) for problem in loaded.problems]
        self.gateway.apply(loaded.profiles)

    def amend(self, partner: str, *edits: tuple[str, str]) -> None:
        """Put a profile in force with each first text, which must be there, replaced by the second."""
        text = (self.gateway.home.partners / f"{partner}.yaml").read_text()
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new)
        self.agree(partner, text)

    # What happens

    def receive(self, partner: str, name: str, data: bytes) -> ReceiptId:
        """A file arrives; nobody looks into it yet."""
        staged = self.gateway.blobs.stage_bytes(data)
        return self.gateway.inbound.receive(Arrival(PartnerId(partner), "sftp", name, staged))

    def work(self, wrap: Callable[[str, Handler], Handler] = lambda _kind, handler: handler) -> int:
        """Do all that is due; how many attempts were made. ``wrap`` stands in for the handler of each kind."""
        handlers = {kind: wrap(kind, handler) for kind, handler in self.gateway.handlers().items()}
        return self.gateway.workers(0, handlers).run_until_idle()

    def take(self, partner: str, name: str, data: bytes) -> Receipt:
        """A file arrives and is dealt with to the end."""
        receipt_id = self.receive(partner, name, data)
        self.work()
        return self.receipt(receipt_id)

    def place_order(self, *orders: dict[str, Any], name: str | None = None) -> None:
        """The ERP writes orders into its folder."""
        name = name or f"{orders[0].get('number')}.json"
        (self.gateway.home.erp / "in" / name).write_text(json.dumps(orders[0] if len(orders) == 1 else orders))

    def send_order(self, number: str = "4500123", **fields: Any) -> bytes:
        """The ERP gives an order and it leaves; the file the partner sees."""
        self.place_order(order(number, **fields))
        self.gateway.delivery.pull()
        self.work()
        sent = self.transmissions("document")[-1]
        return self.outbox(sent.partner)[sent.filename]

    def later(self, **time: float) -> None:
        self.clock.time += timedelta(**time)

    def exhaust(self, wrap: Callable[[str, Handler], Handler] = lambda _kind, handler: handler) -> None:
        """Work until nothing is left to be tried again."""
        self.work(wrap)
        while self.gateway.status().queue.open:
            self.later(hours=2)
            self.work(wrap)

    # What there is to see

    def outbox(self, partner: str) -> dict[str, bytes]:
        """The files a partner may fetch, by name."""
        home = self.gateway.home
        folder = (home.drop if partner == "cargo" else home.sftp) / partner / "outbox"
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.exists() else {}

    def collect(self, partner: str) -> list[bytes]:
        """The partner fetches what there is and deletes it; X12 in the order it was sent, then reports and notices."""
        home = self.gateway.home
        found = self.outbox(partner)
        for name in found:
            ((home.drop if partner == "cargo" else home.sftp) / partner / "outbox" / name).unlink()
        return [found[name] for name in sorted(found, key=_by_control_number)]

    def answers(self, partner: str) -> list[str]:
        """As :meth:`collect`, each in a few words: ``997 A``, ``TA1 R 025``, ``850``, ``report``, ``notice``."""
        return [word for data in self.collect(partner) for word in in_words(data)]

    def erp_out(self) -> list[AnyDocument]:
        """The documents the ERP was given, by file name."""
        files = sorted((self.gateway.home.erp / "out").glob("*.json"))
        return [document for path in files for document in DOCUMENTS.validate_json(path.read_bytes())]

    def statuses(self) -> dict[str, str]:
        """How far the ERP is told its orders are: the message of each ``<order> <progress>``."""
        files = sorted((self.gateway.home.erp / "out" / "status").glob("*.json"))
        told = [json.loads(path.read_bytes()) for path in files]
        return {f"{each['order']} {each['status']}": each["message"] for each in told}

    def receipt(self, receipt_id: str) -> Receipt:
        with self.gateway.database.read() as session:
            return session.get_one(Receipt, receipt_id)

    def receipts(self) -> Sequence[Receipt]:
        with self.gateway.database.read() as session:
            return session.scalars(select(Receipt).order_by(Receipt.id)).all()

    def documents(self, direction: str = "inbound", **where: str) -> Sequence[DocumentRow]:
        """Documents in the order they came."""
        statement = select(DocumentRow).where(DocumentRow.direction == direction).order_by(DocumentRow.id)
        with self.gateway.database.read() as session:
            return session.scalars(statement.filter_by(**where)).all()

    def transmissions(self, kind: str | None = None) -> Sequence[Transmission]:
        statement = select(Transmission).order_by(Transmission.id)
        with self.gateway.database.read() as session:
            return session.scalars(statement if kind is None else statement.filter_by(kind=kind)).all()

    def trail(self, order_number: str) -> Sequence[TrailEntry]:
        with self.gateway.database.read() as session:
            return trail.of_order(session, order_number)

    def assert_balanced(self) -> None:
        """What was received is accounted for, now."""
        balance = self.gateway.status().balance
        assert balance.holds, balance

    def assert_settled(self) -> None:
        """Everything came to an end of its own, and is accounted for."""
        self.assert_balanced()
        status = self.gateway.status()
        with self.gateway.database.read() as session:
            assert self.gateway.queue.dead_items(session) == []
            assert unended(session) == Unended([], [], [], [])
            assert list(contradictions(session)) == []
        assert (status.queue.open, status.queue.dead, status.balance.places["pending"]) == (0, 0, 0), status
        assert status.balance.places["dead"] == 0, status


def _by_control_number(name: str) -> tuple[int, str]:
    numbered = re.search(r"_(\d{9})\.edi$", name)
    return (int(numbered[1]), "") if numbered else (10**9, name)


def in_words(data: bytes) -> list[str]:
    """What an X12 file, report or notice answers."""
    if not data.startswith(b"ISA"):
        return ["notice" if data.startswith(b"File: ") else "report"]
    found = []
    functional = "997"
    for segment in segments(data):
        match segment:
            case ["TA1", _number, _date, _time, status, note]:
                found.append(f"TA1 {status} {note}")
            case ["AK9", status, *_]:
                found.append(f"{functional} {status}")
            case ["ST", "997" | "999" as functional, _control]:
                pass
            case ["ST", set_id, _control]:
                found.append(set_id)
    return found


def segments(data: bytes) -> list[list[str]]:
    """The segments of an interchange, whatever its delimiters."""
    text = data.decode()
    return [segment.split(text[3]) for segment in text.split(text[105]) if segment.strip()]


@contextmanager
def house(root: Path, profiles: Mapping[str, str] = PROFILES, *, kind: str = "sqlite") -> Iterator[House]:
    """A house on a database of a kind (:data:`tests.spool.scene.KINDS`), closed at the end."""
    with new_url(kind) as url:
        opened = House(root, profiles, database_url=url)
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def new_url(kind: str) -> Iterator[str | None]:
    """The URL of a new database; None for the file that a home has by itself."""
    if kind == "sqlite":
        yield None
        return
    url = ready.new_database()
    try:
        yield url
    finally:
        postgresql.server().drop(url)
