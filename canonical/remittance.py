"""A remittance advice: what a payment is for, invoice by invoice."""

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from .base import Value
from .document import Document
from .item import EventDate, Note
from .party import Identifier, Party, Reference


class BankAccount(Value):
    """An account at a bank. ``bank_scheme`` says whose number ``bank`` is (``aba_routing``, ``swift``, ...)."""

    bank_scheme: str | None = None
    bank: str | None = None
    kind: str | None = None
    number: str | None = None


class RemittanceAdjustment(Value):
    """Why more (positive) or less (negative) is paid, and the kind and number of the document on which that rests."""

    amount: Decimal
    reason: str
    kind: str | None = None
    number: str | None = None
    references: tuple[Reference, ...] = ()
    notes: tuple[Note, ...] = ()


class RemittedItem(Value):
    """One document that is paid: ``kind`` what it is (``seller_invoice``, ``purchase_order``, ...) and its number.

    ``paid`` is what this payment pays of it, ``gross`` what it was for, ``discount`` what was taken off for paying early.
    ``adjustments`` explain any other difference between them. A credit note is a negative amount.
    """

    kind: str | None = None
    number: str | None = None
    action: str | None = None
    paid: Decimal | None = None
    gross: Decimal | None = None
    discount: Decimal | None = None
    adjustment_reason: str | None = None
    adjustment_amount: Decimal | None = None
    references: tuple[Reference, ...] = ()
    dates: tuple[EventDate, ...] = ()
    notes: tuple[Note, ...] = ()
    adjustments: tuple[RemittanceAdjustment, ...] = ()


class RemittanceGroup(Value):
    """What is paid for one company, division or store, named by ``role`` and ``identifier`` where there are several.

    ``adjustments`` here belong to none of the items: they raise or lower the payment by themselves.
    """

    number: int | None = None
    role: str | None = None
    identifier: Identifier | None = None
    reference_kind: str | None = None
    reference_number: str | None = None
    adjustments: tuple[RemittanceAdjustment, ...] = ()
    items: tuple[RemittedItem, ...] = ()


class RemittanceAdvice(Document):
    """X12 820: what a payment is for. ``number`` identifies the payment: the check's, or the trace of the transfer.

    ``handling`` says what travels (``payment_with_remittance``, ``remittance_only``, ...), ``direction`` whether the payee is
    credited or the payer debited, ``method`` how (``ach``, ``check``, ``wire``, ...) and ``payment_date`` when.
    """

    type: Literal["RemittanceAdvice"] = "RemittanceAdvice"
    number: str | None = None
    handling: str = "payment_with_remittance"
    amount: Decimal
    direction: str = "credit"
    method: str
    payment_format: str | None = None
    payment_date: datetime.date | None = None
    payer_account: BankAccount | None = None
    payee_account: BankAccount | None = None
    originator: str | None = None
    originator_supplement: str | None = None
    trace_originator: str | None = None
    business_function: str | None = None
    currency: str | None = None
    references: tuple[Reference, ...] = ()
    dates: tuple[EventDate, ...] = ()
    parties: tuple[Party, ...] = ()
    notes: tuple[Note, ...] = ()
    groups: tuple[RemittanceGroup, ...] = ()

    def items(self) -> Iterator[RemittedItem]:
        """What is paid, in document order."""
        for group in self.groups:
            yield from group.items

    @property
    def order_numbers(self) -> tuple[str, ...]:
        """The purchase orders that items name, each once, in document order."""
        named = [
            number
            for item in self.items()
            for kind, number in ((item.kind, item.number), *((found.kind, found.value) for found in item.references))
            if kind == "purchase_order" and number
        ]
        return tuple(dict.fromkeys(named))
