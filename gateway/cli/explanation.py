"""`tally check` on a terminal: each finding with the piece of the file it is about, readable at 80 columns and without colours."""

import textwrap
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from rich.cells import cell_len
from rich.text import Text

from canonical.finding import Finding, Severity
from canonical.passage import Passage

from ..checking import Checked
from ..explanation import Explanation, explanations
from ..printable import shown
from .console import Terminal

MOST_KINDS = 20
"""Kinds of findings that are explained unless all are asked for."""
MOST_SETS = 20
"""Transaction sets that are named unless all are asked for."""

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold blue"}
_LABEL_WIDTH = 10
_ELLIPSIS = "\u2026"
_MISSING = "^ here"


def render(out: Terminal, path: Path, checked: Checked, file: BinaryIO, *, every: bool) -> None:
    """Print the verdict on a file and its findings."""
    out.say(_verdict(path, checked))
    for line in checked.summary(None if every else MOST_SETS):
        out.say(f"  {line}")
    explained = explanations(checked, file, together=not every)
    for explanation in explained if every else islice(explained, MOST_KINDS):
        for printed in lines(explanation, out.reading_width):
            out.say(printed)
    rest = [explanation.count for explanation in explained]
    if rest:
        out.say("")
        out.say(f"{sum(rest)} more findings of {len(rest)} kinds are not shown; --all shows every one.")
    if checked.findings:
        out.say("")


def _verdict(path: Path, checked: Checked) -> Text:
    style = "bold green" if checked.accepted else "bold red"
    verdict = Text.assemble(f"{path}: ", ("accepted" if checked.accepted else "REJECTED", style))
    counts = Counter(finding.severity for finding in checked.findings)
    told = [
        f"{counts[severity]} {severity.value}{'s' if counts[severity] != 1 else ''}"
        for severity in Severity
        if counts[severity]
    ]
    return verdict.append(f" ({', '.join(told)})" if told else "")


def lines(explanation: Explanation, width: int) -> Iterator[str | Text]:
    """An explanation, folded to ``width`` columns."""
    finding = explanation.first
    yield ""
    yield _heading(finding)
    yield from _folded(finding.message, width, "  ")
    if finding.severity is Severity.NOTE:
        return
    if explanation.passage is not None:
        yield ""
        yield from _marked(explanation.passage, finding, width)
        yield ""
    for label, text in _rows(explanation):
        yield from _row(label, text, width)


def _heading(finding: Finding) -> Text:
    heading = Text.assemble((f"{finding.severity.value}[{finding.code}]", _STYLES[finding.severity]))
    return heading.append(f" {finding.path}" if finding.path else "")


def _rows(explanation: Explanation) -> Iterator[tuple[str, str]]:
    yield "where", explanation.where
    for fact in explanation.facts:
        yield fact.label, fact.text
    yield "to do", explanation.todo
    if explanation.first.ack_code:
        yield "answered", explanation.first.ack_code
    if explanation.count > 1:
        listed = ", ".join(explanation.others)
        more = explanation.count - 1 - len(explanation.others)
        yield "also", listed + (f", and {more} more" if more else "")


def _row(label: str, text: str, width: int) -> Iterator[Text]:
    indent = " " * (_LABEL_WIDTH + 2)
    first, *rest = _folded(text, width, indent) or [indent]
    yield Text.assemble("  ", (label.ljust(_LABEL_WIDTH), "dim"), first[len(indent) :])
    yield from (Text(line) for line in rest)


def _folded(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(shown(text), width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _marked(passage: Passage, finding: Finding, width: int) -> Iterator[Text]:
    """The piece of the file with a line under it that marks what is wrong."""
    number = str(finding.row or finding.segment_index or "")
    gutter = max(len(number), 3)
    text, start, end = window(passage, width - gutter - 4 - len(_MISSING))
    prefix = f"  {number.rjust(gutter)} | "
    mark = "^" * cell_len(text[start:end]) if end > start else _MISSING
    yield Text.assemble((prefix, "dim"), text[:start], (text[start:end], _STYLES[finding.severity]), text[end:])
    yield Text.assemble(
        (" " * (gutter + 3) + "| ", "dim"), " " * cell_len(text[:start]), (mark, _STYLES[finding.severity])
    )


def window(passage: Passage, width: int) -> tuple[str, int, int]:
    """As much of a passage as has room in ``width`` columns, with what is marked in it, and where that then stands."""
    text = shown(passage.text).replace("\n", "\ufffd")
    start, end = passage.start, passage.end
    if cell_len(text) <= width and not (passage.cut_before or passage.cut_after):
        return text, start, end
    room = width - 2
    low = 0
    if cell_len(text[:end]) > room:
        low = max(0, min(start, end - room) - room // 4) if end - start < room else start
        while cell_len(text[low : max(end, start + 1)]) > room and low < start:
            low += 1
    high = low
    while high < len(text) and cell_len(text[low : high + 1]) <= room:
        high += 1
    before = _ELLIPSIS if low or passage.cut_before else ""
    after = _ELLIPSIS if high < len(text) or passage.cut_after else ""
    shift = len(before) - low
    return f"{before}{text[low:high]}{after}", start + shift, min(end, high) + shift
