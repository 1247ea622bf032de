"""What tables say is held against the record: every change by somebody else is told, and nothing that happened by itself."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from canonical.identity import DocumentId
from gateway import inbound, outbound
from gateway.audit.comparing.differences import AT_ONCE
from gateway.inbound import BATCH, Inbound
from gateway.operations.erasing import Wanted
from gateway.operations.instruction import Instruction
from gateway.users.tables import Role
from tests.gateway.exchange.scene import scene
from tests.gateway.house import BAD_INVOICE, House, group, interchange, invoice, order, transaction_set, wrapped
from tests.gateway.house import house as open_house
from tests.gateway.operations.scene import failing
from tools.make_home import trade

from .asking import asked, told

BY = Instruction("eva", "asked for by acme")


def contradicted(house: House) -> list[tuple[Any, ...]]:
    return told(house, "consistency", "table", "column")


def tamper(house: House, statement: str) -> None:
    def run(session: Any) -> None:
        assert session.execute(text(statement)).rowcount, statement

    house.gateway.database.write(run)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, datetime]:
    """A home in which something happened, closed, and the time it was then."""
    root = tmp_path_factory.mktemp("day") / "home"
    with open_house(root) as opened:
        trade(opened)
        opened.send_order("4500777")
        assert contradicted(opened) == []
    return root, opened.clock.now()


@pytest.fixture
def traded(day: tuple[Path, datetime], tmp_path: Path) -> Iterator[House]:
    """The test's own copy of it."""
    root, now = day
    shutil.copytree(root, tmp_path / "home")
    with open_house(tmp_path / "home") as opened:
        opened.clock.time = now
        yield opened


@pytest.mark.parametrize(
    ("statement", "table", "column"),
    [
        ("UPDATE receipt SET state = 'duplicate' WHERE state = 'opened'", "receipt", "state"),
        ("UPDATE receipt SET received_at = '2026-01-01 00:00:00.000000'", "receipt", "received_at"),
        ("UPDATE receipt SET partner = 'beta' WHERE partner = 'acme'", "receipt", "partner"),
        ("UPDATE document SET state = 'delivered' WHERE state = 'rejected'", "document", "state"),
        ("UPDATE document SET number = 'X' WHERE type = 'Invoice'", "document", "number"),
        ("UPDATE document SET canonical_sha256 = source_sha256", "document", "canonical_sha256"),
        ("DELETE FROM received_interchange", "received_interchange", ""),
        ("UPDATE received_interchange SET sha256 = 'x'", "received_interchange", "sha256"),
        ("UPDATE received_interchange SET at = '2026-01-01 00:00:00.000000'", "received_interchange", "at"),
        ("UPDATE received_interchange SET sender = 'x'", "received_interchange", ""),
        ("UPDATE received_interchange SET control_number = '7' || control_number", "received_interchange", ""),
        (
            "INSERT INTO received_interchange SELECT partner, sender, receiver, '777000777', receipt_id, position, sha256, at "
            "FROM received_interchange LIMIT 1",
            "received_interchange",
            "",
        ),
        ("UPDATE document SET set_id = '860' WHERE set_id = '810'", "document", "set_id"),
        ("UPDATE document SET set_id = '860' WHERE set_id = '850'", "document", "set_id"),
        ("UPDATE document SET profile_version = 7 WHERE direction = 'inbound'", "document", "profile_version"),
        ("UPDATE document SET profile_version = 7 WHERE direction = 'outbound'", "document", "profile_version"),
        (
            "UPDATE document SET interchange_control = '7' WHERE direction = 'inbound' AND interchange_control <> ''",
            "document",
            "interchange_control",
        ),
        (
            "UPDATE document SET interchange_control = '7' WHERE direction = 'outbound'",
            "document",
            "interchange_control",
        ),
        ("UPDATE document SET group_control = '7' WHERE direction = 'outbound'", "document", "group_control"),
        (
            "UPDATE transmission SET group_control = '7' WHERE group_control IS NOT NULL",
            "transmission",
            "group_control",
        ),
        (
            "UPDATE transmission SET answer_due_at = NULL WHERE answer_due_at IS NOT NULL",
            "transmission",
            "answer_due_at",
        ),
        (
            "UPDATE transmission SET answer_due_at = '2099-01-01 00:00:00.000000' WHERE answer_due_at IS NOT NULL",
            "transmission",
            "answer_due_at",
        ),
        ("UPDATE transmission SET sent_at = NULL WHERE sent_at IS NOT NULL", "transmission", "sent_at"),
        ("UPDATE transmission SET answered_at = created_at WHERE answered_at IS NULL", "transmission", "answered_at"),
        ("UPDATE transmission SET state = 'accepted' WHERE state = 'sent'", "transmission", "state"),
        ("UPDATE transmission SET sha256 = 'x'", "transmission", "sha256"),
        ("UPDATE transmission SET created_at = '2026-01-01 00:00:00.000000'", "transmission", "created_at"),
        ("UPDATE transmission SET partner = 'beta' WHERE partner = 'acme'", "transmission", "partner"),
        (
            "UPDATE transmission SET interchange_control = '9' WHERE interchange_control IS NOT NULL",
            "transmission",
            "interchange_control",
        ),
        ("UPDATE receipt SET filename = 'x'", "receipt", "filename"),
        ("UPDATE profile_version SET applied_by = 'nobody'", "profile_version", "applied_by"),
        ("UPDATE profile_version SET applied_at = '2026-01-01 00:00:00.000000'", "profile_version", "applied_at"),
        ("UPDATE profile_version SET yaml = 'partner: acme'", "profile_version", "yaml"),
        ("DELETE FROM profile_version WHERE partner = 'cargo'", "profile_version", ""),
        (
            "INSERT INTO profile_version (partner, version, sha256, yaml, profile, applied_at, applied_by) "
            "SELECT partner, 9, sha256, yaml, profile, applied_at, applied_by FROM profile_version WHERE partner = 'acme'",
            "profile_version",
            "",
        ),
    ],
)
def test_what_somebody_changed_is_told(traded: House, statement: str, table: str, column: str) -> None:
    tamper(traded, statement)
    assert (table, column) in contradicted(traded)
    assert asked(traded, "consistency").wrong


TOLD_SINCE = (
    *(
        "due",
        "interchanges",
        "set",
        "profile",
        "group",
        "set_control",
        "test",
        "key",
        "content",
        "found",
        "revision",
        "reply",
        "orders",
    ),
    *("origin", "canonical", "kind", "bytes", "functional", "answers", "transport", "remote", "format"),
)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE document SET set_id = 'x', profile_version = 7, set_control = '7', test = 1 - test, findings = '[{}]'",
        "UPDATE document SET partner_reason = 'x', business_key = 'x', content_sha256 = 'x', revision = 'x', origin = '{}'",
        "UPDATE document_order SET order_number = 'x' || order_number",
        "UPDATE transmission SET answer_due_at = NULL, group_control = '7', kind = 'x', size = 7, functional_id = 'XX'",
        "UPDATE received_interchange SET at = '2026-01-01 00:00:00.000000'",
        "UPDATE receipt SET transport = 'x', remote = 'x', size = 7",
        "UPDATE receipt SET format = 'x' WHERE state = 'opened'",
        "UPDATE control_number SET last = 77 WHERE kind <> 'interchange'",
    ],
)
def test_what_the_record_did_not_say_yet_contradicts_nothing(traded: House, statement: str) -> None:
    paths = ", ".join(f"'$.{key}'" for key in TOLD_SINCE)
    tamper(traded, f"UPDATE journal_entry SET detail = json_remove(detail, {paths})")
    assert contradicted(traded) == []
    tamper(traded, statement)
    assert contradicted(traded) == []


def test_what_somebody_removed_is_told(house: House) -> None:
    receipt = house.take("acme", "hello.txt", b"hello")
    tamper(house, f"DELETE FROM receipt WHERE id = '{receipt.id}'")
    assert told(house, "consistency", "id", "table_says") == [(receipt.id, "nothing")]
    assert told(house, "consistency", "id", partner="beta") == []


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ("subject = 'CN=Evil'", "subject"),
        ("not_after = '2021-01-01 00:00:00.000000'", "not_after"),
        ("fingerprint = 'aa'", "fingerprint"),
        ("state = 'withdrawn'", "state"),
        ("changed_by = 'nobody'", "changed_by"),
        ("added_at = '2021-01-01 00:00:00.000000'", "added_at"),
    ],
)
def test_a_certificate_is_what_it_says_itself_and_what_was_told_of_it(tmp_path: Path, change: str, column: str) -> None:
    with scene(tmp_path) as made:
        made.distributor.house.gateway.try_out("acme")
        house = made.supplier.house
        assert contradicted(house) == contradicted(made.distributor.house) == []
        tamper(house, f"UPDATE certificate SET {change}")
        assert ("certificate", column) in contradicted(house)


def test_what_people_do_contradicts_nothing(house: House) -> None:
    administration = house.gateway.administration
    file = house.take("acme", "hello.txt", b"hello")
    administration.replay(file.id, BY)
    house.receive("acme", "1.edi", wrapped("810", invoice("INV1")))
    house.work(failing(inbound.DELIVER))
    [dead] = house.documents(state="dead")
    assert contradicted(house) == []
    administration.retry(dead.id, BY)
    assert contradicted(house) == []
    house.work(failing(inbound.DELIVER))
    administration.cancel(dead.id, BY)
    house.work()
    house.take("acme", "2.edi", wrapped("810", BAD_INVOICE.format(number="INV2", order="1"), 2))
    house.place_order(order("1"))
    house.gateway.delivery.pull()
    house.work(failing(outbound.TRANSMIT))
    [unsent] = house.documents("outbound", state="dead", type="PurchaseOrder")
    administration.replay(unsent.id, BY)
    assert contradicted(house) == []
    house.exhaust()
    house.later(days=3)
    house.work()
    assert contradicted(house) == []


def test_what_was_removed_on_record_contradicts_nothing(house: House) -> None:
    house.send_order("1")
    house.take("acme", "7.edi", wrapped("810", invoice("A", "9"), 7))
    house.collect("acme")
    [file] = house.documents()
    house.gateway.erasing.erase(Wanted((DocumentId(file.id),)), BY)
    assert contradicted(house) == []
    house.later(days=100)
    assert replace(house.gateway.retention, keep=timedelta(days=30)).prune().anything
    assert contradicted(house) == []


def test_a_clock_that_is_set_while_something_is_committed_contradicts_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def restless() -> datetime:
        house.clock.advance(seconds=2 * AT_ONCE.total_seconds())
        return house.clock.time

    monkeypatch.setattr(house.clock, "now", restless)
    trade(house)
    assert contradicted(house) == []


def test_nor_while_a_large_file_is_taken_in_step_by_step(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in_some = Inbound._take_in_some

    def set_for_a_while(*given: Any) -> None:
        house.clock.advance(seconds=3600)
        take_in_some(*given)
        house.clock.advance(seconds=-3600)

    monkeypatch.setattr(Inbound, "_take_in_some", set_for_a_while)
    sets = [transaction_set("810", invoice(f"INV{number}"), f"{number:04d}") for number in range(1, 2 * BATCH + 2)]
    house.take("acme", "many.edi", interchange(group(*sets)))
    assert len(house.documents()) > 2 * BATCH
    assert contradicted(house) == []


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        ("UPDATE user_account SET role = 'admin' WHERE name = 'ada'", "role"),
        ("UPDATE user_account SET token_sha256 = 'x' WHERE name = 'ada'", "token_sha256"),
        ("UPDATE user_account SET token_at = added_at, added_at = '2026-01-01 00:00:00.000000'", "added_at"),
        ("UPDATE user_account SET added_by = 'root'", "added_by"),
        ("UPDATE user_account SET name = 'eve' WHERE name = 'ada'", ""),
        ("DELETE FROM user_account WHERE name = 'ada'", ""),
    ],
)
def test_nobody_gets_in_but_by_the_record(house: House, statement: str, column: str) -> None:
    users = house.gateway.users
    users.add("ada", Role.OPERATOR, "eva")
    users.add("bob", Role.AUDITOR, "eva")
    users.add("ada", Role.AUDITOR, "eva")
    for name in ("ada", "bob", "ada"):
        users.renew_token(name, "eva")
        house.later(hours=1)
    users.remove("bob", "eva")
    users.add("bob", Role.OPERATOR, "eva")
    assert contradicted(house) == []
    tamper(house, statement)
    assert ("user_account", column) in contradicted(house)
