"""Column maps that the tests of CSV share, written as a partner's profile would have them."""

import codecs
from collections.abc import Iterable
from typing import Any

from canonical.finding import Finding
from translators.flat import ColumnMap, FileFindings, FlatDocument, Limits, parse_column_maps, read

INVOICE: dict[str, Any] = {
    "document": "Invoice",
    "columns": {
        "number": "invoice",
        "invoice_date": "date",
        "order_number": {"column": "po", "required": False},
        "total_amount": "total",
        "lines.number": "line",
        "lines.items.vendor_part": "part",
        "lines.quantity.value": {"column": "qty", "required": True},
        "lines.quantity.unit": {"column": "unit", "codes": {"PIECE": "EA", "BOX": "CA"}},
        "lines.price.amount": {"column": "price", "max_length": 8},
    },
}
INVOICE_HEADER = "invoice,date,po,total,line,part,qty,unit,price"

ANSWER: dict[str, Any] = {
    "document": "PurchaseOrderAcknowledgement",
    "columns": {
        "order_number": "po",
        "order_date": "po_date",
        "answer": {"constant": "accepted_with_changes"},
        "lines.number": "line",
        "lines.items.buyer_part": "part",
        "lines.quantity.value": "ordered",
        "lines.quantity.unit": "unit",
        "lines.responses.status": "status",
        "lines.responses.quantity.value": "qty",
        "lines.responses.quantity.unit": {"constant": "EA"},
        "lines.responses.date.delivery_estimated": "eta",
    },
}
ANSWER_HEADER = "po,po_date,line,part,ordered,unit,status,qty,eta"

NOTICE: dict[str, Any] = {
    "document": "ShipNotice",
    "columns": {
        "number": "shipment",
        "created_on": "date",
        "created_at": {"constant": "00:00"},
        "levels.shipment.deliveries.carrier.scac": "carrier",
        "levels.order.number": "po",
        "levels.tare.sscc": "pallet",
        "levels.pack.sscc": "carton",
        "levels.item.items.vendor_part": "part",
        "levels.item.shipped.value": "qty",
        "levels.item.shipped.unit": {"column": "unit", "default": "EA"},
    },
}
NOTICE_HEADER = "shipment,date,carrier,po,pallet,carton,part,qty,unit"

ORDER: dict[str, Any] = {
    "document": "PurchaseOrder",
    "columns": {
        "number": "po",
        "order_date": "date",
        "lines.number": "line",
        "lines.quantity.value": "qty",
        "lines.schedule.quantity.value": "part_qty",
        "lines.schedule.date.delivery_requested": "part_date",
    },
}


def column_map(raw: dict[str, Any], **changes: Any) -> ColumnMap:
    """The map, with some of its keys otherwise."""
    return parse_column_maps([{**raw, **changes}])[0]


def results(column_map: ColumnMap, *lines: str, limits: Limits | None = None) -> list[FlatDocument | FileFindings]:
    """What is read from lines of text, in the map's encoding."""
    return list(read([encoded(column_map, *lines)], column_map, limits))


def encoded(column_map: ColumnMap, *lines: str) -> bytes:
    return codecs.encode("".join(f"{line}\n" for line in lines), column_map.encoding)


def documents(found: Iterable[FlatDocument | FileFindings]) -> list[FlatDocument]:
    return [result for result in found if isinstance(result, FlatDocument)]


def findings(found: Iterable[FlatDocument | FileFindings]) -> list[Finding]:
    return [finding for result in found for finding in result.findings]


def brief(found: Iterable[FlatDocument | FileFindings]) -> list[tuple[str, str]]:
    """The findings as (path, code)."""
    return [(finding.path, finding.code) for finding in findings(found)]
