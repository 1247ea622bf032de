"""A witness: he cosigns what extends all that he saw of a ledger, and remembers that. He needs no home, and believes nobody."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from canonical.errors import Misconfigured
from spool.clock import Clock
from spool.durability import write_private

from ..certificates.vault import VARIABLE
from ..operations.instruction import NotPossible
from .checkpoint import Checkpoint
from .cosignature import Request, WitnessKey, cosigned, cosigned_at
from .note import Malformed, Note, NotSigned, VerifierKey, read_note
from .signer_state import alone
from .tree import extends


class NotCosigned(NotPossible):
    """What a witness was asked to cosign contradicts what he cosigned before, or cannot be held against it."""


@dataclass(frozen=True, slots=True)
class WitnessSigner:
    """A witness's key in a file: a :class:`.note.NoteSigner`."""

    key: WitnessKey
    private: Ed25519PrivateKey

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


@dataclass(frozen=True, slots=True)
class Witness:
    """Cosigns by ``signer``.

    ``memory`` is the file with what he cosigned last of one ledger: that note itself, which nobody else can write.
    """

    signer: WitnessSigner
    memory: Path
    clock: Clock

    def cosign(self, request: Request, log: VerifierKey, *, first: bool = False) -> Note:
        """The checkpoint as ``log`` signed it, with his cosignature and nobody else's, once his memory says so durably; ``first`` where he
        has cosigned nothing of this ledger yet.

        Raises NotCosigned where it is not by ``log``, or not proved to extend what he cosigned last.
        """
        now = _checkpoint_by(log, request.note)
        try:
            with alone(self.memory.parent):
                last = self._last(first)
                _require_next(last, now, request)
                # What others wrote under it is not his to keep: whoever has the mail in hand can add to that without a key.
                note = cosigned(request.note.only_by(log), self.signer, self.clock.now())
                remembered = str(note).encode()
                self._require_legible(remembered)
                write_private(self.memory, remembered, replacing=True)
        except OSError as error:
            raise Misconfigured(
                f"{self.memory} cannot be read or written: {error.strerror}. It is what you cosigned last; nothing is cosigned without it."
            ) from error
        return note

    def _last(self, first: bool) -> Checkpoint | None:
        """What he cosigned last; None where there is nothing, and he says so."""
        if not self.memory.exists():
            if first:
                return None
            raise NotCosigned(
                f"{self.memory} is missing: nobody knows what you cosigned last, and nothing is cosigned. Restore it. Only where you "
                "never cosigned anything of this ledger say --first. Where it is lost for good, begin with a new key, and tell everybody "
                "who has the old one."
            )
        if first:
            raise NotCosigned(f"{self.memory} says that you cosigned before: leave --first away.")
        try:
            remembered, at = self._recalled(self.memory.read_bytes())
        except (Malformed, NotSigned) as error:
            raise NotCosigned(
                f"{self.memory} is not what you cosigned last: {error}. Restore it. Where lines of others stand under its text, take them "
                f"out instead: of the lines with a dash leave the ledger's and that of {self.signer.key.name}, and all else as it is."
            ) from error
        if at is None:
            raise NotCosigned(
                f"{self.memory} is not cosigned by {self.signer.key}: it is another witness's, or you had another name or key."
            )
        return remembered

    def _recalled(self, data: bytes) -> tuple[Checkpoint, datetime | None]:
        """What a memory says that he cosigned, and when. Raises Malformed and NotSigned."""
        note = read_note(data)
        return Checkpoint.read(note.text), cosigned_at(note, self.signer.key)

    def _require_legible(self, data: bytes) -> None:
        """Raises NotCosigned for a memory that could not be read the next time."""
        try:
            self._recalled(data)
        except (Malformed, NotSigned) as error:
            raise NotCosigned(
                f"The checkpoint is not cosigned: {error}, with your cosignature under it. Whoever asks has to sign a shorter one."
            ) from error


def witness_key(path: Path, name: str) -> WitnessSigner:
    """The key in a PEM file by which a witness called ``name`` cosigns; where it is encrypted, the environment has the passphrase.

    Raises Misconfigured where there is none, or it is not one for Ed25519, or others can read it.
    """
    try:
        data, mode = path.read_bytes(), path.stat().st_mode
    except OSError as error:
        raise Misconfigured(
            f"Your key {path} cannot be read: {error.strerror}. Make one once, and keep it: (umask 077; openssl genpkey -algorithm ed25519 "
            f"-out {path})"
        ) from error
    if mode & 0o077:
        raise Misconfigured(f"Your key {path} can be read by others. Run `chmod 600 {path}`.")
    private = _opened(path, data)
    if not isinstance(private, Ed25519PrivateKey):
        raise Misconfigured(f"{path} is no Ed25519 key; openssl genpkey -algorithm ed25519 makes one.")
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    try:
        return WitnessSigner(WitnessKey(name, public), private)
    except Malformed as error:
        raise Misconfigured(
            f"{name!r} is no name of a witness: it has no blanks and no plus sign, like witness.example/eva."
        ) from error


def _opened(path: Path, data: bytes) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(data, None)
    except TypeError:
        passphrase = os.environ.get(VARIABLE, "").encode()
    except ValueError as error:
        raise Misconfigured(f"{path} is no private key in PEM.") from error
    try:
        return load_pem_private_key(data, passphrase)
    except (TypeError, ValueError) as error:
        raise Misconfigured(
            f"Your key {path} is encrypted, and does not open with the passphrase in {VARIABLE}."
        ) from error


def _checkpoint_by(log: VerifierKey, note: Note) -> Checkpoint:
    try:
        note.require_signed_by(log)
        said = Checkpoint.read(note.text)
    except NotSigned as error:
        raise NotCosigned(f"The checkpoint is not cosigned. {error}") from error
    except Malformed as error:
        raise Misconfigured(f"This is no checkpoint: {error}.") from error
    if said.origin != log.name:
        raise NotCosigned(f"The checkpoint is of {said.origin}, and the key that you trust is of {log.name}.")
    return said


def _require_next(last: Checkpoint | None, now: Checkpoint, request: Request) -> None:
    """Raises NotCosigned unless it is proved that ``now`` extends ``last``."""
    size = 0 if last is None else last.size
    if last is not None and last.origin != now.origin:
        raise NotCosigned(
            f"Your memory is of {last.origin}, and this is a checkpoint of {now.origin}: keep one for each ledger."
        )
    if now.size < size:
        raise NotCosigned(
            f"The checkpoint is of {now.size} entries, and you cosigned {size}. An old one is nothing to cosign; a new one shows that the "
            "ledger was put back: keep it, and show it with what you cosigned."
        )
    if request.old != size:
        raise NotCosigned(
            f"The proof begins with {request.old} entries, and you cosigned {size}. Ask for `tally ledger request --since {size}`."
        )
    if now.size == 0:
        raise NotCosigned("The ledger is empty: there is nothing to cosign yet.")
    if not (not request.proof if last is None else extends(size, last.root, now.size, now.root, request.proof)):
        raise NotCosigned(
            f"It is not proved that the checkpoint of {now.size} entries extends the {size} that you cosigned: the ledger was changed or "
            "forked, or the proof is not the one for it. Keep both: signed by the ledger's key, they may contradict each other."
        )
