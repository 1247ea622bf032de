"""Waking and running the workers of several nodes that share one PostgreSQL database, by procrastinate's jobs.

A job says "work lane L" and is a wake-up, no more: what is due, in which order and by whom it is held stands in our own rows. A job
that finds nothing due ends at once; a lane that is due and has no job gets one from the sweeper. So any job may be lost, or run twice.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from importlib.metadata import version
from typing import Any

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.jobs import DeleteJobCondition, Status
from procrastinate.schema import SchemaManager, migrations_path
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Enum,
    Select,
    String,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    make_url,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert
from sqlalchemy.orm import Session

from canonical.errors import TallyError

from ..clock import Clock
from ..database.port import Database
from .port import WorkQueue
from .tables import Lane, LaneState

QUEUE = "lanes"
"""procrastinate's queue for all of our jobs."""

WORK_LANE = "tally.work_lane"
SWEEP = "tally.sweep"

SWEEP_SECONDS = 5
"""How often lanes that are due and have no job are looked for; by one node, whichever comes first."""

POLL_SECONDS = 1.0
"""How often jobs that were for later are looked for. Those for now are announced."""

HEARTBEAT_SECONDS = 5.0
STALLED_SECONDS = 20.0
"""A node that did not say for so long that it lives is taken for dead, and the jobs it had for lost."""

DRAIN_SECONDS = 30.0
"""How long jobs under way may take when the node is to stop."""

RESTART_SECONDS = 1.0
"""How long to rest when the database was lost, before it is tried again."""

_log = structlog.get_logger(__name__)

_TODO = text("status = 'todo'")

_jobs = table(
    "procrastinate_jobs",
    column("id", BigInteger),
    column("queue_name", String),
    column("task_name", String),
    column("queueing_lock", String),
    column("args", JSONB),
    column("status", Enum("todo", "doing", name="procrastinate_job_status")),
    column("scheduled_at", DateTime(timezone=True)),
)


def prepare(database: Database) -> None:
    """Give the database procrastinate's tables and functions, or bring them up to the installed version; again changes nothing."""
    with database.migration() as connection:
        applied = _applied(connection)
        installed = version("procrastinate")
        if applied == installed:
            return
        for statements in [SchemaManager.get_schema()] if applied is None else _migrations_since(applied):
            _execute(connection, statements)
        _execute(connection, f"COMMENT ON TABLE procrastinate_jobs IS 'procrastinate {installed}'")


def _applied(connection: Connection) -> str | None:
    """The version of procrastinate whose schema is there."""
    note = connection.scalar(select(func.obj_description(func.to_regclass("procrastinate_jobs"), "pg_class")))
    return None if note is None else str(note).removeprefix("procrastinate ")


def _migrations_since(applied: str) -> list[str]:
    """What later versions change; the names of procrastinate's files begin with the version that brought them: ``03.04.00_...``."""
    known = ".".join(f"{int(part):02d}" for part in applied.split(".")[:3])
    return [path.read_text("utf-8") for path in sorted(migrations_path.glob("*.sql")) if path.name[:8] > known]


def _execute(connection: Connection, statements: str) -> None:
    """Several statements at once, which only the driver itself takes."""
    driver: Any = connection.connection.driver_connection
    driver.execute(statements)


class JobWaker:
    """A :class:`spool.queue.port.Waker` that sees to one job for each lane that has work, in the transaction that makes it due."""

    def lane_due(self, session: Session, lane: str, at: datetime) -> None:
        # The lane itself knows better than the caller: an item put in behind one that rests is not due yet, and who holds a lane
        # tells us when letting go.
        session.flush()
        _enqueue(session, select(Lane.key, Lane.next_at).where(Lane.key == lane, Lane.state == LaneState.WAITING))


def sweep(session: Session, now: datetime) -> int:
    """Give a job to each lane that is due and has none, or only one for later; how many. Also to those whose holder let the lease end."""
    waiting = exists().where(
        _jobs.c.queueing_lock == Lane.key,
        _jobs.c.status == literal("todo", _jobs.c.status.type),
        or_(_jobs.c.scheduled_at.is_(None), _jobs.c.scheduled_at <= now),
    )
    return _enqueue(session, select(Lane.key, Lane.next_at).where(Lane.next_at <= now, ~waiting))


def _enqueue(session: Session, lanes: Select[str, datetime | None]) -> int:
    """A job for each lane at its time; one that waits for later already is moved forward.

    By ``ON CONFLICT`` and not by procrastinate's own function, which fails where a lane has a job: that would put an error into the
    server's log for each item of a busy lane. And it locks the job that is there until our commit, so that nobody
    runs it before there is anything to find.
    """
    lane = lanes.subquery()
    # NULL is now: it does not wait for clocks that differ.
    at = case((lane.c.next_at <= func.clock_timestamp(), None), else_=lane.c.next_at)
    new: Insert = insert(_jobs).from_select(
        ["queue_name", "task_name", "queueing_lock", "args", "scheduled_at"],
        select(
            literal(QUEUE),
            literal(WORK_LANE),
            lane.c.key,
            cast(func.json_build_object("lane", lane.c.key), JSONB),
            cast(at, DateTime(timezone=True)),
        ),
    )
    sooner: ColumnElement[bool] = and_(
        _jobs.c.scheduled_at.is_not(None),
        or_(new.excluded.scheduled_at.is_(None), new.excluded.scheduled_at < _jobs.c.scheduled_at),
    )
    upsert = new.on_conflict_do_update(
        index_elements=["queueing_lock"],
        index_where=_TODO,
        set_={"scheduled_at": case((sooner, new.excluded.scheduled_at), else_=_jobs.c.scheduled_at)},
    )
    result = session.connection().execute(upsert, execution_options={"preserve_rowcount": True})
    return result.rowcount


class JobRunner:
    """Runs the jobs of one node: procrastinate's worker in a thread with an event loop of its own.

    ``work`` does what is due and returns; it is called in up to ``slots`` threads at once and raises nothing but errors of ours. Where
    the database is lost, or procrastinate's worker ends for another reason, it is started anew.
    """

    def __init__(
        self, database: Database, queue: WorkQueue, clock: Clock, work: Callable[[], object], *, slots: int
    ) -> None:
        self._database = database
        self._queue = queue
        self._clock = clock
        self._work = work
        self._slots = slots
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="job-runner", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        # It tells of each job it starts and ends; what we do is in our own log.
        logging.getLogger("procrastinate").setLevel(logging.WARNING)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> bool:
        """Take no more jobs and wait for those under way; whether all ended in time."""
        self._stopping.set()
        loop, task = self._loop, self._task
        if loop is not None and task is not None:
            # The loop may have ended meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(task.cancel)
        self._thread.join(DRAIN_SECONDS + HEARTBEAT_SECONDS)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                asyncio.run(self._serve())
            except Exception as error:  # noqa: BLE001 - the runner outlives the database
                _log.warning(
                    "jobs are not run; trying again", error=f"{type(error).__name__}: {error.__cause__ or error}"
                )
            self._stopping.wait(RESTART_SECONDS)

    async def _serve(self) -> None:
        """Run jobs until stopped, or until the database is lost."""
        app = self._app()
        async with app.open_async():
            self._task = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=self._slots,
                    fetch_job_polling_interval=POLL_SECONDS,
                    delete_jobs=DeleteJobCondition.ALWAYS,
                    install_signal_handlers=False,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                    shutdown_graceful_timeout=DRAIN_SECONDS,
                )
            )
            self._loop = asyncio.get_running_loop()
            if self._stopping.is_set():
                self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def _work_due(self) -> None:
        """Where the database is lost meanwhile, the job was for nothing: the sweeper makes another one."""
        try:
            self._work()
        except TallyError as error:
            _log.warning("work could not be taken; it is swept up later", error=error.message)

    def _app(self) -> App:
        url = make_url(self._database.url).set(drivername="postgresql").render_as_string(hide_password=False)
        pool: dict[str, Any] = {"conninfo": url, "min_size": 1, "max_size": 4, "timeout": 10.0}
        app = App(connector=PsycopgConnector(**pool, kwargs={"application_name": "tallystick-jobs"}))

        @app.task(name=WORK_LANE, queue=QUEUE)
        async def work_lane(lane: str) -> None:
            await _in_thread(self._work_due)

        @app.periodic(cron=f"* * * * * */{SWEEP_SECONDS}")
        @app.task(name=SWEEP, queue=QUEUE, queueing_lock=SWEEP)
        async def sweep_lanes(timestamp: int) -> None:
            for job in await app.job_manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=STALLED_SECONDS):
                _log.warning("a node died while it had work", lane=job.queueing_lock)
                await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
            await _in_thread(partial(self._database.write, self._sweep))

        return app

    def _sweep(self, session: Session) -> None:
        """Where nothing due may be begun, wake-ups would only pile up."""
        if self._queue.due(session):
            sweep(session, self._clock.now())


async def _in_thread(work: Callable[[], object]) -> None:
    """Run ``work`` in a thread that, unlike those of a pool, does not keep a process from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def run() -> None:
        error: BaseException | None = None
        try:
            work()
        except BaseException as raised:  # noqa: BLE001 - handed to whoever waits
            error = raised
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, done, error)

    threading.Thread(target=run, name="job", daemon=True).start()
    await done


def _settle(done: asyncio.Future[None], error: BaseException | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
