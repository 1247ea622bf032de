"""How much a partner and the ERP take, and when, as profiles and settings say: what the work queue asks before it hands out work."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from partners import registry
from partners.profile import DAYS, Profile
from spool.clock import Clock
from spool.queue.limits import UNLIMITED, Downtime, Limit

from .settings import Settings

ERP = "erp"
"""The endpoint of work that talks to the ERP."""

FRESH = timedelta(seconds=5)
"""How long what was read of the profiles is taken for what they say."""

_OUT = "out:"


def out_to(partner: str) -> str:
    """The endpoint of work that sends to a partner."""
    return f"{_OUT}{partner}"


class AgreedLimits:
    """The :class:`spool.queue.limits.Limits` of a home. A profile that is applied counts from :data:`FRESH` later on at the latest."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._erp = Limit(running=settings.erp_at_once, per_minute=settings.erp_per_minute)
        self._clock = clock
        self._known: Mapping[str, tuple[Limit, Limit]] = {}
        self._known_at: datetime | None = None

    def of_partner(self, session: Session, partner: str) -> Limit:
        return self._of(session, partner)[0]

    def of_endpoint(self, session: Session, endpoint: str) -> Limit:
        if endpoint == ERP:
            return self._erp
        return self._of(session, endpoint.removeprefix(_OUT))[1] if endpoint.startswith(_OUT) else UNLIMITED

    def _of(self, session: Session, partner: str) -> tuple[Limit, Limit]:
        """For all work for the partner, and for what is sent to it."""
        now = self._clock.now()
        if self._known_at is None or abs(now - self._known_at) >= FRESH:
            self._known = {applied.partner: _agreed(applied.profile) for applied in registry.all(session)}
            self._known_at = now
        return self._known.get(partner, (UNLIMITED, UNLIMITED))


def _agreed(profile: Profile) -> tuple[Limit, Limit]:
    zone = ZoneInfo(profile.time_zone)
    downtime = tuple(
        Downtime(
            frozenset(DAYS.index(day) for day in window.days or DAYS),
            time.fromisoformat(window.start),
            time.fromisoformat(window.end),
            zone,
        )
        for window in profile.downtime
    )
    limits = profile.limits
    return Limit(running=limits.at_once), Limit(per_minute=limits.sent_per_minute, downtime=downtime)
