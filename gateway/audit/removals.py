"""What the record itself names as removed: the ids that the entries are about whose details went on record.

An entry of the ledger stays when its details go, and says by its step and an id what it was about.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from spool.journal import JournalEntry, Step

from ..exchange.pruning import LEFT
from ..ledger.erasures import STEPS, entries_erased
from ..operations.removing import RECEIVED, numbered

Named = tuple[str, str, str, str]
"""A partner, and the ISA06, ISA08 and ISA13 of an interchange of its."""


@dataclass(slots=True)
class Removed:
    """``steps`` are, by id, those of which it was told before it went. ``numbers`` are those of interchanges that came in what was removed,
    and ``counted`` the files of which all of these are told. ``messages`` are AS2 messages that are told to stay though what they are about
    went, and ``bereft`` the ids of what went by an earlier program, which let all messages about it stay for a while."""

    steps: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    numbers: set[Named] = field(default_factory=set)
    counted: set[str] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    bereft: set[str] = field(default_factory=set)

    def was_file(self, id_: str) -> bool:
        """Whether it is a file that came and was removed."""
        return Step.RECEIVED in self.steps.get(id_, ())

    def only_answered(self, id_: str) -> bool:
        """Whether all that was told of it is that it answered something: that goes with what it answered, and the row stays."""
        return self.steps.get(id_) == {Step.MATCHED}


def removed(session: Session) -> Removed:
    """All that was, by retention or on request."""
    found = Removed()
    details = select(JournalEntry.detail).where(JournalEntry.step.in_(STEPS)).order_by(JournalEntry.id)
    for detail in session.scalars(details):
        counted = RECEIVED in detail
        if counted:
            found.numbers.update(numbered(detail[RECEIVED]))
        found.messages.update(detail.get(LEFT, ()))
        for entry in entries_erased(session, detail):
            if not entry.doc:
                continue
            found.steps[entry.doc].add(entry.type)
            if counted:
                found.counted.add(entry.doc)
            if LEFT not in detail:
                found.bereft.add(entry.doc)
    return found
