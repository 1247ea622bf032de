"""Something that is done again and again while the gateway runs."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from time import thread_time

import structlog

from canonical.errors import TallyError
from spool.clock import Clock
from spool.database.port import Database
from spool.queue.schedule import due

_log = structlog.get_logger(__name__)


def by_one_node(
    database: Database, clock: Clock, name: str, seconds: float, action: Callable[[], object]
) -> Callable[[], object]:
    """``action`` as several nodes call it, each every ``seconds``: it is done once in that time, by whichever comes first."""

    def act() -> None:
        if database.write(lambda session: due(session, name, timedelta(seconds=seconds), clock.now())):
            action()

    return act


MOST_OF_THE_TIME = 0.05
"""The share of a core that periodic work may take: what costs more, such as looking through a folder of a million files, comes
less often."""


def rest(seconds: float, spent: float) -> float:
    """How many seconds to rest after a call that took ``spent`` CPU seconds and is to come every ``seconds``."""
    return max(seconds, spent / MOST_OF_THE_TIME - spent)


class Periodic:
    """Calls ``action`` every ``seconds`` in a thread of its own, first at once; less often where it costs much (:func:`rest`).

    A failure is logged and tried again.
    """

    def __init__(self, name: str, seconds: float, action: Callable[[], object]) -> None:
        self._name = name
        self._seconds = seconds
        self._action = action
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Have it end after the call under way."""
        self._stopping.set()

    def stop(self) -> None:
        """Finish the call under way, then end."""
        self.ask_to_stop()
        self._thread.join()

    def _loop(self) -> None:
        while True:
            began = thread_time()
            try:
                self._action()
            except TallyError as error:
                _log.warning("periodic work failed; trying again", work=self._name, error=error.message)
            except Exception as error:  # noqa: BLE001 - a loop's edge: the next round may work
                _log.error("periodic work failed; trying again", work=self._name, exc_info=error)
            if self._stopping.wait(rest(self._seconds, thread_time() - began)):
                return


@contextmanager
def together(periodics: Sequence[Periodic]) -> Iterator[None]:
    """Have them run until the block ends, and then end all at once: none begins anew while another finishes."""
    with ExitStack() as stack:
        for each in periodics:
            each.start()
            stack.callback(each.stop)
        try:
            yield
        finally:
            for each in periodics:
                each.ask_to_stop()
