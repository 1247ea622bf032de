"""Where the keys are by which checkpoints are signed: in files of the home, or in a token (PKCS#11)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from canonical.errors import Misconfigured
from spool.durability import write_private

from ..certificates.vault import Vault
from .note import NoteSigner, VerifierKey
from .signer_state import KEY_NAME, STATE_NAME, NotSignable, SignerState, alone

TOKEN = "pkcs11:"  # noqa: S105 - the scheme of a URI
"""How the place of a key in a token begins (RFC 7512)."""

_NUMBERED = re.compile(r"ledger(?:-([0-9]+))?\.key")


@dataclass(frozen=True, slots=True)
class FileSigner:
    """A key in a file: a :class:`.note.NoteSigner`."""

    key: VerifierKey
    private: Ed25519PrivateKey

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The keys of the ledger that is called ``name``; ``token`` is where the settings say that its key in a token is, and ``followed``
    whether the journal tells that one of them handed over to another."""

    folder: Path
    vault: Vault
    name: str
    token: str | None = None
    followed: bool = False

    def has_begun(self) -> bool:
        """Whether there is, or was, a key that may have signed."""
        return self.followed or (self.folder / STATE_NAME).exists() or any(self._files())

    def prepare(self) -> None:
        """Make the first key where there is nothing yet. Raises NotSignable where there was one that signed.

        The state first, which says that nothing is signed: a key without one is a key whose state was lost.
        """
        if self._needs_none():
            return
        self.vault.prepare()
        with alone(self.folder):
            # Somebody else may have made one meanwhile.
            if self._needs_none():
                return
            state = self.folder / STATE_NAME
            if not state.exists():
                SignerState().write(state)
            elif SignerState.read(state).checkpoint is not None:
                raise NotSignable(
                    f"{self.folder / KEY_NAME} is missing, and {STATE_NAME} beside it says that it signed. Restore it from a backup. Where "
                    f"it is lost for good, take {STATE_NAME} away too: a new key begins anew, and auditors must be given it."
                )
            self._make(KEY_NAME)

    def _needs_none(self) -> bool:
        """Whether the first key is there, or another follows it; and where the state was lost, which says that, whether any has begun."""
        state = self.folder / STATE_NAME
        if not state.exists():
            return self.has_begun()
        return (self.folder / KEY_NAME).exists() or KEY_NAME not in SignerState.read(state).signing

    def open(self, place: str) -> NoteSigner:
        """The signer by the key at a place. Raises Misconfigured where there is none, or it does not open."""
        if place.startswith(TOKEN):
            from .token_signer import token_signer

            return token_signer(self._reached(place), self.name)
        path = self.folder / place
        try:
            sealed = path.read_text("ascii")
        except OSError as error:
            raise Misconfigured(
                f"The ledger's key {path} cannot be read: {error.strerror}. Restore it from a backup."
            ) from error
        private = self.vault.open_ledger_key(sealed)
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return FileSigner(VerifierKey(self.name, public), private)

    def next(self, rotations: int) -> str:
        """The place of the key that follows after so many rotations: in the token, or else a file, made where it is not there."""
        if self.token is not None:
            return self.token
        name = f"ledger-{rotations + 2}.key"
        if not (self.folder / name).exists():
            self.vault.prepare()
            self._make(name)
        return name

    def forget_retired(self, state: SignerState) -> None:
        """Remove the files of keys that handed over and sign no more; a key in a token is its owner's to remove."""
        for path, number in self._files():
            if path.name not in state.signing and number <= len(state.rotations):
                path.unlink()

    def _files(self) -> Iterator[tuple[Path, int]]:
        """The keys in files, the first of which is number 1."""
        for path in self.folder.glob("ledger*.key"):
            found = _NUMBERED.fullmatch(path.name)
            if found is not None:
                yield path, int(found[1] or 1)

    def _reached(self, place: str) -> str:
        """The settings may know better by which library and PIN the key is reached, as long as it is the same key."""
        known = self.token
        return place if known is None or known.partition("?")[0] != place.partition("?")[0] else known

    def _make(self, name: str) -> None:
        write_private(
            self.folder / name, self.vault.seal(Ed25519PrivateKey.generate()).encode("ascii"), replacing=False
        )
