"""Documents are what the record says that they are, and none is there of which it does not tell."""

import pytest

from gateway.audit import removals
from spool.journal import Step
from tests.gateway.house import House

from .tampering import found_after, places

FORGED = (
    "INSERT INTO document (id, direction, partner, type, set_id, number, state, test, findings, receipt_id, created_at) VALUES "
    "('{id}', 'inbound', 'acme', '{type}', '{set}', 'SH-1', 'delivered', 0, '[]', {receipt}, '2026-11-01 08:00:00.000000')"
)


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        ("UPDATE document SET direction = 'outbound' WHERE type = 'Invoice'", "direction"),
        ("UPDATE document SET direction = 'inbound' WHERE type = 'PurchaseOrder'", "direction"),
        ("UPDATE document SET direction = 'inbound' WHERE type LIKE '%Acknowledgement'", "direction"),
        ("UPDATE document SET receipt_id = (SELECT min(id) FROM receipt) WHERE type = 'Invoice'", "receipt_id"),
    ],
)
def test_which_way_a_document_went_and_its_file_are_told(traded: House, statement: str, column: str) -> None:
    assert ("document", column) in places(found_after(traded, statement))


@pytest.mark.parametrize("set_id", ["997", "TA1", "856"])
@pytest.mark.parametrize("type_", ["ShipNotice", "FunctionalAcknowledgement"])
def test_a_document_that_never_came_is_found_whatever_was_removed(removed: House, type_: str, set_id: str) -> None:
    file = removed.receipts()[0].id
    alone = FORGED.format(id="forged-1", type=type_, set=set_id, receipt="NULL")
    assert places(found_after(removed, alone)) == {("document", "state")}
    in_a_file = FORGED.format(id=f"{file}-000007", type=type_, set=set_id, receipt=f"'{file}'")
    assert places(found_after(removed, in_a_file)) == {("document", "state"), ("document", "source_sha256")}


def test_nor_may_one_be_put_back_that_was_removed(removed: House) -> None:
    with removed.gateway.database.read() as session:
        gone = removals.removed(session)
    read = [id_ for id_, steps in gone.steps.items() if Step.TRANSLATED in steps]
    assert read
    for id_ in read:
        forged = FORGED.format(id=id_, type="ShipNotice", set="997", receipt="NULL")
        assert places(found_after(removed, forged)) == {("document", "state")}


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ("type = 'ShipNotice'", "type"),
        ("set_id = '856'", "type"),
        ("direction = 'outbound'", "direction"),
        ("state = 'rejected'", "state"),
        ("receipt_id = (SELECT max(id) FROM receipt)", "receipt_id"),
        ("partner = 'beta'", "partner"),
    ],
)
def test_what_stays_of_an_answer_remains_one(removed: House, change: str, column: str) -> None:
    """Of which nothing else is told, since what it answered was erased."""
    statement = (
        f"UPDATE document SET {change} WHERE set_id = '997' AND direction = 'inbound' "
        "AND id NOT IN (SELECT document_id FROM journal_entry WHERE document_id IS NOT NULL)"
    )
    assert ("document", column) in places(found_after(removed, statement))


def test_an_order_of_no_document_is_found(traded: House, removed: House) -> None:
    """Or a hold could be had on an order that nobody placed."""
    forged = "INSERT INTO document_order (document_id, order_number, partner) VALUES ('gone', '4599999', 'acme')"
    for house in (traded, removed):
        assert found_after(house, forged) == [
            ("document_order", "acme", "gone", "", "order 4599999 of acme", "nothing")
        ]
