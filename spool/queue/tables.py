"""Lanes, items, and what decides which of them may be worked on, as rows; the same on every database."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..states import ItemState
from ..tables import Base, JsonObject
from .circuit import CircuitState


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
    the lane's lock, so that they follow the order of commits whatever the clocks say. ``item_id`` is what is being worked on, or
    else its first open item, and ``channel`` that item's. ``owner`` has held it since ``held_since``; ``lost_owner``, who held it
    before and never said how it went.
    """

    __tablename__ = "lane"
    __table_args__ = (
        # The first due lane of a channel, and the next channel that has one: each is one step in this index.
        Index(
            "ix_lane_due",
            "channel",
            "next_at",
            "key",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
        Index("ix_lane_held", "key", sqlite_where=text("state = 'held'"), postgresql_where=text("state = 'held'")),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[LaneState]
    next_at: Mapped[datetime | None]
    channel: Mapped[str | None]
    item_id: Mapped[str | None]
    last_position: Mapped[int]
    token: Mapped[int]
    owner: Mapped[str | None]
    held_since: Mapped[datetime | None]
    lost_owner: Mapped[str | None]
    lost_since: Mapped[datetime | None]


class WorkItem(Base):
    """One piece of work.

    ``channel`` is the key of its :class:`~spool.queue.channel.Channel`. ``next_at`` is the earliest moment of its next attempt; after
    ``deadline`` there is none. ``reason`` is why it last failed or ended, ``replay_reason`` why it was last opened again.
    """

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
        Index(
            "ix_work_item_deadline",
            "deadline",
            sqlite_where=text("state = 'open' AND deadline IS NOT NULL"),
            postgresql_where=text("state = 'open' AND deadline IS NOT NULL"),
        ),
        Index(
            "ix_work_item_ended",
            "ended_at",
            sqlite_where=text("ended_at IS NOT NULL"),
            postgresql_where=text("ended_at IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    lane: Mapped[str] = mapped_column(ForeignKey("lane.key"))
    position: Mapped[int]
    channel: Mapped[str]
    kind: Mapped[str]
    payload: Mapped[JsonObject]
    unique_key: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[ItemState]
    attempts: Mapped[int]
    max_attempts: Mapped[int]
    next_at: Mapped[datetime]
    deadline: Mapped[datetime | None]
    reason: Mapped[str | None]
    replay_reason: Mapped[str | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class FailedAttempt(Base):
    """An attempt that did not end well: ``attempt`` is its number, ``owner`` who made it, ``reason`` what went wrong."""

    __tablename__ = "failed_attempt"
    __table_args__ = (Index("ix_failed_attempt_item_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("work_item.id", ondelete="CASCADE"))
    attempt: Mapped[int]
    owner: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    reason: Mapped[str]


class CircuitRow(Base):
    """The circuit of an endpoint that is, or was, in trouble; see :class:`~spool.queue.circuit.Circuit` for the columns.

    ``probe`` is the item that tries whether the endpoint is back; ``reason`` is the last failure that counted.
    """

    __tablename__ = "circuit"

    endpoint: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[CircuitState]
    failures: Mapped[int]
    openings: Mapped[int]
    retry_at: Mapped[datetime | None]
    probe: Mapped[str | None]
    reason: Mapped[str | None]


class Allowance(Base):
    """What a limited partner or endpoint has used up: see :func:`spool.queue.limits.take`.

    ``scope`` is ``partner:NAME`` or ``endpoint:NAME``. Who claims within a limit holds the row's lock.
    """

    __tablename__ = "allowance"

    scope: Mapped[str] = mapped_column(primary_key=True)
    used_until: Mapped[datetime | None]


class Schedule(Base):
    """Work that comes again and again: ``next_at`` is when it is due next, for whichever node comes first."""

    __tablename__ = "schedule"

    name: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]
