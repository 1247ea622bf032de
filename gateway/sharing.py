"""What differs where several nodes share the database: whose clock counts, and who wakes and runs the workers.

procrastinate is imported where it is needed, as a house on SQLite has no use for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from canonical.errors import Misconfigured
from spool.clock import Clock, DatabaseClock, SystemClock
from spool.database.port import Database, time_of
from spool.queue.port import Waker, WorkQueue
from spool.worker import Workers

from .settings import Role


def clock_of(database: Database) -> Clock:
    """This machine's clock, or that of a database that several nodes share."""
    return DatabaseClock(partial(time_of, database)) if database.shared else SystemClock()


def require_all(role: Role) -> None:
    """Raise :class:`Misconfigured` for half a role, which needs a database that others share."""
    if role is not Role.ALL:
        raise Misconfigured(
            f"The role {role} needs a database that several nodes share; with tally.db one process does all. Set TALLY_DATABASE_URL "
            "to a PostgreSQL database, or leave the role out."
        )


def job_waker() -> Waker:
    """Who wakes the workers of all nodes."""
    from spool.queue.jobs import JobWaker

    return JobWaker()


def prepare_jobs(database: Database) -> None:
    """Make procrastinate's tables, or bring them up to date."""
    from spool.queue import jobs

    jobs.prepare(database)


@contextmanager
def job_runner(database: Database, queue: WorkQueue, clock: Clock, workers: Workers, slots: int) -> Iterator[None]:
    """Work, on as many lanes at once as there are ``slots``, when this node is woken, until the block ends."""
    from spool.queue.jobs import JobRunner

    runner = JobRunner(database, queue, clock, workers.run_until_idle, slots=slots)
    runner.start()
    try:
        yield
    finally:
        runner.stop()
