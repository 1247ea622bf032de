"""One trading partner's terms, as written in ``partners/<id>.yaml``.

Every field's description says what to write there; it is what people read when they wrote something else. Values that a
person may mistype are checked here one by one and, at the end of a section, against each other.
"""

import difflib
import re
from enum import StrEnum
from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, JsonValue, model_validator

from canonical.base import Value

from .as2_terms import As2Terms
from .sftp_terms import SftpTerms
from .wording import matches, quoted, wrong
from .x12_terms import X12Terms

SETS = (
    "810",
    "820",
    "824",
    "832",
    "846",
    "850",
    "855",
    "856",
    "860",
    "864",
    "865",
    "940",
    "943",
    "944",
    "945",
    "947",
)
"""The X12 transaction sets that partners agree on. Acknowledgements (997) follow from ``x12.acknowledgement``."""

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def is_partner_id(text: str) -> bool:
    """Whether ``text`` can name a partner: lower-case letters, digits and hyphens, at most 63 characters."""
    return _ID.fullmatch(text) is not None


Line = Annotated[str, matches(r"(?=.*\S)[^\x00-\x1f\x7f]{1,200}", "is not one line of text (1 to 200 characters).")]


class Status(StrEnum):
    """Whether we trade with the partner now."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Contact(Value):
    """A person or desk at the partner."""

    name: Line
    role: Line | None = None
    email: Annotated[str, matches(r"[^@\s]+@[^@\s]+", "is not an e-mail address.")] | None = None
    phone: Line | None = None


def _known_set(set_id: str) -> str:
    if set_id in ("997", "999"):
        raise wrong(
            f"{set_id} is not listed.",
            "Whether we send one is x12.acknowledgement.send; those that come are always read.",
        )
    if set_id not in SETS:
        raise wrong(f"{quoted(set_id)} is not a transaction set we know ({', '.join(SETS)}).")
    return set_id


def _each_once(sets: tuple[str, ...]) -> tuple[str, ...]:
    for position, set_id in enumerate(sets):
        if set_id in sets[:position]:
            raise wrong(f"lists {set_id} twice.")
    return sets


Sets = Annotated[tuple[Annotated[str, AfterValidator(_known_set)], ...], AfterValidator(_each_once)]


class DocumentTerms(Value):
    """Which documents are exchanged, by the number of their X12 transaction set, whatever format they travel in."""

    send: Sets = Field((), description="What we send, e.g. [850].")
    receive: Sets = Field((), description="What the partner sends, e.g. [855, 856, 810].")


def _partner_id(value: str) -> str:
    if not is_partner_id(value):
        raise wrong(f"{quoted(value)} is not a partner id (lower-case letters, digits and hyphens, at most 63).")
    return value


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The days of a week, as profiles name them."""

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


TimeOfDay = Annotated[str, matches(r"([01][0-9]|2[0-3]):[0-5][0-9]", 'is not a time of day (e.g. "02:00").')]


MOST = 1_000_000
"""More than anybody takes at once, or in a minute."""


def _count(value: int) -> int:
    if not 1 <= value <= MOST:
        raise wrong(f"{value} is out of range.", f"Write 1 to {MOST}, or leave it out.")
    return value


Count = Annotated[int, AfterValidator(_count)]


@cache
def _time_zones() -> frozenset[str]:
    """The names there are. Looking reads the first bytes of hundreds of files."""
    return frozenset(available_timezones())


def _time_zone(name: str) -> str:
    if name not in _time_zones():
        close = difflib.get_close_matches(name, _time_zones(), n=1)
        hint = f'Did you mean "{close[0]}"?' if close else 'Write one of the IANA database, e.g. "America/Chicago".'
        raise wrong(f"{quoted(name)} is not a time zone.", hint)
    return name


Country = Annotated[str, matches(r"[A-Z]{2}", "is not a country (two letters of ISO 3166-1, e.g. US).")]


class DowntimeWindow(Value):
    """A time of each week at which the partner takes nothing."""

    days: tuple[Day, ...] = Field((), description="The days on which it begins, e.g. [sun]; every day when not given.")
    start: TimeOfDay = Field(description='When it begins, on the clocks of time_zone, e.g. "02:00".')
    end: TimeOfDay = Field(description='When it is over, e.g. "04:00"; on the next day if that is not after the start.')


class WorkLimits(Value):
    """How much is done for the partner at once, and how fast."""

    at_once: Count | None = Field(
        None,
        description="How many of its files and documents are worked on at the same time; as many as there are workers when not given.",
    )
    sent_per_minute: Count | None = Field(
        None, description="How many files the partner takes from us in a minute; any number when not given."
    )


class Profile(Value):
    """Everything agreed with one partner.

    ``csv`` holds column maps and ``rules`` what is agreed beyond the standard, as they were written; what they mean is for the
    translators, so the loader has them checked by validators it is given.
    """

    partner: Annotated[str, AfterValidator(_partner_id)] = Field(
        description="The partner's id, the same as the file's name."
    )
    name: Line = Field(description="The partner's name, as people say it.")
    status: Status = Field(Status.ACTIVE, description="Suspended, nothing is exchanged and all is kept.")
    contacts: tuple[Contact, ...] = ()
    x12: X12Terms | None = None
    sftp: SftpTerms | None = None
    as2: As2Terms | None = None
    folder: bool = Field(False, description="Whether files are also taken from drop/<partner>: true or false.")
    documents: DocumentTerms = Field(description="Which documents are exchanged: a section with send and receive.")
    time_zone: Annotated[str, AfterValidator(_time_zone)] = Field(
        "UTC", description="The time zone of the partner's clocks, by its IANA name, e.g. America/Chicago."
    )
    country: Country | None = Field(
        None,
        description="A country in whose books trade with the partner stands too, e.g. US: its law also says how long documents are kept.",
    )
    downtime: tuple[DowntimeWindow, ...] = Field(
        (),
        description=(
            "When the partner takes nothing: what we send waits; what it sends is taken as always. Where clocks leave a time out, "
            "the moment they jump counts for it; of a time that they show twice, a window takes in both."
        ),
    )
    limits: WorkLimits = Field(
        WorkLimits(),
        description="How much is done for the partner at once, and how fast; without limits when not given.",
    )
    csv: tuple[JsonValue, ...] = ()
    rules: tuple[JsonValue, ...] = ()

    @property
    def is_active(self) -> bool:
        return self.status is Status.ACTIVE

    @property
    def sftp_username(self) -> str | None:
        """The login name on our SFTP server; None when the partner has no account."""
        return None if self.sftp is None else self.sftp.username or self.partner

    @model_validator(mode="after")
    def _complete(self) -> "Profile":
        if self.sftp is None and self.as2 is None and not self.folder:
            raise wrong("there is no way for files to come and go.", "Add a section sftp or as2, or folder: true.")
        if self.documents.send and self.x12 is None:
            raise wrong(
                "nothing can be sent without a section x12.", "Add one, or remove send.", key=("documents", "send")
            )
        if self.documents.receive and self.x12 is None and not self.csv:
            raise wrong(
                "nothing can be read without a section x12 or csv.",
                "Add one, or remove receive.",
                key=("documents", "receive"),
            )
        return self
