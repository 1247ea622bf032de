"""`tally check`: what the gateway would say of a file, without taking it in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from canonical.documents import AnyDocument
from canonical.finding import Finding, Severity
from canonical.identity import BlobDigest
from partners.agreement import Direction
from partners.registry import AppliedProfile
from translators import registry as maps
from translators.x12.check import check as check_x12
from translators.x12.events import SetRead

from . import partner_rules
from .orders.comparing import Orders, against_order, no_orders
from .unpacking.grading import Compare, alone, translate
from .unpacking.unpack import unpack
from .unpacking.unpacked import Unpacked


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on one file. ``interchanges`` is the nested form of DESIGN §10; empty for CSV."""

    accepted: bool
    interchanges: list[dict[str, Any]]
    findings: Sequence[Finding]

    def as_json(self) -> dict[str, Any]:
        """The promised object without its "file"; rows and columns are given for flat files."""
        return {
            "accepted": self.accepted,
            "interchanges": self.interchanges,
            "findings": [finding.model_dump(mode="json") for finding in self.findings],
        }

    def summary(self) -> Iterable[str]:
        """A line for each interchange, group and set."""
        for interchange in self.interchanges:
            yield (
                f"interchange {interchange['control_number']} from {interchange['sender']} to {interchange['receiver']}, "
                f"version {interchange['version']}, {'test' if interchange['usage'] == 'T' else 'production'}"
            )
            for group in interchange["groups"]:
                for found in group["sets"]:
                    status = found["status"].replace("_", " ")
                    yield f"  {found['type']} {found['control_number']} ({group['version']}): {status}"


def check(
    chunks: Iterable[bytes], filename: str, applied: AppliedProfile | None, orders: Orders = no_orders
) -> Checked:
    """Check a file by the standard and our maps or, with a profile, as if that partner had sent it.

    ``orders`` are those that the partner's rules compare with.
    """
    if applied is None:
        report = check_x12(chunks, inspect=_translated)
        return Checked(report.accepted, report.interchanges, report.findings)
    pieces = list(chunks)
    unpacked = unpack(pieces, filename, applied, BlobDigest(""), orders)
    agreed = tuple(_agreement_findings(unpacked))
    unpacked.close()
    if unpacked.format != "x12":
        found = (
            *unpacked.findings,
            *(finding for document in unpacked.documents for finding in document.findings),
            *agreed,
        )
        return Checked(bool(unpacked.documents) and not any(f.is_error for f in found), [], found)

    def compared(document: AnyDocument, read: SetRead) -> Sequence[Finding]:
        checks = partner_rules.comparisons(applied, read.header.set_id, read.header.version)
        return against_order(document, checks, orders, read.tree)

    tables = partner_rules.tables(applied, Direction.INBOUND)
    terms = applied.profile.x12
    report = check_x12(
        pieces,
        encoding=terms.encoding if terms else None,
        inspect=partial(_translated, compare=compared),
        tables=tables,
    )
    return Checked(
        report.accepted and not any(finding.is_error for finding in agreed),
        report.interchanges,
        (*report.findings, *agreed),
    )


def _translated(read: SetRead, compare: Compare = alone) -> Sequence[Finding]:
    """What a map finds in a sound set; a set without a map is judged by the standard alone."""
    if read.tree is None or read.header.set_id not in maps.supported_sets():
        return ()
    return translate(read, compare).findings


def _agreement_findings(unpacked: Unpacked) -> Iterable[Finding]:
    """What is against the agreement, each reason once: set not agreed, wrong parties, test in production, nothing to use."""
    told = {finding.message for document in unpacked.documents for finding in document.findings}
    told |= {finding.message for finding in unpacked.findings}
    reasons = [reason for document in unpacked.documents for reason in (document.rejected, document.held)]
    for reason in dict.fromkeys([unpacked.quarantine, unpacked.rejection, *reasons, *_refused_as_empty(unpacked)]):
        if reason is not None and reason not in told:
            yield Finding(code="not-as-agreed", severity=Severity.ERROR, message=reason)


def _refused_as_empty(unpacked: Unpacked) -> Iterable[str]:
    """Interchanges that no document speaks for, of a file that has documents in others."""
    filled = {document.interchange for document in unpacked.documents}
    for position, interchange in enumerate(unpacked.interchanges):
        if filled and position not in filled and interchange.refusal is not None:
            yield (
                f"Interchange {interchange.control_number} holds nothing that can be used; "
                f"it would be refused with a TA1, code {interchange.refusal.note}."
            )
