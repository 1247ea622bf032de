"""850s as a supplier gets them: written by the engine from the scenario's order."""

from datetime import UTC, datetime
from decimal import Decimal

from canonical.finding import Finding
from canonical.order import PurchaseOrder
from gateway.demo import scenario
from gateway.demo.supplier.x12_papers import Order
from gateway.demo.supplier.x12_text import Letterhead, Segment, split
from translators import registry
from translators.translation import ReadResult
from translators.x12 import write
from translators.x12.events import SetRead
from translators.x12.reader import read

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def purchase_order(quantities: tuple[int, int, int] = (120, 24, 48)) -> PurchaseOrder:
    """The scenario's order, with other quantities if wanted."""
    order = scenario.purchase_order(NOW.date())
    lines = []
    for line, value in zip(order.lines, quantities, strict=True):
        assert line.quantity is not None
        lines.append(line.model_copy(update={"quantity": line.quantity.model_copy(update={"value": Decimal(value)})}))
    return order.model_copy(update={"lines": tuple(lines), "total_amount": None})


def order_850(order: PurchaseOrder) -> bytes:
    envelope = write.Envelope("ZZ", "TALLYCO", "ZZ", "RIVERMILL", 7, NOW, test=True)
    nodes = registry.for_document(order).write(order, "004010")
    group = write.GroupToWrite("PO", 9, "004010", "TALLYDEPT", "MILLDEPT", [write.SetToWrite("850", "0001", nodes)])
    return write.interchange(envelope, [group])


def received(quantities: tuple[int, int, int] = (120, 24, 48)) -> tuple[Order, Letterhead]:
    """The order as the supplier read it, and its letterhead for the answers."""
    segments = split(order_850(purchase_order(quantities)).decode("ascii"))
    return Order.read(segments), Letterhead.answering(segments, NOW, 501)


def judged(letterhead: Letterhead, functional_id: str, set_id: str, body: list[Segment]) -> SetRead:
    """A paper in its envelope, as the engine reads it."""
    text, _ = letterhead.interchange(functional_id, set_id, body)
    (found,) = [event for event in read([text.encode("ascii")]) if isinstance(event, SetRead)]
    return found


def translated(found: SetRead) -> ReadResult:
    """A sound set as a canonical document."""
    assert found.findings == ()
    assert found.tree is not None
    return registry.find(found.header.set_id).read(found.tree)


def places(findings: tuple[Finding, ...]) -> list[tuple[str, str | None]]:
    return [(finding.path, finding.ack_code) for finding in findings]
