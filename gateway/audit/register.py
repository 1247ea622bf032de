"""What people did and what was removed, as the journal has it: who, when, why."""

import json
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from spool.journal import JournalEntry, Step

from .question import Question, Row, Scope

COLUMNS = ("at", "step", "partner", "subject", "actor", "reason", "detail")


def _of(*steps: Step) -> Callable[[Session, Scope], Iterator[Row]]:
    """The entries of these steps."""

    def rows(session: Session, scope: Scope) -> Iterator[Row]:
        entries = select(JournalEntry).where(
            JournalEntry.step.in_(steps), *scope.within(JournalEntry.at, JournalEntry.partner)
        )
        for entry in session.scalars(entries.order_by(JournalEntry.id)):
            subject = entry.document_id or entry.transmission_id or entry.receipt_id
            detail = json.dumps(entry.detail, sort_keys=True, ensure_ascii=False) if entry.detail else None
            yield entry.at, entry.step.value, entry.partner, subject, entry.actor, entry.outcome, detail

    return rows


def _question(name: str, title: str, steps: Sequence[Step]) -> Question:
    return Question(name, title, COLUMNS, _of(*steps))


RESUBMITS = _question(
    "resubmits",
    "What was tried again, sent again or done anew by hand, by whom and why?",
    (Step.RETRIED, Step.REPLAYED, Step.RELEASED),
)
OVERRIDES = _question(
    "overrides",
    "Where did somebody decide otherwise than the gateway: called off, released, renumbered?",
    (Step.CANCELLED, Step.RELEASED, Step.RENUMBERED),
)
KEYS = _question(
    "keys",
    "Which keys and certificates were added, approved, rejected, withdrawn, or were about to expire?",
    (Step.REKEYED, Step.EXPIRING),
)
ACCESS = _question(
    "access",
    "Who was given or lost access to the record, and when was somebody refused?",
    (Step.ENTITLED, Step.LOGIN_REFUSED),
)
READS = _question("reads", "Who read the record or took a part of it along?", (Step.READ,))
SERVICE = _question(
    "service",
    "When did nodes start and stop, and was the clock set?",
    (Step.STARTED, Step.STOPPED, Step.CLOCK_SET),
)
RETENTION = _question(
    "retention",
    "What was removed, erased on request, held, released or restored, and when, by whom and why?",
    (Step.PRUNED, Step.ERASED, Step.HELD, Step.UNHELD, Step.SHARDED, Step.RESTORED),
)
