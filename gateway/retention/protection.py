"""What may not be removed now: because of a rule that is not over, or of a hold."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from spool.documents import DocumentRow
from spool.receipts import Receipt

from . import holds
from .holds import Holds
from .rules import Rules


@dataclass(frozen=True, slots=True)
class Protection:
    """``still`` are the documents that rules keep; ``holds`` those in force. Both as one transaction sees them."""

    still: ColumnElement[bool]
    holds: Holds

    @classmethod
    def now(cls, session: Session, rules: Rules, now: datetime) -> Self:
        """As it is at this moment. Who removes something takes :func:`.holds.lock` before."""
        return cls(rules.still(session, now), holds.in_force(session))

    @property
    def of_file(self) -> ColumnElement[bool]:
        """Whether a document in a file is kept by a rule."""
        return exists().where(DocumentRow.receipt_id == Receipt.id, self.still)

    def files(self, session: Session, ids: Collection[str]) -> set[str]:
        """Those of these files that may not go."""
        ruled = select(DocumentRow.receipt_id).where(DocumentRow.receipt_id.in_(ids), self.still)
        return {id_ for id_ in session.scalars(ruled) if id_} | self.holds.on_files(session, ids).keys()

    def documents(self, session: Session, ids: Collection[str]) -> set[str]:
        """Those of these documents of ours that may not go."""
        ruled = select(DocumentRow.id).where(and_(DocumentRow.id.in_(ids), self.still))
        return {*session.scalars(ruled)} | self.holds.on_documents(session, ids).keys()
