"""The rules of :mod:`translators.shipping_rules` in the words of an 856: which segment says what about packages."""

from collections.abc import Iterable, Sequence

from canonical.finding import Severity
from canonical.quantity import Quantity
from canonical.shipment import ShipNotice

from ... import shipping_rules
from ...shipping_rules import Level
from . import checks
from .findings import BusinessFault
from .reading import Reading


def check_labels(levels: Sequence[Level], reading: Reading) -> None:
    """The check digit of every SSCC, and that no two packages have the same."""
    for level in levels:
        checks.marks(level.value.marks, f"{level.at}.", reading)
    for repeated in shipping_rules.repeated_labels(levels):
        message = (
            f"The {repeated.level.name} has the label of the {repeated.first.name}, "
            "so that a scan does not tell which one is there. Give every package an SSCC of its own."
        )
        reading.remark(BusinessFault.SSCC_REPEATED, Severity.WARNING, message, field=repeated.at, element=2)


def check_counts(levels: Iterable[Level], reading: Reading) -> None:
    """Cartons and pallets stated in TD1 against those listed below."""
    for found in shipping_rules.package_counts(levels):
        message = (
            f"The {found.level.name} has {found.stated} {found.word}s by TD102, but {found.listed} are listed "
            "in the ship notice. List every one, or correct the number."
        )
        reading.remark(BusinessFault.PACKAGE_COUNT_DIFFERS, Severity.WARNING, message, field=found.at, element=2)


def check_contents(levels: Iterable[Level], reading: Reading) -> None:
    """PO4 of a package against SN1 of the items in it, or of an item's packages against its own."""
    for found in shipping_rules.contents(levels):
        name, holds, shipped = found.level.name, _told(found.holds), _told(found.shipped)
        if found.level.kind == "item":
            message = (
                f"Of the {name} {shipped} are shipped (SN102), but its {found.packages} packages hold {holds}. "
                "Correct the one that is wrong."
            )
        else:
            message = f"The {name} holds {holds} by PO4, but its items come to {shipped} (SN102). Correct the one that is wrong."
        reading.remark(BusinessFault.PACKED_QUANTITY_DIFFERS, Severity.WARNING, message, field=found.level.at)


def _told(quantity: Quantity) -> str:
    return f"{checks.amount(quantity.value)} {quantity.unit or ''}".rstrip()


def check_total(notice: ShipNotice, levels: Sequence[Level], reading: Reading) -> None:
    """CTT02 is the sum of SN102."""
    counted = shipping_rules.counted_total(notice, levels)
    if counted is not None and notice.quantity_total is not None:
        message = (
            f"CTT02 says that {checks.amount(notice.quantity_total)} are shipped in all, but the items come to "
            f"{checks.amount(counted)} (SN102). Check that no item was left out, and correct the total."
        )
        reading.remark(BusinessFault.QUANTITY_TOTAL_DIFFERS, Severity.WARNING, message, field="quantity_total")
