"""Documents of several kinds in one interchange: written a document at a time, read again as they were."""

import datetime
from collections.abc import Iterator
from decimal import Decimal

import pytest

from canonical.documents import AnyDocument
from canonical.functional_acknowledgement import SyntaxStatus
from canonical.interchange_acknowledgement import InterchangeAcknowledgement
from canonical.invoice import Invoice
from canonical.item import ItemIdentifier
from canonical.money import Price
from canonical.order import OrderLine, PurchaseOrder
from canonical.quantity import Quantity
from translators.interchange import interchange
from translators.registry import UnsupportedDocument, find
from translators.x12.events import GroupEnd, SetRead
from translators.x12.maps.normal import comparable
from translators.x12.reader import read
from translators.x12.values import CannotWrite

from .x12.generate import ENVELOPE

DAY = datetime.date(2026, 11, 20)
LINE = OrderLine(
    number="1",
    quantity=Quantity(value=Decimal(10), unit="EA"),
    price=Price(amount=Decimal("1.25")),
    items=(ItemIdentifier(scheme="vendor_part", value="TS-1"),),
)
ORDERS = [PurchaseOrder(number=f"PO{number}", order_date=DAY, lines=(LINE,)) for number in range(3)]
INVOICES = [Invoice(number=f"I{number}", invoice_date=DAY, total_amount=Decimal("12.50")) for number in range(2)]


def written(*documents: AnyDocument, version: str = "004010") -> Iterator[bytes]:
    return interchange(iter(documents), ENVELOPE, version=version, sender="US", receiver="THEM")


def test_documents_of_a_kind_make_a_group_and_come_back() -> None:
    sent: list[AnyDocument] = [*ORDERS, *INVOICES, ORDERS[0]]
    events = list(read(written(*sent)))
    groups = [event for event in events if isinstance(event, GroupEnd)]
    assert [(group.header.functional_id, group.received) for group in groups] == [("PO", 3), ("IN", 2), ("PO", 1)]
    sets = [event for event in events if isinstance(event, SetRead)]
    assert [found.header.control_number for found in sets] == ["0001", "0002", "0003", "0001", "0002", "0001"]
    documents = [find(found.header.set_id).read(found.tree).document for found in sets if found.tree is not None]
    assert [comparable(document) for document in documents if document is not None] == [
        comparable(document) for document in sent
    ]
    assert {event.status for event in events if isinstance(event, SetRead | GroupEnd)} == {SyntaxStatus.ACCEPTED}


def test_a_document_is_taken_only_when_those_before_it_are_written() -> None:
    taken: list[str] = []

    def documents() -> Iterator[AnyDocument]:
        for order in ORDERS:
            taken.append(order.number)
            yield order

    chunks = interchange(documents(), ENVELOPE, version="004010", sender="US", receiver="THEM")
    first = next(chunk for chunk in chunks if b"PO0" in chunk)
    assert first.startswith(b"ST*850*0001~BEG*00*SA*PO0**20261120~")
    assert taken == ["PO0"]


def test_what_cannot_be_written_is_refused() -> None:
    answer = InterchangeAcknowledgement(
        control_number="000000017",
        interchange_date=DAY,
        interchange_time=datetime.time(15, 16),
        status="rejected",
        note="025",
    )
    with pytest.raises(UnsupportedDocument):
        list(written(answer))
    with pytest.raises(CannotWrite, match="no tables for transaction set 850 in version '003020'"):
        list(written(ORDERS[0], version="003020"))
