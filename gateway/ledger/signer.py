"""Who signs checkpoints, and never signs two that contradict each other.

The signer believes no database. It keeps what it signed last, and signs the next only with a proof, verified here, that the ledger still
begins with that. So a ledger that was cut short, grown anew from an earlier state, or edited gets no signature any more.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from ..operations.instruction import NotPossible
from . import note
from .checkpoint import Checkpoint
from .note import Malformed, Note, NoteSigner, NotSigned, VerifierKey, read_note
from .rotation import Rotation
from .signer_state import STATE_NAME, NotSignable, SignerState, alone
from .signing_keys import SigningKeys
from .tree import extends

Prove = Callable[[int], Sequence[bytes]]
"""The consistency proof from that many entries to those that are to be signed."""

Sign = Callable[[Checkpoint, Prove], Note]
"""Gives the signed checkpoint. Raises NotSignable where it contradicts the one that was signed last."""


@dataclass(frozen=True, slots=True)
class GuardedSigner:
    """Signs by ``signer`` what extends what was signed last, as the file ``state`` says; and by ``retiring``, while that is trusted."""

    signer: NoteSigner
    state: Path
    retiring: NoteSigner | None = None

    def last(self) -> Note | None:
        """The checkpoint that was signed last; None before the first. Raises NotSignable where the file says what we did not sign."""
        return self._known()[1]

    @property
    def signers(self) -> Sequence[NoteSigner]:
        """Who signs each checkpoint."""
        return [self.signer] if self.retiring is None else [self.signer, self.retiring]

    def rotations(self) -> tuple[Rotation, ...]:
        """How each key handed over to the next. Raises NotSignable as :meth:`last`."""
        return self._known()[2]

    def require_ours(self, checkpoint: Note) -> None:
        """Raises NotSigned unless a key of ours, of now or of before a rotation, signed it."""
        _require_by_one_of(checkpoint, self._publics(self.rotations()))

    @contextmanager
    def turn(self) -> Iterator[Sign]:
        """Nobody else signs until the block ends: what is read in it is not older than what was signed last. Gives what signs."""
        with alone(self.state.parent):
            yield self._sign

    def _sign(self, checkpoint: Checkpoint, prove: Prove) -> Note:
        """The signed checkpoint, once the state says so durably. Raises NotSignable where it contradicts the last one."""
        state, last, _ = self._known()
        if last is not None:
            said = Checkpoint.read(last.text)
            if said == checkpoint:
                return last
            self._require_extension(said, checkpoint, prove)
        signed = note.signed(str(checkpoint), self.signers)
        replace(state, checkpoint=str(signed)).write(self.state)
        return signed

    def hand_over(self, new: NoteSigner, place: str, until: datetime) -> Rotation:
        """From now on the key at ``place`` signs, and until then the one of before beside it. Raises NotPossible during another one."""
        with alone(self.state.parent):
            state, _, _ = self._known()
            if state.until is not None:
                raise NotPossible(
                    f"The key before this one still signs too, until {state.until:%Y-%m-%d %H:%M} UTC. Rotate again after that."
                )
            if new.key.public == self.signer.key.public:
                raise NotPossible(
                    "That is the key that signs now. Without ledger_key in tally.toml a new one is made in a file; with it, make a new "
                    "one in the token under another label and name that."
                )
            rotation = Rotation.between(self.signer, new)
            replace(
                state,
                rotations=(*state.rotations, str(rotation)),
                signing=(place, state.signing[0]),
                until=until,
            ).write(self.state)
            return rotation

    def retire(self) -> SignerState:
        """The key of before the rotation signs no more; the state after that."""
        with alone(self.state.parent):
            state, _, _ = self._known()
            retired = replace(state, signing=state.signing[:1], until=None)
            retired.write(self.state)
            return retired

    def _known(self) -> tuple[SignerState, Note | None, tuple[Rotation, ...]]:
        """What the state says, all of it signed by keys of ours. Raises NotSignable."""
        try:
            state = SignerState.read(self.state)
            rotations = tuple(Rotation.read(text.encode()) for text in state.rotations)
            _require_chain(rotations, self.signer.key)
            if state.checkpoint is None:
                return state, None, rotations
            said = read_note(state.checkpoint.encode())
            _require_by_one_of(said, self._publics(rotations))
        except (Malformed, NotSigned, ValueError) as error:
            raise NotSignable(
                f"{self.state} does not hold a checkpoint that this key signed ({error}). Nothing is signed any more: restore the file "
                "from a backup, and find out who changed it."
            ) from error
        return state, said, rotations

    def _publics(self, rotations: Sequence[Rotation]) -> list[bytes]:
        return [self.signer.key.public, *(each.old.public for each in rotations)]

    def _require_extension(self, said: Checkpoint, now: Checkpoint, prove: Prove) -> None:
        if now.origin != said.origin:
            raise NotSignable(
                f"The ledger is called {now.origin}, and {said.origin} was signed. The name is a part of the key that auditors have: it "
                f"stays. Nothing is signed: put ledger_origin in tally.toml back to {said.origin}."
            )
        if now.size < said.size:
            raise NotSignable(
                f"The ledger has {now.size} entries, and {said.size} were signed: it was cut short or put back to an earlier state. "
                "Nothing is signed. Stop Tallystick and restore the newest backup, or show this to your auditor."
            )
        if not extends(said.size, said.root, now.size, now.root, prove(said.size)):
            raise NotSignable(
                f"The first {said.size} entries of the ledger are no longer those that were signed: some were changed, or removed and "
                "grown anew. Nothing is signed. `tally ledger verify` names the first wrong one; restore the newest backup that verifies."
            )


def guarded_signer(keys: SigningKeys) -> GuardedSigner:
    """The home's own signer; its first key is made where there is none.

    Raises Misconfigured where a key does not open, NotSignable where nobody knows what was signed last.
    """
    path = keys.folder / STATE_NAME
    try:
        keys.prepare()
        state = SignerState.read(path)
    except Malformed as error:
        raise NotSignable(
            f"{path} does not hold a checkpoint that this key signed ({error}). Nothing is signed any more: restore the file from a "
            "backup, and find out who changed it."
        ) from error
    signers = [keys.open(place) for place in state.signing]
    return GuardedSigner(signers[0], path, signers[1] if len(signers) > 1 else None)


def _require_chain(rotations: Sequence[Rotation], head: VerifierKey) -> None:
    """Each hands over to the next, and the last to the key that signs."""
    for before, after in pairwise(rotations):
        if before.new.public != after.old.public:
            raise Malformed("its rotations do not follow each other")
    if rotations and rotations[-1].new.public != head.public:
        raise NotSigned(f"it names another key than {head.key_id.hex()} as the one that signs")


def _require_by_one_of(checkpoint: Note, publics: Sequence[bytes]) -> None:
    """Signed by one of these keys."""
    origin = Checkpoint.read(checkpoint.text).origin
    for public in publics:
        try:
            checkpoint.require_signed_by(VerifierKey(origin, public))
        except NotSigned as error:
            refused = error
        else:
            return
    raise refused
