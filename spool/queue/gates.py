"""What stands between a lane that is due and a worker: downtime, circuits, and limits of how much at once and how fast."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property

import structlog
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from canonical.errors import Fault

from .. import retry
from ..tables import insert_if_absent
from . import circuit as circuits
from . import statements as sql
from .channel import Channel, channel_of
from .circuit import Circuit, CircuitState
from .limits import Limit, Limits, next_free, take
from .port import Claim, HeldBy, Hold
from .tables import Allowance, CircuitRow

_log = structlog.get_logger(__name__)


class Gates:
    """All gates, at one moment of one session. ``locking`` is for a claim: what is decided then stays so until its commit."""

    def __init__(self, session: Session, limits: Limits, now: datetime, *, locking: bool, tripped: bool) -> None:
        self._session = session
        self._limits = limits
        self._now = now
        self._locking = locking
        self._tripped = tripped
        self._used: dict[str, datetime | None] = {}

    def hold(self, channel: Channel) -> Hold | None:
        """What keeps the channel's lanes from being worked on; None when one more may begin."""
        limits = self._limits_of(channel)
        down = max((over for limit in limits.values() if (over := limit.down_until(self._now))), default=None)
        if down is not None:
            return Hold(HeldBy.DOWNTIME, down)
        return self._circuit(channel.endpoint) or self._limit({s: lim for s, lim in limits.items() if lim.is_counted})

    def passed(self, channel: Channel, item: str) -> bool:
        """Note that ``item`` of the channel begins; whether it does as the probe of a circuit."""
        for scope, limit in self._limits_of(channel).items():
            if limit.per_minute is not None:
                used = take(self._used[scope], self._now, limit.per_minute)
                self._session.connection().execute(
                    update(Allowance).where(Allowance.scope == scope).values(used_until=used)
                )
        if channel.endpoint is None or channel.endpoint not in self._troubled:
            return False
        probed = circuits.probed(self._troubled[channel.endpoint], item)
        _keep(self._session, channel.endpoint, probed)
        return probed.probe == item

    def _limits_of(self, channel: Channel) -> Mapping[str, Limit]:
        found = {}
        if channel.partner is not None:
            found[f"partner:{channel.partner}"] = self._limits.of_partner(self._session, channel.partner)
        if channel.endpoint is not None:
            found[f"endpoint:{channel.endpoint}"] = self._limits.of_endpoint(self._session, channel.endpoint)
        return found

    @cached_property
    def _troubled(self) -> dict[str, Circuit]:
        """The circuits that are not closed, by endpoint."""
        if not self._tripped:
            return {}
        return {endpoint: Circuit(*circuit) for endpoint, *circuit in sql.CIRCUITS.rows(self._session, {})}

    def _running(self) -> list[tuple[Channel, str]]:
        """What is being worked on; looked up anew each time, because only what is seen under a lock is certain."""
        rows = sql.RUNNING.rows(self._session, {"now": self._now})
        return [(channel_of(channel), item) for channel, item in rows]

    def _circuit(self, endpoint: str | None) -> Hold | None:
        if endpoint is None or endpoint not in self._troubled:
            return None
        circuit = self._troubled[endpoint]
        if not circuits.admits(circuit, self._now, probing=False):
            return Hold(HeldBy.CIRCUIT, circuit.retry_at)
        if self._locking:
            # As it is, not as it was when all were read: another claimer may have sent the probe meanwhile.
            row = self._session.connection().execute(sql.CIRCUIT_NOW, {"endpoint": endpoint}).one_or_none()
            if row is None:
                return Hold(HeldBy.BUSY)
            circuit = self._troubled[endpoint] = Circuit(*row)
        probing = any(item == circuit.probe for _, item in self._running())
        return None if circuits.admits(circuit, self._now, probing=probing) else Hold(HeldBy.CIRCUIT, circuit.retry_at)

    def _limit(self, limits: Mapping[str, Limit]) -> Hold | None:
        if not limits:
            return None
        self._used |= self._allowances(sorted(limits))
        if not self._used.keys() >= limits.keys():
            return Hold(HeldBy.BUSY)
        running: Counter[str] = Counter()
        for channel, _ in self._running():
            running.update((f"partner:{channel.partner}", f"endpoint:{channel.endpoint}"))
        if any(limit.running is not None and running[scope] >= limit.running for scope, limit in limits.items()):
            return Hold(HeldBy.RUNNING)
        rates = [
            (self._used[scope], limit.per_minute) for scope, limit in limits.items() if limit.per_minute is not None
        ]
        free = max((next_free(used, self._now, per_minute) for used, per_minute in rates), default=self._now)
        return Hold(HeldBy.RATE, free) if free > self._now else None

    def _allowances(self, scopes: list[str]) -> dict[str, datetime | None]:
        """What each scope has used; when locking, only those that nobody else is just using."""
        statement = sql.ALLOWANCES_NOW if self._locking else sql.ALLOWANCES
        rows = self._session.connection().execute(statement, {"scopes": scopes})
        found: dict[str, datetime | None] = {row.scope: row.used_until for row in rows}
        for scope in scopes:
            if scope not in found and (
                not self._locking or insert_if_absent(self._session, Allowance, {"scope": scope, "used_until": None})
            ):
                found[scope] = None
        return found


def succeeded(session: Session, endpoint: str) -> None:
    """Something that talks to ``endpoint`` went well: its circuit is closed, and what failed before counts no more."""
    row = (
        session.connection()
        .execute(delete(CircuitRow).where(CircuitRow.endpoint == endpoint).returning(CircuitRow.state))
        .one_or_none()
    )
    if row is not None and row.state is not CircuitState.CLOSED:
        _log.info("circuit closed: what is behind it works again", endpoint=endpoint)


def failed(session: Session, claim: Claim, error: BaseException, now: datetime) -> None:
    """An attempt failed; it counts against the circuit of the endpoint it talked to unless the fault is ours or the operator's."""
    if claim.endpoint is None or not _is_of_the_endpoint(error):
        return
    before = _locked_circuit(session, claim.endpoint)
    after = circuits.failed(before, claim.item_id, now)
    _keep(session, claim.endpoint, after, str(error))
    if after.state is CircuitState.OPEN and before.state is not CircuitState.OPEN:
        until = after.retry_at.isoformat() if after.retry_at else None
        _log.warning(
            "circuit opened: nothing is sent there for a while", endpoint=claim.endpoint, until=until, error=str(error)
        )


def hangs(session: Session, claim: Claim) -> None:
    """An attempt waits for its endpoint without end: nothing more is sent there until it comes back or fails."""
    if claim.endpoint is None:
        return
    before = _locked_circuit(session, claim.endpoint)
    after = circuits.hung(before, claim.item_id)
    if after != before:
        _keep(session, claim.endpoint, after, "It does not answer; one attempt waits for it.")
        _log.warning("circuit half open: an attempt hangs there", endpoint=claim.endpoint, item=claim.item_id)


FORGIVING = timedelta(days=3)
"""How long an item may probe an endpoint that is away without using up attempts; after that it may be one that nobody can take."""


def is_forgiven(claim: Claim, error: BaseException, now: datetime) -> bool:
    """Whether a failure says only that the endpoint is still away, which everybody knew, and nothing about the item."""
    young = now - claim.enqueued_at < FORGIVING
    return claim.probe and young and claim.endpoint is not None and _is_of_the_endpoint(error)


def _locked_circuit(session: Session, endpoint: str) -> Circuit:
    """Its circuit as it stays until this transaction ends; a closed one where there was none."""
    absent = {"endpoint": endpoint, "state": CircuitState.CLOSED, "failures": 0, "openings": 0}
    insert_if_absent(session, CircuitRow, absent)
    return Circuit(*session.connection().execute(sql.CIRCUIT, {"endpoint": endpoint}).one())


def _is_of_the_endpoint(error: BaseException) -> bool:
    return retry.fault(error) in (Fault.PARTNER, Fault.ENVIRONMENT)


def _keep(session: Session, endpoint: str, circuit: Circuit, reason: str | None = None) -> None:
    values = {
        "state": circuit.state,
        "failures": circuit.failures,
        "openings": circuit.openings,
        "retry_at": circuit.retry_at,
        "probe": circuit.probe,
    }
    if reason is not None:
        values["reason"] = reason[: retry.REASON_LENGTH]
    session.connection().execute(update(CircuitRow).where(CircuitRow.endpoint == endpoint).values(values))
