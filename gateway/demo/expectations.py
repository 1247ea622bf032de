"""What must have happened for the demo to succeed: an explicit list, each with a check that says what is missing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from canonical.acknowledgement import AcknowledgedLine, LineStatus, PurchaseOrderAcknowledgement
from canonical.documents import AnyDocument
from canonical.invoice import Invoice
from canonical.order import PurchaseOrder
from canonical.shipment import ShipNotice
from spool.documents import OUTBOUND
from spool.states import DocumentState, MessageState, TransmissionState

from ..as2.terms import ReceiptMode
from ..exchange.arrivals import RECEIVED
from .evidence import Evidence
from .scenario import (
    AS2_INVOICE,
    AS2_ORDER,
    AS2_SHIPMENT,
    CARELESS_INVOICE_FILE,
    CSV_INVOICE,
    HUBER,
    INVOICE,
    ORDER,
    RIVERMILL,
    TAMARACK,
    TELEPHONE_ORDER,
)

FOUND = TypeVar("FOUND", bound=AnyDocument)

SHIPPED = {"10": Decimal(120), "20": Decimal(24), "30": Decimal(36)}
"""Pieces of each line; of the third, 48 were ordered."""
INVOICED = Decimal("1282.20")
CSV_INVOICED = Decimal("1250.80")
AS2_INVOICED = Decimal("1044.20")
AS2_FILES = (f"997_{AS2_ORDER}.edi", f"855_{AS2_ORDER}.edi", f"856_{AS2_SHIPMENT}.edi", f"810_{AS2_INVOICE}.edi")
FAULTS = ("AK4*1*373*8*", "AK4*1*128*1", "AK4*3*355*7*XX")
"""How the careless invoice's 997 begins to tell of its bad date, its missing element and its unknown code."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """``name`` is stable, ``text`` for people; ``check`` tells what is missing, None when nothing is."""

    name: str
    text: str
    check: Callable[[Evidence, PurchaseOrder], str | None]


@dataclass(frozen=True, slots=True)
class Result:
    """``missing`` is None where the expectation is met."""

    name: str
    text: str
    missing: str | None

    @property
    def met(self) -> bool:
        return self.missing is None


def judge(evidence: Evidence, order: PurchaseOrder) -> tuple[Result, ...]:
    """Each expectation with what is missing."""
    return tuple(Result(expected.name, expected.text, expected.check(evidence, order)) for expected in EXPECTATIONS)


def _order_sent(evidence: Evidence, order: PurchaseOrder) -> str | None:
    row = evidence.document("PurchaseOrder", ORDER, OUTBOUND)
    if row is None:
        return "The order was not taken from erp/in."
    if row.set_id != "850" or row.transmission_id not in evidence.collected:
        return f"The order is {row.state}, and the supplier did not fetch an 850."
    return None


def _order_accepted(evidence: Evidence, order: PurchaseOrder) -> str | None:
    row = evidence.document("PurchaseOrder", ORDER, OUTBOUND)
    sent = None if row is None else evidence.transmission(row)
    if sent is None or sent.state is not TransmissionState.ACCEPTED:
        return f"The 850 is {sent.state if sent else 'not sent'}; no 997 for it was matched."
    if not any(status["order"] == ORDER and status["status"] == "accepted" for status in evidence.erp_statuses):
        return "erp/out/status does not tell the ERP that the order was accepted."
    return None


def _acknowledgement(evidence: Evidence, order: PurchaseOrder) -> str | None:
    found = _delivered(evidence, PurchaseOrderAcknowledgement, lambda document: document.order_number == ORDER)
    if found is None:
        return "There is no acknowledgement of the order in erp/out."
    lines = {line.number: line for line in found.lines}
    if not lines.keys() >= {"20", "30"}:
        return f"It should answer lines 20 and 30; it answers {', '.join(str(number) for number in lines)}."
    wanted = next(entry.date for entry in order.dates if entry.date)
    dates = [entry.date.date for entry in lines["20"].responses if entry.date and entry.date.date]
    if not dates or min(dates) <= wanted:
        return f"Line 20 should be promised for later than {wanted}; it says {dates}."
    if _stated(lines["30"]) != {LineStatus.QUANTITY_CHANGED: Decimal(36), LineStatus.BACKORDERED: Decimal(12)}:
        return f"Line 30 should be 36 now and 12 on back order; it says {_stated(lines['30'])}."
    return None


def _stated(line: AcknowledgedLine) -> dict[LineStatus, Decimal]:
    return {entry.status: entry.quantity.value for entry in line.responses if entry.quantity}


def _ship_notice(evidence: Evidence, order: PurchaseOrder) -> str | None:
    found = _delivered(evidence, ShipNotice, lambda document: ORDER in document.order_numbers)
    if found is None:
        return "There is no ship notice for the order in erp/out."
    shipped: dict[str, Decimal] = {}
    for level in found.walk():
        if level.item and level.item.shipped and level.item.line_number:
            so_far = shipped.get(level.item.line_number, Decimal(0))
            shipped[level.item.line_number] = so_far + level.item.shipped.value
    if shipped != SHIPPED:
        return f"Shipped should be {_texts(SHIPPED)}; the notice says {_texts(shipped)}."
    packs = [level for level in found.walk() if level.kind == "pack"]
    codes = [mark.value for level in packs for mark in level.marks if mark.kind == "sscc"]
    if found.structure != "pick_and_pack" or len(codes) != len(packs) or not all(map(_is_sscc, codes)):
        return f"Each carton should carry an SSCC-18 with its check digit; the notice has {codes}."
    return None


def _is_sscc(code: str) -> bool:
    """GS1 General Specifications: weighted from the right 1, 3, 1, ..., all 18 digits add up to a multiple of ten."""
    if not code.isdecimal() or len(code) != 18:
        return False
    weighted = sum(int(digit) * (1 if place % 2 == 0 else 3) for place, digit in enumerate(reversed(code)))
    return weighted % 10 == 0


def _invoice(evidence: Evidence, order: PurchaseOrder) -> str | None:
    return _invoice_adds_up(evidence, INVOICE, ORDER, INVOICED)


def _csv_invoice(evidence: Evidence, order: PurchaseOrder) -> str | None:
    return _invoice_adds_up(evidence, CSV_INVOICE, TELEPHONE_ORDER, CSV_INVOICED)


def _invoice_adds_up(evidence: Evidence, number: str, order_number: str, total: Decimal) -> str | None:
    found = _delivered(evidence, Invoice, lambda document: document.number == number)
    if found is None:
        return f"Invoice {number} is not in erp/out."
    summed = sum((line.extension or Decimal(0) for line in found.lines), Decimal(0))
    summed += sum(adjustment.signed_amount for adjustment in found.adjustments)
    if (found.order_number, found.total_amount, summed) != (order_number, total, total):
        return f"Invoice {number} should bill order {order_number} with {total}; it states {found.total_amount}, its lines {summed}."
    return None


def _csv_acknowledgement(evidence: Evidence, order: PurchaseOrder) -> str | None:
    found = _delivered(
        evidence, PurchaseOrderAcknowledgement, lambda document: document.order_number == TELEPHONE_ORDER
    )
    if found is None:
        return "There is no acknowledgement of the telephone order in erp/out."
    statuses = [entry.status for line in found.lines for entry in line.responses]
    if statuses != [LineStatus.ACCEPTED, LineStatus.DATE_RESCHEDULED]:
        return f"Its lines should be accepted and rescheduled; they are {statuses}."
    return None


def _reports(evidence: Evidence, order: PurchaseOrder) -> str | None:
    reports = [sent for sent in evidence.transmissions if sent.kind == "report" and sent.partner == HUBER]
    fetched = [sent.filename for sent in reports if sent.id in evidence.collected]
    return (
        None if len(reports) == len(fetched) == 2 else f"Two reports should have been fetched; these were: {fetched}."
    )


def _answers(evidence: Evidence, order: PurchaseOrder) -> str | None:
    files = (f"855_{ORDER}.edi", "856_SH-90017.edi", f"810_{INVOICE}.edi")
    missing = [file for file in files if (evidence.answer(RIVERMILL, file) or {}).get("verdict") != "A"]
    return f"No accepting 997 was fetched for {', '.join(missing)}." if missing else None


def _rejected(evidence: Evidence, order: PurchaseOrder) -> str | None:
    rows = evidence.documents_of(CARELESS_INVOICE_FILE)
    if [row.state for row in rows] != [DocumentState.REJECTED]:
        return f"{CARELESS_INVOICE_FILE} should be one rejected document; it is {[str(row.state) for row in rows]}."
    answer = evidence.answer(RIVERMILL, CARELESS_INVOICE_FILE)
    if answer is None:
        return "Its 997 was not fetched."
    told = answer["segments"]
    unsaid = [fault for fault in FAULTS if not any(segment.startswith(fault) for segment in told)]
    if answer["verdict"] != "R" or unsaid:
        return f"Its 997 should reject it and tell {', '.join(unsaid) or 'why'}; it says {' '.join(told)}."
    return None


def _as2_order(evidence: Evidence, order: PurchaseOrder) -> str | None:
    row = evidence.document("PurchaseOrder", AS2_ORDER, OUTBOUND)
    sent = None if row is None else evidence.transmission(row)
    if sent is None or sent.state is not TransmissionState.ACCEPTED:
        return f"The 850 is {sent.state if sent else 'not sent'}; no 997 for it was matched."
    message = next((each for each in evidence.messages if each.transmission == sent.id), None)
    if message is None or message.state is not MessageState.CONFIRMED:
        return f"Its message is {message.state if message else 'not built'}; no MDN proves that the supplier has it."
    if (message.receipt, message.signed_receipt) != (ReceiptMode.ASYNCHRONOUS, True):
        return "Its MDN should have been asked for signed, and on a connection of its own."
    took = [
        word["how"] for word in evidence.words[TAMARACK] if word["event"] == "taken" and word["file"] == sent.filename
    ]
    return None if took == ["signed, encrypted, compressed"] else f"The supplier says that it took it {took}."


def _as2_answers(evidence: Evidence, order: PurchaseOrder) -> str | None:
    """What the supplier posted was opened and answered, and the supplier could verify the answer."""
    opened = [each for each in evidence.arrivals if each.outcome == RECEIVED and each.signed_by and each.decrypted_with]
    if len(opened) != len(AS2_FILES) or len(evidence.arrivals) != len(AS2_FILES):
        return f"{len(AS2_FILES)} messages should have come, signed and encrypted; {len(opened)} did."
    proven = [word["file"] for word in evidence.words[TAMARACK] if word["event"] == "mdn"]
    missing = [file for file in AS2_FILES if file not in proven]
    return f"No MDN proved to the supplier that we have {', '.join(missing)}." if missing else None


def _as2_documents(evidence: Evidence, order: PurchaseOrder) -> str | None:
    answered = _delivered(evidence, PurchaseOrderAcknowledgement, lambda document: document.order_number == AS2_ORDER)
    shipped = _delivered(evidence, ShipNotice, lambda document: AS2_ORDER in document.order_numbers)
    if answered is None or shipped is None:
        return "The acknowledgement or the ship notice is not in erp/out."
    return _invoice_adds_up(evidence, AS2_INVOICE, AS2_ORDER, AS2_INVOICED)


def _settled(evidence: Evidence, order: PurchaseOrder) -> str | None:
    """Everything that was begun is done."""
    places, work = evidence.status.balance.places, evidence.status.queue
    left = {name: places[name] for name in ("pending", "dead", "quarantined", "duplicate") if places[name]}
    left |= {name: count for name, count in (("open work", work.open), ("dead work", work.dead)) if count}
    left |= {f"{sent.filename} {sent.state}": 1 for sent in evidence.transmissions if not evidence.arrived_whole(sent)}
    return f"Something is left: {', '.join(f'{count} {name}' for name, count in left.items())}." if left else None


def _balance(evidence: Evidence, order: PurchaseOrder) -> str | None:
    balance = evidence.status.balance
    if balance.holds and balance.received:
        return None
    return f"{balance.received} were received, but the places add up to {sum(balance.places.values())}."


def _suppliers(evidence: Evidence, order: PurchaseOrder) -> str | None:
    told = [f"{name}: {reason}" for name, reason in evidence.failures.items()]
    told += [f"{name} is still waiting" for name in evidence.working]
    return "; ".join(told) if told else None


def _delivered(evidence: Evidence, type_: type[FOUND], wanted: Callable[[FOUND], bool]) -> FOUND | None:
    """The one document of a type in erp/out; None also where it is there twice."""
    found = list(_of_type(evidence, type_, wanted))
    return found[0] if len(found) == 1 else None


def _of_type(evidence: Evidence, type_: type[FOUND], wanted: Callable[[FOUND], bool]) -> Iterator[FOUND]:
    for document in evidence.erp_documents:
        if isinstance(document, type_) and wanted(document):
            yield document


def _texts(numbers: dict[str, Decimal]) -> dict[str, str]:
    return {name: str(number) for name, number in numbers.items()}


EXPECTATIONS = (
    Expectation("order-sent", f"Order {ORDER} left as an 850 and was fetched", _order_sent),
    Expectation("order-accepted", "Its 997 was matched, and the ERP was told", _order_accepted),
    Expectation("acknowledgement", "The 855 reached the ERP: line 20 later, line 30 short", _acknowledgement),
    Expectation("ship-notice", "The 856 reached the ERP: cartons with valid SSCC-18s", _ship_notice),
    Expectation("invoice", f"The 810 reached the ERP, and adds up to {INVOICED} USD", _invoice),
    Expectation("answers", "The supplier fetched an accepting 997 for each of the three", _answers),
    Expectation("rejection", "The careless 810 was rejected by a 997 that names all three faults", _rejected),
    Expectation("csv-acknowledgement", "The CSV acknowledgement reached the ERP", _csv_acknowledgement),
    Expectation("csv-invoice", f"The CSV invoice reached the ERP, and adds up to {CSV_INVOICED} EUR", _csv_invoice),
    Expectation("csv-reports", "The CSV supplier fetched a report on each of its files", _reports),
    Expectation("as2-order", f"Order {AS2_ORDER} went over AS2, and a signed asynchronous MDN proves it", _as2_order),
    Expectation("as2-answers", "What came over AS2 was signed and encrypted, and our signed MDNs hold", _as2_answers),
    Expectation("as2-documents", f"855, 856 and 810 over AS2 reached the ERP: {AS2_INVOICED} USD", _as2_documents),
    Expectation("suppliers", "All suppliers got all their answers", _suppliers),
    Expectation("settled", "Nothing is pending, dead, or waiting to be fetched", _settled),
    Expectation("balance", "The balance holds", _balance),
)
