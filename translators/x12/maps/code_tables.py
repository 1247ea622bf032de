"""Our names for the X12 codes that trade uses most. The element each list belongs to is its first argument."""

from .codes import Codes

PURPOSES = Codes(
    "353",
    {
        "00": "original",
        "01": "cancellation",
        "02": "add",
        "03": "delete",
        "04": "change",
        "05": "replace",
        "06": "confirmation",
        "07": "duplicate",
        "08": "status",
        "15": "resubmission",
        "22": "information",
    },
)

ORDER_TYPES = Codes(
    "92",
    {
        "SA": "stand_alone",
        "NE": "new_order",
        "BK": "blanket",
        "RL": "release",
        "DS": "dropship",
        "RO": "rush",
        "CF": "confirmation",
        "OS": "special",
        "SO": "shipped",
        "SP": "sample",
        "SS": "supply_or_service",
        "CN": "consigned",
        "RE": "reorder",
    },
)

ORDER_ANSWERS = Codes(
    "587",
    {
        "AC": "accepted_with_changes",
        "AD": "acknowledged",
        "AE": "acknowledged_exceptions_only",
        "AH": "on_hold",
        "AK": "acknowledged_without_detail",
        "AT": "accepted",
        "RD": "rejected_with_detail",
        "RF": "rejected_exceptions_only",
        "RJ": "rejected",
        "RO": "rejected_with_counter_offer",
    },
)

LINE_STATUSES = Codes(
    "668",
    {
        "IA": "accepted",
        "AC": "accepted_and_shipped",
        "AR": "accepted_and_released",
        "IC": "accepted_with_changes",
        "IE": "accepted_price_pending",
        "IB": "backordered",
        "BP": "partial_backordered",
        "ID": "deleted",
        "DR": "date_rescheduled",
        "IH": "on_hold",
        "IF": "on_hold_incomplete_description",
        "IP": "price_changed",
        "IQ": "quantity_changed",
        "IR": "rejected",
        "IS": "substituted",
    },
)

LINE_CHANGES = Codes(
    "670",
    {
        "AI": "added",
        "DI": "deleted",
        "CA": "changed",
        "RZ": "replaced",
        "NC": "unchanged",
        "TI": "transferred",
        "PC": "price_changed",
        "QI": "quantity_increased",
        "QD": "quantity_decreased",
        "PQ": "price_and_quantity_changed",
        "CT": "dates_changed",
        "RB": "dates_replaced",
        "CB": "date_terms_changed",
        "RS": "rescheduled",
        "RQ": "rescheduled_with_other_quantity",
        "PR": "rescheduled_with_other_price",
        "MU": "rescheduled_with_other_price_and_quantity",
        "RE": "replaced_by_other_item",
        "RM": "replaced_by_modified_item",
        "RA": "transport_mode_replaced",
        "CC": "terms_changed",
        "CE": "line_adjustments_changed",
        "CG": "order_adjustments_changed",
        "CF": "order_cancelled",
        "RC": "change_rejected",
    },
)

INVOICE_KINDS = Codes(
    "640",
    {
        "CI": "consolidated_invoice",
        "CN": "credit_invoice",
        "CR": "credit_memo",
        "DI": "debit_invoice",
        "DR": "debit_memo",
        "PP": "prepaid_invoice",
        "PR": "product",
    },
)

ROLES = Codes(
    "98",
    {
        "BY": "buyer",
        "SE": "seller",
        "SU": "supplier",
        "VN": "vendor",
        "ST": "ship_to",
        "SF": "ship_from",
        "BT": "bill_to",
        "RI": "remit_to",
        "PR": "payer",
        "PE": "payee",
        "CA": "carrier",
        "MA": "intended_for",
        "Z7": "mark_for",
        "MF": "manufacturer",
        "WH": "warehouse",
        "DA": "delivery_address",
        "UC": "ultimate_consignee",
        "CN": "consignee",
        "SH": "shipper",
        "SO": "sold_to",
        "BS": "bill_and_ship_to",
        "OB": "ordered_by",
        "EN": "end_user",
        "IA": "installed_at",
        "DS": "distributor",
        "SN": "store",
        "DB": "distributor_branch",
        "BG": "buying_group",
        "LW": "customer",
        "RL": "reporting_location",
        "FR": "message_from",
        "TO": "message_to",
        "DE": "depositor",
        "40": "receiver",
        "41": "submitter",
    },
)

IDENTIFIER_SCHEMES = Codes(
    "66",
    {
        "1": "duns",
        "9": "duns_plus_4",
        "2": "scac",
        "UL": "gln",
        "91": "assigned_by_seller",
        "92": "assigned_by_buyer",
        "93": "assigned_by_sender",
        "94": "assigned_by_receiver",
        "ZZ": "mutually_defined",
    },
)

LOCATIONS = Codes(
    "309",
    {
        "DE": "destination",
        "OR": "origin",
        "CI": "city",
        "CC": "country",
        "SP": "state",
        "DC": "distribution_center",
        "WH": "warehouse",
        "FA": "factory",
    },
)

REFERENCES = Codes(
    "128",
    {
        "BM": "bill_of_lading",
        "MB": "master_bill_of_lading",
        "CN": "carrier_reference",
        "CO": "customer_order",
        "CT": "contract",
        "CR": "customer_reference",
        "DP": "department",
        "IA": "internal_vendor",
        "IV": "seller_invoice",
        "IL": "internal_order",
        "IT": "internal_customer",
        "LI": "line_item",
        "LO": "load_planning",
        "LT": "lot",
        "MR": "merchandise_type",
        "PD": "promotion",
        "PK": "packing_list",
        "PO": "purchase_order",
        "PR": "price_quote",
        "Q1": "quote",
        "RE": "release",
        "SE": "serial",
        "SI": "shipper_identification",
        "SN": "seal",
        "ST": "store",
        "TN": "transaction_reference",
        "VN": "vendor_order",
        "VR": "vendor_identification",
        "WO": "work_order",
        "ZZ": "mutually_defined",
        "2I": "tracking",
        "AO": "appointment",
        "L1": "letters_or_notes",
        "GT": "goods_and_services_tax_registration",
        "VX": "value_added_tax_registration",
        "TJ": "federal_tax_identification",
        "19": "division",
        "12": "billing_account",
        "11": "account",
        "ACC": "status",
        "AH": "agreement",
        "BC": "buyer_contract",
        "BT": "batch",
        "PG": "product_group",
        "CH": "customer_catalog",
        "MS": "safety_data_sheet",
        "2F": "consolidated_invoice",
        "AM": "adjustment_memo",
        "CK": "check",
        "CL": "seller_credit_memo",
        "CM": "buyer_credit_memo",
        "DB": "buyer_debit_memo",
        "DL": "seller_debit_memo",
        "DO": "delivery_order",
        "EF": "electronic_funds_transfer",
        "KK": "delivery_reference",
        "LU": "location",
        "LV": "license_plate",
        "OI": "original_invoice",
        "PC": "production",
        "R7": "open_item",
        "SO": "shipper_order",
        "VV": "voucher",
    },
)

DATES = Codes(
    "374",
    {
        "001": "cancel_after",
        "002": "delivery_requested",
        "003": "invoice",
        "004": "purchase_order",
        "007": "effective",
        "008": "order_received",
        "010": "ship_requested",
        "011": "shipped",
        "015": "promotion_start",
        "016": "promotion_end",
        "017": "delivery_estimated",
        "018": "available",
        "019": "unloaded",
        "020": "check",
        "035": "delivered",
        "036": "expiration",
        "037": "ship_not_before",
        "038": "ship_not_later_than",
        "050": "received",
        "061": "cancel_if_not_delivered_by",
        "063": "do_not_deliver_after",
        "064": "do_not_deliver_before",
        "067": "delivery_current_schedule",
        "068": "ship_current_schedule",
        "069": "delivery_promised",
        "070": "delivery_scheduled_on_or_after",
        "071": "delivery_requested_on_or_after",
        "074": "delivery_requested_on_or_before",
        "077": "delivery_requested_week_of",
        "079": "ship_promised",
        "090": "report_start",
        "091": "report_end",
        "092": "contract_effective",
        "093": "contract_expiration",
        "094": "manufactured",
        "097": "created",
        "118": "pickup_requested",
        "131": "item_contract_effective",
        "169": "product_available",
        "171": "revised",
        "196": "start",
        "197": "end",
        "370": "departure_actual",
        "371": "arrival_estimated",
        "372": "arrival_actual",
        "369": "departure_estimated",
        "636": "last_updated",
    },
)

TIMEZONES = Codes(
    "623",
    {
        "UT": "utc",
        "GM": "gmt",
        "LT": "local",
        "ET": "eastern",
        "ES": "eastern_standard",
        "ED": "eastern_daylight",
        "CT": "central",
        "CS": "central_standard",
        "CD": "central_daylight",
        "MT": "mountain",
        "MS": "mountain_standard",
        "MD": "mountain_daylight",
        "PT": "pacific",
        "PS": "pacific_standard",
        "PD": "pacific_daylight",
    },
)

ITEM_SCHEMES = Codes(
    "235",
    {
        "BP": "buyer_part",
        "IN": "buyer_item",
        "VP": "vendor_part",
        "VN": "vendor_item",
        "VC": "vendor_catalog",
        "VS": "vendor_supplemental_item",
        "CB": "buyer_catalog",
        "MG": "manufacturer_part",
        "MF": "manufacturer",
        "MN": "model",
        "UP": "upc",
        "UK": "gtin",
        "EN": "ean",
        "UA": "upc_case",
        "SK": "sku",
        "LT": "lot",
        "SN": "serial",
        "PI": "purchaser_item",
        "PL": "purchaser_line",
        "PO": "purchase_order",
        "PD": "description",
        "ST": "style",
        "BO": "buyer_color",
        "IZ": "buyer_size",
        "VE": "vendor_color",
        "SZ": "vendor_size",
        "ND": "ndc",
        "HD": "harmonized_code",
        "CH": "country_of_origin",
        "EC": "engineering_change",
        "ZZ": "mutually_defined",
    },
)

CONTACTS = Codes(
    "366",
    {
        "BD": "buyer",
        "BI": "bill_inquiry",
        "AP": "accounts_payable",
        "AR": "accounts_receivable",
        "CN": "general",
        "DC": "delivery",
        "IC": "information",
        "OC": "order",
        "RE": "receiving",
        "SC": "schedule",
        "SH": "shipper",
        "SR": "sales",
        "SU": "supplier",
        "EX": "expediter",
        "HM": "hazardous_material",
    },
)

CHANNELS = Codes(
    "365",
    {
        "TE": "telephone",
        "EM": "email",
        "FX": "fax",
        "CP": "mobile",
        "EX": "extension",
        "UR": "url",
        "AP": "alternate_telephone",
        "HP": "home_telephone",
        "WP": "work_telephone",
    },
)

ADJUSTMENTS = Codes("248", {"A": "allowance", "C": "charge", "N": "no_allowance_or_charge"})

SERVICES = Codes(
    "1300",
    {
        "C310": "discount",
        "D240": "freight",
        "D500": "handling",
        "F340": "pick_up",
        "F910": "quantity_discount",
        "F800": "promotional_allowance",
        "G830": "shipping_and_handling",
        "I170": "trade_discount",
        "C300": "discount_special",
        "A260": "advertising_allowance",
        "I530": "volume_discount",
        "D980": "insurance",
        "C000": "defective_allowance",
        "ZZZZ": "mutually_defined",
    },
)

HANDLINGS = Codes(
    "331",
    {
        "01": "bill_back",
        "02": "off_invoice",
        "03": "vendor_check_to_customer",
        "04": "credit_customer_account",
        "05": "charge_paid_by_vendor",
        "06": "charge_paid_by_customer",
        "07": "optional",
        "08": "off_gross_quantity_invoiced",
        "15": "information_only",
        "CC": "collect",
        "PP": "prepaid",
    },
)

PERCENT_BASES = Codes(
    "378",
    {
        "1": "item_list_cost",
        "2": "item_net_cost",
        "3": "gross",
        "4": "net",
        "5": "base_unit_price",
        "6": "base_price_amount",
        "7": "base_price_less_previous_discount",
        "8": "net_monthly",
    },
)

TERMS_KINDS = Codes(
    "336",
    {
        "01": "basic",
        "02": "end_of_month",
        "03": "fixed_date",
        "04": "deferred",
        "05": "discount_not_applicable",
        "08": "basic_discount_offered",
        "09": "proximo",
        "10": "instant",
        "11": "elective",
        "12": "ten_days_after_end_of_month",
        "14": "previously_agreed",
        "22": "cash_discount",
    },
)

TERMS_BASES = Codes(
    "333",
    {
        "1": "ship_date",
        "2": "delivery_date",
        "3": "invoice_date",
        "4": "specified_date",
        "5": "invoice_receipt_date",
        "6": "anticipated_delivery_date",
        "7": "effective_date",
        "8": "invoice_transmission_date",
        "09": "purchase_order_date",
        "15": "receipt_of_goods",
    },
)

TAX_KINDS = Codes(
    "963",
    {
        "CG": "federal_value_added_tax_on_goods",
        "CS": "city_sales_tax",
        "CT": "county_tax",
        "CP": "county_sales_tax",
        "FT": "federal_excise_tax",
        "GS": "goods_and_services_tax",
        "LO": "local_tax",
        "LS": "state_and_local_sales_tax",
        "LT": "local_sales_tax",
        "SP": "state_or_provincial_tax",
        "ST": "state_sales_tax",
        "SU": "sales_and_use_tax",
        "TX": "all_taxes",
        "UT": "utility_users_tax",
        "VA": "value_added_tax",
        "ZZ": "mutually_defined",
    },
)

JURISDICTIONS = Codes("955", {"CD": "customer_defined", "VD": "vertex", "VE": "vendor_defined"})

RELATIONSHIPS = Codes(
    "662", {"A": "added", "D": "deleted", "I": "included", "O": "information_only", "S": "substituted"}
)

TAX_EXEMPTIONS = Codes("441", {"1": "exempt", "2": "not_exempt"})

PRICE_BASES = Codes(
    "639",
    {
        "PE": "per_each",
        "HP": "per_hundred",
        "TP": "per_thousand",
        "NC": "no_charge",
        "CT": "contract",
        "CA": "catalog",
        "QT": "quoted",
        "TB": "to_be_negotiated",
        "PP": "per_pound",
        "PN": "per_ten",
        "UM": "per_unit_of_measure",
        "WE": "wholesale_per_each",
    },
)

FREIGHT_TERMS = Codes(
    "146",
    {
        "CC": "collect",
        "PP": "prepaid",
        "PC": "prepaid_but_charged_to_customer",
        "PB": "customer_pickup",
        "PS": "paid_by_seller",
        "PA": "advance_prepaid",
        "CF": "collect_freight_credited_back",
        "DF": "defined_by_buyer_and_seller",
        "MX": "mixed",
        "TP": "third_party",
        "FO": "fob_port_of_call",
        "PU": "pickup",
    },
)

MODES = Codes(
    "91",
    {
        "A": "air",
        "C": "consolidation",
        "E": "expedited_truck",
        "H": "customer_pickup",
        "J": "motor",
        "L": "contract_carrier",
        "LT": "less_than_truckload",
        "M": "motor_common_carrier",
        "O": "containerized_ocean",
        "P": "private_carrier",
        "R": "rail",
        "S": "ocean",
        "SR": "supplier_truck",
        "T": "best_way",
        "U": "private_parcel_service",
        "X": "intermodal",
        "ZZ": "mutually_defined",
    },
)

INVENTORY_KINDS = Codes(
    "755",
    {
        "SI": "seller_inventory",
        "DD": "distributor_inventory",
        "CM": "customer_or_manufacturer_inventory",
        "DM": "distributor_or_manufacturer_inventory",
        "MB": "manufacturer_or_distributor_inventory",
        "PI": "availability_inquiry",
    },
)

ITEM_CHANGES = Codes(
    "875",
    {
        "001": "changed",
        "002": "deleted",
        "003": "added_in_full",
        "004": "withdrawn",
        "005": "restored",
        "021": "added",
        "050": "original",
    },
)

QUANTITY_KINDS = Codes(
    "673",
    {
        "01": "discrete",
        "02": "cumulative",
        "17": "on_hand",
        "18": "previous_week",
        "19": "received_but_unverified",
        "20": "unusable",
        "26": "total",
        "27": "committed",
        "29": "projected_available",
        "30": "quoted",
        "31": "additional_demand",
        "32": "sold",
        "33": "available_for_sale",
        "34": "uncommitted_on_shelf",
        "35": "on_shelf_and_in_process",
        "36": "distributor_stock",
        "37": "in_process",
        "38": "original",
        "39": "shipped",
        "40": "remaining",
        "57": "minimum_order",
        "62": "days_of_stock",
        "63": "on_order",
        "67": "minimum_shipment",
        "69": "order_increment",
        "70": "maximum_order",
        "72": "minimum_stock",
        "73": "maximum_stock",
        "74": "damaged",
        "77": "transferred_in",
        "78": "transferred_out",
        "83": "reported_sold",
        "84": "reported_returned",
        "87": "received",
        "90": "acknowledged",
        "BI": "book_stock",
        "BQ": "backordered",
        "ES": "closing_stock",
        "IQ": "in_transit",
        "QD": "delivered",
        "QH": "on_hold",
        "QS": "per_skid",
        "TN": "opening_stock_in_all",
        "TX": "closing_stock_in_all",
        "V3": "transferred",
        "XT": "protected",
        "XU": "reserved",
    },
)

LEAD_TIMES = Codes(
    "345",
    {
        "AE": "order_to_shipment",
        "AF": "order_to_delivery",
        "AG": "last_order_to_delivery",
        "AL": "order_to_readiness",
        "AI": "event_to_delivery",
        "AJ": "delivery_to_next_delivery",
        "AS": "stock_check_to_replenishment",
        "AY": "award_to_delivery",
    },
)

PERIODS = Codes(
    "344",
    {
        "HR": "hours",
        "DY": "days",
        "DA": "calendar_days",
        "KK": "calendar_days_at_most",
        "DW": "work_days",
        "WK": "weeks",
        "WW": "work_weeks",
        "MO": "months",
        "SD": "manufacturing_days_of_seller",
        "BD": "manufacturing_days_of_buyer",
    },
)

PRICE_KINDS = Codes(
    "236",
    {
        "ACT": "actual",
        "ALT": "alternate",
        "CAT": "catalog",
        "CHG": "changed",
        "CON": "contract",
        "CUP": "confirmed",
        "DAP": "dealer_adjusted",
        "DIS": "distributor",
        "DPR": "discount",
        "DSP": "direct_ship",
        "ELC": "estimated_landed_cost",
        "EST": "estimated",
        "EUP": "expected",
        "FUP": "firm",
        "GOV": "government",
        "ICL": "up_to_quantity",
        "INV": "invoice",
        "LPR": "list",
        "MAP": "to_be_advised",
        "MAX": "at_maximum_order",
        "MIN": "at_minimum_order",
        "MSR": "suggested_retail",
        "NET": "net",
        "OPP": "original_order",
        "PAQ": "price_break",
        "PBQ": "from_quantity",
        "PRO": "producer",
        "PRP": "promotional",
        "PUR": "purchase",
        "QTE": "quoted",
        "RES": "resale",
        "RTL": "retail",
        "SDP": "suggested_dealer",
        "SLP": "suggested_list",
        "SPC": "special",
        "STA": "standard",
        "SWP": "suggested_wholesale",
        "TRF": "transfer",
        "UCP": "unit_cost",
        "WHL": "wholesale",
    },
)

BUYERS = Codes(
    "687",
    {
        "AS": "seller",
        "AP": "purchaser",
        "AI": "importer",
        "EX": "exporter",
        "AG": "agent",
        "BR": "broker",
        "BG": "buying_group",
        "CN": "master_distributor",
        "DI": "distributor",
        "WH": "wholesaler",
        "JB": "jobber",
        "DE": "dealer",
        "RS": "resale",
        "GR": "retail",
        "CR": "chain_store",
        "IR": "independent_retail",
        "CY": "convenience_store",
        "WC": "warehouse_club",
        "CO": "contractor",
        "GV": "government",
        "ID": "industrial",
        "IN": "institutional",
        "MF": "manufacturer",
        "OE": "original_equipment_manufacturer",
        "TR": "general_trade",
        "WS": "end_user",
    },
)

MULTIPLIERS = Codes(
    "648",
    {
        "CSD": "markup_on_cost",
        "CSR": "markup_on_retail_cost",
        "DIS": "discount",
        "ILP": "markup_on_wholesale_cost",
        "SEL": "selling",
    },
)

CATALOG_KINDS = Codes(
    "683",
    {
        "PC": "price_catalog",
        "PS": "price_sheet",
        "SC": "sales_catalog",
        "RC": "resale_catalog",
        "CP": "customized_catalog",
    },
)

CONDITIONS = Codes(
    "688",
    {
        "OR": "ordering",
        "SR": "shipping",
        "SP": "special_order_only",
        "DO": "direct_only",
        "WO": "wholesaler_only",
        "DW": "direct_and_wholesaler",
        "NR": "nonreturnable",
        "NS": "nonservicable",
        "AA": "paperwork",
    },
)

MARKS = Codes(
    "88",
    {
        "GM": "sscc",
        "AA": "sscc_bare",
        "CP": "carrier_package",
        "CA": "shipper_assigned_case",
        "L": "line_item",
        "MC": "master_carton",
        "SM": "shipper_assigned",
        "R": "originator_assigned",
        "S": "entire_shipment",
        "UP": "upc",
        "UC": "upc_case",
        "ZZ": "mutually_defined",
    },
)

WEIGHTS = Codes(
    "187",
    {
        "G": "gross",
        "N": "actual_net",
        "A": "consolidated",
        "A1": "dimensional",
        "B": "billed",
        "E": "estimated_net",
        "T": "tare",
    },
)

MEASUREMENTS = Codes(
    "738",
    {
        "G": "gross_weight",
        "N": "net_weight",
        "WT": "weight",
        "VOL": "volume",
        "LN": "length",
        "WD": "width",
        "HT": "height",
        "DI": "diameter",
        "TH": "thickness",
        "TE": "temperature",
    },
)

EQUIPMENT = Codes(
    "40",
    {
        "TL": "trailer",
        "CN": "container",
        "TF": "trailer_dry_freight",
        "RT": "refrigerated_trailer",
        "RR": "rail_car",
        "BX": "boxcar",
    },
)

LEVELS = Codes(
    "735",
    {
        "S": "shipment",
        "O": "order",
        "T": "tare",
        "P": "pack",
        "I": "item",
        "E": "equipment",
        "F": "component",
        "K": "kit",
    },
)

STRUCTURES = Codes(
    "1005",
    {
        "0001": "pick_and_pack",
        "0002": "standard",
        "0003": "shipment_packaging_order_item",
        "0004": "shipment_order_item",
    },
)

DESCRIPTION_KINDS = Codes("349", {"F": "free_form", "S": "structured", "X": "both"})

CHARACTERISTICS = Codes(
    "750",
    {
        "08": "product",
        "35": "color",
        "73": "vendor_color",
        "74": "vendor_size",
        "75": "buyer_color",
        "91": "buyer_size",
        "GEN": "general",
        "TRN": "trade_name",
        "MAC": "material_classification",
    },
)

NOTE_TOPICS = Codes(
    "363",
    {
        "GEN": "entire_document",
        "INV": "invoice",
        "DEL": "delivery",
        "ORI": "order",
        "PMT": "payment",
        "PRI": "priority",
        "SPH": "special_handling",
        "TRA": "transportation",
        "LIN": "line_item",
        "WHI": "warehouse",
        "OTH": "other_instructions",
        "ADD": "additional",
    },
)

SYNTAX_STATUSES = Codes(
    "715",
    {"A": "accepted", "E": "accepted_with_errors", "P": "partially_accepted", "R": "rejected"},
)
