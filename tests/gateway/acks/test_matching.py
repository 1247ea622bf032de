"""Answers of partners to what we sent: 997 and TA1, matched with the transmission they name, and what follows for the order.

An acknowledgement of syntax never moves a business state (DESIGN §4): it moves the transmission and what the ERP is told of the way.
"""

from datetime import timedelta
from functools import partial

import pytest

from canonical.errors import Retryable
from canonical.identity import PartnerId
from gateway.outbound import TRANSMIT
from partners import control_numbers
from partners.control_numbers import Kind
from spool.queue.port import Claim
from spool.states import TransmissionState
from spool.worker import Effects, Handler

from ..house import NOON, House, group, interchange, invoice, order, transaction_set, wrapped

ACCEPTED = "AK1*PO*{number}\nAK2*850*{set}\nAK5*A\nAK9*A*1*1*1"
DETAIL = "AK3*PO1*3**8\nAK4*2*330*6*ten\nAK4*7*234*1"


@pytest.fixture
def sent(house: House) -> House:
    """A house whose order 4500123 has gone to acme under interchange 1, group 1, set 0001."""
    house.send_order("4500123")
    house.collect("acme")
    return house


def acknowledgement(
    status: str = "A", *, number: str = "1", set_: str = "0001", detail: str = "", control: int = 1
) -> bytes:
    accepted = int(status in "AE")
    lines = [
        f"AK1*PO*{number}",
        f"AK2*850*{set_}",
        *filter(None, [detail]),
        f"AK5*{status}",
        f"AK9*{status}*1*1*{accepted}",
    ]
    return wrapped("997", "\n".join(lines), control)


def ta1(status: str = "R", note: str = "006", *, number: str = "000000001", control: int = 50) -> bytes:
    return interchange(f"TA1*{number}*261121*1200*{status}*{note}", control=control, groups=0)


CASES = {
    "accepted": (acknowledgement("A"), "accepted", "delivered", "accepted", ""),
    "accepted with errors": (
        acknowledgement("E", detail=DETAIL),
        "accepted_with_errors",
        "delivered",
        "accepted",
        "PO1 at 3: element 02 code 6 (ten), element 07 code 1",
    ),
    "rejected without a reason": (acknowledgement("R"), "rejected", "rejected", "rejected", ""),
    "rejected with its reasons": (
        acknowledgement("R", detail=DETAIL),
        "rejected",
        "rejected",
        "rejected",
        "PO1 at 3: element 02 code 6 (ten), element 07 code 1",
    ),
    "rejected for a segment": (
        acknowledgement("R", detail="AK3*XYZ*5**1\nAK3*CTT*7**3"),
        "rejected",
        "rejected",
        "rejected",
        "XYZ at 5: code 1; CTT at 7: code 3",
    ),
    "rejected for authentication": (acknowledgement("M"), "rejected", "rejected", "rejected", ""),
    "the whole group without sets": (wrapped("997", "AK1*PO*1\nAK9*R*1*1*0*2"), "rejected", "rejected", "rejected", ""),
    "the whole group accepted without sets": (
        wrapped("997", "AK1*PO*1\nAK9*A*1*1*1"),
        "accepted",
        "delivered",
        "accepted",
        "",
    ),
    "numbers with leading zeros": (
        acknowledgement("A", number="000000001", set_="000000001"),
        "accepted",
        "delivered",
        "accepted",
        "",
    ),
    "interchange rejected": (
        ta1("R", "006"),
        "rejected",
        "rejected",
        "rejected",
        "The interchange was rejected with code 006.",
    ),
}


def implementation(status: str, detail: str = "") -> bytes:
    """A 999, which says the same as a 997 and where its faults belong."""
    lines = [
        "AK1*PO*1*005010",
        "AK2*850*0001",
        *filter(None, [detail]),
        f"IK5*{status}",
        f"AK9*{status}*1*1*{int(status == 'A')}",
    ]
    return interchange(group(transaction_set("999", "\n".join(lines)), version="005010X231A1"))


CASES |= {
    "accepted by a 999": (implementation("A"), "accepted", "delivered", "accepted", ""),
    "rejected by a 999": (
        implementation(
            "R", "IK3*PO1*3*PO1*8\nCTX*BEG03>4500123\nIK4*2*330*6*t\u00e9n\nCTX*SITUATIONAL TRIGGER*PO1*3**4"
        ),
        "rejected",
        "rejected",
        "rejected",
        "PO1 at 3: element 02 code 6 (t\u00e9n)",
    ),
}


@pytest.mark.parametrize(("answer", "transmission", "document", "progress", "message"), CASES.values(), ids=CASES)
def test_a_verdict(sent: House, answer: bytes, transmission: str, document: str, progress: str, message: str) -> None:
    """The transmission, the order's document, and what the ERP is told."""
    sent.take("acme", "answer.edi", answer)
    [row] = sent.transmissions("document")
    assert (row.state, row.answered_at) == (transmission, NOON)
    [ours] = sent.documents("outbound", type="PurchaseOrder")
    assert ours.state == document
    assert sent.statuses() == {"4500123 sent": "", f"4500123 {progress}": message}
    if document == "rejected":
        assert (ours.reason or "").startswith("The partner could not read it.")
        assert message in (ours.reason or "")
    sent.assert_settled()


COPIES = {
    "too long": "x" * 120,
    "control characters": "te\x01n\x1b",
    "beyond ASCII": "zehn Stück",
    "a separator": "a>b",
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_rejection_counts_whatever_bad_data_it_repeats(sent: House, copy: str) -> None:
    """AK404 is a copy of what was wrong in our order, so it may be wrong in the same way."""
    sent.take("acme", "answer.edi", acknowledgement("R", detail=f"AK3*PO1*3**8\nAK4*2*330*6*{copy}"))
    [row] = sent.transmissions("document")
    assert row.state is TransmissionState.REJECTED
    [ours] = sent.documents("outbound", type="PurchaseOrder")
    assert ours.state == "rejected"
    [answer] = sent.documents("inbound")
    assert (answer.state, {found["severity"] for found in answer.findings} - {"note", "warning"}) == (
        "delivered",
        set(),
    )
    sent.assert_settled()


@pytest.mark.parametrize("answer", [acknowledgement(), ta1("A", "000")])
def test_an_answer_is_never_answered_and_never_goes_to_the_ERP(sent: House, answer: bytes) -> None:
    sent.take("acme", "answer.edi", answer)
    assert sent.outbox("acme") == {}
    assert sent.erp_out() == []
    assert [row.state.value for row in sent.documents("inbound")] == ["delivered"]
    sent.assert_settled()


@pytest.mark.parametrize(("status", "note"), [("A", "000"), ("E", "005")])
def test_a_good_TA1_is_noted_and_the_997_is_still_waited_for(sent: House, status: str, note: str) -> None:
    sent.take("acme", "ta1.edi", ta1(status, note))
    [row] = sent.transmissions("document")
    assert (row.state, row.answered_at) == (TransmissionState.SENT, None)
    assert [entry.outcome for entry in sent.trail("4500123") if entry.step == "matched"] == [
        f"interchange {'accepted' if status == 'A' else 'accepted_with_errors'}"
    ]
    sent.take("acme", "997.edi", acknowledgement())
    assert sent.transmissions("document")[0].state is TransmissionState.ACCEPTED


UNKNOWN = {
    "another group": (acknowledgement(number="77"), "group 77 (PO), which was never sent to acme"),
    "another kind of group": (acknowledgement().replace(b"AK1*PO", b"AK1*PC"), "group 1 (PC), which was never sent"),
    "another interchange": (ta1(number="000000077"), "interchange 000000077, which was never sent to acme"),
}


@pytest.mark.parametrize(("answer", "told"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_answer_to_something_we_did_not_send_is_shown(sent: House, answer: bytes, told: str) -> None:
    sent.take("acme", "answer.edi", answer)
    [row] = sent.documents("inbound")
    assert row.state == "quarantined"
    assert told in (row.reason or "")
    assert sent.transmissions("document")[0].state is TransmissionState.SENT
    assert sent.outbox("acme") == {}
    sent.assert_settled()


def test_another_partner_cannot_answer_for_it(sent: House) -> None:
    answer = wrapped("997", ACCEPTED.format(number=1, set="0001"), sender="CARGO")
    sent.take("cargo", "997.edi", answer)
    assert sent.transmissions("document")[0].state is TransmissionState.SENT
    assert sent.documents("inbound")[0].state == "quarantined"


@pytest.mark.parametrize(
    ("first", "second", "state"), [("A", "R", "accepted"), ("R", "A", "rejected"), ("E", "R", "accepted_with_errors")]
)
def test_a_second_verdict_is_recorded_and_changes_nothing(sent: House, first: str, second: str, state: str) -> None:
    """Whom to believe is for people: the order's document, its transmission and the ERP keep to the first."""
    sent.take("acme", "a.edi", acknowledgement(first, control=1))
    before = (sent.statuses(), sent.documents("outbound", type="PurchaseOrder")[0].state)
    sent.later(hours=1)
    receipt = sent.take("acme", "b.edi", acknowledgement(second, control=2))
    [row] = sent.transmissions("document")
    assert (row.state, row.answered_at) == (state, NOON)
    assert (sent.statuses(), sent.documents("outbound", type="PurchaseOrder")[0].state) == before
    [entry] = [entry for entry in sent.trail("4500123") if entry.step == "matched" and entry.receipt_id == receipt.id]
    assert entry.detail["ignored"] == f"answered before: {state}"
    sent.assert_settled()


def test_a_TA1_that_rejects_what_a_997_accepted_changes_nothing(sent: House) -> None:
    sent.take("acme", "997.edi", acknowledgement("A"))
    sent.take("acme", "ta1.edi", ta1("R"))
    assert sent.transmissions("document")[0].state is TransmissionState.ACCEPTED
    assert sent.statuses() == {"4500123 sent": "", "4500123 accepted": ""}


def test_answers_to_several_orders_in_one_file(house: House) -> None:
    for number in ("A", "B", "C"):
        house.send_order(number)
    answers = [
        transaction_set(
            "997", f"AK1*PO*{n}\nAK2*850*{n:04d}\nAK5*{verdict}\nAK9*{verdict}*1*1*{int(verdict == 'A')}", f"{n:04d}"
        )
        for n, verdict in ((1, "A"), (2, "R"), (3, "A"))
    ]
    house.take("acme", "997.edi", interchange(group(*answers)))
    assert [row.state.value for row in house.transmissions("document")] == ["accepted", "rejected", "accepted"]
    assert set(house.statuses()) == {"A sent", "A accepted", "B sent", "B rejected", "C sent", "C accepted"}
    house.assert_settled()


def test_the_newest_transmission_counts_when_numbers_came_round(sent: House) -> None:
    """After 999,999,999 comes 1 again; a 997 answers the last one that carried it."""
    for kind in Kind:
        sent.gateway.database.write(partial(control_numbers.set_next, partner=PartnerId("acme"), kind=kind, number=1))
    sent.later(days=400)
    sent.send_order("77")
    sent.take("acme", "997.edi", acknowledgement("A"))
    assert [row.state.value for row in sent.transmissions("document")] == ["sent", "accepted"]
    assert "77 accepted" in sent.statuses()


def test_a_rejected_order_may_be_given_again(sent: House) -> None:
    sent.take("acme", "997.edi", acknowledgement("R"))
    sent.place_order(order("4500123"), name="again.json")
    sent.gateway.delivery.pull()
    sent.work()
    assert sent.answers("acme") == ["850"]
    assert [row.state.value for row in sent.documents("outbound", type="PurchaseOrder")] == ["rejected", "delivered"]


def test_an_answer_that_overtakes_our_own_note_counts(house: House) -> None:
    """The partner took the file, and answered, before we could commit that it was there."""

    def forgets(kind: str, handler: Handler) -> Handler:
        def run(claim: Claim) -> Effects:
            handler(claim)
            raise Retryable("The disk is full.")

        return run if kind == TRANSMIT else handler

    house.place_order(order("4500123"))
    house.gateway.delivery.pull()
    house.work(forgets)
    assert house.answers("acme") == ["850"]
    assert house.transmissions("document")[0].state is TransmissionState.READY
    house.take("acme", "997.edi", acknowledgement("A"))
    house.later(hours=1)
    house.work()
    assert house.transmissions("document")[0].state is TransmissionState.ACCEPTED
    assert house.documents("outbound", type="PurchaseOrder")[0].state == "delivered"
    assert "4500123 accepted" in house.statuses()
    house.assert_settled()


class TestOverdue:
    def overdue(self, house: House) -> int:
        marked = house.gateway.database.write(house.gateway.answers.overdue)
        house.work()
        return marked

    def test_is_what_was_not_answered_in_the_agreed_hours(self, sent: House) -> None:
        sent.later(hours=24)
        assert self.overdue(sent) == 0
        sent.later(seconds=1)
        assert self.overdue(sent) == 1
        [row] = sent.transmissions("document")
        assert (row.state, row.reason) == (TransmissionState.OVERDUE, "No acknowledgement came in time.")
        assert row.answer_due_at == NOON + timedelta(hours=24)
        assert sent.statuses()["4500123 overdue"] == "No acknowledgement came in time."
        assert [entry.step for entry in sent.trail("4500123")][-1] == "overdue"

    def test_is_told_once(self, sent: House) -> None:
        sent.later(hours=25)
        assert (self.overdue(sent), self.overdue(sent)) == (1, 0)

    @pytest.mark.parametrize(("status", "state"), [("A", "accepted"), ("R", "rejected")])
    def test_is_over_when_the_answer_comes_late(self, sent: House, status: str, state: str) -> None:
        sent.later(hours=25)
        self.overdue(sent)
        sent.take("acme", "997.edi", acknowledgement(status))
        assert sent.transmissions("document")[0].state == state
        assert set(sent.statuses()) == {"4500123 sent", "4500123 overdue", f"4500123 {state}"}

    def test_counts_from_the_sending_not_from_the_order(self, house: House) -> None:
        house.place_order(order())
        house.gateway.delivery.pull()
        house.later(hours=30)
        house.work()
        assert self.overdue(house) == 0

    def test_is_also_what_was_collected(self, sent: House) -> None:
        [row] = sent.transmissions("document")
        sent.gateway.reception.front.collected(PartnerId("acme"), row.filename, "downloaded")
        sent.later(hours=25)
        assert self.overdue(sent) == 1

    def test_never_is_what_a_partner_does_not_acknowledge(self, house: House) -> None:
        house.amend("acme", ("acknowledge_within: 24", "acknowledge_within: never"))
        house.send_order()
        house.later(days=400)
        assert self.overdue(house) == 0

    def test_never_are_our_own_answers(self, house: House) -> None:
        house.take("acme", "810.edi", wrapped("810", invoice()))
        house.take("beta", "empty.csv", b"")
        house.later(days=400)
        assert self.overdue(house) == 0
