"""What every ERP adapter keeps to, run for each implementation through a bench that plays the ERP's side."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import pytest

from canonical.acknowledgement import PurchaseOrderAcknowledgement
from canonical.documents import DOCUMENTS, AnyDocument
from canonical.identity import PartnerId
from canonical.order import OrderLine, PurchaseOrder
from canonical.quantity import Quantity
from gateway.erp.folder import FolderAdapter
from gateway.erp.notes import file_name
from gateway.erp.port import (
    AlreadyApplied,
    Applied,
    Context,
    ErpAdapter,
    IdempotencyKey,
    OrderProgress,
    OrderRef,
    OrderStatus,
    Outcome,
    PulledOrder,
    Refused,
    idempotency_key,
)

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
CONTEXT = Context(NOW, revision="a1")


class ErpBench(Protocol):
    """An adapter together with the ERP behind it."""

    def adapter(self) -> ErpAdapter:
        """The adapter as after a restart of ours: nothing is remembered but what is durable."""
        ...

    def place(self, *orders: PurchaseOrder) -> None: ...

    def received(self, key: IdempotencyKey) -> list[AnyDocument]:
        """What the ERP was given under a key."""
        ...

    def accept(self, key: IdempotencyKey) -> None: ...

    def refuse(self, key: IdempotencyKey, reason: str) -> None: ...

    def forget(self, key: IdempotencyKey) -> None:
        """Archive what was given, out of the adapter's sight."""
        ...

    def statuses(self) -> int:
        """How many status reports the ERP sees."""
        ...


class _FixedClock:
    def now(self) -> datetime:
        return NOW


class FolderBench:
    def __init__(self, root: Path) -> None:
        self.root = root
        FolderAdapter(root, _FixedClock()).prepare()

    def adapter(self) -> ErpAdapter:
        return FolderAdapter(self.root, _FixedClock())

    def place(self, *orders: PurchaseOrder) -> None:
        for order in orders:
            (self.root / "in" / f"{order.number}.json").write_bytes(DOCUMENTS.dump_json([order]))

    def received(self, key: IdempotencyKey) -> list[AnyDocument]:
        path = self._file(key)
        return DOCUMENTS.validate_json(path.read_bytes()) if path.exists() else []

    def accept(self, key: IdempotencyKey) -> None:
        self._file(key).rename(f"{self._file(key)}.done")

    def refuse(self, key: IdempotencyKey, reason: str) -> None:
        Path(f"{self._file(key)}.error.txt").write_text(reason)
        self._file(key).rename(f"{self._file(key)}.error")

    def forget(self, key: IdempotencyKey) -> None:
        self._file(key).unlink()

    def statuses(self) -> int:
        return len(list((self.root / "out" / "status").iterdir()))

    def _file(self, key: IdempotencyKey) -> Path:
        return self.root / "out" / file_name(key)


BENCHES: dict[str, Callable[[Path], ErpBench]] = {"folder": FolderBench}


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> ErpBench:
    return BENCHES[request.param](tmp_path / "erp")


def order(number: str) -> PurchaseOrder:
    line = OrderLine(number="1", quantity=Quantity(value=Decimal("12.50"), unit="EA"))
    return PurchaseOrder(number=number, order_date=date(2026, 3, 1), partner=PartnerId("acme"), lines=(line,))


def acknowledgement(number: str = "4500123") -> PurchaseOrderAcknowledgement:
    return PurchaseOrderAcknowledgement(
        answer="accepted", order_number=number, order_date=date(2026, 3, 1), partner=PartnerId("acme")
    )


def everything(pull: Callable[[str | None], tuple[tuple[PulledOrder, ...], str | None, bool]]) -> list[PulledOrder]:
    found: list[PulledOrder] = []
    cursor, more = None, True
    while more:
        items, cursor, more = pull(cursor)
        found += items
    return found


def pulled(bench: ErpBench, limit: int = 100) -> list[PulledOrder]:
    def pull(cursor: str | None) -> tuple[tuple[PulledOrder, ...], str | None, bool]:
        page = bench.adapter().pull_orders(cursor, limit)
        return page.items, page.cursor, page.more

    return everything(pull)


def test_a_sound_erp_is_healthy(bench: ErpBench) -> None:
    assert bench.adapter().check().ok


class TestApply:
    def test_gives_the_erp_the_whole_document(self, bench: ErpBench) -> None:
        outcome = bench.adapter().apply(acknowledgement(), CONTEXT)
        assert isinstance(outcome, Applied)
        assert outcome.key == idempotency_key(acknowledgement(), CONTEXT)
        assert bench.received(outcome.key) == [acknowledgement()]

    def test_applies_once_however_often_it_is_called(self, bench: ErpBench) -> None:
        first = bench.adapter().apply(acknowledgement(), CONTEXT)
        for later in (1, 2):
            again = bench.adapter().apply(acknowledgement(), Context(NOW + timedelta(hours=later), revision="a1"))
            assert again == AlreadyApplied(first.key, getattr(first, "reference", None))
        assert bench.received(first.key) == [acknowledgement()]

    @pytest.mark.parametrize("then", ["accept", "forget"])
    def test_stays_applied_whatever_the_erp_does_with_it(self, bench: ErpBench, then: str) -> None:
        key = bench.adapter().apply(acknowledgement(), CONTEXT).key
        getattr(bench, then)(key)
        assert isinstance(bench.adapter().apply(acknowledgement(), CONTEXT), AlreadyApplied)
        assert bench.received(key) == []

    def test_another_revision_of_the_same_number_is_another_effect(self, bench: ErpBench) -> None:
        first = bench.adapter().apply(acknowledgement(), CONTEXT)
        second = bench.adapter().apply(acknowledgement(), Context(NOW, revision="a2"))
        assert isinstance(second, Applied)
        assert bench.received(first.key) == bench.received(second.key) == [acknowledgement()]

    def test_says_so_when_the_erp_refused_before(self, bench: ErpBench) -> None:
        key = bench.adapter().apply(acknowledgement(), CONTEXT).key
        bench.refuse(key, "no such order")
        assert isinstance(bench.adapter().apply(acknowledgement(), CONTEXT), Refused)


class TestLookup:
    def test_knows_nothing_of_what_was_never_applied(self, bench: ErpBench) -> None:
        assert bench.adapter().lookup(idempotency_key(acknowledgement(), CONTEXT)) is None

    @pytest.mark.parametrize("then", [None, "accept", "forget"])
    def test_settles_what_was_applied(self, bench: ErpBench, then: str | None) -> None:
        key = bench.adapter().apply(acknowledgement(), CONTEXT).key
        if then:
            getattr(bench, then)(key)
        found = bench.adapter().lookup(key)
        assert isinstance(found, Applied)
        assert found.key == key

    def test_gives_the_reason_of_a_refusal(self, bench: ErpBench) -> None:
        key = bench.adapter().apply(acknowledgement(), CONTEXT).key
        bench.refuse(key, "item 4711 is unknown")
        found = bench.adapter().lookup(key)
        assert isinstance(found, Refused)
        assert "item 4711 is unknown" in found.problem.message


class TestCollect:
    def test_is_empty_until_the_erp_decides(self, bench: ErpBench) -> None:
        bench.adapter().apply(acknowledgement(), CONTEXT)
        page = bench.adapter().collect(None)
        assert (page.items, page.more) == ((), False)

    def test_brings_each_decision_with_its_key(self, bench: ErpBench) -> None:
        good = bench.adapter().apply(acknowledgement("1"), CONTEXT).key
        bad = bench.adapter().apply(acknowledgement("2"), CONTEXT).key
        bench.accept(good)
        bench.refuse(bad, "price is off by 3.10")
        decided: dict[IdempotencyKey, Outcome] = {item.key: item for item in bench.adapter().collect(None).items}
        assert isinstance(decided[good], Applied)
        refused = decided[bad]
        assert isinstance(refused, Refused)
        assert "price is off by 3.10" in refused.problem.message

    def test_gives_a_page_again_until_its_cursor_comes_back(self, bench: ErpBench) -> None:
        key = bench.adapter().apply(acknowledgement(), CONTEXT).key
        bench.accept(key)
        first = bench.adapter().collect(None)
        assert bench.adapter().collect(None).items == first.items != ()
        assert bench.adapter().collect(first.cursor).items == ()
        assert bench.adapter().collect(None).items == ()


class TestPull:
    def test_gives_orders_as_they_are(self, bench: ErpBench) -> None:
        bench.place(order("4500123"), order("4500124"))
        assert [item.order for item in pulled(bench)] == [order("4500123"), order("4500124")]
        assert [item.ref.number for item in pulled(bench)] == ["4500123", "4500124"]

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    def test_pages_lose_and_repeat_nothing(self, bench: ErpBench, limit: int) -> None:
        numbers = [str(number) for number in range(10, 17)]
        bench.place(*(order(number) for number in numbers))
        assert [item.ref.number for item in pulled(bench, limit)] == numbers

    def test_gives_the_same_references_again_after_a_crash_between_save_and_confirm(self, bench: ErpBench) -> None:
        bench.place(order("1"), order("2"))
        before = pulled(bench)
        assert pulled(bench) == before

    def test_gives_confirmed_orders_no_more(self, bench: ErpBench) -> None:
        bench.place(order("1"), order("2"))
        first, second = pulled(bench)
        for _ in range(2):
            bench.adapter().confirm_pulled([first.ref], CONTEXT)
            assert pulled(bench) == [second]

    def test_a_changed_order_has_another_revision(self, bench: ErpBench) -> None:
        bench.place(order("1"))
        (before,) = pulled(bench)
        bench.place(order("1").model_copy(update={"currency": "EUR"}))
        (after,) = pulled(bench)
        assert (after.ref.id, after.ref.number) == (before.ref.id, before.ref.number)
        assert after.ref.revision != before.ref.revision

    def test_confirming_an_older_revision_leaves_the_newer_one(self, bench: ErpBench) -> None:
        bench.place(order("1"))
        (before,) = pulled(bench)
        bench.place(order("1").model_copy(update={"currency": "EUR"}))
        bench.adapter().confirm_pulled([before.ref], CONTEXT)
        assert [item.order.currency for item in pulled(bench)] == ["EUR"]


class TestReport:
    def test_the_same_status_leaves_one_trace_and_another_its_own(self, bench: ErpBench) -> None:
        ref = OrderRef("4500123.json#1/1", "r1", "4500123")
        for progress in (OrderProgress.SENT, OrderProgress.SENT, OrderProgress.REJECTED, OrderProgress.SENT):
            bench.adapter().report(ref, OrderStatus(progress, "because"), CONTEXT)
        assert bench.statuses() == 2
