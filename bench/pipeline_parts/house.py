"""A home with four partners that send purchase orders of 20 lines in turn, and what it takes to fill and to watch it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from canonical.identity import PartnerId, ReceiptId
from gateway.app import Gateway
from gateway.listeners.port import Arrival
from spool.documents import INBOUND, DocumentRow
from spool.receipts import Receipt
from spool.states import DocumentState, ReceiptState, TransmissionState
from spool.transmissions import Transmission

PARTNERS = tuple(map(PartnerId, ("acme", "bolt", "cask", "dune")))
LINES = 20
DEADLINE_SECONDS = 900.0

_PROFILE = """\
partner: {partner}
name: {partner}
status: active
sftp: {{}}
x12:
  us: {{qualifier: ZZ, id: OURCOMPANY}}
  them: {{qualifier: ZZ, id: {sender}}}
  version: "004010"
  usage: P
  acknowledge_within: 24
documents:
  send: [855]
  receive: [850]
"""


def partner_of(number: int) -> PartnerId:
    """Who sends this order."""
    return PARTNERS[number % len(PARTNERS)]


def order(number: int) -> bytes:
    """An interchange with one 850 of 20 lines."""
    sender = partner_of(number).upper()
    lines = "".join(
        f"PO1*{line}*{10 + line}*EA*{2 + line}.50**VP*AB-{line:05d}*UP*012345678905~PID*F****WIDGET NUMBER {line}~"
        for line in range(1, LINES + 1)
    )
    return (
        f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{'OURCOMPANY':<15}*261121*0646*U*00401*{number:09d}*0*P*>~"
        f"GS*PO*{sender}*OURCOMPANY*20261121*0646*{number}*X*004010~ST*850*0001~BEG*00*SA*PO{number}**20261120~"
        f"REF*DP*038~DTM*002*20261201~N1*ST*Main Warehouse*92*0001~N3*1 Dock Road~N4*Springfield*IL*62701*US~"
        f"{lines}CTT*{LINES}~SE*{2 * LINES + 9}*0001~GE*1*{number}~IEA*1*{number:09d}~"
    ).encode()


@contextmanager
def house(root: Path) -> Iterator[Gateway]:
    """A gateway in a new home whose partners are in force. Nothing runs by itself."""
    with Gateway.create(root) as gateway:
        for partner in PARTNERS:
            text = _PROFILE.format(partner=partner, sender=partner.upper())
            (gateway.home.partners / f"{partner}.yaml").write_text(text, "utf-8")
        loaded = gateway.load_profiles()
        assert not loaded.problems, loaded.problems
        gateway.apply(loaded.profiles)
        yield gateway


def receive(gateway: Gateway, number: int) -> ReceiptId:
    """Hand in one order as a listener would, and wait until it is durable."""
    payload = gateway.blobs.stage_bytes(order(number))
    return gateway.inbound.receive(Arrival(partner_of(number), "bench", f"order-{number}.edi", payload))


def receive_all(gateway: Gateway, numbers: range, senders: int) -> None:
    """Hand in orders from so many threads at once."""
    threads = [
        threading.Thread(target=lambda mine=numbers[first::senders]: [receive(gateway, number) for number in mine])
        for first in range(senders)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def wait_until_done(gateway: Gateway, documents: int) -> None:
    """Wait until so many orders are with the ERP and so many 997s in the outbox."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if _done(gateway) >= documents:
            return
        time.sleep(0.05)
    raise SystemExit(f"Only {_done(gateway)} of {documents} documents were done in {DEADLINE_SECONDS:.0f} s.")


def _done(gateway: Gateway) -> int:
    with gateway.database.read() as session:
        waiting = session.scalar(select(func.count()).where(Receipt.state == ReceiptState.PENDING)) or 0
        if waiting:
            return 0
        delivered = select(func.count()).where(
            DocumentRow.direction == INBOUND, DocumentRow.state == DocumentState.DELIVERED
        )
        unsent = select(func.count()).where(Transmission.state == TransmissionState.READY)
        return (session.scalar(delivered) or 0) if not session.scalar(unsent) else 0
