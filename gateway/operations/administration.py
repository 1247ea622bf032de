"""What an administrator may have done, each in one transaction: the operations behind `tally doc`, `tally dead` and `tally control`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from canonical.errors import NotFound
from canonical.identity import DocumentId, PartnerId
from partners import control_numbers, registry
from partners.control_numbers import Kind, Shown
from spool import documents, journal
from spool.clock import Clock
from spool.database.port import Database
from spool.documents import INBOUND
from spool.journal import Step
from spool.queue.port import Attempt, DeadItem, WorkQueue
from spool.queue.tables import WorkItem

from .. import inbound
from ..erp.port import Outcome
from .cancelling import Cancelling
from .instruction import Done, Instruction, NotPossible
from .replaying import ProfileOf, Replaying
from .retrying import Retrying
from .work import Work

GivenToErp = Callable[[DocumentId], Outcome | None]
"""Asks the ERP what became of a document; None when it never had it."""


@dataclass(frozen=True, slots=True)
class Administration:
    """Raises NotFound for ids that name nothing, and NotPossible, with what helps instead, for what makes no sense."""

    database: Database
    clock: Clock
    queue: WorkQueue
    work: Work
    retrying: Retrying
    replaying: Replaying
    cancelling: Cancelling
    given_to_erp: GivenToErp

    def retry(self, identifier: str, by: Instruction) -> Done:
        """Have failed work on a document, file or transmission tried now, or unanswered bytes sent once more."""
        return self.database.write(lambda session: self.retrying.retry(session, identifier, by))

    def replay(
        self, identifier: str, by: Instruction, profile: ProfileOf = ProfileOf.NOW, *, redeliver: bool = False
    ) -> Done:
        """Have a file read, or a document built, anew."""
        return self.database.write(
            lambda session: self.replaying.replay(session, identifier, by, profile, redeliver=redeliver)
        )

    def cancel(self, identifier: str, by: Instruction) -> Done:
        """Have pending work called off, or what waits for a decision refused."""
        attempts = self._delivery_attempts(identifier)
        if attempts and self.given_to_erp(DocumentId(identifier)) is not None:
            raise NotPossible(
                f"The ERP has document {identifier}: its answer was lost. `tally doc retry {identifier}` notes that it arrived."
            )
        return self.database.write(partial(self._cancel, identifier, by, attempts))

    def _cancel(self, identifier: str, by: Instruction, attempts: int, session: Session) -> Done:
        if self._attempts(session, identifier) != attempts:
            raise NotPossible(f"It was tried again at this moment: look at {identifier} once more.")
        return self.cancelling.cancel(session, identifier, by)

    def _delivery_attempts(self, identifier: str) -> int:
        with self.database.read() as session:
            return self._attempts(session, identifier)

    def _attempts(self, session: Session, identifier: str) -> int:
        """How often a document was handed to the ERP without an answer."""
        row = documents.get(session, DocumentId(identifier))
        if row is None or row.direction != INBOUND:
            return 0
        return sum(item.attempts for item in self.work.on(session, row, inbound.DELIVER))

    # Dead work

    def dead(self, *, kind: str | None = None, limit: int) -> Sequence[DeadItem]:
        """Work that was given up, or what of one ``kind``, latest first."""
        with self.database.read() as session:
            return self.queue.dead_items(session, kind=kind, limit=limit)

    def attempts(self, item_ids: Sequence[str]) -> dict[str, Sequence[Attempt]]:
        """The attempts at each item that failed, first to last."""
        with self.database.read() as session:
            return {item_id: self.queue.history(session, item_id) for item_id in item_ids}

    def replay_dead(self, item_id: str, by: Instruction) -> Done:
        """Have a dead work item tried again, with all its attempts."""
        return self.database.write(lambda session: self.retrying.item(session, _item(session, item_id), by))

    # Control numbers

    def control_numbers(self, partner: str | None = None) -> Sequence[Shown]:
        """Where the numbers of a partner, or of all in force, stand. Raises NotFound."""
        with self.database.read() as session:
            names = [applied.partner for applied in registry.all(session)]
            if partner is not None:
                names = [_known(session, partner)]
            return [control_numbers.show(session, name) for name in names]

    def set_control_number(self, partner: str, kind: Kind, number: int, by: Instruction, *, back: bool = False) -> int:
        """Have ``number`` taken next; the one that would have been. Going back needs ``back``: numbers are then given twice."""
        return self.database.write(partial(self._set, partner, kind, number, by, back))

    def _set(self, partner: str, kind: Kind, number: int, by: Instruction, back: bool, session: Session) -> int:
        name = _known(session, partner)
        before = control_numbers.peek(session, name, kind)
        if number < before and not back:
            raise NotPossible(
                f"The next {kind} number for {name} is {before}; going back to {number} gives numbers a second time, and {name} "
                "will take what carries them for duplicates. If that is what you want, add --back."
            )
        control_numbers.set_next(session, name, kind, number)
        journal.record(
            session,
            self.clock,
            step=Step.RENUMBERED,
            outcome=by.reason,
            partner=name,
            actor=by.actor,
            detail={"kind": kind.value, "before": before, "next": number},
        )
        return before


def _known(session: Session, partner: str) -> PartnerId:
    name = PartnerId(partner)
    if registry.current(session, name) is None:
        raise NotFound(f"There is no partner {partner}. `tally partner list` shows those in force.")
    return name


def _item(session: Session, item_id: str) -> WorkItem:
    item = session.get(WorkItem, item_id, with_for_update=True, populate_existing=True)
    if item is None:
        raise NotFound(f"There is no work item {item_id}. `tally dead list` shows those that were given up.")
    return item
