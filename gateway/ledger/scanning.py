"""Everything the ledger says, checked from its first entry to its last. Read :meth:`Scan.run` first.

What it is held against: itself (form, chains, tree), what is kept beside it (details, salts, payloads, the journal), and checkpoints that
were signed before. Nothing is believed that follows from the entries: their hashes, the tiles, the root and the counts are computed anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from spool.blobs import BlobStore
from spool.database.prepared import Row
from spool.journal import JournalEntry, LedgerOutbox

from . import beside, exact, store
from .beside import NO_SALTS, Beside, Salts
from .chain import Chain, WrongEntry
from .checkpoint import Checkpoint
from .entry import base64
from .erasures import STEPS
from .exact import Inexact
from .glance import Glance
from .guards import first_missing
from .numbers import gap
from .outbox import first_that_cannot_be_taken_in, waiting_erasures
from .stored import first_stored_otherwise
from .tables import LedgerBlobSalt, LedgerDetail, LedgerEntry, LedgerPartner, LedgerTile
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
    _beside: Beside = field(init=False)
    _glance: Glance = field(init=False)

    def __post_init__(self) -> None:
        self._anchored = frozenset(each.checkpoint.size for each in self.anchors)
        self._beside = Beside(self.session, self.blobs)
        self._glance = Glance(self._chain, self._beside)

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
            details=self._beside.details,
            payloads=self._beside.payloads,
            erased=self._beside.erased,
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
            self._beside.covered.add(idx, said.get("detail") if isinstance(said, dict) else None)
        # What was erased a moment ago is told by an entry that still waits for its place.
        end = store.size(self.session)
        for detail in waiting_erasures(self.session):
            self._beside.covered.add(end, detail)
        self._beside.covered.sort()

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
        wrong = None
        try:
            self._take(start, end, leaves)
        except WrongEntry as error:
            wrong = error
        stored = self._stored(start // WIDTH) if end - start == WIDTH else None
        good = len(leaves) if stored is None else _agreeing(leaves, stored)
        if good < len(leaves):
            raise WrongEntry(
                start + good, "is not the one that the tree was made of: it was changed, or put there later"
            )
        if wrong is not None:
            raise wrong
        self._grow(leaves)

    def _take(self, start: int, end: int, leaves: list[bytes]) -> None:
        """Take entries up to the first that is wrong, and their leaf hashes: the last one's too where only what is beside it is wrong."""
        rows, salts = beside.rows(self.session, start, end), beside.salts(self.session, start, end)
        erased = self._beside.covered.details_in(start, end)
        while (taken := len(leaves)) < len(rows):
            blobs = self._glance.take(rows[taken:], salts, erased, leaves)
            if blobs:
                idx = self._chain.size - 1
                self._beside.check_payloads(idx, blobs, salts[idx], beside.digests_of(salts[idx]))
            elif len(leaves) < len(rows):
                self._take_closely(rows[len(leaves)], salts, leaves)
        if len(rows) < end - start:
            raise WrongEntry(start + len(rows), "is missing")

    def _take_closely(self, row: Row, salts: Mapping[int, Salts], leaves: list[bytes]) -> None:
        idx = self._chain.size
        body, kept = beside.taken_apart(self.session, row)
        leaf, fields = self._chain.take(body)
        leaves.append(leaf)
        self._beside.check(idx, fields, kept, salts.get(idx, NO_SALTS))

    def _stored(self, number: int) -> bytes:
        found = store.stored_tile(self.session, 0, number)
        if found is None or len(found) != FULL:
            raise _Wrong(f"Tile {number} of the tree, over entries {number * WIDTH} and on, is missing or cut short.")
        return found

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
        for doc, dseq, leaf in store.all_subjects(self.session):
            count, last, idx = self._chain.subjects.get(doc, (0, "", -1))
            if count != dseq:
                raise _Wrong(f"There are {count} entries about {doc}, and there were {dseq}.")
            if last != base64(leaf):
                raise WrongEntry(idx, f"is not the one that was last about {doc}: it was changed")
            seen += 1
        if seen != len(self._chain.subjects):
            raise _Wrong("There are entries about more documents than the ledger knows of.")

    def _check_state(self) -> None:
        state = store.state(self.session)
        size, root, frontier = (0, Frontier().root, b"") if state is None else (state.size, state.root, state.frontier)
        if size != self._grown.size:
            raise _Wrong(f"The ledger says that it has {size} entries, and there are {self._grown.size}.")
        if state is not None and size and state.tenant != self._chain.tenant:
            raise _Wrong(f"The ledger says that it is {state.tenant}, and its entries are of {self._chain.tenant}.")
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
        for partner, pseudonym in self._beside.pseudonyms.items():
            if partner and (partner not in known or known[partner].pseudonym != pseudonym):
                raise _Wrong(f"The pseudonym of {partner} is not the one that its entries have.")
        for row in known.values():
            count = self._chain.partners.get(row.pseudonym, 0)
            if row.pseq != count:
                raise _Wrong(f"There are {count} entries about partner {row.partner}, and there were {row.pseq}.")

    def _check_nothing_besides(self) -> None:
        """Details of no entry might tell of erasures that no entry tells of."""
        details = self.session.scalar(select(func.count()).select_from(LedgerDetail))
        salts = self.session.scalar(select(func.count()).select_from(LedgerBlobSalt))
        if details != self._beside.details:
            raise _Wrong(f"There are details of {details} entries, and only {self._beside.details} entries have any.")
        if salts != self._beside.payloads:
            raise _Wrong(f"There are salts of {salts} payloads, and the entries have {self._beside.payloads}.")

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
        if self._beside.erased:
            self._beside.numbers.check_told_once(self.session)
            _require(self._beside.numbers.told_again(self.session))
        _require(gap(self.session))


def _require(nothing: str | None) -> None:
    """Raises _Wrong with what is wrong, where that is not nothing."""
    if nothing is not None:
        raise _Wrong(nothing)


def _agreeing(leaves: Sequence[bytes], tile: bytes) -> int:
    """How many leaves are those of the tile, before the first that is not."""
    if tile.startswith(b"".join(leaves)):
        return len(leaves)
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
