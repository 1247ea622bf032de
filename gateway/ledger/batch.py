"""Entries on their way into the ledger: the places they get, and what these make of the tree and of the chains. Pure but for salts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self

from spool.journal import OURSELVES

from .entry import (
    PSEUDONYM_BYTES,
    SALT_BYTES,
    Actor,
    CommittedBlob,
    Entry,
    commitment,
    detail_of,
    known_outcome,
    timestamp,
)
from .exact import exact_text
from .tiles import WIDTH, Tile
from .tree import Frontier, hashes_in, leaf_hash, subtree_root

Random = Callable[[int], bytes]
"""That many bytes that nobody can guess."""


class Waiting(NamedTuple):
    """An entry of the journal that is not in the ledger yet; ``detail`` is the text of its JSON, and ``blobs`` as its outbox has them."""

    journal_id: int
    at: datetime
    step: str
    outcome: str
    partner: str | None
    receipt: str | None
    document: str | None
    transmission: str | None
    actor: str
    detail: str
    blobs: Sequence[Mapping[str, Any]]

    @property
    def doc(self) -> str:
        """What it is about."""
        return self.document or self.transmission or self.receipt or ""

    @property
    def kind_of_actor(self) -> Actor:
        """Who did it, as far as the envelope says so."""
        return Actor.SYSTEM if self.actor == OURSELVES else Actor.OPERATOR

    def details(self, digests: Mapping[str, str]) -> bytes:
        """All that it says, as the ledger keeps it beside the envelope; ``digests`` are those of its payloads by role."""
        return self._details(exact_text(self.detail), digests)

    def details_as_spelled(self, digests: Mapping[str, str]) -> bytes:
        """As :meth:`details`, where the journal's JSON is exact as it stands, which all that we write without fractions is; in a sixth of
        the time. Otherwise something that is no details of any entry."""
        return self._details(self.detail, digests)

    def _details(self, detail: str, digests: Mapping[str, str]) -> bytes:
        return detail_of(
            self.journal_id,
            partner=self.partner,
            actor=self.actor,
            outcome=self.outcome,
            receipt=self.receipt,
            document=self.document,
            transmission=self.transmission,
            detail=detail,
            digests=digests,
        )


@dataclass(frozen=True, slots=True)
class CommittedPayload:
    """A payload as an entry commits to it, and what only the details may say of it."""

    blob: CommittedBlob
    sha256: str
    salt: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """How the ledger stands, as far as a batch builds on it.

    ``tail`` are the leaf hashes behind the last full tile; ``subjects`` and ``partners`` those that the batch is about, as far as they are
    known: how many entries there are of each, and the last leaf hash or the pseudonym.
    """

    tenant: str
    frontier: Frontier
    tail: Sequence[bytes]
    subjects: Mapping[str, tuple[int, bytes]]
    partners: Mapping[str, tuple[int, str]]


@dataclass(slots=True)
class Batch:
    """What is to be added to a ledger of ``size`` entries. Rows are by column."""

    tenant: str
    size: int
    frontier: Frontier
    tail: list[bytes]
    journal_ids: list[int] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)
    salts: list[dict[str, Any]] = field(default_factory=list)
    subjects: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    partners: dict[str, tuple[int, str]] = field(default_factory=dict)
    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)

    @classmethod
    def on(cls, standing: Standing) -> Self:
        """Nothing yet."""
        frontier = standing.frontier
        subjects, partners = dict(standing.subjects), dict(standing.partners)
        return cls(standing.tenant, frontier.size, frontier, list(standing.tail), subjects=subjects, partners=partners)


@dataclass(frozen=True, slots=True)
class Clerk:
    """Makes entries on a node; ``stored`` are the tiles that there are."""

    node: str
    random: Random
    stored: Tile

    def add(self, batch: Batch, waiting: Waiting, payloads: Sequence[CommittedPayload]) -> None:
        """Give an entry the next place."""
        idx = batch.frontier.size
        entry, salt, details = self.enveloped(batch, waiting, payloads)
        body = entry.written()
        leaf = leaf_hash(body)
        if entry.doc:
            batch.subjects[entry.doc] = entry.dseq, leaf
        if waiting.partner:
            batch.partners[waiting.partner] = entry.pseq, entry.partner
        batch.journal_ids.append(waiting.journal_id)
        batch.entries.append({"idx": idx, "body": body})
        batch.details.append({"idx": idx, "journal_id": waiting.journal_id, "salt": salt, "body": details})
        for each in payloads:
            batch.salts.append({"idx": idx, "role": each.blob.role, "sha256": each.sha256, "salt": each.salt})
        batch.frontier.append(leaf)
        batch.tail.append(leaf)
        if len(batch.tail) == WIDTH:
            self._complete_tile(batch)

    def enveloped(
        self, batch: Batch, waiting: Waiting, payloads: Sequence[CommittedPayload]
    ) -> tuple[Entry, bytes, bytes]:
        """The entry that is to get the next place, with the salt of the commitment to its details, and these."""
        salt = self.random(SALT_BYTES)
        details = waiting.details({each.blob.role: each.sha256 for each in payloads})
        return self._entry(batch, waiting, payloads, commitment(salt, details)), salt, details

    def _entry(self, batch: Batch, waiting: Waiting, payloads: Sequence[CommittedPayload], d: bytes) -> Entry:
        doc = waiting.doc
        dseq, dprev = batch.subjects.get(doc, (0, b""))
        pseq, pseudonym = 0, ""
        if waiting.partner:
            pseq, pseudonym = batch.partners.get(waiting.partner) or (0, self.random(PSEUDONYM_BYTES).hex())
            pseq += 1
        return Entry(
            type=waiting.step,
            ts=timestamp(waiting.at),
            doc=doc,
            dseq=dseq + 1 if doc else 0,
            dprev=dprev,
            partner=pseudonym,
            pseq=pseq,
            tenant=batch.tenant,
            actor=waiting.kind_of_actor,
            node=self.node,
            outcome=known_outcome(waiting.outcome),
            blobs=tuple(each.blob for each in payloads),
            d=d,
        )

    def _complete_tile(self, batch: Batch) -> None:
        """A tile of level 0 is full: its root is one more hash of the level above, which may so be full too."""
        hashes, batch.tail = batch.tail, []
        level, number = 0, batch.frontier.size // WIDTH - 1
        batch.tiles[level, number] = b"".join(hashes)
        while len(hashes) == WIDTH:
            root = subtree_root(hashes)
            level, (number, place) = level + 1, divmod(number, WIDTH)
            before = batch.tiles.get((level, number)) or (self.stored(level, number) if place else b"")
            batch.tiles[level, number] = before + root
            hashes = hashes_in(before + root)
