from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from spool.database.moment import moment_of
from spool.database.port import Database
from spool.journal import JournalEntry, Step, record
from tests.spool.scene import ManualClock


def test_what_one_transaction_commits_is_of_one_moment(database: Database, clock: ManualClock) -> None:
    def work(session: Session) -> None:
        begun = moment_of(session, clock)
        clock.advance(seconds=-3600)
        record(session, clock, step=Step.RECEIVED)
        clock.advance(seconds=7200)
        record(session, clock, step=Step.PARSED)
        assert moment_of(session, clock) == begun

    first = clock.now()
    database.write(work)
    second = clock.now()
    database.write(work)
    assert second - first == timedelta(seconds=3600)
    with database.read() as session:
        assert session.scalars(select(JournalEntry.at).order_by(JournalEntry.id)).all() == [first] * 2 + [second] * 2
