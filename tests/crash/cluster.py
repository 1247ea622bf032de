"""Blows to several nodes that share a home and a PostgreSQL database: kills, lost connections, the server gone, a node that only slept.

One node only listens, one only works, one does both. What befalls them comes at random moments while everybody trades; each node is
started again as a supervisor would.
"""

import random
import threading
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.postgresql import Server

from .server import LEASE, Command
from .stage import Round, Stage

IMPATIENCE = 1.5
"""Seconds after which the next blow no longer waits for its cue."""

LISTENER, WORKER, BOTH = "one", "two", "three"
ROLES = {LISTENER: "listener", WORKER: "worker", BOTH: "all"}

PROGRAMS = 4
"""How many programs of acme send, so that there is load until the last blow."""


ATTEMPTS_TO_CATCH = 100
"""How often a node is stopped and let go until it is found with work in hand; where there is none it stands still all the same."""


class Blow(StrEnum):
    """What befalls the nodes, or their database."""

    WORKER_KILLED = "kills of a worker"
    LISTENER_KILLED = "kills of a listener"
    BOTH_KILLED = "kills of a node of both roles"
    ALL_KILLED = "kills of all nodes at once"
    CONNECTIONS_CUT = "cuts of connections"
    DATABASE_CRASHED = "database crashes"
    POWER_CUT = "power cuts"
    """All nodes and the database at once."""
    ZOMBIE = "zombies"
    """A node stands still until its work was taken over, and goes on as if no time had passed."""


_KILLED = {
    Blow.WORKER_KILLED: (WORKER,),
    Blow.LISTENER_KILLED: (LISTENER,),
    Blow.BOTH_KILLED: (BOTH,),
    Blow.ALL_KILLED: (LISTENER, WORKER, BOTH),
    Blow.POWER_CUT: (LISTENER, WORKER, BOTH),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A blow, ``linger`` seconds after so many more files were answered."""

    blow: Blow
    files: int
    linger: float


def plan(generator: random.Random) -> list[Planned]:
    """What befalls them in a round: some of each, in any order."""
    blows = [Blow.WORKER_KILLED, Blow.LISTENER_KILLED, Blow.BOTH_KILLED, Blow.CONNECTIONS_CUT, Blow.CONNECTIONS_CUT]
    blows += [Blow.ZOMBIE, generator.choice((Blow.DATABASE_CRASHED, Blow.POWER_CUT, Blow.ALL_KILLED))]
    blows.append(generator.choice(list(Blow)))
    generator.shuffle(blows)
    return [Planned(blow, generator.randrange(1, 10), generator.uniform(0, 0.3)) for blow in blows]


def play(seed: int, root: Path, server: Server) -> Round:
    """One round in ``root``, which must be new and stays as it is at the end; so does its database when something was found."""
    url = server.new_database()
    with Stage(seed, root, database_url=url, programs=PROGRAMS, refusals=True) as stage:
        cluster = Cluster(stage, server, url)
        for planned in plan(stage.generator):
            cluster.endure(planned)
        stage.finish(list(cluster.nodes.values()))
    result = stage.count()
    result.figures["refused"] = stage.notes.refused
    result.figures["fenced"] = result.log.read_text().count('"event": "work taken over"')
    if not result.faults:
        server.drop(url)
    return result


class Cluster:
    """Three nodes and their database, all running between two blows."""

    def __init__(self, stage: Stage, server: Server, url: str) -> None:
        self._stage = stage
        self._server = server
        self._url = url
        self.nodes: dict[str, Command] = {}
        self._start(*ROLES)

    def endure(self, planned: Planned) -> None:
        """Wait for the moment, strike, and see to it that all run again."""
        notes = self._stage.notes
        notes.wait_for(notes.answered, planned.files, IMPATIENCE)
        self._pause(planned.linger)
        self._stage.look("before a blow")
        self._strike(planned.blow)
        self._stage.result.blows[planned.blow.value] += 1
        self._stage.look("after a blow")

    def _strike(self, blow: Blow) -> None:
        killed = _KILLED.get(blow, ())
        for name in killed:
            if not self.nodes[name].kill():
                self._stage.result.faults.append(f"node {name} ended by itself before it was killed")
        if blow in (Blow.DATABASE_CRASHED, Blow.POWER_CUT):
            self._server.stop()
            self._stage.look("while the database is away")
            self._pause(self._stage.generator.uniform(0.0, 2.0))
            self._server.start()
        elif blow is Blow.CONNECTIONS_CUT:
            self._cut_connections()
        elif blow is Blow.ZOMBIE:
            self._stand_still(self._stage.generator.choice((WORKER, BOTH)))
        self._start(*killed)

    def _cut_connections(self) -> None:
        """Some of the nodes' connections, whatever they are just doing."""
        share = self._stage.generator.choice((0.3, 0.7, 1.0))
        self._stage.result.figures["connections cut"] += self._ask(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < :share",
            share=share,
        )

    def _stand_still(self, name: str) -> None:
        """With work in hand, until its lease must have ended and the others had time to take it over."""
        node = self.nodes[name]
        node.freeze()
        for _ in range(ATTEMPTS_TO_CATCH):
            if self._holds_work(name):
                self._stage.result.figures["zombies with work in hand"] += 1
                break
            node.thaw()
            self._pause(0.01)
            node.freeze()
        self._pause(LEASE.total_seconds() + 1.5)
        self._stage.look("while a node stands still")
        node.thaw()

    def _holds_work(self, name: str) -> bool:
        held = "SELECT count(*) FROM lane WHERE state = 'held' AND owner LIKE :owner AND next_at > clock_timestamp()"
        return self._ask(held, owner=f"{name}:%") > 0

    def _ask(self, statement: str, **values: object) -> int:
        engine = create_engine(self._url)
        try:
            with engine.connect() as connection:
                found: int = connection.execute(text(statement), values).scalar_one()
        finally:
            engine.dispose()
        return found

    def _start(self, *names: str) -> None:
        for name in names:
            self.nodes[name] = self._stage.serve(name, ROLES[name])
        for name in names:
            self._stage.publish(self.nodes[name], name)

    def _pause(self, seconds: float) -> None:
        """Let some time of the trade pass."""
        threading.Event().wait(seconds)
