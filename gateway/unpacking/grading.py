"""What a translation says of a set that is sound as X12, and what that does to the verdict on it and on its group. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from canonical.documents import AnyDocument
from canonical.finding import Finding, any_error
from canonical.functional_acknowledgement import SyntaxStatus
from translators import registry as maps
from translators.x12.events import GroupEnd, SetRead
from translators.x12.progress import verdict_on
from translators.x12.verdicts import SetVerdict

SET_NOT_SUPPORTED = "1"
SEGMENTS_IN_ERROR = "5"
"""AK502 (element 718)."""

SEGMENT_HAS_ERRORS = "AK304:8"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a sound set is rejected after all, in words for its sender, and the AK502 code that says so."""

    reason: str
    code: str


@dataclass(frozen=True, slots=True)
class Translated:
    """A document or a refusal, and what the map found."""

    document: AnyDocument | None
    findings: tuple[Finding, ...]
    refusal: Refusal | None


Compare = Callable[[AnyDocument, SetRead], Sequence[Finding]]
"""What is wrong with the document of a set beside what is known from elsewhere, such as its order."""


def alone(_document: AnyDocument, _event: SetRead) -> Sequence[Finding]:
    """Compares with nothing."""
    return ()


def translate(event: SetRead, compare: Compare = alone) -> Translated:
    """Translate a set that was not rejected."""
    assert event.body is not None
    try:
        translation = maps.find(event.header.set_id)
    except maps.UnsupportedDocument as error:
        return Translated(None, (), Refusal(error.partner_message, SET_NOT_SUPPORTED))
    result = translation.read(event.body)
    found = (*result.findings, *(compare(result.document, event) if result.document is not None else ()))
    findings = tuple(map(_reported, found))
    if result.document is None or any_error(findings):
        reason = first_error(findings) or "The transaction set cannot be translated."
        return Translated(None, findings, Refusal(reason, SEGMENTS_IN_ERROR))
    return Translated(result.document, findings, None)


def rejected(event: SetRead, findings: Iterable[Finding], code: str) -> SetVerdict:
    """The verdict on a set that is rejected for more than its syntax. What has no code in a 997 is not told there."""
    errors = tuple(
        finding for finding in findings if finding.is_error and (finding.ack_code or "").startswith(("AK3", "AK4"))
    )
    return verdict_on(event, SyntaxStatus.REJECTED, (code,), errors)


def regraded(group: GroupEnd, verdicts: dict[int, SetVerdict], *, whole: bool) -> GroupEnd:
    """The group with other verdicts on some of its sets, by position from 0. With ``whole``, one bad set rejects them all."""
    graded = group.verdicts.changed(verdicts)
    status = group.status
    if status is not SyntaxStatus.REJECTED and graded.accepted < len(graded):
        status = SyntaxStatus.PARTIALLY_ACCEPTED if graded.accepted and not whole else SyntaxStatus.REJECTED
    return replace(group, verdicts=graded, status=status)


def first_error(findings: Iterable[Finding]) -> str | None:
    """The message of the first finding that rejects."""
    return next((finding.message for finding in findings if finding.is_error), None)


def _reported(finding: Finding) -> Finding:
    """An error of a map with the code by which a 997 can point at its segment."""
    if not finding.is_error or finding.ack_code is not None or finding.segment is None:
        return finding
    return finding.model_copy(update={"ack_code": SEGMENT_HAS_ERRORS})
