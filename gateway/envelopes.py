"""From a canonical document to the bytes one partner agreed to: agreement, map, envelope, control numbers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from canonical.document import Purpose
from canonical.documents import AnyDocument, document_number
from canonical.errors import Misconfigured
from canonical.finding import Finding
from canonical.functional_acknowledgement import FunctionalAcknowledgement
from canonical.identity import PartnerId
from canonical.interchange_acknowledgement import InterchangeAcknowledgement
from canonical.order import PurchaseOrder
from partners import control_numbers, registry
from partners.agreement import SET_OF_DOCUMENT, Direction, NotAgreed, X12Agreement, agree, x12_agreement
from partners.control_numbers import Kind
from partners.registry import AppliedProfile
from translators import registry as maps
from translators.x12 import write
from translators.x12.check import check
from translators.x12.events import SetRead
from translators.x12.reader import read
from translators.x12.schema import functional_id, table_version, versions
from translators.x12.segments import Delimiters, Node
from translators.x12.tables import Tables
from translators.x12.values import CannotWrite

from . import partner_rules

TA1 = "TA1"

MOST_TOLD = 5
"""Faults told of a document that is not sent."""

LONGEST_TOLD = 60
"""Characters of a document's number that are told."""

_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_POSITION = re.compile(r"\.([0-9]+)(?=\.|$)")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Draft:
    """A document in the form of its transaction set, still without envelope and control numbers.

    ``number`` is the document's own. A TA1 is a segment: ``nodes`` is None, and ``receipt`` what it says.
    """

    partner: PartnerId
    profile_version: int
    kind: str
    number: str
    terms: X12Agreement
    set_id: str
    nodes: Sequence[Node] | None
    receipt: InterchangeAcknowledgement | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """The finished bytes and the numbers under which they travel, as text without padding but for the interchange's nine digits."""

    filename: str
    data: bytes
    set_id: str
    functional_id: str | None
    interchange_control: str
    group_control: str | None
    set_control: str | None


@dataclass(frozen=True, slots=True)
class Envelopes:
    """Writes what leaves. Stateless: what is agreed and counted is in the database."""

    def may_send(self, session: Session, partner: PartnerId, set_id: str = "850") -> str | None:
        """None where the partner takes this set from us, else why not, for the operator."""
        applied = registry.current(session, partner)
        if applied is None:
            return f"There is no partner {partner} in force. `tally partner list` shows those there are."
        agreed = agree(applied, set_id, Direction.OUTBOUND)
        return agreed.message if isinstance(agreed, NotAgreed) else None

    def may_send_document(self, session: Session, partner: PartnerId, document: AnyDocument) -> str | None:
        """As :meth:`may_send`, for a document."""
        set_id = SET_OF_DOCUMENT.get(document.type)
        if set_id is None:
            return f"A document of type {document.type} cannot be sent by itself."
        return self.may_send(session, partner, set_id) or self._cannot_go(session, partner, document)

    def _cannot_go(self, session: Session, partner: PartnerId, document: AnyDocument) -> str | None:
        """Why this one document must not leave although its kind may."""
        if isinstance(document, PurchaseOrder) and document.purpose is not Purpose.ORIGINAL:
            return (
                f"Its purpose is {document.purpose.value}: what was ordered is changed or cancelled by an order change (860). "
                "Send a document of type PurchaseOrderChange."
            )
        if isinstance(document, PurchaseOrder) and (line := _ordered_less_than_nothing(document)) is not None:
            return (
                f"Line {line} orders a negative quantity. Correct it; what goes back to a supplier is asked for otherwise, and what was "
                "ordered is reduced by an order change (860)."
            )
        applied = registry.current(session, partner)
        terms = applied.profile.x12 if applied is not None else None
        if document.test and terms is not None and terms.usage == "P":
            return f"It is marked as a test, but {partner} takes everything from us for real (x12.usage: P)."
        return None

    def draft(self, session: Session, partner: PartnerId, document: AnyDocument, version: int | None = None) -> Draft:
        """Translate a document as agreed now, or as agreed in an earlier ``version`` of the profile.

        Raises Misconfigured where nothing is agreed, CannotWrite for data that X12 cannot hold or that the partner would
        have to reject: what we would not accept is not sent, and takes no number.
        """
        applied = registry.current(session, partner) if version is None else registry.version(session, partner, version)
        if applied is None:
            raise Misconfigured(f"Nothing can be sent to {partner}: there is no such partner in force.")
        return self.draft_for(applied, document)

    def draft_for(self, applied: AppliedProfile, document: AnyDocument) -> Draft:
        """As :meth:`draft`, by a profile at hand."""
        draft = _draft(applied, document)
        if draft.kind == "document":
            _prove(draft, document, partner_rules.tables(applied, Direction.OUTBOUND))
        return draft

    def seal(self, session: Session, draft: Draft, now: datetime) -> Sealed:
        """Take control numbers and write the bytes, in the transaction that stores them."""
        if draft.nodes is None:
            interchange = control_numbers.take(session, draft.partner, Kind.INTERCHANGE)
            data = _interchange(draft, _envelope(draft, interchange, now), ())
            return Sealed(_filename(draft, interchange), data, TA1, None, f"{interchange:09d}", None, None)
        taken = control_numbers.take_each(session, draft.partner)
        interchange, group = taken[Kind.INTERCHANGE], taken[Kind.GROUP]
        envelope = _envelope(draft, interchange, now)
        set_control = f"{taken[Kind.SET]:04d}"
        return Sealed(
            filename=_filename(draft, interchange),
            data=_interchange(draft, envelope, [_group(draft, draft.nodes, group, set_control)]),
            set_id=draft.set_id,
            functional_id=functional_id(draft.set_id),
            interchange_control=f"{interchange:09d}",
            group_control=str(group),
            set_control=set_control,
        )


def preview(applied: AppliedProfile, document: AnyDocument, now: datetime) -> tuple[str, bytes]:
    """A document as it would be sent, with the number of its set, but for its control numbers: all are 1, and none is taken.

    Raises Misconfigured where nothing is agreed.
    """
    draft = _draft(applied, document)
    groups = () if draft.nodes is None else [_group(draft, draft.nodes, 1, "0001")]
    return draft.set_id, _interchange(draft, _envelope(draft, 1, now), groups)


def _ordered_less_than_nothing(order: PurchaseOrder) -> str | None:
    """The number, or else the position, of the first line that orders a negative quantity."""
    for position, line in enumerate(order.lines, start=1):
        ordered = (line.quantity, *(part.quantity for part in line.schedule))
        if any(quantity is not None and quantity.value < 0 for quantity in ordered):
            return line.number or str(position)
    return None


def _draft(applied: AppliedProfile, document: AnyDocument) -> Draft:
    receipt = document if isinstance(document, InterchangeAcknowledgement) else None
    answer = receipt is not None or isinstance(document, FunctionalAcknowledgement)
    terms = _terms(applied, SET_OF_DOCUMENT.get(document.type, TA1))
    set_id, nodes = written(document, terms.version)
    kind = "acknowledgement" if answer else "document"
    number = document_number(document)
    return Draft(PartnerId(applied.partner), applied.version, kind, number, terms, set_id, nodes, receipt)


def written(document: AnyDocument, version: str) -> tuple[str, Sequence[Node] | None]:
    """A document as its transaction set in a version (GS08), with the set's number; no nodes for a TA1, which is a segment."""
    if isinstance(document, InterchangeAcknowledgement):
        return TA1, None
    found = maps.for_document(document)
    return found.set_id, found.write(document, table_for(found.set_id, version))


def table_for(set_id: str, version: str) -> str:
    """The version whose table a set is written by: that of GS08 or the nearest. Raises Misconfigured where none is near enough."""
    table = table_version(version, functional_id(set_id))
    if table is None:
        raise Misconfigured(
            f"A {set_id} cannot be written in version {version} (x12.version): no table is near enough. "
            f"There are tables for {', '.join(versions())}; agree one of them with the partner."
        )
    return table


def _prove(draft: Draft, document: AnyDocument, tables: Tables) -> None:
    """Read what will be sent as the partner will, under numbers and a time of no meaning, by the table it is written by
    and the partner's own rules."""
    number = draft.number
    if not number.strip():
        raise CannotWrite(f"The {document.type} has no number. Fill it where it comes from and give it again.")
    table = table_for(draft.set_id, draft.terms.version)
    group = replace(_group(draft, draft.nodes or (), 1, "0001"), version=table)
    written = _interchange(draft, _envelope(draft, 1, _ANY_TIME), [group])
    report = check([written], encoding=draft.terms.encoding, tables=tables)
    faults = [found for found in report.findings if found.is_error]
    if faults:
        shown = number if len(number) <= LONGEST_TOLD else number[:LONGEST_TOLD] + "..."
        more = f" And {len(faults) - MOST_TOLD} more." if len(faults) > MOST_TOLD else ""
        raise CannotWrite(
            f"The {document.type} {shown} would not be a valid {draft.set_id}: "
            f"{' '.join(_told(faults[:MOST_TOLD], _fields(written)))}{more} "
            "Correct it where it comes from and give it again."
        )


def _told(faults: Sequence[Finding], fields: Mapping[str, str]) -> Iterator[str]:
    """Each fault behind the field of the document it is in; behind the place in the set where no field is known."""
    for fault in faults:
        where = _field(fault.path, fields)
        yield f"{where} ({fault.path}): {fault.message}" if where else f"{fault.path}: {fault.message}"


def _field(path: str, fields: Mapping[str, str]) -> str:
    """The field at a place of the set, or what it is a part of, or nothing."""
    if path in fields:
        return fields[path]
    segment = path.rpartition("/")[0]
    beside = next((field for place, field in fields.items() if place.startswith(f"{segment}/")), "")
    return fields.get(segment) or beside.rpartition(".")[0]


def _fields(written: bytes) -> dict[str, str]:
    """From places in a set (``PO1[2]/02``) to the fields written there, lines counted from 1: ``lines[2].quantity``."""
    trace: Mapping[str, str] = {}
    for event in read([written]):
        if isinstance(event, SetRead) and event.tree is not None:
            # A map reads valid sets; of one that is not it may be unable to make anything.
            with suppress(ValueError, ArithmeticError):
                document = maps.find(event.header.set_id).read(event.tree).document
                trace = document.trace if document is not None else {}
    return {place: _POSITION.sub(lambda at: f"[{int(at[1]) + 1}]", field) for field, place in trace.items()}


def _interchange(draft: Draft, envelope: write.Envelope, groups: Sequence[write.GroupToWrite]) -> bytes:
    form = write.Form(delimiters=delimiters_of(draft.terms), encoding=draft.terms.encoding)
    if draft.receipt is not None:
        return write.acknowledgements(envelope, [draft.receipt], form)
    return write.interchange(envelope, groups, form)


def _group(draft: Draft, nodes: Sequence[Node], control_number: int, set_control: str) -> write.GroupToWrite:
    return write.GroupToWrite(
        functional_id=functional_id(draft.set_id),
        control_number=control_number,
        version=draft.terms.version,
        sender=draft.terms.sender.group,
        receiver=draft.terms.receiver.group,
        sets=[write.SetToWrite(draft.set_id, set_control, nodes)],
    )


def _envelope(draft: Draft, interchange: int, now: datetime) -> write.Envelope:
    terms = draft.terms
    return write.Envelope(
        sender_qualifier=terms.sender.qualifier,
        sender=terms.sender.id,
        receiver_qualifier=terms.receiver.qualifier,
        receiver=terms.receiver.id,
        control_number=interchange,
        moment=now,
        version=terms.interchange_version,
        test=terms.test,
    )


def delimiters_of(terms: X12Agreement) -> Delimiters:
    """The separators of what we send."""
    return Delimiters(terms.element, terms.component, terms.segment, terms.repetition)


def _terms(applied: AppliedProfile, set_id: str) -> X12Agreement:
    """What is agreed for a set. A TA1 is owed to whoever exchanges X12, even where 997s are not."""
    x12 = applied.profile.x12
    if x12 is None:
        raise Misconfigured(
            f"{applied.partner} has no X12 section in its profile, so a {set_id} cannot be written for it."
        )
    if set_id == TA1:
        return x12_agreement(x12, Direction.OUTBOUND)
    agreed = agree(applied, set_id, Direction.OUTBOUND)
    if isinstance(agreed, NotAgreed):
        raise Misconfigured(agreed.message)
    return x12_agreement(x12, Direction.OUTBOUND)


def _filename(draft: Draft, interchange: int) -> str:
    """Unique by the interchange control number, readable by the document's number."""
    number = _UNSAFE.sub("-", draft.number)[:60]
    return f"{draft.set_id}_{number}_{interchange:09d}.edi"
