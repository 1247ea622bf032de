"""Every question, asked of a house in which something happened: what is named, and what is found to be wrong."""

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway import inbound, outbound
from gateway.audit.export import json_lines
from gateway.audit.question import Standing
from gateway.audit.questions import QUESTIONS
from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.note import read_note
from gateway.operations.erasing import Wanted
from gateway.operations.instruction import Instruction
from gateway.orders.invoiced import LEFT
from gateway.retention.rules import Rules
from partners.control_numbers import Kind
from spool.journal import JournalEntry
from tests.gateway.exchange.scene import scene
from tests.gateway.house import NOON, SHIPMENT, House, csv, csv_invoice, invoice, order, wrapped
from tests.gateway.operations.scene import failing
from tests.gateway.operations.test_retention import retention

from .asking import asked, told
from .test_consistency import tamper

BY = Instruction("eva", "asked for by acme")


@pytest.mark.parametrize("name", QUESTIONS)
def test_of_nothing_nothing_is_wrong(house: House, name: str) -> None:
    assert not asked(house, name).wrong


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_says_how_it_was_found(house: House, name: str) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice()))
    house.send_order()
    answer = asked(house, name)
    assert answer.queries
    assert all(query.text.startswith("SELECT") for query in answer.queries)
    sealed = Checkpoint.read(read_note(answer.checkpoint.encode()).text)
    assert answer.standing == Standing(sealed.size, sealed.root, waiting=0)
    assert all(len(row) == len(answer.question.columns) for row in answer.rows)


def test_its_statements_can_be_run_again(house: House) -> None:
    """As they stand there, with their values."""
    house.send_order()
    for number in (7, 10):
        house.take("acme", f"{number}.edi", wrapped("810", invoice(f"INV{number}"), number))
    queries = json.loads(json_lines(asked(house, "unanswered", since=NOON, partner="acme")).splitlines()[0])["queries"]
    with closing(sqlite3.connect(house.gateway.home.root / "tally.db")) as database:
        for query in queries:
            assert query["statement"].count("?") == len(query["values"][0])
            for values in query["values"]:
                database.execute(query["statement"], values).fetchall()
    assert any("2026-11-21 12:00:00.000000" in values for query in queries for values in query["values"])


class TestInvoices:
    def test_without_an_order_and_without_a_notice(self, house: House) -> None:
        house.take("acme", "1.edi", wrapped("810", invoice("INV1")))
        assert told(house, "invoices", "invoice", "order", "missing") == [
            ("INV1", "4500123", "PurchaseOrder and ShipNotice")
        ]
        house.send_order()
        assert told(house, "invoices", "invoice", "missing") == [("INV1", "ShipNotice")]
        house.take("acme", "2.edi", wrapped("856", SHIPMENT.format(number="SH1", order="4500123"), control=2))
        assert told(house, "invoices", "invoice") == []

    ALL = "PurchaseOrder {0} on {1}, ShipNotice {0} on {1}"

    @pytest.fixture
    def complete(self, house: House) -> House:
        """An invoice with its order, which was acknowledged, and its ship notice."""
        house.send_order()
        house.take("acme", "856.edi", wrapped("856", SHIPMENT.format(number="SH1", order="4500123"), control=1))
        house.take("acme", "997.edi", wrapped("997", "AK1*PO*1\nAK2*850*0001\nAK5*A\nAK9*A*1*1*1", control=2))
        house.take("acme", "810.edi", wrapped("810", invoice(), 3))
        assert told(house, "invoices", "invoice") == []
        return house

    def test_of_which_retention_removed_the_rest_are_named_and_not_wrong(self, complete: House) -> None:
        """Letters are kept for six years, vouchers for eight."""
        complete.take("acme", "lone.edi", wrapped("810", invoice("INV2", "4500999"), 4))
        complete.later(days=366 * 7)
        replace(retention(complete), rules=Rules("DE")).prune()
        answer = asked(complete, "invoices")
        assert [(row[2], *row[4:]) for row in answer.rows] == [
            ("INV1", "4500123", "", self.ALL.format("removed by retention", f"{complete.clock.now():%Y-%m-%d}")),
            ("INV2", "4500999", "PurchaseOrder and ShipNotice", ""),
        ]
        assert [row[2] for row in answer.wrong] == ["INV2"]
        complete.assert_settled()
        assert complete.gateway.ledger.verify().wrong is None

    def test_of_which_the_order_was_erased(self, complete: House) -> None:
        [document] = complete.documents("outbound", type="PurchaseOrder")
        complete.gateway.erasing.erase(Wanted((document.id,)), BY)
        answer = asked(complete, "invoices")
        assert [row[5:] for row in answer.rows] == [("", "PurchaseOrder erased on 2026-11-21")]
        assert not answer.wrong
        complete.assert_settled()

    def test_that_go_too_are_not_noted(self, complete: House) -> None:
        complete.gateway.erasing.erase(Wanted(po="4500123"), BY)
        assert told(complete, "invoices", "invoice") == []
        with complete.gateway.database.read() as session:
            assert not any(detail.get(LEFT) for detail in session.scalars(select(JournalEntry.detail)))

    def test_that_an_earlier_program_may_have_left_are_not_wrong(self, complete: House) -> None:
        """It did not say which invoices stay: those that were there may be some of them, and those that came later are not."""
        complete.later(days=366 * 7)
        replace(retention(complete), rules=Rules("DE")).prune()
        tamper(complete, f"UPDATE journal_entry SET detail = json_remove(detail, '$.{LEFT}') WHERE step = 'pruned'")
        complete.later(days=1)
        complete.take("acme", "lone.edi", wrapped("810", invoice("INV2", "4500999"), 4))
        answer = asked(complete, "invoices")
        [left, lone] = answer.rows
        assert str(left[6]).startswith("PurchaseOrder perhaps removed by retention on ")
        assert (lone[2], lone[5]) == ("INV2", "PurchaseOrder and ShipNotice")
        assert list(answer.wrong) == [lone]

    @pytest.mark.parametrize(
        ("removed", "missing", "perhaps"),
        [
            ("ours", "ShipNotice", ["PurchaseOrder"]),
            ("theirs", "PurchaseOrder", ["ShipNotice"]),
            ("another's", "PurchaseOrder and ShipNotice", []),
        ],
    )
    def test_but_only_if_it_removed_such_documents_of_that_partner(
        self, complete: House, removed: str, missing: str, perhaps: list[str]
    ) -> None:
        """The entries of the ledger that lost their details still say by which step, and under which pseudonym, something was told."""
        lone = complete.take("acme", "lone.edi", wrapped("810", invoice("INV2", "4500999"), 4))
        match removed:
            case "ours":
                [document] = complete.documents("outbound", type="PurchaseOrder")
                gone = document.id
            case "theirs":
                gone = complete.take("acme", "other.edi", wrapped("810", invoice("INV3", "9"), 5)).id
            case _:
                gone = complete.take("beta", "1.csv", csv(csv_invoice())).id
        complete.gateway.erasing.erase(Wanted((gone,)), BY)
        # As retention told it once.
        tamper(
            complete,
            f"UPDATE journal_entry SET step = 'pruned', partner = NULL, detail = json_remove(detail, '$.{LEFT}') "
            "WHERE step = 'erased'",
        )
        [row] = [row for row in asked(complete, "invoices").rows if str(row[3]).startswith(lone.id)]
        assert row[5] == missing
        assert re.findall(r"(\w+) perhaps removed", str(row[6])) == perhaps


class TestUnanswered:
    def test_a_997_that_did_not_come_in_time(self, house: House) -> None:
        house.send_order()
        assert told(house, "unanswered", "answer") == []
        house.later(hours=25)
        assert told(house, "unanswered", "answer", "partner", "answered") == [("997", "acme", None)]
        assert len(asked(house, "unanswered").wrong) == 1

    def test_what_was_built_and_not_handed_over(self, house: House) -> None:
        house.place_order(order())
        house.gateway.delivery.pull()
        house.work(failing(outbound.TRANSMIT))
        assert told(house, "unanswered", "answer", "partner", "state") == [("sending", "acme", "failed")]

    def test_what_was_submitted_and_not_built(self, house: House) -> None:
        house.place_order(order("5"))
        house.gateway.delivery.pull()
        unbuilt = [("building", "acme", "PurchaseOrder 5", "pending")]
        assert told(house, "unanswered", "answer", "partner", "what", "state") == unbuilt
        assert len(asked(house, "unanswered").wrong) == 1
        house.work(failing(outbound.BUILD))
        assert told(house, "unanswered", "answer", "state") == [("building", "dead")]

    def test_what_was_received_and_not_read(self, house: House) -> None:
        house.receive("acme", "7.edi", wrapped("810", invoice("A"), 7))
        assert told(house, "unanswered", "answer", "partner", "what", "state") == [
            ("reading", "acme", "7.edi", "pending")
        ]
        house.work(failing(inbound.OPEN))
        assert told(house, "unanswered", "answer", "state") == [("reading", "dead")]
        assert told(house, "unanswered", "answer", until=NOON) == []

    def test_what_the_erp_has_not_taken(self, house: House) -> None:
        house.receive("acme", "1.edi", wrapped("810", invoice("INV1")))
        house.work(failing(inbound.DELIVER))
        assert told(house, "unanswered", "answer", "what", "state") == [("ERP", "Invoice INV1", "dead")]


def test_who_had_things_done_anew_and_why(house: House) -> None:
    receipt = house.take("acme", "hello.txt", b"hello")
    house.gateway.administration.replay(receipt.id, BY)
    assert told(house, "resubmits", "step", "partner", "actor", "reason") == [
        ("released", "acme", "eva", "asked for by acme")
    ]
    assert told(house, "resubmits", "step", partner="beta") == []


def test_overrides_have_their_values_before_and_after(house: House) -> None:
    house.gateway.administration.set_control_number("acme", Kind.INTERCHANGE, 5, BY, back=False)
    [(step, actor, detail)] = told(house, "overrides", "step", "actor", "detail")
    assert (step, actor, detail) == ("renumbered", "eva", '{"before": 1, "kind": "interchange", "next": 5}')


def test_changes_of_profiles_with_before_and_after(house: House) -> None:
    house.amend("acme", ("acknowledge_within: 24", "acknowledge_within: 48"))
    changed = told(house, "configuration", "version", "key", "before", "after", partner="acme")
    assert ("x12.acknowledge_within", "24", "48") in [row[1:] for row in changed if row[0] == 2]
    assert [row for row in changed if row[0] == 2] == [(2, "x12.acknowledge_within", "24", "48")]
    assert (1, "x12.version", None, '"004010"') in changed
    assert [entry[:2] for entry in told(house, "configuration", "partner", "version", partner="beta")][:1] == [
        ("beta", 1)
    ]


def test_under_which_version_each_document_was_read(house: House) -> None:
    house.take("acme", "1.edi", wrapped("810", invoice("INV1")))
    house.amend("acme", ("acknowledge_within: 24", "acknowledge_within: 48"))
    house.take("acme", "2.edi", wrapped("810", invoice("INV2"), control=2))
    documents = told(house, "in-force", "direction", "number", "map", "profile_version")
    assert [row[1:] for row in documents if row[0] == "inbound"] == [("INV1", "810", 1), ("INV2", "810", 2)]


def test_when_it_was_served(house: House) -> None:
    with house.gateway.serving(sftp_port=0, http_port=0):
        assert told(house, "service", "step", "reason") == [("started", "all")]
    assert told(house, "service", "step", "reason") == [("started", "all"), ("stopped", "all")]


def test_that_somebody_asked_is_itself_in_the_record(house: House) -> None:
    assert told(house, "reads", "reason") == []
    assert told(house, "reads", "reason") == [("audit reads",)]


class TestSignatures:
    def test_what_came_is_told_with_the_certificate_that_signed_it(self, tmp_path: Path) -> None:
        with scene(tmp_path) as made:
            made.distributor.house.gateway.try_out("acme")
            house = made.supplier.house
            [told_of] = told(house, "signatures", "partner", "kind", "outcome", "subject", "then")
            assert told_of == ("ourcompany", "message", "received", told_of[3], "valid")
            assert told_of[3].startswith("CN=")
            assert not asked(house, "signatures").wrong

    def test_a_later_withdrawal_changes_nothing_of_what_was_signed_before(self, tmp_path: Path) -> None:
        with scene(tmp_path) as made:
            made.distributor.house.gateway.try_out("acme")
            house = made.supplier.house
            house.later(hours=1)
            [pinned] = house.gateway.custody.all("ourcompany")
            house.gateway.custody.withdraw(pinned.row.id, BY)
            [then] = told(house, "signatures", "then")
            assert then[0].startswith("valid; withdrawn since ")
            assert not asked(house, "signatures").wrong
