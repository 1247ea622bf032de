"""An answer about content: what somebody's application, not only their translator, says of documents they received."""

import datetime
from typing import Literal

from .base import Value
from .document import Document
from .item import EventDate, Note
from .party import Contact, Party, Reference

_REJECTED = "_rejected"


class FaultDetail(Value):
    """More on a fault, in words and perhaps as a code of an agency's list."""

    text: str
    agency: str | None = None
    code_list: str | None = None
    value: str | None = None


class ApplicationFault(Value):
    """What is wrong: ``code`` says it in one word, ``message`` in the sender's. The rest is the place in the document.

    ``position`` counts segments from 1 at the head of the set, ``element`` from 1 in the segment. ``value`` is a copy of the
    bad data, ``suggested`` what it should be.
    """

    code: str
    message: str | None = None
    segment: str | None = None
    position: int | None = None
    element: int | None = None
    reference_number: str | None = None
    value: str | None = None
    suggested: str | None = None
    notes: tuple[Note, ...] = ()
    details: tuple[FaultDetail, ...] = ()


class ReasonCode(Value):
    """A code of an agency's own list."""

    code_list: str | None = None
    value: str | None = None


class ReasonCodes(Value):
    """Further reasons, from the lists of one agency."""

    agency: str
    codes: tuple[ReasonCode, ...] = ()


class ApplicationResult(Value):
    """The verdict on one document, or a part of it.

    ``verdict`` is ``set_accepted``, ``set_rejected``, ``item_accepted_with_changes``, ...; ``kind`` and ``number`` say of what
    (``purchase_order``, ``seller_invoice``, ...). The rest identifies the set it travelled in.
    """

    verdict: str
    kind: str
    number: str
    sender_code: str | None = None
    receiver_code: str | None = None
    sent_on: datetime.date | None = None
    sent_at: datetime.time | None = None
    group_control_number: str | None = None
    set_control_number: str | None = None
    set_type: str | None = None
    version: str | None = None
    references: tuple[Reference, ...] = ()
    dates: tuple[EventDate, ...] = ()
    contacts: tuple[Contact, ...] = ()
    faults: tuple[ApplicationFault, ...] = ()
    reasons: tuple[ReasonCodes, ...] = ()

    @property
    def rejects(self) -> bool:
        """Whether the document, or this part of it, will not be used."""
        return self.verdict.endswith(_REJECTED)

    @property
    def order_numbers(self) -> tuple[str, ...]:
        """The purchase orders it is about, each once."""
        named = [(self.kind, self.number), *((found.kind, found.value) for found in self.references)]
        return tuple(dict.fromkeys(number for kind, number in named if kind == "purchase_order" and number))


class ApplicationAdvice(Document):
    """X12 824: an application's verdicts. ``number`` is the advice's own; ``related_number`` that of an advice it follows."""

    type: Literal["ApplicationAdvice"] = "ApplicationAdvice"
    number: str
    created_on: datetime.date
    created_at: datetime.time | None = None
    timezone: str | None = None
    related_number: str | None = None
    kind: str | None = None
    action: str | None = None
    parties: tuple[Party, ...] = ()
    results: tuple[ApplicationResult, ...] = ()

    @property
    def order_numbers(self) -> tuple[str, ...]:
        """The purchase orders it is about, each once, in document order."""
        return tuple(dict.fromkeys(number for result in self.results for number in result.order_numbers))
