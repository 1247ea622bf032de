"""`tally check`: what the gateway would say of a file, without taking it in."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from canonical.documents import AnyDocument
from canonical.finding import Finding, Severity, any_error
from canonical.functional_acknowledgement import SyntaxStatus
from canonical.identity import BlobDigest
from partners.agreement import Direction
from partners.registry import AppliedProfile
from translators import flat
from translators import registry as maps
from translators.flat import ColumnMap
from translators.x12.check import Context, finding_to_json
from translators.x12.check import check as check_x12
from translators.x12.events import SetRead

from . import partner_rules
from .orders.comparing import Orders, against_order, no_orders
from .unpacking.grading import Compare, alone, translate
from .unpacking.interchange import TA1
from .unpacking.reply import document_of
from .unpacking.unpack import column_maps, unpack
from .unpacking.unpacked import Unpacked

PIECE = 1 << 16
"""Bytes read at once."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on one file. ``interchanges`` is the nested form of DESIGN §10; empty for rows, which ``column_map`` describes.

    ``contexts`` says, one for one, what the findings are inside. ``answers`` is what the partner would be answered; None where none
    was named.
    """

    accepted: bool
    interchanges: list[dict[str, Any]]
    findings: Sequence[Finding]
    contexts: Sequence[Context]
    column_map: ColumnMap | None = None
    answers: Sequence[AnyDocument] | None = None

    def as_json(self) -> dict[str, Any]:
        """The promised object without its "file"; row and column are given for flat files only."""
        return {
            "accepted": self.accepted,
            "interchanges": self.interchanges,
            "findings": [self._finding_as_json(finding) for finding in self.findings],
        }

    def _finding_as_json(self, finding: Finding) -> dict[str, Any]:
        placed = finding_to_json(finding)
        return placed if self.column_map is None else placed | {"row": finding.row, "column": finding.column}

    def summary(self, most: int | None = None) -> Iterator[str]:
        """A line for each interchange and set. Of more than ``most`` sets only those with errors are named, and the rest counted."""
        counted = sum(len(group["sets"]) for interchange in self.interchanges for group in interchange["groups"])
        brief = most is not None and counted > most
        for interchange in self.interchanges:
            yield (
                f"interchange {interchange['control_number']} from {interchange['sender']} to {interchange['receiver']}, "
                f"version {interchange['version']}, {'test' if interchange['usage'] == 'T' else 'production'}"
            )
            sets = [(group, found) for group in interchange["groups"] for found in group["sets"]]
            named = [each for each in sets if outcome(each[1]) != "accepted"][:most] if brief else sets
            for group, found in named:
                yield f"  {found['type']} {found['control_number']} ({group['version']}): {outcome(found)}"
            if len(named) < len(sets):
                statuses = Counter(outcome(found) for _, found in sets)
                yield f"  {len(sets)} transaction sets: " + ", ".join(f"{n} {status}" for status, n in statuses.items())


def check(file: BinaryIO, filename: str, applied: AppliedProfile | None, orders: Orders = no_orders) -> Checked:
    """Check a seekable file by the standard and our maps or, with a profile, as if that partner had sent it.

    ``orders`` are those that the partner's rules compare with.
    """
    if applied is None:
        report = check_x12(pieces(file), inspect=_translated)
        return Checked(report.accepted, report.interchanges, report.findings, report.contexts)
    unpacked = unpack(pieces(file), filename, applied, BlobDigest(""), orders)
    agreed = tuple(_agreement_findings(unpacked))
    answers = [document_of(reply) for reply in unpacked.replies()]
    if unpacked.format != "x12":
        return _of_rows(unpacked, filename, applied, agreed)

    def compared(document: AnyDocument, read: SetRead) -> Sequence[Finding]:
        checks = partner_rules.comparisons(applied, read.header.set_id, read.header.version)
        return against_order(document, checks, orders, read)

    tables = partner_rules.tables(applied, Direction.INBOUND)
    terms = applied.profile.x12
    report = check_x12(
        pieces(file),
        encoding=terms.encoding if terms else None,
        inspect=partial(_translated, compare=compared),
        tables=tables,
    )
    _regrade(report.interchanges, unpacked)
    return Checked(
        report.accepted and not any(finding.is_error for finding in agreed),
        report.interchanges,
        (*report.findings, *agreed),
        (*report.contexts, *[Context()] * len(agreed)),
        answers=answers,
    )


def _regrade(interchanges: Sequence[dict[str, Any]], unpacked: Unpacked) -> None:
    """Give each set the status that the agreement leaves it: what is sound may be rejected by it, or be kept from the ERP."""
    sets = [(found for group in interchange["groups"] for found in group["sets"]) for interchange in interchanges]
    for row in unpacked.documents():
        # A report lists fewer sets than a file may hold.
        found = next(sets[row.interchange], None) if row.set_id != TA1 else None
        if found is not None:
            if row.rejected is not None or unpacked.interchanges[row.interchange].refusal is not None:
                found["status"] = SyntaxStatus.REJECTED.value
            elif row.held is not None:
                found["held"] = True


def outcome(found: dict[str, Any]) -> str:
    """What becomes of a set, in words: its status, and whether it is kept from the ERP all the same."""
    status: str = found["status"].replace("_", " ")
    return f"{status}, but held back" if found.get("held") else status


def _of_rows(unpacked: Unpacked, filename: str, applied: AppliedProfile, agreed: Sequence[Finding]) -> Checked:
    found = (
        *unpacked.findings,
        *(finding for document in unpacked.documents() for finding in document.findings),
        *agreed,
    )
    return Checked(
        accepted=bool(unpacked.size) and not any_error(found),
        interchanges=[],
        findings=found,
        contexts=[Context()] * len(found),
        column_map=flat.choose(column_maps(applied), filename) if unpacked.format == "csv" else None,
    )


def row_report(file: BinaryIO, filename: str, applied: AppliedProfile) -> str | None:
    """The report that would answer a file of rows, or the notice that would answer one of no agreed form."""
    unpacked = unpack(pieces(file), filename, applied, BlobDigest(""), no_orders)
    answer = unpacked.report_on(filename, {})
    unpacked.close()
    return None if answer is None else answer[1].decode("utf-8")


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """The whole file, in pieces."""
    file.seek(0)
    return iter(partial(file.read, PIECE), b"")


def _translated(read: SetRead, compare: Compare = alone) -> Sequence[Finding]:
    """What a map finds in a sound set; a set without a map is judged by the standard alone."""
    if read.body is None or read.header.set_id not in maps.supported_sets():
        return ()
    return translate(read, compare).findings


def _agreement_findings(unpacked: Unpacked) -> Iterable[Finding]:
    """What is against the agreement, each reason once: set not agreed, wrong parties, test in production, nothing to use."""
    told = {finding.message for document in unpacked.documents() for finding in document.findings}
    told |= {finding.message for finding in unpacked.findings}
    reasons = [reason for document in unpacked.documents() for reason in (document.rejected, document.held)]
    for reason in dict.fromkeys([unpacked.quarantine, unpacked.rejection, *reasons, *_refused_as_empty(unpacked)]):
        if reason is not None and reason not in told:
            yield Finding(code="not-as-agreed", severity=Severity.ERROR, message=reason)


def _refused_as_empty(unpacked: Unpacked) -> Iterable[str]:
    """Interchanges that no document speaks for, of a file that has documents in others."""
    filled = {document.interchange for document in unpacked.documents()}
    for position, interchange in enumerate(unpacked.interchanges):
        if filled and position not in filled and interchange.refusal is not None:
            yield (
                f"Interchange {interchange.control_number} holds nothing that can be used; "
                f"it would be refused with a TA1, code {interchange.refusal.note}."
            )
