"""The unfinished work on a document, a file or a transmission, and how it is taken up or called off by hand."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from spool.documents import DocumentRow
from spool.queue.channel import channel_of
from spool.queue.port import WorkQueue
from spool.queue.tables import Lane, LaneState, WorkItem
from spool.receipts import Receipt
from spool.states import ItemState

from .holding import Ready, ready
from .instruction import NotPossible
from .subject import Subject

# Written out, as in the queue, and asked for one by one: only so does the planner use the indexes on the few items that are open or dead.
OPEN = WorkItem.state == literal_column("'open'")
DEAD = WorkItem.state == literal_column("'dead'")


@dataclass(frozen=True, slots=True)
class Work:
    """Work items by what they are about."""

    queue: WorkQueue

    def on(self, session: Session, subject: Subject, *kinds: str) -> Sequence[WorkItem]:
        """Open and dead items of these kinds about this document, file or transmission, oldest first."""
        found = (
            select(WorkItem)
            .where(WorkItem.kind.in_(kinds), WorkItem.payload[_key(subject)].as_string() == subject.id)
            .execution_options(populate_existing=True)
        )
        items = [*session.scalars(found.where(OPEN)), *session.scalars(found.where(DEAD))]
        return sorted(items, key=lambda item: item.id)

    def again(self, session: Session, items: Sequence[WorkItem], reason: str) -> Ready:
        """Have the work done now: dead items with all their attempts anew; neither it nor what is before it in the lane waits longer."""
        for item in items:
            if item.state is ItemState.DEAD:
                self.queue.replay(session, item.id, reason)
            self.queue.retry_now(session, item.id)
        return self.ready(session, items[0].id, "Its work is tried again now.")

    def ready(self, session: Session, item_id: str, did: str) -> Ready:
        """What was done to an item, and what holds it back."""
        item = session.get_one(WorkItem, item_id)
        return ready(did, channel_of(item.channel), self.queue.hold(session, item_id))

    def call_off(self, session: Session, items: Sequence[WorkItem], reason: str) -> None:
        """Cancel the work. Raises NotPossible while a worker is at it: what it does outside cannot be called back."""
        for item in items:
            if self._is_being_done(session, item):
                raise NotPossible(
                    f"It is being worked on at this moment ({item.kind}); ask again in a moment, when that has ended or failed."
                )
            self.queue.cancel(session, item.id, reason)

    def _is_being_done(self, session: Session, item: WorkItem) -> bool:
        lane = session.get_one(Lane, item.lane, with_for_update=True, populate_existing=True)
        return lane.state is LaneState.HELD and lane.item_id == item.id


def _key(subject: Subject) -> str:
    """Under which name the payload of an item holds the id of what it is about."""
    if isinstance(subject, Receipt):
        return "receipt"
    return "document" if isinstance(subject, DocumentRow) else "transmission"
