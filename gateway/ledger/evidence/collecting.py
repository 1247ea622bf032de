"""From a home to evidence: everything about an order or a document, as the ledger has it and as it came and went.

Read :meth:`Collector.collect` first.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import structlog
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from canonical.identity import BlobDigest, DocumentId
from spool.blobs import BlobStore
from spool.clock import Clock
from spool.database.port import Database
from spool.documents import DocumentRow
from spool.journal import JournalEntry

from ... import trail
from ...operations.instruction import NotPossible
from ...trail import TrailEntry
from .. import store
from ..authority import NotStamped
from ..checkpoint import Checkpoint
from ..entry import Entry, read_entry
from ..erasures import ERASED, STEPS, Covered
from ..ledger import Ledger
from ..note import Note, read_note
from ..stamped_checkpoints import StampedCheckpoint
from ..tiles import node_of
from ..timestamp import granted, stamped
from ..timestamping import Timestamping
from ..tree import Node, consistency_proof, extends, inclusion_proof
from .bundle import Evidence, Extended, OpenedEntry, OpenedPayload, Source, Stamped
from .manifest import Subject
from .messages import Messages

_log = structlog.get_logger(__name__)

_SCANNED = 1000
"""Entries that are looked through at a time."""
_AT_ONCE = 500
"""Ids in one statement."""


class NotInLedger(NotPossible):
    """Something that belongs into the bundle is not, or no longer, in the ledger as it must be."""


@dataclass(frozen=True, slots=True)
class Collector:
    """Collects from one home; with ``timestamping`` the bundle has time stamps, if there are any."""

    database: Database
    blobs: BlobStore
    clock: Clock
    ledger: Ledger
    timestamping: Timestamping | None = None

    def of_order(self, number: str, partner: str | None = None, anchor: Note | None = None) -> Evidence:
        """Everything about a purchase order, both ways. Raises NotFound, NotInLedger, NotSignable."""
        return self.collect(
            Subject(kind="order", id=number), lambda session: trail.of_order(session, number, partner), anchor
        )

    def of_document(self, document: DocumentId, anchor: Note | None = None) -> Evidence:
        """Everything about one document, or a file, and what it came or left in. Raises as :meth:`of_order`."""
        return self.collect(
            Subject(kind="document", id=document), lambda session: trail.of_document(session, document), anchor
        )

    def collect(
        self, subject: Subject, told: Callable[[Session], Sequence[TrailEntry]], anchor: Note | None
    ) -> Evidence:
        """1. What happened, as the trail has it. 2. All of it is taken into the ledger, and that is sealed anew. 3. Its entries, and with
        them the whole history of each thing they are about. 4. What opens and proves them. 5. What lies beside.

        ``anchor`` is a checkpoint that an auditor kept; without one the ledger is proved to extend the first that was stamped with the
        time after all of this happened, or else what was signed last. Where nothing happened since, the lines of witnesses under it are the
        bundle's own too, unless it was stamped with the time without them.
        """
        with self.database.read() as session:
            happened = told(session)
        last = self.ledger.last()
        sealed = self.ledger.checkpoint()
        with self.database.read() as session:
            reading = _Reading(session, self._stored, Checkpoint.read(sealed.text))
            entries = reading.entries([entry.id for entry in happened])
            stamps = self._stamps(entries[-1].idx + 1, sealed, anchor)
            earlier = anchor or _note_of(stamps, sealed) or last
            payloads = {payload.sha256 for entry in entries for payload in entry.payloads if payload.sha256}
            exchanged = Messages(self.database, self.blobs).around(
                session,
                {entry.receipt_id for entry in happened if entry.receipt_id},
                {entry.transmission_id for entry in happened if entry.transmission_id},
            )
            return Evidence(
                subject=subject,
                made_at=self.clock.now(),
                key=self.ledger.key(),
                checkpoint=sealed if anchor is None or stamps is not None else sealed.joined(anchor),
                entries=entries,
                payloads={sha256: self._stored(sha256) for sha256 in payloads},
                beside=exchanged.beside | self._documents(session, happened, entries),
                messages=exchanged.messages,
                carried=exchanged.carried,
                extended=None if earlier is None else reading.extended(earlier),
                stamped=None if stamps is None else self._stamped(stamps, sealed),
                rotations=[each for each in self.ledger.rotations() if each.new.name == self.ledger.key().name],
            )

    def _stamps(self, size: int, sealed: Note, anchor: Note | None) -> StampedCheckpoint | None:
        """The earliest stamp that covers ``size`` entries; or one of the checkpoint that seals the bundle, where the authority gives it."""
        timestamping = self.timestamping
        if timestamping is None:
            return None
        found = timestamping.first_over(size) if anchor is None else timestamping.of(anchor)
        if found is not None and timestamping.roots(found).roots:
            return found
        if timestamping.authority is None:
            return None
        try:
            return timestamping.stamp(sealed)
        except NotStamped as error:
            _log.warning("evidence.not_stamped", why=error.message)
            return None

    def _stamped(self, stamps: StampedCheckpoint, sealed: Note) -> Stamped:
        assert self.timestamping is not None
        data = stamps.checkpoint.encode()
        times = [
            granted(response, stamped(data, stamps.responses[:place])).at
            for place, response in enumerate(stamps.responses)
        ]
        is_earlier = stamps.checkpoint != str(sealed)
        return Stamped(is_earlier, stamps.responses, times, self.timestamping.roots(stamps).pem)

    def _documents(
        self, session: Session, happened: Sequence[TrailEntry], entries: Sequence[OpenedEntry]
    ) -> dict[str, Source]:
        """Canonical JSON under the ids of the documents, of those for which the ledger knows it to be theirs."""
        known = {(read_entry(entry.body).doc, payload.sha256) for entry in entries for payload in entry.payloads}
        ids = sorted({entry.document_id for entry in happened if entry.document_id})
        found: dict[str, Source] = {}
        for start in range(0, len(ids), _AT_ONCE):
            rows = select(DocumentRow.id, DocumentRow.canonical_sha256).where(
                DocumentRow.id.in_(ids[start : start + _AT_ONCE])
            )
            found |= {
                f"documents/{id_}.json": self._stored(sha256)
                for id_, sha256 in session.execute(rows)
                if sha256 and (id_, sha256) in known
            }
        return found

    def _stored(self, sha256: str) -> Source:
        return partial(self._chunks, sha256)

    def _chunks(self, sha256: str) -> Iterator[bytes]:
        with self.database.read() as session:
            yield from self.blobs.chunks(session, BlobDigest(sha256))


def _note_of(stamps: StampedCheckpoint | None, sealed: Note) -> Note | None:
    """The checkpoint that was stamped, where it is another than the one that seals the bundle."""
    return None if stamps is None or stamps.checkpoint == str(sealed) else read_note(stamps.checkpoint.encode())


class _Reading:
    """The ledger up to one checkpoint, read for one bundle."""

    def __init__(self, session: Session, stored: Callable[[str], Source], sealed: Checkpoint) -> None:
        self._session = session
        self._stored = stored
        self._sealed = sealed
        self._node: Node = node_of(store.tiles(session, sealed.size))
        self._covered = Covered()
        self._erasures: dict[int, int] = {}

    def entries(self, journal_ids: Sequence[int]) -> list[OpenedEntry]:
        """The entries of these, the rest of the history of all that they are about, and the erasures on record of what is missing."""
        found = self._of_journal(journal_ids)
        for doc in sorted({entry.doc for entry, _ in found.values() if entry.doc}):
            self._complete(doc, found)
        self._recall_erasures()
        opened = {idx: self._opened(idx, entry, body) for idx, (entry, body) in found.items()}
        for by in {*_erasing(opened.values())} - set(opened):
            opened[by] = self._opened(by, *self._read(by))
        return [opened[idx] for idx in sorted(opened)]

    def extended(self, earlier: Note) -> Extended | None:
        """The proof that the ledger extends the one of an earlier checkpoint; None for one of the same size. Raises NotInLedger."""
        old, new = Checkpoint.read(earlier.text), self._sealed
        if not 0 < old.size <= new.size:
            raise NotInLedger(
                f"The checkpoint to extend is of {old.size} entries, and the ledger has {new.size}: it is not one of this ledger, or the "
                "ledger was put back to an earlier state. `tally ledger verify` says more."
            )
        proof = consistency_proof(old.size, new.size, self._node)
        if not extends(old.size, old.root, new.size, new.root, proof):
            raise NotInLedger(
                f"The first {old.size} entries of the ledger are not those of the checkpoint to extend: it is not one of this ledger, or "
                "the ledger was changed. `tally ledger verify` says more."
            )
        return None if old.size == new.size else Extended(earlier, old.size, new.size, proof)

    # Which entries

    def _of_journal(self, journal_ids: Sequence[int]) -> dict[int, tuple[Entry, bytes]]:
        indexes = store.of_journal(self._session, journal_ids)
        missing = [id_ for id_ in journal_ids if id_ not in indexes]
        if missing:
            raise NotInLedger(
                f"Entry {missing[0]} of the journal is not in the ledger: a payload of it cannot be read, as the log says (ledger.held), "
                "or somebody put it there. `tally ledger verify` says more."
            )
        return {idx: self._read(idx) for idx in indexes.values()}

    def _read(self, idx: int) -> tuple[Entry, bytes]:
        body = store.body(self._session, idx)
        if body is None:
            raise NotInLedger(f"Entry {idx} of the ledger is missing. `tally ledger verify` says more.")
        return read_entry(body), body

    def _complete(self, doc: str, found: dict[int, tuple[Entry, bytes]]) -> None:
        """Add what else the ledger has about ``doc``: as the journal knows it, and where details were erased, by looking through."""
        of_doc = {idx: entry.dseq for idx, (entry, _) in found.items() if entry.doc == doc}
        told = store.of_journal(self._session, _journal_about(self._session, doc))
        of_doc |= {
            idx: self._read(idx)[0].dseq for idx in told.values() if idx < self._sealed.size and idx not in found
        }
        [(count, _)] = store.subjects(self._session, [doc]).values()
        ends = [(-1, 0), *sorted(of_doc.items()), (self._sealed.size, count + 1)]
        for (start, before), (end, after) in pairwise(ends):
            if after - before > 1:
                of_doc |= self._look_through(doc, start + 1, end)
        found |= {idx: self._read(idx) for idx in of_doc if idx not in found}

    def _look_through(self, doc: str, start: int, end: int) -> dict[int, int]:
        """The entries about ``doc`` in a range, by their index."""
        named = f'"doc":"{doc}"'.encode()
        found: dict[int, int] = {}
        for first in range(start, end, _SCANNED):
            bodies = store.bodies(self._session, first, min(first + _SCANNED, end))
            found |= {first + place: read_entry(body).dseq for place, body in enumerate(bodies) if named in body}
        return found

    # What opens and proves them

    def _recall_erasures(self) -> None:
        recorded = select(JournalEntry.id, JournalEntry.detail).where(JournalEntry.step.in_(STEPS))
        details = {id_: detail for id_, detail in self._session.execute(recorded) if ERASED in detail}
        for journal_id, idx in store.of_journal(self._session, list(details)).items():
            if idx < self._sealed.size:
                self._covered.add(idx, details[journal_id])
        self._covered.sort()

    def _opened(self, idx: int, entry: Entry, body: bytes) -> OpenedEntry:
        detail = store.detail(self._session, idx)
        salts = store.blob_salts(self._session, idx)
        return OpenedEntry(
            idx,
            body,
            None if detail is None else detail.body,
            None if detail is None else detail.salt,
            inclusion_proof(idx, self._sealed.size, self._node),
            tuple(self._payload(idx, entry, salts)),
            _recorded(idx, "details", self._covered.detail(idx)) if detail is None else None,
        )

    def _payload(self, idx: int, entry: Entry, salts: Mapping[str, tuple[str, bytes]]) -> Iterator[OpenedPayload]:
        for blob in entry.blobs:
            if blob.role in salts:
                sha256, salt = salts[blob.role]
                yield OpenedPayload(blob.role, blob.size, blob.commitment, salt, sha256)
            else:
                erased = _recorded(idx, f"payload {blob.role}", self._covered.payload(idx, blob.role))
                yield OpenedPayload(blob.role, blob.size, blob.commitment, None, None, erased)


def _recorded(idx: int, what: str, by: int | None) -> int:
    if by is None:
        raise NotInLedger(
            f"Entry {idx} of the ledger lacks its {what}, and no erasure of it is on record: the home was damaged or tampered with. "
            "`tally ledger verify` says more; restore the newest backup that verifies."
        )
    return by


def _erasing(opened: Collection[OpenedEntry]) -> Iterator[int]:
    """The entries that record what is missing from these."""
    for entry in opened:
        erased = [entry.detail_erased, *(payload.erased for payload in entry.payloads)]
        yield from (by for by in erased if by is not None)


def _journal_about(session: Session, doc: str) -> list[int]:
    """What the journal tells about one thing: a document, else a transmission, else a file, as the ledger counts."""
    no_document, no_transmission = JournalEntry.document_id.is_(None), JournalEntry.transmission_id.is_(None)
    return list(
        session.scalars(
            select(JournalEntry.id).where(
                or_(
                    JournalEntry.document_id == doc,
                    and_(JournalEntry.transmission_id == doc, no_document),
                    and_(JournalEntry.receipt_id == doc, no_document, no_transmission),
                )
            )
        )
    )
