"""Who signs checkpoints, and never signs two that contradict each other.

The signer believes no database. It keeps what it signed last, and signs the next only with a proof, verified here, that the ledger still
begins with that. So a ledger that was cut short, grown anew from an earlier state, or edited gets no signature any more.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from canonical.errors import Misconfigured
from spool.durability import sync_directory

from ..certificates.vault import Vault, write_once
from ..operations.instruction import NotPossible
from . import note
from .checkpoint import Checkpoint
from .note import Malformed, Note, NoteSigner, NotSigned, VerifierKey, read_note
from .tree import extends

KEY_NAME = "ledger.key"
"""The file among a home's keys."""

STATE_NAME = "ledger.state.json"
"""The file with what was signed last, beside the key."""

Prove = Callable[[int], Sequence[bytes]]
"""The consistency proof from that many entries to those that are to be signed."""


class NotSignable(NotPossible):
    """The ledger is not the one that was signed before."""


@dataclass(frozen=True, slots=True)
class FileSigner:
    """A key in a file: a :class:`.note.NoteSigner`."""

    key: VerifierKey
    private: Ed25519PrivateKey

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


def file_signer(keys: Path, vault: Vault, name: str) -> FileSigner:
    """The home's own signer, called ``name``; its key is made where there is none, with a state that says that nothing is signed yet.

    Raises Misconfigured where the key does not open.
    """
    path = keys / KEY_NAME
    if not path.exists():
        _make_key(keys, vault)
    private = vault.open_ledger_key(path.read_text("ascii"))
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return FileSigner(VerifierKey(name, public), private)


def _make_key(keys: Path, vault: Vault) -> None:
    """The state first: a key without one is a key whose state was lost."""
    vault.prepare()
    if not (keys / STATE_NAME).exists():
        _write(keys / STATE_NAME, _UNSIGNED)
    write_once(keys / KEY_NAME, vault.seal(Ed25519PrivateKey.generate()))


@dataclass(frozen=True, slots=True)
class GuardedSigner:
    """Signs by ``signer`` what extends what it signed last, as the file ``state`` says."""

    signer: NoteSigner
    state: Path

    def last(self) -> Note | None:
        """The checkpoint that was signed last; None before the first. Raises NotSignable where the file says what we did not sign."""
        text = _read(self.state)
        if text == _UNSIGNED:
            return None
        try:
            said = read_note(_checkpoint_in(text).encode())
            self.require_ours(said)
        except (Malformed, NotSigned, ValueError) as error:
            raise NotSignable(
                f"{self.state} does not hold a checkpoint that this key signed ({error}). Nothing is signed any more: restore the file "
                "from a backup, and find out who changed it."
            ) from error
        return said

    def require_ours(self, note: Note) -> None:
        """Raises NotSigned unless we signed a checkpoint. The log may have been called otherwise then; the key is the same."""
        note.require_signed_by(VerifierKey(Checkpoint.read(note.text).origin, self.signer.key.public))

    def sign(self, checkpoint: Checkpoint, prove: Prove) -> Note:
        """The signed checkpoint, once the state says so durably. Raises NotSignable where it contradicts the last one."""
        with _alone(self.state.parent):
            last = self.last()
            if last is not None:
                said = Checkpoint.read(last.text)
                if said == checkpoint:
                    return last
                self._require_extension(said, checkpoint, prove)
            signed = note.signed(str(checkpoint), [self.signer])
            _write(self.state, json.dumps({"checkpoint": str(signed)}, ensure_ascii=False))
            return signed

    def _require_extension(self, said: Checkpoint, now: Checkpoint, prove: Prove) -> None:
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


_UNSIGNED = json.dumps({"checkpoint": None})


def _checkpoint_in(text: str) -> str:
    value = json.loads(text)
    if not isinstance(value, dict) or not isinstance(value.get("checkpoint"), str):
        raise Malformed("it holds no checkpoint")
    return str(value["checkpoint"])


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise NotSignable(
            f"{path} is missing: without it nobody knows what was signed last, and nothing is signed. Restore it from a backup. Where it "
            f"is lost for good, take {path.with_name(KEY_NAME)} away too: a new key begins anew, and auditors must be given it."
        ) from error
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}.") from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Kept from other processes that sign by the same files, until the block ends."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, text: str) -> None:
    """Durable before it returns, readable by the owner only."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(path.parent)
