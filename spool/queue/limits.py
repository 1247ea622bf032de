"""How much a partner or an endpoint takes, and when it takes nothing. Pure; what was agreed is handed in as :class:`Limits`."""

from bisect import bisect_left
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

    An ``end`` that is not after ``start`` is on the following day. Where the clocks leave a time out, the window begins or ends as they
    jump over it; where they show a time twice, it begins at the first and ends at the second.
    """

    days: frozenset[int]
    start: time
    end: time
    zone: ZoneInfo

    def over_at(self, moment: datetime) -> datetime | None:
        """When the window that ``moment`` is in is over; None outside of it."""
        today = moment.astimezone(self.zone).date()
        for begun in (today, today - timedelta(days=1)):
            if begun.weekday() not in self.days:
                continue
            last = begun + timedelta(days=1) if self.end <= self.start else begun
            over = self._shown(datetime.combine(last, self.end), again=True)
            if self._shown(datetime.combine(begun, self.start), again=False) <= moment < over:
                return over
        return None

    def _shown(self, local: datetime, *, again: bool) -> datetime:
        """When the clocks show ``local``, ``again`` if they do so twice; where they leave it out, when they jump over it."""
        first, second = (local.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        # PEP 495: of a time that is left out, fold 1 is reckoned by the clocks after the jump, and so is the earlier moment.
        if second < first:
            return self._jump(second.replace(second=0, microsecond=0), first)
        return second if again else first

    def _jump(self, before: datetime, after: datetime) -> datetime:
        """When the clocks jump between two moments that are not more than a day apart."""
        old = before.astimezone(self.zone).utcoffset()
        seconds = range(int((after - before).total_seconds()) + 1)
        jumped = bisect_left(
            seconds, True, key=lambda n: (before + timedelta(seconds=n)).astimezone(self.zone).utcoffset() != old
        )
        return before + timedelta(seconds=jumped)


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
