"""What is kept beside entries (details, salts, payloads, rows of the journal), and whether it is what they commit to and tell of."""

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import takewhile

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from canonical.errors import NotFound
from canonical.identity import BlobDigest
from spool.blobs import BlobDamaged, BlobStore
from spool.database.prepared import Prepared, Row
from spool.journal import ENDURING, JournalEntry
from spool.tables import json_text

from . import exact, store
from .batch import Waiting
from .chain import WrongEntry
from .entry import CommittedBlob, blobs_in, commitment, known_outcome, timestamp
from .erasures import Covered
from .exact import Inexact
from .numbers import Numbers
from .tables import LedgerBlobSalt, LedgerDetail, LedgerEntry

Salts = Mapping[str, tuple[str, bytes]]
"""By role, the digest of a payload and the salt of the commitment to it."""

NO_SALTS: Salts = {}

_ENDURING = frozenset(step.value for step in ENDURING)
"""The types of entries that say why something is missing, or must not be."""

Kept = tuple[int, bytes, bytes, Waiting | None]
"""What is kept beside an entry: the id of its row in the journal, salt and details, and that row, which they are to be the same as."""


@dataclass(slots=True)
class Beside:
    """Judges what is kept beside entries, in their order; ``covered`` is what recorded erasures cover.

    ``details`` and ``payloads`` are counts of those that were found as they must be, ``erased`` of the entries that lack some, as recorded.
    ``pseudonyms`` are those of partners, as entries have them.
    """

    session: Session
    blobs: BlobStore
    covered: Covered = field(default_factory=Covered)
    numbers: Numbers = field(default_factory=Numbers)
    pseudonyms: dict[str, str] = field(default_factory=dict)
    details: int = 0
    payloads: int = 0
    erased: int = 0

    def check(self, idx: int, fields: tuple[str, ...], kept: Kept | None, salts: Salts) -> None:
        """Raises WrongEntry where entry ``idx``, of these fields, does not commit to all that is there, or the journal says otherwise."""
        digests = self._check_detail(idx, fields, kept, salts)
        if fields[1]:
            self.check_payloads(idx, fields[1], salts, digests)

    def check_payloads(self, idx: int, blobs: str, salts: Salts, digests: Mapping[str, str] | None) -> None:
        """As :meth:`check`, of payloads alone: the entry says ``blobs`` of them, and its details, where there are any, ``digests``."""
        for blob in blobs_in(blobs):
            self._check_payload(idx, blob, salts.get(blob.role), digests)

    def _check_detail(
        self, idx: int, fields: tuple[str, ...], kept: Kept | None, salts: Salts
    ) -> Mapping[str, str] | None:
        """The digests of its payloads as its details have them; None where the details were erased."""
        if kept is None:
            if self.covered.detail(idx) is None:
                raise WrongEntry(idx, "has no details any more, and no erasure is recorded that covers it")
            if fields[12] in _ENDURING:
                raise WrongEntry(idx, f"has no details any more, and what tells of {fields[12]} is never erased")
            self.erased += 1
            return None
        if (by := self.covered.detail(idx)) is not None:
            raise WrongEntry(idx, f"has its details still, though entry {by} says that they were erased")
        journal_id, salt, body, row = kept
        self.numbers.take(idx, journal_id)
        if commitment(salt, body) != b64decode(fields[2]):
            raise WrongEntry(idx, "has other details, or another salt, than those it commits to")
        digests = digests_of(salts)
        # The row's JSON is valid, as was looked at first of all. So where the row spells the details word for word, it is exact too: in the
        # bytes that the entry commits to, one value begins there, and it has one end.
        if row is None or row.details_as_spelled(digests) != body:
            digests = self._compare(idx, kept, digests)
        assert row is not None
        self._check_envelope(idx, fields, row)
        self.details += 1
        return digests

    def _compare(self, idx: int, kept: Kept, digests: dict[str, str]) -> dict[str, str]:
        """The digests in details that the row of the journal does not spell word for word."""
        journal_id, _, body, row = kept
        if row is None or row.details(digests) != body:
            digests = self._read_detail(idx, kept)
        assert row is not None
        if row.detail.encode() not in body and not _as_we_write(row.detail):
            raise WrongEntry(
                idx, f"tells of row {journal_id} of the journal, whose detail was written by somebody else"
            )
        return digests

    def _read_detail(self, idx: int, kept: Kept) -> dict[str, str]:
        """The digests in details that are not word for word what the row of the journal gives now."""
        journal_id, _, body, row = kept
        try:
            said = exact.read(body)
            digests = {str(role): str(digest) for role, digest in said["sha256"].items()}
        except (Inexact, LookupError, TypeError, AttributeError) as error:
            raise WrongEntry(idx, f"has details that cannot be read: {error}") from error
        if row is None:
            raise WrongEntry(
                idx, f"tells of row {journal_id} of the journal, which was removed, and no erasure is recorded"
            )
        if _without_nul(row.details(digests)) != _without_nul(body):
            raise WrongEntry(idx, f"tells something else than row {journal_id} of the journal, which was changed")
        return digests

    def _check_envelope(self, idx: int, fields: tuple[str, ...], row: Waiting) -> None:
        actor, _, _, doc, _, _, _, outcome, pseudonym, _, _, ts, type_ = fields
        said = f"{row.kind_of_actor}|{row.doc}|{known_outcome(row.outcome)}|{timestamp(row.at)}|{row.step}"
        if said != "|".join((actor, doc, outcome, ts, type_)):
            raise WrongEntry(idx, f"says otherwise than row {row.journal_id} of the journal when, what or by whom")
        partner = row.partner or ""
        if self.pseudonyms.setdefault(partner, pseudonym) != pseudonym or bool(partner) != bool(pseudonym):
            raise WrongEntry(idx, f"has another pseudonym for {row.partner} than the entries before it")

    def _check_payload(
        self, idx: int, blob: CommittedBlob, salted: tuple[str, bytes] | None, digests: Mapping[str, str] | None
    ) -> None:
        if salted is None:
            if self.covered.payload(idx, blob.role) is None:
                raise WrongEntry(
                    idx, f"has no salt for its payload {blob.role} any more, and no erasure is recorded that covers it"
                )
            self.erased += digests is not None
            return
        if (by := self.covered.payload(idx, blob.role)) is not None:
            raise WrongEntry(
                idx, f"has the salt of its payload {blob.role} still, though entry {by} says that it was erased"
            )
        digest, salt = salted
        if digests is not None and digests.get(blob.role) != digest:
            raise WrongEntry(idx, f"has a payload {blob.role} that is not the one that its details name")
        try:
            hashed = sha256(salt)
            for chunk in self.blobs.chunks(self.session, BlobDigest(digest)):
                hashed.update(chunk)
        except NotFound as error:
            raise WrongEntry(
                idx, f"misses its payload {blob.role} ({digest}), and no erasure is recorded that covers it"
            ) from error
        except BlobDamaged as error:
            raise WrongEntry(idx, f"has a damaged payload {blob.role}: {error.message}") from error
        if hashed.digest() != blob.commitment:
            raise WrongEntry(idx, f"has another payload {blob.role}, or another salt, than it commits to")
        self.payloads += 1


def digests_of(salts: Salts) -> dict[str, str]:
    """The digests of payloads, by role."""
    return {role: digest for role, (digest, _) in salts.items()}


def _as_we_write(detail: str) -> bool:
    """Whether JSON is spelled as the journal spells it, each key once."""
    return json_text(json.loads(detail)) == detail


def _without_nul(details: bytes) -> bytes:
    """PostgreSQL keeps no NUL character; :class:`spool.tables.Text` puts its picture there."""
    return details.replace(b"\\u0000", "\u2400".encode())


# Read with the entries


def rows(session: Session, start: int, end: int) -> list[Row]:
    """The entries from ``start`` up to ``end`` or to one that is missing, each with what is kept beside it, in the driver's values: number
    and bytes; the number in the journal, salt and details; and the row of the journal, as in :data:`.store.TOLD`."""
    found = _ROWS.untyped(session, {"start": start, "end": end})
    if [row[0] for row in found] == [*range(start, end)]:
        return found
    by_number = {row[0]: row for row in found}
    return [by_number[idx] for idx in takewhile(by_number.__contains__, range(start, end))]


def taken_apart(session: Session, row: Row) -> tuple[bytes, Kept | None]:
    """The bytes of an entry, and what is kept beside it."""
    [(_, body, journal_id, salt, details, *told)] = _ROWS.typed(session, [row])
    if details is None:
        return bytes(body), None
    return bytes(body), (
        journal_id,
        bytes(salt),
        bytes(details),
        None if told[0] is None else Waiting._make((*told, ())),
    )


def salts(session: Session, start: int, end: int) -> dict[int, Salts]:
    """The salts of the payloads of entries, by the entries' numbers."""
    found: dict[int, dict[str, tuple[str, bytes]]] = {}
    for idx, role, digest, salt in _SALTS.rows(session, {"start": start, "end": end}):
        found.setdefault(idx, {})[role] = digest, bytes(salt)
    return dict(found)


_ROWS = Prepared(
    select(
        LedgerEntry.idx,
        LedgerEntry.body,
        LedgerDetail.journal_id,
        LedgerDetail.salt,
        LedgerDetail.body.label("details"),
        *store.TOLD,
    )
    .outerjoin(LedgerDetail, LedgerDetail.idx == LedgerEntry.idx)
    .outerjoin(JournalEntry, JournalEntry.id == LedgerDetail.journal_id)
    .where(LedgerEntry.idx >= bindparam("start"), LedgerEntry.idx < bindparam("end"))
    .order_by(LedgerEntry.idx)
)

_SALTS = Prepared(
    select(LedgerBlobSalt.idx, LedgerBlobSalt.role, LedgerBlobSalt.sha256, LedgerBlobSalt.salt).where(
        LedgerBlobSalt.idx >= bindparam("start"), LedgerBlobSalt.idx < bindparam("end")
    )
)
