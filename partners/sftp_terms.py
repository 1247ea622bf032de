"""The section ``sftp`` of a profile: the partner's account on our server."""

import base64
import binascii
import re
from typing import Annotated

import argon2
from argon2.exceptions import InvalidHashError
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from pydantic import AfterValidator, Field

from canonical.base import Value

from .wording import matches, wrong

_SIZE = re.compile(r"([1-9][0-9]{0,14})\s?(B|KiB|MiB|GiB|KB|MB|GB)")
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_KEY_TYPES = {"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"}
_MINIMUM_RSA_BITS = 2048

Username = Annotated[
    str,
    matches(
        r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}",
        "is not a user name (1 to 64 letters, digits or _ . @ -, beginning with a letter, digit or _).",
    ),
]
Size = Annotated[str, matches(_SIZE.pattern, "is not a size such as 64MiB, 500KB or 1GiB.")]


def _public_key(line: str) -> str:
    """An OpenSSH public key line without options. What was written is never quoted: it may be a private key."""
    parts = line.split(maxsplit=2)
    example = 'Paste the one line of the .pub file, e.g. "ssh-ed25519 AAAA… name".'
    if "PRIVATE KEY" in line:
        raise wrong("is a private key, which the partner must never give away.", example)
    if len(parts) < 2 or parts[0] not in _KEY_TYPES or "\n" in line:
        raise wrong("is not an OpenSSH public key of type " + ", ".join(sorted(_KEY_TYPES)) + ".", example)
    try:
        base64.b64decode(parts[1], validate=True)
        key = load_ssh_public_key(" ".join(parts[:2]).encode("ascii"))
    except (ValueError, UnsupportedAlgorithm, binascii.Error) as error:
        raise wrong("is not a whole OpenSSH public key; part of it is missing or changed.", example) from error
    if isinstance(key, RSAPublicKey) and key.key_size < _MINIMUM_RSA_BITS:
        raise wrong(
            f"is an RSA key of {key.key_size} bits; at least {_MINIMUM_RSA_BITS} are needed.",
            "Ask the partner for a new key, best of type ssh-ed25519.",
        )
    return line.strip()


def _password_hash(text: str) -> str:
    try:
        argon2.extract_parameters(text)
    except InvalidHashError as error:
        raise wrong(
            "is not an argon2 hash (it begins with $argon2id$).",
            "A profile holds the hash of a password, never the password.",
        ) from error
    return text


class SftpTerms(Value):
    """The partner's account on our SFTP server. Without a key and a password hash nobody can log in."""

    username: Username | None = Field(None, description="The login name; the partner's id when not given.")
    public_keys: tuple[Annotated[str, AfterValidator(_public_key)], ...] = ()
    password_hash: Annotated[str, AfterValidator(_password_hash)] | None = None
    max_file_size: Size = Field("64MiB", description="The largest file we take, e.g. 64MiB.")

    @property
    def max_file_bytes(self) -> int:
        match = _SIZE.fullmatch(self.max_file_size)
        assert match is not None
        return int(match[1]) * _UNITS[match[2]]
