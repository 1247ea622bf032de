"""All documents as one type, told apart by ``type``: the JSON that ERPs read and write."""

from functools import cache
from typing import Annotated

from pydantic import Field, TypeAdapter

from .acknowledgement import PurchaseOrderAcknowledgement
from .application_advice import ApplicationAdvice
from .catalog import PriceCatalog
from .functional_acknowledgement import FunctionalAcknowledgement
from .interchange_acknowledgement import InterchangeAcknowledgement
from .inventory import InventoryAdvice
from .inventory_adjustment import InventoryAdjustment
from .invoice import Invoice
from .order import PurchaseOrder
from .order_change import PurchaseOrderChange, PurchaseOrderChangeAcknowledgement
from .remittance import RemittanceAdvice
from .shipment import ShipNotice
from .stock_transfer import StockTransferReceipt, StockTransferShipment
from .text_message import TextMessage
from .warehouse_order import WarehouseShippingOrder
from .warehouse_shipment import WarehouseShippingAdvice

AnyDocument = Annotated[
    PurchaseOrder
    | PurchaseOrderChange
    | PurchaseOrderAcknowledgement
    | PurchaseOrderChangeAcknowledgement
    | ShipNotice
    | Invoice
    | InventoryAdvice
    | PriceCatalog
    | TextMessage
    | RemittanceAdvice
    | ApplicationAdvice
    | WarehouseShippingOrder
    | WarehouseShippingAdvice
    | StockTransferShipment
    | StockTransferReceipt
    | InventoryAdjustment
    | FunctionalAcknowledgement
    | InterchangeAcknowledgement,
    Field(discriminator="type"),
]

ANY_DOCUMENT: TypeAdapter[AnyDocument] = TypeAdapter(AnyDocument)
"""Validates and serialises one document of any type."""

DOCUMENTS: TypeAdapter[list[AnyDocument]] = TypeAdapter(list[AnyDocument])
"""Validates and serialises an array of documents: what ``tally convert`` prints and the ERP folder exchanges."""


def as_json(document: AnyDocument) -> bytes:
    """A document as JSON: as :data:`ANY_DOCUMENT` writes it, which takes twice as long to find out which kind it is."""
    return document.model_dump_json().encode()


def business_content(json: bytes) -> bytes:
    """Of a business document as JSON all that stands behind its head. The head says how it came, but also its purpose and whether it is a
    test."""
    return json[json.index(_BEHIND_THE_HEAD) :]


_BEHIND_THE_HEAD = b',"unmapped":['
"""Nothing in the head reads like that: in a text each quotation mark is escaped."""


def as_array(document: AnyDocument) -> bytes:
    """An array of one document as JSON for people to read: indented, without fields that are absent."""
    return _array_of(type(document)).dump_json([document], indent=2, exclude_none=True)


@cache
def _array_of(kind: type[AnyDocument]) -> TypeAdapter[list[AnyDocument]]:
    return TypeAdapter(list[kind])  # type: ignore[valid-type]


def order_numbers(document: AnyDocument) -> tuple[str, ...]:
    """The purchase orders a document is about, each once; empty for acknowledgements of syntax."""
    match document:
        case PurchaseOrder():
            return (document.number,)
        case PurchaseOrderChange() | PurchaseOrderAcknowledgement() | PurchaseOrderChangeAcknowledgement():
            return (document.order_number,)
        case ShipNotice() | RemittanceAdvice() | ApplicationAdvice():
            return document.order_numbers
        case Invoice():
            return (document.order_number,) if document.order_number else ()
        case WarehouseShippingOrder() | WarehouseShippingAdvice() | StockTransferShipment():
            return _each_once(document.number, document.order_number)
        case StockTransferReceipt():
            return _each_once(document.transfer_number)
        case _:
            return ()


def _each_once(*numbers: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(number for number in numbers if number))


def document_number(document: AnyDocument) -> str:
    """The number people call the document by; for one that need not have any, what they would look for it by, or nothing."""
    match document:
        case PurchaseOrder() | ShipNotice() | Invoice() | InventoryAdvice():
            return document.number
        case WarehouseShippingOrder() | StockTransferReceipt() | ApplicationAdvice():
            return document.number
        case RemittanceAdvice():
            return document.number or (document.payment_date.isoformat() if document.payment_date else "")
        case WarehouseShippingAdvice() | StockTransferShipment():
            return document.number or document.shipment_number or document.order_number or ""
        case InventoryAdjustment():
            return document.number or document.depositor_number or document.adjusted_on.isoformat()
        case PurchaseOrderChange() | PurchaseOrderAcknowledgement() | PurchaseOrderChangeAcknowledgement():
            return document.order_number
        case PriceCatalog():
            return document.number or document.kind
        case TextMessage():
            return document.messages[0].number
        case FunctionalAcknowledgement():
            return document.group_control_number
        case InterchangeAcknowledgement():
            return document.control_number
