"""810, the invoice."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

from canonical.finding import Severity
from canonical.invoice import Invoice, InvoiceLine

from . import checks
from .code_tables import INVOICE_KINDS, PURPOSES
from .findings import BusinessFault
from .forms import CENTS, DAY, coded
from .loops import Each, Loop, Once
from .parts_delivery import CARRIER_DETAIL, Deliveries
from .parts_item import Remarks, dates, descriptions, items, measurements, quantity
from .parts_money import adjustments, currency, price, taxes, terms, totals
from .parts_party import PARTIES, contacts, references
from .reading import Reading
from .records import Choice, Field, Record
from .set_map import SetMap

_DIGITS = 100
"""To reckon with: a price of 17 digits times a quantity of 10 cannot be rounded to cents with the 28 that Python keeps."""
_CENT = Decimal("0.01")
_UNITS_A_PRICE = {
    None: Decimal(1),
    "per_each": Decimal(1),
    "per_unit_of_measure": Decimal(1),
    "per_ten": Decimal(10),
    "per_hundred": Decimal(100),
    "per_thousand": Decimal(1000),
}

_HEAD = Record(
    "BIG",
    Invoice,
    Field("invoice_date", 1, DAY),
    Field("number", 2),
    Field("order_date", 3, DAY),
    Field("order_number", 4),
    Field("release", 5),
    Field("kind", 7, coded(INVOICE_KINDS)),
    Choice("purpose", 8, PURPOSES, other="other", fallback="ZZ", unsaid="original"),
    needed=("invoice_date", "number"),
)

_LINE = Record(
    "IT1",
    InvoiceLine,
    Field("number", 1),
    quantity("quantity", 2, 3),
    price(4, 5),
    items(6, 25),
)

_LINES = Each(
    "lines",
    Loop(
        _LINE,
        (
            taxes(),
            measurements(),
            descriptions(),
            references(),
            dates(),
            adjustments(taxes()),
            PARTIES,
        ),
        always=True,
    ),
)

_TOTALS = Record(
    "TDS",
    Invoice,
    Field("total_amount", 1, CENTS),
    Field("discountable_amount", 2, CENTS),
    Field("discounted_amount", 3, CENTS),
    Field("discount_amount", 4, CENTS),
)


def _extension(line: InvoiceLine) -> Decimal | None:
    """What a line costs before its allowances, charges and taxes; None where the price does not tell."""
    if line.price is not None and line.price.basis == "no_charge":
        return Decimal(0)
    if line.quantity is None or line.price is None or line.price.basis not in _UNITS_A_PRICE:
        return None
    return line.quantity.value * line.price.amount / _UNITS_A_PRICE[line.price.basis]


def _total(invoice: Invoice, reading: Reading) -> None:
    """Lines, allowances, charges and taxes must reproduce TDS01, rounded line by line or only at the end."""
    with localcontext(prec=_DIGITS):
        _compare_total(invoice, reading)


def _compare_total(invoice: Invoice, reading: Reading) -> None:
    extensions = [_extension(line) for line in invoice.lines]
    known = [extension for extension in extensions if extension is not None]
    if not known or len(known) < len(extensions):
        return
    rest = _beyond_lines(invoice)
    exact = _cents(sum(known, rest))
    by_line = _cents(sum((_cents(extension) for extension in known), rest))
    if invoice.total_amount in (exact, by_line):
        return
    off = invoice.total_amount - exact
    reading.remark(
        BusinessFault.INVOICE_TOTAL_DIFFERS,
        Severity.WARNING,
        f"TDS01 says {checks.plain(invoice.total_amount)}, but lines, allowances, charges and taxes add up to "
        f"{checks.plain(exact)}: {checks.plain(abs(off))} too {'much' if off > 0 else 'little'}. "
        "Check the quantities and prices (IT102, IT104), SAC05 and TXI02, and send a corrected invoice.",
        field="total_amount",
    )


def _beyond_lines(invoice: Invoice) -> Decimal:
    """Allowances, charges and taxes of the invoice and of its lines."""
    holders: tuple[Invoice | InvoiceLine, ...] = (invoice, *invoice.lines)
    made = [adjustment for holder in holders for adjustment in holder.adjustments]
    levied = [tax for holder in (*holders, *made) for tax in holder.taxes]
    amounts = [*(adjustment.signed_amount for adjustment in made), *(tax.added_amount for tax in levied)]
    return sum(amounts, Decimal(0))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _count(invoice: Invoice) -> int:
    return len(invoice.lines)


INVOICE = SetMap(
    set_id="810",
    document_type=Invoice,
    head=_HEAD,
    children=(
        Remarks(),
        currency(Invoice, "SE"),
        references(),
        contacts(),
        PARTIES,
        terms(),
        dates(),
        _LINES,
        Once(_TOTALS),
        taxes(),
        Deliveries(CARRIER_DETAIL),
        adjustments(taxes()),
        totals(Invoice, _count),
    ),
    checks=(checks.line_count, _total),
)
