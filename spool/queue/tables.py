"""Lanes and items as rows; the same on every database."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..states import ItemState
from ..tables import Base, JsonObject


class LaneState(StrEnum):
    """What a lane is doing."""

    IDLE = "idle"
    """It has no open items."""
    WAITING = "waiting"
    """Its first open item may be worked on from ``next_at`` on."""
    HELD = "held"
    """A worker has it until ``next_at``; after that anybody may take it."""


class Lane(Base):
    """A line of items.

    ``next_at`` is when the lane may next be claimed: the time of its first item, or the end of its holder's lease; None when
    idle. ``token`` grows with every claim. ``last_position`` is that of its newest item: positions are given out under
    the lane's lock, so that they follow the order of commits whatever the clocks say. ``item_id`` is what is being worked on.
    """

    __tablename__ = "lane"
    __table_args__ = (
        Index(
            "ix_lane_next_at",
            "next_at",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[LaneState]
    next_at: Mapped[datetime | None]
    owner: Mapped[str | None]
    token: Mapped[int]
    last_position: Mapped[int]
    item_id: Mapped[str | None]


class WorkItem(Base):
    """One piece of work. ``next_at`` is the earliest moment of its next attempt; ``reason`` why it last failed or ended."""

    __tablename__ = "work_item"
    __table_args__ = (
        UniqueConstraint("lane", "position"),
        # Only few of many items are open or dead at a time; queries find them by these.
        Index(
            "ix_work_item_open",
            "lane",
            "position",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_work_item_dead", "id", sqlite_where=text("state = 'dead'"), postgresql_where=text("state = 'dead'")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    lane: Mapped[str] = mapped_column(ForeignKey("lane.key"))
    position: Mapped[int]
    kind: Mapped[str]
    payload: Mapped[JsonObject]
    unique_key: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[ItemState]
    attempts: Mapped[int]
    max_attempts: Mapped[int]
    next_at: Mapped[datetime]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
