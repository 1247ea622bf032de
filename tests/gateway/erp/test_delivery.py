"""Between the pipeline and the ERP, with an ERP that decides as the test says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from canonical.documents import ANY_DOCUMENT, AnyDocument
from canonical.invoice import Invoice
from canonical.order import PurchaseOrder
from gateway.erp.delivery import Delivery
from gateway.erp.port import (
    AlreadyApplied,
    Applied,
    Capability,
    Context,
    Health,
    IdempotencyKey,
    OrderRef,
    OrderStatus,
    Outcome,
    Page,
    Pending,
    Problem,
    PulledOrder,
    Refused,
    idempotency_key,
)
from gateway.exceptions import Exceptions
from spool.states import DocumentState

from ..house import ACKNOWLEDGEMENT, NOON, House, invoice, order, wrapped

REFUSAL = Problem("no-such-supplier", "Supplier 17 is closed.")


@dataclass
class Erp:
    """Says what it is told to say, and remembers what it was asked."""

    capabilities = frozenset(Capability)
    says: Callable[[IdempotencyKey], Outcome] = Applied
    orders: list[PulledOrder] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    applied: list[AnyDocument] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    reported: list[tuple[str, str, str]] = field(default_factory=list)

    def check(self) -> Health:
        return Health()

    def pull_orders(self, cursor: str | None, limit: int) -> Page[PulledOrder]:
        start = int(cursor or 0)
        taken = tuple(self.orders[start : start + limit])
        end = start + len(taken)
        return Page(taken, str(end) if end else None, more=end < len(self.orders))

    def confirm_pulled(self, refs: Sequence[OrderRef], context: Context) -> None:
        self.confirmed += [ref.id for ref in refs]

    def report(self, ref: OrderRef, status: OrderStatus, context: Context) -> None:
        self.reported.append((ref.number, status.progress.value, status.message))

    def apply(self, document: AnyDocument, context: Context) -> Outcome:
        self.applied.append(document)
        return self.says(idempotency_key(document, context))

    def lookup(self, key: IdempotencyKey) -> Outcome | None:
        return None

    def collect(self, cursor: str | None) -> Page[Outcome]:
        start = int(cursor or 0)
        taken = tuple(self.outcomes[start:])
        return Page(taken, str(len(self.outcomes)) if self.outcomes else None)


@pytest.fixture
def erp(house: House) -> Erp:
    """In the place of the folder."""
    erp = Erp()
    house.gateway.delivery = replace(house.gateway.delivery, adapter=erp)
    return erp


def key_of(document: AnyDocument, revision: str = "1") -> IdempotencyKey:
    return idempotency_key(document, Context(at=NOON, revision=revision))


DECISIONS = {
    "applied": (Applied, DocumentState.DELIVERED, None, "delivered"),
    "already applied": (AlreadyApplied, DocumentState.DELIVERED, None, "delivered"),
    "refused": (
        lambda key: Refused(key, REFUSAL),
        DocumentState.REJECTED,
        "The ERP refused it: Supplier 17 is closed.",
        "refused",
    ),
    "pending": (Pending, DocumentState.PENDING, None, "offered"),
}


@pytest.mark.parametrize(("says", "state", "reason", "step"), DECISIONS.values(), ids=DECISIONS)
def test_what_the_ERP_decides_becomes_of_the_document(
    house: House, erp: Erp, says: Any, state: DocumentState, reason: str | None, step: str | None
) -> None:
    erp.says = says
    house.take("acme", "810.edi", wrapped("810", invoice("INV1")))
    [row] = house.documents()
    assert (row.state, row.reason) == (state, reason)
    steps = [entry.step for entry in house.trail("4500123") if entry.document_id == row.id]
    assert steps[-1] == step
    assert house.answers("acme") == ["997 A"]
    house.assert_balanced()


class TestWhatIsDecidedLater:
    def _pending(self, house: House, erp: Erp) -> IdempotencyKey:
        erp.says = Pending
        house.take("acme", "810.edi", wrapped("810", invoice("INV1")))
        return key_of(erp.applied[0])

    @pytest.mark.parametrize(
        ("says", "state"),
        [(Applied, DocumentState.DELIVERED), (lambda key: Refused(key, REFUSAL), DocumentState.REJECTED)],
    )
    def test_becomes_of_the_document_then(self, house: House, erp: Erp, says: Any, state: DocumentState) -> None:
        erp.outcomes = [says(self._pending(house, erp))]
        assert house.gateway.delivery.collect() == 1
        assert house.documents()[0].state is state
        house.assert_settled()

    def test_waits_for_somebody_until_then(self, house: House, erp: Erp) -> None:
        erp.outcomes = [Applied(self._pending(house, erp))]
        with house.gateway.database.read() as session:
            [waiting] = Exceptions().set_aside(session)
        assert (waiting.kind, waiting.what) == ("ERP undecided", "Invoice INV1")
        house.gateway.delivery.collect()
        with house.gateway.database.read() as session:
            assert Exceptions().set_aside(session) == []

    def test_is_collected_once(self, house: House, erp: Erp) -> None:
        erp.outcomes = [Applied(self._pending(house, erp))]
        assert (house.gateway.delivery.collect(), house.gateway.delivery.collect()) == (1, 0)

    def test_may_be_a_refusal_after_all(self, house: House, erp: Erp) -> None:
        house.take("acme", "810.edi", wrapped("810", invoice("INV1")))
        erp.outcomes = [Refused(key_of(erp.applied[0]), REFUSAL)]
        house.gateway.delivery.collect()
        assert house.documents()[0].state is DocumentState.REJECTED

    def test_about_something_unknown_is_passed_over(self, house: House, erp: Erp) -> None:
        known = self._pending(house, erp)
        erp.outcomes = [Applied(replace(known, number="OTHER")), Applied(known)]
        assert house.gateway.delivery.collect() == 2
        assert house.documents()[0].state is DocumentState.DELIVERED


def test_a_document_is_given_with_what_identifies_it(house: House, erp: Erp) -> None:
    house.take("acme", "855.edi", wrapped("855", ACKNOWLEDGEMENT.format(order="7")))
    [row] = house.documents()
    [document] = erp.applied
    assert (document.id, document.partner) == (row.id, "acme")


def pulled(number: str, **fields: Any) -> PulledOrder:
    parsed = ANY_DOCUMENT.validate_python(order(number, **fields))
    assert isinstance(parsed, PurchaseOrder)
    return PulledOrder(OrderRef(f"erp-{number}-{len(fields)}", "1", number), parsed)


class TestOrders:
    def test_are_all_taken_page_by_page(self, house: House, erp: Erp, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gateway.erp.delivery.PULL_LIMIT", 2)
        erp.orders = [pulled(str(number)) for number in range(5)]
        assert house.gateway.delivery.pull() == 5
        house.work()
        assert house.answers("acme") == ["850"] * 5
        assert erp.confirmed == [each.ref.id for each in erp.orders]
        assert house.gateway.delivery.pull() == 0

    def test_go_on_after_the_last_page(self, house: House, erp: Erp) -> None:
        erp.orders = [pulled("1")]
        house.gateway.delivery.pull()
        erp.orders.append(pulled("2"))
        assert house.gateway.delivery.pull() == 1
        house.work()
        assert house.answers("acme") == ["850", "850"]

    def test_that_are_refused_are_told_and_confirmed(self, house: House, erp: Erp) -> None:
        erp.orders = [pulled("1"), pulled("2", partner="nobody"), pulled("1", currency="USD")]
        house.gateway.delivery.pull()
        assert [(number, progress) for number, progress, _ in erp.reported] == [("2", "refused"), ("1", "refused")]
        assert len(erp.confirmed) == 3

    def test_are_followed(self, house: House, erp: Erp) -> None:
        erp.orders = [pulled("1")]
        house.gateway.delivery.pull()
        house.work()
        house.take("acme", "997.edi", wrapped("997", "AK1*PO*1\nAK9*R*1*1*0"))
        assert [progress for _, progress, _ in erp.reported] == ["sent", "rejected"]

    def test_are_asked_for_by_who_may_order(self, house: House, erp: Erp) -> None:
        """What is agreed is not the ERP room's business."""
        asked: list[str] = []

        def may_order(_session: Session, partner: str, _order: AnyDocument) -> str | None:
            asked.append(partner)
            return "Not today."

        delivery: Delivery = replace(house.gateway.delivery, may_order=may_order)
        erp.orders = [pulled("1")]
        delivery.pull()
        assert asked == ["acme"]
        assert erp.reported == [("1", "refused", "Not today.")]


def test_a_correction_reaches_an_ERP_that_refused_what_it_corrects(house: House) -> None:
    """With the real folder: the importer refuses an invoice, and the supplier sends it again with another price."""
    out = house.gateway.home.erp / "out"
    house.take("acme", "wrong.edi", wrapped("810", invoice("INV1")))
    [refused] = out.glob("*.json")
    refused.with_name(refused.name + ".error.txt").write_text("the price is wrong", "utf-8")
    refused.rename(refused.with_name(refused.name + ".error"))
    house.gateway.delivery.collect()
    corrected = invoice("INV1").replace("*2.5*", "*2*").replace("TDS*2000", "TDS*1600")
    house.take("acme", "corrected.edi", wrapped("810", corrected, 2))
    [delivered] = house.erp_out()
    assert isinstance(delivered, Invoice)
    assert delivered.total_amount == Decimal("16.00")
    states = [row.state for row in house.documents(number="INV1")]
    assert states == [DocumentState.REJECTED, DocumentState.DELIVERED]
    house.assert_settled()


@pytest.mark.parametrize("note", [None, b"", b'{"partner": "ac'], ids=["gone", "empty", "cut off"])
def test_what_the_importer_says_of_a_document_is_heard_though_the_note_of_it_is_lost(
    house: House, note: bytes | None
) -> None:
    erp = house.gateway.home.erp
    house.take("acme", "one.edi", wrapped("810", invoice("INV1")))
    house.take("acme", "two.edi", wrapped("810", invoice("INV2"), 2))
    for shown in sorted((erp / "out").glob("*.json")):
        if "INV1" in shown.name:
            journal = erp / ".journal" / shown.name
            if note is None:
                journal.unlink()
            else:
                journal.write_bytes(note)
        shown.rename(shown.with_name(shown.name + ".error"))
    for _ in range(2):
        house.gateway.delivery.collect()
    assert {row.state for row in house.documents(type="Invoice")} == {DocumentState.REJECTED}
    house.assert_settled()
