"""Every step of the pipeline run twice, and failed at each point (DESIGN §1.4, §9): what is left equals the undisturbed run.

The day's trade of :func:`trade` makes use of every kind of work: an order leaves and is acknowledged, answers to it come in X12 and
CSV, one of them bad, one of them twice.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from canonical.errors import Ambiguous, Misconfigured, Retryable
from gateway import inbound, outbound
from gateway.acks import matching
from gateway.exchange import mdns
from spool import retry
from spool.database.sqlite import SqliteDatabase
from spool.queue.port import Claim
from spool.states import DocumentState, ReceiptState, TransmissionState
from spool.worker import Effects, Handler

from .house import ACKNOWLEDGEMENT, BAD_INVOICE, SHIPMENT, House, csv, csv_invoice, house, invoice, order, wrapped

KINDS = (inbound.OPEN, inbound.DELIVER, outbound.BUILD, outbound.TRANSMIT, matching.REPORT)


def test_the_kinds_of_work_are_all_here(house: House) -> None:
    """Posting an MDN is tried in tests/gateway/exchange/test_mdns.py: it takes somebody to post it to."""
    assert set(house.gateway.handlers()) == {*KINDS, mdns.ANSWER}


def trade(house: House, wrap: Callable[[str, Handler], Handler] = lambda _kind, handler: handler) -> dict[str, Any]:
    """A day's trade; everything it leaves behind, as far as it means something to anybody."""
    house.place_order(order("4500123"))
    house.gateway.delivery.pull()
    house.work(wrap)
    files = [
        ("acme", "997.edi", wrapped("997", "AK1*PO*1\nAK2*850*0001\nAK5*A\nAK9*A*1*1*1", 1)),
        ("acme", "855.edi", wrapped("855", ACKNOWLEDGEMENT.format(order="4500123"), 2)),
        ("acme", "856.edi", wrapped("856", SHIPMENT.format(number="SH1", order="4500123"), 3)),
        ("acme", "810.edi", wrapped("810", invoice("INV1"), 4)),
        ("acme", "bad.edi", wrapped("810", BAD_INVOICE.format(number="INV2", order="4500123"), 5)),
        ("acme", "again.edi", wrapped("810", invoice("INV1"), 4)),
        ("acme", "empty.edi", b""),
        ("beta", "inv.csv", csv(csv_invoice("CSV1"))),
    ]
    for partner, name, data in files:
        house.receive(partner, name, data)
        house.work(wrap)
    house.assert_settled()
    return left(house)


def left(house: House) -> dict[str, Any]:
    """What partners and the ERP see, byte for byte, and what the database says but for its own ids and times."""
    sent = house.transmissions()
    return {
        "outboxes": {partner: house.outbox(partner) for partner in ("acme", "beta")},
        "erp": [document.model_dump(exclude={"id"}) for document in house.erp_out()],
        "statuses": house.statuses(),
        "receipts": [(row.filename, row.state, row.format, bool(row.duplicate_of)) for row in house.receipts()],
        "documents": [
            (
                row.direction,
                row.type,
                row.number,
                row.state,
                row.interchange_control,
                row.group_control,
                row.set_control,
                row.source_sha256,
                len(row.findings),
            )
            for row in (*house.documents("inbound"), *house.documents("outbound"))
        ],
        "transmissions": [
            (row.filename, row.kind, row.sha256, row.state, row.functional_id, row.group_control, row.sent_at)
            for row in sent
        ],
        "balance": house.gateway.status().balance,
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with house(tmp_path_factory.mktemp("undisturbed")) as quiet:
        return trade(quiet)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again without delay, so that times are those of the undisturbed run."""
    monkeypatch.setattr(retry, "FIRST_DELAY", timedelta(0))


def test_the_undisturbed_run_is_what_it_should_be(undisturbed: dict[str, Any]) -> None:
    assert [type_ for _, type_, *_ in undisturbed["documents"]][:6] == [
        "FunctionalAcknowledgement",
        "PurchaseOrderAcknowledgement",
        "ShipNotice",
        "Invoice",
        "Invoice",
        "Invoice",
    ]
    assert undisturbed["statuses"] == {"4500123 sent": "", "4500123 accepted": ""}
    assert len(undisturbed["erp"]) == 4
    assert len(undisturbed["outboxes"]["acme"]) == 6
    assert undisturbed["balance"].places == {
        "delivered": 5,
        "rejected": 1,
        "duplicate": 1,
        "quarantined": 1,
        "dead": 0,
        "pending": 0,
    }


@pytest.mark.parametrize("kind", KINDS)
class TestAStep:
    def test_may_run_twice(self, house: House, undisturbed: dict[str, Any], kind: str) -> None:
        """The handler, and what it does in the transaction: as when a worker is thought dead and is not."""

        def twice(found: str, handler: Handler) -> Handler:
            def run(claim: Claim) -> Effects:
                first, second = handler(claim), handler(claim)

                def effects(session: Session) -> None:
                    first(session)
                    second(session)

                return effects

            return run if found == kind else handler

        assert trade(house, twice) == undisturbed

    def test_may_run_again_after_it_was_committed(self, house: House, undisturbed: dict[str, Any], kind: str) -> None:
        """Its effects are there; it is done once more in a transaction of its own."""

        def later(found: str, handler: Handler) -> Handler:
            def run(claim: Claim) -> Effects:
                house.gateway.database.write(handler(claim))
                return handler(claim)

            return run if found == kind else handler

        assert trade(house, later) == undisturbed

    def test_may_fail_before_it_began(self, house: House, undisturbed: dict[str, Any], kind: str) -> None:
        assert trade(house, failing(kind, OSError(28, "No space left on device"), times=2)) == undisturbed

    def test_may_fail_when_it_is_to_be_committed(self, house: House, undisturbed: dict[str, Any], kind: str) -> None:
        """What it did outside is done; what it wrote is undone."""

        def uncommitted(found: str, handler: Handler) -> Handler:
            failed: set[str] = set()

            def run(claim: Claim) -> Effects:
                effects = handler(claim)

                def fail(session: Session) -> None:
                    effects(session)
                    session.flush()
                    if claim.item_id not in failed:
                        failed.add(claim.item_id)
                        raise Retryable("The disk is full.")

                return fail

            return run if found == kind else handler

        assert trade(house, uncommitted) == undisturbed

    def test_that_fails_for_good_is_dead_with_its_reason(self, house: House, kind: str) -> None:
        """Attempts are used up: visible, accounted for, and whoever waits is told."""
        error = Retryable("The disk is full.")
        house.place_order(order("4500123"))
        house.gateway.delivery.pull()
        house.receive("acme", "810.edi", wrapped("810", invoice("INV1"), 4))
        house.receive("beta", "inv.csv", csv(csv_invoice("CSV1")))
        house.exhaust(failing(kind, error, times=10**9))
        with house.gateway.database.read() as session:
            dead = house.gateway.queue.dead_items(session)
        assert {(item.kind, item.reason, item.attempts) for item in dead} == {(kind, "The disk is full.", 10)}
        assert house.gateway.status().queue.dead == len(dead)
        house.assert_balanced()

    def test_that_cannot_work_is_dead_at_once(self, house: House, kind: str) -> None:
        error = Misconfigured("The folder may not be written.")
        house.place_order(order("4500123"))
        house.gateway.delivery.pull()
        house.receive("acme", "810.edi", wrapped("810", invoice("INV1"), 4))
        house.work(failing(kind, error, times=10**9))
        with house.gateway.database.read() as session:
            assert {item.attempts for item in house.gateway.queue.dead_items(session)} == {1}
        house.assert_balanced()

    def test_that_meets_a_fault_of_ours_is_tried_three_times(self, house: House, kind: str) -> None:
        house.place_order(order("4500123"))
        house.gateway.delivery.pull()
        house.receive("acme", "810.edi", wrapped("810", invoice("INV1"), 4))
        house.exhaust(failing(kind, ZeroDivisionError("oops"), times=10**9))
        with house.gateway.database.read() as session:
            dead = house.gateway.queue.dead_items(session)
        assert {(item.attempts, item.reason) for item in dead} == {(3, "ZeroDivisionError: oops")}
        house.assert_balanced()


def failing(kind: str, error: Exception, *, times: int) -> Callable[[str, Handler], Handler]:
    """Each item of ``kind`` fails ``times`` times before its handler is asked."""
    failures: dict[str, int] = {}

    def wrap(found: str, handler: Handler) -> Handler:
        def run(claim: Claim) -> Effects:
            failures[claim.item_id] = failures.get(claim.item_id, 0) + 1
            if failures[claim.item_id] <= times:
                raise error
            return handler(claim)

        return run if found == kind else handler

    return wrap


class TestWhatIsGivenUp:
    def test_a_file_says_so(self, house: House) -> None:
        receipt_id = house.receive("acme", "810.edi", wrapped("810", invoice()))
        house.work(failing(inbound.OPEN, Misconfigured("No such table."), times=9))
        receipt = house.receipt(receipt_id)
        assert (receipt.state, receipt.reason) == (ReceiptState.DEAD, "No such table.")
        assert house.gateway.status().balance.places["dead"] == 1

    def test_a_document_for_the_ERP_says_so(self, house: House) -> None:
        house.receive("acme", "810.edi", wrapped("810", invoice()))
        house.work(failing(inbound.DELIVER, Misconfigured("No such folder."), times=9))
        [row] = house.documents()
        assert (row.state, row.reason) == (DocumentState.DEAD, "No such folder.")
        assert house.answers("acme") == ["997 A"]
        assert [entry.outcome for entry in house.trail("4500123") if entry.step == "dead"] == ["No such folder."]

    @pytest.mark.parametrize("kind", [outbound.BUILD, outbound.TRANSMIT])
    def test_an_order_says_so_and_the_ERP_is_told(self, house: House, kind: str) -> None:
        house.place_order(order("77"))
        house.gateway.delivery.pull()
        house.work(failing(kind, Misconfigured("No such folder."), times=9))
        [row] = house.documents("outbound")
        assert (row.state, row.reason) == (DocumentState.DEAD, "No such folder.")
        assert house.statuses() == {"77 refused": "No such folder."}
        assert house.outbox("acme") == {}
        assert [entry.outcome for entry in house.trail("77") if entry.step == "dead"] == ["No such folder."]

    def test_a_transmission_says_so(self, house: House) -> None:
        house.receive("acme", "810.edi", wrapped("810", invoice()))
        house.work(failing(outbound.TRANSMIT, Misconfigured("No such folder."), times=9))
        [sent] = house.transmissions()
        assert (sent.state, sent.reason) == (TransmissionState.FAILED, "No such folder.")

    def test_an_answer_that_no_document_stands_for_is_in_the_journal(self, house: House) -> None:
        house.receive("beta", "inv.csv", csv(csv_invoice("CSV1", order="9")))
        house.work(failing(outbound.TRANSMIT, Misconfigured("No such folder."), times=9))
        [dead] = [entry for entry in house.trail("9") if entry.step == "dead"]
        assert (dead.outcome, dead.subject) == ("No such folder.", "inv.csv.report.csv")

    def test_a_dead_item_replayed_ends_like_any_other(self, house: House, undisturbed: dict[str, Any]) -> None:
        """The queue gives it all its attempts again, and it finds its place."""
        house.receive("beta", "inv.csv", csv(csv_invoice("CSV1")))
        house.work(failing(outbound.TRANSMIT, Misconfigured("No such folder."), times=9))
        queue = house.gateway.queue
        with house.gateway.database.read() as session:
            [item] = queue.dead_items(session)
        house.gateway.database.write(lambda session: queue.replay(session, item.item_id, "again"))
        house.work()
        assert house.answers("beta") == ["report"]
        assert house.gateway.status().queue.dead == 0


class TestTheEffectOutside:
    """What cannot be undone: a file in the ERP's folder, a file in a partner's outbox."""

    @contextmanager
    def _unsure(self, target: object, name: str, error: Exception, *, happened: bool) -> Iterator[list[int]]:
        """Each call with new arguments fails the first time, before or after it had its effect."""
        really = getattr(target, name)
        seen: list[int] = []
        known: set[str] = set()

        def call(*args: Any, **kwargs: Any) -> Any:
            key = repr(args[1:3])
            if key in known:
                return really(*args, **kwargs)
            known.add(key)
            seen.append(1)
            if happened:
                really(*args, **kwargs)
            raise error

        patch = pytest.MonkeyPatch()
        patch.setattr(target, name, call)
        try:
            yield seen
        finally:
            patch.undo()

    @pytest.mark.parametrize("error", [Retryable("Down."), Ambiguous("No answer.")])
    @pytest.mark.parametrize("happened", [False, True], ids=["before", "after"])
    @pytest.mark.parametrize("method", ["apply", "report"])
    def test_the_ERP_fails(
        self, house: House, undisturbed: dict[str, Any], method: str, happened: bool, error: Exception
    ) -> None:
        adapter = type(house.gateway.adapter)
        with self._unsure(adapter, method, error, happened=happened) as failed:
            assert trade(house) == undisturbed
        assert len(failed) >= 2

    @pytest.mark.parametrize("happened", [False, True], ids=["before", "after"])
    def test_the_outbox_fails(self, house: House, undisturbed: dict[str, Any], happened: bool) -> None:
        sender = type(house.gateway.outbound.senders)
        with self._unsure(sender, "send", Retryable("No space."), happened=happened) as failed:
            assert trade(house) == undisturbed
        assert len(failed) >= 7

    def test_the_ERP_is_asked_before_a_document_is_given_again(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An importer that took the file at once must not get it again (DESIGN §8: lookup before any retry)."""
        applied: list[str] = []
        adapter = house.gateway.adapter
        really = type(adapter).apply

        def apply(self: Any, document: Any, context: Any) -> Any:
            applied.append(document.number)
            outcome = really(self, document, context)
            if len(applied) == 1:
                raise Ambiguous("No answer came.")
            return outcome

        monkeypatch.setattr(type(adapter), "apply", apply)
        house.take("acme", "810.edi", wrapped("810", invoice("INV1")))
        assert applied == ["INV1"]
        assert house.documents()[0].state is DocumentState.DELIVERED
        house.assert_settled()


@pytest.mark.slow
def test_each_statement_of_each_step_fails_once(tmp_path: Path, undisturbed: dict[str, Any]) -> None:
    """Whatever was written before it in its transaction is undone with it, and made again."""
    fails_at = failed = 1
    while failed:
        with house(tmp_path / str(fails_at)) as fresh:
            fault = FaultyStatement(fresh, fails_at)
            assert trade(fresh, fault.watch) == undisturbed, fails_at
            failed = len(fault.failed)
        fails_at += 1
    assert fails_at > 15


class FaultyStatement:
    """The database refuses the ``fails_at``-th statement by which a step changes something, once for each item of work."""

    def __init__(self, house: House, fails_at: int) -> None:
        self.failed: set[str] = set()
        self._fails_at = fails_at
        self._item: str | None = None
        self._count = 0
        database = house.gateway.database
        assert isinstance(database, SqliteDatabase)
        event.listen(database._writer, "before_cursor_execute", self._before)

    def _before(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if self._item is None or statement.startswith("SELECT"):
            return
        self._count += 1
        if self._count == self._fails_at and self._item not in self.failed:
            self.failed.add(self._item)
            raise Retryable("The disk is full.")

    def watch(self, _kind: str, handler: Handler) -> Handler:
        def run(claim: Claim) -> Effects:
            effects = handler(claim)

            def watched(session: Session) -> None:
                self._item, self._count = claim.item_id, 0
                try:
                    effects(session)
                    session.flush()
                finally:
                    self._item = None

            return watched

        return run


def test_an_order_is_pulled_again_when_it_could_not_be_kept(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ERP's file is marked as taken only after our commit."""
    house.place_order(order("77"))
    write = house.gateway.database.write

    def full(work: Any) -> Any:
        raise Retryable("The disk is full.")

    monkeypatch.setattr(house.gateway.database, "write", full)
    with pytest.raises(Retryable):
        house.gateway.delivery.pull()
    monkeypatch.setattr(house.gateway.database, "write", write)
    assert (house.gateway.home.erp / "in" / "77.json").exists()
    assert house.gateway.delivery.pull() == 1
    assert (house.gateway.home.erp / "in" / "77.json.done").exists()
    house.work()
    assert house.answers("acme") == ["850"]


def test_an_order_that_was_kept_but_not_confirmed_is_sent_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.place_order(order("77"))

    def dies(*_args: Any) -> None:
        raise Retryable("The share is gone.")

    with monkeypatch.context() as patch:
        patch.setattr(type(house.gateway.adapter), "confirm_pulled", dies)
        with pytest.raises(Retryable):
            house.gateway.delivery.pull()
    house.gateway.delivery.pull()
    house.work()
    assert house.answers("acme") == ["850"]
    assert house.statuses() == {"77 sent": ""}
    house.assert_settled()


def test_what_is_to_be_worked_on_must_be_there(house: House) -> None:
    """Work about something that is not in the database is dead, never passed over in silence."""
    queue = house.gateway.queue
    payload = {"receipt": "x", "document": "x", "transmission": "x"}

    def enqueue(session: Session) -> None:
        for kind in KINDS:
            queue.enqueue(session, kind=kind, lane=kind, payload=payload)

    house.gateway.database.write(enqueue)
    house.work()
    with house.gateway.database.read() as session:
        dead = {item.kind: item.reason for item in queue.dead_items(session)}
    assert set(dead) == set(KINDS) - {matching.REPORT}
    assert all("is not in the database" in reason for reason in dead.values())
