"""What proves nothing is kept up to a bound, also where it bears a partner's name, and beyond that it is answered and counted."""

import base64
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from gateway.as2.answer import Outcome
from gateway.as2.terms import Receipt, ReceiptMode
from gateway.exceptions import Exceptions, SetAside
from gateway.exchange import keeping
from gateway.exchange.arrivals import Arrival
from spool.blobs import INLINE_LIMIT
from tests.gateway.house import House

from .partner import partner_server
from .scene import Scene, Site, scene
from .wire import Message, Reply, arrivals_of, content, judged, message, post, post_raw

LARGE = b"x" * (4 * INLINE_LIMIT)
KEPT = 3


@pytest.fixture
def trade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(keeping, "KEPT_IN_A_DAY", KEPT)
    monkeypatch.setattr(keeping, "BYTES_IN_A_DAY", 2 * len(LARGE))
    with scene(tmp_path) as made:
        yield made
        made.distributor.house.assert_balanced()


def junk(trade: Scene, data: bytes | None = None, **changed: Any) -> Message:
    """What bears the supplier's name, and not its signature."""
    return message(
        trade.supplier,
        data,
        change=lambda terms: replace(terms, sending=replace(terms.sending, sign=False, encrypt=False, **changed)),
    )


def refused(site: Site) -> list[Arrival]:
    return [arrival for arrival in arrivals_of(site.house) if arrival.outcome == "refused"]


def counted(house: House) -> list[SetAside]:
    """What is counted, as it is seen once it was written."""
    house.gateway.exchange.proofs.refusals.write()
    with house.gateway.database.read() as session:
        found = Exceptions(limit=1000).set_aside(session)
    return [each for each in found if each.kind in ("messages not kept", "logins refused")]


def test_in_a_partners_name_so_many_are_kept_and_all_are_answered(trade: Scene) -> None:
    replies = [post(trade.distributor.url, junk(trade)) for _ in range(KEPT + 2)]
    assert {reply.disposition for reply in replies} == {"processed/error: insufficient-message-security"}
    assert len(refused(trade.distributor)) == KEPT
    [seen] = counted(trade.distributor.house)
    assert (seen.kind, seen.partner) == ("messages not kept", "acme")
    assert seen.what.startswith("2 on 2026-11-21, ")
    assert "from 127.0.0.1: The message is not encrypted" in seen.why
    post(trade.distributor.url, junk(trade))
    assert counted(trade.distributor.house)[0].what.startswith("3 on 2026-11-21, ")


def test_what_is_proven_is_taken_in_all_the_same_also_a_large_one(trade: Scene) -> None:
    for _ in range(KEPT):
        post(trade.distributor.url, junk(trade))
    data = content() + LARGE
    sent = message(trade.supplier, data)
    assert judged(trade.supplier, sent, post(trade.distributor.url, sent)).outcome is Outcome.DELIVERED
    assert [file.size for file in trade.distributor.house.receipts()] == [len(data)]


def test_no_more_than_so_many_bytes_of_them_and_nothing_of_the_others_is_on_the_disk(trade: Scene) -> None:
    blobs = trade.distributor.house.gateway.home.blobs
    for number in range(3):
        post(trade.distributor.url, junk(trade, LARGE + b"%d" % number))
    assert len(refused(trade.distributor)) == 2
    assert len([path for path in blobs.rglob("*") if path.is_file()]) == 2


def test_after_a_day_it_begins_anew(trade: Scene) -> None:
    for _ in range(KEPT + 1):
        post(trade.distributor.url, junk(trade))
    trade.distributor.house.later(hours=25)
    post(trade.distributor.url, junk(trade))
    assert len(refused(trade.distributor)) == KEPT + 1


def test_what_is_not_kept_is_answered_at_once_wherever_the_answer_was_wanted(trade: Scene) -> None:
    for _ in range(KEPT):
        post(trade.distributor.url, junk(trade))
    with partner_server() as partner:
        receipt = Receipt(ReceiptMode.ASYNCHRONOUS, signed=True, url=partner.url)
        reply = post(trade.distributor.url, junk(trade, receipt=receipt))
        trade.distributor.house.work()
        assert partner.posted == []
    assert reply.disposition == "processed/error: insufficient-message-security"


def test_mdns_about_nothing_are_bounded_too(trade: Scene) -> None:
    fields = (("AS2-From", "ACME"), ("AS2-To", "OURCOMPANY"), ("Content-Type", "message/disposition-notification"))
    body = b"Original-Message-ID: <x@y>\r\nDisposition: automatic-action/MDN-sent-automatically; processed\r\n"
    for _ in range(KEPT + 2):
        assert post_raw(trade.distributor.url, fields, body).status == 200
    assert len(arrivals_of(trade.distributor.house)) == KEPT
    [seen] = counted(trade.distributor.house)
    assert "As an MDN: The MDN is about <x@y>" in seen.why
    assert post_raw(trade.distributor.url, fields, body + b"X: " + LARGE).status == 200
    assert [path for path in trade.distributor.house.gateway.home.blobs.rglob("*") if path.is_file()] == []


def test_a_repeated_message_is_answered_with_the_stored_mdn_although_it_is_not_noted_any_more(trade: Scene) -> None:
    sent = message(trade.supplier)
    replies = [post(trade.distributor.url, sent) for _ in range(KEPT + 3)]
    assert len({reply.body for reply in replies}) == 1
    assert len(arrivals_of(trade.distributor.house)) == 1 + KEPT


def test_of_strangers_together(trade: Scene) -> None:
    replies: list[Reply] = [
        post(trade.distributor.url, junk(trade).with_field("AS2-From", f"STRANGER{n}")) for n in range(KEPT + 2)
    ]
    assert {reply.disposition for reply in replies} == {"processed/error: unknown-trading-partner"}
    assert len(arrivals_of(trade.distributor.house)) == KEPT
    [seen] = counted(trade.distributor.house)
    assert (seen.kind, seen.partner) == ("messages not kept", None)


def test_a_stranger_whose_message_is_not_even_looked_at_is_counted(trade: Scene) -> None:
    assert post(trade.distributor.url, junk(trade, LARGE).with_field("AS2-From", "STRANGER")).status == 403
    [seen] = counted(trade.distributor.house)
    assert (seen.kind, seen.partner) == ("logins refused", None)
    assert "'STRANGER', whom no profile names" in seen.why


def agree_on_a_password(house: House) -> None:
    stored = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("right")
    house.amend(
        "acme",
        ("networks:", f"http: {{partner_username: acme, partner_password_hash: '{stored}'}}\n  networks:"),
    )


def test_whoever_gives_the_wrong_password_is_counted(trade: Scene) -> None:
    house = trade.distributor.house
    agree_on_a_password(house)
    wrong = base64.b64encode(b"acme:wrong").decode()
    assert (
        post(trade.distributor.url, message(trade.supplier).with_field("Authorization", f"Basic {wrong}")).status == 401
    )
    assert post(trade.distributor.url, message(trade.supplier, LARGE)).status == 401
    [seen] = counted(house)
    assert (seen.kind, seen.partner, seen.what) == ("logins refused", "acme", "2 on 2026-11-21")
    assert "It gave no user name and password." in seen.why
    assert [path for path in house.gateway.home.blobs.rglob("*") if path.is_file()] == []


def test_what_checks_passwords_ends_with_the_server(tmp_path: Path) -> None:
    with scene(tmp_path) as made:
        agree_on_a_password(made.distributor.house)
        credentials = base64.b64encode(b"acme:right").decode()
        sent = message(made.supplier).with_field("Authorization", f"Basic {credentials}")
        assert post(made.distributor.url, sent).status == 200
        assert checking_passwords()
    assert not checking_passwords()


def checking_passwords() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("password")]
