"""`tally ledger shard`: a closed year is written out, and the ledger records that it was."""

import secrets
import shutil
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured
from spool import journal
from spool.clock import Clock
from spool.database.port import Database
from spool.journal import JournalEntry, LedgerOutbox, Step

from ...operations.instruction import NotPossible
from .. import exact, store
from ..checkpoint import Checkpoint
from ..entry import read_entry
from ..ledger import Ledger
from ..note import Note, signed
from ..tiles import WIDTH
from ..tree import HASH_BYTES
from .bounds import Bounds, Years
from .layout import CHECKPOINT, DETAILS, STATEMENT, packed, rotation_name, tiles
from .statement import Elsewhere, Statement, year_begins

_AT_ONCE = 4096
"""Entries that are read together."""

_EVERYWHERE = timedelta(hours=12)
"""How long after its end in UTC a year is over in every time zone."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The entries from ``first`` on and before ``end``, which is the size of the log that is signed with ``root``; ``among`` them so many
    of other years, and ``elsewhere`` those of this one (:mod:`.bounds`)."""

    path: Path
    year: int
    first: int
    end: int
    root: bytes
    details: bool
    among: int = 0
    elsewhere: tuple[Elsewhere, ...] = ()


@dataclass(frozen=True, slots=True)
class Sharding:
    """Writes shards of one home's ledger; ``fiscal_year_ends`` is the month with which a year ends, in UTC."""

    database: Database
    clock: Clock
    ledger: Ledger
    fiscal_year_ends: int = 12

    def write(self, year: int, to: Path, by: str, *, details: bool = False) -> Shard:
        """Write the year that ends in ``year`` into a new directory, complete or not at all, and record it.

        Raises NotPossible for a year that is not over or has no entries, Misconfigured for a directory that is there or cannot be made.
        """
        self.ledger.drain()
        found = self._bounds(year)
        checkpoint = self.ledger.checkpoint_at(found.end)
        root = Checkpoint.read(checkpoint.text).root
        shard = Shard(to, year, found.first, found.end, root, details, found.among, found.elsewhere)
        if to.exists():
            raise Misconfigured(f"{to} is there already. A shard is written into a new directory.")
        aside = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
        try:
            self._write(shard, aside, checkpoint)
            aside.rename(to)
        except OSError as error:
            raise Misconfigured(f"{to} cannot be written: {error.strerror}.") from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        self._record(shard, by)
        return shard

    def _bounds(self, year: int) -> Bounds:
        begin, over = year_begins(year, self.fiscal_year_ends), year_begins(year + 1, self.fiscal_year_ends)
        if self.clock.now() < over + _EVERYWHERE:
            raise NotPossible(f"The year {year} is not over everywhere before {over + _EVERYWHERE:%Y-%m-%d %H:%M} UTC.")
        with self.database.read() as session:
            waiting = session.scalar(
                select(func.count())
                .select_from(LedgerOutbox)
                .join(JournalEntry, JournalEntry.id == LedgerOutbox.journal_id)
                .where(JournalEntry.at < over)
            )
            found = _bounds(session, begin, over)
        if waiting:
            raise NotPossible(
                f"{waiting} entries of {year} are not in the ledger yet: a payload cannot be read, as the log says (ledger.held)."
            )
        if found.first == found.end:
            raise NotPossible(f"The ledger has no entries of the year that ended in {year}{_but(found)}.")
        return found

    def _write(self, shard: Shard, folder: Path, checkpoint: Note) -> None:
        folder.mkdir(mode=0o700)
        statement = self._statement(shard, checkpoint)
        with self.database.read() as session:
            tile = store.tiles(session, shard.end)
            for place in tiles(shard.end, statement.minimum):
                _put(folder / place.path, tile(place.level, place.n)[: place.width * HASH_BYTES])
                if place.level == 0:
                    start = place.n * WIDTH
                    _put(folder / place.entries_path, packed(store.bodies(session, start, start + place.width)))
            if shard.details:
                details = b"".join(_details(session, shard))
                _put(folder / DETAILS, details)
                statement = replace(statement, details=sha256(details).hexdigest())
        _put(folder / CHECKPOINT, str(checkpoint).encode())
        _put(folder / STATEMENT, str(signed(str(statement), self.ledger.signers())).encode())
        for number, rotation in enumerate(self.ledger.rotations(), 1):
            _put(folder / rotation_name(number), str(rotation).encode())

    def _statement(self, shard: Shard, checkpoint: Note) -> Statement:
        """What it is of, as long as nothing of details is said."""
        origin = Checkpoint.read(checkpoint.text).origin
        return Statement(
            origin,
            shard.year,
            self.fiscal_year_ends,
            shard.first,
            shard.end,
            shard.root,
            None,
            shard.among,
            shard.elsewhere,
        )

    def _record(self, shard: Shard, by: str) -> None:
        detail = {
            "year": shard.year,
            "from": shard.first,
            "to": shard.end,
            "root": shard.root.hex(),
            "details": shard.details,
        }
        self.database.write(
            lambda session: journal.record(
                session, self.clock, step=Step.SHARDED, outcome=f"year {shard.year}", actor=by, detail=detail
            )
        )
        self.ledger.drain()


def _bounds(session: Session, begins: datetime, over: datetime) -> Bounds:
    """All entries are looked at: no order of their times can be relied on."""
    years = Years(begins, over)
    size = store.size(session)
    for start in range(0, size, _AT_ONCE):
        for body in store.bodies(session, start, min(start + _AT_ONCE, size)):
            years.add(read_entry(body).ts)
    return years.bounds()


def _but(found: Bounds) -> str:
    """Where single ones are, in words."""
    places = " and ".join(f"{each.entries} between {each.lowest} and {each.highest}" for each in found.elsewhere)
    return f", but for {places}, which are in shards of other years: a clock was wrong" if places else ""


def _details(session: Session, shard: Shard) -> Iterator[bytes]:
    for idx in range(shard.first, shard.end):
        detail = store.detail(session, idx)
        # Without the details nothing says any more of which payloads these salts are.
        salts = {} if detail is None else store.blob_salts(session, idx)
        said = {
            "idx": idx,
            "detail": detail and b64encode(detail.body).decode(),
            "salt": detail and b64encode(detail.salt).decode(),
            "payloads": {
                role: {"sha256": digest, "salt": b64encode(salt).decode()} for role, (digest, salt) in salts.items()
            },
        }
        yield exact.write(said) + b"\n"


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o400)
