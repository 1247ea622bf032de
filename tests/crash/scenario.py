"""Kills of one server on SQLite: trade, kill it again and again, let the last life finish, count."""

import random
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic

from .stage import FINISH, Round, Stage

IMPATIENCE = 1.0
"""Seconds after which the killer no longer waits for its cue."""


class Cue(StrEnum):
    """What the killer waits for."""

    START = "start"
    """Nothing: it may come before the server is ready."""
    SENT = "sent"
    """A number of files to which only the answer is missing: the commit is under way, or just through."""
    ANSWERED = "answered"
    """A number of answers: the work on those files is under way."""


@dataclass(frozen=True, slots=True)
class Life:
    """When a life of the server ends: ``linger`` seconds after its cue."""

    cue: Cue
    files: int
    linger: float


def lives(generator: random.Random) -> list[Life]:
    """When to kill: under load, in bursts while it starts, and while the work is finished."""
    plan = [Life(Cue.SENT, generator.randrange(1, 12), generator.uniform(0, 0.01)) for _ in range(2)]
    plan += [Life(Cue.ANSWERED, generator.randrange(1, 12), generator.uniform(0, 0.1)) for _ in range(2)]
    generator.shuffle(plan)
    burst = [Life(Cue.START, 0, generator.uniform(0.0, 0.5)) for _ in range(generator.randrange(1, 4))]
    place = generator.randrange(len(plan) + 1)
    return [*plan[:place], *burst, *plan[place:], Life(Cue.START, 0, generator.uniform(0.3, 0.8))]


def play(seed: int, root: Path) -> Round:
    """One round in ``root``, which must be new and stays as it is at the end."""
    with Stage(seed, root) as stage:
        for life in lives(stage.generator):
            _live(stage, life)
        stage.finish([stage.start()])
    return stage.count()


def _live(stage: Stage, life: Life) -> None:
    """One life of the server, to its violent end; the balance is looked at while it lives and after."""
    began = monotonic()
    server = stage.serve()
    said = server.greeting(life.linger if life.cue is Cue.START else FINISH)
    if said is not None:
        stage.tell("", said)
    stage.look("while it lives")
    if life.cue is Cue.START:
        server.wait(max(0.0, life.linger - (monotonic() - began)))
    else:
        notes = stage.notes
        notes.wait_for(notes.attempts if life.cue is Cue.SENT else notes.answered, life.files, IMPATIENCE)
        server.wait(life.linger)
    if not server.kill():
        stage.result.faults.append("the server ended by itself before it was killed")
    stage.result.blows["kills"] += 1
    stage.look("after a kill")
