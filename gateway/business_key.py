"""What makes a document the same document, whatever control number it travels under (the fourth duplicate layer). Pure."""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from canonical.acknowledgement import PurchaseOrderAcknowledgement
from canonical.base import Value
from canonical.catalog import PriceCatalog
from canonical.document import Purpose
from canonical.documents import AnyDocument, business_content, document_number
from canonical.inventory import InventoryAdvice
from canonical.inventory_adjustment import InventoryAdjustment
from canonical.order import PurchaseOrder
from canonical.order_change import PurchaseOrderChange, PurchaseOrderChangeAcknowledgement
from canonical.remittance import RemittanceAdvice
from canonical.stock_transfer import StockTransferShipment
from canonical.text_message import TextMessage
from canonical.warehouse_shipment import WarehouseShippingAdvice

ORIGINAL = "1"
"""The revision of a document's first issue."""

_OF_THE_JOURNEY = {"id", "partner", "profile_version", "envelope", "source_sha256", "trace"}
"""Fields that say how a document travelled rather than what it says."""

_KNOWN_BY_CONTENT = (
    PurchaseOrderAcknowledgement,
    PurchaseOrderChange,
    PurchaseOrderChangeAcknowledgement,
    InventoryAdvice,
    PriceCatalog,
    TextMessage,
)


@dataclass(frozen=True, slots=True)
class BusinessKey:
    """``revision`` is ``1`` for an original; a later word on the same document has another one."""

    document_type: str
    number: str
    revision: str

    def __str__(self) -> str:
        return "/".join((self.document_type, self.number, self.revision))


def content_digest(document: AnyDocument) -> str:
    """Lower-case hexadecimal SHA-256 over what the document says, not how it came: 2.5 and 2.50 are the same."""
    return hashlib.sha256(said(document)).hexdigest()


def quick_digest(document: AnyDocument, json: bytes) -> str:
    """A digest of what a document says, from its canonical JSON, in a twentieth of the time. The same for two documents only where
    :func:`content_digest` is; another one also where just numbers are written in another way."""
    digest = hashlib.sha256(f"{document.purpose} {document.test} ".encode())
    digest.update(business_content(json))
    return QUICK + digest.hexdigest()


QUICK = "json:"
"""What tells quick digests from the others."""


def said(document: AnyDocument) -> bytes:
    """What :func:`content_digest` is over: JSON with each number written in one way."""
    fields = {name: value for name, value in vars(document).items() if name not in _OF_THE_JOURNEY}
    return _PLAIN.encode(fields).encode()


def _written(value: Any) -> Any:
    """What is no JSON as what is: the fields of a value, each number in one way, dates as they are written."""
    if isinstance(value, Value):
        return vars(value)
    return _number(value) if isinstance(value, Decimal) else str(value)


_PLAIN = json.JSONEncoder(sort_keys=True, default=_written)


@lru_cache(maxsize=4096)
def _number(value: Decimal) -> str:
    """Sign, digits without zeros at the end, and exponent: exact, where arithmetic would round."""
    sign, digits, exponent = value.as_tuple()
    if isinstance(exponent, str):
        return str(value)
    written = "".join(map(str, digits)).lstrip("0")
    significant = written.rstrip("0")
    return f"{'-' * sign}{significant}e{exponent + len(written) - len(significant)}" if significant else "0"


def business_key(document: AnyDocument) -> BusinessKey:
    """The key of a document.

    An original order, ship notice or invoice is known by its number alone: the same number with other content is a
    duplicate that a person must look at, never a second delivery. Purchase order changes and acknowledgements go by the number
    of the order, and several for one order are normal; inventory advices and price catalogues are snapshots, and much practice
    gives each the number of the one before, as it does text messages. Their content is their revision; so it is for replacements,
    changes and cancellations, and for a document that came without the number its kind has.
    """
    return BusinessKey(document.type, document_number(document), _revision(document))


def _revision(document: AnyDocument) -> str:
    match document:
        case _ if isinstance(document, _KNOWN_BY_CONTENT):
            return _by_content(document)
        case _ if document.purpose is not Purpose.ORIGINAL:
            return f"{document.purpose.value}-{_by_content(document)}"
        case PurchaseOrder(release=str(release)) if release:
            return f"release-{release}"
        case WarehouseShippingAdvice() | StockTransferShipment():
            # A warehouse may ship one order in several parts, each a shipment with a number of its own.
            return f"shipment-{document.shipment_number}" if document.shipment_number else _by_content(document)
        case InventoryAdjustment(number=None, depositor_number=None) | RemittanceAdvice(number=None):
            return _by_content(document)
        case _:
            return ORIGINAL


def _by_content(document: AnyDocument) -> str:
    return content_digest(document)[:16]
