"""The section ``x12`` of a profile: how interchanges with the partner look, and how they are answered."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from canonical.base import Value

from .wording import matches, quoted, wrong

NEVER = "never"

FIRST_WITH_999 = "005010"

_MAX_HOURS = 24 * 90


_PRINTABLE = r"[!-~](?:[ -~]{0,%d}[!-~])?"


def _maybe_padded(value: str) -> str:
    padded = value.strip().upper().zfill(2)
    return f'Did you mean "{padded}"?' if value.strip() and len(padded) == 2 and padded.isalnum() else ""


def _maybe_version(value: str) -> str:
    return f'Did you mean "{value.zfill(6)}"?' if re.fullmatch(r"0?[3-8]0[0-9]0", value) else ""


Qualifier = Annotated[
    str, matches("[0-9A-Z]{2}", "is not an interchange qualifier (two characters, e.g. ZZ, 01, 12).", _maybe_padded)
]
InterchangeId = Annotated[
    str,
    matches(_PRINTABLE % 13, "is not an interchange ID (1 to 15 printable ASCII characters, no blank at either end)."),
]
GroupId = Annotated[
    str,
    matches(
        r"[!-~][ -~]{0,13}[!-~]", "is not a group ID (2 to 15 printable ASCII characters, no blank at either end)."
    ),
]
Version = Annotated[
    str,
    matches(
        r"00[3-8]0[0-9]{2}[0-9A-Z]{0,6}",
        'is not an X12 version (six digits, e.g. "004010" or "005010").',
        _maybe_version,
    ),
]
EnvelopeVersion = Annotated[
    str, matches(r"00[2-8][0-9]{2}", 'is not the version of an interchange (five digits, e.g. "00401" or "00501").')
]
Separator = Annotated[
    str,
    matches(
        r"[\x01-\x1f!-/:-@\[-`{-~]",
        "cannot be a delimiter: take one ASCII character that is no letter, digit or blank.",
    ),
]


class PartlyGood(StrEnum):
    """What becomes of the good transaction sets in a functional group that also has bad ones."""

    SPLIT = "split"
    WHOLE = "whole"


class AcknowledgementType(StrEnum):
    """The transaction set that answers a functional group."""

    FUNCTIONAL = "997"
    IMPLEMENTATION = "999"


class InterchangeReceipts(StrEnum):
    """When an interchange is answered by a TA1. One that is refused as a whole always is: nothing else can say so."""

    ON_REQUEST = "on-request"
    ALWAYS = "always"
    ONLY_REFUSED = "only-refused"


class InterchangeAddress(Value):
    """How one side is named in the envelope: ISA05/06 or ISA07/08, and GS02 or GS03."""

    qualifier: Qualifier = Field(description="The interchange qualifier: two characters, e.g. ZZ, 01 or 12.")
    id: InterchangeId = Field(description="The interchange ID: 1 to 15 characters, without padding.")
    group_id: GroupId | None = Field(None, description="GS02 or GS03 where it differs from the interchange ID.")

    @property
    def group(self) -> str:
        """What stands in GS02 or GS03."""
        return self.group_id or self.id

    @model_validator(mode="after")
    def _has_group_id(self) -> "InterchangeAddress":
        if len(self.group) < 2:
            raise wrong(
                f"{quoted(self.id)} is too short for GS02 and GS03, which have 2 to 15 characters.",
                "Give a group_id.",
                key=("id",),
            )
        return self


class WrittenDelimiters(Value):
    """The separators of what we send. What we receive carries its own."""

    element: Separator = "*"
    component: Separator = ">"
    segment: Separator = "~"
    repetition: Separator | None = Field(None, description="From version 00402 on (ISA11); ^ when not given.")

    @model_validator(mode="after")
    def _distinct(self) -> "WrittenDelimiters":
        seen: dict[str, str] = {}
        for name in ("element", "component", "segment", "repetition"):
            delimiter = getattr(self, name)
            if delimiter in seen:
                raise wrong(f"{quoted(delimiter)} is already the {seen[delimiter]} separator.", key=(name,))
            if delimiter is not None:
                seen[delimiter] = name
        return self


def _set_number(value: object) -> object:
    """YAML reads 997 as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class AcknowledgementTerms(Value):
    """What we answer to what the partner sends."""

    send: bool = Field(True, description="Whether we answer with a 997 or 999: yes or no.")
    type: Annotated[AcknowledgementType, BeforeValidator(_set_number)] = Field(
        AcknowledgementType.FUNCTIONAL,
        description="Which set answers: 997, or 999 (version 005010 or later) where the partner asks for it.",
    )
    ta1: InterchangeReceipts = Field(
        InterchangeReceipts.ON_REQUEST,
        description="When a TA1 says that an interchange was taken: on-request (ISA14), always, or only-refused for never. "
        "One that is refused is always answered by a TA1.",
    )
    partly_good_groups: PartlyGood = Field(
        PartlyGood.SPLIT,
        description="split accepts the good sets of a group and rejects the bad ones, whole rejects them all.",
    )


def _hours(value: object) -> object:
    return None if value == NEVER else value


def _bounded_hours(value: int | None) -> int | None:
    if value is not None and not 1 <= value <= _MAX_HOURS:
        raise wrong(f"{value} hours is out of range.", f"Write 1 to {_MAX_HOURS}, or {NEVER} when no 997 is expected.")
    return value


class TextEncoding(StrEnum):
    """How text beyond ASCII is encoded in X12, by the names that are used everywhere."""

    ASCII = "ascii"
    UTF_8 = "utf-8"
    ISO_8859_1 = "iso-8859-1"
    WINDOWS_1252 = "windows-1252"
    CP437 = "cp437"


class X12Terms(Value):
    """How X12 interchanges with the partner look."""

    us: InterchangeAddress = Field(description="How the partner addresses us: a section with qualifier and id.")
    them: InterchangeAddress = Field(description="How the partner names itself: a section with qualifier and id.")
    version: Version = Field("004010", description='GS08 of what we send, e.g. "004010".')
    envelope_version: EnvelopeVersion | None = Field(
        None, description='ISA12 of what we send, where it is not the first five digits of the version, e.g. "00401".'
    )
    usage: Literal["T", "P"] = Field(description="ISA15: T for test, P for production.")
    encoding: TextEncoding | None = Field(
        None,
        description="The encoding of text beyond ASCII, both ways, e.g. utf-8, iso-8859-1 or windows-1252; ascii refuses such text. "
        "Not given, we send utf-8 and read utf-8 or else iso-8859-1.",
    )
    delimiters: WrittenDelimiters = WrittenDelimiters()
    acknowledgement: AcknowledgementTerms = AcknowledgementTerms()
    acknowledge_within: Annotated[int | None, BeforeValidator(_hours), AfterValidator(_bounded_hours)] = Field(
        24, description=f"Hours in which the partner answers what we send with a 997, or {NEVER}."
    )

    @property
    def interchange_version(self) -> str:
        """ISA12: the first five digits of the version, unless another was agreed."""
        return self.envelope_version or self.version[:5]

    @property
    def has_repetition(self) -> bool:
        """Whether ISA11 is a repetition separator (from 00402 on) rather than the standards identifier U."""
        return self.interchange_version >= "00402"

    @property
    def repetition(self) -> str | None:
        """The repetition separator of what we send; None before 00402."""
        return (self.delimiters.repetition or "^") if self.has_repetition else None

    @property
    def answer_time(self) -> timedelta | None:
        """How long we wait for the 997 of what we send; None when none is expected."""
        return None if self.acknowledge_within is None else timedelta(hours=self.acknowledge_within)

    @model_validator(mode="after")
    def _consistent(self) -> "X12Terms":
        if (self.us.qualifier, self.us.id) == (self.them.qualifier, self.them.id):
            raise wrong("is the same interchange address as x12.us.", "Write the partner's own.", key=("them",))
        if self.delimiters.repetition and not self.has_repetition:
            raise wrong(
                f"there is no repetition separator in version {self.interchange_version}.",
                "Remove it; ISA11 has one from version 00402 on.",
                key=("delimiters", "repetition"),
            )
        if self.acknowledgement.type is AcknowledgementType.IMPLEMENTATION and self.version < FIRST_WITH_999:
            raise wrong(
                f"there is no 999 in version {self.version}.",
                f'Write type: 997, or agree version: "{FIRST_WITH_999}".',
                key=("acknowledgement", "type"),
            )
        written = self.delimiters
        delimiters = {written.element, written.component, written.segment, self.repetition or written.element}
        for side, address in (("us", self.us), ("them", self.them)):
            for name, text in (("id", address.id), ("group_id", address.group)):
                if clash := delimiters & set(text):
                    raise wrong(
                        f"{quoted(text)} contains the delimiter {quoted(min(clash))}.",
                        "Choose other delimiters.",
                        key=(side, name),
                    )
        return self
