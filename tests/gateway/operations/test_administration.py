"""Every operation on everything in every state: what comes of it, and that the balance is exact throughout."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import select

from canonical.errors import Misconfigured, NotFound
from gateway import inbound, outbound
from gateway.operations.administration import Administration
from gateway.operations.instruction import Done, Instruction
from gateway.operations.replaying import ProfileOf
from partners.control_numbers import Kind
from spool.documents import DocumentRow
from spool.journal import JournalEntry, Step
from spool.receipts import Receipt
from spool.states import DocumentState
from spool.transmissions import Transmission
from tests.gateway.house import (
    PROFILES,
    House,
    csv,
    csv_invoice,
    group,
    interchange,
    invoice,
    order,
    transaction_set,
    wrapped,
)

from .scene import BAD, BY, FILES, INBOUND, OUTBOUND, failing, refused

Operation = Callable[[Administration, str], Done]

OPERATIONS: dict[str, Operation] = {
    "retry": lambda administration, id_: administration.retry(id_, BY),
    "replay": lambda administration, id_: administration.replay(id_, BY),
    "redeliver": lambda administration, id_: administration.replay(id_, BY, redeliver=True),
    "cancel": lambda administration, id_: administration.cancel(id_, BY),
}

NO = ""
"""It makes no sense."""

# For each state and operation: where the documents, or files without documents, are once all is done; oldest first.

OF_DOCUMENTS = {
    "pending": ("delivered", NO, NO, "rejected"),
    "delivered": (NO, NO, "delivered delivered", NO),
    "rejected": (NO, "rejected rejected", NO, NO),
    "refused by the ERP": (NO, "rejected delivered", "rejected delivered", NO),
    "duplicate": (NO, NO, "delivered duplicate delivered", NO),
    "quarantined": (NO, "duplicate quarantined", "duplicate quarantined", "rejected"),
    "dead": ("delivered", "duplicate delivered", "duplicate delivered", "rejected"),
}

OF_FILES = {
    "pending": ("delivered", NO, NO, "rejected"),
    "opened, all delivered": (NO, NO, "delivered delivered", NO),
    "opened, half rejected": (NO, "delivered rejected rejected", "delivered rejected delivered rejected", NO),
    "rejected": (NO, "rejected rejected", "rejected rejected", NO),
    "duplicate": (NO, NO, NO, NO),
    "quarantined": (NO, "duplicate quarantined", "duplicate quarantined", "rejected"),
    "of nobody": (NO, NO, NO, "rejected"),
    "dead": ("delivered", "duplicate delivered", "duplicate delivered", "rejected"),
}

OF_ORDERS = {
    "not built": ("delivered", NO, NO, "cancelled"),
    "sent": ("delivered", NO, "delivered delivered", NO),
    "accepted": (NO, NO, "delivered delivered", NO),
    "rejected by the partner": (NO, "rejected delivered", "rejected delivered", NO),
    "overdue": ("delivered", NO, "delivered delivered", NO),
    "not built for good": ("delivered", "duplicate delivered", "duplicate delivered", "cancelled"),
    "not sent for good": ("delivered", "duplicate delivered", "duplicate delivered", "cancelled"),
}


def places(house: House) -> str:
    """Where everything received is: files that no document stands for, then documents, each as old as they are."""
    files = [(row.id, row.state.value) for row in house.receipts() if row.state != "opened"]
    rows = [(row.id, row.state.value) for row in house.documents()]
    return " ".join(state for _, state in sorted(files + rows))


def orders(house: House) -> str:
    return " ".join(row.state for row in house.documents("outbound", type="PurchaseOrder"))


def _cases(table: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str, str]]:
    return [(state, name, end) for state, ends in table.items() for name, end in zip(OPERATIONS, ends, strict=True)]


def _check(house: House, id_: str, name: str, end: str, seen: Callable[[House], str]) -> None:
    before = seen(house)
    journal = len(journalled(house))
    why = refused(lambda: OPERATIONS[name](house.gateway.administration, id_))
    house.assert_balanced()
    if end == NO:
        assert why is not None
        assert why.endswith(".") or "`" in why
        assert (seen(house), len(journalled(house))) == (before, journal)
        return
    assert why is None
    assert len(journalled(house)) == journal + 1
    house.exhaust()
    assert seen(house) == end
    house.assert_settled()


def journalled(house: House) -> list[JournalEntry]:
    """What was done by hand, with its reason; entries that an operation brings with it aside."""
    by_hand = (Step.RETRIED, Step.REPLAYED, Step.RELEASED, Step.CANCELLED)
    with house.gateway.database.read() as session:
        found = session.scalars(select(JournalEntry).where(JournalEntry.step.in_(by_hand))).all()
    assert all((entry.actor, entry.outcome) == (BY.actor, BY.reason) for entry in found)
    return list(found)


@pytest.mark.parametrize(("state", "name", "end"), _cases(OF_DOCUMENTS))
def test_documents_received(house: House, state: str, name: str, end: str) -> None:
    _check(house, INBOUND[state](house), name, end, lambda house: " ".join(row.state for row in house.documents()))


@pytest.mark.parametrize(("state", "name", "end"), _cases(OF_FILES))
def test_files_received(house: House, state: str, name: str, end: str) -> None:
    _check(house, FILES[state](house), name, end, places)


@pytest.mark.parametrize(("state", "name", "end"), _cases(OF_ORDERS))
def test_orders_sent(house: House, state: str, name: str, end: str) -> None:
    _check(house, OUTBOUND[state](house), name, end, orders)


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_same_on_either_database(either_house: House, name: str) -> None:
    """One state of each table, the one with most to lock and to find."""
    for make, ends, seen in (
        (INBOUND["dead"], OF_DOCUMENTS["dead"], places),
        (OUTBOUND["not sent for good"], OF_ORDERS["not sent for good"], orders),
    ):
        _check(either_house, make(either_house), name, dict(zip(OPERATIONS, ends, strict=True))[name], seen)


def test_the_tables_name_every_state_there_is() -> None:
    inbound_states = {state.split(" ")[0] for state in INBOUND} - {"refused"}
    assert inbound_states == {state.value for state in DocumentState} - {"cancelled"}
    assert INBOUND.keys() == OF_DOCUMENTS.keys()
    assert FILES.keys() == OF_FILES.keys()
    assert OUTBOUND.keys() == OF_ORDERS.keys()


@pytest.mark.parametrize("make", [INBOUND["dead"], FILES["dead"], OUTBOUND["sent"], OUTBOUND["not sent for good"]])
@pytest.mark.parametrize("name", ["retry", "redeliver"])
def test_nothing_is_tried_again_while_its_partner_is_suspended(
    house: House, make: Callable[[House], str], name: str
) -> None:
    id_ = make(house)
    house.amend("acme", ("status: active", "status: suspended"))
    why = refused(lambda: OPERATIONS[name](house.gateway.administration, id_))
    assert why is not None
    assert why.startswith("acme is suspended: set status: active in partners/acme.yaml")
    assert journalled(house) == []


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_does_not_exist(house: House, name: str) -> None:
    with pytest.raises(NotFound, match="no document, file or transmission x"):
        OPERATIONS[name](house.gateway.administration, "x")


@pytest.mark.parametrize("reason", ["", " \t"])
def test_a_reason_is_required(reason: str) -> None:
    with pytest.raises(Misconfigured, match="--reason"):
        Instruction("anna", reason)


class TestControlNumbers:
    def test_are_set_and_shown(self, house: House) -> None:
        house.send_order()
        administration = house.gateway.administration
        assert administration.set_control_number("acme", Kind.INTERCHANGE, 500, BY) == 2
        [shown] = administration.control_numbers("acme")
        assert shown.next == {Kind.INTERCHANGE: 500, Kind.GROUP: 2, Kind.SET: 2}
        assert b"*000000500*" in house.send_order("4500124")

    def test_do_not_go_back_unless_that_is_said(self, house: House) -> None:
        house.send_order()
        administration = house.gateway.administration
        why = refused(lambda: administration.set_control_number("acme", Kind.GROUP, 1, BY))
        assert why is not None
        assert "--back" in why
        assert administration.set_control_number("acme", Kind.GROUP, 1, BY, back=True) == 2

    def test_of_nobody(self, house: House) -> None:
        with pytest.raises(NotFound, match="no partner nobody"):
            house.gateway.administration.control_numbers("nobody")

    def test_leave_a_trace(self, house: House) -> None:
        house.gateway.administration.set_control_number("acme", Kind.SET, 7, BY)
        with house.gateway.database.read() as session:
            [entry] = session.scalars(select(JournalEntry).where(JournalEntry.step == Step.RENUMBERED))
        assert (entry.actor, entry.outcome, entry.partner) == ("anna", BY.reason, "acme")
        assert entry.detail == {"kind": "set", "before": 1, "next": 7}


class TestDeadWork:
    @pytest.mark.parametrize("kind", [inbound.OPEN, inbound.DELIVER])
    def test_of_what_was_received_is_listed_and_replayed(self, house: House, kind: str) -> None:
        house.receive("acme", "810.edi", wrapped("810", invoice()))
        house.work(failing(kind))
        [item] = house.gateway.administration.dead(limit=10)
        assert (item.kind, item.reason) == (kind, "The folder may not be written to.")
        house.gateway.administration.replay_dead(item.item_id, BY)
        house.work()
        assert places(house) == "delivered"
        house.assert_settled()

    @pytest.mark.parametrize("kind", [outbound.BUILD, outbound.TRANSMIT])
    def test_of_what_is_sent(self, house: House, kind: str) -> None:
        house.place_order(order())
        house.gateway.delivery.pull()
        house.work(failing(kind))
        [item] = [item for item in house.gateway.administration.dead(limit=10) if item.kind == kind]
        house.gateway.administration.replay_dead(item.item_id, BY)
        house.work()
        assert orders(house) == "delivered"
        house.assert_settled()

    def test_of_a_report_to_the_erp(self, house: House) -> None:
        """No document tells of it: only its own item does."""
        house.place_order(order())
        house.gateway.delivery.pull()
        house.work(failing("report"))
        assert house.statuses() == {}
        [item] = house.gateway.administration.dead(limit=10)
        done = house.gateway.administration.replay_dead(item.item_id, BY)
        assert (done.what, done.state) == ("work item", "open")
        house.work()
        assert list(house.statuses()) == ["4500123 sent"]
        house.assert_settled()

    def test_that_is_not_dead(self, house: House) -> None:
        house.place_order(order())
        house.gateway.delivery.pull()
        house.work(failing("report"))
        [item] = house.gateway.administration.dead(limit=10)
        house.gateway.administration.replay_dead(item.item_id, BY)
        house.work()
        why = refused(lambda: house.gateway.administration.replay_dead(item.item_id, BY))
        assert why is not None
        assert "is done" in why


class Trade(RuleBasedStateMachine):
    """Whatever comes, fails and is done by hand in whatever order: nothing is lost, counted twice, or delivered twice."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.house = House(Path(self.folder.name) / "home")

    def teardown(self) -> None:
        self.house.exhaust()
        assert self.house.gateway.status().balance.places["pending"] == 0
        self.house.assert_balanced()
        delivered = [row for row in self.house.documents() if row.state == "delivered" and row.business_key]
        assert len({(row.business_key, row.revision, row.partner) for row in delivered}) == len(delivered)
        assert len(self.house.erp_out()) == len(delivered)
        self.house.close()
        self.folder.cleanup()

    @rule(number=st.integers(1, 3), control=st.integers(1, 4), good=st.booleans(), usage=st.sampled_from("TP"))
    def an_invoice_comes(self, number: int, control: int, good: bool, usage: str) -> None:
        body = invoice(f"INV{number}") if good else BAD
        self.house.receive("acme", "810.edi", wrapped("810", body, control, usage=usage))

    @rule(control=st.integers(5, 7))
    def a_file_of_several_comes(self, control: int) -> None:
        sets = [
            transaction_set("810", body, f"{n:04d}") for n, body in enumerate((invoice("INV1"), BAD, invoice("INV4")))
        ]
        self.house.receive("acme", "many.edi", interchange(group(*sets, control=control), control=control))

    @rule(number=st.integers(1, 3), good=st.booleans(), partner=st.sampled_from(["beta", "nobody"]))
    def csv_comes(self, number: int, good: bool, partner: str) -> None:
        row = csv_invoice(f"CSV{number}")
        self.house.receive(partner, "inv.csv", csv(row if good else row.replace("2026", "x")))

    @rule(number=st.integers(1, 3))
    def the_ERP_orders(self, number: int) -> None:
        self.house.place_order(order(str(number)))
        self.house.gateway.delivery.pull()

    @rule(number=st.integers(1, 4), status=st.sampled_from("AR"))
    def an_answer_comes(self, number: int, status: str) -> None:
        body = f"AK1*PO*{number}\nAK2*850*{number:04d}\nAK5*{status}\nAK9*{status}*1*1*{int(status != 'R')}"
        self.house.receive("acme", "997.edi", wrapped("997", body, 20 + number))

    @rule(usage=st.sampled_from("TP"))
    def the_profile_is_mended(self, usage: str) -> None:
        self.house.agree("acme", PROFILES["acme"].replace("usage: T", f"usage: {usage}"))

    @rule(kind=st.sampled_from([inbound.OPEN, inbound.DELIVER, outbound.BUILD, outbound.TRANSMIT]))
    def work_fails(self, kind: str) -> None:
        self.house.work(failing(kind))

    @rule()
    def work_is_done(self) -> None:
        self.house.work()

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.house.later(hours=hours)
        self.house.gateway.database.write(self.house.gateway.answers.overdue)

    @rule(data=st.data(), name=st.sampled_from(sorted(OPERATIONS)))
    def something_is_done_by_hand(self, data: st.DataObject, name: str) -> None:
        with self.house.gateway.database.read() as session:
            ids = [
                *session.scalars(select(DocumentRow.id)),
                *session.scalars(select(Receipt.id)),
                *session.scalars(select(Transmission.id)),
            ]
        if ids:
            id_ = ids[data.draw(st.integers(0, len(ids) - 1))]
            refused(lambda: OPERATIONS[name](self.house.gateway.administration, id_))

    @rule(then=st.booleans())
    def what_is_rejected_is_replayed(self, then: bool) -> None:
        profile = ProfileOf.THEN if then else ProfileOf.NOW
        for row in self.house.documents(state="rejected")[:2]:
            refused(lambda: self.house.gateway.administration.replay(row.id, BY, profile))  # noqa: B023 - called at once

    @rule()
    def dead_work_is_replayed(self) -> None:
        for item in self.house.gateway.administration.dead(limit=100):
            refused(lambda: self.house.gateway.administration.replay_dead(item.item_id, BY))  # noqa: B023 - called at once

    @invariant()
    def it_balances(self) -> None:
        balance = self.house.gateway.status().balance
        assert balance.holds, balance
        assert min(balance.places.values()) >= 0, balance


TestTrade = Trade.TestCase
TestTrade.settings = settings(max_examples=5, stateful_step_count=25)
