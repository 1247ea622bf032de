"""Who takes part and what is ordered."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from canonical.identity import PartnerId
from canonical.order import PurchaseOrder

RIVERMILL = PartnerId("rivermill")
"""Trades X12."""
HUBER = PartnerId("huber")
"""Takes orders by telephone and answers with CSV."""
TAMARACK = PartnerId("tamarack")
"""Trades X12 over AS2."""
PARTNERS = (RIVERMILL, HUBER, TAMARACK)

OUR_AS2_NAME = "TALLYCO"
TAMARACKS_AS2_NAME = "Tamarack Hardware"
"""With a blank in it, as some have."""

ORDER = "4500123"
"""Rivermill's order; the ERP gives it to us."""
TELEPHONE_ORDER = "4500124"
"""Huber's order; no file of it exists."""
AS2_ORDER = "4500125"
"""Tamarack's order; the ERP gives it to us too."""

INVOICE = "INV-3301"
CARELESS_INVOICE_FILE = "810_INV-3302.edi"
CSV_INVOICE = "2041"
AS2_SHIPMENT = "TS-0418"
AS2_INVOICE = "TI-1090"

_Ordered = tuple[str, str, str, str, str, str]
"""Line, quantity, price, our part number, the supplier's, and what it is."""

_LINES = (
    ("10", "120", "4.75", "TS-1001", "RM-88", "Hazel stick, notched, 30 cm"),
    ("20", "24", "18.50", "TS-2040", "RM-31", "Notching knife, ash handle"),
    ("30", "48", "6.20", "TS-3300", "RM-07", "Beeswax, 250 g bar"),
)
_AS2_LINES = (
    ("1", "36", "14.20", "TS-7020", "TH-410", "Hand saw, fine cut"),
    ("2", "8", "61.00", "TS-7115", "TH-655", "Bench vice, 100 mm"),
)
LEAD_DAYS = 14
"""Days from order to the delivery asked for."""


def purchase_order(today: date) -> PurchaseOrder:
    """Rivermill's order as the ERP knows it."""
    return PurchaseOrder.model_validate(_order(today, RIVERMILL, ORDER, _LINES))


def erp_file(today: date) -> bytes:
    """The same as the file that the ERP exports."""
    return json.dumps([_order(today, RIVERMILL, ORDER, _LINES)], indent=2).encode("utf-8")


def as2_erp_file(today: date) -> bytes:
    """Tamarack's order as the file that the ERP exports."""
    return json.dumps([_order(today, TAMARACK, AS2_ORDER, _AS2_LINES)], indent=2).encode("utf-8")


def _order(today: date, partner: PartnerId, number: str, ordered: Sequence[_Ordered]) -> dict[str, Any]:
    lines = [_line(*line) for line in ordered]
    total = sum(Decimal(quantity) * Decimal(price) for _, quantity, price, *_ in ordered)
    return {
        "type": "PurchaseOrder",
        "partner": partner,
        "number": number,
        "order_date": today.isoformat(),
        "currency": "USD",
        "dates": [{"kind": "delivery_requested", "date": (today + timedelta(days=LEAD_DAYS)).isoformat()}],
        "parties": [
            {"role": "buyer", "name": "Tally Distribution", "identifier": _by_buyer("TALLY")},
            {
                "role": "ship_to",
                "name": "Northside Warehouse",
                "identifier": _by_buyer("DC-07"),
                "address": {
                    "lines": ["7 Dock Road"],
                    "city": "Dubuque",
                    "region": "IA",
                    "postal_code": "52001",
                    "country": "US",
                },
            },
        ],
        "lines": lines,
        "total_amount": str(total),
    }


def _line(number: str, quantity: str, price: str, ours: str, theirs: str, description: str) -> dict[str, Any]:
    return {
        "number": number,
        "quantity": {"value": quantity, "unit": "EA"},
        "price": {"amount": price, "basis": "per_each"},
        "items": [{"scheme": "buyer_part", "value": ours}, {"scheme": "vendor_part", "value": theirs}],
        "descriptions": [{"text": description}],
    }


def _by_buyer(value: str) -> dict[str, str]:
    return {"scheme": "assigned_by_buyer", "value": value}
