"""What the sender has to do about each business fault, with an example of it. A test wants every code to be here."""

from canonical.advice import Advice

from .findings import BusinessFault

ADVICE: dict[BusinessFault, Advice] = {
    BusinessFault.HEAD_UNREADABLE: Advice(
        "Fill the head of the document and send it again.", "`BEG*00*SA**` without number and date"
    ),
    BusinessFault.VALUE_MISSING: Advice(
        "Fill the value that is named and send the document again.", "an order line without a number"
    ),
    BusinessFault.INVOICE_TOTAL_DIFFERS: Advice(
        "Check prices, allowances, charges and taxes; if the total was wrong, send a corrected invoice.",
        "lines of 100.00, a charge of 12.00, and `TDS*10000`",
    ),
    BusinessFault.LINE_COUNT_DIFFERS: Advice(
        "Check that no line was left out, and set CTT01 to the number of lines.", "`CTT*3` after two lines"
    ),
    BusinessFault.SSCC_INVALID: Advice(
        "Correct the label and the ship notice: 18 digits, the last of them the check digit of GS1.",
        "`MAN*GM*003612345000000126`, whose check digit is 5",
    ),
    BusinessFault.ACKNOWLEDGED_QUANTITY_DIFFERS: Advice(
        "Answer for the whole quantity of the line, or say that it was changed (IQ).",
        "10 ordered, `ACK*IA*6*EA` and nothing more",
    ),
    BusinessFault.HIERARCHY_DUPLICATE_ID: Advice("Number the levels 1, 2, 3, ... (HL01).", "two `HL*2*1*...`"),
    BusinessFault.HIERARCHY_UNKNOWN_PARENT: Advice(
        "Give in HL02 the number (HL01) of the level that holds this one, or send the level that is missing.",
        "`HL*3*9*I` without an `HL*9`",
    ),
    BusinessFault.HIERARCHY_CYCLE: Advice(
        "Give in HL02 the level that holds this one, not one inside it.", "`HL*2*3*O` and `HL*3*2*I`"
    ),
    BusinessFault.HIERARCHY_TOO_DEEP: Advice(
        "Send shipment, orders, pallets, cartons and items, and no more levels.", "a carton in a carton, 40 times"
    ),
    BusinessFault.HIERARCHY_MISSING_PARENT: Advice(
        "Give in HL02 the number of the level that holds this one; only the shipment stands for itself.", "`HL*4**I`"
    ),
    BusinessFault.HIERARCHY_WRONG_NESTING: Advice(
        "Put the level below one that can hold it: orders below the shipment, cartons below an order or a pallet, items innermost.",
        "`HL*5*4*O` where HL 4 is an item",
    ),
    BusinessFault.HIERARCHY_STRUCTURE_DIFFERS: Advice(
        "Say in BSN05 how the levels are (0001 with items inside packages, 0002 with packages inside items), or change them.",
        "`BSN*...*0002` and items inside cartons",
    ),
    BusinessFault.HIERARCHY_EMPTY_LEVEL: Advice(
        "Say which items are in it, or leave it out.", "a carton with a label and no item below it"
    ),
    BusinessFault.HIERARCHY_WRONG_CHILD_CODE: Advice(
        "Set HL04 to 1 where levels are inside this one, else to 0, or leave it out throughout.",
        "`HL*2*1*O*0` and `HL*3*2*I*0`",
    ),
    BusinessFault.ITEM_WITHOUT_ORDER: Advice(
        "Put the item below the order it was shipped for.", "two orders below the shipment, and an item beside them"
    ),
    BusinessFault.SSCC_REPEATED: Advice(
        "Give every package a code of its own, on the label too.", "two cartons `003612345000000125`"
    ),
    BusinessFault.PACKAGE_COUNT_DIFFERS: Advice(
        "List every package as a level of its own, or correct TD102.", "`TD1*CTN25*3` and two cartons listed"
    ),
    BusinessFault.PACKED_QUANTITY_DIFFERS: Advice(
        "Count, and correct PO4 or SN102.", "`PO4*2*12*EA` and, below it, `SN1**20*EA`"
    ),
    BusinessFault.QUANTITY_TOTAL_DIFFERS: Advice(
        "Check that no item was left out, and set CTT02 to the sum of the quantities.",
        "`CTT*4*24` and 20 pieces shipped",
    ),
    BusinessFault.MORE_FINDINGS: Advice(
        "Correct those that are listed and check the file again.", "a thousand wrong labels"
    ),
    BusinessFault.REMITTANCE_TOTAL_DIFFERS: Advice(
        "Check the amounts remitted for each item (RMR04) and the adjustments (ADX01) against BPR02.",
        "`BPR*C*1000*C*ACH` over items of 400 and 500",
    ),
    BusinessFault.SHIPPED_QUANTITY_DIFFERS: Advice(
        "Give ordered, shipped and the difference (W1202, W1203, W1204) so that they agree.", "`W12*CC*10*8*1*CA`"
    ),
    BusinessFault.RECEIVED_QUANTITY_DIFFERS: Advice(
        "Explain what is missing or too much in W13, or correct the quantities.", "8 received of 10 shipped, and no W13"
    ),
    BusinessFault.ADJUSTMENT_DIRECTION_DIFFERS: Advice(
        "Give the quantity the sign that the reason means: what is damaged or lost goes down.",
        "goods damaged, and a quantity of +5",
    ),
    BusinessFault.ITEM_NUMBER_INVALID: Advice(
        "Correct the number: the last digit of a UPC, EAN or GTIN is its check digit.",
        "`UP*012345678906`, whose check digit is 5",
    ),
    BusinessFault.STOCK_NEGATIVE: Advice(
        "Give what is there; what was promised and is not there has a kind of its own.", "`QTY*33*-4*EA`"
    ),
    BusinessFault.CATALOG_PRICE_MISSING: Advice("Give the item a price (CTP03), or withdraw it.", "`CTP**RES`"),
    BusinessFault.ORDER_CHANGE_INCOMPLETE: Advice(
        "Give with each change what is new: a quantity (POC03), a price (POC06) or a date.",
        "`POC*1*QI` without the new quantity",
    ),
    BusinessFault.REMAINING_QUANTITY_TOO_LARGE: Advice(
        "Check the quantity left to receive (POC04) against the ordered one (POC03).", "`POC*1*QD*5*8*EA`"
    ),
}
