"""Thousands of files in quarantine: what looking at them and releasing them costs, command by command."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.app import Gateway

from ..pipeline_parts.figures import Figures
from .town import agree, count_states, deliveries, hand_in, order, require, town

PARTNER = "acme"
LINES = 2
MEMORY_GOAL = 200.0


@dataclass(frozen=True)
class Ran:
    """A command of ours: its lines of JSON, and what it cost."""

    lines: list[Any]
    wall: float
    cpu: float
    megabytes: float


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """Test data of a partner in production is held; then the profile says test, and all of it is released."""
    count = arguments.quarantined
    with town(root / "quarantine", (PARTNER,), database_url=arguments.database_url) as gateway:
        fill(gateway, count)
        _command(gateway, "status", [], figures, ["status"])
        listed = _command(
            gateway, "list", [], figures, ["doc", "list", "--state", "quarantined", "--limit", str(count)]
        )
        ids = [document["id"] for document in listed.lines[0]["documents"]]
        require(len(set(ids)) == count, f"{len(set(ids))} of {count} quarantined documents are listed")
        agree(gateway, (PARTNER,), usage="T")
        released = _command(gateway, "replay", ids, figures, ["doc", "replay", "--reason", "test data is agreed"])
        require(len(released.lines) == count, f"{len(released.lines)} of {count} were released")
        began = time.perf_counter()
        gateway.workers(threads=0).run_until_idle()
        seconds = time.perf_counter() - began
        check(gateway, count)
        _command(gateway, "status after", [], figures, ["status"])
    figures.say(f"work of the release     {count} documents in {seconds:.0f} s")
    figures.claim("quarantine_release_a_second", count / released.wall, better="higher", unit="documents/s")
    figures.claim("quarantine_release_worked_a_second", count / seconds, better="higher", unit="documents/s")


def fill(gateway: Gateway, count: int) -> None:
    """So many files, each with one order marked as test data (ISA15), opened and quarantined."""
    for number in range(1, count + 1):
        hand_in(gateway, PARTNER, f"{number}.edi", order(PARTNER, number, f"PO{number}", lines=LINES, usage="T"))
    gateway.workers(threads=0).run_until_idle()
    states, report = count_states(gateway), gateway.status()
    require(states == {"quarantined": count}, f"{count} documents should be in quarantine: {states}")
    require(report.balance.holds, f"the balance does not hold: {report.balance}")


def check(gateway: Gateway, count: int) -> None:
    """Each released document reached the ERP once, and every file and document is in one place."""
    given, report = deliveries(gateway), gateway.status()
    require(
        len(given) == len(set(given)) == count, f"{count} released, {len(given)} deliveries of {len(set(given))} files"
    )
    require(report.balance.holds, f"the balance does not hold: {report.balance}")
    require(report.balance.places["quarantined"] == 0, f"still in quarantine: {report.balance.places}")
    require(report.queue.dead == 0, f"{report.queue.dead} items were given up")


def _command(gateway: Gateway, name: str, ids: list[str], figures: Figures, words: list[str]) -> Ran:
    ran = run(gateway.home.root, [*words, *ids])
    figures.say(f"tally {name:<16}  {ran.wall:6.1f} s, {ran.cpu:.1f} s CPU, {ran.megabytes:.0f} MB")
    slug = name.replace(" ", "_")
    figures.claim(f"quarantine_{slug}_cpu", ran.cpu, better="lower", unit="CPU s")
    figures.claim(f"quarantine_{slug}_peak", ran.megabytes, goal=MEMORY_GOAL, better="lower", unit="MB")
    return ran


def run(home: Path, words: list[str]) -> Ran:
    """Run ``tally --json`` as a process of its own."""
    command = [sys.executable, "-P", "-m", "gateway.cli.main", "--home", str(home), "--json", *words]
    with tempfile.TemporaryFile("w+") as out:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        require(process.returncode == 0, f"tally {' '.join(words[:4])} ended with {process.returncode}")
        out.seek(0)
        lines = [json.loads(line) for line in out]
    return Ran(lines, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)
