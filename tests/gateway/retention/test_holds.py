"""What a legal hold covers, and that nothing removes it: whatever the settings say, whoever asks, and however old it is."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from canonical.errors import NotFound, TallyError
from gateway.operations.erasing import Wanted
from gateway.operations.instruction import Instruction, NotPossible
from gateway.operations.replaying import ProfileOf
from gateway.retention import holds
from gateway.retention.holds import Hold, HoldKind, Target
from spool.journal import Step
from tests.gateway.audit.asking import told
from tests.gateway.house import House, invoice, order, wrapped
from tests.gateway.house import house as open_house
from tests.gateway.operations.scene import OUTBOUND
from tests.gateway.operations.test_retention import assert_ledger_holds, prune, retention

BY = Instruction("anna", "The customs office asks.")


def placed(house: House, kind: HoldKind, subject: str, partner: str | None = None) -> Hold:
    target = Target(kind, subject, partner)
    return house.gateway.database.write(lambda session: holds.place(session, house.clock, target, BY))


def released(house: House, hold: Hold) -> None:
    by = Instruction("eva", "It is settled.")
    house.gateway.database.write(lambda session: holds.release(session, house.clock, hold.id, by))


def trade(house: House) -> None:
    """An order that was answered, two invoices about it, and one about another order."""
    OUTBOUND["accepted"](house)
    house.take("acme", "1.edi", wrapped("810", invoice("INV1"), 2))
    house.take("acme", "2.edi", wrapped("810", invoice("INV2", "4500999"), 3))
    house.take("cargo", "3.edi", wrapped("810", invoice("INV3"), sender="CARGO"))


def test_copies_of_what_is_held_stay_with_it(house: House) -> None:
    for name, control in (("1.edi", 1), ("again.edi", 1), ("other.edi", 2)):
        house.take("acme", name, wrapped("810", invoice("INV1", "77"), control))
    house.take("acme", "unheld.edi", wrapped("810", invoice("INV2", "88"), 3))
    house.take("acme", "unheld again.edi", wrapped("810", invoice("INV2", "88"), 3))
    house.collect("acme")
    hold = placed(house, HoldKind.ORDER, "77")
    assert prune(house, days=4000).files == 2
    assert [file.filename for file in house.receipts()] == ["1.edi", "again.edi", "other.edi"]
    released(house, hold)
    assert prune(house, days=4000).files == 3


def numbers(house: House) -> set[str | None]:
    """What is here of business."""
    rows = (*house.documents(), *house.documents("outbound", type="PurchaseOrder"))
    return {row.number for row in rows if row.set_id != "997"}


COVERED = {
    "an order of anybody": (lambda _: Target(HoldKind.ORDER, "4500123"), {"4500123", "INV1", "INV3"}),
    "an order of one": (lambda _: Target(HoldKind.ORDER, "4500123", "cargo"), {"INV3"}),
    "a document": (
        lambda house: Target(HoldKind.DOCUMENT, house.documents(number="INV2")[0].id),
        {"INV2"},
    ),
    "a file": (
        lambda house: Target(HoldKind.DOCUMENT, house.documents(number="INV1")[0].receipt_id or ""),
        {"INV1"},
    ),
    "a document of ours": (
        lambda house: Target(HoldKind.DOCUMENT, house.documents("outbound", type="PurchaseOrder")[0].id),
        {"4500123"},
    ),
    "an answer of ours": (
        lambda house: Target(HoldKind.DOCUMENT, next(row.id for row in house.documents("outbound", partner="cargo"))),
        {"INV3"},
    ),
    "a partner": (lambda _: Target(HoldKind.PARTNER, "acme"), {"4500123", "INV1", "INV2"}),
}


@pytest.mark.parametrize(("target", "kept"), COVERED.values(), ids=COVERED)
def test_only_what_it_covers_is_kept_and_goes_once_it_is_released(
    house: House, target: Callable[[House], Target], kept: set[str]
) -> None:
    trade(house)
    hold = house.gateway.database.write(lambda session: holds.place(session, house.clock, target(house), BY))
    prune(house, days=400)
    assert numbers(house) == kept
    released(house, hold)
    prune(house, days=1)
    assert numbers(house) == set()


def test_what_came_later_about_a_held_order_is_held_too(house: House) -> None:
    OUTBOUND["accepted"](house)
    placed(house, HoldKind.ORDER, "4500123")
    house.take("acme", "1.edi", wrapped("810", invoice("INV1"), 2))
    prune(house, days=400)
    assert numbers(house) == {"4500123", "INV1"}


@pytest.mark.parametrize(
    "target",
    [
        Target(HoldKind.ORDER, "4711"),
        Target(HoldKind.ORDER, "4500123", "beta"),
        Target(HoldKind.DOCUMENT, "4711"),
        Target(HoldKind.PARTNER, "acne"),
    ],
)
def test_a_hold_on_nothing_is_refused(house: House, target: Target) -> None:
    """It would look as if something were kept."""
    trade(house)
    with pytest.raises(NotFound, match="nothing would be held"):
        house.gateway.database.write(lambda session: holds.place(session, house.clock, target, BY))


def test_a_hold_is_released_once(house: House) -> None:
    trade(house)
    hold = placed(house, HoldKind.PARTNER, "acme")
    with pytest.raises(NotFound):
        released(house, Hold("hold-9", hold.target, hold.placed, "", ""))
    released(house, hold)
    with pytest.raises(NotPossible, match="was released on 2026-11-21 by eva"):
        released(house, hold)
    assert placed(house, HoldKind.PARTNER, "acme").id == "hold-2"


def test_two_holds_on_the_same_are_both_to_be_released(house: House) -> None:
    trade(house)
    first, second = placed(house, HoldKind.PARTNER, "cargo"), placed(house, HoldKind.ORDER, "4500123")
    released(house, first)
    prune(house, days=400)
    assert "INV3" in numbers(house)
    released(house, second)
    prune(house, days=1)
    assert numbers(house) == set()


def test_the_register_names_who_and_why(house: House) -> None:
    trade(house)
    released(house, placed(house, HoldKind.PARTNER, "acme"))
    assert told(house, "retention", "step", "partner", "actor", "reason") == [
        ("held", "acme", "anna", "The customs office asks."),
        ("unheld", "acme", "eva", "It is settled."),
    ]
    assert_ledger_holds(house)


def test_who_removes_waits_for_a_hold_that_is_being_placed(tmp_path: Path) -> None:
    """On a database with many writers."""
    with open_house(tmp_path / "home", kind="postgresql") as house:
        house.take("acme", "1.edi", wrapped("810", invoice("INV1")))
        house.later(days=400)
        removing = Thread(target=retention(house).prune)

        def slowly(session: Session) -> None:
            holds.place(session, house.clock, Target(HoldKind.PARTNER, "acme"), BY)
            removing.start()
            while not waited_for(house):
                assert removing.is_alive(), "it did not wait"

        house.gateway.database.write(slowly)
        removing.join()
        assert numbers(house) == {"INV1"}


class TestWhileSomethingIsErased:
    """On a database with many writers, of which each waits for the other: what came first counts."""

    @pytest.fixture
    def shared(self, tmp_path: Path) -> Iterator[House]:
        with open_house(tmp_path / "home", kind="postgresql") as house:
            house.take("acme", "1.edi", wrapped("810", invoice("INV1")))
            house.gateway.ledger.drain()
            yield house

    @staticmethod
    def meanwhile(house: House, first: Callable[[Session], object], second: Callable[[], object]) -> object:
        """Begin ``second`` while ``first`` is in its transaction, which is over once ``second`` waits for it; what that ended with."""
        ended: list[object] = []

        def run() -> None:
            try:
                ended.append(second())
            except TallyError as error:
                ended.append(error)

        thread = Thread(target=run)

        def slowly(session: Session) -> None:
            first(session)
            thread.start()
            while not waited_for(house):
                assert thread.is_alive(), "it did not wait"

        house.gateway.database.write(slowly)
        thread.join()
        return ended[0]

    def test_a_hold_that_is_being_placed_goes_before_it(self, shared: House) -> None:
        def place(session: Session) -> None:
            holds.place(session, shared.clock, Target(HoldKind.PARTNER, "acme"), BY)

        wanted = Wanted((shared.documents()[0].id,))
        ended = self.meanwhile(shared, place, lambda: shared.gateway.erasing.erase(wanted, BY))
        assert isinstance(ended, NotPossible)
        assert "is under hold-1" in ended.message
        assert numbers(shared) == {"INV1"}

    def test_a_hold_that_comes_later_is_told_that_there_is_nothing(self, shared: House) -> None:
        """Rather than that it is placed, and holds nothing."""
        [document] = shared.documents()
        erasing = shared.gateway.erasing

        def erase(session: Session) -> None:
            erasing._erase(Wanted((document.id,)), BY, session)

        ended = self.meanwhile(shared, erase, lambda: placed(shared, HoldKind.DOCUMENT, document.id))
        assert isinstance(ended, NotFound)
        assert numbers(shared) == set()

    def test_two_do_not_erase_the_same_twice(self, shared: House) -> None:
        wanted = Wanted((shared.documents()[0].id,))
        erasing = shared.gateway.erasing
        ended = self.meanwhile(
            shared, lambda session: erasing._erase(wanted, BY, session), lambda: erasing.erase(wanted, BY)
        )
        assert isinstance(ended, NotFound)
        assert_ledger_holds(shared)

    def test_what_somebody_begins_to_do_anew_is_not_erased_under_his_hands(self, shared: House) -> None:
        [document] = shared.documents()
        administration = shared.gateway.administration

        def replay(session: Session) -> None:
            administration.replaying.replay(session, document.id, BY, ProfileOf.NOW, redeliver=True)

        wanted = Wanted((document.id,))
        ended = self.meanwhile(shared, replay, lambda: shared.gateway.erasing.erase(wanted, BY))
        assert isinstance(ended, NotPossible)
        assert "is not done with" in ended.message
        assert document.id in {row.id for row in shared.documents()}


def waited_for(house: House) -> int:
    """How many transactions wait for a lock, of rows too."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with house.gateway.database.read() as session:
        return int(session.execute(text(waiting)).scalar_one())


def test_the_hold_is_looked_at_in_the_transaction_that_removes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is placed after the candidates were read and before they are removed."""
    trade(house)
    house.later(days=400)
    really = holds.lock

    def just_before(session: Session) -> None:
        monkeypatch.setattr(holds, "lock", really)
        holds.place(session, house.clock, Target(HoldKind.PARTNER, "acme"), BY)

    monkeypatch.setattr(holds, "lock", just_before)
    retention(house).prune()
    assert numbers(house) == {"4500123", "INV1", "INV2"}


class TestTampering:
    """What somebody with the database's password does to be rid of a hold; ``tally ledger verify`` says it."""

    @pytest.fixture
    def held(self, house: House) -> House:
        trade(house)
        placed(house, HoldKind.PARTNER, "acme")
        house.gateway.ledger.checkpoint()
        return house

    @staticmethod
    def sql(house: House, *statements: str) -> None:
        def run(session: Session) -> None:
            for statement in statements:
                session.execute(text(statement))

        house.gateway.database.write(run)

    def test_the_hold_is_taken_out_of_the_journal(self, held: House) -> None:
        self.sql(held, "DELETE FROM journal_entry WHERE step = 'held'")
        assert "which was removed, and no erasure is recorded" in (held.gateway.ledger.verify().wrong or "")

    def test_the_hold_is_changed(self, held: House) -> None:
        self.sql(held, "UPDATE journal_entry SET detail = replace(detail, 'acme', 'beta') WHERE step = 'held'")
        assert "which was changed" in (held.gateway.ledger.verify().wrong or "")

    def test_a_release_is_forged(self, held: House) -> None:
        self.sql(
            held,
            "INSERT INTO journal_entry (at, step, outcome, actor, detail) SELECT at, 'unheld', 'x', 'anna', detail "
            "FROM journal_entry WHERE step = 'held'",
        )
        assert "was put there by somebody" in (held.gateway.ledger.verify().wrong or "")

    def test_the_hold_goes_under_an_erasure_that_is_recorded_like_a_true_one(self, held: House) -> None:
        """Not even an entry that the ledger takes in may cover it."""
        with held.gateway.database.read() as session:
            query = (
                "SELECT d.idx FROM ledger_detail d JOIN journal_entry j ON j.id = d.journal_id WHERE j.step = 'held'"
            )
            idx = session.execute(text(query)).scalar_one()
        self.sql(
            held,
            f"DELETE FROM ledger_detail WHERE idx = {idx}",
            "DELETE FROM journal_entry WHERE step = 'held'",
            "INSERT INTO journal_entry (at, step, outcome, actor, detail) VALUES ('2026-11-21 12:00:00.000000', 'pruned', '', "
            f"'tallystick', '{{\"erased\":{{\"details\":[[{idx},{idx}]]}}}}')",
            "INSERT INTO ledger_outbox (journal_id) SELECT max(id) FROM journal_entry",
        )
        held.gateway.ledger.drain()
        assert held.gateway.ledger.verify().wrong == (
            f"Entry {idx} has no details any more, and what tells of held is never erased."
        )


def test_nothing_that_is_held_is_erased_on_request(house: House) -> None:
    trade(house)
    hold = placed(house, HoldKind.ORDER, "4500123", "acme")
    erase = partial(house.gateway.erasing.erase, by=Instruction("eva", "Art. 17"))
    for wanted in (
        Wanted(po="4500123", partner="acme", despite_retention=True),
        Wanted((house.documents(number="INV1")[0].id,), despite_retention=True),
        Wanted((house.documents("outbound", type="PurchaseOrder")[0].id,)),
    ):
        with pytest.raises(NotPossible, match="is under hold-1"):
            erase(wanted)
    released(house, hold)
    erase(Wanted(po="4500123", partner="acme"))
    assert numbers(house) == {"INV2", "INV3"}
    assert house.clock.now() - hold.placed >= timedelta(0)


class TestOrdersThatWereRefused:
    """There is no document of them, only what the journal says; a hold covers that too."""

    REFUSED = Wanted(po="5500001", despite_retention=True)

    @pytest.fixture
    def refusing(self, house: House) -> House:
        house.place_order(order("5500001", "beta"))
        house.gateway.delivery.pull()
        return house

    @pytest.mark.parametrize(
        "target",
        [
            Target(HoldKind.PARTNER, "beta"),
            Target(HoldKind.ORDER, "5500001"),
            Target(HoldKind.ORDER, "5500001", "beta"),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("partner", [None, "beta"])
    def test_are_held(self, refusing: House, target: Target, partner: str | None) -> None:
        hold = placed(refusing, target.kind, target.subject, target.partner)
        by = Instruction("eva", "oops")
        wanted = replace(self.REFUSED, partner=partner)
        with pytest.raises(NotPossible, match="order 5500001 is under hold-1"):
            refusing.gateway.erasing.erase(wanted, by)
        assert len(refusing.trail("5500001")) == 1
        released(refusing, hold)
        refusing.gateway.erasing.erase(wanted, by)
        assert [entry.step for entry in refusing.trail("5500001")] == [Step.ERASED]
        assert told(refusing, "retention", "step", "partner")[-1] == ("erased", "beta")
        assert_ledger_holds(refusing)

    def test_are_not_taken_along_with_the_order_of_another(self, refusing: House) -> None:
        """Neither where the one whose order was refused is held, nor where not."""
        refusing.take("acme", "1.edi", wrapped("810", invoice("INV1", "5500001")))
        with pytest.raises(NotPossible, match="acme, beta have an order 5500001 each"):
            refusing.gateway.erasing.erase(self.REFUSED, BY)
        placed(refusing, HoldKind.PARTNER, "beta")
        refusing.gateway.erasing.erase(replace(self.REFUSED, partner="acme"), BY)
        assert [entry.outcome for entry in refusing.trail("5500001") if entry.step == Step.REJECTED] != []

    def test_of_another_are_nothing_to_hold(self, refusing: House) -> None:
        with pytest.raises(NotFound, match="nothing would be held"):
            placed(refusing, HoldKind.ORDER, "5500001", "acme")
