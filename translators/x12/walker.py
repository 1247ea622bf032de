"""Follows one set through its plan, segment by segment, and goes on after a fault."""

from collections.abc import Iterable, MutableSequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from .schema import UNBOUNDED
from .structure import ROOT, Plan, Step


class Fit(Enum):
    """How a segment fits where it stands."""

    FITS = "fits"
    MISSED = "missed"
    OVER_MAXIMUM = "over maximum"
    STILL_OVER = "over maximum, told before"
    OUT_OF_ORDER = "out of order"
    TOO_EARLY = "too early"
    UNEXPECTED = "unexpected"
    DETOUR = "belongs to something told before"
    NOT_IN_SET = "not in set"


@dataclass(frozen=True, slots=True)
class Move:
    """What the walker made of a segment. ``step`` is None where it found no place; ``node`` is the place it belongs to.

    ``missed`` are the mandatory places passed over, each with the loops it should have stood in.
    """

    fit: Fit
    node: int
    step: Step | None = None
    missed: tuple[tuple[int, tuple[str, ...]], ...] = ()


class Walker:
    """Follows one set through its plan. After a fault it goes on so that one fault is told once.

    A segment that was passed over and comes after all takes the position back to its place. Any other that is out of order or
    unexpected starts a detour: as long as what follows belongs to the loop of that segment, it is taken silently; the main position
    stays where it was. A mandatory place is missing only where it was not seen before, however late or early.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.position = 0
        self.counts = [0] * len(plan.nodes)
        self.counts[0] = 1
        self._missed: set[int] = set()
        self._seen_early: set[int] = set()
        self._strays: set[int] = set()
        """Places in loops that were not open when their segments came; they are not missing when the loop begins next."""
        self._detour: tuple[int, int, int] | None = None
        """Position, and the range of nodes that belong to the detour."""
        self._entered: dict[int, int] = {}
        """The position before each loop that was begun."""
        self._last: tuple[int, int, list[int]] | None = None
        """To take the last step back: the position before it, its counter, and the counts that it changed from there on."""

    def fork(self) -> "Walker":
        """Another walker at the same place, with the same past."""
        other = Walker(self._plan)
        other.position = self.position
        other.counts = list(self.counts)
        other._missed = set(self._missed)
        other._seen_early, other._strays = set(self._seen_early), set(self._strays)
        other._entered = dict(self._entered)
        other._detour, other._last = self._detour, self._last
        return other

    def follow(self, tag: str) -> Move | None:
        """Take the next segment if it can stand here; None otherwise."""
        if self._detour is not None:
            move = self._follow_detour(tag)
            if move is not None:
                return move
        for step in self._plan.steps(self.position, tag):
            if self._room(step) and not self._lacks(step):
                return self._go(step, Fit.FITS)
        return None

    def settle(self, tag: str) -> Move | None:
        """Take a segment that was told to be missing and comes after all; None if ``tag`` is no such.

        Where its loop is still open, go on from its place.
        """
        if any(not self._lacks(step) for step in self._plan.steps(self.position, tag)):
            return None
        late = self._plan.behind(self.position, tag)
        if late is None or late not in self._missed:
            owed = next((node for node in self._missed if self._plan.nodes[node].tag == tag), None)
            return None if owed is None else self._pay(owed)
        self._missed.difference_update(self._plan.after(late))
        return self._go(self._plan.step_to(late), Fit.OUT_OF_ORDER)

    def _pay(self, node: int) -> Move:
        self._missed.discard(node)
        return self.leave_aside(Fit.OUT_OF_ORDER, node, node)

    def straight(self, tag: str) -> "Walker | None":
        """In a detour, another walker that takes the segment where it can stand without one; None where it cannot."""
        if self._detour is None:
            return None
        other = self.fork()
        other._detour = None
        return other if other.follow(tag) is not None else None

    def stumble(self, tag: str) -> Move:
        """Take a segment that does not fit, in the likeliest way."""
        self._detour = None
        ahead = self._plan.steps(self.position, tag)
        for step in ahead:
            if not self._lacks(step):
                excess = self.counts[step.counter] == step.limit
                return self._go(step, Fit.OVER_MAXIMUM if excess else Fit.STILL_OVER)
        late = self._plan.behind(self.position, tag)
        if late is not None:
            return self.leave_aside(Fit.OUT_OF_ORDER, late, late)
        if ahead:
            return self._go(ahead[0], Fit.MISSED)
        stray = self._plan.elsewhere(self.position, tag)
        if stray is not None:
            return self.leave_aside(Fit.UNEXPECTED, stray, self._plan.nodes[stray].parent)
        return Move(Fit.NOT_IN_SET, -1)

    def jump(self, tag: str) -> Move | None:
        """Take a segment by the nearest way that passes over mandatory places; None where there is none."""
        ahead = self._plan.steps(self.position, tag)
        return self._go(ahead[0], Fit.MISSED) if ahead else None

    def leave_aside(self, fit: Fit, index: int, around: int) -> Move:
        """Take a segment as misplaced, with what belongs to it and lies within ``around``, and stay."""
        self._detour = (self._plan.head(index), around, self._plan.nodes[around].end)
        (self._strays if fit is Fit.UNEXPECTED else self._seen_early).add(index)
        self._last = None
        return Move(fit, index)

    def take_back(self) -> int | None:
        """Undo the last step, but remember that its segment was there. The node that it counted; None where it cannot be undone."""
        if self._last is None:
            return None
        self.position, counter, counts = self._last
        self.counts[counter : counter + len(counts)] = counts
        self._seen_early.add(counter)
        self._last = None
        return counter

    def leave_loop(self) -> int | None:
        """Undo the innermost open loop, but remember that it was there. Its node; None where no loop is open."""
        loops = self._plan.chain(self.position)
        if not loops:
            return None
        loop = loops[-1]
        self.position = self._entered[loop]
        self.counts[loop] -= 1
        self._seen_early.add(loop)
        self._last = self._detour = None
        return loop

    def _lacks(self, step: Step) -> list[int]:
        """The mandatory places passed over by ``step`` that are really missing."""
        return [node for node in step.missed if not self.counts[node] and node not in self._seen_early]

    @property
    def on_rails(self) -> bool:
        """Whether nothing is missed, misplaced or left aside, so that :meth:`glide` may be used."""
        return not (self._detour or self._missed or self._seen_early or self._strays)

    def glide(self, pieces: Iterable[str], separator: str, steps: list[Step], taken: MutableSequence[Any]) -> None:
        """Take segments, given as text, for as long as each is certainly right and where it may be: :meth:`follow` without its cares.

        The steps and the split segments are added to ``steps`` and ``taken``.
        """
        plan, counts, entered = self._plan, self.counts, self._entered
        position = before = self.position
        row = plan.row(position)
        rail = replaced = None
        for piece in pieces:
            elements = piece.split(separator)
            ahead = row.get(elements[0]) or plan.rail(position, elements[0])
            if ahead is None:
                break
            proof, counter, limit, opens, low, high, fresh, row_there, step = ahead
            count = counts[counter] + 1
            if count > limit or not proof(elements):
                break
            if opens:
                replaced = counts[counter:high]
                counts[low:high] = fresh
                entered[counter] = position
            counts[counter] = count
            before, position, row, rail = position, step.target, row_there, ahead
            steps.append(step)
            taken.append(elements)
        if rail is not None:
            there = replaced if rail.opens and replaced else [counts[rail.counter] - 1]
            self._last = (before, rail.counter, there)
            self.position = position

    def _room(self, step: Step) -> bool:
        return step.limit == UNBOUNDED or self.counts[step.counter] < step.limit

    def loops(self, node: int) -> tuple[str, ...]:
        """The occurrences of the loops around ``node`` that are open now, outermost first: ``PO1[3]``, ``N1[1]``."""
        return tuple(f"{self._plan.nodes[loop].id}[{self.counts[loop]}]" for loop in self._plan.chain(node))

    def path(self, node: int) -> str:
        """The path of the occurrence of ``node`` that was seen last; a loop's first segment is named by the loop."""
        place = self._plan.nodes[node]
        names = self.loops(node)
        if place.parent == ROOT or self._plan.head(place.parent) != node:
            names = (*names, f"{place.id}[{self.counts[node]}]")
        return "/".join(names)

    def path_here(self, tag: str) -> str:
        """The path of a segment that has no place where it stands: the loops that are open, and its name."""
        return "/".join([*self.loops(self.position), tag])

    def _go(self, step: Step, fit: Fit) -> Move:
        lacking = self._lacks(step)
        missed = tuple((node, self.loops(node)) for node in lacking)
        counts = self.counts
        end = self._plan.nodes[step.counter].end if step.opens else step.counter + 1
        self._last = (self.position, step.counter, counts[step.counter : end])
        counts[step.counter] += 1
        if step.opens:
            self._entered[step.counter] = self.position
            counts[step.counter + 1 : end] = [0] * (end - step.counter - 1)
            counts[step.target] = 1
            self._missed.difference_update(range(step.counter + 1, end))
            self._seen_early.difference_update(range(step.counter + 1, end))
            self._seen_early.update(node for node in self._strays if step.counter < node < end)
            self._strays -= self._seen_early
        self._missed.discard(step.counter)
        self._missed.update(lacking)
        self._detour = None
        self.position = step.target
        return Move(fit, step.target, step, missed)

    def _follow_detour(self, tag: str) -> Move | None:
        assert self._detour is not None
        position, start, end = self._detour
        for step in self._plan.steps(position, tag):
            if not start <= step.counter < end:
                continue
            begins_again = step.counter == start
            ways = self._plan.steps(self.position, tag)
            if begins_again and any(self._room(way) and not self._lacks(way) for way in ways):
                return None
            if begins_again:
                self._seen_early.add(start)
            self._detour = (step.target, start, end)
            return Move(Fit.DETOUR, step.target)
        return None
