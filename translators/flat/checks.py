"""What a document says of itself must agree: counts, totals, and the parts of a line. Faults of this kind are warnings.

They do not reject a document, because a partner's system may count or round in its own way; a person should look.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext

from canonical.acknowledgement import AcknowledgedLine, LineStatus, PurchaseOrderAcknowledgement
from canonical.finding import Finding, Severity
from canonical.invoice import Invoice, InvoiceLine
from canonical.money import Adjustment, Tax
from canonical.order import OrderLine, PurchaseOrder

from .assemble import Places
from .findings import Code, in_row
from .vocabulary import FlatModel

_Line = OrderLine | AcknowledgedLine | InvoiceLine
_DIGITS = 100
"""Digits to calculate with: more than a product of two values can have, so that no sum is rounded or overflows."""
_UNCHANGED = frozenset(
    {
        LineStatus.ACCEPTED,
        LineStatus.ACCEPTED_AND_SHIPPED,
        LineStatus.ACCEPTED_AND_RELEASED,
        LineStatus.ACCEPTED_PRICE_PENDING,
        LineStatus.PRICE_CHANGED,
        LineStatus.DATE_RESCHEDULED,
        LineStatus.BACKORDERED,
        LineStatus.SUBSTITUTED,
    }
)
"""Answers that leave the quantity of a line as it was ordered, alone or together."""


def check(document: FlatModel, places: Places, first_row: int) -> list[Finding]:
    """The warnings for a document that was read without errors. ``places`` says where each field was read."""
    match document:
        case PurchaseOrder() | Invoice() | PurchaseOrderAcknowledgement():
            faults = [*_counts(document, document.lines), *_repeated_lines(document.lines)]
        case _:
            faults = []
    if isinstance(document, Invoice):
        with localcontext(prec=_DIGITS):
            faults += _total(document)
    if isinstance(document, PurchaseOrderAcknowledgement):
        faults += _split_quantities(document)
    return [_at(places.get(path, (first_row, None)), code, message) for path, code, message in faults]


def _at(where: tuple[int, str | None], code: Code, message: str) -> Finding:
    return in_row(code, message, where[0], where[1], severity=Severity.WARNING)


_Fault = tuple[str, Code, str]


def _counts(
    document: PurchaseOrder | Invoice | PurchaseOrderAcknowledgement, lines: Sequence[_Line]
) -> Iterator[_Fault]:
    if document.line_count is not None and document.line_count != len(lines):
        yield (
            "line_count",
            Code.COUNT_MISMATCH,
            f"The line count says {document.line_count}; there are {len(lines)} lines.",
        )
    total = sum((line.quantity.value for line in lines if line.quantity is not None), Decimal(0))
    if document.quantity_total is not None and document.quantity_total != total:
        message = f"The quantity total says {document.quantity_total}; the lines add up to {total}."
        yield "quantity_total", Code.COUNT_MISMATCH, message


def _repeated_lines(lines: Sequence[_Line]) -> Iterator[_Fault]:
    seen: set[str] = set()
    for index, line in enumerate(lines):
        if line.number is not None and line.number in seen:
            message = f"Line {line.number} occurs more than once; both are kept. Is one of them a repetition?"
            yield f"lines.{index}.number", Code.REPEATED_LINE, message
        seen.add(line.number or "")


def _split_quantities(document: PurchaseOrderAcknowledgement) -> Iterator[_Fault]:
    """Answers to parts of a line must add up to what was ordered, unless one of them says that the quantity changes."""
    for index, line in enumerate(document.lines):
        stated = [response.quantity for response in line.responses if response.quantity is not None]
        explicit = any(response.status not in _UNCHANGED for response in line.responses)
        if line.quantity is None or explicit or not stated or len(stated) < len(line.responses):
            continue
        if len({quantity.unit for quantity in (*stated, line.quantity)} - {None}) > 1:
            continue
        total = sum((quantity.value for quantity in stated), Decimal(0))
        if total != line.quantity.value:
            message = (
                f"The answers to line {line.number or index + 1} add up to {total} of {line.quantity.value} ordered, and none of "
                "them says that the quantity changes."
            )
            yield f"lines.{index}.quantity.value", Code.QUANTITY_MISMATCH, message


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
        yield "total_amount", Code.TOTAL_MISMATCH, message


def _all_amounts(parts: Sequence[Adjustment] | Sequence[Tax]) -> bool:
    """Whether each has an amount, so that a sum can be taken: percentages alone are not recomputed here."""
    return all(part.amount is not None for part in parts)
