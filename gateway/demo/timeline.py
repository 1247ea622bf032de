"""The story as it grows: what the journal has of the demo's partners, each entry once, shortly. `tally trail` has all of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from canonical.identity import PartnerId

from .. import trail
from ..trail import TrailEntry
from .scenario import TAMARACK


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story. ``subject`` is a file or a document."""

    at: datetime
    partner: str
    step: str
    subject: str
    outcome: str


_SHORT = {
    "PurchaseOrderAcknowledgement": "acknowledgement",
    "PurchaseOrder": "order",
    "ShipNotice": "ship notice",
    "Invoice": "invoice",
    "FunctionalAcknowledgement": "for group",
}
_ANSWER = "FunctionalAcknowledgement"


class Timeline:
    """Follows the journal of some partners."""

    def __init__(self, partners: tuple[PartnerId, ...]) -> None:
        self._partners = partners
        self._last = 0
        self._files: dict[str, str] = {}

    def news(self, session: Session) -> Iterator[Moment]:
        """What was committed since the last call, but for what only explains itself: see :func:`_is_detail`."""
        found = [entry for partner in self._partners for entry in trail.of_partner(session, partner)]
        for entry in sorted(found, key=lambda entry: entry.id):
            if entry.id > self._last:
                self._last = entry.id
                moment = self._moment(entry)
                if not _is_detail(entry):
                    yield moment

    def _moment(self, entry: TrailEntry) -> Moment:
        """Later entries about a file do not name it again, so its name is remembered."""
        file = entry.detail.get("file")
        for identifier in (entry.receipt_id, entry.transmission_id):
            if identifier and file:
                self._files.setdefault(identifier, str(file))
        subject = _short(entry.subject) or self._files.get(entry.receipt_id or entry.transmission_id or "", "")
        return Moment(entry.at, entry.partner or "", entry.step, subject, trail.in_words(entry) or _outcome(entry))


def _is_detail(entry: TrailEntry) -> bool:
    """Whether an entry goes without saying: how a 997 is made, that a file was opened, that what was fetched is deleted."""
    if entry.step in ("parsed", "acknowledged") or entry.outcome == "deleted":
        return True
    return _ANSWER in entry.subject and entry.step in ("submitted", "built", "matched")


def _short(subject: str) -> str:
    for name, word in _SHORT.items():
        subject = subject.replace(name, word)
    return subject


def _outcome(entry: TrailEntry) -> str:
    """The entry's details in a few words."""
    detail = entry.detail
    match entry.step:
        case "received":
            return f"{detail['bytes']} bytes"
        case "submitted":
            return "from erp/in"
        case "built":
            return f"interchange {detail['interchange']}"
        case "sent":
            return f"posted: {detail['file']}" if entry.partner == TAMARACK else f"into outbox: {detail['file']}"
        case "delivered":
            return "into erp/out"
        case _:
            return ""
