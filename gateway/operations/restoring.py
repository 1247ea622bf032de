"""`tally restore`: a home from its backup, verified file by file, and ready to go on where the backup was made."""

import os
import secrets
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured
from partners import control_numbers, registry
from partners.control_numbers import HIGHEST, Kind
from spool import journal
from spool.clock import Clock
from spool.database.port import Database
from spool.database.sqlite import SqliteDatabase, sqlite_url
from spool.database.urls import parsed, shown
from spool.documents import OUTBOUND, DocumentRow
from spool.durability import sync_directory
from spool.journal import Step
from spool.migrate import upgrade
from spool.states import DocumentState
from spool.transmissions import Transmission

from ..balance import Balance, balance
from ..home import Home
from ..settings import load
from .instruction import Instruction
from .manifest import NAME, Hashing, Manifest, parse

SKIP = 1000
"""Control numbers passed over unless another number is asked for: more than were given since the backup was made, it is hoped."""

MOST_SKIPPED = 1_000_000
"""More would come round to numbers that were given, and is a slip of the finger."""


WITHDRAWN = "withdrawn"
"""The folder of a restored home, one folder a partner, for what lay in outboxes and is not to leave."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A home that was restored. ``waiting`` documents had not left when the backup was made, and leave, perhaps for a second time,
    when the home is served; ``withdrawn`` files lay in outboxes of which the database of the backup does not know."""

    home: Path
    manifest: Manifest
    balance: Balance
    skipped: int
    waiting: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Restoring:
    """Restores backups into new homes."""

    clock: Clock

    def restore(self, source: Path, root: Path, by: Instruction, *, skip: int = SKIP) -> Restored:
        """Make the home ``root``, absent or empty, from a backup. All of it or nothing: what fails leaves no home.

        Raises Misconfigured for a backup that is damaged or incomplete, a home that is not empty, or one that is not in balance.
        """
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise Misconfigured(f"{root} is not empty, and nothing is restored over it. Name another home: --home NEW.")
        _require_own_database(root)
        root.parent.mkdir(parents=True, exist_ok=True)
        unpacked = root.with_name(f".{root.name}-restoring-{secrets.token_hex(4)}")
        try:
            unpacked.mkdir(mode=0o700)
            manifest = _unpack(source, unpacked)
            restored = self._bring_up(unpacked, root, manifest, by, skip)
            if root.exists():
                root.rmdir()
            unpacked.rename(root)
            sync_directory(root.parent)
        except OSError as error:
            raise Misconfigured(f"{root} cannot be restored: {error.strerror or error}.") from error
        finally:
            shutil.rmtree(unpacked, ignore_errors=True)
        return restored

    def _bring_up(self, unpacked: Path, root: Path, manifest: Manifest, by: Instruction, skip: int) -> Restored:
        home = Home(unpacked)
        home.create()
        _require_own_database(unpacked)
        with SqliteDatabase(sqlite_url(home.database)) as database:
            upgrade(database)
            with database.read() as session:
                found = balance(session)
                waiting = _waiting(session)
            if not found.holds or found.received != manifest.received:
                raise Misconfigured(
                    f"The balance of the backup does not hold ({found.received} received, {found.places}; its manifest says "
                    f"{manifest.received}). Nothing was restored; take another backup."
                )
            withdrawn = _withdraw(home, database)
            database.write(partial(self._go_ahead, manifest, by, skip))
        return Restored(root, manifest, found, skip, waiting, withdrawn)

    def _go_ahead(self, manifest: Manifest, by: Instruction, skip: int, session: Session) -> None:
        """Pass over the control numbers that may have been given after the backup: a partner refuses a number that it has seen."""
        for applied in registry.all(session):
            for kind in Kind:
                number = control_numbers.peek(session, applied.partner, kind)
                control_numbers.set_next(session, applied.partner, kind, (number + skip - 1) % HIGHEST + 1)
        journal.record(
            session,
            self.clock,
            step=Step.RESTORED,
            outcome=by.reason,
            actor=by.actor,
            detail={"made_at": manifest.made_at.isoformat(), "skipped": skip},
        )


def _require_own_database(root: Path) -> None:
    """Refuse to restore a database beside which another one would be used as soon as somebody looks."""
    url = load(root).database_url
    if url is not None:
        raise Misconfigured(
            f"A backup is restored into the home's own tally.db, but the settings name another database, {shown(parsed(url))}. "
            "Unset TALLY_DATABASE_URL, and database_url in tally.toml, and restore again; then `tally migrate` moves the home to "
            "an empty PostgreSQL database. Nothing was restored."
        )


def _unpack(source: Path, target: Path) -> Manifest:
    """All files of a backup, each proved by the manifest."""
    found = {}
    manifest = None
    with _opened(source) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() else None
            if file is None:
                raise Misconfigured(f"{source} holds {member.name}, which is no file. It is no backup of Tallystick.")
            if member.name == NAME:
                manifest = parse(file.read())
                continue
            hashing = Hashing(file, member.size)
            _write(_inside(target, member.name, source), hashing, _mode(member.name))
            found[member.name] = hashing.entry
    if manifest is None:
        raise Misconfigured(f"{source} has no {NAME} at its end: it is incomplete, or no backup of Tallystick.")
    wrong = sorted(name for name in {*found, *manifest.files} if found.get(name) != manifest.files.get(name))
    if wrong:
        raise Misconfigured(
            f"{source} is damaged: {', '.join(wrong[:5])} {'is' if len(wrong) == 1 else 'are'} not as its manifest says. "
            "Nothing was restored; take another backup."
        )
    return manifest


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(source, "r:gz") as archive:
            yield archive
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.filename is not None and Path(error.filename) != source:
            raise
        raise Misconfigured(f"{source} cannot be read as a backup: {error}.") from error


def _inside(target: Path, name: str, source: Path) -> Path:
    path = target / name
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise Misconfigured(f"{source} holds {name}, which would lie outside the home. It is no backup of Tallystick.")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _mode(name: str) -> int:
    """Who may read a file: its owner alone, but what lies for the ERP whoever the umask lets: its importer may be another user."""
    return {"blobs": 0o400, "erp": 0o666}.get(name.partition("/")[0], 0o600)


def _write(path: Path, hashing: Hashing, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        for piece in hashing.pieces():
            file.write(piece)
        file.flush()
        os.fsync(descriptor)


def _waiting(session: Session) -> int:
    return (
        session.scalar(
            select(func.count()).where(DocumentRow.direction == OUTBOUND, DocumentRow.state == DocumentState.PENDING)
        )
        or 0
    )


def _withdraw(home: Home, database: Database) -> int:
    """Lay aside what was placed for partners after the database was copied: it is built again, under other numbers."""
    withdrawn = 0
    for outbox in (*home.sftp.glob("*/outbox"), *home.drop.glob("*/outbox")):
        partner = outbox.parent.name
        with database.read() as session:
            ours = set(session.scalars(select(Transmission.filename).where(Transmission.partner == partner)))
        for path in [path for path in outbox.iterdir() if path.is_file() and path.name not in ours]:
            aside = home.root / WITHDRAWN / partner
            aside.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.rename(aside / path.name)
            withdrawn += 1
    return withdrawn
