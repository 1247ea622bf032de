"""Who is it: public keys."""

import base64
import binascii
import hmac

import paramiko

KEY_TYPES = frozenset(
    {"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"},
)
MIN_RSA_BITS = 2048


def holds_key(authorized: tuple[str, ...], key: paramiko.PKey) -> bool:
    """Whether ``key`` is one of the ``authorized_keys`` lines and strong enough.

    A line with options (``from=...``, ``command=...``) matches nothing: its restrictions would be lost.
    """
    if key.get_name() == "ssh-rsa" and key.get_bits() < MIN_RSA_BITS:
        return False
    offered = key.asbytes()
    return any(hmac.compare_digest(known, offered) for known in map(_key_bytes, authorized) if known)


def _key_bytes(line: str) -> bytes | None:
    fields = line.split()
    if len(fields) < 2 or fields[0] not in KEY_TYPES:
        return None
    try:
        return base64.b64decode(fields[1], validate=True)
    except (binascii.Error, ValueError):
        return None
