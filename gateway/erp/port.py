"""What the gateway needs from an ERP, and nothing more: the contract that every adapter keeps.

An adapter answers with an :data:`Outcome` whenever the ERP decided something, a refusal included. It raises only
:class:`~canonical.errors.Retryable` (try the same again later), :class:`~canonical.errors.Ambiguous` (it may have happened:
ask :meth:`ErpAdapter.lookup` before any retry) or :class:`~canonical.errors.Misconfigured` (no attempt can help, so that the document
is given up: only for what would not befall all others too).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from canonical.documents import AnyDocument, document_number
from canonical.identity import PartnerId
from canonical.order import PurchaseOrder

Item = TypeVar("Item", covariant=True)


class Capability(StrEnum):
    """What an adapter can do beyond ``check``, ``apply`` and ``lookup``, which all can."""

    PULL_ORDERS = "pull_orders"
    REPORT = "report"
    COLLECT = "collect"


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """What makes an effect in the ERP the same effect, under whatever control number the document travelled.

    ``number`` is what people call the document by; ``revision`` tells a changed issue under the same number from a repeat.
    """

    partner: PartnerId
    document_type: str
    number: str
    revision: str


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of one call. ``at`` is now, aware UTC.

    ``revision`` tells issues of a document under the same number apart (an acknowledgement and its correction): the
    same revision is the same effect, and is applied once.
    """

    at: datetime
    revision: str = "1"


def idempotency_key(document: AnyDocument, context: Context) -> IdempotencyKey:
    """The key under which ``document`` is applied. A document without a partner is a programming error (ValueError)."""
    if document.partner is None:
        raise ValueError(f"{document.type} {document_number(document)} names no partner, so it has no idempotency key")
    return IdempotencyKey(document.partner, document.type, document_number(document), context.revision)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the ERP, or what stands for it, said no: what, where, why and what to do next. ``code`` is kebab-case."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Applied:
    """The ERP has the document. ``reference`` is its own name for it."""

    key: IdempotencyKey
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class AlreadyApplied:
    """The ERP had the document before this call, which changed nothing."""

    key: IdempotencyKey
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """The ERP took the document and will decide later; ``collect`` or ``lookup`` tells."""

    key: IdempotencyKey
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The ERP does not want the document; trying the same again cannot help."""

    key: IdempotencyKey
    problem: Problem


Outcome = Applied | AlreadyApplied | Pending | Refused


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the ERP can be worked with now. Each problem says what, where, why and what to do."""

    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items and where to go on.

    ``cursor`` is opaque: keep it in the same transaction as the effect of ``items``, and pass it to the next call (None
    starts from the beginning). ``more`` says that another page is ready now.
    """

    items: tuple[Item, ...] = ()
    cursor: str | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class OrderRef:
    """One issue of one order as the ERP knows it. The same ``id`` and ``revision`` pulled twice are the same order."""

    id: str
    revision: str
    number: str


@dataclass(frozen=True, slots=True)
class PulledOrder:
    """An order of the ERP's that is to be sent."""

    ref: OrderRef
    order: PurchaseOrder


class OrderProgress(StrEnum):
    """How far an order has come on its way to the supplier. ``refused`` and ``cancelled`` are ours: it could not be sent as it is, or was
    called off before it left."""

    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    OVERDUE = "overdue"
    REFUSED = "refused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """What is reported to the ERP: accepted, rejected and overdue are about syntax (997), never about the goods."""

    progress: OrderProgress
    message: str = ""


class ErpAdapter(Protocol):
    """An ERP. One effect in it for each key, however often a call is repeated."""

    @property
    def capabilities(self) -> frozenset[Capability]: ...

    def check(self) -> Health:
        """Whether the ERP can be reached and is set up right. Raises nothing."""
        ...

    def pull_orders(self, cursor: str | None, limit: int) -> Page[PulledOrder]:
        """Orders that wait to be sent, about ``limit`` of them. They are given again until they are confirmed."""
        ...

    def confirm_pulled(self, refs: Sequence[OrderRef], context: Context) -> None:
        """Say that these orders are durably saved here; call it after the commit. Confirming twice is harmless."""
        ...

    def report(self, ref: OrderRef, status: OrderStatus, context: Context) -> None:
        """Tell the ERP how far one of its orders has come. The same status twice leaves one trace."""
        ...

    def apply(self, document: AnyDocument, context: Context) -> Outcome:
        """Give the ERP a document; the key is :func:`idempotency_key`."""
        ...

    def lookup(self, key: IdempotencyKey) -> Outcome | None:
        """What became of a document, or None when the ERP never had it. Settles an ambiguous ``apply``."""
        ...

    def collect(self, cursor: str | None) -> Page[Outcome]:
        """Decisions the ERP took after ``apply`` returned. A page is given again until its cursor is passed."""
        ...
