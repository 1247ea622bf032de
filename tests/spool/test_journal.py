from functools import partial

from canonical.identity import DocumentId, PartnerId, ReceiptId, TransmissionId
from spool.database.port import Database
from spool.journal import Step, entries, latest, record

from .scene import ManualClock

R, D, T = ReceiptId("r1"), DocumentId("d1"), TransmissionId("t1")


def tell_a_story(database: Database, clock: ManualClock) -> None:
    acme, other = PartnerId("acme"), PartnerId("other")
    story = [
        partial(record, step=Step.RECEIVED, receipt_id=R, partner=acme),
        partial(record, step=Step.RECEIVED, receipt_id=ReceiptId("r2"), partner=other),
        partial(record, step=Step.TRANSLATED, receipt_id=R, document_id=D, partner=acme),
        partial(record, step=Step.SENT, transmission_id=T, partner=acme),
    ]
    for happening in story:
        database.write(partial(happening, clock=clock))
        clock.advance(seconds=1)


def test_a_trail_is_everything_about_the_things_asked_for_in_order(database: Database, clock: ManualClock) -> None:
    tell_a_story(database, clock)
    with database.read() as session:
        assert [entry.step for entry in entries(session, receipts=[R])] == [Step.RECEIVED, Step.TRANSLATED]
        assert [entry.step for entry in entries(session, documents=[D])] == [Step.TRANSLATED]
        trail = entries(session, receipts=[R], documents=[D], transmissions=[T])
        assert [entry.step for entry in trail] == [Step.RECEIVED, Step.TRANSLATED, Step.SENT]
        assert trail == sorted(trail, key=lambda entry: entry.at)
        assert entries(session) == []


def test_the_latest_are_those_of_one_partner_or_of_all(database: Database, clock: ManualClock) -> None:
    tell_a_story(database, clock)
    with database.read() as session:
        assert [entry.step for entry in latest(session, limit=2)] == [Step.TRANSLATED, Step.SENT]
        assert [entry.receipt_id for entry in latest(session, partner=PartnerId("other"))] == ["r2"]


def test_an_entry_says_who_and_what_by_default(database: Database, clock: ManualClock) -> None:
    database.write(lambda session: record(session, clock, step=Step.RECEIVED))
    with database.read() as session:
        (entry,) = latest(session)
        assert (entry.actor, entry.outcome, entry.detail, entry.at) == ("tallystick", "", {}, clock.now())
