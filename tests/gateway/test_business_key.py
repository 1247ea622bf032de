"""What makes a document the same document, whatever it travelled under."""

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest

from canonical.acknowledgement import PurchaseOrderAcknowledgement
from canonical.application_advice import ApplicationAdvice
from canonical.catalog import PriceCatalog
from canonical.document import EnvelopeReference, Purpose
from canonical.documents import ANY_DOCUMENT, AnyDocument, as_json
from canonical.identity import BlobDigest, DocumentId, PartnerId
from canonical.inventory import InventoryAdvice
from canonical.inventory_adjustment import AdjustedLine, InventoryAdjustment
from canonical.invoice import Invoice
from canonical.order import PurchaseOrder
from canonical.order_change import PurchaseOrderChange
from canonical.quantity import Quantity
from canonical.remittance import RemittanceAdvice
from canonical.shipment import ShipNotice
from canonical.stock_transfer import StockTransferReceipt, StockTransferShipment
from canonical.warehouse_order import WarehouseShippingOrder
from canonical.warehouse_shipment import WarehouseShippingAdvice
from gateway.business_key import QUICK, BusinessKey, business_key, content_digest, quick_digest, said

DAY = datetime.date(2026, 11, 20)


def order(**fields: Any) -> AnyDocument:
    return PurchaseOrder(**{"number": "7", "order_date": DAY} | fields)


def invoice(**fields: Any) -> AnyDocument:
    return Invoice(**{"number": "INV1", "invoice_date": DAY, "total_amount": Decimal(1)} | fields)


def acknowledgement(**fields: Any) -> AnyDocument:
    return PurchaseOrderAcknowledgement(**{"answer": "accepted", "order_number": "7", "order_date": DAY} | fields)


def change(**fields: Any) -> AnyDocument:
    return PurchaseOrderChange(**{"order_number": "7", "order_date": DAY} | fields)


def stock(**fields: Any) -> AnyDocument:
    return InventoryAdvice(**{"number": "STOCK", "kind": "seller_inventory", "created_on": DAY} | fields)


def catalog(**fields: Any) -> AnyDocument:
    return PriceCatalog(**{"kind": "price_sheet"} | fields)


def advice(**fields: Any) -> AnyDocument:
    return WarehouseShippingAdvice(**{"number": "SO-1", "shipment_number": "BOL-1"} | fields)


def adjustment(**fields: Any) -> AnyDocument:
    return InventoryAdjustment(**{"adjusted_on": DAY} | fields)


def remittance(**fields: Any) -> AnyDocument:
    return RemittanceAdvice(**{"amount": Decimal(1), "method": "check", "payment_date": DAY} | fields)


def quickly(document: AnyDocument) -> str:
    return quick_digest(document, as_json(document))


DAMAGED = AdjustedLine(cause="damaged_in_facility", quantity=Quantity(value=Decimal(-1)))
RECEIPT = StockTransferReceipt(number="WR-1", received_on=DAY)
SHIPMENT = ShipNotice(number="SH1", created_on=DAY, created_at=datetime.time(7))


@pytest.mark.parametrize(
    ("document", "key"),
    [
        (order(), "PurchaseOrder/7/1"),
        (order(currency="USD"), "PurchaseOrder/7/1"),
        (order(release="3"), "PurchaseOrder/7/release-3"),
        (invoice(), "Invoice/INV1/1"),
        (invoice(total_amount=Decimal(2)), "Invoice/INV1/1"),
        (SHIPMENT, "ShipNotice/SH1/1"),
        (WarehouseShippingOrder(number="SO-1"), "WarehouseShippingOrder/SO-1/1"),
        (advice(), "WarehouseShippingAdvice/SO-1/shipment-BOL-1"),
        (advice(total_quantity=Decimal(2)), "WarehouseShippingAdvice/SO-1/shipment-BOL-1"),
        (RECEIPT, "StockTransferReceipt/WR-1/1"),
        (StockTransferShipment(number="TO-1", shipment_number="BOL-1"), "StockTransferShipment/TO-1/shipment-BOL-1"),
        (remittance(number="CHK-1"), "RemittanceAdvice/CHK-1/1"),
        (ApplicationAdvice(number="AA-1", created_on=DAY), "ApplicationAdvice/AA-1/1"),
        (adjustment(number="ADJ-1"), "InventoryAdjustment/ADJ-1/1"),
        (adjustment(depositor_number="ADJ-2"), "InventoryAdjustment/ADJ-2/1"),
        (advice(number=None), "WarehouseShippingAdvice/BOL-1/shipment-BOL-1"),
    ],
)
def test_an_original_is_known_by_its_number_alone(document: AnyDocument, key: str) -> None:
    assert str(business_key(document)) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (acknowledgement(), acknowledgement(currency="USD")),
        (stock(), stock(created_on=datetime.date(2026, 11, 21))),
        (catalog(), catalog(description="December")),
        (change(change_number="1"), change(change_number="2")),
        (change(purpose=Purpose.ORIGINAL), change(purpose=Purpose.ORIGINAL, currency="USD")),
        (invoice(), invoice(purpose=Purpose.REPLACE)),
        (invoice(purpose=Purpose.REPLACE), invoice(purpose=Purpose.CANCELLATION)),
        (invoice(purpose=Purpose.REPLACE), invoice(purpose=Purpose.REPLACE, total_amount=Decimal(2))),
        (order(), order(purpose=Purpose.CHANGE)),
        (order(release="1"), order(release="2")),
        (remittance(), remittance(amount=Decimal(2))),
        (adjustment(), adjustment(lines=(DAMAGED,))),
        (advice(), advice(shipment_number="BOL-2")),
        (advice(shipment_number=None), advice(shipment_number=None, total_quantity=Decimal(2))),
        (WarehouseShippingOrder(number="SO-1"), WarehouseShippingOrder(number="SO-1", purpose=Purpose.CANCELLATION)),
    ],
)
def test_a_further_word_on_it_is_another_revision(one: AnyDocument, other: AnyDocument) -> None:
    assert business_key(one) != business_key(other)
    assert business_key(one).number == business_key(other).number


JOURNEY: list[dict[str, Any]] = [
    {"id": DocumentId("x")},
    {"partner": PartnerId("acme")},
    {"profile_version": 3},
    {"envelope": EnvelopeReference(interchange="000000009")},
    {"source_sha256": BlobDigest("0" * 64)},
    {"trace": {"number": "BIG[1]/02"}},
]


@pytest.mark.parametrize("fields", JOURNEY, ids=[next(iter(fields)) for fields in JOURNEY])
@pytest.mark.parametrize("document", [order(), invoice(purpose=Purpose.REPLACE), acknowledgement(), SHIPMENT])
def test_how_it_travelled_does_not_matter(document: AnyDocument, fields: dict[str, Any]) -> None:
    travelled = document.model_copy(update=fields)
    assert content_digest(travelled) == content_digest(document)
    assert quickly(travelled) == quickly(document)
    assert business_key(travelled) == business_key(document)


@pytest.mark.parametrize("fields", [{"number": "8"}, {"currency": "USD"}, {"test": True}, {"purpose": Purpose.CHANGE}])
def test_what_it_says_does(fields: dict[str, Any]) -> None:
    assert content_digest(order(**fields)) != content_digest(order())
    assert quickly(order(**fields)) != quickly(order())


@pytest.mark.parametrize(("one", "other"), [("2.5", "2.50"), ("20", "2E+1"), ("0", "-0.00"), ("1000", "1000.000")])
def test_a_number_written_otherwise_is_the_same(one: str, other: str) -> None:
    assert content_digest(invoice(total_amount=Decimal(one))) == content_digest(invoice(total_amount=Decimal(other)))


def test_of_a_number_written_otherwise_the_quick_digest_is_another_which_says_nothing() -> None:
    one, other = invoice(total_amount=Decimal("2.5")), invoice(total_amount=Decimal("2.50"))
    assert quickly(one) != quickly(other)
    assert all(quickly(each).startswith(QUICK) and not content_digest(each).startswith(QUICK) for each in (one, other))


@pytest.mark.parametrize(("one", "other"), [("2.5", "25"), ("0.1", "0.10000000000000000000000000001"), ("1", "-1")])
def test_another_number_is_another(one: str, other: str) -> None:
    assert content_digest(invoice(total_amount=Decimal(one))) != content_digest(invoice(total_amount=Decimal(other)))


@pytest.mark.parametrize("document", [order(), invoice(total_amount=Decimal("2.50")), acknowledgement(), SHIPMENT])
def test_what_is_said_is_what_pydantic_says(document: AnyDocument) -> None:
    """Digests are kept: another way to the same bytes may be faster, other bytes would make each document another one."""
    journey = {"id", "partner", "profile_version", "envelope", "source_sha256", "trace"}
    plain = ANY_DOCUMENT.dump_python(document, exclude=journey)
    numbers = {Decimal("2.50"): "25e-1", Decimal("2.5"): "25e-1", Decimal(8): "8e0", Decimal(10): "1e1"}
    written = json.dumps(plain, sort_keys=True, default=lambda value: numbers.get(value, str(value)))
    assert said(document) == written.encode()


def test_a_key_reads_like_a_path() -> None:
    assert str(BusinessKey("Invoice", "INV1", "1")) == "Invoice/INV1/1"
