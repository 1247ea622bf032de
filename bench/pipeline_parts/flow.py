"""Documents a CPU second through everything: receipt, validation, canonical document, 997, journal, the ERP's folder."""

import argparse
import resource
import time
from dataclasses import dataclass
from pathlib import Path

from gateway.app import Gateway

from .figures import Figures
from .house import house, receive_all, wait_until_done

SENDERS = 4
WARM_UP = 20
GOAL = 100.0
MEMORY_GOAL = 200.0


@dataclass(frozen=True)
class Flow:
    """Documents a wall second, and CPU seconds for each."""

    rate: float
    cpu: float


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """SQLite in this process."""
    with house(root / "flow") as gateway:
        found = flow(gateway, 1, arguments.documents)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    figures.say(
        f"pipeline, SQLite      {found.rate:8.1f} /s   {found.cpu * 1e3:7.3f} ms CPU each: "
        f"{1 / found.cpu:.0f} a CPU second; {figures.against_yardsticks(found.cpu)}"
    )
    figures.say(f"peak memory of that   {megabytes:8.0f} MB")
    figures.claim("documents_a_cpu_second", 1 / found.cpu, goal=GOAL, better="higher", unit="documents/CPU s")
    figures.claim("cpu_against_bare_insert", found.cpu / figures.insert_cpu, better="lower", unit="x")
    figures.claim("cpu_against_bare_queue", found.cpu / figures.queue_cpu, better="lower", unit="x")
    figures.claim("flow_peak", megabytes, goal=MEMORY_GOAL, better="lower", unit="MB")


def flow(gateway: Gateway, first: int, count: int, *, done: int = 0) -> Flow:
    """Run ``count`` documents from number ``first`` on; ``done`` are in the home already."""
    with gateway.working():
        receive_all(gateway, range(first, first + WARM_UP), SENDERS)
        wait_until_done(gateway, done + WARM_UP)
        wall, cpu = time.perf_counter(), _cpu()
        receive_all(gateway, range(first + WARM_UP, first + WARM_UP + count), SENDERS)
        wait_until_done(gateway, done + WARM_UP + count)
        wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    return Flow(count / wall, cpu / count)


def _cpu() -> float:
    """CPU seconds of this process but for this thread, which only looks whether all is done."""
    return time.process_time() - time.thread_time()
