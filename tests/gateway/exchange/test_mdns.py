"""Where our asynchronous MDNs go: to the partner as agreed, and nowhere else, whatever a message asks for."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from canonical.errors import Retryable
from gateway.as2.answer import Outcome
from gateway.as2.terms import Receipt, ReceiptMode, Terms
from gateway.exceptions import Exceptions, SetAside
from gateway.exchange import mdns
from gateway.exchange.arrivals import ArrivalKind
from gateway.operations.instruction import Instruction
from spool.journal import JournalEntry, Step
from spool.queue.port import Claim
from spool.worker import Effects, Handler

from .partner import Spoken, partner_server
from .scene import NOON, Scene, scene
from .wire import Message, Reply, arrivals_of, judged, message, post

INSIDE = 'networks: ["127.0.0.0/8"]'


@pytest.fixture
def trade(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as made:
        yield made
        made.distributor.house.assert_balanced()


def asking(url: str) -> Callable[[Terms], Terms]:
    receipt = Receipt(ReceiptMode.ASYNCHRONOUS, signed=True, url=url)
    return lambda terms: replace(terms, sending=replace(terms.sending, receipt=receipt))


def asks(trade: Scene, url: str) -> Message:
    return message(trade.supplier, change=asking(url))


def give_up(trade: Scene) -> None:
    trade.distributor.house.exhaust()


def refused_work(trade: Scene) -> list[str]:
    """Why MDNs were given up."""
    gateway = trade.distributor.house.gateway
    with gateway.database.read() as session:
        return [item.reason for item in gateway.queue.dead_items(session) if item.kind == "mdn"]


def test_it_is_posted_to_the_partner_and_again_when_the_message_is_repeated(trade: Scene) -> None:
    with partner_server() as partner:
        sent = asks(trade, partner.url)
        replies = [post(trade.distributor.url, sent) for _ in range(2)]
        give_up(trade)
    assert [(reply.status, reply.body) for reply in replies] == [(200, b"")] * 2
    assert [posted.body for posted in partner.posted] == [partner.posted[0].body] * 2
    [first, second] = [Reply(200, posted.headers, posted.body) for posted in partner.posted]
    assert judged(trade.supplier, sent, first).outcome is Outcome.DELIVERED
    assert first.headers.get("message-id") == second.headers.get("message-id")
    trade.distributor.house.assert_settled()


def test_a_message_that_asks_for_it_only_when_it_is_repeated_has_it_posted_once(trade: Scene) -> None:
    with partner_server() as partner:
        sent = asks(trade, partner.url)
        post(trade.distributor.url, sent.with_field("Disposition-Notification-To", None))
        assert post(trade.distributor.url, sent).body == b""
        give_up(trade)
        [first] = partner.posted
        assert judged(trade.supplier, sent, Reply(200, first.headers, first.body)).outcome is Outcome.DELIVERED
        post(trade.distributor.url, sent)
        give_up(trade)
    assert [posted.body for posted in partner.posted] == [first.body] * 2
    trade.distributor.house.assert_settled()


def answered(trade: Scene) -> list[str | None]:
    """The certificates with which MDNs are told to have been signed."""
    with trade.distributor.house.gateway.database.read() as session:
        entries = session.scalars(select(JournalEntry).where(JournalEntry.step == Step.ANSWERED))
        return [entry.detail["signed_by"] for entry in entries]


def test_the_record_says_with_which_certificate_it_was_signed(trade: Scene) -> None:
    here = message(trade.supplier)
    signer = judged(trade.supplier, here, post(trade.distributor.url, here)).signed_by
    assert signer is not None
    with partner_server() as partner:
        post(trade.distributor.url, asks(trade, partner.url))
        give_up(trade)
    assert answered(trade) == [signer.fingerprint, signer.fingerprint]


def test_or_that_it_was_not(trade: Scene) -> None:
    unsigned = Receipt(ReceiptMode.SYNCHRONOUS, signed=False)
    sent = message(
        trade.supplier, change=lambda terms: replace(terms, sending=replace(terms.sending, receipt=unsigned))
    )
    assert post(trade.distributor.url, sent).status == 200
    assert answered(trade) == [None]


def test_it_is_tried_again_with_the_same_bytes_until_the_partner_takes_it(trade: Scene) -> None:
    answers = iter([Spoken(500), Spoken(503), Spoken(0), Spoken(200)])
    with partner_server(lambda _: next(answers)) as partner:
        post(trade.distributor.url, asks(trade, partner.url))
        give_up(trade)
    assert len(partner.posted) == 4
    assert len({(posted.message_id, posted.body) for posted in partner.posted}) == 1
    [arrival] = arrivals_of(trade.distributor.house, kind=ArrivalKind.MESSAGE)
    assert arrival.mdn_sent_at is not None


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:{port}/as2",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/as2",
        "http://[::1]:{port}/as2",
        "http://0x7f000001:{port}/as2",
        "http://127.0.0.1@localhost:{port}/as2",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
        "http://127.0.0.1.nip.example:{port}/as2",
        "nonsense",
    ],
)
def test_a_url_that_the_profile_does_not_allow_is_not_fetched_and_the_mdn_stays_here(trade: Scene, url: str) -> None:
    with partner_server() as trap:
        sent = asks(trade, url.format(port=trap.url.split(":")[2].split("/")[0]))
        reply = post(trade.distributor.url, sent)
        give_up(trade)
    assert judged(trade.supplier, sent, reply).outcome is Outcome.DELIVERED
    assert trap.posted == []
    [arrival] = arrivals_of(trade.distributor.house, kind=ArrivalKind.MESSAGE)
    assert arrival.mdn_url is None
    assert arrival.why is not None
    assert "URL for the MDN" in arrival.why


def test_an_address_inside_is_not_fetched_although_its_name_is_allowed(trade: Scene) -> None:
    trade.distributor.house.amend("acme", (INSIDE, "networks: []"))
    with partner_server() as trap:
        post(trade.distributor.url, asks(trade, trap.url))
        give_up(trade)
    assert trap.posted == []
    [why] = refused_work(trade)
    assert "no address of the public internet" in why
    with trade.distributor.house.gateway.database.read() as session:
        told = session.scalars(select(JournalEntry).where(JournalEntry.step == Step.DEAD)).all()
    assert [(entry.partner, entry.outcome, entry.receipt_id is not None) for entry in told] == [("acme", why, True)]


def test_what_was_given_up_waits_for_somebody_and_is_posted_once_it_is_mended(trade: Scene) -> None:
    house = trade.distributor.house
    answers = iter([Spoken(404), Spoken(200)])
    with partner_server(lambda _: next(answers)) as partner:
        post(trade.distributor.url, asks(trade, partner.url))
        give_up(trade)
        [waiting] = set_aside(trade)
        [arrival] = arrivals_of(house, kind=ArrivalKind.MESSAGE)
        assert (waiting.kind, waiting.id, waiting.partner) == ("MDN not posted", arrival.id, "acme")
        [item] = house.gateway.administration.dead(limit=10)
        assert f"tally dead replay {item.item_id}" in waiting.why
        house.gateway.administration.replay_dead(item.item_id, Instruction("anna", "The path was wrong."))
        house.work()
    assert len(partner.posted) == 2
    assert set_aside(trade) == []
    house.assert_settled()


def set_aside(trade: Scene) -> list[SetAside]:
    """What waits for somebody at the distributor, of this partner and of nobody else."""
    with trade.distributor.house.gateway.database.read() as session:
        assert list(Exceptions(partner="nobody").set_aside(session)) == []
        assert list(Exceptions(since=NOON + timedelta(days=9)).set_aside(session)) == []
        return list(Exceptions(partner="acme").set_aside(session))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(trade: Scene, status: int) -> None:
    with partner_server() as trap, partner_server(lambda _: Spoken(status, (("Location", trap.url),))) as partner:
        post(trade.distributor.url, asks(trade, partner.url))
        give_up(trade)
    assert len(partner.posted) == 1
    assert trap.posted == []
    [why] = refused_work(trade)
    assert str(status) in why


def test_a_name_that_leads_elsewhere_after_it_was_checked_is_not_followed(
    trade: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address that was checked is the one that is connected to: what the name says when it is asked again does not matter."""
    house = trade.distributor.house
    house.amend("acme", (INSIDE, 'networks: ["127.0.0.1/32"]\n  mdn_hosts: [rebinding.example]'))
    addresses = iter(["127.0.0.1"])

    def rebinding(host: str, port: int, *rest: object, **named: object) -> list[object]:
        address = next(addresses, "127.0.0.2") if host == "rebinding.example" else host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    with partner_server() as partner:
        port = int(partner.url.split(":")[2].split("/")[0])
        with partner_server(host="127.0.0.2", port=port) as trap:
            for _ in range(2):
                post(trade.distributor.url, asks(trade, f"http://rebinding.example:{port}/as2"))
            monkeypatch.setattr(socket, "getaddrinfo", rebinding)
            house.work()
            monkeypatch.undo()
    assert len(partner.posted) in (1, 2)
    assert trap.posted == []


def test_an_error_is_told_where_the_mdn_of_a_success_would_go(trade: Scene) -> None:
    with partner_server() as partner:
        damaged = asks(trade, partner.url)
        reply = post(trade.distributor.url, replace(damaged, body=damaged.body[:-40]))
        give_up(trade)
    assert (reply.status, reply.body) == (200, b"")
    [posted] = partner.posted
    told = Reply(200, posted.headers, posted.body)
    assert told.disposition == "processed/error: decryption-failed"
    assert judged(trade.supplier, damaged, told).outcome is Outcome.REFUSED


def twice(handler: Handler) -> Handler:
    """The step runs a second time after its first effects were worked out, as after a crash."""

    def run(claim: Claim) -> Effects:
        handler(claim)
        return handler(claim)

    return run


def _failing_once(handler: Handler) -> Handler:
    """Its effects fail in the transaction that would keep them; what it posted is posted."""
    failed: list[str] = []

    def run(claim: Claim) -> Effects:
        effects = handler(claim)

        def fail(session: Session) -> None:
            effects(session)
            if not failed:
                failed.append(claim.item_id)
                raise Retryable("The disk is full.")

        return fail

    return run


@pytest.mark.parametrize("trouble", [twice, _failing_once], ids=["run twice", "effects lost"])
def test_the_step_may_run_again_and_posts_the_same_bytes(trade: Scene, trouble: Callable[[Handler], Handler]) -> None:
    with partner_server() as partner:
        post(trade.distributor.url, asks(trade, partner.url))
        troubled: dict[str, Handler] = {}

        def wrap(kind: str, handler: Handler) -> Handler:
            return troubled.setdefault(kind, trouble(handler)) if kind == mdns.ANSWER else handler

        trade.distributor.house.exhaust(wrap)
    assert [posted.body for posted in partner.posted] == [partner.posted[0].body] * 2
    [sent_at] = [arrival.mdn_sent_at for arrival in arrivals_of(trade.distributor.house) if arrival.mdn_url]
    assert sent_at is not None
    trade.distributor.house.assert_settled()
