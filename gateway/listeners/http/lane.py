"""Threads for what may wait, so that the loop never does."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import TypeVar

_Result = TypeVar("_Result")


class Lane:
    """Up to ``threads`` that work for one loop, and ``slots`` for what may be there at a time, worked on or not.

    All but ``close`` is called in the loop's thread. (A thread pool's futures, which nobody waits for, would cost each request more.)
    A thread is started when all there are have something to do: few that are in the processor's caches cost less than many in turn.
    """

    def __init__(self, name: str, threads: int, slots: int, loop: asyncio.AbstractEventLoop) -> None:
        self._name = name
        self._most = threads
        self._slots = self._free = slots
        self._loop = loop
        self._under_way = 0
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    @property
    def is_half_taken(self) -> bool:
        """Whether no more than half of the slots are free."""
        return 2 * self._free <= self._slots

    def take(self) -> bool:
        """Take a slot and answer True, or answer False when none is free."""
        if self._free <= 0:
            return False
        self._free -= 1
        return True

    def give_back(self) -> None:
        self._free += 1

    def run(self, action: Callable[[], _Result], then: Callable[[_Result], None]) -> None:
        """Do ``action``, which must not raise, in a thread; hand what it returns to ``then`` in the loop."""

        def job() -> None:
            result = action()
            with suppress(RuntimeError):  # the loop is closed: nobody is there to be told
                self._loop.call_soon_threadsafe(self._done, then, result)

        self._under_way += 1
        if len(self._threads) < min(self._under_way, self._most):
            self._start()
        self._jobs.put(job)

    def close(self) -> None:
        """Let the threads go after what they have. They are not waited for."""
        for _ in self._threads:
            self._jobs.put(None)

    def _start(self) -> None:
        # What hangs in one when the process ends was answered to nobody.
        thread = threading.Thread(target=self._work, name=f"http-{self._name}-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _done(self, then: Callable[[_Result], None], result: _Result) -> None:
        self._under_way -= 1
        then(result)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
