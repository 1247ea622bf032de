"""What a document says of itself must agree: counts, totals, and the parts of a line. Faults of this kind are warnings.

They do not reject a document, because a partner's system may count or round in its own way; a person should look.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext

from canonical.acknowledgement import AcknowledgedLine, LineStatus, PurchaseOrderAcknowledgement
from canonical.finding import Finding, Severity
from canonical.invoice import Invoice, InvoiceLine
from canonical.money import Adjustment, Tax
from canonical.order import OrderLine, PurchaseOrder
from canonical.shipment import ShipNotice

from .. import shipping_rules
from ..shipping_rules import Level
from .assemble import Places
from .findings import Code, in_row
from .vocabulary import FlatModel

_Line = OrderLine | AcknowledgedLine | InvoiceLine
_DIGITS = 100
"""Digits to calculate with: more than a product of two values can have, so that no sum is rounded or overflows."""
_CHANGES_QUANTITY = frozenset(
    {
        LineStatus.ACCEPTED_WITH_CHANGES,
        LineStatus.QUANTITY_CHANGED,
        LineStatus.DELETED,
        LineStatus.REJECTED,
        LineStatus.SUBSTITUTED,
        LineStatus.OTHER,
    }
)
"""Answers that say themselves that the ordered quantity no longer holds."""


def check(document: FlatModel, places: Places, first_row: int) -> list[Finding]:
    """The warnings for a document that was read without errors. ``places`` says where each field was read."""
    with localcontext(prec=_DIGITS):
        faults = list(_faults(document, places, first_row))
    return [_at(places.get(path, (first_row, None)), code, message) for path, code, message in faults]


def _faults(document: FlatModel, places: Places, first_row: int) -> "Iterator[_Fault]":
    match document:
        case ShipNotice():
            yield from _shipment(document, places, first_row)
        case _:
            yield from _counts(document, document.lines)
            yield from _repeated_lines(document.lines)
    if isinstance(document, Invoice):
        yield from _total(document)
    if isinstance(document, PurchaseOrderAcknowledgement):
        yield from _answered_quantities(document)


def _at(where: tuple[int, str | None], code: Code, message: str) -> Finding:
    return in_row(code, message, where[0], where[1], severity=Severity.WARNING)


_Fault = tuple[str, Code, str]


def _counts(
    document: PurchaseOrder | Invoice | PurchaseOrderAcknowledgement, lines: Sequence[_Line]
) -> Iterator[_Fault]:
    if document.line_count is not None and document.line_count != len(lines):
        yield (
            "line_count",
            Code.LINE_COUNT_DIFFERS,
            f"The line count says {document.line_count}; there are {len(lines)} lines.",
        )
    total = sum((line.quantity.value for line in lines if line.quantity is not None), Decimal(0))
    if document.quantity_total is not None and document.quantity_total != total:
        message = f"The quantity total says {document.quantity_total}; the lines add up to {total}."
        yield "quantity_total", Code.QUANTITY_TOTAL_DIFFERS, message


def _repeated_lines(lines: Sequence[_Line]) -> Iterator[_Fault]:
    seen: set[str] = set()
    for index, line in enumerate(lines):
        if line.number is not None and line.number in seen:
            message = f"Line {line.number} occurs more than once; both are kept. Is one of them a repetition?"
            yield f"lines.{index}.number", Code.REPEATED_LINE, message
        seen.add(line.number or "")


def _answered_quantities(document: PurchaseOrderAcknowledgement) -> Iterator[_Fault]:
    """The answers to a line must cover what was ordered, unless one of them says that they do not."""
    for index, line in enumerate(document.lines):
        answered = _answered(line)
        if line.quantity is None or answered is None or answered == line.quantity.value:
            continue
        message = (
            f"Line {line.number or index + 1}: {line.quantity.value:f} were ordered, but the answers cover {answered:f}. "
            "Answer for the rest too, or say with the status that the quantity was changed."
        )
        yield f"lines.{index}.quantity", Code.ACKNOWLEDGED_QUANTITY_DIFFERS, message


def _answered(line: AcknowledgedLine) -> Decimal | None:
    """The sum of the answers' quantities; None where it cannot or need not be compared."""
    if line.quantity is None or not line.responses:
        return None
    total = Decimal(0)
    for response in line.responses:
        if response.status in _CHANGES_QUANTITY or response.quantity is None:
            return None
        if response.quantity.unit != line.quantity.unit:
            return None
        total += response.quantity.value
    return total


def _shipment(notice: ShipNotice, places: Places, first_row: int) -> Iterator[_Fault]:
    """The rules of :mod:`translators.shipping_rules`, in the words of rows."""
    rows = _rows_of_levels(places)
    levels = shipping_rules.levels_of(notice, lambda at: f"row {rows.get(at, first_row)}")
    for bad in shipping_rules.bad_labels(levels):
        message = f"{bad.sscc} is not a valid SSCC-18: {bad.fault}. Correct the label and the ship notice."
        yield bad.at, Code.SSCC_INVALID, message
    for repeated in shipping_rules.repeated_labels(levels):
        message = (
            f"The {repeated.level.name} has the label of the {repeated.first.name}, so that a scan does not tell which one "
            "is there. Give every package an SSCC of its own."
        )
        yield repeated.at, Code.SSCC_REPEATED, message
    for count in shipping_rules.package_counts(levels):
        message = (
            f"The {count.level.name} is said to be {count.stated} {count.word}s, but {count.listed} are listed. "
            "List every one, or correct the number."
        )
        yield f"{count.at}.count", Code.PACKAGE_COUNT_DIFFERS, message
    for empty in shipping_rules.empty_levels(levels):
        message = f"The {empty.name} holds no item, while others do. Say what is in it, or leave it out."
        yield _first_place(empty.at, places), Code.LEVEL_EMPTY, message
    yield from _shipped_totals(notice, levels)


def _shipped_totals(notice: ShipNotice, levels: Sequence[Level]) -> Iterator[_Fault]:
    counted = shipping_rules.counted_levels(notice)
    if counted is not None:
        items = sum(1 for level in levels if level.kind == "item")
        message = f"The line count says {notice.line_count}; there are {items} items, in {counted} levels."
        yield "line_count", Code.LINE_COUNT_DIFFERS, message
    total = shipping_rules.counted_total(notice, levels)
    if total is not None:
        message = f"The quantity total says {notice.quantity_total}; the items add up to {total}."
        yield "quantity_total", Code.QUANTITY_TOTAL_DIFFERS, message


_LEVEL = re.compile(r"levels\.[0-9]+(?:\.children\.[0-9]+)*")


def _rows_of_levels(places: Places) -> dict[str, int]:
    """The first row that says something of each level, or of one inside it."""
    rows: dict[str, int] = {}
    for path, (row, _) in places.items():
        found = _LEVEL.match(path)
        at = found[0] if found else ""
        while at:
            rows[at] = min(row, rows.get(at, row))
            at = at.rpartition(".children.")[0]
    return rows


def _first_place(at: str, places: Places) -> str:
    """A field of a level that a row gave."""
    return next((path for path in places if path.startswith(f"{at}.")), at)


def _total(invoice: Invoice) -> Iterator[_Fault]:
    """The lines, allowances, charges and taxes must give the total, rounding each line or only the sum."""
    extensions = [line.extension for line in invoice.lines]
    known = [extension for extension in extensions if extension is not None]
    if not known or len(known) < len(extensions):
        return
    adjustments = [*invoice.adjustments, *(part for line in invoice.lines for part in line.adjustments)]
    taxes = [*invoice.taxes, *(part for line in invoice.lines for part in line.taxes)]
    if not (_all_amounts(adjustments) and _all_amounts(taxes)):
        return
    extra = sum((part.signed_amount for part in adjustments), Decimal(0))
    extra += sum((part.amount for part in taxes if part.amount is not None), Decimal(0))
    exact = sum(known, extra)
    cent = Decimal("0.01")
    each = sum((extension.quantize(cent, "ROUND_HALF_UP") for extension in known), extra)
    stated = invoice.total_amount
    if stated not in (exact, each) and stated != exact.quantize(cent, "ROUND_HALF_UP"):
        message = (
            f"The total is {stated}, but lines, allowances, charges and taxes give {each}: {abs(stated - each)} too "
            f"{'much' if stated > each else 'little'}."
        )
        yield "total_amount", Code.INVOICE_TOTAL_DIFFERS, message


def _all_amounts(parts: Sequence[Adjustment] | Sequence[Tax]) -> bool:
    """Whether each has an amount, so that a sum can be taken: percentages alone are not recomputed here."""
    return all(part.amount is not None for part in parts)
