"""The pipeline on PostgreSQL: this process receives, so many processes work; a server of the bench's own, with fsync on."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.postgresql import NoPostgresql, Server, start_server

from .figures import Figures
from .house import house, receive_all, wait_until_done

PROCESSES = (1, 2, 4)
SENDERS = 4
WARM_UP = 20


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """CPU is told of the gateway's processes and of the server apart."""
    try:
        server = start_server(())
    except NoPostgresql as reason:
        figures.say(f"pipeline, PostgreSQL: not measured, {reason}")
        return
    for processes in arguments.processes or PROCESSES:
        rate, ours, servers = _flow(server, root / f"nodes-{processes}", processes, arguments.documents)
        figures.say(
            f"pipeline, PostgreSQL, {processes} processes {rate:6.1f} /s   {ours * 1e3:7.3f} ms CPU each, "
            f"and {servers * 1e3:.3f} ms of the server: {1 / ours:.0f} a CPU second; {figures.against_yardsticks(ours)}"
        )
        name = f"postgresql_{processes}_processes_documents_a_cpu_second"
        figures.claim(name, 1 / ours, better="higher", unit="documents/CPU s")
        figures.claim(f"postgresql_{processes}_processes_documents_a_second", rate, better="higher", unit="documents/s")


def _flow(server: Server, root: Path, processes: int, count: int) -> tuple[float, float, float]:
    """Documents a wall second; CPU seconds for each, of our processes and of the server's."""
    os.environ["TALLY_DATABASE_URL"] = server.new_database()
    try:
        with house(root) as gateway, _workers(root, processes) as workers:
            receive_all(gateway, range(1, 1 + WARM_UP), SENDERS)
            wait_until_done(gateway, WARM_UP)
            wall, ours, servers = time.perf_counter(), _cpu([*workers, psutil.Process()]), _cpu(_backends(server))
            receive_all(gateway, range(1 + WARM_UP, 1 + WARM_UP + count), SENDERS)
            wait_until_done(gateway, WARM_UP + count)
            wall = time.perf_counter() - wall
            ours = _cpu([*workers, psutil.Process()]) - ours
            servers = _cpu(_backends(server)) - servers
    finally:
        del os.environ["TALLY_DATABASE_URL"]
    return count / wall, ours / count, servers / count


@contextmanager
def _workers(root: Path, processes: int) -> Iterator[list[psutil.Process]]:
    command = [
        sys.executable,
        "-P",
        "-m",
        "gateway.cli.main",
        "--home",
        str(root),
        "--json",
        "serve",
        "--role",
        "worker",
    ]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for _ in range(processes)
    ]
    for each in started:
        assert each.stdout is not None
        each.stdout.readline()
    try:
        yield [psutil.Process(each.pid) for each in started]
    finally:
        for each in started:
            each.terminate()
        for each in started:
            each.wait(60)
            assert each.stdout is not None
            each.stdout.close()


def _backends(server: Server) -> list[psutil.Process]:
    assert server.data is not None
    postmaster = psutil.Process(int((server.data / "postmaster.pid").read_text().split()[0]))
    return [postmaster, *postmaster.children(recursive=True)]


def _cpu(processes: list[psutil.Process]) -> float:
    """Those that end meanwhile count with their parent."""
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total
