"""An entry of the ledger: an envelope without personal data that stands for ever, and details beside it that may be erased. Pure.

The envelope commits to the details and to payloads by hashes of them behind 32 random bytes, the salt: whoever has detail and salt proves
that they are the ones meant; once they are destroyed, nobody can find out by guessing what they were. An envelope has one form only, that
of :mod:`.exact`, and no character that JSON would escape; it is read by matching that form, byte for byte.
"""

import re
from base64 import b64decode
from binascii import b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256

from spool.journal import BlobRole

from . import exact
from .exact import Inexact, quoted

VERSION = 1

SALT_BYTES = 32

PSEUDONYM_BYTES = 8


class Actor(StrEnum):
    """Who did it; the name is in the details."""

    SYSTEM = "system"
    OPERATOR = "operator"
    PARTNER = "partner"


OUTCOMES = frozenset(
    {
        "accepted",
        "accepted_with_errors",
        "partially_accepted",
        "rejected",
        "downloaded",
        "removed",
        "renamed",
        "same bytes",
        "imported",
        "sent for approval",
    }
)
"""What an envelope says of how it went. Anything else may hold a name or a number, and is in the details only."""


class NoEntry(ValueError):
    """Bytes that are no entry; says what is wrong with them."""


@dataclass(frozen=True, slots=True)
class CommittedBlob:
    """A payload of ``size`` bytes, by what it is and the commitment to it."""

    role: str
    commitment: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened.

    ``type`` is a :class:`spool.journal.Step`. ``doc`` is the id of what it is about (a document, else a transmission, else a file), of
    which this is entry ``dseq``, counted from 1, behind the one whose leaf hash is ``dprev``; 0 and nothing where it is about none of
    them. ``partner`` is a pseudonym, and this its entry ``pseq``. ``tenant`` is the home's. ``d`` commits to the details.
    """

    type: str
    ts: str
    doc: str
    dseq: int
    dprev: bytes
    partner: str
    pseq: int
    tenant: str
    actor: str
    node: str
    outcome: str
    blobs: tuple[CommittedBlob, ...]
    d: bytes

    def written(self) -> bytes:
        """Its bytes: what the leaf is of. Raises NoEntry where a field has what no entry may have."""
        blobs = ",".join(
            f'{{"c":"{base64(blob.commitment)}","n":{blob.size},"role":"{blob.role}"}}' for blob in self.blobs
        )
        data = (
            f'{{"actor":"{self.actor}","blobs":[{blobs}],"d":"{base64(self.d)}","doc":"{self.doc}","dprev":"{base64(self.dprev)}",'
            f'"dseq":{self.dseq},"node":"{self.node}","outcome":"{self.outcome}","partner":"{self.partner}","pseq":{self.pseq},'
            f'"tenant":"{self.tenant}","ts":"{self.ts}","type":"{self.type}","v":{VERSION}}}'
        )
        if not _FORM.fullmatch(data):
            raise NoEntry(f"{data} is no entry")
        return data.encode()


_HASH = "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
_COUNT = "(?:0|[1-9][0-9]{0,14})"
_DOC = "[A-Za-z0-9._:-]{0,64}"
_BLOB = rf'\{{"c":"{_HASH}","n":{_COUNT},"role":"(?:{"|".join(BlobRole)})"\}}'
_FORM = re.compile(
    rf'\{{"actor":"(?P<actor>{"|".join(Actor)})","blobs":\[(?P<blobs>(?:{_BLOB}(?:,{_BLOB})*)?)\],"d":"(?P<d>{_HASH})","doc":"(?P<doc>{_DOC})",'
    rf'"dprev":"(?P<dprev>(?:{_HASH})?)","dseq":(?P<dseq>{_COUNT}),"node":"(?P<node>[A-Za-z0-9._-]{{0,64}})",'
    rf'"outcome":"(?P<outcome>(?:{"|".join(sorted(OUTCOMES))})?)","partner":"(?P<partner>(?:[0-9a-f]{{16}})?)","pseq":(?P<pseq>{_COUNT}),'
    r'"tenant":"(?P<tenant>[0-9a-f]{16})","ts":"(?P<ts>[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{6}Z)",'
    rf'"type":"(?P<type>[a-z_]{{1,32}})","v":{VERSION}\}}'
)
"""The one form of an entry, key by key in the order of the alphabet."""

_BLOB_FIELDS = re.compile(r'"c":"([^"]+)","n":([0-9]+),"role":"([^"]+)"')

_IS_DOC = re.compile(_DOC).fullmatch

_BLOBS = re.compile(rf'\{{"actor":"[a-z]*","blobs":\[((?:{_BLOB}(?:,{_BLOB})*)?)\]'.encode())


def is_doc(text: str) -> bool:
    """Whether an entry may be about it."""
    return _IS_DOC(text) is not None


def blobs_text(data: bytes) -> str | None:
    """What stands in the field of an entry that is of its payloads; None where it has another form."""
    found = _BLOBS.match(data)
    return None if found is None else found[1].decode()


def fields_of(data: bytes) -> tuple[str, ...]:
    """The values of an entry as they stand in it, in the order of their keys but ``v``. Raises NoEntry."""
    # Each byte becomes one character, so that none that is no ASCII is taken for another.
    found = _FORM.fullmatch(data.decode("latin-1"))
    if found is None:
        raise NoEntry(_what_is_wrong(data))
    return found.groups()


def read_entry(data: bytes) -> Entry:
    """The entry that ``data`` is. Raises NoEntry."""
    actor, blobs, d, doc, dprev, dseq, node, outcome, partner, pseq, tenant, ts, type_ = fields_of(data)
    return Entry(
        type_,
        ts,
        doc,
        int(dseq),
        b64decode(dprev),
        partner,
        int(pseq),
        tenant,
        actor,
        node,
        outcome,
        blobs_in(blobs),
        b64decode(d),
    )


def blobs_in(blobs: str) -> tuple[CommittedBlob, ...]:
    """The payloads that stand in that field of an entry."""
    return tuple(
        CommittedBlob(role, b64decode(commitment), int(size)) for commitment, size, role in _BLOB_FIELDS.findall(blobs)
    )


def _what_is_wrong(data: bytes) -> str:
    try:
        exact.read(data)
    except Inexact as error:
        return str(error)
    return "its fields are not those of an entry"


def commitment(salt: bytes, data: bytes) -> bytes:
    """What an entry says of ``data``."""
    return sha256(salt + data).digest()


def timestamp(moment: datetime) -> str:
    """A time as entries have it: UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def detail_of(
    journal: int,
    *,
    partner: str | None,
    actor: str,
    outcome: str,
    receipt: str | None,
    document: str | None,
    transmission: str | None,
    detail: str,
    digests: Mapping[str, str],
) -> bytes:
    """The details of an entry, as exact JSON: all that the journal says, and the SHA-256 of each payload in hexadecimal by its role.

    ``detail`` is the journal's, as exact JSON.
    """
    sums = ",".join(f'"{role}":"{digests[role]}"' for role in sorted(digests))
    return (
        f'{{"actor":{quoted(actor)},"detail":{detail},"document":{quoted(document)},"journal":{journal},"outcome":{quoted(outcome)},'
        f'"partner":{quoted(partner)},"receipt":{quoted(receipt)},"sha256":{{{sums}}},"transmission":{quoted(transmission)}}}'
    ).encode()


def known_outcome(outcome: str) -> str:
    """What the envelope says of an outcome."""
    return outcome if outcome in OUTCOMES else ""


def base64(value: bytes) -> str:
    """Hashes as entries have them."""
    return b2a_base64(value, newline=False).decode()
