"""What retention removes, what it never does, and that the balance goes on."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import func, select

from canonical.errors import Retryable
from canonical.identity import DocumentId
from gateway.erp.port import IdempotencyKey
from gateway.operations import retention as retaining
from gateway.operations.backup import Backup
from gateway.operations.outboxes import Placed, withdraw
from gateway.operations.retention import Pruned, Retention
from gateway.operations.sweeping import no_sweep
from spool.blobs import INLINE_LIMIT, Blob
from spool.database.port import Database
from spool.journal import JournalEntry, Step
from spool.queue.tables import Lane, WorkItem
from spool.tables import Base
from tests.gateway.house import PROFILES, House, csv, csv_invoice, invoice, order, wrapped

from .scene import BAD, BY, FILES, INBOUND, OUTBOUND, failing, refused

KEEP = timedelta(days=90)


def retention(house: House, keep: timedelta | None = KEEP) -> Retention:
    gateway = house.gateway
    return Retention(
        gateway.home, gateway.database, house.clock, gateway.ledger, keep, timedelta(days=30), gateway.adapter.forget
    )


def prune(house: House, days: float = 91) -> Pruned:
    """Let time pass and prune, until nothing more goes; what went."""
    house.later(days=days)
    before = house.gateway.status().balance
    told = retention(house).would_prune()
    done = retention(house).prune()
    assert (told.files <= done.files, told.sent, told.work) == (True, done.sent, done.work)
    assert told.outbox <= done.outbox
    while (more := retention(house).prune()).files:
        done = replace(
            done,
            files=done.files + more.files,
            outbox=done.outbox + more.outbox,
            payloads=done.payloads + more.payloads,
        )
    assert house.gateway.status().balance == before
    assert_ledger_holds(house)
    return done


def assert_ledger_holds(house: House) -> None:
    """What is missing beside the ledger is missing on purpose, and the ledger says so."""
    house.gateway.ledger.drain()
    found = house.gateway.ledger.verify()
    assert (found.wrong, found.waiting) == (None, 0)


def count(house: House, table: type[Base]) -> int:
    with house.gateway.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


class TestWhatGoes:
    def test_everything_about_a_file(self, either_house: House) -> None:
        house = either_house
        house.take("acme", "810.edi", wrapped("810", invoice()))
        house.take("beta", "a.csv", csv(csv_invoice()))
        done = prune(house)
        assert (done.files, done.payloads > 3) == (2, True)
        assert (house.receipts(), house.documents(), house.documents("outbound")) == ([], [], [])
        assert (house.transmissions(), count(house, Blob), count(house, WorkItem), count(house, Lane)) == ([], 0, 0, 0)
        with house.gateway.database.read() as session:
            assert set(session.scalars(select(JournalEntry.step))) == {Step.AGREED, Step.PRUNED}
        house.assert_settled()
        found = house.gateway.ledger.verify()
        assert (found.erased > 10, found.payloads) == (True, 0)

    def test_an_order_with_all_that_came_of_it(self, either_house: House) -> None:
        house = either_house
        OUTBOUND["accepted"](house)
        house.take("acme", "810.edi", wrapped("810", invoice(), 2))
        done = prune(house)
        assert (done.sent, done.files) == (1, 2)
        assert house.documents("outbound") == []
        house.assert_settled()

    @pytest.mark.parametrize("state", ["rejected", "duplicate"])
    def test_files_without_documents(self, house: House, state: str) -> None:
        FILES[state](house)
        assert prune(house).files == (2 if state == "duplicate" else 1)
        house.assert_settled()

    def test_finished_work_long_before_the_rest(self, either_house: House) -> None:
        house = either_house
        house.take("acme", "810.edi", wrapped("810", invoice()))
        done = prune(house, days=31)
        assert done == Pruned(work=3)
        assert count(house, Lane) == 0
        house.take("acme", "again.edi", wrapped("810", invoice()))
        assert house.receipts()[-1].state == "duplicate"
        house.assert_settled()

    def test_in_steps_that_let_others_write_between(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retaining, "STEP", 2)
        monkeypatch.setattr(retaining, "WORK_STEP", 3)
        for number in range(5):
            house.take("acme", f"{number}.edi", wrapped("810", invoice(f"INV{number}"), number + 1))
        assert prune(house).files == 5
        assert house.receipts() == []

    def test_nothing_by_default_but_finished_work(self, house: House) -> None:
        house.take("acme", "810.edi", wrapped("810", invoice()))
        house.later(days=10_000)
        assert house.gateway.retention.prune() == Pruned(work=3)
        assert len(house.documents()) == 1


class TestOutboxes:
    """What a partner did not fetch, or fetched and left lying, goes with what it belongs to, and not before."""

    def test_lie_as_long_as_their_transmissions_are_kept(self, either_house: House) -> None:
        house = either_house
        OUTBOUND["accepted"](house)
        house.take("beta", "a.csv", csv(csv_invoice()))
        house.take("cargo", "810.edi", wrapped("810", invoice(), sender="CARGO"))
        before = {partner: house.outbox(partner) for partner in PROFILES}
        assert all(before.values())
        assert prune(house, days=60).outbox == 0
        assert {partner: house.outbox(partner) for partner in PROFILES} == before
        assert prune(house, days=31).outbox == sum(map(len, before.values()))
        assert {partner: house.outbox(partner) for partner in PROFILES} == {partner: {} for partner in PROFILES}

    def test_of_orders_without_an_answer_are_never_emptied(self, house: House) -> None:
        """The supplier may still come for it, and somebody should see that it did not."""
        OUTBOUND["overdue"](house)
        assert prune(house, days=400).outbox == 0
        assert house.answers("acme") == ["850"]

    def test_with_other_bytes_or_a_link_under_the_name_are_left_alone(self, house: House, tmp_path: Path) -> None:
        house.take("acme", "810.edi", wrapped("810", invoice()))
        house.take("beta", "a.csv", csv(csv_invoice()))
        [ours] = (house.gateway.home.sftp / "acme" / "outbox").iterdir()
        [linked] = (house.gateway.home.sftp / "beta" / "outbox").iterdir()
        ours.write_bytes(b"somebody else's")
        linked.rename(tmp_path / "elsewhere")
        linked.symlink_to(tmp_path / "elsewhere")
        assert prune(house).outbox == 0
        assert ours.exists()
        assert linked.is_symlink()

    def test_give_their_names_free_for_what_comes_later(self, house: House) -> None:
        """A report that lay there for ever would keep every later one of its name from being placed."""
        house.take("beta", "a.csv", csv(csv_invoice()))
        assert prune(house).outbox == 1
        house.take("beta", "a.csv", csv(csv_invoice("CSV2")))
        house.assert_settled()
        assert house.answers("beta") == ["report"]

    def test_keep_what_was_placed_anew_under_the_name_since(self, house: House) -> None:
        house.take("beta", "a.csv", csv(csv_invoice()))
        [sent] = house.transmissions()
        with house.gateway.database.read() as session:
            same = Placed(sent.partner, sent.filename, sent.size, sent.sha256)
            assert not withdraw(session, house.gateway.home, same)
        assert house.answers("beta") == ["report"]

    def test_of_the_ERP_are_its_own(self, house: House) -> None:
        house.take("acme", "810.edi", wrapped("810", invoice()))
        prune(house)
        assert len(house.erp_out()) == 1


class TestWhatStays:
    @pytest.mark.parametrize("state", ["pending", "quarantined", "dead"])
    def test_documents_that_wait(self, either_house: House, state: str) -> None:
        document = INBOUND[state](either_house)
        prune(either_house, days=400)
        assert [row.id for row in either_house.documents()] == [document]
        with either_house.gateway.database.read() as session:
            assert b"".join(either_house.gateway.raw(session, document))

    @pytest.mark.parametrize("state", ["pending", "quarantined", "of nobody", "dead"])
    def test_files_that_wait(self, house: House, state: str) -> None:
        receipt = FILES[state](house)
        prune(house, days=400)
        assert [row.id for row in house.receipts()] == [receipt]

    @pytest.mark.parametrize("state", ["not built", "overdue", "not built for good", "not sent for good"])
    def test_orders_that_wait(self, either_house: House, state: str) -> None:
        document = OUTBOUND[state](either_house)
        prune(either_house, days=400)
        assert [row.id for row in either_house.documents("outbound")] == [document]

    def test_what_belongs_to_an_order_that_lives(self, either_house: House) -> None:
        house = either_house
        OUTBOUND["accepted"](house)
        house.take("acme", "old.edi", wrapped("810", invoice("INV1"), 2))
        house.later(days=89)
        house.take("acme", "new.edi", wrapped("810", invoice("INV2"), 3))
        assert prune(house, days=2).files == 0
        assert len(house.documents()) == 3
        assert len(house.documents("outbound", type="PurchaseOrder")) == 1

    def test_the_file_that_brought_an_acknowledgement_as_long_as_what_it_acknowledged(self, house: House) -> None:
        OUTBOUND["accepted"](house)
        house.later(days=89)
        house.take("acme", "new.edi", wrapped("810", invoice("INV2"), 3))
        prune(house, days=2)
        assert [row.set_id for row in house.documents()] == ["997", "810"]

    def test_what_a_duplicate_refers_to(self, either_house: House) -> None:
        house = either_house
        house.take("acme", "810.edi", wrapped("810", invoice()))
        house.later(days=89)
        house.take("acme", "again.edi", wrapped("810", invoice()))
        house.take("acme", "other.edi", wrapped("810", invoice(), 2))
        assert prune(house, days=2).files == 0
        assert prune(house, days=89).files == 3

    def test_what_was_replayed(self, house: House) -> None:
        document = INBOUND["rejected"](house)
        house.later(days=89)
        house.gateway.administration.replay(document, BY)
        house.work()
        assert prune(house, days=2).files == 0
        assert prune(house, days=89).files == 2

    def test_a_file_whose_answer_could_not_be_sent(self, house: House) -> None:
        house.receive("acme", "810.edi", wrapped("810", invoice()))
        house.work(failing("transmit"))
        prune(house, days=400)
        assert [row.state.value for row in house.transmissions()] == ["failed"]
        assert len(house.receipts()) == 1

    def test_a_file_whose_answer_is_to_be_sent_once_more(self, house: House) -> None:
        house.take("acme", "810.edi", wrapped("810", invoice()))
        house.gateway.administration.retry(house.transmissions()[0].id, BY)
        prune(house, days=400)
        assert len(house.receipts()) == 1
        house.work()
        house.assert_settled()

    def test_a_payload_that_something_kept_has_too(self, house: House) -> None:
        house.take("acme", "junk.txt", b"no EDI at all")
        house.take("beta", "junk.txt", b"no EDI at all")
        for receipt in house.receipts()[:1]:
            house.gateway.administration.cancel(receipt.id, BY)
        house.work()
        assert prune(house).files == 1
        with house.gateway.database.read() as session:
            assert b"".join(house.gateway.raw(session, house.receipts()[0].id)) == b"no EDI at all"

    def test_control_numbers_are_used_for_ever(self, house: House) -> None:
        house.take("acme", "810.edi", wrapped("810", invoice("INV1")))
        prune(house, days=400)
        house.take("acme", "810.edi", wrapped("810", invoice("INV2")))
        assert house.documents()[0].state == "duplicate"
        assert house.answers("acme")[-2:] == ["TA1 R 025", "notice"]
        house.assert_balanced()

    def test_numbers_of_documents_are_known_as_long_as_they_are_kept(self, house: House) -> None:
        house.take("acme", "810.edi", wrapped("810", invoice()))
        prune(house, days=89)
        house.take("acme", "810.edi", wrapped("810", invoice(), 2))
        assert house.documents()[-1].state == "duplicate"

    def test_our_control_numbers_go_on(self, house: House) -> None:
        OUTBOUND["accepted"](house)
        prune(house)
        assert b"*000000002*" in house.send_order("4500999")


class TestPayloadFiles:
    LARGE = b"x" * (INLINE_LIMIT + 1)

    @pytest.fixture
    def files(self, house: House) -> Callable[[], Iterator[Path]]:
        return lambda: house.gateway.home.blobs.glob("*/*")

    def test_go_after_their_rows(self, house: House, files: Callable[[], Iterator[Path]]) -> None:
        receipt = house.take("acme", "junk.txt", self.LARGE)
        house.gateway.administration.cancel(receipt.id, BY)
        house.work()
        later = house.clock.now() + timedelta(days=10_000)
        assert retention(house).sweep(later) == 0
        prune(house)
        assert len(list(files())) == 1
        assert retention(house).sweep(later) == 1
        assert list(files()) == []

    def test_that_a_crash_left_go(self, house: House, files: Callable[[], Iterator[Path]]) -> None:
        house.gateway.blobs.stage_bytes(self.LARGE)
        assert len(list(files())) == 1
        before = house.clock.now() + timedelta(days=10_000)
        assert retention(house).sweep(before - timedelta(days=20_000)) == 0
        assert retention(house).sweep(before) == 1

    def test_stay_while_a_backup_is_made(self, house: House, files: Callable[[], Iterator[Path]]) -> None:
        house.gateway.blobs.stage_bytes(self.LARGE)
        with no_sweep(house.gateway.home.root):
            assert retention(house).sweep(house.clock.now() + timedelta(days=10_000)) == 0
        assert len(list(files())) == 1

    def test_that_were_staged_again_meanwhile_stay(
        self, house: House, files: Callable[[], Iterator[Path]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        house.gateway.blobs.stage_bytes(self.LARGE)
        rename = Path.rename

        def staged_just_before(path: Path, target: Path) -> Path:
            monkeypatch.setattr(Path, "rename", rename)
            house.gateway.blobs.stage_bytes(self.LARGE)
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", staged_just_before)
        assert retention(house).sweep(house.clock.now() + timedelta(days=10_000)) == 0
        [path] = files()
        assert path.read_bytes() == self.LARGE

    def test_whose_row_came_again_since_stays_with_it(self, house: House) -> None:
        """The same bytes are received between the look at what is unreferred and its removal."""
        receipt = house.take("acme", "junk.txt", b"no EDI at all")
        house.gateway.administration.cancel(receipt.id, BY)
        house.work()
        house.later(days=91)
        database = Interfering(house, lambda: house.receive("acme", "junk.txt", b"no EDI at all"))
        gateway = house.gateway
        Retention(
            gateway.home, cast("Database", database), house.clock, gateway.ledger, KEEP, KEEP, gateway.adapter.forget
        ).prune()
        assert database.interfered
        [kept] = house.receipts()
        with gateway.database.read() as session:
            assert b"".join(gateway.raw(session, kept.id)) == b"no EDI at all"


class Interfering:
    """The house's database, in which something is done just before payloads are removed."""

    def __init__(self, house: House, action: Callable[[], object]) -> None:
        self._database = house.gateway.database
        self._action = action
        self.interfered = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def write(self, work: Any) -> Any:
        if (
            isinstance(work, partial)
            and getattr(work.func, "__func__", None) is Retention._remove_payloads
            and not self.interfered
        ):
            self.interfered = True
            self._action()
        return self._database.write(work)


def test_what_was_pruned_is_counted_in_a_backup_too(house: House, tmp_path: Path) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice()))
    prune(house)
    made = Backup(house.gateway.home, house.gateway.database, house.clock).make(tmp_path / "x")
    assert made.received == 1
    assert made.path.stat().st_size == made.size


class Years(RuleBasedStateMachine):
    """Whatever came, was done by hand and was pruned, in whatever order: the balance is exact, and nothing that is kept lacks anything."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.house = House(Path(self.folder.name) / "home")
        self.files = 0

    def teardown(self) -> None:
        self.house.exhaust()
        self.house.assert_balanced()
        self.house.close()
        self.folder.cleanup()

    @rule(number=st.integers(1, 3), control=st.integers(1, 6), good=st.booleans(), usage=st.sampled_from("TTTP"))
    def an_invoice_comes(self, number: int, control: int, good: bool, usage: str) -> None:
        body = invoice(f"INV{number}", f"450000{number}") if good else BAD
        self.house.receive("acme", "810.edi", wrapped("810", body, control, usage=usage))
        self.house.work()
        self.files += 1

    @rule(number=st.integers(1, 3))
    def the_ERP_orders(self, number: int) -> None:
        self.house.place_order(order(f"450000{number}"))
        self.house.gateway.delivery.pull()
        self.house.work()

    @rule(number=st.integers(1, 4), status=st.sampled_from("AR"))
    def an_answer_comes(self, number: int, status: str) -> None:
        body = f"AK1*PO*{number}\nAK2*850*{number:04d}\nAK5*{status}\nAK9*{status}*1*1*{int(status != 'R')}"
        self.house.receive("acme", "997.edi", wrapped("997", body, 20 + number))
        self.house.work()
        self.files += 1

    @rule(kind=st.sampled_from(["open", "deliver", "build", "transmit"]))
    def work_fails(self, kind: str) -> None:
        self.house.receive("beta", "inv.csv", csv(csv_invoice(f"CSV{self.files}")))
        self.house.work(failing(kind))
        self.files += 1

    @rule(data=st.data(), name=st.sampled_from(["retry", "replay", "cancel"]))
    def something_is_done_by_hand(self, data: st.DataObject, name: str) -> None:
        ids = [row.id for row in (*self.house.documents(), *self.house.documents("outbound"))]
        ids += [row.id for row in self.house.receipts()]
        if ids:
            id_ = ids[data.draw(st.integers(0, len(ids) - 1))]
            before = len(self.house.receipts())
            refused(lambda: getattr(self.house.gateway.administration, name)(id_, BY))
            self.files += len(self.house.receipts()) - before
            self.house.work()

    @rule(days=st.integers(1, 120))
    def time_passes(self, days: int) -> None:
        self.house.later(days=days)
        self.house.work()
        self.house.gateway.database.write(self.house.gateway.answers.overdue)
        self.house.work()

    @rule(days=st.integers(10, 100))
    def it_is_pruned(self, days: int) -> None:
        retention(self.house, timedelta(days=days)).prune()

    @invariant()
    def it_balances(self) -> None:
        balance = self.house.gateway.status().balance
        assert balance.holds, balance
        assert balance.files == self.files
        assert min(balance.places.values()) >= 0, balance

    @invariant()
    def nothing_kept_lacks_anything(self) -> None:
        receipts = {row.id: row for row in self.house.receipts()}
        rows = {row.id: row for row in (*self.house.documents(), *self.house.documents("outbound"))}
        sent = {row.id: row for row in self.house.transmissions()}
        assert {row.duplicate_of for row in receipts.values()} | {row.replays for row in receipts.values()} <= {
            None,
            *receipts,
        }
        assert {row.duplicate_of for row in rows.values()} | {row.replays for row in rows.values()} <= {None, *rows}
        assert {row.answers for row in sent.values()} <= {None, *receipts}
        with self.house.gateway.database.read() as session:
            for id_ in (*receipts, *sent):
                assert b"".join(self.house.gateway.raw(session, id_)) is not None
            for row in rows.values():
                if row.canonical_sha256:
                    assert self.house.gateway.document(session, DocumentId(row.id))[1]


TestYears = Years.TestCase
TestYears.settings = settings(max_examples=5, stateful_step_count=25)


def test_our_note_of_what_the_erp_was_given_names_it_no_more_and_it_is_not_given_again(house: House) -> None:
    house.take("acme", "1.edi", wrapped("810", invoice("PRIVATE1")))
    notes, out = house.gateway.home.erp / ".journal", house.gateway.home.erp / "out"
    assert [path for path in notes.iterdir() if "PRIVATE1" in path.name]
    house.collect("acme")
    assert prune(house).files == 1
    assert [(path.read_bytes(), "PRIVATE1" in path.name) for path in notes.iterdir()] == [(b"", False)]
    for path in out.glob("*.json"):
        path.unlink()
    house.take("acme", "2.edi", wrapped("810", invoice("PRIVATE1"), 2))
    assert [row.state.value for row in house.documents()] == ["delivered"]
    assert not list(out.glob("*.json"))


def test_nobody_waits_for_a_share_of_the_erps_that_does_not_answer(house: House) -> None:
    """Here others write while its notes are blanked, which they could not within a transaction of ours."""
    house.take("acme", "1.edi", wrapped("810", invoice("1")))
    house.collect("acme")
    house.later(days=91)
    forgotten: list[str] = []

    def forget(keys: Sequence[IdempotencyKey]) -> None:
        house.gateway.database.write(lambda _session: forgotten.extend(key.number for key in keys))

    assert replace(retention(house), forget_given=forget).prune().files == 1
    assert forgotten == ["1"]


def test_while_the_erps_share_is_away_what_it_was_given_stays(house: House) -> None:
    house.take("acme", "1.edi", wrapped("810", invoice("1")))
    house.collect("acme")
    house.later(days=91)
    notes = house.gateway.home.erp / ".journal"
    notes.rename(notes.with_name("away"))
    with pytest.raises(Retryable, match="the disk is mounted"):
        retention(house).prune()
    notes.with_name("away").rename(notes)
    assert retention(house).prune().files == 1


def test_what_stays_keeps_its_note(house: House) -> None:
    house.take("acme", "1.edi", wrapped("810", invoice("KEPT1")))
    house.collect("acme")
    assert prune(house, days=30).files == 0
    assert [path for path in (house.gateway.home.erp / ".journal").iterdir() if "KEPT1" in path.name]
