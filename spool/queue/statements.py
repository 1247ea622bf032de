"""The statements of the queue, made once: what runs for each item must not be put together each time.

They are written so that both databases answer each from an index, in a few steps, however many lanes there are.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import (
    Select,
    Table,
    bindparam,
    case,
    exists,
    insert,
    literal,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from ..database.prepared import Prepared
from ..tables import Base, UtcDateTime
from .circuit import CircuitState
from .tables import Allowance, CircuitRow, FailedAttempt, Lane, LaneState, WorkItem


def _table(declared: type[Base]) -> Table:
    table = declared.__table__
    assert isinstance(table, Table)
    return table


lane = _table(Lane)
item = _table(WorkItem)
attempt = _table(FailedAttempt)
circuit = _table(CircuitRow)
allowance = _table(Allowance)

# Written out, not bound: the planner uses a partial index only for a condition it can read.
OPEN = item.c.state == literal_column("'open'")
DEAD = item.c.state == literal_column("'dead'")
HELD = lane.c.state == literal_column("'held'")

_now = bindparam("now", type_=UtcDateTime())


def _lane(state: LaneState) -> Any:
    return literal(state, lane.c.state.type)


# Putting in


def _append(new: Callable[[Table], Any], *, unless_known: bool) -> Any:
    """Lock the lane, made when absent and due at ``at`` when idle; the position of its new item, and the lane's first item.

    With ``unless_known`` there is no row when the unique key was used before, and nothing is changed.
    """
    first = select(
        bindparam("lane", type_=lane.c.key.type),
        _lane(LaneState.WAITING),
        bindparam("at", type_=UtcDateTime()),
        bindparam("channel", type_=lane.c.channel.type),
        bindparam("item", type_=lane.c.item_id.type),
        literal(1, lane.c.last_position.type),
        literal(0, lane.c.token.type),
    )
    known = exists().where(item.c.unique_key == bindparam("unique_key"))
    first = first.where(~known if unless_known else literal_column("1 = 1"))
    into = new(lane).from_select(["key", "state", "next_at", "channel", "item_id", "last_position", "token"], first)
    idle = lane.c.state == _lane(LaneState.IDLE)

    def when_idle(name: str) -> Any:
        return case((idle, into.excluded[name]), else_=lane.c[name])

    changed = {name: when_idle(name) for name in ("state", "next_at", "channel", "item_id")}
    return into.on_conflict_do_update(
        index_elements=[lane.c.key], set_={"last_position": lane.c.last_position + 1, **changed}
    ).returning(lane.c.last_position, lane.c.item_id)


def _on_each(build: Callable[[Callable[[Table], Any]], Any]) -> dict[str, Any]:
    """A statement that needs each database's own INSERT."""
    return {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}


APPEND = Prepared(_on_each(partial(_append, unless_known=False)))
APPEND_UNLESS_KNOWN = Prepared(_on_each(partial(_append, unless_known=True)))

PUT_ITEM = Prepared(
    _on_each(lambda new: new(item).on_conflict_do_nothing().returning(item.c.id)),
    columns=[
        *("id", "lane", "position", "channel", "kind", "payload", "unique_key", "state"),
        *("attempts", "max_attempts", "next_at", "deadline", "created_at"),
    ],
)

KNOWN = Prepared(select(item.c.id).where(item.c.unique_key == bindparam("unique_key")))


# Finding what is due


def _due() -> Select[Any]:
    """The channels that have a lane due at ``now``, and since when; in each row, whether any circuit is not closed.

    From channel to channel by one step in the index each: a channel costs the same whether it has one lane or a hundred thousand.
    """
    waiting = lane.c.next_at.is_not(None)
    head = select(
        select(lane.c.channel).where(waiting).order_by(lane.c.channel).limit(1).scalar_subquery().label("key")
    ).cte("channel", recursive=True)
    following = (
        select(lane.c.channel)
        .where(waiting, lane.c.channel > head.c.key)
        .order_by(lane.c.channel)
        .limit(1)
        .correlate(head)
        .scalar_subquery()
    )
    channel = head.union_all(select(following).where(head.c.key.is_not(None)))
    since = (
        select(lane.c.next_at)
        .where(waiting, lane.c.channel == channel.c.key)
        .order_by(lane.c.channel, lane.c.next_at)
        .limit(1)
        .correlate(channel)
        .scalar_subquery()
    )
    found = select(channel.c.key, since.label("since")).where(channel.c.key.is_not(None)).subquery("found")
    return select(found.c.key, found.c.since, exists().where(circuit.c.state != literal("closed"))).where(
        found.c.since <= _now
    )


DUE = Prepared(_due())

RUNNING = Prepared(select(lane.c.channel, lane.c.item_id).where(HELD, lane.c.next_at > _now))
"""What is being worked on; what nobody renewed the lease of is not."""

_CIRCUIT_COLUMNS = (circuit.c.state, circuit.c.failures, circuit.c.openings, circuit.c.retry_at, circuit.c.probe)

CIRCUITS = Prepared(
    select(circuit.c.endpoint, *_CIRCUIT_COLUMNS).where(
        circuit.c.state != literal(CircuitState.CLOSED, circuit.c.state.type)
    )
)

_CIRCUIT = select(*_CIRCUIT_COLUMNS).where(circuit.c.endpoint == bindparam("endpoint"))

CIRCUIT = _CIRCUIT.with_for_update()

# A claim never waits for a lock, so that none can wait for it in turn: what another node is just deciding about is left to it.
CIRCUIT_NOW = _CIRCUIT.with_for_update(skip_locked=True)

ALLOWANCES = (
    select(allowance.c.scope, allowance.c.used_until)
    .where(allowance.c.scope.in_(bindparam("scopes", expanding=True)))
    .order_by(allowance.c.scope)
)

ALLOWANCES_NOW = ALLOWANCES.with_for_update(skip_locked=True)


# Taking


def _take() -> Any:
    first = (
        select(lane.c.key)
        .where(lane.c.channel == bindparam("of"), lane.c.next_at <= _now)
        .order_by(lane.c.channel, lane.c.next_at, lane.c.key)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    return (
        update(lane)
        .where(lane.c.key == first)
        .values(
            state=LaneState.HELD,
            lost_owner=case((HELD, lane.c.owner)),
            lost_since=case((HELD, lane.c.held_since)),
            owner=bindparam("by"),
            held_since=_now,
            token=lane.c.token + 1,
            next_at=bindparam("until", type_=UtcDateTime()),
        )
        .returning(lane.c.key, lane.c.token, lane.c.item_id, lane.c.lost_owner, lane.c.lost_since)
    )


TAKE = Prepared(_take())
"""Hold the lane of a channel that has been due longest."""

BEGIN = Prepared(
    update(item)
    .where(item.c.id == bindparam("item"), OPEN)
    .values(attempts=item.c.attempts + 1)
    .returning(item.c.kind, item.c.payload, item.c.attempts, item.c.max_attempts, item.c.created_at, item.c.deadline)
)


# Letting go

LOCK = Prepared(
    select(lane.c.state, lane.c.token, lane.c.item_id).where(lane.c.key == bindparam("lane")).with_for_update()
)

RENEW = Prepared(
    update(lane)
    .where(lane.c.key == bindparam("lane"), lane.c.token == bindparam("held_as"), HELD)
    .values(next_at=bindparam("until", type_=UtcDateTime()))
    .returning(lane.c.key)
)

END_ITEM = Prepared(
    update(item)
    .where(item.c.id == bindparam("item"), OPEN)
    .values(state=bindparam("becomes", type_=item.c.state.type), reason=bindparam("why"), ended_at=_now)
    .returning(exists().where(circuit.c.endpoint == bindparam("endpoint")))
)
"""And whether the item's endpoint has been in trouble since it last did well."""

POSTPONE_ITEM = Prepared(
    update(item)
    .where(item.c.id == bindparam("item"), OPEN)
    .values(next_at=bindparam("at", type_=UtcDateTime()), reason=bindparam("why"), attempts=bindparam("counted"))
)


def _let_go() -> Any:
    """Nobody holds the lane any more; it is due when its first open item is, behind the lanes that are due already."""

    def first(column: Any) -> Any:
        ordered = select(column).where(item.c.lane == lane.c.key, OPEN).order_by(item.c.lane, item.c.position)
        # By statistics most lanes are short, so that SQLite would go through all that was ever done in a long one.
        by_index = ordered.with_hint(item, "INDEXED BY ix_work_item_open", "sqlite")
        return by_index.limit(1).correlate(lane).scalar_subquery()

    at = first(item.c.next_at)
    return (
        update(lane)
        .where(lane.c.key == bindparam("of"))
        .values(
            state=case((at.is_(None), _lane(LaneState.IDLE)), else_=_lane(LaneState.WAITING)),
            next_at=case((at < _now, _now), else_=at),
            channel=first(item.c.channel),
            item_id=first(item.c.id),
            owner=null(),
        )
    )


LET_GO = Prepared(_let_go().returning(lane.c.next_at))

LET_GO_HELD = Prepared(_let_go().where(lane.c.token == bindparam("held_as"), HELD).returning(lane.c.next_at))
"""As :data:`LET_GO`, unless somebody else holds it meanwhile: then there is no row."""

WAITING_IN = Prepared(
    select(lane.c.last_position - item.c.position + 1)
    .join(item, item.c.id == lane.c.item_id)
    .where(lane.c.key == bindparam("lane"))
)

HELD_LANES = (
    select(lane.c.key, lane.c.item_id, lane.c.owner, lane.c.held_since, item.c.attempts)
    .join(item, item.c.id == lane.c.item_id)
    .where(HELD)
    .with_for_update(of=lane)
)

ATTEMPT_FAILED = insert(attempt)
