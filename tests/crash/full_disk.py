"""SQLite's disk full in the middle, and room again: the whole home lies on a small disk that fills up while everybody trades.

The disk is a tmpfs of its own, so that everything meets a real ENOSPC: the database, its log, staged uploads, the outboxes, the ERP's
folder. Needs to mount, so it is run as root.
"""

import os
import random
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .server import Command
from .stage import FINISH, Round, Stage

IMPATIENCE = 1.0
"""Seconds after which the next filling no longer waits for its cue."""

DISK = 48 << 20
"""Bytes of the disk: several times what a round writes."""


class NoMount(Exception):
    """Nothing may be mounted here; the message is mount's own."""


@dataclass(frozen=True, slots=True)
class Filling:
    """The disk is full but for ``spare`` bytes once so many more files were answered, and for so many ``seconds``; whether the server is
    killed meanwhile."""

    files: int
    spare: int
    seconds: float
    killed: bool


def plan(generator: random.Random) -> list[Filling]:
    """Three or four times, with nothing left or a little, which lets some through; a supervisor's restart among them."""
    fillings = [
        Filling(
            generator.randrange(1, 12), generator.choice((0, 0, 8192, 65536)), generator.uniform(0.3, 2.0), killed=False
        )
        for _ in range(generator.randrange(2, 4))
    ]
    killed = Filling(generator.randrange(1, 12), generator.choice((0, 4096)), generator.uniform(0.3, 1.5), killed=True)
    fillings.insert(generator.randrange(len(fillings) + 1), killed)
    return fillings


def play(seed: int, root: Path) -> Round:
    """One round in ``root``, which must be new and stays as it is at the end. Raises NoMount."""
    with _small_disk(root):
        with Stage(seed, root, refusals=True) as stage:
            server = stage.start()
            for filling in plan(stage.generator):
                notes = stage.notes
                notes.wait_for(notes.answered, filling.files, IMPATIENCE)
                server = _fill(stage, server, filling)
            stage.finish([server])
        result = stage.count()
    result.figures["refused"] = stage.notes.refused
    return result


def _fill(stage: Stage, server: Command, filling: Filling) -> Command:
    """The server that runs afterwards."""
    ballast = stage.root / ".ballast"
    stage.look("before the disk is full")
    _take_room(ballast, filling.spare)
    threading.Event().wait(filling.seconds / 2)
    if filling.killed:
        if not server.kill():
            stage.result.faults.append("the server ended by itself on a full disk")
        server = stage.serve()
        stage.result.blows["kills on a full disk"] += 1
    threading.Event().wait(filling.seconds / 2)
    stage.look("while the disk is full")
    ballast.unlink()
    stage.result.blows["full disks"] += 1
    if filling.killed and server.greeting(FINISH) is None:
        # It could not start without room; whoever supervises it starts it again.
        server.kill()
        stage.result.figures["starts refused"] += 1
        server = stage.serve()
    stage.publish(server)
    stage.look("after there is room again")
    return server


def _take_room(ballast: Path, spare: int) -> None:
    """Write until nothing is left, then give back ``spare`` bytes."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
        file.truncate(max(0, os.fstat(file.fileno()).st_size - spare))


@contextmanager
def _small_disk(root: Path) -> Iterator[None]:
    """What is on it at the end is kept in its place."""
    root.mkdir(parents=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", str(root)], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise NoMount(done.stderr.strip())
    kept = root.with_name(f"{root.name}.kept")
    try:
        yield
    finally:
        shutil.copytree(root, kept, symlinks=True)
        subprocess.run(["umount", "--lazy", str(root)], check=True)
        root.rmdir()
        kept.rename(root)
