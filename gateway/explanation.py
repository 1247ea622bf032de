"""What a person needs to understand a finding and mend the file: where it is, what stands there, what was expected, what to do."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from canonical.advice import Advice, Fact
from canonical.finding import Finding, Severity
from canonical.passage import Passage
from translators.flat.advice import ADVICE as FLAT_ADVICE
from translators.flat.expectation import expected as expected_in_column
from translators.flat.passage import RowPassages
from translators.x12.advice import ADVICE as X12_ADVICE
from translators.x12.check import Context
from translators.x12.expectation import expected
from translators.x12.maps.advice import ADVICE as BUSINESS_ADVICE
from translators.x12.passage import passage

from .checking import Checked

OWN_ADVICE = {
    "duplicate": Advice(
        "Nothing, if it was sent twice by mistake. A corrected document needs a number of its own, or a change document.",
        "invoice INV1 a second time, with another amount",
    ),
    "partner-rule-not-judged": Advice(
        "Nothing, if the order is not with us. Else name the order and use its unit, so that the two can be compared.",
        "an invoice in cartons for an order in pieces",
    ),
    "not-as-agreed": Advice(
        "Send what is agreed, or ask us to change the agreement.",
        "production data (ISA15 `P`) while only tests are agreed",
    ),
}
"""For the findings that the gateway itself makes."""

_X12: dict[str, Advice] = {
    str(code): found for code, found in (*X12_ADVICE.items(), *BUSINESS_ADVICE.items())
} | OWN_ADVICE
_FLAT: dict[str, Advice] = {str(code): found for code, found in FLAT_ADVICE.items()}

_WEIGHTS = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
_LISTED_PLACES = 5


@dataclass(frozen=True, slots=True)
class Explanation:
    """``first`` stands for ``count`` findings of one kind; ``others`` names the places of a few more of them."""

    first: Finding
    count: int
    others: tuple[str, ...]
    where: str
    passage: Passage | None
    facts: tuple[Fact, ...]
    todo: str


@dataclass(slots=True)
class _Group:
    first: Finding
    context: Context
    places: list[str]
    count: int = 1


def explanations(checked: Checked, file: BinaryIO, *, together: bool = True) -> Iterator[Explanation]:
    """The findings explained, errors first. ``together``: findings of one kind at one element are one explanation.

    ``file`` must be the seekable file that was checked; no more of it is held than is shown.
    """
    groups = _groups(checked, together=together)
    rows = _rows(checked, file, groups)
    for group in groups:
        yield _explained(group, checked, file, rows)


def _groups(checked: Checked, *, together: bool) -> list[_Group]:
    found: dict[object, _Group] = {}
    for position, (finding, context) in enumerate(zip(checked.findings, checked.contexts, strict=True)):
        key = _kind(finding) if together else position
        group = found.get(key)
        if group is None:
            found[key] = _Group(finding, context, [])
            continue
        group.count += 1
        if len(group.places) < _LISTED_PLACES:
            group.places.append(_short_place(finding, context))
    return sorted(found.values(), key=lambda group: _WEIGHTS[group.first.severity])


def _kind(finding: Finding) -> tuple[object, ...]:
    if finding.segment is None and finding.row is None:
        return finding.code, finding.message
    return finding.code, finding.severity, finding.segment, finding.element, finding.component, finding.column


def _rows(checked: Checked, file: BinaryIO, groups: Iterable[_Group]) -> RowPassages | None:
    if checked.column_map is None:
        return None
    wanted = {group.first.row for group in groups if group.first.row is not None}
    return RowPassages(file, checked.column_map, wanted)


def _explained(group: _Group, checked: Checked, file: BinaryIO, rows: RowPassages | None) -> Explanation:
    finding, context = group.first, group.context
    shown: Passage | None = None
    facts: Sequence[Fact] = ()
    if rows is not None:
        assert checked.column_map is not None
        shown = rows.passage(finding)
        facts = expected_in_column(finding, checked.column_map)
    elif context.interchange is not None:
        shown = passage(file, finding, context.interchange.delimiters, context.interchange.offset)
        set_id = context.transaction_set.set_id if context.transaction_set is not None else ""
        facts = expected(finding, context.version, set_id)
    todo = advice(finding.code, flat=checked.column_map is not None).todo
    return Explanation(finding, group.count, tuple(group.places), place(finding, context), shown, tuple(facts), todo)


def place(finding: Finding, context: Context) -> str:
    """Where a finding is, in words: ``segment 9 of the 810 0001, at byte 312``."""
    if finding.row is not None:
        return f"row {finding.row}" + (f", column {finding.column}" if finding.column is not None else "")
    parts = []
    if finding.segment_index is not None and context.transaction_set is not None:
        header = context.transaction_set
        parts.append(f"segment {finding.segment_index} of the {header.set_id} {header.control_number}")
    elif context.interchange is not None:
        parts.append(f"interchange {context.interchange.control_number}")
    if finding.offset is not None:
        parts.append(f"byte {finding.offset}")
    return ", ".join(parts) or "the file"


def _short_place(finding: Finding, context: Context) -> str:
    if finding.row is not None:
        return f"row {finding.row}"
    if context.transaction_set is not None and finding.path:
        return f"{finding.path} in {context.transaction_set.control_number}"
    return finding.path or f"byte {finding.offset}"


def advice(code: str, *, flat: bool) -> Advice:
    """What to do about findings of ``code``. Some codes are told of X12 and of flat files, in other words."""
    for table in (_FLAT, _X12) if flat else (_X12, _FLAT):
        if code in table:
            return table[code]
    return Advice("Correct what the message names and send the file again.", "")
