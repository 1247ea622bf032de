"""What is agreed about one kind of document, in one direction, at one moment."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from pydantic import JsonValue
from sqlalchemy.orm import Session

from canonical.errors import NotFound
from canonical.identity import PartnerId

from . import registry
from .registry import AppliedProfile
from .x12_terms import AcknowledgementType, InterchangeAddress, PartlyGood, TextEncoding, X12Terms

ACKNOWLEDGEMENT_SET = "997"
"""Stands for a 999 too: which of them answers is a matter of form (``x12.acknowledgement.type``)."""

SET_OF_DOCUMENT: Mapping[str, str] = MappingProxyType(
    {
        "PurchaseOrder": "850",
        "PurchaseOrderAcknowledgement": "855",
        "PurchaseOrderChange": "860",
        "PurchaseOrderChangeAcknowledgement": "865",
        "ShipNotice": "856",
        "Invoice": "810",
        "InventoryAdvice": "846",
        "PriceCatalog": "832",
        "TextMessage": "864",
        "RemittanceAdvice": "820",
        "ApplicationAdvice": "824",
        "WarehouseShippingOrder": "940",
        "StockTransferShipment": "943",
        "StockTransferReceipt": "944",
        "WarehouseShippingAdvice": "945",
        "InventoryAdjustment": "947",
        "FunctionalAcknowledgement": ACKNOWLEDGEMENT_SET,
    }
)
"""The X12 transaction set that stands for a canonical document's ``type`` in a profile, whatever the format."""


class Direction(StrEnum):
    """Which way a document goes, seen from us."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True)
class Address:
    """One side of an envelope: qualifier and ID of the ISA, without padding, and the code in the GS."""

    qualifier: str
    id: str
    group: str


@dataclass(frozen=True, slots=True)
class X12Agreement:
    """The envelope of a document and what is answered to it.

    ``version`` is GS08, ``interchange_version`` ISA12. ``repetition`` is None before 00402. ``encoding`` is that of text beyond
    ASCII in what we write. ``acknowledge`` says whether we answer what comes, and ``acknowledgement_type`` with which set;
    ``answer_time`` how long we wait for the partner's answer, None when none is expected.
    """

    sender: Address
    receiver: Address
    version: str
    interchange_version: str
    test: bool
    element: str
    component: str
    segment: str
    repetition: str | None
    encoding: str
    acknowledge: bool
    acknowledgement_type: AcknowledgementType
    partly_good_groups: PartlyGood
    answer_time: timedelta | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """``x12`` is None for a partner without X12; ``csv`` holds its column maps as they stand in the profile."""

    partner: PartnerId
    partner_name: str
    profile_version: int
    direction: Direction
    set_id: str
    x12: X12Agreement | None
    csv: tuple[JsonValue, ...]


class Reason(StrEnum):
    """Why nothing is agreed."""

    NOT_IN_FORCE = "partner-not-in-force"
    SUSPENDED = "partner-suspended"
    NOT_EXCHANGED = "document-not-agreed"


@dataclass(frozen=True, slots=True)
class NotAgreed:
    """There is no agreement. ``message`` is for the operator, ``partner_message`` may be told to the partner."""

    partner: PartnerId
    reason: Reason
    message: str
    partner_message: str


def in_force(
    session: Session, partner: PartnerId, set_id: str, direction: Direction, *, moment: datetime | None = None
) -> Agreement | NotAgreed:
    """What is agreed now, or was at ``moment``.

    Raises :class:`canonical.errors.NotFound` when there never was such a partner.
    """
    latest = registry.current(session, partner)
    if latest is None:
        raise NotFound(_unknown(session, partner))
    applied = latest if moment is None else registry.at(session, partner, moment)
    if applied is None:
        message = f"No profile of {partner} was in force at {moment:%Y-%m-%d %H:%M:%S} UTC."
        return NotAgreed(partner, Reason.NOT_IN_FORCE, message, "Nothing was agreed at that time.")
    return agree(applied, set_id, direction)


def agree(applied: AppliedProfile, set_id: str, direction: Direction) -> Agreement | NotAgreed:
    """What a version of a profile says about a transaction set in a direction."""
    profile = applied.profile
    if not profile.is_active:
        message = f"{profile.name} is suspended. Set status: active in {_file(applied)} and apply it."
        return NotAgreed(applied.partner, Reason.SUSPENDED, message, "Documents are not exchanged at present.")
    if not _exchanged(applied, set_id, direction):
        return _not_exchanged(applied, set_id, direction)
    return Agreement(
        partner=applied.partner,
        partner_name=profile.name,
        profile_version=applied.version,
        direction=direction,
        set_id=set_id,
        x12=None if profile.x12 is None else x12_agreement(profile.x12, direction),
        csv=profile.csv,
    )


def _not_exchanged(applied: AppliedProfile, set_id: str, direction: Direction) -> NotAgreed:
    verb, participle = ("receive", "accepted") if direction is Direction.INBOUND else ("send", "sent")
    if set_id != ACKNOWLEDGEMENT_SET:
        remedy = f"Add {set_id} to documents.{verb} in {_file(applied)} and apply it."
    elif applied.profile.x12 is None:
        remedy = f"Add a section x12 to {_file(applied)} and apply it."
    else:
        remedy = f"Set x12.acknowledgement.send in {_file(applied)} and apply it."
    preposition = "from" if direction is Direction.INBOUND else "to"
    message = f"We do not {verb} {set_id} {preposition} {applied.profile.name}. {remedy}"
    partner_message = f"Transaction set {set_id} is not {participle} under the present agreement."
    return NotAgreed(applied.partner, Reason.NOT_EXCHANGED, message, partner_message)


def _file(applied: AppliedProfile) -> str:
    return f"partners/{applied.partner}.yaml"


def _exchanged(applied: AppliedProfile, set_id: str, direction: Direction) -> bool:
    profile = applied.profile
    inbound = direction is Direction.INBOUND
    if set_id == ACKNOWLEDGEMENT_SET:
        return profile.x12 is not None and (inbound or profile.x12.acknowledgement.send)
    return set_id in (profile.documents.receive if inbound else profile.documents.send)


def x12_agreement(terms: X12Terms, direction: Direction) -> X12Agreement:
    """How X12 looks in a direction, whichever set it carries."""
    us, them = _address(terms.us), _address(terms.them)
    outbound = direction is Direction.OUTBOUND
    return X12Agreement(
        sender=us if outbound else them,
        receiver=them if outbound else us,
        version=terms.version,
        interchange_version=terms.interchange_version,
        test=terms.usage == "T",
        element=terms.delimiters.element,
        component=terms.delimiters.component,
        segment=terms.delimiters.segment,
        repetition=terms.repetition,
        encoding=terms.encoding or TextEncoding.UTF_8,
        acknowledge=terms.acknowledgement.send,
        acknowledgement_type=terms.acknowledgement.type,
        partly_good_groups=terms.acknowledgement.partly_good_groups,
        answer_time=terms.answer_time,
    )


def _address(address: InterchangeAddress) -> Address:
    return Address(address.qualifier, address.id, address.group)


def _unknown(session: Session, partner: PartnerId) -> str:
    known = [applied.partner for applied in registry.all(session)]
    close = difflib.get_close_matches(partner, known, n=1)
    hint = f"Did you mean {close[0]}?" if close else "`tally partner list` shows those there are."
    return f"There is no partner {partner}. {hint}"
