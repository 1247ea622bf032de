"""The clock moved by hours, forward and back, while everybody trades and while the server is down: nothing stalls, nothing is lost."""

import random
from dataclasses import dataclass
from pathlib import Path

from .server import Command, Conditions
from .stage import Round, Stage

IMPATIENCE = 1.0
"""Seconds after which the clock is moved without its cue."""

HOURS = 6.0
"""How far it is moved at most: a 997 is late after a day."""


@dataclass(frozen=True, slots=True)
class Move:
    """The clock is wrong by ``seconds`` once so many more files were answered; whether the server is killed before."""

    files: int
    seconds: float
    killed: bool


def plan(generator: random.Random) -> list[Move]:
    """Forward and back in turn, so that each is met by work that was timed by the other."""
    signs = (1, -1) if generator.random() < 0.5 else (-1, 1)
    return [
        Move(generator.randrange(1, 10), sign * generator.uniform(0.01, HOURS) * 3600, generator.random() < 0.3)
        for sign in signs * 3
    ]


def play(seed: int, root: Path) -> Round:
    """One round in ``root``, which must be new and stays as it is at the end."""
    clock = root.with_name(f"{root.name}.clock")
    _set(clock, 0.0)
    with Stage(seed, root, conditions=Conditions(clock)) as stage:
        server = stage.start()
        for move in plan(stage.generator):
            stage.notes.wait_for(stage.notes.answered, move.files, IMPATIENCE)
            server = _move(stage, server, clock, move)
        stage.finish([server])
    clock.unlink()
    return stage.count()


def _move(stage: Stage, server: Command, clock: Path, move: Move) -> Command:
    """The server that runs afterwards."""
    stage.result.blows["moves forward" if move.seconds > 0 else "moves back"] += 1
    if move.killed:
        if not server.kill():
            stage.result.faults.append("the server ended by itself before it was killed")
        stage.result.blows["kills"] += 1
    _set(clock, move.seconds)
    if move.killed:
        server = stage.start()
    stage.look("after the clock was moved")
    return server


def _set(clock: Path, seconds: float) -> None:
    """At once, as nobody may read half a number."""
    written = clock.with_name(f"{clock.name}.new")
    written.write_text(str(seconds))
    written.rename(clock)
