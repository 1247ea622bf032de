"""The balance (DESIGN §1.6): received = delivered + rejected + duplicate + quarantined + dead + pending, at every moment."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import delete

from canonical.errors import Misconfigured, Retryable
from gateway import inbound
from gateway.balance import PLACES
from spool.documents import DocumentOrder, DocumentRow
from spool.queue.port import Claim
from spool.worker import Effects, Handler

from .house import (
    BAD_INVOICE,
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
from .house import house as open_house


def test_an_empty_gateway_balances(house: House) -> None:
    balance = house.gateway.status().balance
    assert (balance.files, balance.received, balance.holds) == (0, 0, True)
    assert balance.places == dict.fromkeys(PLACES, 0)


def test_a_file_counts_as_one_until_it_is_opened_and_then_as_its_documents(house: House) -> None:
    sets = [transaction_set("810", invoice(f"INV{n}"), f"{n:04d}") for n in range(1, 4)]
    house.receive("acme", "three.edi", interchange(group(*sets)))
    before = house.gateway.status().balance
    house.work()
    after = house.gateway.status().balance
    assert (before.files, before.received, before.places["pending"]) == (1, 1, 1)
    assert (after.files, after.received, after.places["delivered"]) == (1, 3, 3)


def test_what_goes_out_is_not_counted(house: House) -> None:
    house.send_order()
    assert house.gateway.status().balance.received == 0


def test_a_document_that_vanished_is_noticed(house: House) -> None:
    """The two sides are counted from different rows, so that a loss shows."""
    house.take("acme", "810.edi", wrapped("810", invoice()))
    house.assert_balanced()
    house.gateway.database.write(lambda session: session.execute(delete(DocumentOrder)))
    house.gateway.database.write(
        lambda session: session.execute(delete(DocumentRow).where(DocumentRow.direction == "inbound"))
    )
    balance = house.gateway.status().balance
    assert (balance.received, balance.holds) == (1, False)
    assert house.gateway.status().as_json()["balance"]["holds"] is False


class Trade(RuleBasedStateMachine):
    """Whatever happens in whatever order, nothing is lost and nothing is counted twice."""

    kind = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.house = self.stack.enter_context(open_house(Path(folder) / "home", kind=self.kind))
        self.arrived = 0

    def teardown(self) -> None:
        self.house.exhaust()
        assert self.house.gateway.status().balance.places["pending"] == 0
        self.house.assert_balanced()
        self.stack.close()

    def _receive(self, partner: str, name: str, data: bytes) -> None:
        self.house.receive(partner, name, data)
        self.arrived += 1

    @rule(number=st.integers(1, 3), control=st.integers(1, 4), good=st.booleans())
    def an_invoice_comes(self, number: int, control: int, good: bool) -> None:
        body = invoice(f"INV{number}") if good else BAD_INVOICE.format(number=f"INV{number}", order="1")
        self._receive("acme", "810.edi", wrapped("810", body, control))

    @rule(numbers=st.lists(st.integers(1, 5), min_size=1, max_size=4), control=st.integers(1, 9))
    def a_file_of_several_comes(self, numbers: list[int], control: int) -> None:
        sets = [transaction_set("810", invoice(f"INV{n}"), f"{i:04d}") for i, n in enumerate(numbers, 1)]
        self._receive("acme", "many.edi", interchange(group(*sets, control=control), control=control))

    @rule(data=st.sampled_from([b"", b"junk", wrapped("810", invoice(), 9)[:150], interchange(control=8)]))
    def something_broken_comes(self, data: bytes) -> None:
        self._receive("acme", "broken.edi", data)

    @rule(
        partner=st.sampled_from(["acme", "nobody"]), usage=st.sampled_from("TP"), sender=st.sampled_from(["ACME", "X"])
    )
    def something_odd_comes(self, partner: str, usage: str, sender: str) -> None:
        self._receive(partner, "odd.edi", wrapped("810", invoice("ODD"), 7, usage=usage, sender=sender))

    @rule(number=st.integers(1, 3), good=st.booleans())
    def csv_comes(self, number: int, good: bool) -> None:
        row = csv_invoice(f"CSV{number}")
        self._receive("beta", "inv.csv", csv(row if good else row.replace("2026", "x")))

    @rule(number=st.integers(1, 4), status=st.sampled_from("AER"))
    def an_answer_comes(self, number: int, status: str) -> None:
        body = f"AK1*PO*{number}\nAK2*850*{number:04d}\nAK5*{status}\nAK9*{status}*1*1*{int(status != 'R')}"
        self._receive("acme", "997.edi", wrapped("997", body, 20 + number))

    @rule(number=st.integers(1, 3), partner=st.sampled_from(["acme", "beta"]))
    def the_ERP_orders(self, number: int, partner: str) -> None:
        self.house.place_order(order(str(number), partner))
        self.house.gateway.delivery.pull()

    @rule()
    def the_ERP_refuses_what_it_has(self) -> None:
        for path in (self.house.gateway.home.erp / "out").glob("*.json"):
            path.rename(f"{path}.error")
        self.house.gateway.delivery.collect()

    @rule(kind=st.sampled_from([inbound.OPEN, inbound.DELIVER]), error=st.sampled_from([Retryable, Misconfigured]))
    def work_fails(self, kind: str, error: type[Exception]) -> None:
        def failing(found: str, handler: Handler) -> Handler:
            def run(_claim: Claim) -> Effects:
                raise error("The disk is full.")

            return run if found == kind else handler

        self.house.work(failing)

    @rule()
    def work_is_done(self) -> None:
        self.house.work()

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.house.later(hours=hours)
        self.house.gateway.database.write(self.house.gateway.answers.overdue)

    @rule(status=st.sampled_from(["active", "suspended"]))
    def a_partner_is_suspended_or_not(self, status: str) -> None:
        self.house.agree("acme", PROFILES["acme"].replace("status: active", f"status: {status}"))

    @invariant()
    def it_balances(self) -> None:
        balance = self.house.gateway.status().balance
        assert balance.holds, balance
        assert balance.files == self.arrived
        assert min(balance.places.values()) >= 0, balance


TestTrade = Trade.TestCase
TestTrade.settings = settings(max_examples=8, stateful_step_count=25)


class TradeOnPostgresql(Trade):
    kind = "postgresql"


TestTradeOnPostgresql = TradeOnPostgresql.TestCase
TestTradeOnPostgresql.settings = settings(max_examples=3, stateful_step_count=25)
