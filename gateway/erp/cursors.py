"""Where reading from the ERP goes on, kept in the transaction of what was read."""

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from canonical.errors import Retryable
from spool.database.port import one_at_a_time
from spool.tables import Base


class ErpCursor(Base):
    """Where reading from the ERP goes on; kept in the transaction of what was read."""

    __tablename__ = "erp_cursor"

    feed: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[str | None]


def get(session: Session, feed: str) -> str | None:
    """The cursor of a feed; None at the beginning."""
    return session.scalars(select(ErpCursor.cursor).where(ErpCursor.feed == feed)).first()


def advance(session: Session, feed: str, before: str | None, after: str | None) -> None:
    """Go on from ``after`` the next time. Raises Retryable where another node has read on since ``before``."""
    one_at_a_time(session, "erp_cursor", feed)
    if get(session, feed) != before:
        raise Retryable(f"Another node has read the ERP's {feed} meanwhile; nothing was taken twice.")
    session.merge(ErpCursor(feed=feed, cursor=after))
