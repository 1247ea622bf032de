"""What comes back for messages of ours, from the partner and from others: each kind has its own outcome, and only a proof counts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.as2 import answer
from gateway.as2.disposition import PROCESSED, Disposition, Reason, Weight, refused
from gateway.as2.mdn import Facts, Mdn, Signing, write_mdn
from gateway.as2.quirks import STANDARD
from gateway.as2.receive import Received
from gateway.exchange.arrivals import Arrival, ArrivalKind
from gateway.exchange.sendings import Sending
from gateway.operations.instruction import Instruction
from partners.certificates import Use
from spool.documents import DocumentRow
from spool.states import DocumentState, MessageState, TransmissionState
from spool.transmissions import Transmission
from tests.gateway.as2.keys import own
from tests.gateway.house import House, order

from .partner import PartnerServer, Posted, Spoken, opened, partner_server, spoken
from .scene import PROFILE, Scene, scene
from .test_exchange import sendings_of
from .test_mdns import twice
from .wire import Named, arrivals_of, post_raw, terms_of

SUPPLIER = "the supplier, with its own key"
BY = Instruction("asked for by the tests", "tests")


@dataclass
class Stage:
    """The distributor sends to a server that does as it is told; the supplier's keys are those that the MDNs are signed with."""

    trade: Scene
    partner: PartnerServer

    @property
    def house(self) -> House:
        return self.trade.distributor.house

    def place(self, number: str = "4500123") -> None:
        self.house.place_order(order(number))
        self.house.gateway.delivery.pull()
        self.house.work()

    def received(self, posted: Posted) -> Received:
        found = opened(self.trade.supplier, posted)
        assert isinstance(found, Received), found
        return found

    def mdn(self, posted: Posted, *, signed_by: str | None = SUPPLIER, **changed: Any) -> Mdn:
        """The MDN for what was posted, with some of what it says changed; unsigned where nobody signs it."""
        received, terms = self.received(posted), terms_of(self.trade.supplier)
        facts = Facts(
            sender=received.sender,
            recipient=received.recipient,
            original_message_id=posted.message_id,
            disposition=PROCESSED,
            text="Received.",
            mic=received.mic.written(),
        )
        signing = None
        if signed_by is not None:
            key = terms.own_keys[0].key if signed_by is SUPPLIER else own(signed_by)
            signing = Signing(key, received.mic.digest, terms.sending.scheme)
        return write_mdn(
            replace(facts, **changed),
            signing,
            url=self.trade.distributor.url if posted.headers.get("receipt-delivery-option") else None,
            quirks=STANDARD,
            now=self.house.clock.now(),
            fresh=Named(),
        )

    def deliver(self, mdn: Mdn) -> int:
        """Post an MDN to the distributor on a connection of its own; the status."""
        return post_raw(self.trade.distributor.url, mdn.headers.pairs, mdn.body).status

    # What became of it

    @property
    def sending(self) -> Sending:
        return sendings_of(self.house)[-1]

    @property
    def transmission(self) -> Transmission:
        return self.house.transmissions("document")[-1]

    @property
    def document(self) -> DocumentRow:
        return self.house.documents("outbound")[-1]

    @property
    def states(self) -> tuple[MessageState, TransmissionState, DocumentState]:
        return self.sending.state, self.transmission.state, self.document.state

    @property
    def mdns(self) -> list[Arrival]:
        return arrivals_of(self.house, kind=ArrivalKind.MDN)

    @property
    def outcomes(self) -> list[str]:
        return [arrival.outcome for arrival in self.mdns]


Answer = Callable[[Stage, Posted], Spoken]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """The order's MDN comes on the same connection."""
    yield from staged(tmp_path, "")


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Stage]:
    """The order's MDN comes on a connection of its own, when a test posts it."""
    yield from staged(tmp_path, "  mdn_delivery: asynchronous\n")


def staged(root: Path, as2: str) -> Iterator[Stage]:
    with scene(root, as2) as trade, partner_server() as partner:
        trade.distributor.house.amend("acme", (trade.supplier.url, partner.url))
        yield Stage(trade, partner)
        trade.distributor.house.assert_balanced()


def wrapped_in_another(mdn: Mdn) -> Spoken:
    """A signed MDN carried inside a multipart, beside a report that nobody signed."""
    inside = f"Content-Type: {mdn.headers.get('content-type')}\r\n\r\n".encode() + mdn.body
    body = b"--outer\r\n" + inside + b"\r\n--outer\r\nContent-Type: text/plain\r\n\r\nRead the first.\r\n--outer--\r\n"
    pairs = tuple(pair for pair in mdn.headers.pairs if pair[0].lower() != "content-type")
    return Spoken(200, (*pairs, ("Content-Type", 'multipart/mixed; boundary="outer"')), body)


def tampered(mdn: Mdn) -> Mdn:
    """A genuine MDN of the partner's, changed on its way."""
    assert b"Received." in mdn.body
    return replace(mdn, body=mdn.body.replace(b"Received.", b"Accepted."))


def of(**changed: Any) -> Answer:
    return lambda stage, posted: spoken(stage.mdn(posted, **changed))


WORTHLESS: dict[str, tuple[Answer, MessageState]] = {
    "forged": (lambda stage, posted: spoken(tampered(stage.mdn(posted))), MessageState.UNPROVEN),
    "unsigned": (of(signed_by=None), MessageState.UNPROVEN),
    "mic-missing": (of(mic=None), MessageState.UNPROVEN),
    "mic-differs": (of(mic="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=, sha256"), MessageState.UNPROVEN),
    "wrapped": (lambda stage, posted: wrapped_in_another(stage.mdn(posted)), MessageState.UNPROVEN),
    "malformed": (
        lambda _stage, _posted: Spoken(200, (("Content-Type", "text/html"),), b"<p>Thank you!</p>"),
        MessageState.UNPROVEN,
    ),
    "unknown-message": (of(original_message_id="<never-sent@tests.example>"), MessageState.BUILT),
    "refused": (of(disposition=refused(Reason.AUTHENTICATION_FAILED), mic=None), MessageState.DECLINED),
}


@pytest.mark.parametrize(
    ("outcome", "answer", "state"), [(name, *row) for name, row in WORTHLESS.items()], ids=WORTHLESS
)
def test_an_answer_that_proves_nothing_is_no_delivery(
    stage: Stage, outcome: str, answer: Answer, state: MessageState
) -> None:
    stage.partner.script = lambda posted: answer(stage, posted)
    stage.place()
    assert stage.outcomes == [outcome]
    assert stage.states == (state, TransmissionState.FAILED, DocumentState.DEAD)
    assert len(stage.partner.posted) == 1
    [kept] = stage.mdns
    assert kept.why


def test_an_answer_that_no_reader_foresaw_is_kept_and_proves_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise IndexError("beyond all that was thought of")

    stage.partner.script = lambda posted: spoken(stage.mdn(posted))
    with monkeypatch.context() as failing:
        failing.setattr(answer, "read_report", fail)
        stage.place()
    assert stage.states == (MessageState.UNPROVEN, TransmissionState.FAILED, DocumentState.DEAD)
    [kept] = stage.mdns
    assert (kept.outcome, kept.sending) == ("malformed", stage.sending.id)
    assert "nobody foresaw: IndexError" in (kept.why or "")


def test_what_is_kept_of_an_answer_is_short_whatever_it_says(stage: Stage) -> None:
    said = Disposition(weight=Weight.ERROR, text="A" * 50_000)
    stage.partner.script = lambda posted: spoken(stage.mdn(posted, disposition=said, mic="A" * 50_000))
    stage.place()
    [kept] = stage.mdns
    assert max(map(len, (kept.why or "", kept.disposition or "", kept.mic or "", stage.document.reason or ""))) < 1000


def test_an_answer_with_a_continuation_of_any_number_is_kept_and_proves_nothing(stage: Stage) -> None:
    fields = (("Content-Type", "multipart/signed; boundary=x; n*" + "9" * 4400 + "=x"),)
    stage.partner.script = lambda _posted: Spoken(200, fields, b"--x--")
    stage.place()
    assert stage.outcomes == ["malformed"]
    assert stage.sending.state is MessageState.UNPROVEN


def test_a_signature_by_a_key_that_is_not_the_partners_proves_nothing(stage: Stage) -> None:
    stage.partner.script = lambda posted: spoken(stage.mdn(posted, signed_by="a stranger"))
    stage.place()
    assert stage.outcomes[0] == "unpinned"
    assert stage.states == (MessageState.UNPROVEN, TransmissionState.FAILED, DocumentState.DEAD)


def test_what_proves_it_is_a_delivery(stage: Stage) -> None:
    stage.partner.script = lambda posted: spoken(stage.mdn(posted))
    stage.place()
    assert stage.outcomes == ["delivered"]
    assert stage.states == (MessageState.CONFIRMED, TransmissionState.SENT, DocumentState.DELIVERED)


def test_an_old_mdn_does_not_answer_a_new_message(stage: Stage) -> None:
    """An attacker between us drops a message and answers with the MDN of an earlier one, signed and genuine."""
    answers: list[Spoken] = []

    def replayed(posted: Posted) -> Spoken:
        answers.append(spoken(stage.mdn(posted)))
        return answers[0]

    stage.partner.script = replayed
    stage.place("4500123")
    assert stage.states == (MessageState.CONFIRMED, TransmissionState.SENT, DocumentState.DELIVERED)
    stage.place("4500124")
    assert stage.states == (MessageState.BUILT, TransmissionState.FAILED, DocumentState.DEAD)
    assert "another message" in (stage.document.reason or "")


def test_after_a_refusal_a_retry_is_a_new_message(stage: Stage) -> None:
    answers = iter([refused(Reason.DECRYPTION_FAILED), PROCESSED])
    stage.partner.script = lambda posted: spoken(stage.mdn(posted, disposition=next(answers)))
    stage.place()
    assert stage.states == (MessageState.DECLINED, TransmissionState.FAILED, DocumentState.DEAD)
    stage.house.gateway.administration.retry(stage.document.id, BY)
    stage.house.work()
    assert stage.states == (MessageState.CONFIRMED, TransmissionState.SENT, DocumentState.DELIVERED)
    first, second = stage.partner.posted
    assert first.message_id != second.message_id
    assert stage.received(first).mic == stage.received(second).mic


def test_what_the_partner_confirmed_is_sent_once_more_in_a_new_message(stage: Stage) -> None:
    """The same one would be recognised by its Message-ID, and answered without being looked at."""
    stage.partner.script = lambda posted: spoken(stage.mdn(posted))
    stage.place()
    done = stage.house.gateway.administration.retry(stage.document.id, BY)
    assert "in a new message" in done.did
    stage.house.work()
    assert stage.states == (MessageState.CONFIRMED, TransmissionState.SENT, DocumentState.DELIVERED)
    first, second = stage.partner.posted
    assert first.message_id != second.message_id
    assert stage.received(first).mic == stage.received(second).mic
    assert [sending.state for sending in sendings_of(stage.house)] == [MessageState.CONFIRMED] * 2


@pytest.mark.parametrize("hours", [0, -1], ids=["clock runs", "clock was put back"])
def test_a_crash_between_the_proof_and_the_note_of_it_makes_no_further_message(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    stage.partner.script = lambda posted: spoken(stage.mdn(posted))
    stage.house.later(hours=2)
    stage.place()
    stage.house.later(hours=hours)
    stage.house.gateway.database.write(
        lambda session: stage.house.gateway.queue.clock_moved(session, timedelta(hours=hours))
    )
    # A new process does not know how far the identifiers were.
    monkeypatch.setattr(stage.house.gateway.outbound.identifiers, "_last", 0)
    stage.house.gateway.administration.retry(stage.document.id, BY)
    stage.house.work(lambda _kind, handler: twice(handler))
    assert len(stage.partner.posted) == 2
    assert len(sendings_of(stage.house)) == 2
    stage.house.assert_settled()


@pytest.mark.parametrize(("asked", "minutes"), [("600", 10), ("86400", 20)])
def test_a_partner_that_asks_to_be_left_alone_is_for_as_long_as_was_agreed(
    stage: Stage, asked: str, minutes: int
) -> None:
    stage.house.amend("acme", ("networks:", "http: {put_off: 20}\n  networks:"))
    stage.partner.script = lambda _: Spoken(503, (("Retry-After", asked),))
    stage.place()
    stage.house.later(minutes=minutes - 1)
    stage.house.work()
    assert len(stage.partner.posted) == 1
    stage.partner.script = lambda posted: spoken(stage.mdn(posted))
    stage.house.later(minutes=2)
    stage.house.work()
    assert stage.states == (MessageState.CONFIRMED, TransmissionState.SENT, DocumentState.DELIVERED)


FAILURES: dict[str, Spoken] = {
    "500": Spoken(500),
    "502 with a page": Spoken(502, (("Content-Type", "text/html"),), b"<h1>Bad Gateway</h1>"),
    "503": Spoken(503, (("Retry-After", "60"),)),
    "no answer": Spoken(0),
    "no MDN": Spoken(200),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_after_a_failure_the_same_message_is_posted_again(stage: Stage, failure: Spoken) -> None:
    def first_fails(posted: Posted) -> Spoken:
        return failure if len(stage.partner.posted) == 1 else spoken(stage.mdn(posted))

    stage.partner.script = first_fails
    stage.place()
    assert stage.states == (MessageState.BUILT, TransmissionState.READY, DocumentState.PENDING)
    stage.house.exhaust()
    assert stage.states == (MessageState.CONFIRMED, TransmissionState.SENT, DocumentState.DELIVERED)
    first, second = stage.partner.posted
    assert (first.message_id, first.body) == (second.message_id, second.body)
    assert [pair for pair in first.headers if pair[0] != "Host"] == [
        pair for pair in second.headers if pair[0] != "Host"
    ]


def test_a_partner_that_failed_gets_the_same_message_again(stage: Stage) -> None:
    answers = iter([refused(Reason.UNEXPECTED_PROCESSING_ERROR), PROCESSED])
    stage.partner.script = lambda posted: spoken(stage.mdn(posted, disposition=next(answers)))
    stage.place()
    stage.house.exhaust()
    assert stage.states == (MessageState.CONFIRMED, TransmissionState.SENT, DocumentState.DELIVERED)
    assert len({posted.message_id for posted in stage.partner.posted}) == 1
    assert stage.outcomes == ["refused", "delivered"]


# On connections of their own: anybody may post there.

ANYBODYS: dict[str, dict[str, Any]] = {
    "unsigned": {"signed_by": None},
    "unknown-message": {"original_message_id": "<never-sent@tests.example>"},
}


@pytest.mark.parametrize(("outcome", "changed"), ANYBODYS.items(), ids=ANYBODYS)
@pytest.mark.parametrize("disposition", [PROCESSED, refused(Reason.AUTHENTICATION_FAILED)], ids=["good", "bad"])
def test_what_anybody_may_have_posted_is_recorded_and_moves_nothing(
    waiting: Stage, outcome: str, changed: dict[str, Any], disposition: object
) -> None:
    waiting.place()
    before = waiting.states
    assert before == (MessageState.SENT, TransmissionState.SENT, DocumentState.DELIVERED)
    [posted] = waiting.partner.posted
    assert waiting.deliver(waiting.mdn(posted, disposition=disposition, **changed)) == 200
    assert (waiting.outcomes, waiting.states) == ([outcome], before)
    assert waiting.deliver(waiting.mdn(posted)) == 200
    assert waiting.outcomes == [outcome, "delivered"]
    assert waiting.states == (MessageState.CONFIRMED, TransmissionState.SENT, DocumentState.DELIVERED)


FORGERIES: dict[str, tuple[Callable[[Stage, Posted], Mdn], str]] = {
    "tampered with": (lambda stage, posted: tampered(stage.mdn(posted)), "forged"),
    "signed by a stranger": (lambda stage, posted: stage.mdn(posted, signed_by="a stranger"), "unpinned"),
}


@pytest.mark.parametrize(("forgery", "outcome"), FORGERIES.values(), ids=FORGERIES)
def test_a_forgery_does_not_keep_the_genuine_mdn_from_counting(
    waiting: Stage, forgery: Callable[[Stage, Posted], Mdn], outcome: str
) -> None:
    waiting.place()
    before = waiting.states
    [posted] = waiting.partner.posted
    assert waiting.deliver(forgery(waiting, posted)) == 200
    assert waiting.outcomes == [outcome]
    assert waiting.states == before
    waiting.deliver(waiting.mdn(posted))
    assert waiting.states == (MessageState.CONFIRMED, TransmissionState.SENT, DocumentState.DELIVERED)


SIGNED: dict[str, tuple[dict[str, Any], tuple[MessageState, TransmissionState, DocumentState]]] = {
    "mic-missing": ({"mic": None}, (MessageState.UNPROVEN, TransmissionState.FAILED, DocumentState.DELIVERED)),
    "mic-differs": (
        {"mic": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=, sha256"},
        (MessageState.UNPROVEN, TransmissionState.FAILED, DocumentState.DELIVERED),
    ),
    "refused": (
        {"disposition": refused(Reason.DECRYPTION_FAILED), "mic": None},
        (MessageState.DECLINED, TransmissionState.FAILED, DocumentState.REJECTED),
    ),
}


@pytest.mark.parametrize(("outcome", "changed", "states"), [(name, *row) for name, row in SIGNED.items()], ids=SIGNED)
def test_what_the_partner_signed_counts(
    waiting: Stage,
    outcome: str,
    changed: dict[str, Any],
    states: tuple[MessageState, TransmissionState, DocumentState],
) -> None:
    waiting.place()
    [posted] = waiting.partner.posted
    waiting.deliver(waiting.mdn(posted, **changed))
    assert (waiting.outcomes, waiting.states) == ([outcome], states)


def test_the_first_proof_counts_and_is_not_taken_back(waiting: Stage) -> None:
    waiting.place()
    [posted] = waiting.partner.posted
    good = waiting.mdn(posted)
    for mdn in (good, good, waiting.mdn(posted, disposition=refused(Reason.DECRYPTION_FAILED), mic=None)):
        assert waiting.deliver(mdn) == 200
    assert waiting.outcomes == ["delivered", "delivered", "refused"]
    assert waiting.states == (MessageState.CONFIRMED, TransmissionState.SENT, DocumentState.DELIVERED)


def test_a_late_mdn_is_still_a_proof(waiting: Stage) -> None:
    waiting.place()
    gateway = waiting.house.gateway
    waiting.house.clock.time += timedelta(hours=5)
    assert gateway.database.write(gateway.exchange.proofs.overdue) == 1
    assert waiting.sending.state is MessageState.OVERDUE
    waiting.deliver(waiting.mdn(waiting.partner.posted[0]))
    assert waiting.states == (MessageState.CONFIRMED, TransmissionState.SENT, DocumentState.DELIVERED)
    told = [entry for entry in waiting.house.trail("4500123") if entry.step == "confirmed"]
    assert len(told) == 1


def test_one_partners_mdn_proves_nothing_of_anothers_message(waiting: Stage) -> None:
    house = waiting.house
    other = PROFILE.format(
        partner="other",
        us="OURCOMPANY",
        them="OTHER",
        url=waiting.partner.url,
        as2="  mdn_delivery: asynchronous",
        send="850",
        receive="855",
    )
    house.agree("other", other)
    house.gateway.custody.take(
        "other", own("other").certificate, use=Use.BOTH, begins=None, keep_previous=timedelta(days=1), by="tests"
    )
    house.place_order(order("4500200", partner="other"))
    house.gateway.delivery.pull()
    house.work()
    [posted] = waiting.partner.posted
    facts = Facts("OURCOMPANY", "ACME", posted.message_id, PROCESSED, "Received.", waiting.sending.mic)
    terms = terms_of(waiting.trade.supplier)
    signing = Signing(terms.own_keys[0].key, terms.sending.digest, terms.sending.scheme)
    mdn = write_mdn(
        facts, signing, url=waiting.trade.distributor.url, quirks=STANDARD, now=house.clock.now(), fresh=Named()
    )
    assert waiting.deliver(mdn) == 200
    assert waiting.outcomes == ["unknown-message"]
    assert waiting.states == (MessageState.SENT, TransmissionState.SENT, DocumentState.DELIVERED)
