"""Our names for the codes of application advices. The element each list belongs to is its first argument."""

from .codes import Codes

_SCOPES = {"B": "batch", "G": "group", "I": "item", "T": "set"}
_VERDICTS = {
    "A": "accepted",
    "C": "accepted_with_changes",
    "E": "accepted_with_errors",
    "P": "partly_accepted",
    "R": "rejected",
}

APPLICATION_VERDICTS = Codes(
    "110",
    {scope + verdict: f"{of}_{what}" for scope, of in _SCOPES.items() for verdict, what in _VERDICTS.items()},
)

APPLICATION_FAULTS = Codes(
    "647",
    {
        "003": "duplicate_billing",
        "006": "duplicate",
        "007": "missing_data",
        "008": "out_of_range",
        "009": "invalid_date",
        "010": "total_out_of_balance",
        "011": "not_matching",
        "012": "invalid_combination",
        "024": "unlisted",
        "803": "payment_method_wrong",
        "806": "bank_routing_wrong",
        "808": "payee_account_wrong",
        "810": "payment_date_past",
        "812": "trace_number_missing",
        "817": "trace_number_duplicate",
        "822": "payment_amount_wrong",
        "848": "incorrect_data",
        "CUR": "currency_invalid",
        "DTE": "date_incorrect",
        "DUP": "duplicate_set",
        "H": "unit_wrong",
        "ICG": "allowance_or_charge_invalid",
        "IID": "identification_invalid",
        "IQT": "quantity_invalid",
        "MA": "store_wrong",
        "MB": "purchase_order_wrong",
        "MC": "bill_of_lading_wrong",
        "MD": "invoice_date_wrong",
        "ME": "department_wrong",
        "MF": "vendor_number_wrong",
        "MG": "upc_wrong",
        "MH": "duns_wrong",
        "MI": "carrier_wrong",
        "MJ": "terms_wrong",
        "MM": "bill_to_wrong",
        "MN": "unit_cost_wrong",
        "OTH": "other",
        "UNP": "unit_price_invalid",
        "P": "quantity_wrong",
        "POI": "purchase_order_invalid",
        "PPD": "paid_before",
        "Q": "item_wrong",
        "T": "purpose_not_allowed",
        "U": "transaction_type_not_allowed",
        "ZZZ": "mutually_defined",
    },
)
