"""The ledger of one home, as the rest of the house knows it: it takes in what the journal tells, signs how far it is, and is verified."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured
from spool import journal
from spool.blobs import BlobStore
from spool.clock import Clock
from spool.database.port import Database
from spool.durability import write_public
from spool.journal import OURSELVES, JournalEntry, Step

from ..certificates.vault import Vault
from ..operations.instruction import NotPossible
from . import store
from .batch import Random
from .checkpoint import Checkpoint
from .cosignature import Request
from .entry import PSEUDONYM_BYTES
from .note import Malformed, Note, NoteSigner, NotSigned, VerifierKey, read_note, signed
from .receipt_lines import note_in
from .rotation import Rotation, family, require_signed_by_one_of
from .scanning import Anchor, Scan, Scanned
from .sequencer import Sequencer
from .signer import GuardedSigner, guarded_signer
from .signer_state import NotSignable, SignerState
from .signing_keys import SigningKeys
from .tiles import node_of
from .tree import consistency_proof, extends, root

ORIGIN = "tally.local/{tenant}"
"""What a ledger is called unless the settings say otherwise."""

FOLLOWS = "key {new} of the ledger follows key {old}"
"""What the journal is told of a rotation."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ledger:
    """``keys`` is the folder with the signer's key and state, ``token`` where its key in a token is, or is to be; ``origin`` is what the
    ledger is called, :data:`ORIGIN` when None."""

    database: Database
    blobs: BlobStore
    clock: Clock
    keys: Path
    vault: Vault
    node: str
    origin: str | None = None
    token: str | None = None
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
        self._tell_of_rotation()
        self.drain()
        signer = self._signer()
        with signer.turn() as sign, self.database.read() as session:
            state = store.state(session)
            assert state is not None
            size = state.size
            now = Checkpoint(signer.signer.key.name, size, bytes(state.root))
            node = node_of(store.tiles(session, size))
            sealed = sign(now, lambda old: consistency_proof(old, size, node))
        _log.info("ledger.checkpoint", size=size, root=now.root.hex())
        return sealed

    def checkpoint_at(self, size: int) -> Note:
        """Sign how the ledger was when it had ``size`` entries, proved to be what the present one begins with. Raises NotSignable."""
        now = Checkpoint.read(self.checkpoint().text)
        signer = self._signer()
        with self.database.read() as session:
            node = node_of(store.tiles(session, now.size))
            then = Checkpoint(signer.signer.key.name, size, root(size, node))
            if not extends(size, then.root, now.size, now.root, consistency_proof(size, now.size, node)):
                raise NotSignable(
                    f"The ledger of {size} entries is not what the one that was signed begins with. `tally ledger verify` says more."
                )
        return signed(str(then), signer.signers)

    def request(self, old: int, checkpoint: Note | None = None) -> Request:
        """What a witness is asked by, who cosigned ``old`` entries last: to cosign ``checkpoint``, a new one when None.

        Raises NotSigned for a checkpoint that is not ours, NotPossible for one smaller than what the witness cosigned, NotSignable for one
        that is not what the ledger begins with.
        """
        if checkpoint is None:
            checkpoint = self.checkpoint()
        self.require_ours(checkpoint)
        said = Checkpoint.read(checkpoint.text)
        if said.size < old:
            raise NotPossible(
                f"The checkpoint is of {said.size} entries, and the witness cosigned {old}: ask for a later one."
            )
        with self.database.read() as session:
            size = store.size(session)
            node = node_of(store.tiles(session, size))
            if said.size > size or root(said.size, node) != said.root:
                raise NotSignable(
                    f"The ledger does not begin with the {said.size} entries of that checkpoint. `tally ledger verify` says more."
                )
            return Request(old, tuple(consistency_proof(old, said.size, node)), checkpoint)

    def key(self) -> VerifierKey:
        """By what its checkpoints are verified."""
        return self._signer().signer.key

    def signers(self) -> Sequence[NoteSigner]:
        """Who signs for it now: notes of other kinds. A checkpoint is signed by :meth:`checkpoint` only, which guards it."""
        return self._signer().signers

    def last(self) -> Note | None:
        """The checkpoint that was signed last; None before the first. Raises NotSignable where that is not known any more."""
        signer = self._last_signer()
        return None if signer is None else signer.last()

    def require_ours(self, checkpoint: Note) -> None:
        """Raises NotSigned unless this ledger's key signed it."""
        self._signer().require_ours(checkpoint)

    def verify(self, anchors: Sequence[Anchor] = ()) -> Scanned:
        """Check everything, also against what was signed last and against ``anchors``.

        Where what was signed last is not known any more, that is wrong too, once nothing else is.
        """
        known, unknown = [], None
        try:
            last = self.last()
        except NotSignable as error:
            unknown = error.message
        else:
            known = [] if last is None else [Anchor("the checkpoint that was signed last", Checkpoint.read(last.text))]
        with self.database.read() as session:
            found = Scan(session, self.blobs, (*known, *anchors)).run()
        return replace(found, wrong=unknown) if found.holds else found

    def kept(self, path: Path, trusted: str) -> Anchor:
        """A checkpoint of ours that was kept since, by the key of then or of now. Raises Misconfigured as :func:`read_anchor`."""
        try:
            rotations = self.rotations()
        except NotSignable:
            # What keeps it from being known is told by :meth:`verify`.
            rotations = ()
        return read_anchor(path, trusted, rotations)

    def anchor(self, folder: Path) -> Path:
        """Write a checkpoint into a folder, better one on another machine, as a file that is called after the day and the size; the file.

        It is there as a whole and durably, or not at all. Raises Misconfigured where the folder is none.
        """
        sealed = self.checkpoint()
        path = folder / anchor_name(self.clock.now(), Checkpoint.read(sealed.text).size)
        try:
            write_public(path, str(sealed).encode())
        except OSError as error:
            raise Misconfigured(f"The checkpoint cannot be written to {path}: {error.strerror}.") from error
        return path

    # The key, and the one after it

    def rotations(self) -> tuple[Rotation, ...]:
        """How each key of this ledger handed over to the next; none before the first checkpoint. Raises NotSignable as :meth:`last`."""
        signer = self._last_signer()
        return () if signer is None else signer.rotations()

    def rotate(self, overlap: timedelta, actor: str = OURSELVES) -> Rotation:
        """Hand over to a new key: in the token that the settings name, or else in a file. For ``overlap`` both sign.

        Interrupted, it is done or not done, and can be called again. Raises NotPossible where a rotation is under way or the key is the
        same, NotSignable where the ledger is not the one that was signed.
        """
        self.checkpoint()
        signer = self._signer()
        place = self._signing_keys().next(len(signer.rotations()))
        rotation = signer.hand_over(self._signing_keys().open(place), place, self.clock.now() + overlap)
        self._tell_of_rotation(actor)
        self.checkpoint()
        return rotation

    def _tell_of_rotation(self, actor: str = OURSELVES) -> None:
        """Have the journal, and so the ledger, know of the last rotation; and end it, once its time has come."""
        signer = self._last_signer()
        rotations = () if signer is None else signer.rotations()
        if signer is None or not rotations:
            return
        old, new = rotations[-1].old.key_id.hex(), rotations[-1].new.key_id.hex()
        said = {"old": str(rotations[-1].old), "new": str(rotations[-1].new), "note": str(rotations[-1])}
        self._tell_once(FOLLOWS.format(new=new, old=old), said, actor)
        until = SignerState.read(signer.state).until
        if until is not None and until <= self.clock.now():
            self._tell_once(f"key {old} of the ledger signs no more", {"old": str(rotations[-1].old)}, actor)
            signer.retire()
        self._signing_keys().forget_retired(SignerState.read(signer.state))

    def _tell_once(self, outcome: str, detail: dict[str, Any], actor: str) -> None:
        told = select(JournalEntry.id).where(JournalEntry.step == Step.REKEYED, JournalEntry.outcome == outcome)

        def tell(session: Session) -> None:
            if session.scalar(told.limit(1)) is None:
                journal.record(session, self.clock, step=Step.REKEYED, outcome=outcome, actor=actor, detail=detail)

        self.database.write(tell)

    def _signer(self) -> GuardedSigner:
        return guarded_signer(self._signing_keys())

    def _last_signer(self) -> GuardedSigner | None:
        """None before the first checkpoint."""
        return self._signer() if self._signing_keys().has_begun() else None

    def _signing_keys(self) -> SigningKeys:
        name = self.origin or ORIGIN.format(tenant=self._tenant())
        return SigningKeys(self.keys, self.vault, name, self.token, self._has_handed_over())

    def _has_handed_over(self) -> bool:
        """Whether the journal tells that a key of the ledger handed over to another."""
        told = select(JournalEntry.id).where(
            JournalEntry.step == Step.REKEYED, JournalEntry.outcome.like(FOLLOWS.format(new="%", old="%"))
        )
        with self.database.read() as session:
            return session.scalar(told.limit(1)) is not None

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


def read_anchor(path: Path, trusted: str, rotations: Sequence[Rotation] = ()) -> Anchor:
    """A checkpoint in a file, or in a receipt that was saved there, signed by a verifier key or by one that ``rotations`` tie to it.

    Raises Misconfigured for a file or key that is none, or one signed by none of these.
    """
    try:
        note = read_note(note_in(path.read_bytes()))
        checkpoint = Checkpoint.read(note.text)
    except OSError as error:
        raise Misconfigured(f"The checkpoint {path} cannot be read: {error.strerror}.") from error
    except Malformed as error:
        raise Misconfigured(f"{path} is no checkpoint: {error}.") from error
    try:
        require_signed_by_one_of(note, family(VerifierKey.read(trusted), rotations))
    except Malformed as error:
        raise Misconfigured(
            f"{trusted!r} is no verifier key: {error}. `tally ledger checkpoint` shows ours."
        ) from error
    except NotSigned as error:
        raise Misconfigured(f"The checkpoint {path} proves nothing. {error}") from error
    return Anchor(f"the checkpoint in {path}", checkpoint)
