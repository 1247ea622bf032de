"""A home with several partners that send purchase orders (850) and invoices (810), and what they see of it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from canonical.identity import PartnerId, ReceiptId
from gateway.app import Gateway
from gateway.listeners.port import Arrival, Intake
from spool.clock import Clock
from spool.documents import INBOUND, DocumentRow
from spool.journal import JournalEntry, Step
from spool.receipts import Receipt
from spool.transmissions import Transmission

DEADLINE_SECONDS = 3600.0

_PROFILE = """\
partner: {partner}
name: {partner}
status: active
sftp: {{}}
x12:
  us: {{qualifier: ZZ, id: OURCOMPANY}}
  them: {{qualifier: ZZ, id: {them}}}
  version: "004010"
  usage: {usage}
  acknowledge_within: 24
documents:
  send: [855]
  receive: [850, 810]
"""


@contextmanager
def town(
    root: Path, partners: Sequence[str], *, clock: Clock | None = None, database_url: str | None = None
) -> Iterator[Gateway]:
    """A gateway in a new home whose partners are in force. Nothing runs by itself."""
    root.mkdir(parents=True)
    if database_url is not None:
        (root / "tally.toml").write_text(f'database_url = "{database_url}"\n', "utf-8")
    with Gateway.create(root, clock=clock) as gateway:
        agree(gateway, partners)
        yield gateway


def agree(gateway: Gateway, partners: Sequence[str], usage: str = "P") -> None:
    """Put profiles in force that take production data, or with ``usage`` T test data."""
    for partner in partners:
        profile = _PROFILE.format(partner=partner, them=partner.upper(), usage=usage)
        (gateway.home.partners / f"{partner}.yaml").write_text(profile, "utf-8")
    loaded = gateway.load_profiles()
    assert not loaded.problems, loaded.problems
    gateway.apply(loaded.profiles)


def order(partner: str, control: int, number: str, *, lines: int = 20, usage: str = "P") -> bytes:
    """An interchange with one order."""
    items = "".join(f"PO1*{line}*8*EA*2.50**VP*AB-{line:05d}~" for line in range(1, lines + 1))
    body = f"BEG*00*SA*{number}**20261120~REF*DP*038~{items}CTT*{lines}~"
    return _interchange(partner, control, "PO", "850", body, usage)


def invoice(partner: str, control: int, number: str, order_number: str, *, lines: int = 20) -> bytes:
    """An interchange with one invoice for an order."""
    return _interchange(partner, control, "IN", "810", invoice_body(number, order_number, lines), "P")


def invoice_body(number: str, order_number: str, lines: int, description: str = "") -> str:
    """The segments of an invoice between ST and SE; each line with a description (PID) where there is one."""
    described = description and f"PID*F****{description}~"
    items = "".join(f"IT1*{line}*8*EA*2.5**VP*AB-{line:05d}~{described}" for line in range(1, lines + 1))
    return f"BIG*20261121*{number}*20261120*{order_number}~{items}TDS*{lines * 2000}~CTT*{lines}~"


def _interchange(partner: str, control: int, functional_id: str, set_id: str, body: str, usage: str) -> bytes:
    return (
        f"{head(partner, control, functional_id, usage)}ST*{set_id}*0001~{body}SE*{body.count('~') + 2}*0001~"
        f"GE*1*{control}~IEA*1*{control:09d}~"
    ).encode()


def head(partner: str, control: int, functional_id: str, usage: str) -> str:
    """An interchange up to its first set."""
    them = partner.upper()
    return (
        f"ISA*00*          *00*          *ZZ*{them:<15}*ZZ*OURCOMPANY     *261121*0646*U*00401*{control:09d}*0*{usage}*>~"
        f"GS*{functional_id}*{them}*OURCOMPANY*20261121*0646*{control}*X*004010~"
    )


def hand_in(gateway: Gateway, partner: str, filename: str, data: bytes, *, intake: Intake | None = None) -> ReceiptId:
    """Hand in a file as a listener would, and wait until it is durable; or by another ``intake``, until that answers."""
    payload = gateway.blobs.stage_bytes(data)
    return (intake or gateway.inbound).receive(Arrival(PartnerId(partner), "bench", filename, payload))


def wait_for_answers(gateway: Gateway, begun: Mapping[ReceiptId, float]) -> list[float]:
    """Wait until each of these files is answered; the seconds from its receipt until the answer was in the outbox."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        seconds = _answered(gateway, begun)
        if len(seconds) == len(begun):
            return seconds
        time.sleep(0.2)
    raise SystemExit(f"Only {len(seconds)} of {len(begun)} files were answered in {DEADLINE_SECONDS:.0f} s.")


def _answered(gateway: Gateway, begun: Mapping[ReceiptId, float]) -> list[float]:
    """By the time of the file in the outbox: the partner can see it from then on."""
    first = min(begun, default=ReceiptId(""))
    sent = select(Transmission.partner, Transmission.answers, Transmission.filename).where(
        Transmission.answers >= first, Transmission.sent_at.is_not(None)
    )
    with gateway.database.read() as session:
        rows = [row for row in session.execute(sent) if row.answers in begun]
    return [
        (gateway.home.sftp / row.partner / "outbox" / row.filename).stat().st_mtime - begun[row.answers] for row in rows
    ]


def deliveries(gateway: Gateway) -> list[tuple[str, str]]:
    """Partner and file of each document the ERP was given, in order of commit."""
    given = (
        select(Receipt.partner, Receipt.filename)
        .join(DocumentRow, DocumentRow.receipt_id == Receipt.id)
        .join(JournalEntry, JournalEntry.document_id == DocumentRow.id)
        .where(JournalEntry.step == Step.DELIVERED, DocumentRow.direction == INBOUND)
        .order_by(JournalEntry.id)
    )
    with gateway.database.read() as session:
        return [(row.partner, row.filename) for row in session.execute(given)]


def count_states(gateway: Gateway) -> dict[str, int]:
    """How many inbound documents are in each state."""
    counted = select(DocumentRow.state, func.count()).where(DocumentRow.direction == INBOUND)
    with gateway.database.read() as session:
        return {state.value: count for state, count in session.execute(counted.group_by(DocumentRow.state))}


def require(holds: bool, broken: str) -> None:
    """End the measurement where a promise is broken: a figure of a gateway that loses things is worth nothing."""
    if not holds:
        raise SystemExit(f"PROMISE BROKEN: {broken}")
