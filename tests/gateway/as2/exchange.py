"""Two partners that exchange messages: each has its terms with the other."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gateway.as2.answer import Judgement, SentMessage, judge
from gateway.as2.mdn import Mdn
from gateway.as2.message import Attachment, Outbound, build
from gateway.as2.mime.headers import Headers
from gateway.as2.quirks import STANDARD, Quirks
from gateway.as2.receive import Received, Rejected, receive
from gateway.as2.terms import Demands, Held, Pinned, ReceiptMode, Sending, Terms

from .keys import own
from .workspace import MemoryWorkspace

NOW = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)
BUYER = "BUYER"
SUPPLIER = 'The "Supplier"'
URL = "https://as2.buyer.example/mdn"
ORDER = b"ISA*00*          *00*          *ZZ*BUYER~\r\nIEA*1*000000001~\r\n"


class Counted:
    """New names that are the same in every run."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._made = 0

    def message_id(self) -> str:
        self._made += 1
        return f"{self._made}@{self._owner}.example"

    def boundary(self) -> str:
        self._made += 1
        return f"=_{self._owner}_{self._made}"


def terms(me: str, other: str, **changed: object) -> Terms:
    """What ``me`` agreed with ``other``: everything signed and encrypted, asynchronous MDNs to the other's host."""
    agreed = Terms(
        own_name=me,
        partner_name=other,
        own_keys=(Held(own(me)),),
        partner_signing=(Pinned(own(other).certificate),),
        partner_encryption=(Pinned(own(other).certificate),),
        receipt_hosts=frozenset({"as2.buyer.example"}),
    )
    return replace(agreed, **changed)  # type: ignore[arg-type]


BUYERS = terms(BUYER, SUPPLIER)
SUPPLIERS = terms(SUPPLIER, BUYER)


@dataclass(frozen=True)
class Posted:
    """A message as it goes over the wire."""

    headers: Headers
    body: bytes


def sent(
    sending: Sending | None = None,
    *,
    quirks: Quirks = STANDARD,
    attachments: tuple[tuple[bytes, str, str | None], ...] = ((ORDER, "application/edi-x12", "po.edi"),),
    agreed: Terms = BUYERS,
) -> Outbound:
    """A message of the buyer's."""
    files = [Attachment(io.BytesIO(data), content_type, name) for data, content_type, name in attachments]
    agreed = replace(agreed, quirks=quirks, sending=sending or agreed.sending)
    return build(
        files, agreed, message_id="po-1@buyer.example", now=NOW, fresh=Counted("buyer"), workspace=MemoryWorkspace()
    )


def posted(outbound: Outbound) -> Posted:
    return Posted(outbound.headers, outbound.body.read())


def received(message: Outbound | Posted, agreed: Terms = SUPPLIERS, *, now: datetime = NOW) -> Received | Rejected:
    """What the supplier makes of it."""
    message = posted(message) if isinstance(message, Outbound) else message
    return receive(
        message.headers,
        io.BytesIO(message.body),
        agreed,
        now=now,
        fresh=Counted("supplier"),
        workspace=MemoryWorkspace(),
    )


def judged(mdn: Mdn | Posted, outbound: Outbound | None, agreed: Terms = BUYERS, *, signed: bool = True) -> Judgement:
    """What the buyer makes of the MDN to its message."""
    known = None if outbound is None else SentMessage(outbound.message_id, outbound.mic, signed)
    return judge(mdn.headers, io.BytesIO(mdn.body), agreed, sent=known, now=NOW, workspace=MemoryWorkspace())


def accepting(sending: Sending, **changed: object) -> Terms:
    """The supplier's terms, demanding no more than the buyer gives."""
    return replace(SUPPLIERS, inbound=Demands(sending.sign, sending.encrypt), **changed)  # type: ignore[arg-type]


def asks(sending: Sending) -> bool:
    return sending.receipt.mode is not ReceiptMode.NONE


Change = Callable[[Posted], Posted]


def with_field(name: str, value: str | None) -> Change:
    """A message with a field of this value instead of the one it has; None takes it away."""

    def changed(message: Posted) -> Posted:
        pairs = [pair for pair in message.headers if pair[0].lower() != name.lower()]
        return Posted(Headers((*pairs, *([] if value is None else [(name, value)]))), message.body)

    return changed
