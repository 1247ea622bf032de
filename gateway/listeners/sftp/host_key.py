"""The server's own key, by which partners know that it is us."""

from pathlib import Path

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from canonical.errors import Misconfigured
from spool.durability import write_private

HOST_KEY_NAME = "sftp_host_ed25519"


def load_host_key(keys: Path) -> paramiko.PKey:
    """The Ed25519 host key in the directory ``keys``, made at the first start, readable for its owner only.

    Raises Misconfigured when the file there is no such key or others may read it.
    """
    path = keys / HOST_KEY_NAME
    if not path.exists():
        _generate(path)
    if path.stat().st_mode & 0o077:
        raise Misconfigured(f"The host key {path} can be read by others. Run `chmod 600 {path}`, or replace the key.")
    try:
        return paramiko.Ed25519Key.from_private_key_file(str(path))
    except (paramiko.SSHException, OSError, ValueError) as error:
        raise Misconfigured(
            f"The host key {path} cannot be read as an Ed25519 key in OpenSSH format: {error}. Restore it from a backup; "
            "a new one makes every partner's client warn of a changed host."
        ) from error


def _generate(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    write_private(path, pem, replacing=False)
