"""What retention removed, as numbers, so that the balance goes on counting it."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from spool.tables import Base, insert_into

FILES = "files"
"""Receipts that were removed."""

RECEIVED = "received"
"""Units that they stood for, counted from the journal entries that were removed with them."""


class PrunedCount(Base):
    """How many were removed since the home was made: :data:`FILES`, :data:`RECEIVED`, and the units in each place of the balance."""

    __tablename__ = "pruned_count"

    name: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


def add(session: Session, counts: Mapping[str, int]) -> None:
    """Count what this transaction removes."""
    for name, count in counts.items():
        if count:
            insert = insert_into(session, PrunedCount).values(name=name, count=count)
            session.execute(
                insert.on_conflict_do_update(
                    index_elements=[PrunedCount.name], set_={"count": PrunedCount.count + insert.excluded.count}
                )
            )


def counts(session: Session) -> dict[str, int]:
    """All that was removed so far, by name."""
    return {row.name: row.count for row in session.scalars(select(PrunedCount))}
