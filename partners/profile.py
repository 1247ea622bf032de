"""One trading partner's terms, as written in ``partners/<id>.yaml``.

Every field's description says what to write there; it is what people read when they wrote something else. Values that a
person may mistype are checked here one by one and, at the end of a section, against each other.
"""

import base64
import binascii
import difflib
import re
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

import argon2
from argon2.exceptions import InvalidHashError
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, model_validator

from canonical.base import Value

from .as2_terms import As2Terms
from .wording import quoted, wrong

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

NEVER = "never"

FIRST_WITH_999 = "005010"

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SIZE = re.compile(r"([1-9][0-9]{0,14})\s?(B|KiB|MiB|GiB|KB|MB|GB)")
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_KEY_TYPES = {"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"}
_MINIMUM_RSA_BITS = 2048
_MAX_HOURS = 24 * 90


def is_partner_id(text: str) -> bool:
    """Whether ``text`` can name a partner: lower-case letters, digits and hyphens, at most 63 characters."""
    return _ID.fullmatch(text) is not None


def _matches(pattern: str, message: str, hint: Callable[[str], str] = lambda _: "") -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise wrong(f"{quoted(value)} {message}", hint(value))
        return value

    return AfterValidator(check)


def _maybe_padded(value: str) -> str:
    padded = value.strip().upper().zfill(2)
    return f'Did you mean "{padded}"?' if value.strip() and len(padded) == 2 and padded.isalnum() else ""


def _maybe_version(value: str) -> str:
    return f'Did you mean "{value.zfill(6)}"?' if re.fullmatch(r"0?[3-8]0[0-9]0", value) else ""


_PRINTABLE = r"[!-~](?:[ -~]{0,%d}[!-~])?"

Line = Annotated[str, _matches(r"(?=.*\S)[^\x00-\x1f\x7f]{1,200}", "is not one line of text (1 to 200 characters).")]
Qualifier = Annotated[
    str, _matches("[0-9A-Z]{2}", "is not an interchange qualifier (two characters, e.g. ZZ, 01, 12).", _maybe_padded)
]
InterchangeId = Annotated[
    str,
    _matches(_PRINTABLE % 13, "is not an interchange ID (1 to 15 printable ASCII characters, no blank at either end)."),
]
GroupId = Annotated[
    str,
    _matches(
        r"[!-~][ -~]{0,13}[!-~]", "is not a group ID (2 to 15 printable ASCII characters, no blank at either end)."
    ),
]
Version = Annotated[
    str,
    _matches(
        r"00[3-8]0[0-9]{2}[0-9A-Z]{0,6}",
        'is not an X12 version (six digits, e.g. "004010" or "005010").',
        _maybe_version,
    ),
]
EnvelopeVersion = Annotated[
    str, _matches(r"00[2-8][0-9]{2}", 'is not the version of an interchange (five digits, e.g. "00401" or "00501").')
]
Separator = Annotated[
    str,
    _matches(
        r"[\x01-\x1f!-/:-@\[-`{-~]",
        "cannot be a delimiter: take one ASCII character that is no letter, digit or blank.",
    ),
]
Username = Annotated[
    str,
    _matches(
        r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}",
        "is not a user name (1 to 64 letters, digits or _ . @ -, beginning with a letter, digit or _).",
    ),
]
Size = Annotated[str, _matches(_SIZE.pattern, "is not a size such as 64MiB, 500KB or 1GiB.")]


class Status(StrEnum):
    """Whether we trade with the partner now."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


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


class Contact(Value):
    """A person or desk at the partner."""

    name: Line
    role: Line | None = None
    email: Annotated[str, _matches(r"[^@\s]+@[^@\s]+", "is not an e-mail address.")] | None = None
    phone: Line | None = None


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


def _public_key(line: str) -> str:
    """An OpenSSH public key line without options. What was written is never quoted: it may be a private key."""
    parts = line.split(maxsplit=2)
    example = 'Paste the one line of the .pub file, e.g. "ssh-ed25519 AAAA… name".'
    if "PRIVATE KEY" in line:
        raise wrong("is a private key, which the partner must never give away.", example)
    if len(parts) < 2 or parts[0] not in _KEY_TYPES or "\n" in line:
        raise wrong("is not an OpenSSH public key of type " + ", ".join(sorted(_KEY_TYPES)) + ".", example)
    try:
        base64.b64decode(parts[1], validate=True)
        key = load_ssh_public_key(" ".join(parts[:2]).encode("ascii"))
    except (ValueError, UnsupportedAlgorithm, binascii.Error) as error:
        raise wrong("is not a whole OpenSSH public key; part of it is missing or changed.", example) from error
    if isinstance(key, RSAPublicKey) and key.key_size < _MINIMUM_RSA_BITS:
        raise wrong(
            f"is an RSA key of {key.key_size} bits; at least {_MINIMUM_RSA_BITS} are needed.",
            "Ask the partner for a new key, best of type ssh-ed25519.",
        )
    return line.strip()


def _password_hash(text: str) -> str:
    try:
        argon2.extract_parameters(text)
    except InvalidHashError as error:
        raise wrong(
            "is not an argon2 hash (it begins with $argon2id$).",
            "A profile holds the hash of a password, never the password.",
        ) from error
    return text


class SftpTerms(Value):
    """The partner's account on our SFTP server. Without a key and a password hash nobody can log in."""

    username: Username | None = Field(None, description="The login name; the partner's id when not given.")
    public_keys: tuple[Annotated[str, AfterValidator(_public_key)], ...] = ()
    password_hash: Annotated[str, AfterValidator(_password_hash)] | None = None
    max_file_size: Size = Field("64MiB", description="The largest file we take, e.g. 64MiB.")

    @property
    def max_file_bytes(self) -> int:
        match = _SIZE.fullmatch(self.max_file_size)
        assert match is not None
        return int(match[1]) * _UNITS[match[2]]


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


TimeOfDay = Annotated[str, _matches(r"([01][0-9]|2[0-3]):[0-5][0-9]", 'is not a time of day (e.g. "02:00").')]


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
