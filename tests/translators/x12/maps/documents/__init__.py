"""Canonical documents as an ERP would make them: what X12 can say, said in the trade's own words."""

from hypothesis import strategies as st

from canonical.documents import AnyDocument

from .acknowledgements import FUNCTIONAL_ACKNOWLEDGEMENT, IMPLEMENTATION_ACKNOWLEDGEMENT
from .messages import APPLICATION_ADVICE, TEXT_MESSAGE
from .orders import ACKNOWLEDGEMENT, CHANGE_ACKNOWLEDGEMENT, INVOICE, ORDER, ORDER_CHANGE
from .remittances import REMITTANCE
from .shipments import SHIP_NOTICE
from .stock import INVENTORY_ADVICE, PRICE_CATALOG
from .warehouses import ADJUSTMENT_OF_STOCK, TRANSFER_RECEIPT, TRANSFER_SHIPMENT, WAREHOUSE_ADVICE, WAREHOUSE_ORDER

DOCUMENTS: dict[str, st.SearchStrategy[AnyDocument]] = {
    "810": INVOICE,
    "820": REMITTANCE,
    "824": APPLICATION_ADVICE,
    "832": PRICE_CATALOG,
    "846": INVENTORY_ADVICE,
    "850": ORDER,
    "855": ACKNOWLEDGEMENT,
    "856": SHIP_NOTICE,
    "860": ORDER_CHANGE,
    "864": TEXT_MESSAGE,
    "865": CHANGE_ACKNOWLEDGEMENT,
    "940": WAREHOUSE_ORDER,
    "943": TRANSFER_SHIPMENT,
    "944": TRANSFER_RECEIPT,
    "945": WAREHOUSE_ADVICE,
    "947": ADJUSTMENT_OF_STOCK,
    "997": FUNCTIONAL_ACKNOWLEDGEMENT,
    "999": IMPLEMENTATION_ACKNOWLEDGEMENT,
}
