"""One transaction set from ST to SE: judged segment by segment, and built into a tree on the way."""

from dataclasses import replace
from itertools import islice

from canonical.finding import Finding, Severity
from canonical.functional_acknowledgement import SyntaxStatus

from .body import Body, Place, segment_of
from .elements import Problem, check_segment
from .envelope import GroupTable, check_se
from .events import SetHeader, SetRead
from .findings import Code, finding
from .lexer import Run
from .limits import Limits
from .lines import UNREADABLE, Line
from .readings import Readings, Suspect, Told
from .schema import SegmentDef
from .structure import ROOT, Plan, Step, plan
from .walker import Fit, Move

_TRAILER = "SE"

_OF_THE_COPY = frozenset({Code.INVALID_CHARACTER, Code.TOO_SHORT, Code.TOO_LONG})
"""Faults that AK404 of a 997 may have: it is a copy of bad data, usually ours, and must not cost us the answer it is part of."""


class SetValidator:
    """Give it the segments after ST, then the trailer."""

    def __init__(
        self, header: SetHeader, start: Line, table: GroupTable, findings: list[Finding], limits: Limits
    ) -> None:
        self.header = header
        self._offset = start.offset
        self._limits = limits
        self._delimiters = start.isa.delimiters
        self._count = 1
        self._table = table
        self._kept: list[Finding] = []
        self._unkept = 0
        self._codes: dict[str, None] = {}
        self._rejected = False
        self._told: set[Code] = set()
        self._missing: dict[int, Finding] = {}
        found = plan(table.dictionary, header.set_id) if table.dictionary else None
        self._plan = found
        self._readings = Readings(found) if found else None
        self._last = Place("ST", 1, start.offset)
        self._suspects: dict[Suspect, Place] = {}
        self._doubtful: list[Finding] = []
        self._body = Body(header.set_id, table.dictionary.version, found) if table.dictionary and found else None
        for found_at_start in findings:
            self._tell(found_at_start)

    @property
    def count(self) -> int:
        """Segments so far, ST included."""
        return self._count

    def segment(self, line: Line) -> None:
        """Judge the next segment, which is neither ST nor SE."""
        self._count += 1
        if self._readings is None or self._plan is None:
            return
        if self._count > self._limits.set_segments:
            self._give_up(line)
            return
        move = self._place(line, self._readings, self._plan)
        if move.fit is Fit.NOT_IN_SET:
            return
        definition = self._plan.definition(move.node, line.tag)
        if definition is None:
            return
        separators = self._delimiters
        for problem in check_segment(definition, line.texts, separators.component, separators.repetition):
            self._report_problem(problem, line, self._path(line, move))
        if line.garbled:
            self._report_garbled(line, self._path(line, move))
        if move.step is not None and self._body is not None:
            self._forget_missing(move.step, self._plan)
            segment = segment_of(definition, line.tag, line.texts, separators, self._count, line.offset)
            self._body.add(move.step, segment)

    def run(self, run: Run) -> None:
        """Take segments of a run as long as each is certainly right; the others come by :meth:`segment`."""
        readings, body = self._readings, self._body
        if readings is None or body is None or self._missing or not readings.on_rails:
            return
        room = self._limits.set_segments - self._count
        before, offset = len(body.pieces), run.offset + run.lead
        pieces = islice(run.pieces, run.at, run.at + room)
        readings.walker.glide(pieces, self._delimiters.element, body.steps, body.pieces)
        taken = len(body.pieces) - before
        if taken:
            body.stretch(before, self._count + 1, offset, run.gap)
            run.take(taken)
            self._count += taken
            last = run.pieces[run.at - 1]
            tag = last.partition(self._delimiters.element)[0]
            self._last = Place(tag, self._count, run.offset - run.terminator - len(last))

    def long_segment(self, tag: str, offset: int, size: int) -> None:
        """A segment that was too long to be kept."""
        self._count += 1
        message = (
            f"Segment {self._count} of the set ({tag}) is {size} bytes long: probably a segment terminator was lost. "
            "It was not read. Correct it and send the set again."
        )
        self._tell(
            finding(
                Code.SEGMENT_TOO_LONG,
                message,
                path=tag,
                segment=tag,
                segment_index=self._count,
                offset=offset,
                ack_code="AK304:8",
            )
        )

    def finish(self, trailer: Line | None, end: int) -> SetRead:
        """The verdict. ``trailer`` is the SE, or None where the set stops at offset ``end`` without one."""
        if trailer is not None:
            self._count += 1
            if self._readings is not None and self._plan is not None and Code.SET_TOO_LARGE not in self._told:
                self._place(trailer, self._readings, self._plan)
        for fault in check_se(trailer, self.header, self._count, end):
            self._tell(fault)
        if self._unkept:
            message = (
                f"{self._unkept} more findings of this transaction set are not listed. Correct those listed first."
            )
            self._kept.append(finding(Code.TOO_MANY_FINDINGS, message, path="SE", offset=end))
        status, codes = self._verdict()
        return SetRead(self.header, self._body, tuple(self._kept), status, codes, self._count, self._offset)

    def _verdict(self) -> tuple[SyntaxStatus, tuple[str, ...]]:
        codes = tuple(self._codes)
        if self._table.refusal is not None:
            return SyntaxStatus.REJECTED, ("1", *(code for code in codes if code != "1"))
        if self._rejected:
            return SyntaxStatus.REJECTED, codes
        return (SyntaxStatus.ACCEPTED_WITH_ERRORS if codes else SyntaxStatus.ACCEPTED), codes

    def _tell(self, fault: Finding) -> None:
        """Count a finding towards the verdict, and keep it unless there are too many."""
        if fault.is_error:
            self._rejected = True
        element, _, code = (fault.ack_code or "").partition(":")
        if element:
            self._codes[code if element == "AK502" else "5"] = None
        if len(self._kept) < self._limits.set_findings:
            self._kept.append(fault)
        else:
            self._unkept += 1

    def _definition(self, tag: str) -> SegmentDef | None:
        assert self._table.dictionary is not None
        return self._table.dictionary.segments.get(tag)

    def _path(self, line: Line, move: Move) -> str:
        assert self._readings is not None
        walker = self._readings.walker
        return walker.path(move.node) if move.step is not None else walker.path_here(line.tag)

    def _place(self, line: Line, readings: Readings, plan: Plan) -> Move:
        """Find the segment's place, and tell what is wrong with it."""
        move = readings.advance(line.tag)
        if readings.revision is not None:
            self._revise(readings.revision, plan)
        if readings.parted:
            self._doubtful, self._suspects = [], self._suspects_at(line)
        if move.fit is not Fit.FITS:
            self._report_place(line, move, self._path(line, move), plan)
        if move.fit is not Fit.NOT_IN_SET:
            self._last = self._here(line)
        return move

    def _revise(self, told: Told, plan: Plan) -> None:
        """Tell one fault in place of all that were told since it was in doubt."""
        self._withdraw(self._doubtful)
        self._doubtful = []
        at = self._suspects[told.about]
        if told.fit is Fit.MISSED:
            self._report_missed(told.missed, at, plan)
        else:
            self._report_early(told, at, plan)

    def _suspects_at(self, line: Line) -> dict[Suspect, Place]:
        """The segments that may be at fault where ``line`` does not fit."""
        head = self._body.innermost() if self._body is not None else None
        return {
            Suspect.ITSELF: self._here(line),
            Suspect.PREVIOUS: self._last,
            Suspect.LOOP: head or Place("ST", 1, self._offset),
        }

    def _withdraw(self, findings: list[Finding]) -> None:
        """Take back what was told; it is told in another way, so the verdict stays."""
        withdrawn = set(map(id, findings))
        self._kept = [kept for kept in self._kept if id(kept) not in withdrawn]
        self._missing = {node: kept for node, kept in self._missing.items() if id(kept) not in withdrawn}

    def _report_place(self, line: Line, move: Move, path: str, plan: Plan) -> None:
        """Tell what is wrong with where the segment stands."""
        match move.fit:
            case Fit.MISSED:
                self._report_missed(move.missed, self._here(line), plan)
            case Fit.OVER_MAXIMUM if move.step is not None:
                self._report_excess(move.step, line, path, plan)
            case Fit.OUT_OF_ORDER:
                self._report_order(move, line, path, plan)
            case Fit.UNEXPECTED:
                self._report_unexpected(move, line, path, plan)
            case Fit.NOT_IN_SET:
                self._report_stranger(line, path)

    def _report_unexpected(self, move: Move, line: Line, path: str, plan: Plan) -> None:
        parent = plan.nodes[move.node].parent
        outer = plan.nodes[parent].parent
        loop = plan.nodes[outer if plan.head(parent) == move.node and outer != ROOT else parent].id
        where = f"{line.tag} (segment {self._count} of the set)"
        message = f"{where} belongs to the loop {loop}, which was not begun here (its segment {loop} is missing)."
        self._report(Code.UNEXPECTED_SEGMENT, message, line, path, "2")

    def _report_stranger(self, line: Line, path: str) -> None:
        where = f"segment {self._count} of the set"
        tag = line.tag[:10]
        if self._definition(line.tag) is None:
            message = f"{tag!r} ({where}) is no segment of the standard. Remove it, or correct its name."
            fault = _at(Code.UNKNOWN_SEGMENT, message, self._here(line), path, "1")
        else:
            message = f"{tag} ({where}) does not belong into a {self.header.set_id}. Remove it."
            fault = _at(Code.SEGMENT_NOT_IN_SET, message, self._here(line), path, "6")
        self._tell(fault)

    def _report_order(self, move: Move, line: Line, path: str, plan: Plan) -> None:
        place = plan.nodes[move.step.counter if move.step else move.node]
        explained = plan.after(place.index) if move.step else [place.index]
        self._withdraw([self._missing[node] for node in explained if node in self._missing])
        what = f"The loop {place.id}" if place.loop else place.id
        message = (
            f"{what} stands too late: segment {self._count} of the set must come before what stands in front of it. "
            "Put the segments in the standard's order."
        )
        self._report(Code.SEGMENT_OUT_OF_ORDER, message, line, path, "7")

    def _report_early(self, told: Told, at: Place, plan: Plan) -> None:
        place = plan.nodes[told.node]
        what = f"The loop {place.id}" if place.loop else place.id
        message = (
            f"{what} stands too early: segment {at.index} of the set must come after what follows it. "
            "Put the segments in the standard's order."
        )
        self._tell(_at(Code.SEGMENT_OUT_OF_ORDER, message, at, told.path, "7"))

    def _report_excess(self, step: Step, line: Line, path: str, plan: Plan) -> None:
        place = plan.nodes[step.counter]
        if place.loop:
            code, ack, what = Code.LOOP_OVER_MAXIMUM, "4", f"The loop {place.id}"
        else:
            code, ack, what = Code.SEGMENT_OVER_MAXIMUM, "5", f"The segment {place.id}"
        times = "once" if step.limit == 1 else f"{step.limit} times"
        message = f"{what} may stand {times} here, but comes once more as segment {self._count} of the set. Remove what is too much."
        self._report(code, message, line, path, ack)

    def _report_missed(self, missed: tuple[tuple[int, tuple[str, ...]], ...], at: Place, plan: Plan) -> None:
        for node, loops in missed:
            place = plan.nodes[node]
            what = f"loop {place.id} (it begins with the segment {place.tag})" if place.loop else f"segment {place.tag}"
            within = f" in {'/'.join(loops)}" if loops else ""
            message = f"The mandatory {what} is missing{within}: it must come before {at.tag}, which is segment {at.index} of the set."
            path = "/".join([*loops, place.id])
            fault = _at(Code.MISSING_SEGMENT, message, replace(at, tag=place.tag), path, "3")
            self._missing[node] = fault
            self._tell_place(fault)

    def _report(self, code: Code, message: str, line: Line, path: str, ack: str) -> None:
        self._tell_place(_at(code, message, self._here(line), path, ack))

    def _tell_place(self, fault: Finding) -> None:
        """Tell what may have to be withdrawn when more of the set is known."""
        if self._readings is not None and self._readings.in_doubt:
            self._doubtful.append(fault)
        self._tell(fault)

    def _here(self, line: Line) -> Place:
        return Place(line.tag, self._count, line.offset)

    def _report_problem(self, problem: Problem, line: Line, path: str) -> None:
        if problem.code is Code.TRAILING_SEPARATORS:
            if problem.code in self._told:
                return
            self._told.add(problem.code)
        if problem.element is not None:
            path += f"/{problem.element:02}" + (f"-{problem.component}" if problem.component else "")
        fault = finding(
            problem.code,
            problem.message,
            path=path,
            segment=line.tag,
            segment_index=self._count,
            element=problem.element,
            component=problem.component,
            value=problem.value,
            offset=line.offset_of(problem.element),
            ack_code=f"AK403:{problem.ack}" if problem.ack else None,
        )
        if problem.code in _OF_THE_COPY and (self.header.set_id, line.tag, problem.element) == ("997", "AK4", 4):
            fault = fault.model_copy(update={"severity": Severity.WARNING})
        self._tell(fault)

    def _report_garbled(self, line: Line, path: str) -> None:
        for position, text in enumerate(line.texts, 1):
            if UNREADABLE in text:
                message = (
                    f"{line.tag}{position:02} has bytes that are no text in the encoding agreed with you. "
                    "Send the characters that were agreed, or agree another encoding."
                )
                self._report_problem(Problem(Code.NOT_IN_ENCODING, position, message, value=text, ack="6"), line, path)

    def _give_up(self, line: Line) -> None:
        if Code.SET_TOO_LARGE in self._told:
            return
        self._told.add(Code.SET_TOO_LARGE)
        self._body = None
        message = (
            f"The transaction set has more than {self._limits.set_segments} segments and was not read further. "
            "Split it into several."
        )
        self._tell(
            finding(
                Code.SET_TOO_LARGE,
                message,
                path=line.tag,
                segment_index=self._count,
                offset=line.offset,
                ack_code="AK502:5",
            )
        )

    def _forget_missing(self, step: Step, plan: Plan) -> None:
        """In a loop that begins anew nothing is missing yet."""
        if step.opens and self._missing:
            end = plan.nodes[step.counter].end
            for node in [node for node in self._missing if step.counter < node < end]:
                del self._missing[node]


def _at(code: Code, message: str, at: Place, path: str, ack: str) -> Finding:
    return finding(
        code,
        message,
        path=path,
        segment=at.tag[:10],
        segment_index=at.index,
        offset=at.offset,
        ack_code=f"AK304:{ack}",
    )
