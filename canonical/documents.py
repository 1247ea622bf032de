"""All documents as one type, told apart by ``type``: the JSON that ERPs read and write."""

from typing import Annotated

from pydantic import Field, TypeAdapter

from .acknowledgement import PurchaseOrderAcknowledgement
from .catalog import PriceCatalog
from .functional_acknowledgement import FunctionalAcknowledgement
from .interchange_acknowledgement import InterchangeAcknowledgement
from .inventory import InventoryAdvice
from .invoice import Invoice
from .order import PurchaseOrder
from .order_change import PurchaseOrderChange, PurchaseOrderChangeAcknowledgement
from .shipment import ShipNotice
from .text_message import TextMessage

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
    | FunctionalAcknowledgement
    | InterchangeAcknowledgement,
    Field(discriminator="type"),
]

ANY_DOCUMENT: TypeAdapter[AnyDocument] = TypeAdapter(AnyDocument)
"""Validates and serialises one document of any type."""

DOCUMENTS: TypeAdapter[list[AnyDocument]] = TypeAdapter(list[AnyDocument])
"""Validates and serialises an array of documents: what ``tally convert`` prints and the ERP folder exchanges."""


def order_numbers(document: AnyDocument) -> tuple[str, ...]:
    """The purchase orders a document is about, each once; empty for acknowledgements of syntax."""
    match document:
        case PurchaseOrder():
            return (document.number,)
        case PurchaseOrderChange() | PurchaseOrderAcknowledgement() | PurchaseOrderChangeAcknowledgement():
            return (document.order_number,)
        case ShipNotice():
            return document.order_numbers
        case Invoice():
            return (document.order_number,) if document.order_number else ()
        case _:
            return ()


def document_number(document: AnyDocument) -> str:
    """The number people call the document by."""
    match document:
        case PurchaseOrder() | ShipNotice() | Invoice() | InventoryAdvice():
            return document.number
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
