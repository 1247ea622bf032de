"""A replay on its way in: which file is read anew, by which profile, and what of it counts (docs/decisions/0013-replay.md)."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from canonical.errors import NotFound
from canonical.identity import DocumentId, PartnerId, ReceiptId
from partners import registry
from partners.registry import AppliedProfile
from spool import documents, journal, receipts, transmissions
from spool.documents import DocumentRow
from spool.journal import Step
from spool.receipts import Receipt
from spool.states import DocumentState

from ..unpacking.reply import Reply
from ..unpacking.unpacked import Unpacked

SETTLED = (DocumentState.PENDING, DocumentState.DELIVERED, DocumentState.DUPLICATE)
"""Documents that a replay of their file leaves alone: they are where they belong, or stand for one that is."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What was asked for. ``of`` is the receipt whose bytes are read anew, judged by version ``profile`` of the partner's profile.

    With ``redeliver`` also what is :data:`SETTLED` is given to the ERP, as a new revision: all of the file, or only ``document``.
    """

    of: ReceiptId
    profile: int
    redeliver: bool = False
    document: DocumentId | None = None

    def as_payload(self) -> dict[str, Any]:
        """The replay as a part of a work item."""
        return {"of": self.of, "profile": self.profile, "redeliver": self.redeliver, "document": self.document}

    @classmethod
    def asked(cls, payload: Mapping[str, Any]) -> Self | None:
        """The replay that a work item asks for; None for a file that came by itself."""
        return cls(**payload["replay"]) if "replay" in payload else None

    def applied(self, session: Session, partner: PartnerId) -> AppliedProfile:
        """The version of the profile it is pinned to."""
        applied = registry.version(session, partner, self.profile)
        if applied is None:
            raise NotFound(
                f"Version {self.profile} of the profile of {partner}, by which a file is replayed, is not there."
            )
        return applied

    def original(self, session: Session, row: DocumentRow) -> DocumentRow | None:
        """The document that stood at the same place of the same bytes, if they were read alike before."""
        position = row.id.rpartition("-")[2]
        found = documents.get(session, DocumentId(f"{self.of}-{position}"))
        return found if found is not None and _place(found) == _place(row) else None

    def leaves(self, original: DocumentRow | None) -> bool:
        """Whether a document is not looked at again."""
        return original is not None and original.state in SETTLED and not self.redelivers(original)

    def redelivers(self, original: DocumentRow | None) -> bool:
        """Whether a document goes to the ERP although it, or another of its number, went before."""
        named = self.document is None or (original is not None and original.id == self.document)
        return self.redeliver and named

    def replies(self, unpacked: Unpacked) -> Iterator[Reply]:
        """The acknowledgements that the sender may be owed."""
        for interchange in unpacked.interchanges:
            # That others used the number since is of our making, and nothing to reproach the sender with.
            if interchange.repeats is None:
                yield from interchange.replies()

    def said(self, session: Session) -> set[str | None]:
        """What the sender was told of these bytes last, as digests of acknowledgements: it is not told again."""
        return _told(session, self.of)

    def reported(self, session: Session, data: bytes) -> bool:
        """Whether the sender was given this very report or notice."""
        sha256 = hashlib.sha256(data).hexdigest()
        return any(
            sent.kind == "report" and sent.sha256 == sha256
            for receipt in _chain(session, self.of)
            for sent in transmissions.answering(session, receipt)
        )


def _place(row: DocumentRow) -> tuple[str | None, ...]:
    return row.set_id, row.interchange_control, row.group_control, row.set_control


def _chain(session: Session, receipt_id: ReceiptId) -> Iterator[ReceiptId]:
    """A receipt, the one it replays, and so on."""
    current: Receipt | None = receipts.get(session, receipt_id)
    while current is not None:
        yield ReceiptId(current.id)
        current = receipts.get(session, ReceiptId(current.replays)) if current.replays else None


def _told(session: Session, receipt_id: ReceiptId) -> set[str | None]:
    """What the acknowledgements of these bytes said, as digests: those of the last time there were any."""
    for receipt in _chain(session, receipt_id):
        entries = journal.entries(session, receipts=[receipt])
        answers = [entry.detail.get("document") for entry in entries if entry.step is Step.ACKNOWLEDGED]
        if answers:
            return _contents(session, [answer for answer in answers if answer])
    return set()


def _contents(session: Session, answers: Sequence[str]) -> set[str | None]:
    return set(session.scalars(select(DocumentRow.content_sha256).where(DocumentRow.id.in_(answers))))
