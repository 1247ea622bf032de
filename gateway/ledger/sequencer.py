"""From the outbox into the ledger: each entry of the journal gets its place, once and for ever.

What takes long (payloads, hashes) is done on what was read before; then one short write takes the places, if nobody took them meanwhile,
and clears the outbox in the same transaction. So a sequencer may die anywhere, and two may run at once: the second one finds the places
taken and begins anew.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

import structlog
from sqlalchemy.orm import Session

from canonical.errors import NotFound, Retryable
from canonical.identity import BlobDigest
from spool.blobs import BlobDamaged, BlobStore
from spool.clock import Clock
from spool.database.port import Database

from . import store
from .batch import Batch, Clerk, CommittedPayload, Random, Standing, Waiting
from .entry import PSEUDONYM_BYTES, SALT_BYTES, CommittedBlob
from .store import Overtaken
from .tiles import WIDTH
from .tree import leaf_hash

BATCH = 100
"""Entries that get their places in one transaction."""

_ATTEMPTS = 8
"""How often a batch is begun because another sequencer took its places."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sequencer:
    """Drains the outbox."""

    database: Database
    blobs: BlobStore
    clock: Clock
    node: str
    random: Random = secrets.token_bytes

    def drain(self) -> int:
        """Give every entry that waits its place; how many there were. One whose payload cannot be read waits on, and the log says so."""
        done, after = 0, 0
        while True:
            with self.database.read() as session:
                waiting = store.waiting(session, after, BATCH)
            if not waiting:
                return done
            done += self._sequence(waiting)
            after = waiting[-1].journal_id

    def _sequence(self, waiting: Sequence[Waiting]) -> int:
        for _ in range(_ATTEMPTS):
            with self.database.read() as session:
                batch = self._batch(session, waiting)
            try:
                if batch.entries:
                    self.database.write(partial(store.append, batch, self.clock.now()))
                return len(batch.entries)
            except Overtaken:
                with self.database.read() as session:
                    waiting = store.still_waiting(session, waiting)
        raise Retryable("Others added to the ledger faster than we could, time and again; it is tried again.")

    def _batch(self, session: Session, waiting: Sequence[Waiting]) -> Batch:
        standing = self._standing(session, waiting)
        clerk = Clerk(self.node, self.random, store.tiles(session, standing.frontier.size))
        batch = Batch.on(standing)
        for each in waiting:
            try:
                payloads = [self._payload(session, blob["role"], blob["sha256"]) for blob in each.blobs]
            except (NotFound, BlobDamaged) as error:
                _log.error("ledger.held", journal=each.journal_id, why=error.message)
            else:
                clerk.add(batch, each, payloads)
        return batch

    def _standing(self, session: Session, waiting: Sequence[Waiting]) -> Standing:
        state = store.state(session)
        frontier = store.frontier_of(state)
        size = frontier.size
        return Standing(
            tenant=self.random(PSEUDONYM_BYTES).hex() if state is None else state.tenant,
            frontier=frontier,
            tail=[leaf_hash(body) for body in store.bodies(session, size - size % WIDTH, size)],
            subjects=store.subjects(session, {each.doc for each in waiting}),
            partners=store.partners(session, {each.partner for each in waiting if each.partner}),
        )

    def _payload(self, session: Session, role: str, digest: str) -> CommittedPayload:
        salt = self.random(SALT_BYTES)
        hashed, size = sha256(salt), 0
        for chunk in self.blobs.chunks(session, BlobDigest(digest)):
            hashed.update(chunk)
            size += len(chunk)
        return CommittedPayload(CommittedBlob(role, hashed.digest(), size), digest, salt)
