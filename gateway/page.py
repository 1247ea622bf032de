"""One self-contained HTML page about checked files, to send to whoever made them.

Nothing is fetched from anywhere, every text from a file is escaped, and there are no scripts. Plain functions suffice for a page with
so few parts, so there is no template engine.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from canonical.documents import AnyDocument
from canonical.errors import Misconfigured
from canonical.finding import Finding, Severity
from canonical.passage import Passage
from partners.registry import AppliedProfile
from translators.x12.segments import Delimiters

from . import checking
from .checking import Checked, outcome
from .conversion import acknowledgement
from .envelopes import preview
from .explanation import Explanation, explanations
from .html_page import as_text, html_page

MOST_EXPLANATIONS = 200
"""Kinds of findings on a page; more make it unreadable."""
MOST_SETS = 100
MOST_ANSWER_LINES = 200

_LABELS = {
    "element": "Element",
    "segment": "Segment",
    "field": "Field",
    "expected": "Expected",
    "codes": "Codes",
    "required": "Required",
    "place": "Place",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender would be answered: a 997, a TA1, or a report on rows."""

    kind: str
    lines: tuple[str, ...]
    unlisted: int


@dataclass(frozen=True, slots=True)
class FileReport:
    """All that a page says of one file. ``unlisted`` counts the findings that are not explained."""

    name: str
    checked: Checked
    explanations: Sequence[Explanation]
    unlisted: int
    answer: Answer | None


def report(
    name: str, checked: Checked, file: BinaryIO, applied: AppliedProfile | None, now: datetime, *, every: bool = False
) -> FileReport:
    """What a page says of a file that was checked; ``every``: findings of one kind are not put together."""
    explained = explanations(checked, file, together=not every)
    listed = list(islice(explained, MOST_EXPLANATIONS))
    unlisted = sum(explanation.count for explanation in explained)
    return FileReport(name, checked, listed, unlisted, _answer(name, checked, file, applied, now))


def _answer(
    name: str, checked: Checked, file: BinaryIO, applied: AppliedProfile | None, now: datetime
) -> Answer | None:
    if not checked.interchanges:
        text = checking.row_report(file, Path(name).name, applied) if applied is not None else None
        return None if text is None else _cut("report", text.splitlines())
    if applied is not None and checked.answers is not None:
        return _agreed_answer(checked.answers, applied, now)
    refused = any(finding.is_error and (finding.ack_code or "").startswith("TA105") for finding in checked.findings)
    for kind in ("TA1", "997") if refused else ("997", "TA1"):
        try:
            data = acknowledgement(checking.pieces(file), kind, now)
        except Misconfigured:
            continue
        return _cut(kind, _segments(data, Delimiters().segment))
    return None


def _agreed_answer(documents: Sequence[AnyDocument], applied: AppliedProfile, now: datetime) -> Answer | None:
    """What this partner would be sent, each answer in an interchange of its own as agreed."""
    assert applied.profile.x12 is not None
    kinds: dict[str, None] = {}
    lines: list[str] = []
    for document in documents:
        kind, data = preview(applied, document, now)
        kinds[kind] = None
        lines += _segments(data, applied.profile.x12.delimiters.segment)
    return _cut(", ".join(kinds), lines) if lines else None


def _segments(data: bytes, terminator: str) -> list[str]:
    return [f"{segment}{terminator}" for segment in data.decode("utf-8", "replace").split(terminator) if segment]


def _cut(kind: str, lines: list[str]) -> Answer:
    return Answer(kind, tuple(lines[:MOST_ANSWER_LINES]), max(0, len(lines) - MOST_ANSWER_LINES))


def page(reports: Sequence[FileReport], now: datetime) -> str:
    """The whole page."""
    title = f"Check of {', '.join(Path(report.name).name for report in reports) or 'no file'}"
    body = "\n".join(part for number, report in enumerate(reports, 1) for part in _file(number, report))
    footer = f"Checked on {now:%Y-%m-%d at %H:%M} UTC by Tallystick. Nothing was taken in or sent."
    return html_page(title, body, footer)


def _file(file: int, report: FileReport) -> Iterator[str]:
    checked = report.checked
    verdict = "accepted" if checked.accepted else "rejected"
    yield f'<header class="{verdict}">'
    yield f"<h1>{as_text(Path(report.name).name)}</h1>"
    yield f'<p class="verdict">{verdict.capitalize()}</p>'
    yield f"<p>{_counted(checked.findings)}</p>"
    yield "</header>"
    yield from _summary(checked)
    if report.explanations:
        yield "<h2>What was found</h2>"
    for number, explanation in enumerate(report.explanations, 1):
        yield from _finding(f"finding-{file}-{number}", explanation)
    if report.unlisted:
        yield f"<p>{report.unlisted} more findings are not listed. Correct these first.</p>"
    if report.answer is not None:
        yield from _acknowledged(report.answer)


def _counted(findings: Iterable[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    if not counts:
        return "Nothing was found to be wrong."
    words = {
        Severity.ERROR: ("error, which must be corrected", "errors, which must be corrected"),
        Severity.WARNING: ("warning, which should be corrected", "warnings, which should be corrected"),
        Severity.NOTE: ("note", "notes"),
    }
    return "; ".join(f"{counts[s]} {words[s][counts[s] != 1]}" for s in Severity if counts[s]) + "."


def _summary(checked: Checked) -> Iterator[str]:
    """The interchanges, and a table of their transaction sets, those with errors first."""
    for interchange in checked.interchanges:
        usage = "test" if interchange["usage"] == "T" else "production"
        yield (
            f"<p>Interchange <strong>{as_text(interchange['control_number'])}</strong> from {as_text(interchange['sender'])} "
            f"to {as_text(interchange['receiver'])}, version {as_text(interchange['version'])}, {usage}.</p>"
        )
        rows = [(group, found) for group in interchange["groups"] for found in group["sets"]]
        rows.sort(key=lambda row: outcome(row[1]) == "accepted")
        if rows:
            yield "<table><thead><tr>"
            yield "".join(f'<th scope="col">{name}</th>' for name in ("Set", "Number", "Group", "Version", "Verdict"))
            yield "</tr></thead><tbody>"
            yield from (_set(group, found) for group, found in rows[:MOST_SETS])
            yield "</tbody></table>"
        if len(rows) > MOST_SETS:
            yield f"<p>{len(rows) - MOST_SETS} more transaction sets are not listed.</p>"


def _set(group: dict[str, str], found: dict[str, str]) -> str:
    cells = (found["type"], found["control_number"], group["control_number"], group["version"])
    return (
        "<tr>"
        + "".join(f"<td>{as_text(cell)}</td>" for cell in cells)
        + f'<td class="{as_text(found["status"])}">{as_text(outcome(found))}</td></tr>'
    )


def _finding(name: str, explanation: Explanation) -> Iterator[str]:
    finding = explanation.first
    severity = finding.severity.value
    yield f'<article class="{severity}" aria-labelledby="{name}">'
    yield (f'<h3 id="{name}"><span class="severity">{severity.capitalize()}</span> {as_text(finding.message)}</h3>')
    if explanation.passage is not None and finding.severity is not Severity.NOTE:
        yield _passage(explanation.passage)
    yield f"<p><strong>What to do:</strong> {as_text(explanation.todo)}</p>"
    yield "<dl>"
    for label, text in _rows(explanation):
        yield f"<div><dt>{label}</dt><dd>{as_text(text)}</dd></div>"
    yield "</dl>"
    yield "</article>"


def _rows(explanation: Explanation) -> Iterator[tuple[str, str]]:
    finding = explanation.first
    yield "Where", explanation.where + (f" ({finding.path})" if finding.path and finding.row is None else "")
    for fact in explanation.facts:
        yield _LABELS[fact.label], fact.text
    yield "Code", finding.code + (f", answered as {finding.ack_code}" if finding.ack_code else "")
    if explanation.count > 1:
        more = explanation.count - 1 - len(explanation.others)
        yield "Also", ", ".join(explanation.others) + (f", and {more} more" if more else "")


def _passage(passage: Passage) -> str:
    """The segment or row, with what is wrong in it marked, or the place where something is missing."""
    marked = passage.text[passage.start : passage.end]
    mark = f"<mark>{as_text(marked)}</mark>" if marked else '<mark class="missing">[here]</mark>'
    before, after = passage.text[: passage.start], passage.text[passage.end :]
    return f"<pre>{'…' if passage.cut_before else ''}{as_text(before)}{mark}{as_text(after)}{'…' if passage.cut_after else ''}</pre>"


def _acknowledged(answer: Answer) -> Iterator[str]:
    what = "report" if answer.kind == "report" else f"acknowledgement ({answer.kind})"
    yield "<section>"
    yield f"<h2>The {what} that would be sent</h2>"
    yield f"<pre>{as_text(chr(10).join(answer.lines))}</pre>"
    if answer.unlisted:
        yield f"<p>{answer.unlisted} more lines are not shown.</p>"
    yield "</section>"
