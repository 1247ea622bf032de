"""Threads that work for a loop."""

import asyncio
import threading

from gateway.listeners.http.lane import Lane

from .conftest import SECONDS


def test_work_is_done_in_threads_and_its_results_come_back_to_the_loop() -> None:
    async def scenario() -> list[tuple[int, bool]]:
        loop = asyncio.get_running_loop()
        lane = Lane("test", threads=2, slots=10, loop=loop)
        together = threading.Barrier(2, timeout=SECONDS)
        results: list[tuple[int, bool]] = []
        done = asyncio.Event()

        def work() -> int:
            together.wait()
            return threading.get_ident()

        def then(worker: int) -> None:
            results.append((worker, threading.get_ident() == own))
            if len(results) == 2:
                done.set()

        own = threading.get_ident()
        for _ in range(2):
            lane.run(work, then)
        await asyncio.wait_for(done.wait(), SECONDS)
        lane.close()
        return results

    results = asyncio.run(scenario())
    assert [in_the_loop for _, in_the_loop in results] == [True, True]
    assert len({worker for worker, _ in results}) == 2


def test_one_thread_does_what_comes_one_after_the_other() -> None:
    async def scenario() -> list[int]:
        lane = Lane("test", threads=2, slots=10, loop=asyncio.get_running_loop())
        workers = []
        for _ in range(3):
            worker: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            lane.run(threading.get_ident, worker.set_result)
            workers.append(await asyncio.wait_for(worker, SECONDS))
        lane.close()
        return workers

    assert len(set(asyncio.run(scenario()))) == 1


def test_slots_are_taken_and_given_back() -> None:
    loop = asyncio.new_event_loop()
    lane = Lane("test", threads=1, slots=2, loop=loop)
    assert [lane.take() for _ in range(3)] == [True, True, False]
    lane.give_back()
    assert [lane.take() for _ in range(2)] == [True, False]
    lane.close()
    loop.close()


def test_a_result_for_a_loop_that_is_gone_is_dropped_and_the_thread_goes_on() -> None:
    loop = asyncio.new_event_loop()
    lane = Lane("test", threads=1, slots=2, loop=loop)
    loop.close()
    done = threading.Event()
    lane.run(lambda: None, lambda result: None)
    lane.run(done.set, lambda result: None)
    assert done.wait(SECONDS)
    lane.close()
