"""What an MDN that came back proves: that the partner has exactly what we sent, or what else it says. Read :func:`judge` first.

Only what is proven counts. An MDN that lacks something is no better than none, and each lack has its own outcome.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..printable import shortened
from .cms.failures import Refused, UnknownSigner
from .cms.keys import Certificate
from .envelope import bare
from .mdn import Report, read_report
from .mic import Mic, read_mic
from .mime.entity import Entity, read_entity
from .mime.headers import Headers
from .mime.malformed import Malformed
from .mime.span import Readable, Span, whole
from .mime.workspace import Workspace
from .refusal import LONGEST_WHY, Stopped
from .signed import demand_in_force, verified_parts
from .terms import Terms
from .unforeseen import NOT_OF_THE_MESSAGE, unforeseen

_REPORT = "multipart/report"
_REPORTS = {_REPORT, "message/disposition-notification", "message/x-disposition-notification"}
_SIGNED = "multipart/signed"
LONGEST_SHOWN = 200
"""Characters of a text of the partner's."""
_DEEPEST = 4
"""Parts within parts in which a report is looked for."""


class Outcome(StrEnum):
    """What an MDN amounts to."""

    DELIVERED = "delivered"
    DELIVERED_WITH_WARNING = "delivered-with-warning"
    REFUSED = "refused"
    """The partner says it did not take the message."""
    CONTRADICTORY = "contradictory"
    """It says that the partner took the message, and tells of an error all the same."""
    MIC_DIFFERS = "mic-differs"
    MIC_MISSING = "mic-missing"
    UNSIGNED = "unsigned"
    """A signed one was asked for."""
    UNPINNED = "unpinned"
    """It is signed with a certificate that is not agreed on, or not for now."""
    FORGED = "forged"
    """Its signature is not one of the partner's over what it says, or too weak to prove that."""
    WRAPPED = "wrapped"
    """The report is not what was signed, but something carried beside or inside it."""
    UNKNOWN_MESSAGE = "unknown-message"
    """It is about no message of ours to this partner."""
    MALFORMED = "malformed"

    @property
    def delivered(self) -> bool:
        return self in {Outcome.DELIVERED, Outcome.DELIVERED_WITH_WARNING}


@dataclass(frozen=True, slots=True)
class SentMessage:
    """What is known of the message an MDN is about."""

    message_id: str
    mic: Mic
    signed_receipt: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """``why`` is for the operator. ``report`` is what the MDN says: proven only where ``signed_by`` is there, and None where nothing
    could be read.
    """

    outcome: Outcome
    why: str
    report: Report | None = None
    signed_by: Certificate | None = None


class _Judged(Exception):
    """An outcome that ends the judging early."""

    def __init__(self, outcome: Outcome, why: str) -> None:
        super().__init__(why)
        self.outcome = outcome
        self.why = why


@dataclass(frozen=True, slots=True)
class _Evidence:
    report: Report
    signed_by: Certificate | None


def named_message(headers: Headers, body: Readable) -> str | None:
    """The Message-ID, without brackets, of the message that an MDN says it is about: to look that one up, no more. None: says none."""
    try:
        found = next(_reports(_entity(headers, whole(body))), None)
        written = None if found is None else read_report(found).original_message_id
    except NOT_OF_THE_MESSAGE:
        raise
    except Exception:  # noqa: BLE001 - whatever the bytes
        return None
    return None if written is None else bare(written)


def judge(
    headers: Headers, body: Readable, terms: Terms, *, sent: SentMessage | None, now: datetime, workspace: Workspace
) -> Judgement:
    """Judge an MDN of the partner that ``terms`` are about. Whatever the bytes, there is an outcome.

    1. The report is all that is there, or all that was signed. 2. The signature is the partner's over exactly that. 3. It is about
    ``sent``. 4. It is signed where that was asked for. 5. It says ``processed``, and tells of no error. 6. Its MIC is ours.
    """
    evidence: _Evidence | None = None
    try:
        evidence = _evidence(_entity(headers, whole(body)), terms, now, workspace)
        known = _about(evidence.report, sent)
        outcome, why = _verdict(evidence, known)
    except _Judged as judged:
        outcome, why = judged.outcome, judged.why
    except Malformed as error:
        outcome, why = Outcome.MALFORMED, str(error)
    except NOT_OF_THE_MESSAGE:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the bytes
        outcome, why = Outcome.MALFORMED, unforeseen(error)
    why = shortened(why, LONGEST_WHY)
    if evidence is None:
        return Judgement(outcome, why)
    return Judgement(outcome, why, evidence.report, evidence.signed_by)


def _entity(headers: Headers, body: Span) -> Entity:
    """The MDN. OpenAS2 begins its body with the Content-Type again; where HTTP's does not fit, that one counts."""
    if (fault := headers.objection) is not None:
        raise Malformed(fault)
    entity = Entity(headers, body)
    if entity.media_type.value in _REPORTS - {_REPORT} or (entity.is_multipart and _has_parts(entity)):
        return entity
    return _repeated(body) or entity


def _has_parts(entity: Entity) -> bool:
    try:
        return bool(entity.parts)
    except Malformed:
        return False


def _repeated(body: Span) -> Entity | None:
    try:
        entity = read_entity(body)
    except Malformed:
        return None
    return entity if entity.is_multipart else None


def _evidence(entity: Entity, terms: Terms, now: datetime, workspace: Workspace) -> _Evidence:
    kind = entity.media_type.value
    if kind == _SIGNED:
        content = _only_content(entity)
        _demand_report(content)
        try:
            signed = verified_parts(entity, terms, workspace)
            demand_in_force(signed.verified.signer, terms, now)
        except (UnknownSigner, Stopped) as error:
            raise _Judged(Outcome.UNPINNED, f"The MDN is signed, but not by the partner as agreed: {error}") from error
        except Refused as error:
            raise _Judged(Outcome.FORGED, f"The signature of the MDN proves nothing: {error}") from error
        return _Evidence(read_report(signed.content), signed.verified.signer)
    _demand_report(entity)
    if entity.is_multipart and any(part.media_type.value == _SIGNED for part in entity.parts):
        raise _Judged(Outcome.WRAPPED, "The report stands beside something signed, and is itself not signed.")
    return _Evidence(read_report(entity), None)


def _only_content(signed: Entity) -> Entity:
    """What a multipart/signed says was signed."""
    parts = signed.parts
    if len(parts) == 2:
        return parts[0]
    if any(True for part in parts for _ in _reports(part)):
        raise _Judged(
            Outcome.WRAPPED, f"The MDN has {len(parts)} parts, so that its report is carried beside what was signed."
        )
    raise Malformed("A signed MDN must have two parts: the report, and the signature.")


def _demand_report(entity: Entity) -> None:
    if entity.media_type.value in _REPORTS:
        return
    if next(_reports(entity), None) is not None:
        raise _Judged(
            Outcome.WRAPPED, f"The report is carried inside {entity.media_type.value!r} and is not itself the MDN."
        )
    raise Malformed(f"This is no MDN but {entity.media_type.value or 'something without a type'!r}.")


def _reports(entity: Entity, depth: int = 0) -> Iterator[Entity]:
    """The reports in an entity, outermost first."""
    if entity.media_type.value in _REPORTS:
        yield entity
    elif entity.is_multipart and depth < _DEEPEST:
        for part in entity.parts:
            yield from _reports(part, depth + 1)


def _about(report: Report, sent: SentMessage | None) -> SentMessage:
    named = report.original_message_id
    if named is None:
        raise _Judged(Outcome.UNKNOWN_MESSAGE, "The MDN does not say which message it is about.")
    if sent is None or bare(named) != bare(sent.message_id):
        raise _Judged(
            Outcome.UNKNOWN_MESSAGE,
            f"The MDN is about {shortened(named)}, which is no message of ours to this partner.",
        )
    return sent


def _verdict(evidence: _Evidence, sent: SentMessage) -> tuple[Outcome, str]:
    report = evidence.report
    disposition = report.disposition
    said = _said(report)
    if sent.signed_receipt and evidence.signed_by is None:
        return Outcome.UNSIGNED, f"A signed MDN was asked for, and this one is not signed. {said}"
    if disposition is None:
        return Outcome.MALFORMED, f"The MDN has no disposition that AS2 knows. {said}"
    if not disposition.accepted:
        return Outcome.REFUSED, said
    if report.faults:
        return Outcome.CONTRADICTORY, f"The MDN contradicts itself: processed, and an error. {said}"
    if report.mic_field is None:
        return Outcome.MIC_MISSING, "The MDN has no MIC, so that it does not prove what was received."
    mic = read_mic(report.mic_field, unnamed=sent.mic.digest)
    if mic is None or not mic.equals(sent.mic):
        return (
            Outcome.MIC_DIFFERS,
            f"The MDN has the MIC {shortened(report.mic_field)}; what we sent has {sent.mic.written()}.",
        )
    if disposition.weight is not None or report.warnings:
        return Outcome.DELIVERED_WITH_WARNING, said
    return Outcome.DELIVERED, said


def _said(report: Report) -> str:
    """What the partner says, for people: the disposition, and the fields that explain it."""
    told = (
        shortened(report.disposition_field or "nothing"),
        *map(shortened, (*report.faults, *report.warnings)),
    )
    return f"The partner says: {'. '.join(told)}."
