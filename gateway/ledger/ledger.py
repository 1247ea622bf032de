"""The ledger of one home, as the rest of the house knows it: it takes in what the journal tells, signs how far it is, and is verified."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog

from canonical.errors import Misconfigured
from spool.blobs import BlobStore
from spool.clock import Clock
from spool.database.port import Database

from ..certificates.vault import Vault
from . import store
from .batch import Random
from .checkpoint import Checkpoint
from .entry import PSEUDONYM_BYTES
from .note import Malformed, Note, NotSigned, VerifierKey, read_note, signed
from .scanning import Anchor, Scan, Scanned
from .sequencer import Sequencer
from .signer import KEY_NAME, STATE_NAME, GuardedSigner, NotSignable, file_signer
from .tiles import node_of
from .tree import consistency_proof, extends, root

ORIGIN = "tally.local/{tenant}"
"""What a ledger is called unless the settings say otherwise."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ledger:
    """``keys`` is the folder with the signer's key and state; ``origin`` is what the ledger is called, :data:`ORIGIN` when None."""

    database: Database
    blobs: BlobStore
    clock: Clock
    keys: Path
    vault: Vault
    node: str
    origin: str | None = None
    random: Random = secrets.token_bytes

    def drain(self) -> int:
        """Take in all that waits; how many entries. Raises Retryable."""
        return Sequencer(self.database, self.blobs, self.clock, self.node, self.random).drain()

    def size(self) -> int:
        """How many entries there are."""
        with self.database.read() as session:
            return store.size(session)

    def checkpoint(self) -> Note:
        """Take in all that waits, and sign how far the ledger is. Raises NotSignable where that contradicts what was signed before."""
        self.drain()
        signer = self._signer()
        with self.database.read() as session:
            state = store.state(session)
            assert state is not None
            size = state.size
            now = Checkpoint(signer.signer.key.name, size, bytes(state.root))
            node = node_of(store.tiles(session, size))
            sealed = signer.sign(now, lambda old: consistency_proof(old, size, node))
        _log.info("ledger.checkpoint", size=size, root=now.root.hex())
        return sealed

    def checkpoint_at(self, size: int) -> Note:
        """Sign how the ledger was when it had ``size`` entries, proved to be what the present one begins with. Raises NotSignable."""
        now = Checkpoint.read(self.checkpoint().text)
        signer = self._signer().signer
        with self.database.read() as session:
            node = node_of(store.tiles(session, now.size))
            then = Checkpoint(signer.key.name, size, root(size, node))
            if not extends(size, then.root, now.size, now.root, consistency_proof(size, now.size, node)):
                raise NotSignable(
                    f"The ledger of {size} entries is not what the one that was signed begins with. `tally ledger verify` says more."
                )
        return signed(str(then), [signer])

    def key(self) -> VerifierKey:
        """By what its checkpoints are verified."""
        return self._signer().signer.key

    def last(self) -> Note | None:
        """The checkpoint that was signed last; None before the first. Raises NotSignable where that is not known any more."""
        begun = any((self.keys / name).exists() for name in (KEY_NAME, STATE_NAME))
        return self._signer().last() if begun else None

    def verify(self, anchors: Sequence[Anchor] = ()) -> Scanned:
        """Check everything, also against what was signed last and against ``anchors``."""
        last = self.last()
        known = [] if last is None else [Anchor("the checkpoint that was signed last", Checkpoint.read(last.text))]
        with self.database.read() as session:
            return Scan(session, self.blobs, (*known, *anchors)).run()

    def anchor(self, folder: Path) -> Path:
        """Write a checkpoint into a folder, better one on another machine, as a file that is called after the day and the size; the file.

        Raises Misconfigured where the folder is none.
        """
        sealed = self.checkpoint()
        path = folder / anchor_name(self.clock.now(), Checkpoint.read(sealed.text).size)
        try:
            path.write_text(str(sealed), "utf-8")
        except OSError as error:
            raise Misconfigured(f"The checkpoint cannot be written to {path}: {error.strerror}.") from error
        return path

    def _signer(self) -> GuardedSigner:
        signer = file_signer(self.keys, self.vault, self.origin or ORIGIN.format(tenant=self._tenant()))
        return GuardedSigner(signer, self.keys / STATE_NAME)

    def _tenant(self) -> str:
        with self.database.read() as session:
            state = store.state(session)
        if state is not None:
            return state.tenant
        tenant = self.random(PSEUDONYM_BYTES).hex()
        return self.database.write(partial(store.begin, tenant, self.clock.now()))


def anchor_name(now: datetime, size: int) -> str:
    """The name of the file with a checkpoint of that day."""
    return f"ledger-{now:%Y-%m-%d}-{size:012d}.checkpoint"


def read_anchor(path: Path, trusted: str) -> Anchor:
    """A checkpoint in a file, signed by a verifier key. Raises Misconfigured for a file or key that is none, or one not signed by it."""
    try:
        note = read_note(path.read_bytes())
        checkpoint = Checkpoint.read(note.text)
    except OSError as error:
        raise Misconfigured(f"The checkpoint {path} cannot be read: {error.strerror}.") from error
    except Malformed as error:
        raise Misconfigured(f"{path} is no checkpoint: {error}.") from error
    try:
        note.require_signed_by(VerifierKey.read(trusted))
    except Malformed as error:
        raise Misconfigured(
            f"{trusted!r} is no verifier key: {error}. `tally ledger checkpoint` shows ours."
        ) from error
    except NotSigned as error:
        raise Misconfigured(f"The checkpoint {path} proves nothing. {error}") from error
    return Anchor(f"the checkpoint in {path}", checkpoint)
