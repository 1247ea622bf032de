"""Which rows of the journal the ledger must have been told of."""

from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from spool import journal
from spool.journal import JournalEntry, LedgerOutbox, Step

from .scene import scene


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
