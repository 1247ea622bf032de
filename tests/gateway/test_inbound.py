"""The inbound path: what becomes of a file, and how repetitions are recognised.

Duplicates are recognised in four layers (DESIGN §2). The first, the Message-ID of AS2, does not exist in this version: over SFTP
and folders nothing names a delivery, so the layers here are the bytes, the control number and the business key.
"""

from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

import gateway.inbound
from canonical.documents import ANY_DOCUMENT
from canonical.errors import Retryable
from canonical.identity import BlobDigest
from canonical.invoice import Invoice
from gateway.business_key import content_digest
from spool.documents import DocumentRow
from spool.queue.port import Claim
from spool.states import DocumentState, ReceiptState

from .house import (
    BAD_INVOICE,
    PROFILES,
    House,
    csv,
    csv_invoice,
    group,
    house,
    in_words,
    interchange,
    invoice,
    order,
    transaction_set,
    wrapped,
)

INV1 = wrapped("810", invoice("INV1"))
CORRECTION = invoice("INV1").replace("AB-1", "AB-2")


class TestAGoodFile:
    def test_reaches_the_erp_and_is_acknowledged(self, house: House) -> None:
        receipt = house.take("acme", "inv.edi", INV1)
        assert (receipt.state, receipt.format, receipt.reason) == (ReceiptState.OPENED, "x12", None)
        assert house.answers("acme") == ["997 A"]
        [document] = house.erp_out()
        assert isinstance(document, Invoice)
        assert (document.number, document.order_number, document.partner, document.test) == (
            "INV1",
            "4500123",
            "acme",
            True,
        )
        house.assert_settled()

    def test_says_where_it_came_from(self, house: House) -> None:
        receipt = house.take(
            "acme", "inv.edi", interchange(group(transaction_set("810", invoice(), "0042"), control=7))
        )
        [row] = house.documents()
        assert (row.receipt_id, row.source_sha256, row.profile_version) == (receipt.id, receipt.sha256, 1)
        assert (row.interchange_control, row.group_control, row.set_control) == ("000000001", "7", "0042")
        [document] = house.erp_out()
        assert document.source_sha256 == receipt.sha256
        assert document.id == row.id

    def test_is_durable_and_counted_before_anybody_looks_inside(self, house: House) -> None:
        receipt_id = house.receive("acme", "inv.edi", INV1)
        assert house.receipt(receipt_id).state is ReceiptState.PENDING
        assert house.gateway.status().balance.places["pending"] == 1
        assert house.gateway.status().queue.open == 1
        house.assert_balanced()

    def test_of_a_partner_that_asks_for_it_gets_a_TA1_too(self, house: House) -> None:
        house.take("acme", "inv.edi", wrapped("810", invoice(), wants_ta1=True))
        assert house.answers("acme") == ["TA1 A 000", "997 A"]

    def test_of_a_partner_that_wants_no_997_gets_none(self, house: House) -> None:
        house.amend("acme", ("  acknowledge_within: 24", "  acknowledge_within: 24\n  acknowledgement: {send: no}"))
        house.take("acme", "inv.edi", INV1)
        house.take("acme", "bad.edi", wrapped("810", BAD_INVOICE.format(number="X", order="1"), 2))
        assert house.answers("acme") == []
        assert [row.state for row in house.documents()] == [DocumentState.DELIVERED, DocumentState.REJECTED]
        house.assert_settled()


class TestTheSameBytes:
    def test_are_answered_with_the_stored_997_byte_for_byte(self, house: House) -> None:
        original = house.take("acme", "inv.edi", INV1)
        first = house.collect("acme")
        house.later(hours=1)
        again = house.take("acme", "inv-again.edi", INV1)
        assert (again.state, again.duplicate_of) == (ReceiptState.DUPLICATE, original.id)
        assert original.id in (again.reason or "")
        assert house.collect("acme") == first != []
        assert len(house.erp_out()) == len(house.documents()) == 1
        house.assert_settled()

    def test_of_csv_are_answered_with_the_stored_report(self, house: House) -> None:
        house.take("beta", "inv.csv", csv(csv_invoice()))
        first = house.collect("beta")
        again = house.take("beta", "inv.csv", csv(csv_invoice()))
        assert again.state is ReceiptState.DUPLICATE
        assert house.collect("beta") == first != []
        house.assert_settled()

    def test_from_another_partner_are_no_duplicate(self, house: House) -> None:
        house.take("acme", "inv.edi", INV1)
        assert house.take("cargo", "inv.edi", INV1).state is not ReceiptState.DUPLICATE

    def test_are_a_duplicate_also_while_the_first_waits_to_be_opened(self, house: House) -> None:
        first, second = house.receive("acme", "a.edi", INV1), house.receive("acme", "b.edi", INV1)
        house.work()
        assert [house.receipt(each).state for each in (first, second)] == [ReceiptState.OPENED, ReceiptState.DUPLICATE]
        assert len(house.erp_out()) == 1
        house.assert_settled()

    def test_that_the_ERP_refused_are_answered_as_before(self, house: House) -> None:
        """The sender may have missed our answer; a correction comes with other bytes."""
        house.take("acme", "a.edi", INV1)
        first = house.collect("acme")
        [path] = (house.gateway.home.erp / "out").glob("Invoice*.json")
        path.rename(f"{path}.error")
        house.gateway.delivery.collect()
        assert house.documents()[0].state is DocumentState.REJECTED
        assert house.take("acme", "a.edi", INV1).state is ReceiptState.DUPLICATE
        assert house.collect("acme") == first

    def test_that_could_not_be_used_are_looked_at_again(self, house: House) -> None:
        """A file refused as a whole may be good under a profile mended since."""
        wrong_name = csv(csv_invoice())
        assert house.take("beta", "inv.txt", wrong_name).state is ReceiptState.QUARANTINED
        assert house.take("beta", "inv.csv", wrong_name).state is ReceiptState.OPENED
        house.assert_settled()


class TestTheSameBytesUnderAMendedProfile:
    def test_are_taken_where_nothing_was_taken_before(self, house: House) -> None:
        production = wrapped("810", invoice(), usage="P")
        house.take("acme", "a.edi", production)
        assert [row.state for row in house.documents()] == [DocumentState.QUARANTINED]
        house.agree("acme", PROFILES["acme"].replace("usage: T", "usage: P"))
        house.take("acme", "a.edi", production)
        assert [row.state for row in house.documents()] == [DocumentState.QUARANTINED, DocumentState.DELIVERED]
        assert len(house.erp_out()) == 1
        house.assert_settled()


class TestTheSameControlNumber:
    def test_with_other_content_is_refused_with_TA1_025(self, house: House) -> None:
        first = house.take("acme", "a.edi", INV1)
        house.collect("acme")
        second = house.take("acme", "b.edi", wrapped("810", invoice("INV2")))
        assert second.state is ReceiptState.OPENED
        ta1, notice = house.collect("acme")
        assert in_words(ta1) == ["TA1 R 025"]
        assert b"its control number was used before for something else. Send it again under a new control" in notice
        [row] = house.documents(number="INV2")
        assert row.state is DocumentState.DUPLICATE
        assert row.reason == f"Control number 000000001 was used before, for receipt {first.id}."
        assert len(house.erp_out()) == 1
        house.assert_settled()

    def test_twice_in_one_file_is_refused_the_second_time(self, house: House) -> None:
        house.take("acme", "both.edi", INV1 + wrapped("810", invoice("INV2")))
        assert house.answers("acme") == ["997 A", "TA1 R 025", "notice"]
        assert [row.state for row in house.documents()] == [DocumentState.DELIVERED, DocumentState.DUPLICATE]
        house.assert_settled()

    def test_is_free_for_a_correction_after_a_rejection(self, house: House) -> None:
        house.take("acme", "bad.edi", wrapped("810", BAD_INVOICE.format(number="INV1", order="1")))
        assert house.answers("acme") == ["997 R"]
        house.take("acme", "good.edi", INV1)
        assert house.answers("acme") == ["997 A"]
        assert [row.state for row in house.documents()] == [DocumentState.REJECTED, DocumentState.DELIVERED]
        house.assert_settled()

    def test_is_free_again_after_a_damaged_file(self, house: House) -> None:
        house.take("acme", "cut.edi", INV1[:-30])
        assert house.answers("acme") == ["TA1 R 023"]
        house.take("acme", "whole.edi", INV1)
        assert house.answers("acme") == ["997 A"]
        house.assert_settled()

    def test_is_free_after_a_test_file_that_was_held(self, house: House) -> None:
        house.take("acme", "production.edi", wrapped("810", invoice(), usage="P"))
        house.take("acme", "test.edi", INV1)
        assert house.answers("acme") == ["997 A", "997 A", "notice"]
        assert len(house.erp_out()) == 1

    def test_from_another_partner_is_another_number(self, house: House) -> None:
        house.take("acme", "a.edi", INV1)
        house.take("cargo", "c.edi", wrapped("810", invoice("C1"), sender="CARGO"))
        assert house.answers("cargo") == ["997 A"]
        assert len(house.erp_out()) == 2

    def test_in_the_same_bytes_is_no_other_use_of_it(self, house: House) -> None:
        """An answer that matched nothing comes again: it is still no reason to answer an answer."""
        unmatched = wrapped("997", "AK1*PO*77\nAK9*A*1*1*1")
        for _ in range(2):
            house.take("acme", "997.edi", unmatched)
        assert house.answers("acme") == []
        assert [row.state for row in house.documents()] == [DocumentState.QUARANTINED] * 2
        house.assert_settled()

    def test_of_a_TA1_is_not_answered(self, house: House) -> None:
        """A TA1 is never answered, not even with a TA1 about its envelope."""
        for number in (8, 9):
            answer = interchange(f"TA1*{number:09d}*261121*0646*A*000", control=5, groups=0)
            house.take("acme", f"ta1-{number}.edi", answer)
        assert house.answers("acme") == []
        house.assert_settled()


class TestTheSameDocument:
    @pytest.mark.parametrize("price", ["*2.5*", "*2.50*"])
    def test_under_another_control_number_is_acknowledged_but_not_delivered(self, house: House, price: str) -> None:
        house.take("acme", "a.edi", INV1)
        house.collect("acme")
        house.take("acme", "b.edi", wrapped("810", invoice("INV1").replace("*2.5*", price), 2))
        assert house.answers("acme") == ["997 A"]
        first, second = house.documents()
        assert (second.state, second.duplicate_of) == (DocumentState.DUPLICATE, first.id)
        assert (second.reason or "").endswith(" with the same content.")
        assert len(house.erp_out()) == 1
        house.assert_settled()

    def test_with_other_content_is_shown_to_both_sides(self, house: House) -> None:
        """The 997 accepts the syntax; that the invoice goes nowhere is told in words."""
        house.take("acme", "a.edi", INV1)
        house.collect("acme")
        house.take("acme", "b.edi", wrapped("810", CORRECTION, 2))
        functional, notice = house.collect("acme")
        assert in_words(functional) == ["997 A"]
        assert b"Invoice INV1 was not taken: that number came before with other content." in notice
        first, second = house.documents()
        assert (second.state, second.duplicate_of) == (DocumentState.DUPLICATE, first.id)
        assert "with OTHER content; ask the supplier which one holds" in (second.reason or "")
        assert len(house.erp_out()) == 1
        house.assert_settled()

    @pytest.mark.parametrize(
        ("again", "told"), [(invoice("INV1"), "with the same content"), (CORRECTION, "with OTHER content")]
    )
    def test_of_which_an_earlier_version_kept_another_digest_is_recognised(
        self, house: House, again: str, told: str
    ) -> None:
        house.take("acme", "a.edi", INV1)
        [first] = house.documents()

        def as_it_was(session: Session) -> None:
            json = house.gateway.blobs.read(session, BlobDigest(first.canonical_sha256 or ""))
            digest = content_digest(ANY_DOCUMENT.validate_json(json))
            session.execute(update(DocumentRow).values(content_sha256=digest))

        house.gateway.database.write(as_it_was)
        house.take("acme", "b.edi", wrapped("810", again, 2))
        assert told in (house.documents()[-1].reason or "")

    def test_is_not_the_same_where_nobody_knows_any_more_what_the_first_said(self, house: House) -> None:
        house.take("acme", "a.edi", INV1)
        erased = update(DocumentRow).values(canonical_sha256=None)
        house.gateway.database.write(lambda session: session.execute(erased))
        house.take("acme", "b.edi", wrapped("810", CORRECTION, 2))
        assert "with OTHER content" in (house.documents()[-1].reason or "")

    def test_in_another_format_is_recognised(self, house: House) -> None:
        """The key is of the business, not of the format."""
        house.agree(
            "acme",
            (house.gateway.home.partners / "beta.yaml")
            .read_text()
            .split("csv:")[1]
            .join([(house.gateway.home.partners / "acme.yaml").read_text() + "csv:", ""]),
        )
        house.take("acme", "a.edi", INV1)
        house.take("acme", "a.csv", csv(csv_invoice("INV1")))
        assert [row.state for row in house.documents()] == [DocumentState.DELIVERED, DocumentState.DUPLICATE]
        house.assert_settled()

    def test_twice_in_one_file_is_delivered_once(self, house: House) -> None:
        both = group(transaction_set("810", invoice(), "0001"), transaction_set("810", invoice(), "0002"))
        house.take("acme", "both.edi", interchange(both))
        assert house.answers("acme") == ["997 A"]
        assert [row.state for row in house.documents()] == [DocumentState.DELIVERED, DocumentState.DUPLICATE]
        assert len(house.erp_out()) == 1
        house.assert_settled()

    def test_from_another_partner_is_another_document(self, house: House) -> None:
        house.take("acme", "a.edi", INV1)
        house.take("cargo", "c.edi", wrapped("810", invoice("INV1"), sender="CARGO"))
        assert [row.state for row in house.documents()] == [DocumentState.DELIVERED] * 2

    def test_may_come_again_after_the_ERP_refused_it(self, house: House) -> None:
        house.take("acme", "a.edi", INV1)
        [path] = (house.gateway.home.erp / "out").glob("Invoice*.json")
        path.rename(f"{path}.error")
        house.gateway.delivery.collect()
        assert house.documents()[0].state is DocumentState.REJECTED
        house.take("acme", "b.edi", wrapped("810", invoice("INV1"), 2))
        assert house.documents()[1].duplicate_of is None

    def test_two_different_acknowledgements_of_one_order_are_two_documents(self, house: House) -> None:
        body = "BAK*00*AC*4500123*20261120\nPO1*1*10*EA*2.5**VP*AB-1\nACK*{}*8*EA\nCTT*1"
        house.take("acme", "a.edi", wrapped("855", body.format("IQ"), 1))
        house.take("acme", "b.edi", wrapped("855", body.format("IR"), 2))
        house.take("acme", "c.edi", wrapped("855", body.format("IR"), 3))
        assert [row.state.value for row in house.documents()] == ["delivered", "delivered", "duplicate"]
        house.assert_settled()


class TestAFileThatCannotBeOpened:
    def test_of_a_partner_without_profile_is_kept_aside(self, house: House) -> None:
        receipt = house.take("nobody", "inv.edi", INV1)
        assert receipt.state is ReceiptState.QUARANTINED
        assert receipt.reason == "There is no profile of nobody, so nobody can say what its files mean."
        with house.gateway.database.read() as session:
            assert b"".join(house.gateway.raw(session, receipt.id)) == INV1
        house.assert_settled()

    def test_of_a_suspended_partner_is_kept_aside_without_an_answer(self, house: House) -> None:
        """Suspended, nothing is exchanged and all is kept: no document, no answer, no dead work."""
        receipt_id = house.receive("acme", "inv.edi", INV1)
        house.amend("acme", ("status: active", "status: suspended"))
        house.work()
        receipt = house.receipt(receipt_id)
        assert receipt.state is ReceiptState.QUARANTINED
        assert "acme Inc is suspended" in (receipt.reason or "")
        assert house.documents() == []
        assert house.outbox("acme") == {}
        house.assert_settled()

    def test_of_a_partner_in_force_again_is_opened_when_it_comes_again(self, house: House) -> None:
        house.amend("acme", ("status: active", "status: suspended"))
        house.take("acme", "inv.edi", INV1)
        house.amend("acme", ("status: suspended", "status: active"))
        assert house.take("acme", "inv.edi", INV1).state is ReceiptState.OPENED
        assert house.answers("acme") == ["997 A"]


class TestALargeFile:
    """Documents beyond a batch are committed in steps; who looks in between sees one pending file."""

    SETS = 7

    @pytest.fixture(autouse=True)
    def _small_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(gateway.inbound, "BATCH", 3)

    def _file(self) -> bytes:
        sets = [transaction_set("810", invoice(f"INV{n}"), f"{n:04d}") for n in range(1, self.SETS + 1)]
        return interchange(group(*sets))

    def test_ends_like_a_small_one(self, house: House) -> None:
        house.take("acme", "many.edi", self._file())
        assert house.answers("acme") == ["997 A"]
        assert [row.number for row in house.documents()] == [f"INV{n}" for n in range(1, self.SETS + 1)]
        assert len(house.erp_out()) == self.SETS
        house.assert_settled()

    def test_that_stopped_half_way_is_one_pending_file_and_goes_on(self, house: House) -> None:
        disk = FullDisk(house, times=1)
        house.receive("acme", "many.edi", self._file())
        house.work()
        assert disk.refusals == 1
        balance = house.gateway.status().balance
        assert (balance.received, balance.places["pending"], balance.holds) == (1, 1, True)
        house.later(hours=1)
        house.work()
        assert house.answers("acme") == ["997 A"]
        assert len(house.documents()) == len(house.erp_out()) == self.SETS
        house.assert_settled()

    def test_that_is_given_up_half_way_is_one_dead_file(self, house: House) -> None:
        FullDisk(house, times=10**9)
        receipt_id = house.receive("acme", "many.edi", self._file())
        house.exhaust()
        assert house.receipt(receipt_id).state is ReceiptState.DEAD
        balance = house.gateway.status().balance
        assert (balance.received, balance.places["dead"], balance.holds) == (1, 1, True)

    def test_that_repeats_a_control_number_is_a_duplicate_in_every_batch(self, house: House) -> None:
        house.take("acme", "a.edi", wrapped("810", invoice("OLD")))
        house.collect("acme")
        house.take("acme", "many.edi", self._file())
        assert house.answers("acme") == ["TA1 R 025", "notice"]
        assert {row.state for row in house.documents() if row.number != "OLD"} == {DocumentState.DUPLICATE}
        house.assert_settled()


class FullDisk:
    """Refuses the commit that would complete the opening of a file, the first ``times`` times."""

    def __init__(self, house: House, *, times: int) -> None:
        self.refusals = 0
        complete = house.gateway.queue.complete

        def refuse(session: Session, claim: Claim) -> None:
            if claim.kind == gateway.inbound.OPEN and self.refusals < times:
                self.refusals += 1
                raise Retryable("The disk is full.")
            complete(session, claim)

        house.gateway.queue.complete = refuse  # type: ignore[method-assign]


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_what_cannot_be_read_from_the_disk_is_dead_and_says_so(house: House) -> None:
    data = wrapped("810", invoice() + "\nCTT*1" * 20_000)
    receipt_id = house.receive("acme", "big.edi", data)
    [stored] = [path for path in house.gateway.home.blobs.rglob("*") if path.is_file()]
    stored.unlink()
    house.exhaust()
    receipt = house.receipt(receipt_id)
    assert receipt.state is ReceiptState.DEAD
    assert "restore it from a backup" in (receipt.reason or "")
    with house.gateway.database.read() as session:
        [item] = house.gateway.queue.dead_items(session)
    assert item.payload == {"receipt": receipt_id, "bytes": len(data)}
    house.assert_balanced()


def test_a_restart_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with house(tmp_path) as before:
        before.receive("acme", "inv.edi", INV1)
        before.place_order(order("77"))
        before.gateway.delivery.pull()
    with house(tmp_path) as after:
        after.work()
        assert sorted(after.answers("acme")) == ["850", "997 A"]
        assert len(after.erp_out()) == 1
        after.assert_settled()
