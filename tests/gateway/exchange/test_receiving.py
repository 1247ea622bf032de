"""What partners, strangers and attackers post to us over real connections, and what is kept and answered."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from gateway import reception
from gateway.app import Gateway
from gateway.as2.answer import Outcome
from gateway.as2.cms.algorithms import Cipher, Digest
from gateway.as2.cms.policy import Policy
from gateway.as2.terms import Compression, Held, Pinned, Terms
from gateway.exceptions import Exceptions
from gateway.exchange import receiving
from gateway.exchange.doorkeeper import STRANGERS_BYTES
from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.ledger import read_anchor
from gateway.ledger.receipt_lines import receipt_lines
from gateway.listeners.http import Answer, HttpLimits
from spool.journal import JournalEntry, Step
from tests.gateway.as2.keys import own

from .scene import Scene, Site, scene
from .test_keeping import agree_on_a_password
from .wire import (
    Reply,
    arrivals_of,
    content,
    files_of,
    is_signed_by_partner,
    judged,
    kept_bytes,
    message,
    post,
    post_raw,
)

LARGEST = 20_000_000
"""Bytes a file may have."""

AUTHENTICATION_FAILED = "processed/error: authentication-failed"
DECRYPTION_FAILED = "processed/error: decryption-failed"
UNKNOWN_PARTNER = "processed/error: unknown-trading-partner"
EQUAL = "failed/failure: sender-equals-receiver"
INSUFFICIENT = "processed/error: insufficient-message-security"


@pytest.fixture(scope="module")
def trade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One scene for all tests that leave it as they found it; at the end everything received is accounted for."""
    with scene(tmp_path_factory.mktemp("trade"), settings=f"max_file_bytes = {LARGEST}\n") as made:
        yield made
        made.work()
        made.distributor.house.assert_balanced()
        made.supplier.house.assert_balanced()


@pytest.fixture
def supplier(trade: Scene) -> Site:
    return trade.supplier


@pytest.fixture
def distributor(trade: Scene) -> Site:
    return trade.distributor


def taken_in(site: Site) -> int:
    return len(files_of(site.house))


def open_work(site: Site) -> int:
    return site.house.gateway.status().queue.open


def last(site: Site) -> tuple[str, str | None]:
    """What was noted of the last post."""
    arrival = arrivals_of(site.house)[-1]
    return arrival.outcome, arrival.disposition and arrival.disposition.partition(";")[2].strip()


def trail_of(site: Site, receipt: str) -> list[Step]:
    """What the journal says became of a file."""
    with site.house.gateway.database.read() as session:
        entries = select(JournalEntry).where(JournalEntry.receipt_id == receipt).order_by(JournalEntry.id)
        return [entry.step for entry in session.scalars(entries)]


# The same message again


def test_a_repeated_message_gets_the_stored_mdn_and_is_not_taken_in_twice(supplier: Site, distributor: Site) -> None:
    sent, before = message(supplier), taken_in(distributor)
    first = post(distributor.url, sent)
    distributor.house.later(hours=1)
    again = post(distributor.url, sent)
    assert judged(supplier, sent, first).outcome is Outcome.DELIVERED
    assert (again.body, again.headers.get("content-type")) == (first.body, first.headers.get("content-type"))
    assert taken_in(distributor) == before + 1
    assert [arrival.outcome for arrival in arrivals_of(distributor.house)[-2:]] == ["received", "repeated"]


@pytest.mark.parametrize("name", ["AS2-From", "AS2-To", "Message-ID", "Content-Type", "Disposition-Notification-To"])
def test_what_says_two_things_of_itself_repeats_nothing(supplier: Site, distributor: Site, name: str) -> None:
    sent = message(supplier)
    first = post(distributor.url, sent)
    reply = post_raw(distributor.url, (*sent.headers, (name, "another")), sent.body)
    assert reply.body != first.body
    assert last(distributor) == ("refused", "processed/error: unexpected-processing-error")
    assert post(distributor.url, sent).body == first.body


def test_a_repeated_message_that_asks_for_an_mdn_only_now_gets_one_and_keeps_it(
    supplier: Site, distributor: Site
) -> None:
    sent, before = message(supplier), taken_in(distributor)
    assert post(distributor.url, sent.with_field("Disposition-Notification-To", None)).body == b""
    assert post(distributor.url, sent.with_field("Disposition-Notification-To", None)).body == b""
    replies: list[Reply] = []
    posting = [threading.Thread(target=lambda: replies.append(post(distributor.url, sent))) for _ in range(4)]
    for each in posting:
        each.start()
    for each in posting:
        each.join()
    distributor.house.later(hours=1)
    replies.append(post(distributor.url, sent))
    assert judged(supplier, sent, replies[0]).outcome is Outcome.DELIVERED
    assert len({reply.body for reply in replies}) == 1
    assert taken_in(distributor) == before + 1
    file = files_of(distributor.house)[-1]
    assert len([step for step in trail_of(distributor, file.id) if step is Step.ANSWERED]) == 1


def test_eight_connections_with_the_same_message_get_the_same_mdn(supplier: Site, distributor: Site) -> None:
    sent, before = message(supplier), taken_in(distributor)
    replies: list[Reply] = []
    posting = [threading.Thread(target=lambda: replies.append(post(distributor.url, sent))) for _ in range(8)]
    for each in posting:
        each.start()
    for each in posting:
        each.join()
    assert [reply.status for reply in replies] == [200] * 8
    assert len({reply.body for reply in replies}) == 1
    assert taken_in(distributor) == before + 1


def test_the_same_content_wrapped_anew_is_the_same_message(supplier: Site, distributor: Site) -> None:
    data = content()
    first = message(supplier, data, message_id="wrapped-anew@tests.example")
    second = message(supplier, data, message_id="wrapped-anew@tests.example")
    assert first.body != second.body
    before = taken_in(distributor)
    assert post(distributor.url, first).body == post(distributor.url, second).body
    assert taken_in(distributor) == before + 1


@pytest.mark.parametrize(
    "changed",
    [
        {"digest": Digest.SHA512},
        {"compression": Compression.BEFORE_SIGNING},
        {"compression": Compression.AFTER_SIGNING},
    ],
    ids=lambda changed: " ".join(changed),
)
def test_it_is_so_whatever_it_is_wrapped_in_and_the_mdn_is_about_that_wrapping(
    supplier: Site, distributor: Site, changed: dict[str, Any]
) -> None:
    data, name = content(), f"{next(iter(changed.values()))}@tests.example"
    first = message(supplier, data, message_id=name)
    second = message(
        supplier, data, message_id=name, change=lambda terms: replace(terms, sending=replace(terms.sending, **changed))
    )
    before = taken_in(distributor)
    post(distributor.url, first)
    again = post(distributor.url, second)
    assert judged(supplier, second, again).outcome is Outcome.DELIVERED
    assert last(distributor) == ("repeated", "processed")
    assert taken_in(distributor) == before + 1


def test_other_content_under_a_message_id_that_was_taken_is_refused_and_kept(supplier: Site, distributor: Site) -> None:
    first = message(supplier, message_id="taken@tests.example")
    other = message(supplier, message_id="taken@tests.example")
    before = taken_in(distributor)
    mdn = post(distributor.url, first)
    refused = post(distributor.url, other)
    assert is_signed_by_partner(supplier, refused)
    assert judged(supplier, other, refused).outcome is Outcome.REFUSED
    assert last(distributor) == ("refused", "processed/error: duplicate-document")
    assert kept_bytes(distributor.house, arrivals_of(distributor.house)[-1]) == other.body
    assert post(distributor.url, first).body == mdn.body
    assert taken_in(distributor) == before + 1


def test_an_order_that_is_called_like_a_test_message_is_taken_in(supplier: Site, distributor: Site) -> None:
    before = taken_in(distributor)
    post(distributor.url, message(supplier, filename="as2-test.txt"))
    assert taken_in(distributor) == before + 1


def test_a_failed_first_attempt_does_not_block_the_next(supplier: Site, distributor: Site) -> None:
    data, name = content(), "second-try@tests.example"

    def for_another(terms: Terms) -> Terms:
        return replace(terms, partner_encryption=(Pinned(own("somebody else").certificate),))

    failed = message(supplier, data, message_id=name, change=for_another)
    assert post(distributor.url, failed).disposition == DECRYPTION_FAILED
    sent, before = message(supplier, data, message_id=name), taken_in(distributor)
    assert judged(supplier, sent, post(distributor.url, sent)).outcome is Outcome.DELIVERED
    assert taken_in(distributor) == before + 1


# What a message is told from an MDN by


def test_a_file_beside_a_forwarded_receipt_is_taken_in(tmp_path: Path) -> None:
    receipt = b"Content-Type: message/rfc822\r\n\r\nSubject: our receipt\r\nContent-Type: multipart/report; boundary=r\r\n\r\nRead.\r\n"
    data = content()
    body = b"--m\r\nContent-Type: application/edi-x12\r\n\r\n" + data + b"\r\n--m\r\n" + receipt + b"\r\n--m--\r\n"
    with scene(tmp_path, "  encrypt: none\n  must_encrypt: no\n") as made:
        sent = message(made.supplier, body, content_type="multipart/mixed; boundary=m")
        assert b"Content-Type: multipart/report" in sent.body
        reply = post(made.distributor.url, sent)
        assert judged(made.supplier, sent, reply).outcome is Outcome.DELIVERED
        assert len(data) in {file.size for file in files_of(made.distributor.house)}
        assert taken_in(made.distributor) == 2


# What policy and pinned certificates do not allow


def sending(**changed: object) -> Callable[[Terms], Terms]:
    return lambda terms: replace(terms, sending=replace(terms.sending, **changed), policy=_ANYTHING)  # type: ignore[arg-type]


def signed_by(name: str) -> Callable[[Terms], Terms]:
    return lambda terms: replace(terms, own_keys=(Held(own(name)),))


_ANYTHING = Policy(digests=frozenset(Digest), ciphers=frozenset(Cipher), minimum_rsa_bits=512)

REFUSED = {
    "unsigned": (sending(sign=False), DECRYPTION_FAILED),
    "unsigned, by GCM": (sending(sign=False, cipher=Cipher.AES_256_GCM), INSUFFICIENT),
    "unencrypted": (sending(encrypt=False), INSUFFICIENT),
    "neither": (sending(sign=False, encrypt=False), INSUFFICIENT),
    "sha1": (sending(digest=Digest.SHA1), DECRYPTION_FAILED),
    "sha1, by GCM": (sending(digest=Digest.SHA1, cipher=Cipher.AES_256_GCM), INSUFFICIENT),
    "3des": (sending(cipher=Cipher.TRIPLE_DES_CBC), INSUFFICIENT),
    "unpinned": (signed_by("a stranger"), DECRYPTION_FAILED),
    "unpinned, by GCM": (
        lambda terms: signed_by("a stranger")(sending(cipher=Cipher.AES_256_GCM)(terms)),
        AUTHENTICATION_FAILED,
    ),
}


@pytest.mark.parametrize(("change", "disposition"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_as_agreed_is_refused_with_a_signed_mdn_and_kept(
    supplier: Site, distributor: Site, change: Callable[[Terms], Terms], disposition: str
) -> None:
    sent, before = message(supplier, change=change), taken_in(distributor)
    reply = post(distributor.url, sent)
    assert is_signed_by_partner(supplier, reply)
    assert reply.disposition == disposition
    assert reply.report.original_message_id == f"<{sent.message_id}>"
    assert kept_bytes(distributor.house, arrivals_of(distributor.house)[-1]) == sent.body
    assert taken_in(distributor) == before


@pytest.mark.parametrize("place", [40, -300, -1], ids=["envelope", "ciphertext", "padding"])
def test_damage_of_the_ciphertext_shows_in_one_way(supplier: Site, distributor: Site, place: int) -> None:
    sent = message(supplier)
    damaged = bytearray(sent.body)
    damaged[place] ^= 1
    reply = post(distributor.url, replace(sent, body=bytes(damaged)))
    assert reply.disposition == DECRYPTION_FAILED
    assert last(distributor) == ("refused", DECRYPTION_FAILED)


# Strangers

STRANGE = {
    "unknown": ("AS2-From", "NOBODY"),
    "other case": ("AS2-From", "acme"),
    "other recipient": ("AS2-To", "SOMEBODYELSE"),
    "missing": ("AS2-From", None),
    "no recipient": ("AS2-To", None),
    "empty": ("AS2-From", '""'),
    "too long": ("AS2-From", "A" * 129),
    "equal": ("AS2-To", "ACME"),
}


@pytest.mark.parametrize(("name", "value"), STRANGE.values(), ids=STRANGE)
def test_a_stranger_gets_an_unsigned_error_on_the_same_connection(
    supplier: Site, distributor: Site, name: str, value: str | None
) -> None:
    sent = message(supplier, b"short").with_field(name, value)
    sent = sent.with_field("Receipt-Delivery-Option", "http://127.0.0.1:1/anywhere")
    before = taken_in(distributor), open_work(distributor)
    reply = post(distributor.url, sent)
    assert not reply.is_signed
    assert reply.disposition in (UNKNOWN_PARTNER, EQUAL)
    arrival = arrivals_of(distributor.house)[-1]
    assert (arrival.outcome, arrival.partner, arrival.mdn_url) == ("refused", None, None)
    assert kept_bytes(distributor.house, arrival) == sent.body
    assert (taken_in(distributor), open_work(distributor)) == before


def test_a_quoted_name_is_the_same_name(supplier: Site, distributor: Site) -> None:
    sent = message(supplier).with_field("AS2-From", '"ACME"')
    assert judged(supplier, sent, post(distributor.url, sent)).outcome is Outcome.DELIVERED


@pytest.mark.parametrize("value", [None, "<>", " "], ids=["missing", "empty", "blank"])
def test_without_a_message_id_there_is_an_error_and_nothing_is_taken_in(
    supplier: Site, distributor: Site, value: str | None
) -> None:
    before = taken_in(distributor)
    reply = post(distributor.url, message(supplier).with_field("Message-ID", value))
    assert reply.disposition.startswith("processed/error: ")
    assert last(distributor)[0] == "refused"
    assert taken_in(distributor) == before


@pytest.mark.parametrize(
    "framing",
    [("Content-Length", str(STRANGERS_BYTES + 1)), ("Transfer-Encoding", "chunked")],
    ids=["long", "of unknown length"],
)
def test_a_large_body_of_a_stranger_is_refused_before_it_comes(distributor: Site, framing: tuple[str, str]) -> None:
    before = len(arrivals_of(distributor.house))
    reply = post_raw(distributor.url, (("AS2-From", "NOBODY"), ("AS2-To", "OURCOMPANY"), framing), b"")
    assert reply.status == 403
    assert len(arrivals_of(distributor.house)) == before


# Names as paths, and bombs


@pytest.mark.parametrize(
    "filename", ["../../escaped.edi", "/etc/escaped.edi", "C:\\escaped.edi", "..", "a/../../b.edi"]
)
def test_a_filename_is_no_path(supplier: Site, distributor: Site, filename: str, tmp_path: Path) -> None:
    home = distributor.house.gateway.home.root
    sent = message(supplier, filename=filename)
    assert judged(supplier, sent, post(distributor.url, sent)).outcome is Outcome.DELIVERED
    kept = files_of(distributor.house)[-1].filename
    assert not set(kept) & {"/", "\\"}
    assert kept not in ("", ".", "..")
    assert not list(home.parent.rglob("*escaped*"))


@pytest.mark.parametrize("name", ["../../escaped", "/tmp/escaped", "..\\escaped@x", "a" * 900])
def test_a_message_id_is_no_path(supplier: Site, distributor: Site, name: str) -> None:
    sent = message(supplier, message_id=f"{name}@{len(name)}")
    assert judged(supplier, sent, post(distributor.url, sent)).outcome is Outcome.DELIVERED
    assert not list(distributor.house.gateway.home.root.parent.rglob("*escaped*"))


@pytest.mark.parametrize("compression", [Compression.BEFORE_SIGNING, Compression.AFTER_SIGNING])
def test_what_grows_beyond_reason_when_it_is_decompressed_is_refused(
    supplier: Site, distributor: Site, compression: Compression
) -> None:
    bomb = bytes(2 * LARGEST)
    sent, before = message(supplier, bomb, change=sending(compression=compression)), taken_in(distributor)
    assert len(sent.body) < len(bomb) / 500
    reply = post(distributor.url, sent)
    assert (
        reply.disposition.startswith("processed/error: decompression-failed") or reply.disposition == DECRYPTION_FAILED
    )
    assert taken_in(distributor) == before


def test_what_is_made_of_messages_counts_as_what_strangers_may_fill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body of some kilobytes may be a thousand times as many on the disk."""
    monkeypatch.setattr(reception, "HttpLimits", partial(HttpLimits, in_hand_bytes=2_500_000))
    repeated = b"".join(b"PO1*%d*48*EA*9.25**VN*4711~\r\n" % number for number in range(100_000))
    with scene(tmp_path) as made:
        large = message(made.supplier, repeated, change=sending(compression=Compression.AFTER_SIGNING))
        assert len(large.body) < 2_500_000 < len(repeated)
        for _ in range(2):
            assert post(made.distributor.url, large).status == 503
        assert (arrivals_of(made.distributor.house), files_of(made.distributor.house)) == ([], [])
        sent = message(made.supplier, repeated[:2_000_000], change=sending(compression=Compression.AFTER_SIGNING))
        for _ in range(2):
            assert judged(made.supplier, sent, post(made.distributor.url, sent)).outcome is Outcome.DELIVERED


# When something fails here


def test_after_a_restart_a_repeated_message_still_gets_the_stored_mdn(trade: Scene) -> None:
    """Another process on the same home remembers nothing but what was committed."""
    sent = message(trade.supplier)
    first = post(trade.distributor.url, sent)
    house, before = trade.distributor.house, taken_in(trade.distributor)
    with Gateway.open(house.gateway.home.root, clock=house.clock) as restarted, restarted.reception.http(0) as server:
        again = post(f"http://127.0.0.1:{server.port}/as2", sent)
    assert again.body == first.body
    assert taken_in(trade.distributor) == before


def test_a_crash_between_commit_and_answer_loses_nothing(
    supplier: Site, distributor: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> Answer:
        raise RuntimeError("the process ends here")

    sent, before = message(supplier), taken_in(distributor)
    with monkeypatch.context() as crashing:
        crashing.setattr(receiving, "_answered", crash)
        assert post(distributor.url, sent).status == 500
    assert taken_in(distributor) == before + 1
    assert judged(supplier, sent, post(distributor.url, sent)).outcome is Outcome.DELIVERED
    assert taken_in(distributor) == before + 1


LONG_NUMBER = "application/x; n*" + "9" * 4400 + "=x"


@pytest.mark.parametrize(("name", "partner"), [("ACME", "ourcompany"), ("NOBODY", None)])
def test_a_continuation_of_any_number_is_read(
    supplier: Site, distributor: Site, name: str, partner: str | None
) -> None:
    sent = message(supplier, b"short").with_field("Content-Type", LONG_NUMBER).with_field("AS2-From", name)
    assert post(distributor.url, sent).disposition.startswith("processed/error: ")
    assert kept_bytes(distributor.house, arrivals_of(distributor.house)[-1]) == sent.body


def fail(*_: object, **__: object) -> None:
    raise IndexError("beyond all that was thought of")


@pytest.mark.parametrize("reader", ["envelope_of", "receive", "is_exchange", "is_trial"])
def test_what_no_reader_foresaw_is_kept_and_told(
    supplier: Site, distributor: Site, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, before = message(supplier), taken_in(distributor)
    with monkeypatch.context() as failing:
        failing.setattr(receiving, reader, fail)
        reply = post(distributor.url, sent)
    assert reply.disposition == "processed/error: unexpected-processing-error"
    assert is_signed_by_partner(supplier, reply)
    arrival = arrivals_of(distributor.house)[-1]
    assert (arrival.outcome, kept_bytes(distributor.house, arrival)) == ("refused", sent.body)
    with distributor.house.gateway.database.read() as session:
        told = next(each for each in Exceptions().set_aside(session) if each.id == arrival.id)
    assert "nobody foresaw: IndexError (test_receiving.py, line " in told.why
    assert taken_in(distributor) == before
    assert judged(supplier, sent, post(distributor.url, sent)).outcome is Outcome.DELIVERED


def test_where_not_even_an_answer_can_be_written_the_message_is_kept(
    supplier: Site, distributor: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = message(supplier)
    with monkeypatch.context() as failing:
        failing.setattr(receiving, "receive", fail)
        failing.setattr(receiving, "reject", fail)
        assert post(distributor.url, sent).status == 500
    arrival = arrivals_of(distributor.house)[-1]
    assert (arrival.outcome, arrival.mdn_sha256, kept_bytes(distributor.house, arrival)) == ("refused", None, sent.body)


def test_nobody_comes_in_by_what_was_not_foreseen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with scene(tmp_path) as made:
        agree_on_a_password(made.distributor.house)
        monkeypatch.setattr(receiving, "envelope_of", fail)
        assert post(made.distributor.url, message(made.supplier)).status == 401
        assert arrivals_of(made.distributor.house) == []


@contextmanager
def full_disk(site: Site) -> Iterator[None]:
    """SQLite finds no page more."""
    database = site.house.gateway.database
    with database.read() as session:
        pages = session.scalar(text("PRAGMA page_count"))
    _pragma(site, f"max_page_count={pages}")
    yield
    _pragma(site, "max_page_count=1000000000")


@contextmanager
def locked_database(site: Site) -> Iterator[None]:
    """Another process writes, and does not end."""
    _pragma(site, "busy_timeout=10")
    other = sqlite3.connect(site.house.gateway.home.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.close()
    _pragma(site, "busy_timeout=10000")


def _pragma(site: Site, pragma: str) -> None:
    site.house.gateway.database.write(lambda session: session.execute(text(f"PRAGMA {pragma}")).close())


@pytest.mark.parametrize("failing", [full_disk, locked_database])
def test_what_could_not_be_kept_is_not_acknowledged_and_the_next_attempt_succeeds(
    supplier: Site, distributor: Site, failing: Callable[[Site], AbstractContextManager[None]]
) -> None:
    sent, before = message(supplier, content() + b"\n" * 30_000), taken_in(distributor)
    with failing(distributor):
        reply = post(distributor.url, sent)
    assert (reply.status, reply.headers.get("content-type")) == (503, "text/plain; charset=utf-8")
    assert b"disposition" not in reply.body.lower()
    assert reply.headers.get("retry-after")
    assert (taken_in(distributor), arrivals_of(distributor.house, message_id=f"<{sent.message_id}>")) == (before, [])
    assert judged(supplier, sent, post(distributor.url, sent)).outcome is Outcome.DELIVERED
    assert taken_in(distributor) == before + 1


# What a receipt says of the ledger


def test_a_signed_receipt_ends_with_the_checkpoint_that_was_signed_last(
    supplier: Site, distributor: Site, tmp_path: Path
) -> None:
    ledger = distributor.house.gateway.ledger
    signed = ledger.checkpoint()
    reply = post(distributor.url, sent := message(supplier))
    assert judged(supplier, sent, reply).outcome is Outcome.DELIVERED
    assert reply.report.text.endswith(f"\n\n{receipt_lines(signed)}")
    (tmp_path / "mdn").write_bytes(reply.body)
    anchor = read_anchor(tmp_path / "mdn", str(ledger.key()))
    assert anchor.checkpoint == Checkpoint.read(signed.text)


@pytest.mark.parametrize(
    ("quirk", "fields"),
    [("receipt_without_remark: true", ()), ("", ("Disposition-Notification-Options",))],
    ids=["where the partner's product needs none", "where it is not signed"],
)
def test_it_does_not(quirk: str, fields: tuple[str, ...], tmp_path: Path) -> None:
    with scene(tmp_path, f"  quirks: {{{quirk}}}") as made:
        made.distributor.house.gateway.ledger.checkpoint()
        sent = message(made.supplier)
        for name in fields:
            sent = sent.with_field(name, None)
        assert "Ledger" not in post(made.distributor.url, sent).report.text


def test_nor_where_the_settings_say_so(tmp_path: Path) -> None:
    with scene(tmp_path, settings="mdn_checkpoints = false\n") as made:
        made.distributor.house.gateway.ledger.checkpoint()
        assert "Ledger" not in post(made.distributor.url, message(made.supplier)).report.text
