"""What a fault was, judged by what follows it: the likeliest reading of a set, and its rivals until they are refuted.

A segment that does not fit can often be explained in more than one way: ``CTT`` before the last lines of an order is either early
itself, or every line behind it is late. The likeliest reading is told at once. The others are followed silently beside it; when it meets
another fault where one of them meets none, that one was right, and what was told is told anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from .structure import Plan
from .walker import Fit, Move, Walker

_MOST_RIVALS = 8
"""Readings followed at a time; more would only be slow."""


class Suspect(Enum):
    """Which segment is at fault."""

    ITSELF = "the one that did not fit"
    PREVIOUS = "the one before it"
    LOOP = "the one that began the loop it was in"


@dataclass(frozen=True, slots=True)
class Told:
    """A fault as another reading tells it. ``path`` and ``missed`` are as of the moment of the fault."""

    fit: Fit
    node: int
    path: str
    about: "Suspect"
    missed: tuple[tuple[int, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class _Rival:
    """A reading that met no fault since it began; ``told`` is None where it tells what the likeliest tells."""

    walker: Walker
    told: Told | None


class Readings:
    """Follows one set through its plan. ``walker`` is at the place of the likeliest reading."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.walker = Walker(plan)
        self._rivals: list[_Rival] = []
        self._settled = False
        """Whether something told to be missing came late since the readings parted: once is the same fault, twice is another."""
        self.revision: Told | None = None
        """How the faults told since the readings parted are to be told instead: one that takes the place of them all."""
        self.parted = False
        """Whether the readings parted at the last segment, over a fault that has nothing to do with those before."""

    @property
    def in_doubt(self) -> bool:
        """Whether what was told last may yet be revised."""
        return bool(self._rivals)

    @property
    def on_rails(self) -> bool:
        """Whether there is but one reading, and nothing in its way that :meth:`Walker.glide` does not know."""
        return not self._rivals and self.walker.on_rails

    def advance(self, tag: str) -> Move:
        """Take the next segment of the set."""
        self.revision, self.parted = None, False
        if tag not in self._plan.tags:
            return Move(Fit.NOT_IN_SET, -1)
        straight = list(self._straight(tag))
        rivals = [(rival, way) for rival in self._rivals if (way := rival.walker.follow(tag)) is not None]
        self._rivals = [*(rival for rival, _ in rivals), *straight][:_MOST_RIVALS]
        move = self.walker.follow(tag)
        if move is None and not (self._settled and rivals):
            move = self._settle(tag)
        if move is None:
            move = self._adopt(*rivals[0]) if rivals else self._stumble(tag)
        return move

    def _straight(self, tag: str) -> Iterator[_Rival]:
        """Each reading that is in a detour, without it: perhaps the segment belongs to the set proper."""
        for walker, told in [(self.walker, None), *((rival.walker, rival.told) for rival in self._rivals)]:
            other = walker.straight(tag)
            if other is not None:
                yield _Rival(other, told)

    def _settle(self, tag: str) -> Move | None:
        """A segment that was told to be missing comes late: the same fault. Perhaps what follows is not its, but goes on before it."""
        staying = self.walker.fork()
        move = self.walker.settle(tag)
        if move is not None and move.step is not None:
            staying.leave_aside(Fit.OUT_OF_ORDER, move.step.counter, move.step.counter)
            self._rivals.insert(0, _Rival(staying, None))
        self._settled |= move is not None
        return move

    def _adopt(self, rival: _Rival, move: Move) -> Move:
        """The likeliest reading met another fault and this one did not: it is the likeliest from now on."""
        self.walker, self.revision, self._rivals = rival.walker, rival.told, []
        self._settled = False
        return move

    def _stumble(self, tag: str) -> Move:
        """A fault: take it in the likeliest way, and keep what else it could be in mind."""
        before = self.walker.fork()
        move = self.walker.stumble(tag)
        if move.fit is not Fit.STILL_OVER:
            self._rivals = list(self._others(move, before, tag))
            self.parted, self._settled = True, False
        return move

    def _others(self, move: Move, before: Walker, tag: str) -> Iterator[_Rival]:
        if move.fit is Fit.OUT_OF_ORDER:
            jumping = before.fork()
            jump = jumping.jump(tag)
            if jump is not None:
                yield _Rival(jumping, Told(Fit.MISSED, jump.node, "", Suspect.ITSELF, jump.missed))
        if move.fit is Fit.MISSED and move.step is not None:
            staying = before.fork()
            staying.leave_aside(Fit.TOO_EARLY, move.step.counter, move.step.counter)
            yield _Rival(staying, Told(Fit.TOO_EARLY, move.step.counter, before.path_here(tag), Suspect.ITSELF))
        for suspect in (Suspect.PREVIOUS, Suspect.LOOP):
            back = before.fork()
            early = back.take_back() if suspect is Suspect.PREVIOUS else back.leave_loop()
            if early is not None:
                path = back.path_here(self._plan.nodes[early].tag)
                if back.follow(tag) is not None:
                    yield _Rival(back, Told(Fit.TOO_EARLY, early, path, suspect))
