"""What goes when somebody has a right to have it erased, what is refused, and that the ledger stays whole and says so."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from canonical.errors import NotFound
from canonical.identity import BlobDigest, DocumentId
from gateway import trail
from gateway.app import Gateway
from gateway.ledger.evidence import checking
from gateway.ledger.evidence.collecting import Collector
from gateway.ledger.evidence.exporting import export
from gateway.operations import erasing
from gateway.operations import retention as retaining
from gateway.operations.erasing import Erased, Wanted
from gateway.operations.instruction import Instruction, NotPossible
from gateway.operations.outboxes import PendingWithdrawal
from gateway.retention import holds
from gateway.retention.holds import HoldKind, Target
from gateway.retention.rules import Rules
from gateway.schema import metadata
from spool.blobs import INLINE_LIMIT, Blob
from spool.database import sqlite
from spool.journal import JournalEntry, Step
from spool.queue.tables import WorkItem
from tests.gateway.audit.asking import asked, told
from tests.gateway.house import ACKNOWLEDGEMENT, House, group, interchange, invoice, transaction_set, wrapped

from .scene import FILES, INBOUND, OUTBOUND
from .test_retention import assert_ledger_holds, count, prune, retention

BY = Instruction("eva", "Request of 26 November, GDPR art. 17")


def erase(house: House, *ids: str, **wanted: object) -> Erased:
    """Erase, and see that nothing else took harm."""
    before = house.gateway.status().balance
    done = house.gateway.erasing.erase(Wanted(ids, **wanted), BY)  # type: ignore[arg-type]
    assert house.gateway.status().balance == before
    assert_ledger_holds(house)
    return done


def kept_bytes(house: House) -> bytes:
    """All that the database and the folder of payloads hold of payloads and details."""
    with house.gateway.database.read() as session:
        rows = [bytes(data) for data in session.scalars(select(Blob.data)) if data]
        rows += [bytes(body) for (body,) in session.execute(text("SELECT body FROM ledger_detail"))]
    return b"".join(rows + [path.read_bytes() for path in house.gateway.home.blobs.glob("*/*")])


def test_an_invoice_goes_with_everything_it_came_in(either_house: House) -> None:
    house = either_house
    house.take("acme", "1.edi", wrapped("810", invoice("PRIVATE1")))
    house.take("acme", "2.edi", wrapped("810", invoice("INV2"), 2))
    document = house.documents(number="PRIVATE1")[0].id
    assert b"PRIVATE1" in kept_bytes(house)
    done = erase(house, document)
    assert (len(done.files), done.documents, done.stayed, done.outbox) == (1, (document,), {}, 1)
    assert done.payloads >= 3
    assert b"PRIVATE1" not in kept_bytes(house)
    assert [row.number for row in house.documents()] == ["INV2"]
    assert len(house.outbox("acme")) == 1


def database_files(house: House) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(house.gateway.home.root.glob("tally.db*")))


def salts(house: House) -> list[bytes]:
    with house.gateway.database.read() as session:
        return [bytes(each) for each in session.scalars(text("SELECT salt FROM ledger_blob_salt"))]


def test_no_file_of_the_database_has_it_any_more(house: House) -> None:
    """Nor has the write-ahead log, in which all that was removed stands as it was; the salts too."""
    house.take("acme", "1.edi", wrapped("810", invoice("PRIVATE1")))
    house.gateway.ledger.drain()
    opening = salts(house)
    assert opening
    assert b"PRIVATE1" in database_files(house)
    done = erase(house, house.documents(number="PRIVATE1")[0].id)
    assert not done.traces
    left = database_files(house)
    assert b"PRIVATE1" not in left
    assert not any(salt in left for salt in opening)


def test_where_somebody_reads_it_is_said_and_the_next_pruning_clears_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_CLEARING_SECONDS", 0.01)
    house.take("acme", "1.edi", wrapped("810", invoice("PRIVATE1")))
    with house.gateway.database.read() as session:
        session.execute(text("SELECT count(*) FROM document")).all()
        assert erase(house, house.documents(number="PRIVATE1")[0].id).traces
        assert b"PRIVATE1" in database_files(house)
    retention(house).prune()
    assert b"PRIVATE1" not in database_files(house)


def test_our_note_of_what_the_erp_was_given_names_it_no_more_and_it_is_not_given_again(house: House) -> None:
    house.take("acme", "1.edi", wrapped("810", invoice("PRIVATE1")))
    notes = house.gateway.home.erp / ".journal"
    assert [path for path in notes.iterdir() if "PRIVATE1" in path.name]
    erase(house, house.documents(number="PRIVATE1")[0].id)
    assert not [path for path in notes.iterdir() if "PRIVATE1" in path.name or b"PRIVATE1" in path.read_bytes()]
    for path in (house.gateway.home.erp / "out").glob("*.json"):
        path.unlink()
    house.take("acme", "2.edi", wrapped("810", invoice("PRIVATE1"), 2))
    assert not list((house.gateway.home.erp / "out").glob("*.json"))


def test_an_order_goes_both_ways(either_house: House) -> None:
    house = either_house
    OUTBOUND["accepted"](house)
    house.take("acme", "1.edi", wrapped("810", invoice("INV1"), 2))
    house.take("acme", "2.edi", wrapped("810", invoice("INV2", "4500999"), 3))
    done = erase(house, po="4500123")
    assert (len(done.documents), done.shared) == (3, ()), "the order, the invoice and the order's 997"
    assert [row.number for row in house.documents() if row.set_id == "810"] == ["INV2"]
    assert house.documents("outbound", type="PurchaseOrder") == []
    with pytest.raises(NotFound):
        house.gateway.erasing.erase(Wanted(po="4500124"), BY)


def test_copies_go_too(house: House) -> None:
    """Otherwise nothing would have been erased."""
    for name, control in (("1.edi", 1), ("again.edi", 1), ("other.edi", 2)):
        house.take("acme", name, wrapped("810", invoice("PRIVATE1"), control))
    assert [row.state for row in house.receipts()] == ["opened", "duplicate", "opened"]
    erase(house, house.documents()[-1].id)
    assert house.receipts() == []
    assert b"PRIVATE1" not in kept_bytes(house)


def test_bytes_that_something_else_has_stay_and_that_is_said(house: House) -> None:
    mine = house.take("acme", "x.txt", b"no EDI at all")
    other = house.take("beta", "x.txt", b"no EDI at all")
    for receipt in (mine, other):
        house.gateway.administration.cancel(receipt.id, BY)
    house.work()
    assert erase(house, mine.id).stayed == {mine.sha256: "something that stays has the same bytes"}
    with house.gateway.database.read() as session:
        assert house.gateway.blobs.read(session, BlobDigest(other.sha256)) == b"no EDI at all"
    assert mine.sha256 not in erase(house, other.id).stayed
    assert b"no EDI" not in kept_bytes(house)


def test_bytes_that_come_in_again_at_this_moment_stay(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = house.take("acme", "1.edi", wrapped("810", invoice()))
    really = erasing._referred

    def referred(session: Session, digest: str) -> bool:
        if digest == receipt.sha256:
            house.later(seconds=1)
            house.gateway.blobs.put(session, house.gateway.blobs.stage_bytes(wrapped("810", invoice())))
        return really(session, digest)

    monkeypatch.setattr(erasing, "_referred", referred)
    assert erase(house, receipt.id).stayed == {receipt.sha256: "the same bytes came in again at this moment"}


class TestPayloadFiles:
    LARGE = b"x" * (INLINE_LIMIT + 1)

    def large(self, house: House) -> str:
        receipt = house.take("acme", "junk.txt", self.LARGE)
        house.gateway.administration.cancel(receipt.id, BY)
        house.work()
        return receipt.id

    def test_go_at_once(self, house: House) -> None:
        house.clock.time = datetime.now(UTC) + timedelta(hours=1)
        done = erase(house, self.large(house))
        assert (done.stayed, list(house.gateway.home.blobs.glob("*/*"))) == ({}, [])

    def test_that_were_put_there_later_wait_for_the_sweep_and_that_is_said(self, house: House) -> None:
        house.clock.time = datetime.now(UTC) - timedelta(hours=1)
        done = erase(house, self.large(house))
        assert list(done.stayed.values()) == ["its file is swept a day after it was put there"]
        assert len(list(house.gateway.home.blobs.glob("*/*"))) == 1

    def test_on_a_database_with_parts(self, either_house: House) -> None:
        house = either_house
        house.clock.time = datetime.now(UTC) + timedelta(hours=1)
        erase(house, self.large(house))
        with house.gateway.database.read() as session:
            assert session.execute(text("SELECT count(*) FROM blob_part")).scalar_one() == 0


def acknowledged(*numbers: int, control: int = 1) -> bytes:
    """One file of acme's with a 997 for each of these groups of ours."""
    sets = [
        transaction_set("997", f"AK1*PO*{number}\nAK2*850*0001\nAK5*A\nAK9*A*1*1*1", f"{number:04}")
        for number in numbers
    ]
    return interchange(group(*sets, control=control), control=control)


class TestAcknowledgements:
    """What the partner answered to what is erased, and what it answered to our answers."""

    def test_go_with_what_they_acknowledge(self, either_house: House) -> None:
        house = either_house
        house.send_order("4500123")
        house.send_order("4500999")
        house.take("acme", "1.edi", acknowledged(1))
        house.take("acme", "again.edi", acknowledged(1))
        other = house.take("acme", "2.edi", acknowledged(2, control=2))
        assert len(erase(house, po="4500123").files) == 2
        assert [row.id for row in house.receipts()] == [other.id]
        house.assert_settled()

    def test_of_our_answers_go_with_what_those_answer(self, house: House) -> None:
        house.take("acme", "1.edi", wrapped("810", invoice()))
        [answer] = house.transmissions()
        house.take("acme", "ta1.edi", interchange(f"TA1*{answer.interchange_control}*261121*0646*A*000", control=2))
        assert len(erase(house, po="4500123").files) == 2
        assert (house.receipts(), house.transmissions()) == ([], [])
        house.assert_settled()

    def test_that_came_with_others_stay_and_are_named_until_those_go_too(self, house: House) -> None:
        house.send_order("4500123")
        house.send_order("4500999")
        shared = house.take("acme", "1.edi", acknowledged(1, 2))
        done = erase(house, po="4500123")
        assert (done.files, done.shared) == ((), (shared.id,))
        house.assert_settled()
        done = erase(house, po="4500999")
        assert (done.files, done.shared) == ((shared.id,), ())
        house.assert_settled()

    def test_that_came_with_an_invoice_stay_and_are_named(self, house: House) -> None:
        house.send_order()
        answer = group(transaction_set("997", "AK1*PO*1\nAK2*850*0001\nAK5*A\nAK9*A*1*1*1"))
        bill = group(transaction_set("810", invoice("INV1", "4500999")), control=2)
        shared = house.take("acme", "1.edi", interchange(answer, bill))
        assert erase(house, po="4500123").shared == (shared.id,)
        assert [row.set_id for row in house.documents()] == ["997", "810"]
        house.assert_settled()

    def test_that_are_held_are_not_erased_with_what_they_acknowledge(self, house: House) -> None:
        house.send_order()
        file = house.take("acme", "1.edi", acknowledged(1))
        target = Target(HoldKind.DOCUMENT, file.id)
        house.gateway.database.write(lambda session: holds.place(session, house.clock, target, BY))
        with pytest.raises(NotPossible, match="is under hold-1"):
            house.gateway.erasing.erase(Wanted(po="4500123"), BY)


def test_the_number_is_nowhere_any_more_but_where_it_is_told_that_it_was_erased(house: House) -> None:
    """Not in finished work, nor in the names of lanes."""
    house.send_order("7700123")
    house.take("acme", "1.edi", acknowledged(1))
    confirmation = ACKNOWLEDGEMENT.format(order="7700123")
    house.take("acme", "2.edi", wrapped("855", confirmation, 2))
    house.take("acme", "3.edi", wrapped("810", invoice("INV1", "7700123"), 3))
    house.send_order("4500999")
    assert rows_with(house, "7700123").keys() >= {"lane", "work_item", "document", "document_order"}
    kept = count(house, WorkItem)
    erase(house, po="7700123")
    assert rows_with(house, "7700123") == {"journal_entry": 4, "ledger_detail": 4}
    assert 0 < count(house, WorkItem) < kept
    house.assert_settled()


def rows_with(house: House, text_: str) -> dict[str, int]:
    """In how many rows of each table a text stands."""
    found: Counter[str] = Counter()
    with house.gateway.database.read() as session:
        for table in metadata.sorted_tables:
            found[table.name] += sum(text_ in repr(tuple(row)) for row in session.execute(select(table)))
    return {name: number for name, number in found.items() if number}


class TestAtOnce:
    """With others who remove the same."""

    @pytest.mark.parametrize("candidates", ["receipts_before", "outbound_before"])
    def test_what_is_erased_after_pruning_chose_it_is_counted_once(
        self, either_house: House, candidates: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        house = either_house
        house.send_order()
        house.take("acme", "1.edi", acknowledged(1))
        house.take("acme", "2.edi", wrapped("810", invoice(), 2))
        house.later(days=91)
        before = house.gateway.status().balance
        really = getattr(retaining, candidates)

        erased: list[Erased] = []

        def chosen(*arguments: object) -> object:
            ids = really(*arguments)
            if not erased:
                erased.append(erase(house, po="4500123"))
            return ids

        monkeypatch.setattr(retaining, candidates, chosen)
        done = retention(house).prune()
        assert len(erased[0].files) + done.files == 2, "each file went once"
        assert done.sent == (candidates == "receipts_before"), "documents of ours are looked at before"
        assert house.gateway.status().balance == before
        assert_ledger_holds(house)

    def test_the_same_is_erased_by_one_of_many(self, either_house: House) -> None:
        house = either_house
        house.send_order()
        house.take("acme", "1.edi", acknowledged(1))
        house.take("acme", "2.edi", wrapped("810", invoice(), 2))
        before = house.gateway.status().balance
        ready = Barrier(3)

        def ask(_number: int) -> Erased | None:
            with Gateway.open(house.gateway.home.root, clock=house.clock) as gateway:
                ready.wait()
                try:
                    return gateway.erasing.erase(Wanted(po="4500123"), BY)
                except NotFound:
                    return None

        with ThreadPoolExecutor(3) as all_at_once:
            done = [each for each in all_at_once.map(ask, range(3)) if each]
        assert [(len(each.files), len(each.documents)) for each in done] == [(2, 3)]
        assert (house.outbox("acme"), count(house, PendingWithdrawal)) == ({}, 0)
        assert house.gateway.status().balance == before
        house.assert_settled()
        assert_ledger_holds(house)


class TestRefused:
    def test_one_document_of_a_file_with_others(self, house: House) -> None:
        sets = [transaction_set("810", invoice(f"I{number}"), f"{number:04}") for number in (1, 2)]
        receipt = house.take("acme", "two.edi", interchange(group(*sets)))
        document = house.documents(number="I1")[0].id
        with pytest.raises(NotPossible, match=f"also brought Invoice I2.*--doc {receipt.id}"):
            house.gateway.erasing.erase(Wanted((document,)), BY)
        assert len(erase(house, receipt.id).documents) == 2

    def test_our_answer_without_what_it_answers(self, house: House) -> None:
        receipt = house.take("acme", "1.edi", wrapped("810", invoice()))
        answer = house.documents("outbound")[0].id
        with pytest.raises(NotPossible, match=f"It answers file {receipt.id}"):
            house.gateway.erasing.erase(Wanted((answer,)), BY)

    def test_an_order_number_of_two_partners(self, house: House) -> None:
        house.take("acme", "1.edi", wrapped("810", invoice("INV1")))
        house.take("cargo", "1.edi", wrapped("810", invoice("INV3"), sender="CARGO"))
        with pytest.raises(NotPossible, match="acme, cargo have an order 4500123 each"):
            house.gateway.erasing.erase(Wanted(po="4500123"), BY)
        erase(house, po="4500123", partner="cargo")
        assert [row.number for row in house.documents()] == ["INV1"]

    @pytest.mark.parametrize("state", ["pending", "quarantined", "dead"])
    def test_documents_that_wait(self, house: House, state: str) -> None:
        document = INBOUND[state](house)
        with pytest.raises(NotPossible, match="is not done with"):
            house.gateway.erasing.erase(Wanted((document,)), BY)

    @pytest.mark.parametrize("state", ["pending", "quarantined", "dead"])
    def test_files_that_wait(self, house: House, state: str) -> None:
        with pytest.raises(NotPossible, match="is not done with"):
            house.gateway.erasing.erase(Wanted((FILES[state](house),)), BY)

    @pytest.mark.parametrize("state", ["not built", "not built for good", "not sent for good"])
    def test_orders_that_wait(self, house: House, state: str) -> None:
        with pytest.raises(NotPossible, match="is not done with"):
            house.gateway.erasing.erase(Wanted((OUTBOUND[state](house),)), BY)

    def test_what_there_is_not(self, house: House) -> None:
        with pytest.raises(NotFound):
            house.gateway.erasing.erase(Wanted(("4711",)), BY)


class TestTheLaw:
    @pytest.fixture
    def german(self, house: House) -> House:
        house.take("acme", "1.edi", wrapped("810", invoice()))
        object.__setattr__(house.gateway.erasing, "rules", Rules("DE"))
        return house

    def test_goes_first(self, german: House) -> None:
        [document] = german.documents()
        with pytest.raises(NotPossible, match=r"Invoice INV1 until 2034-12-31 \(DE, § 147 .*--despite-retention"):
            german.gateway.erasing.erase(Wanted((document.id,)), BY)
        assert len(german.documents()) == 1

    def test_unless_it_is_set_aside_and_that_is_on_record(self, german: House) -> None:
        done = erase(german, german.documents()[0].id, despite_retention=True)
        assert len(done.despite) == 1
        [(step, actor, reason, detail)] = told(german, "retention", "step", "actor", "reason", "detail")
        assert (step, actor, reason) == ("erased", BY.actor, BY.reason)
        assert "Invoice INV1 until 2034-12-31" in detail

    def test_says_nothing_any_more_once_its_time_is_over(self, german: House) -> None:
        german.later(days=366 * 9)
        assert erase(german, german.documents()[0].id).despite == ()


class TestWhatIsLeft:
    @pytest.fixture
    def erased(self, house: House) -> str:
        house.take("acme", "1.edi", wrapped("810", invoice("PRIVATE1")))
        document = house.documents()[0].id
        erase(house, po="4500123")
        return document

    def test_is_one_entry_in_the_trail(self, house: House, erased: str) -> None:
        with house.gateway.database.read() as session:
            file = erased.rpartition("-")[0]
            by_id = (trail.of_document(session, DocumentId(id_)) for id_ in (erased, file))
            for found in (*by_id, trail.of_order(session, "4500123")):
                assert [(entry.step, entry.actor, entry.outcome) for entry in found] == [
                    ("erased", BY.actor, BY.reason)
                ]

    def test_is_evidence_that_there_was_something_and_that_it_was_erased(
        self, house: House, erased: str, tmp_path: Path
    ) -> None:
        gateway = house.gateway
        evidence = Collector(gateway.database, gateway.blobs, gateway.clock, gateway.ledger).of_order("4500123")
        assert len(evidence.entries) == 3
        assert [entry.detail is None for entry in evidence.entries] == [True] * (len(evidence.entries) - 1) + [False]
        export(evidence, tmp_path / "bundle.zip")
        with (tmp_path / "bundle.zip").open("rb") as file:
            report = checking.check(file, gateway.ledger.key(), None)
        assert not report.failed
        assert any("were erased, on record" in claim.text for claim in report.claims)

    def test_outlives_retention(self, house: House, erased: str) -> None:
        house.take("acme", "2.edi", wrapped("810", invoice("INV2"), 2))
        prune(house, days=4000)
        with house.gateway.database.read() as session:
            assert set(session.scalars(select(JournalEntry.step))) == {Step.AGREED, Step.ERASED, Step.PRUNED}

    def test_balances_for_an_auditor_too(self, house: House, erased: str) -> None:
        assert not asked(house, "balance").wrong

    def test_is_not_to_be_had_by_forging(self, house: House) -> None:
        """Details are removed, and an erasure is put into the journal that the ledger never took in."""
        house.take("acme", "1.edi", wrapped("810", invoice()))
        house.gateway.ledger.drain()
        with house.gateway.database.read() as session:
            idx = session.execute(text("SELECT min(idx) FROM ledger_detail WHERE idx > 2")).scalar_one()

        def forge(session: Session) -> None:
            session.execute(text(f"DELETE FROM ledger_blob_salt WHERE idx = {idx}"))
            session.execute(
                text(f"DELETE FROM journal_entry WHERE id = (SELECT journal_id FROM ledger_detail WHERE idx = {idx})")
            )
            session.execute(text(f"DELETE FROM ledger_detail WHERE idx = {idx}"))
            session.add(
                JournalEntry(
                    at=house.clock.now(), step=Step.ERASED, outcome="x", detail={"erased": {"details": [[idx, idx]]}}
                )
            )

        house.gateway.database.write(forge)
        found = house.gateway.ledger.verify()
        assert re.match(f"Entry {idx} has no details any more, and no erasure is recorded", found.wrong or "")
