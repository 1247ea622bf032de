"""Where reading from the ERP goes on, kept in the transaction of what was read."""

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from spool.tables import Base


class ErpCursor(Base):
    """Where reading from the ERP goes on; kept in the transaction of what was read."""

    __tablename__ = "erp_cursor"

    feed: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[str | None]


def get(session: Session, feed: str) -> str | None:
    """The cursor of a feed; None at the beginning."""
    return session.scalars(select(ErpCursor.cursor).where(ErpCursor.feed == feed)).first()


def keep(session: Session, feed: str, cursor: str | None) -> None:
    """Go on from here the next time."""
    session.merge(ErpCursor(feed=feed, cursor=cursor))
