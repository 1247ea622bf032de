"""Which rows of the journal the ledger must have been told of."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from canonical.identity import DocumentId
from gateway.ledger.entry import read_entry
from gateway.ledger.erasures import erase_details
from gateway.ledger.tables import LedgerDetail
from spool import journal
from spool.journal import JournalEntry, LedgerOutbox, Step

from .scene import Scene, scene


@pytest.mark.parametrize(
    ("detail", "holds"), [({"files": 2, "sent": 0}, True), ({"files": 0, "sent": 0, "work": 7}, False)]
)
def test_what_was_pruned_before_there_was_a_ledger_is_no_gap(
    tmp_path: Path, detail: dict[str, int], holds: bool
) -> None:
    with scene("sqlite", tmp_path) as made:
        made.tell(6)

        def prune(session: Session) -> None:
            session.execute(delete(LedgerOutbox).where(LedgerOutbox.journal_id < 3))
            session.execute(delete(JournalEntry).where(JournalEntry.id < 3))
            journal.record(session, made.clock, step=Step.PRUNED, detail=detail)

        made.database.write(prune)
        made.ledger.drain()
        found = made.verify()
    assert found.holds == holds, found.wrong
    assert holds or "the others were taken out of the journal before" in (found.wrong or "")


class TestGaps:
    """PostgreSQL gives no number out again whose transaction was undone, and commits in another order than it numbers. What is promised
    does not rest on numbers that are whole: entries are counted by document and by partner, and each waits in the outbox until it is told.
    """

    @pytest.fixture
    def gappy(self, tmp_path: Path) -> Iterator[Scene]:
        with scene("postgresql", tmp_path) as made:
            made.grown(14)
            self.undone(made, 5)
            made.grown(14, begin=14)
            yield made

    @staticmethod
    def undone(made: Scene, count: int) -> None:
        class Undo(Exception):
            pass

        def work(session: Session) -> None:
            for _ in range(count):
                journal.record(session, made.clock, step=Step.DELIVERED)
            raise Undo

        with pytest.raises(Undo):
            made.database.write(work)

    @staticmethod
    def told(made: Scene) -> list[int]:
        with made.database.read() as session:
            return list(session.scalars(select(LedgerDetail.journal_id).order_by(LedgerDetail.idx)))

    def test_are_no_fault_and_leave_no_gap_in_what_is_counted(self, gappy: Scene) -> None:
        assert self.told(gappy) == [*range(1, 15), *range(20, 34)]
        found = gappy.verify()
        assert (found.wrong, found.size) == (None, 28)
        entries = [read_entry(gappy.body(idx)) for idx in range(28)]
        for name in ("doc", "partner"):
            counted: defaultdict[str, list[int]] = defaultdict(list)
            for entry in entries:
                counted[getattr(entry, name)].append(entry.dseq if name == "doc" else entry.pseq)
            assert all(numbers == [*range(1, len(numbers) + 1)] for numbers in counted.values())

    @pytest.mark.parametrize("number", [14, 20, 33])
    def test_hide_no_row_that_was_told(self, gappy: Scene, number: int) -> None:
        gappy.sql(f"DELETE FROM journal_entry WHERE id = {number}")
        assert f"tells of row {number} of the journal, which was removed" in (gappy.verify().wrong or "")

    def test_beside_what_was_erased_are_no_fault(self, gappy: Scene) -> None:
        """On either side of it."""

        def erase(session: Session) -> None:
            some = [13, 14, 20, 21]
            session.execute(delete(JournalEntry).where(JournalEntry.id.in_(some)))
            erased = erase_details(session, some)
            journal.record(session, gappy.clock, step=Step.ERASED, detail=erased.as_json())

        gappy.database.write(erase)
        gappy.ledger.drain()
        found = gappy.verify()
        assert (found.wrong, found.erased) == (None, 4)

    def test_what_is_committed_late_is_taken_in_behind_what_came_after_it(self, gappy: Scene) -> None:
        numbered, over = Event(), Event()

        def slowly(session: Session) -> None:
            journal.record(session, gappy.clock, step=Step.DELIVERED, document_id=DocumentId("document-0"))
            numbered.set()
            over.wait()

        late = Thread(target=gappy.database.write, args=(slowly,))
        late.start()
        numbered.wait()
        gappy.grown(1, begin=28)
        over.set()
        late.join()
        gappy.ledger.drain()
        assert self.told(gappy)[-2:] == [35, 34]
        assert gappy.verify().wrong is None
