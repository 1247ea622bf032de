"""How much a partner or an endpoint takes, and when it takes nothing. Pure; what was agreed is handed in as :class:`Limits`."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

BURST = 0.1
"""What may go at once after a rest, as a part of a minute's worth; at least one item."""


@dataclass(frozen=True, slots=True)
class Downtime:
    """A window that comes again each week: from ``start`` on ``days`` (0 is Monday) to the next ``end``, on the clocks of ``zone``.

    An ``end`` that is not after ``start`` is on the following day.
    """

    days: frozenset[int]
    start: time
    end: time
    zone: ZoneInfo

    def over_at(self, moment: datetime) -> datetime | None:
        """When the window that ``moment`` is in is over; None outside of it."""
        local = moment.astimezone(self.zone)
        overnight = self.end <= self.start
        for begun in (local.date(), local.date() - timedelta(days=1)):
            if begun.weekday() not in self.days:
                continue
            last = begun + timedelta(days=1) if overnight else begun
            # Compared as clocks show it, without zone: an hour that clocks leave out or show twice belongs where it is shown.
            if datetime.combine(begun, self.start) <= local.replace(tzinfo=None) < datetime.combine(last, self.end):
                return datetime.combine(last, self.end, self.zone).replace(fold=local.fold).astimezone(UTC)
        return None


@dataclass(frozen=True, slots=True)
class Limit:
    """What one partner or endpoint takes: ``running`` items at the same time, ``per_minute`` begun in a minute, none in ``downtime``."""

    running: int | None = None
    per_minute: int | None = None
    downtime: tuple[Downtime, ...] = ()

    @property
    def is_counted(self) -> bool:
        """Whether it takes looking at what is under way or was begun."""
        return self.running is not None or self.per_minute is not None

    def down_until(self, moment: datetime) -> datetime | None:
        """When the downtime at ``moment`` is over; None when there is none."""
        return max((over for window in self.downtime if (over := window.over_at(moment))), default=None)


UNLIMITED = Limit()


class Limits(Protocol):
    """What was agreed with each partner, and what each endpoint can stand."""

    def of_partner(self, session: Session, partner: str) -> Limit:
        """For all work for ``partner``, whatever it talks to."""
        ...

    def of_endpoint(self, session: Session, endpoint: str) -> Limit:
        """For all work that talks to ``endpoint``, whoever it is for."""
        ...


class NoLimits:
    """Everybody takes everything at any time."""

    def of_partner(self, session: Session, partner: str) -> Limit:
        return UNLIMITED

    def of_endpoint(self, session: Session, endpoint: str) -> Limit:
        return UNLIMITED


def next_free(used_until: datetime | None, now: datetime, per_minute: int) -> datetime:
    """When the next item may begin: a bucket of tokens, kept as the one moment at which it will be full again."""
    if used_until is None:
        return now
    return max(now, used_until - _interval(per_minute) * (_burst(per_minute) - 1))


def take(used_until: datetime | None, now: datetime, per_minute: int) -> datetime:
    """``used_until`` after one more item began at ``now``."""
    return max(used_until or now, now) + _interval(per_minute)


def _interval(per_minute: int) -> timedelta:
    return timedelta(minutes=1) / per_minute


def _burst(per_minute: int) -> int:
    return max(1, int(per_minute * BURST))
