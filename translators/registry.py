"""Which map reads and writes a document."""

from canonical.documents import AnyDocument
from canonical.errors import Fault, TallyError
from canonical.functional_acknowledgement import AcknowledgementKind, FunctionalAcknowledgement

from .translation import ReadResult, TranslationMap
from .x12.maps.adjustment_947 import INVENTORY_ADJUSTMENT
from .x12.maps.application_advice_824 import APPLICATION_ADVICE
from .x12.maps.asn_856 import SHIP_NOTICE
from .x12.maps.catalog_832 import PRICE_CATALOG
from .x12.maps.functional_997 import FUNCTIONAL_ACKNOWLEDGEMENT
from .x12.maps.implementation_999 import IMPLEMENTATION_ACKNOWLEDGEMENT
from .x12.maps.inventory_846 import INVENTORY_ADVICE
from .x12.maps.invoice_810 import INVOICE
from .x12.maps.po_850 import PURCHASE_ORDER
from .x12.maps.po_change_860 import PURCHASE_ORDER_CHANGE
from .x12.maps.po_change_answer_865 import PURCHASE_ORDER_CHANGE_ACKNOWLEDGEMENT
from .x12.maps.poa_855 import PURCHASE_ORDER_ACKNOWLEDGEMENT
from .x12.maps.remittance_820 import REMITTANCE_ADVICE
from .x12.maps.text_864 import TEXT_MESSAGE
from .x12.maps.transfer_receipt_944 import STOCK_TRANSFER_RECEIPT
from .x12.maps.transfer_shipment_943 import STOCK_TRANSFER_SHIPMENT
from .x12.maps.warehouse_advice_945 import WAREHOUSE_SHIPPING_ADVICE
from .x12.maps.warehouse_order_940 import WAREHOUSE_SHIPPING_ORDER

__all__ = ["ReadResult", "TranslationMap", "UnsupportedDocument", "find", "for_document", "supported_sets"]


class UnsupportedDocument(TallyError):
    """There is no map for this kind of document; the sender must be told, or the kind be added."""

    fault = Fault.PARTNER


_MAPS: tuple[TranslationMap, ...] = (
    INVOICE,
    REMITTANCE_ADVICE,
    APPLICATION_ADVICE,
    PRICE_CATALOG,
    INVENTORY_ADVICE,
    PURCHASE_ORDER,
    PURCHASE_ORDER_ACKNOWLEDGEMENT,
    SHIP_NOTICE,
    PURCHASE_ORDER_CHANGE,
    TEXT_MESSAGE,
    PURCHASE_ORDER_CHANGE_ACKNOWLEDGEMENT,
    WAREHOUSE_SHIPPING_ORDER,
    STOCK_TRANSFER_SHIPMENT,
    STOCK_TRANSFER_RECEIPT,
    WAREHOUSE_SHIPPING_ADVICE,
    INVENTORY_ADJUSTMENT,
    FUNCTIONAL_ACKNOWLEDGEMENT,
    IMPLEMENTATION_ACKNOWLEDGEMENT,
)
_BY_SET = {each.set_id: each for each in _MAPS}
_BY_TYPE = {each.document_type: each for each in _MAPS if each is not IMPLEMENTATION_ACKNOWLEDGEMENT}


def supported_sets() -> tuple[str, ...]:
    """The transaction sets that have a map, in the order of their numbers."""
    return tuple(_BY_SET)


def find(set_id: str) -> TranslationMap:
    """The map of a transaction set. Raises UnsupportedDocument for a set without one."""
    try:
        return _BY_SET[set_id]
    except KeyError:
        raise UnsupportedDocument(
            f"There is no map for transaction set {set_id}; there are maps for {', '.join(_BY_SET)}.",
            partner_message=f"Transaction set {set_id} is not supported. Supported: {', '.join(_BY_SET)}.",
        ) from None


def for_document(document: AnyDocument) -> TranslationMap:
    """The map that writes a document. Raises UnsupportedDocument where there is none (a TA1 is not a transaction set)."""
    if isinstance(document, FunctionalAcknowledgement) and document.kind is AcknowledgementKind.IMPLEMENTATION:
        return IMPLEMENTATION_ACKNOWLEDGEMENT
    try:
        return _BY_TYPE[type(document)]
    except KeyError:
        raise UnsupportedDocument(
            f"A document of type {document.type} cannot be written as a transaction set.",
            partner_message=f"Documents of type {document.type} are not supported.",
        ) from None
