"""Everything the ledger says, checked from its first entry to its last. Read :meth:`Scan.run` first.

What it is held against: itself (form, chains, tree), what is kept beside it (details, salts, payloads, the journal), and checkpoints that
were signed before. Nothing is believed that follows from the entries: their hashes, the tiles, the root and the counts are computed anew.
"""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session

from canonical.errors import NotFound
from canonical.identity import BlobDigest
from spool.blobs import BlobDamaged, BlobStore
from spool.database.prepared import Prepared
from spool.journal import ENDURING, JournalEntry, LedgerOutbox
from spool.tables import json_text

from . import exact, store
from .batch import Waiting
from .chain import Chain, WrongEntry
from .checkpoint import Checkpoint
from .entry import CommittedBlob, blobs_in, commitment, known_outcome, timestamp
from .erasures import STEPS, Covered
from .exact import Inexact
from .guards import first_missing
from .numbers import Numbers, gap
from .outbox import first_that_cannot_be_taken_in, waiting_erasures
from .stored import first_stored_otherwise
from .tables import LedgerBlobSalt, LedgerDetail, LedgerEntry, LedgerPartner, LedgerSubject, LedgerTile
from .tiles import FULL, HEIGHT, WIDTH
from .tree import HASH_BYTES, Frontier, subtree_root


@dataclass(frozen=True, slots=True)
class Anchor:
    """A checkpoint that was signed; ``known_as`` is what people call it."""

    known_as: str
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan found. ``wrong`` is the first thing that is wrong, in words, and ``entry`` the entry that it is wrong with, if with one.

    ``details`` and ``payloads`` are those that were checked, ``erased`` the entries whose details or payloads were erased, as recorded.
    ``stamped_by_others`` are the sizes of checkpoints whose time stamps are by authorities that the settings do not name any more,
    ``stamped_by_nobody`` of those whose time stamps no root vouches for.
    ``waiting`` are entries of the journal that are not in the ledger yet, the oldest of them from ``waiting_since``: each can be taken in,
    and nothing shows yet whether it was changed.
    """

    size: int
    root: bytes
    details: int = 0
    payloads: int = 0
    erased: int = 0
    waiting: int = 0
    waiting_since: datetime | None = None
    anchors: tuple[str, ...] = ()
    stamped_by_others: tuple[int, ...] = ()
    stamped_by_nobody: tuple[int, ...] = ()
    entry: int | None = None
    wrong: str | None = None

    @property
    def holds(self) -> bool:
        return self.wrong is None


class _Wrong(Exception):
    """Something is wrong that no one entry is to blame for."""


_Beside = tuple[int, bytes, bytes, Waiting | None]
"""What is kept beside an entry: the id of its row in the journal, salt and details, and that row, which they are to be the same as."""

_ENDURING = frozenset(step.value.encode() for step in ENDURING)
"""The types of entries that say why something is missing, or must not be."""

_Salts = Mapping[str, tuple[str, bytes]]
"""By role, the digest of a payload and the salt of the commitment to it."""

_NO_SALTS: _Salts = {}


@dataclass(slots=True)
class Scan:
    """One scan of all that ``session`` sees."""

    session: Session
    blobs: BlobStore
    anchors: Sequence[Anchor] = ()
    _contradicted: list[Anchor] = field(default_factory=list)
    _anchored: frozenset[int] = frozenset()
    _chain: Chain = field(default_factory=Chain)
    _grown: Frontier = field(default_factory=Frontier)
    _tile_roots: list[bytes] = field(default_factory=list)
    _covered: Covered = field(default_factory=Covered)
    _numbers: Numbers = field(default_factory=Numbers)
    _pseudonyms: dict[str, bytes] = field(default_factory=dict)
    _details: int = 0
    _payloads: int = 0
    _erased: int = 0

    def __post_init__(self) -> None:
        self._anchored = frozenset(each.checkpoint.size for each in self.anchors)

    def run(self) -> Scanned:
        """1. Whether all is stored as we do it, and what was erased, as the ledger says. 2. Entry by entry, with what is kept beside it.
        3. What follows from all together.
        """
        entry, wrong = None, None
        try:
            _require(first_stored_otherwise(self.session))
            self._read_erasures()
            self._scan_entries()
            self._check_whole()
        except WrongEntry as error:
            entry, wrong = error.idx, f"Entry {error.idx} {error.what}."
        except _Wrong as error:
            wrong = str(error)
        return Scanned(
            size=self._chain.size,
            root=self._grown.root,
            details=self._details,
            payloads=self._payloads,
            erased=self._erased,
            waiting=store.count_waiting(self.session),
            waiting_since=store.waiting_since(self.session),
            anchors=tuple(each.known_as for each in self.anchors) if wrong is None else (),
            entry=entry,
            wrong=wrong,
        )

    # 1. Erasures are read before what they cover. That they are what the ledger says is found out with every other entry.

    def _read_erasures(self) -> None:
        pruned = (
            select(LedgerDetail.idx, LedgerDetail.body)
            .join(JournalEntry, JournalEntry.id == LedgerDetail.journal_id)
            .where(JournalEntry.step.in_(STEPS))
        )
        for idx, body in self.session.execute(pruned):
            try:
                said = exact.read(bytes(body))
            except Inexact as error:
                raise WrongEntry(idx, f"has details that cannot be read: {error}") from error
            self._covered.add(idx, said.get("detail") if isinstance(said, dict) else None)
        # What was erased a moment ago is told by an entry that still waits for its place.
        end = store.size(self.session)
        for detail in waiting_erasures(self.session):
            self._covered.add(end, detail)
        self._covered.sort()

    # 2. A tile's entries at a time.

    def _scan_entries(self) -> None:
        self._compare_anchors()
        count = self.session.scalar(select(func.count()).select_from(LedgerEntry)) or 0
        last = self.session.scalar(select(func.max(LedgerEntry.idx)))
        end = 0 if last is None else last + 1
        for start in range(0, end, WIDTH):
            self._scan_tile(start, min(start + WIDTH, end))
        if count != end:
            raise _Wrong(f"There are {count} entries, though the last one is number {end - 1}.")

    def _scan_tile(self, start: int, end: int) -> None:
        leaves: list[bytes] = []
        fields: list[tuple[bytes, ...]] = []
        wrong = None
        try:
            for place, (idx, body) in enumerate(store.numbered(self.session, start, end), start):
                if idx != place:
                    raise WrongEntry(place, "is missing")
                leaf, values = self._chain.take(body)
                leaves.append(leaf)
                fields.append(values)
            if len(leaves) != end - start:
                raise WrongEntry(start + len(leaves), "is missing")
        except WrongEntry as error:
            wrong = error
        stored = self._stored(start // WIDTH) if end - start == WIDTH else None
        good = len(leaves) if stored is None else _agreeing(leaves, stored)
        self._check_beside(start, fields[:good])
        if good < len(leaves):
            raise WrongEntry(
                start + good, "is not the one that the tree was made of: it was changed, or put there later"
            )
        if wrong is not None:
            raise wrong
        self._grow(leaves)

    def _stored(self, number: int) -> bytes:
        found = self.session.scalar(select(LedgerTile.data).filter_by(level=0, n=number))
        if found is None or len(found) != FULL:
            raise _Wrong(f"Tile {number} of the tree, over entries {number * WIDTH} and on, is missing or cut short.")
        return bytes(found)

    def _grow(self, leaves: Sequence[bytes]) -> None:
        if len(leaves) == WIDTH:
            self._tile_roots.append(subtree_root(leaves))
            if self._anchored.isdisjoint(range(self._grown.size + 1, self._grown.size + WIDTH)):
                self._grown.append_subtree(self._tile_roots[-1], HEIGHT)
                self._compare_anchors()
                return
        for leaf in leaves:
            self._grown.append(leaf)
            if self._grown.size in self._anchored:
                self._compare_anchors()

    def _compare_anchors(self) -> None:
        """Note which checkpoints of this size say otherwise. What else is wrong is more precise, and is said first."""
        self._contradicted += [
            each
            for each in self.anchors
            if each.checkpoint.size == self._grown.size and each.checkpoint.root != self._grown.root
        ]

    # What is kept beside entries

    def _check_beside(self, start: int, fields: Sequence[tuple[bytes, ...]]) -> None:
        beside = _beside(self.session, start, start + len(fields))
        salts = _salts(self.session, start, start + len(fields))
        for idx, values in enumerate(fields, start):
            kept = salts.get(idx, _NO_SALTS)
            digests = self._check_detail(idx, values, beside.get(idx), kept)
            for blob in blobs_in(values[1]) if values[1] else ():
                self._check_payload(idx, blob, kept.get(blob.role), digests)

    def _check_detail(
        self, idx: int, fields: tuple[bytes, ...], beside: _Beside | None, kept: _Salts
    ) -> Mapping[str, str] | None:
        """The digests of its payloads as its details have them; None where the details were erased."""
        if beside is None:
            if self._covered.detail(idx) is None:
                raise WrongEntry(idx, "has no details any more, and no erasure is recorded that covers it")
            if fields[12] in _ENDURING:
                raise WrongEntry(
                    idx, f"has no details any more, and what tells of {fields[12].decode()} is never erased"
                )
            self._erased += 1
            return None
        if (by := self._covered.detail(idx)) is not None:
            raise WrongEntry(idx, f"has its details still, though entry {by} says that they were erased")
        journal_id, salt, body, row = beside
        self._numbers.take(idx, journal_id)
        if commitment(salt, body) != b64decode(fields[2]):
            raise WrongEntry(idx, "has other details, or another salt, than those it commits to")
        digests = {role: digest for role, (digest, _) in kept.items()}
        # The row's JSON is valid, as was looked at first of all. So where the row spells the details word for word, it is exact too: in the
        # bytes that the entry commits to, one value begins there, and it has one end.
        if row is None or row.details_as_spelled(digests) != body:
            digests = self._compare(idx, beside, digests)
        assert row is not None
        self._check_envelope(idx, fields, row)
        self._details += 1
        return digests

    def _compare(self, idx: int, beside: _Beside, digests: dict[str, str]) -> dict[str, str]:
        """The digests in details that the row of the journal does not spell word for word."""
        journal_id, _, body, row = beside
        if row is None or row.details(digests) != body:
            digests = self._read_detail(idx, beside)
        assert row is not None
        if row.detail.encode() not in body and not _as_we_write(row.detail):
            raise WrongEntry(
                idx, f"tells of row {journal_id} of the journal, whose detail was written by somebody else"
            )
        return digests

    def _read_detail(self, idx: int, beside: _Beside) -> dict[str, str]:
        """The digests in details that are not word for word what the row of the journal gives now."""
        journal_id, _, body, row = beside
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

    def _check_envelope(self, idx: int, fields: tuple[bytes, ...], row: Waiting) -> None:
        actor, _, _, doc, _, _, _, outcome, pseudonym, _, _, ts, type_ = fields
        said = f"{row.kind_of_actor}|{row.doc}|{known_outcome(row.outcome)}|{timestamp(row.at)}|{row.step}"
        if said.encode() != b"|".join((actor, doc, outcome, ts, type_)):
            raise WrongEntry(idx, f"says otherwise than row {row.journal_id} of the journal when, what or by whom")
        partner = row.partner or ""
        if self._pseudonyms.setdefault(partner, pseudonym) != pseudonym or bool(partner) != bool(pseudonym):
            raise WrongEntry(idx, f"has another pseudonym for {row.partner} than the entries before it")

    def _check_payload(
        self, idx: int, blob: CommittedBlob, kept: tuple[str, bytes] | None, digests: Mapping[str, str] | None
    ) -> None:
        if kept is None:
            if self._covered.payload(idx, blob.role) is None:
                raise WrongEntry(
                    idx, f"has no salt for its payload {blob.role} any more, and no erasure is recorded that covers it"
                )
            self._erased += digests is not None
            return
        if (by := self._covered.payload(idx, blob.role)) is not None:
            raise WrongEntry(
                idx, f"has the salt of its payload {blob.role} still, though entry {by} says that it was erased"
            )
        digest, salt = kept
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
        self._payloads += 1

    # 3. What follows from all entries together

    def _check_whole(self) -> None:
        self._check_last_of_each()
        self._check_state()
        self._check_upper_tiles()
        self._check_partners()
        self._check_nothing_besides()
        self._check_waiting()
        self._check_nothing_untold()
        self._check_anchors()
        self._check_numbers()
        _require(first_missing(self.session))

    def _check_anchors(self) -> None:
        for each in self._contradicted:
            raise _Wrong(
                f"The first {each.checkpoint.size} entries are not those of {each.known_as}: some were changed, or removed and grown anew."
            )
        for each in self.anchors:
            if each.checkpoint.size > self._grown.size:
                raise _Wrong(
                    f"The ledger has {self._grown.size} entries, and {each.known_as} is of {each.checkpoint.size}: it was cut short, or "
                    "put back to an earlier state."
                )

    def _check_last_of_each(self) -> None:
        seen = 0
        for doc, dseq, leaf in self.session.execute(select(LedgerSubject.doc, LedgerSubject.dseq, LedgerSubject.leaf)):
            count, last, idx = self._chain.subjects.get(doc.encode(), (0, b"", -1))
            if count != dseq:
                raise _Wrong(f"There are {count} entries about {doc}, and there were {dseq}.")
            if b64decode(last) != bytes(leaf):
                raise WrongEntry(idx, f"is not the one that was last about {doc}: it was changed")
            seen += 1
        if seen != len(self._chain.subjects):
            raise _Wrong("There are entries about more documents than the ledger knows of.")

    def _check_state(self) -> None:
        state = store.state(self.session)
        size, root, frontier = (0, Frontier().root, b"") if state is None else (state.size, state.root, state.frontier)
        if size != self._grown.size:
            raise _Wrong(f"The ledger says that it has {size} entries, and there are {self._grown.size}.")
        if state is not None and size and state.tenant.encode() != self._chain.tenant:
            raise _Wrong(
                f"The ledger says that it is {state.tenant}, and its entries are of {self._chain.tenant.decode()}."
            )
        if bytes(root) != self._grown.root or bytes(frontier) != self._grown.written():
            raise _Wrong("The entries do not give the root that the ledger has: one of those at the end was changed.")

    def _check_upper_tiles(self) -> None:
        expected = dict(_upper_tiles(self._tile_roots))
        rows = select(LedgerTile.level, LedgerTile.n, LedgerTile.data).where(LedgerTile.level > 0)
        stored = {(level, n): bytes(data) for level, n, data in self.session.execute(rows)}
        for place in sorted({*expected, *stored}):
            if expected.get(place) != stored.get(place):
                raise _Wrong(f"Tile {place[1]} of level {place[0]} of the tree is not what the entries give.")
        low = self.session.scalar(select(func.count()).select_from(LedgerTile).where(LedgerTile.level == 0))
        if low != len(self._tile_roots):
            raise _Wrong(f"There are {low} tiles over the entries, and there must be {len(self._tile_roots)}.")

    def _check_partners(self) -> None:
        known = {row.partner: row for row in self.session.scalars(select(LedgerPartner))}
        for partner, pseudonym in self._pseudonyms.items():
            if partner and (partner not in known or known[partner].pseudonym.encode() != pseudonym):
                raise _Wrong(f"The pseudonym of {partner} is not the one that its entries have.")
        for row in known.values():
            count = self._chain.partners.get(row.pseudonym.encode(), 0)
            if row.pseq != count:
                raise _Wrong(f"There are {count} entries about partner {row.partner}, and there were {row.pseq}.")

    def _check_nothing_besides(self) -> None:
        """Details of no entry might tell of erasures that no entry tells of."""
        details = self.session.scalar(select(func.count()).select_from(LedgerDetail))
        salts = self.session.scalar(select(func.count()).select_from(LedgerBlobSalt))
        if details != self._details:
            raise _Wrong(f"There are details of {details} entries, and only {self._details} entries have any.")
        if salts != self._payloads:
            raise _Wrong(f"There are salts of {salts} payloads, and the entries have {self._payloads}.")

    def _check_waiting(self) -> None:
        """What waits excuses that the ledger does not tell of it, so that it must be about to get its place."""
        _require(first_that_cannot_be_taken_in(self.session, self.blobs))

    def _check_nothing_untold(self) -> None:
        untold = self.session.scalar(
            select(func.min(JournalEntry.id)).where(
                ~exists().where(LedgerDetail.journal_id == JournalEntry.id),
                ~exists().where(LedgerOutbox.journal_id == JournalEntry.id),
            )
        )
        if untold is not None:
            raise _Wrong(f"Row {untold} of the journal was put there by somebody: the ledger was never told of it.")

    def _check_numbers(self) -> None:
        if self._erased:
            self._numbers.check_told_once(self.session)
            _require(self._numbers.told_again(self.session))
        _require(gap(self.session))


def _require(nothing: str | None) -> None:
    """Raises _Wrong with what is wrong, where that is not nothing."""
    if nothing is not None:
        raise _Wrong(nothing)


def _agreeing(leaves: Sequence[bytes], tile: bytes) -> int:
    """How many leaves are those of the tile, before the first that is not."""
    for place, leaf in enumerate(leaves):
        if tile[place * HASH_BYTES : (place + 1) * HASH_BYTES] != leaf:
            return place
    return len(leaves)


def _upper_tiles(roots: Sequence[bytes]) -> Iterator[tuple[tuple[int, int], bytes]]:
    """The tiles from level 1 on, by level and number, over the roots of the full ones of level 0."""
    level = 1
    while roots:
        for number, start in enumerate(range(0, len(roots), WIDTH)):
            yield (level, number), b"".join(roots[start : start + WIDTH])
        roots = [subtree_root(roots[start : start + WIDTH]) for start in range(0, len(roots) - WIDTH + 1, WIDTH)]
        level += 1


def _as_we_write(detail: str) -> bool:
    """Whether JSON is spelled as the journal spells it, each key once."""
    return json_text(json.loads(detail)) == detail


def _without_nul(details: bytes) -> bytes:
    """PostgreSQL keeps no NUL character; :class:`spool.tables.Text` puts its picture there."""
    return details.replace(b"\\u0000", "\u2400".encode())


def _beside(session: Session, start: int, end: int) -> dict[int, _Beside]:
    return {
        idx: (journal_id, bytes(salt), bytes(body), None if row[0] is None else Waiting._make((*row, ())))
        for idx, journal_id, salt, body, *row in _BESIDE.rows(session, {"start": start, "end": end})
    }


def _salts(session: Session, start: int, end: int) -> dict[int, dict[str, tuple[str, bytes]]]:
    found: dict[int, dict[str, tuple[str, bytes]]] = {}
    for idx, role, digest, salt in _SALTS.rows(session, {"start": start, "end": end}):
        found.setdefault(idx, {})[role] = digest, bytes(salt)
    return found


_BESIDE = Prepared(
    select(
        LedgerDetail.idx,
        LedgerDetail.journal_id,
        LedgerDetail.salt,
        LedgerDetail.body,
        *store.TOLD,
    )
    .outerjoin(JournalEntry, JournalEntry.id == LedgerDetail.journal_id)
    .where(LedgerDetail.idx >= bindparam("start"), LedgerDetail.idx < bindparam("end"))
)

_SALTS = Prepared(
    select(LedgerBlobSalt.idx, LedgerBlobSalt.role, LedgerBlobSalt.sha256, LedgerBlobSalt.salt).where(
        LedgerBlobSalt.idx >= bindparam("start"), LedgerBlobSalt.idx < bindparam("end")
    )
)
