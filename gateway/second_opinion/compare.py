"""`tally check --second-opinion`: both verdicts side by side, and where they differ."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from canonical.finding import Finding

from .faults import WHOLE, Fault, Interchange, interchanges
from .habits import PYX12, US, Case, Habit, habit
from .pyx12_engine import NAME, Engine, Opinion


@dataclass(frozen=True, slots=True)
class Difference:
    """A fault that only one side rejects for. ``habit`` says why; None where nothing is known that explains it.

    Further ones of the same kind, in the same interchange and for the same reason, are counted in ``times``.
    """

    only: str
    interchange: int
    fault: Fault
    habit: Habit | None
    times: int = 1


@dataclass(frozen=True, slots=True)
class SetVerdicts:
    """Both verdicts on a transaction set. ``theirs`` is None where pyx12 did not get to it."""

    type: str
    control_number: str
    ours: bool
    theirs: bool | None


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """What pyx12 says of a file, beside what we say. ``accepted`` is None where it could not judge all of it."""

    version: str
    opinions: tuple[Opinion, ...]
    sets: tuple[SetVerdicts, ...]
    differences: tuple[Difference, ...]

    @property
    def accepted(self) -> bool | None:
        verdicts = {opinion.accepted for opinion in self.opinions}
        return None if None in verdicts else verdicts == {True}

    def as_json(self) -> dict[str, Any]:
        """The object "second_opinion" of ``tally check --json``."""
        return {
            "engine": NAME,
            "version": self.version,
            "accepted": self.accepted,
            "failures": [opinion.failure for opinion in self.opinions if opinion.failure is not None],
            "sets": [
                {"control_number": each.control_number, "type": each.type, "accepted": each.theirs}
                for each in self.sets
            ],
            "differences": [
                {
                    "only": each.only,
                    "interchange": each.interchange,
                    "segment": each.fault.tag,
                    "line": each.fault.line,
                    "code": each.fault.code,
                    "message": each.fault.message,
                    "times": each.times,
                    "reason": each.habit.name if each.habit else None,
                    "right": each.habit.right if each.habit else None,
                }
                for each in self.differences
            ],
        }

    def summary(self) -> Iterable[str]:
        """Lines for people."""
        yield f"second opinion, {NAME} {self.version}: {_verdict(self.accepted)}"
        for opinion in self.opinions:
            if opinion.adapted is not None:
                yield f"  {NAME} knows no ISA12 {opinion.adapted}; it was given a copy with another."
            if opinion.failure is not None:
                yield f"  {NAME} could not judge it: {opinion.failure}"
        for each in self.sets:
            yield (
                f"  {each.type} {each.control_number}: tallystick {_verdict(each.ours)}, {NAME} {_verdict(each.theirs)}"
            )
        if not self.differences and self.accepted is not None:
            yield "  Both find the same."
        for difference in self.differences:
            yield from _told(difference)


def _verdict(accepted: bool | None) -> str:
    if accepted is None:
        return "no verdict"
    return "accepted" if accepted else "REJECTED"


def _told(difference: Difference) -> Iterator[str]:
    fault = difference.fault
    where = f"segment {fault.line} ({fault.tag}): " if fault.line else ""
    more = f" ({difference.times} times)" if difference.times > 1 else ""
    yield f"  only {difference.only}: {where}{fault.message} [{fault.code}]{more}"
    if difference.habit is None:
        yield "    Nothing is known that explains this. One of the two is wrong; please report it."
    else:
        right = {"either": "Either can be right"}.get(difference.habit.right, f"{difference.habit.right} is right")
        yield f"    {difference.habit.name}: {difference.habit.why} {right}."


def second_opinion_on(
    engine: Engine, data: bytes, checked: Sequence[dict[str, Any]], findings: Sequence[Finding]
) -> SecondOpinion:
    """Have pyx12 judge ``data``, of which we say what ``checked`` (its interchanges) and ``findings`` hold."""
    opinions: list[Opinion] = []
    sets: list[SetVerdicts] = []
    differences: list[Difference] = []
    parts = interchanges(data)
    shares = _shares(findings, parts)
    for number, (part, share) in enumerate(zip(parts, shares, strict=True), 1):
        opinion = engine.judge(part.data, part.groups)
        opinions.append(opinion)
        ours = [each for group in checked[number - 1]["groups"] for each in group["sets"]] if checked else []
        sets.extend(_set_verdicts(part, opinion, ours))
        case = Case(part, opinion, tuple(part.ours(share)), tuple(part.theirs(opinion.complaints)))
        differences.extend(_counted(_differences(case, number)))
    return SecondOpinion(engine.version, tuple(opinions), tuple(sets), tuple(differences))


def _shares(findings: Iterable[Finding], parts: Sequence[Interchange]) -> list[list[Finding]]:
    """The findings of each interchange; those without a place are the last one's."""
    shares: list[list[Finding]] = [[] for _ in parts]
    for found in findings:
        at = len(parts) - 1
        if found.offset is not None:
            while at > 0 and parts[at].start > found.offset:
                at -= 1
        shares[at].append(found)
    return shares


def _set_verdicts(part: Interchange, opinion: Opinion, ours: Sequence[dict[str, Any]]) -> Iterator[SetVerdicts]:
    theirs = {part.set_at(each.line): each.accepted for each in opinion.sets}
    for number, each in enumerate(ours):
        yield SetVerdicts(each["type"], each["control_number"], each["status"] != "rejected", theirs.get(number))


def _differences(case: Case, number: int) -> Iterator[Difference]:
    if case.opinion.failure is not None:
        broken = Fault(0, "", "failure", frozenset({WHOLE}), case.opinion.failure)
        yield Difference(PYX12, number, broken, habit(broken, PYX12, case))
        return
    errors = [fault for fault in case.ours if fault.error]
    if case.opinion.accepted and errors and case.theirs:
        silent = Fault(0, "", "verdict", frozenset({WHOLE}), f"{NAME} accepts it although it complains.")
        yield Difference(US, number, silent, habit(silent, US, case))
    for fault in case.theirs:
        if not any(case.same(fault, other) for other in errors):
            yield Difference(PYX12, number, fault, habit(fault, PYX12, case))
    for fault in errors:
        if not any(case.same(fault, other) for other in case.theirs):
            yield Difference(US, number, fault, habit(fault, US, case))


def _counted(differences: Iterable[Difference]) -> list[Difference]:
    """The first of those that are explained alike; each of those that nothing explains."""
    counted: dict[object, Difference] = {}
    for each in differences:
        key = each if each.habit is None else (each.only, each.fault.code, each.habit)
        known = counted.get(key)
        counted[key] = each if known is None else replace(known, times=known.times + 1)
    return list(counted.values())
