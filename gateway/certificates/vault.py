"""Private keys at rest: only ever encrypted, with a passphrase that the operator gives or that lies in the home."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from canonical.errors import Misconfigured
from spool.durability import write_private

VARIABLE = "TALLY_KEY_PASSPHRASE"
"""The passphrase itself, where the environment gives it."""

NAME = "passphrase"
"""The file among a home's keys, where neither the environment nor the settings say otherwise."""

_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens private keys.

    The passphrase is the environment's; or else what ``passphrase_file`` holds, where the settings name one; or else what
    :meth:`prepare` made in the folder ``keys``.
    """

    keys: Path
    passphrase_file: Path | None = None

    def seal(self, private_key: RSAPrivateKey | Ed25519PrivateKey) -> str:
        """PKCS#8 in PEM, encrypted. Raises Misconfigured where there is no passphrase."""
        encryption = BestAvailableEncryption(self._passphrase())
        return private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode("ascii")

    def open(self, sealed: str) -> RSAPrivateKey:
        """Raises Misconfigured where there is no passphrase or it is not the one that the key was sealed with."""
        key = self._opened(sealed)
        assert isinstance(key, RSAPrivateKey)
        return key

    def open_ledger_key(self, sealed: str) -> Ed25519PrivateKey:
        """As :meth:`open`, the key that signs the ledger's checkpoints; raises Misconfigured also where it is another kind of key."""
        key = self._opened(sealed)
        if not isinstance(key, Ed25519PrivateKey):
            raise Misconfigured("The ledger's key is no Ed25519 key. Restore keys/ledger.key from a backup.")
        return key

    def _opened(self, sealed: str) -> PrivateKeyTypes:
        passphrase = self._passphrase()
        try:
            return load_pem_private_key(sealed.encode("ascii"), passphrase)
        except ValueError as error:
            raise Misconfigured(
                f"Our private keys do not open with the passphrase of {self._source()}: it is another one than they were encrypted "
                "with. Give the right one. Every node that shares a database needs the same."
            ) from error

    def prepare(self) -> None:
        """Make a random passphrase, readable for its owner only, where nobody gave one. Before the first key is sealed."""
        if VARIABLE not in os.environ and self.passphrase_file is None and not self._own.exists():
            write_private(self._own, f"{secrets.token_urlsafe(_RANDOM_BYTES)}\n".encode(), replacing=False)

    @property
    def _own(self) -> Path:
        return self.keys / NAME

    def _source(self) -> str:
        return VARIABLE if VARIABLE in os.environ else str(self.passphrase_file or self._own)

    def _passphrase(self) -> bytes:
        given = os.environ.get(VARIABLE)
        passphrase = self._read(self.passphrase_file or self._own) if given is None else given.encode()
        if not passphrase:
            raise Misconfigured(f"The passphrase of {self._source()} is empty. Give the one our private keys need.")
        return passphrase

    def _read(self, path: Path) -> bytes:
        if path == self._own and path.exists() and path.stat().st_mode & 0o077:
            raise Misconfigured(f"The passphrase {path} can be read by others. Run `chmod 600 {path}`.")
        try:
            return path.read_bytes().strip()
        except OSError as error:
            raise Misconfigured(
                f"The passphrase of our private keys cannot be read from {path}: {error.strerror}. Restore the file, name another by "
                f"key_passphrase_file in tally.toml, or give the passphrase by {VARIABLE}."
            ) from error
