"""Our names for the codes of payments. The element each list belongs to is its first argument."""

from .codes import Codes

PAYMENT_HANDLINGS = Codes(
    "305",
    {
        "A": "off_invoice",
        "B": "account_advice_without_detail",
        "C": "payment_with_remittance",
        "D": "payment_only",
        "E": "account_advice_with_detail",
        "H": "notification_only",
        "I": "remittance_only",
        "J": "payment_requested",
        "K": "reimbursement_follows",
        "L": "apply_on_account",
        "M": "more_remittance_detail",
        "N": "check_issued",
        "O": "deduct_from_next",
        "P": "prenotification",
        "R": "recurring_debit",
        "S": "single_debit",
        "U": "split_payment_and_remittance",
        "X": "split_optional",
        "Z": "mutually_defined",
    },
)

PAYMENT_DIRECTIONS = Codes("478", {"C": "credit", "D": "debit"})

PAYMENT_METHODS = Codes(
    "591",
    {
        "ACH": "ach",
        "BOP": "bank_chooses",
        "CAS": "cash",
        "CCC": "credit_card",
        "CCH": "cashiers_check",
        "CHK": "check",
        "CWT": "chips_wire",
        "DDP": "direct_deposit",
        "DEB": "debit_card",
        "FEW": "fed_wire_repetitive",
        "FWT": "fed_wire",
        "NON": "no_payment",
        "PBD": "draft",
        "REV": "ach_reversal",
        "SWT": "swift_wire",
        "ZZZ": "mutually_defined",
    },
)

PAYMENT_FORMATS = Codes(
    "812",
    {
        "CCD": "cash_concentration",
        "CCP": "cash_concentration_with_addenda",
        "CTP": "corporate_trade_payment",
        "CTX": "corporate_trade_exchange",
        "PBC": "commercial_check",
        "PPD": "prearranged",
        "PPP": "prearranged_with_addenda",
        "PRD": "preauthorized_draft",
    },
)

BANK_SCHEMES = Codes(
    "506", {"01": "aba_routing", "02": "swift", "03": "chips", "04": "canadian_branch", "ZZ": "mutually_defined"}
)

ACCOUNT_KINDS = Codes(
    "569",
    {
        "01": "time_deposit",
        "03": "checking",
        "10": "business",
        "11": "trust",
        "CM": "cash_management",
        "DA": "demand_deposit",
        "SG": "savings",
    },
)

PAYMENT_FUNCTIONS = Codes(
    "1048",
    {
        "COL": "collection",
        "CON": "consolidated_consumer_payment",
        "PEN": "pension",
        "PRL": "payroll",
        "TAX": "tax",
        "VEN": "vendor_payment",
    },
)

PAYMENT_ACTIONS = Codes(
    "482",
    {
        "AJ": "adjustment",
        "ER": "evaluated_receipt",
        "FL": "final",
        "NS": "not_specified",
        "PA": "payment_in_advance",
        "PI": "pay_item",
        "PO": "payment_on_account",
        "PP": "partial_payment",
        "PR": "progress_payment",
    },
)

ADJUSTMENT_REASONS = Codes(
    "426",
    {
        "01": "pricing_error",
        "03": "extension_error",
        "04": "not_accepted_damaged",
        "06": "quantity_contested",
        "07": "wrong_product",
        "08": "substitute_product",
        "09": "terms_error",
        "10": "pallet_charge_error",
        "11": "returned_damaged",
        "12": "returned_for_quality",
        "14": "returned_promotion",
        "16": "allowance_not_on_invoice",
        "19": "duplicate_billing",
        "20": "balance_declined",
        "22": "weight_error",
        "30": "delivery_charge_wrong",
        "49": "processing_charge",
        "50": "late_charge",
        "51": "interest_charge",
        "52": "overpaid_before",
        "53": "underpaid_before",
        "54": "freight_deducted",
        "55": "tax_deducted",
        "59": "not_received",
        "61": "no_open_order",
        "81": "credit_as_agreed",
        "86": "duplicate_payment",
        "90": "paid_early",
        "CM": "credit_memo",
        "CS": "adjustment",
        "L6": "interest_owed",
        "ZZ": "mutually_defined",
    },
)
