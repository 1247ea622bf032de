"""``tally check``: a whole file judged, as the report that DESIGN promises to programs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from canonical.finding import Finding, any_error
from canonical.functional_acknowledgement import SyntaxStatus

from .events import (
    AnswerRead,
    Event,
    FileFindings,
    GroupEnd,
    GroupHeader,
    GroupStart,
    InterchangeEnd,
    InterchangeHeader,
    InterchangeStart,
    SetHeader,
    SetRead,
)
from .findings import Code, finding
from .limits import DEFAULT, Limits
from .reader import read
from .tables import STANDARD, Tables

MOST_FINDINGS = 10_000
"""Findings a report lists; those beyond are counted."""
MOST_SETS = 1_000_000
"""Transaction sets a report lists; those beyond are counted."""
_FIELDS = {
    "code",
    "severity",
    "message",
    "path",
    "segment",
    "segment_index",
    "element",
    "component",
    "value",
    "offset",
    "ack_code",
}


@dataclass(frozen=True, slots=True)
class Context:
    """What a finding is inside, as far as there is something: the interchange, GS08, and the transaction set."""

    interchange: InterchangeHeader | None = None
    version: str = ""
    transaction_set: SetHeader | None = None


@dataclass(frozen=True, slots=True)
class CheckReport:
    """``accepted`` says that there is an interchange and no error anywhere; ``interchanges`` is the form of :meth:`to_json`.

    ``contexts`` are those of ``findings``, one for one.
    """

    accepted: bool
    interchanges: list[dict[str, Any]]
    findings: list[Finding]
    contexts: list[Context]

    def to_json(self) -> dict[str, Any]:
        """The object of ``tally check --json``, without its "file"."""
        return {
            "accepted": self.accepted,
            "interchanges": self.interchanges,
            "findings": [finding_to_json(found) for found in self.findings],
        }


def finding_to_json(found: Finding) -> dict[str, Any]:
    """A finding with exactly the keys that are promised, and ``rule`` where it is a partner's rule that was broken."""
    return found.model_dump(mode="json", include=_FIELDS if found.rule is None else _FIELDS | {"rule"})


def _nothing_more(_read: SetRead) -> Sequence[Finding]:
    return ()


def check(
    chunks: Iterable[bytes],
    limits: Limits = DEFAULT,
    *,
    encoding: str | None = None,
    inspect: Callable[[SetRead], Sequence[Finding]] = _nothing_more,
    tables: Tables = STANDARD,
) -> CheckReport:
    """Judge a file given in pieces by ``tables``. ``encoding`` is as for :func:`.reader.read`; ``inspect`` tells what else is wrong
    with a set that they accept.
    """
    interchanges: list[dict[str, Any]] = []
    sets: list[dict[str, Any]] = []
    findings: list[Finding] = []
    contexts: list[Context] = []
    context = Context()
    unlisted = errors = listed = 0
    for event in read(chunks, limits, encoding=encoding, tables=tables):
        context = _within(event, context)
        match event:
            case InterchangeStart():
                interchanges.append(_interchange(event.header))
            case GroupStart():
                sets = []
                interchanges[-1]["groups"].append(_group(event.header, sets))
            case SetRead():
                more = inspect(event) if event.by_rules or event.status is not SyntaxStatus.REJECTED else ()
                event = replace(event, findings=(*event.findings, *more)) if more else event
                listed += 1
                if listed <= MOST_SETS:
                    sets.append(_set(event, rejected=any_error(event.findings)))
        errors += sum(found.is_error for found in event.findings)
        room = MOST_FINDINGS - len(findings)
        findings.extend(event.findings[:room])
        contexts.extend([context] * (len(findings) - len(contexts)))
        unlisted += len(event.findings[room:])
    if listed > MOST_SETS:
        message = f"{listed - MOST_SETS} more transaction sets are not listed. Split the file to see them all."
        findings.append(finding(Code.TOO_MANY_FINDINGS, message))
    if unlisted:
        findings.append(
            finding(Code.TOO_MANY_FINDINGS, f"{unlisted} more findings are not listed. Correct these first.")
        )
    contexts.extend([Context()] * (len(findings) - len(contexts)))
    return CheckReport(bool(interchanges) and not errors, interchanges, findings, contexts)


def _within(event: Event, before: Context) -> Context:
    """The context of an event's findings, given that of the event before."""
    match event:
        case InterchangeStart():
            return Context(event.header)
        case GroupStart():
            return Context(before.interchange, event.header.version)
        case SetRead():
            return replace(before, transaction_set=event.header)
        case GroupEnd():
            return replace(before, transaction_set=None)
        case AnswerRead():
            return before
        case InterchangeEnd():
            return Context(event.header)
        case FileFindings():
            return Context()


def _interchange(header: InterchangeHeader) -> dict[str, Any]:
    return {
        "control_number": header.control_number,
        "sender": header.sender,
        "receiver": header.receiver,
        "version": header.version,
        "usage": header.usage,
        "groups": [],
    }


def _group(header: GroupHeader, sets: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "control_number": header.control_number,
        "functional_id": header.functional_id,
        "version": header.version,
        "sets": sets,
    }


def _set(read: SetRead, *, rejected: bool) -> dict[str, Any]:
    return {
        "control_number": read.header.control_number,
        "type": read.header.set_id,
        "status": (SyntaxStatus.REJECTED if rejected else read.status).value,
    }
