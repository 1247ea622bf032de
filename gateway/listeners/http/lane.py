"""Threads for what may wait, so that the loop never does."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

_Result = TypeVar("_Result")


class Lane:
    """``threads`` that work for one loop, and ``slots`` for what may be there at a time, worked on or not.

    All but ``close`` is called in the loop's thread.
    """

    def __init__(self, name: str, threads: int, slots: int, loop: asyncio.AbstractEventLoop) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"http-{name}")
        self._free = slots
        self._loop = loop

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
        self._pool.submit(self._do, action, then)

    def close(self) -> None:
        """Take nothing more. Who still works is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _do(self, action: Callable[[], _Result], then: Callable[[_Result], None]) -> None:
        result = action()
        with suppress(RuntimeError):  # the loop is closed: nobody is there to be told
            self._loop.call_soon_threadsafe(then, result)
