"""Messages of the supplier's, built beforehand: what is measured is the receiving of them."""

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.app import Gateway
from gateway.as2.message import Attachment, Outbound, build
from gateway.as2.terms import Terms
from gateway.exchange.fresh import FreshNames
from gateway.exchange.workspace import TemporaryWorkspace
from spool.clock import SystemClock
from spool.identifiers import TimeOrderedIdentifiers

from .trade import DISTRIBUTOR, SUPPLIER, agreed

BYTES = 10_000


@dataclass(frozen=True)
class Posted:
    """A message as it goes over the wire."""

    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def raw(self) -> bytes:
        """Header fields and body, as a file would have them."""
        return "".join(f"{name}: {value}\r\n" for name, value in self.headers).encode() + b"\r\n" + self.body


def interchange(number: int, size: int = BYTES) -> bytes:
    """An interchange with one invoice (810) of ``size`` bytes or a few less."""
    head = (
        f"ISA*00*          *00*          *ZZ*{SUPPLIER:<15}*ZZ*{DISTRIBUTOR:<15}*261121*0646*U*00401*{number:09d}*0*P*>~"
        f"GS*IN*{SUPPLIER}*{DISTRIBUTOR}*20261121*0646*{number}*X*004010~ST*810*0001~BIG*20261121*INV{number}*20261120*PO{number}~"
    )
    line = "IT1*{0}*{1}*EA*2.5**VP*AB-{0:05d}*UP*012345678905~PID*F****WIDGET NUMBER {0}~"
    lines = (size - len(head) - 100) // len(line.format(100, 100))
    body = "".join(line.format(each, 10 + each % 90) for each in range(1, lines + 1))
    total = sum(250 * (10 + each % 90) for each in range(1, lines + 1))
    tail = f"TDS*{total}~CTT*{lines}~SE*{2 * lines + 5}*0001~GE*1*{number}~IEA*1*{number:09d}~"
    return (head + body + tail).encode()


def messages(supplier: Path, first: int, count: int) -> list[Posted]:
    """Signed, encrypted, asking for a signed MDN on the same connection."""
    with Gateway.open(supplier) as gateway:
        _, terms = agreed(gateway)
        fresh = FreshNames(TimeOrderedIdentifiers(SystemClock()), "acme.example")
        return [_posted(interchange(number), terms, fresh, supplier) for number in range(first, first + count)]


def built(data: bytes, terms: Terms, fresh: FreshNames, workspace: TemporaryWorkspace) -> Outbound:
    """A message with one file."""
    return build(
        [Attachment(io.BytesIO(data), "application/edi-x12", "invoice.edi")],
        terms,
        message_id=fresh.message_id(),
        now=datetime.now(UTC),
        fresh=fresh,
        workspace=workspace,
    )


def _posted(data: bytes, terms: Terms, fresh: FreshNames, directory: Path) -> Posted:
    with TemporaryWorkspace(directory) as workspace:
        message = built(data, terms, fresh, workspace)
        return Posted(message.headers.pairs, message.body.read())
