"""Prices, allowances, charges, taxes and terms of payment. Amounts are decimal, in the document's currency."""

from datetime import date
from decimal import Decimal

from .base import Value
from .party import Identifier
from .quantity import Quantity


class Price(Value):
    """The price of one unit, unless ``basis`` says otherwise (``per_hundred``, ``per_thousand``, ``no_charge``, ...)."""

    amount: Decimal
    basis: str | None = None


class QuotedPrice(Value):
    """A price on offer. ``kind`` is ``list``, ``net``, ``contract``, ``suggested_retail``, ... or the code used.

    ``buyers`` is to whom it is offered (``distributor``, ``wholesaler``, ``retail``, ... or the code used), ``quantity`` the one that it is
    for or from which it holds. ``amount`` times ``multiplier`` is to be paid, where there is one; ``multiplier_kind`` says what it does
    (``discount``, ``selling``, ...). ``basis`` is that of :class:`Price`.
    """

    kind: str | None = None
    buyers: str | None = None
    amount: Decimal | None = None
    quantity: Quantity | None = None
    multiplier_kind: str | None = None
    multiplier: Decimal | None = None
    basis: str | None = None


class Tax(Value):
    """``kind`` is ``state_sales_tax``, ``value_added_tax``, ``goods_and_services_tax``, ... or the code the document used.

    ``relationship`` says whether the amount is ``added`` to what is due, already ``included`` in it, or ``information_only``;
    where nothing is said it is added.
    """

    kind: str
    amount: Decimal | None = None
    percent: Decimal | None = None
    jurisdiction: Identifier | None = None
    exempt: str | None = None
    relationship: str | None = None

    @property
    def added_amount(self) -> Decimal:
        """What the tax adds to the amount due."""
        if self.amount is None or self.relationship not in (None, "added"):
            return Decimal(0)
        return self.amount


class Adjustment(Value):
    """An allowance (lowers what is due) or a charge (raises it).

    ``amount`` is positive in both cases; ``kind`` gives its direction: ``allowance``, ``charge``, ``no_allowance_or_charge``,
    or the code the document used. ``percent`` is a number of hundredths: ``Decimal("2.5")`` is 2.5 %; ``percent_basis`` says
    of what (``gross``, ``net``, ...). ``service`` names what it is for (``freight``, ``discount``, ...); where an agency's own
    list is used instead, ``agency`` and ``agency_service`` do. ``taxes`` are those on the adjustment itself.
    """

    kind: str
    service: str | None = None
    agency: str | None = None
    agency_service: str | None = None
    amount: Decimal | None = None
    rate: Decimal | None = None
    percent: Decimal | None = None
    percent_basis: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    handling: str | None = None
    reference: str | None = None
    description: str | None = None
    taxes: tuple[Tax, ...] = ()

    @property
    def signed_amount(self) -> Decimal:
        """What it adds to the amount due: negative for an allowance, zero where no amount is given."""
        if self.amount is None:
            return Decimal(0)
        if self.kind == "allowance":
            return -self.amount
        if self.kind == "charge":
            return self.amount
        return Decimal(0)


class PaymentTerms(Value):
    """When what is due. ``discount_percent`` applies if paid by ``discount_due`` or within ``discount_days``."""

    kind: str | None = None
    basis: str | None = None
    discount_percent: Decimal | None = None
    discount_due: date | None = None
    discount_days: int | None = None
    discount_amount: Decimal | None = None
    net_due: date | None = None
    net_days: int | None = None
    description: str | None = None
