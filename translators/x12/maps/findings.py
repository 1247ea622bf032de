"""The business faults that a map can find in a set that is valid as X12."""

from enum import StrEnum


class BusinessFault(StrEnum):
    """Codes of findings. All are warnings unless said otherwise: the document is complete and people must decide."""

    HEAD_UNREADABLE = "document-head-unreadable"
    """Error: the segment that names and dates the document lacks a value no document can do without."""

    VALUE_MISSING = "document-value-missing"
    """Error: a value that no document of the kind can do without is missing elsewhere."""

    INVOICE_TOTAL_DIFFERS = "invoice-total-differs"
    """Lines, allowances, charges and taxes do not add up to the stated total (TDS01)."""

    REMITTANCE_TOTAL_DIFFERS = "remittance-total-differs"
    """What a remittance advice pays item by item, with its adjustments, does not add up to the payment (BPR02)."""

    LINE_COUNT_DIFFERS = "line-count-differs"
    """CTT01 is not the number of lines. A warning only: that nothing was lost is already proved by the segment count in SE01."""

    QUANTITY_TOTAL_DIFFERS = "quantity-total-differs"
    """The stated total (CTT02 of an 856, W7601, W0301, W1401) is not the sum of the quantities of the lines."""

    SHIPPED_QUANTITY_DIFFERS = "shipped-quantity-differs"
    """What a warehouse says it shipped of a line contradicts what was ordered: the difference is wrong, or it is not complete."""

    RECEIVED_QUANTITY_DIFFERS = "received-quantity-differs"
    """A warehouse received another quantity than was shipped, and what it reports as short or over does not explain it."""

    ADJUSTMENT_DIRECTION_DIFFERS = "adjustment-direction-differs"
    """The cause of an inventory adjustment says that there is more, and its quantity that there is less, or the other way."""

    SSCC_INVALID = "sscc-invalid"
    """A serial shipping container code is not 18 digits (20 with its prefix 00), or its check digit is wrong."""

    ITEM_NUMBER_INVALID = "item-number-invalid"
    """A GTIN, UPC or EAN does not have 8, 12, 13 or 14 digits, or its check digit is wrong."""

    STOCK_NEGATIVE = "stock-negative"
    """Less than nothing is said to be in stock."""

    CATALOG_PRICE_MISSING = "catalog-price-missing"
    """An item of a price catalogue that is still sold has no price, nor have all items together."""

    ACKNOWLEDGED_QUANTITY_DIFFERS = "acknowledged-quantity-differs"
    """The answers to a line do not cover the ordered quantity, and none of them says that the quantity was changed."""

    ORDER_CHANGE_INCOMPLETE = "order-change-incomplete"
    """A line names a kind of change (POC02) that is about a quantity, a price or a date, but does not give the new one."""

    REMAINING_QUANTITY_TOO_LARGE = "remaining-quantity-too-large"
    """More of a line is still to be received (POC04) than is ordered in all (POC03)."""

    HIERARCHY_DUPLICATE_ID = "hierarchy-duplicate-id"
    """Error: two levels of a ship notice have the same number (HL01), so that it is open what belongs to which."""

    HIERARCHY_UNKNOWN_PARENT = "hierarchy-unknown-parent"
    """Error: a level belongs to one that the ship notice does not have (HL02)."""

    HIERARCHY_CYCLE = "hierarchy-cycle"
    """Error: levels of a ship notice contain each other."""

    HIERARCHY_TOO_DEEP = "hierarchy-too-deep"
    """Error: more levels inside each other than any packing has."""

    HIERARCHY_MISSING_PARENT = "hierarchy-missing-parent"
    """Error or warning: levels inside others do not say which (HL02 is empty). A warning where the order of the goods is clear
    all the same, else an error. Told once a ship notice for each."""

    HIERARCHY_WRONG_NESTING = "hierarchy-wrong-nesting"
    """Error or warning: a level stands below one that cannot hold it. An error where that makes it open which order is meant (an
    order below an order or an item, a shipment below anything), a warning for a pallet in a carton or an item in an item."""

    HIERARCHY_STRUCTURE_DIFFERS = "hierarchy-structure-differs"
    """Levels are inside each other in another order than BSN05 says. Told once a ship notice, at the first."""

    HIERARCHY_EMPTY_LEVEL = "hierarchy-empty-level"
    """An order, pallet or carton of a ship notice holds no item, while others do."""

    HIERARCHY_WRONG_CHILD_CODE = "hierarchy-wrong-child-code"
    """HL04 says that a level has others below it and it has none, or the reverse. Told once a ship notice, at the first."""

    ITEM_WITHOUT_ORDER = "item-without-order"
    """Error: a ship notice is for several orders, and an item stands below none of them."""

    SSCC_REPEATED = "sscc-repeated"
    """Two packages of a ship notice have the same serial shipping container code."""

    PACKAGE_COUNT_DIFFERS = "package-count-differs"
    """The cartons or pallets stated for a level (TD102) are not those listed below it."""

    PACKED_QUANTITY_DIFFERS = "packed-quantity-differs"
    """What a carton should hold (PO4), or what an item's cartons hold together, is not the quantity shipped (SN102)."""

    MORE_FINDINGS = "more-business-findings"
    """There are more than are listed; an error where one of all of them is."""
