"""A key that never leaves its token: checkpoints signed by PKCS#11 (EdDSA over Ed25519: PKCS #11 version 3.0, section 2.3.14).

Where it is says a URI (RFC 7512), with the labels of token and key, the library that reaches the token, and the file with its PIN.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from canonical.errors import Misconfigured, Retryable

from .note import PUBLIC_BYTES, SIGNATURE_BYTES, VerifierKey

_EXAMPLE = "pkcs11:token=tally;object=ledger?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/etc/tally/pin"
_OCTETS = bytes((0x04, PUBLIC_BYTES))
"""How a point begins that is wrapped as an OCTET STRING."""

_ONE_AT_A_TIME = threading.Lock()
"""A token knows one login for a whole process."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key is: the label of its ``token``, its own label ``object_``, the library that reaches it, and the file with the PIN."""

    token: str
    object_: str
    module: Path
    pin: Path

    @classmethod
    def read(cls, uri: str) -> Self:
        """Raises Misconfigured for what is no such URI, or lacks something, or has the PIN itself in it."""
        path, _, query = uri.removeprefix("pkcs11:").partition("?")
        given = dict(_pairs(path.split(";"))) | dict(_pairs(query.split("&")))
        missing = [name for name in ("token", "object", "module-path", "pin-source") if not given.get(name)]
        unknown = sorted(set(given) - {"token", "object", "module-path", "pin-source", "type"})
        if not uri.startswith("pkcs11:") or missing or unknown:
            wrong = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(unknown)}, which is not understood"
            raise Misconfigured(f"The key {uri.partition('?')[0]!r} {wrong}. Write it like {_EXAMPLE}")
        pin = given["pin-source"].removeprefix("file://").removeprefix("file:")
        return cls(given["token"], given["object"], Path(given["module-path"]), Path(pin))


def _pairs(parts: list[str]) -> Iterator[tuple[str, str]]:
    for part in parts:
        name, _, value = part.partition("=")
        if name:
            yield name, unquote(value)


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """A key in a token: a :class:`.note.NoteSigner`."""

    key: VerifierKey
    place: Place

    def sign(self, message: bytes) -> bytes:
        """Raises Retryable where the token is away, Misconfigured where it does not sign by Ed25519."""
        pkcs11 = _library()
        with _session(self.place) as session:
            private = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self.place.object_)
            signature = bytes(private.sign(message, mechanism=pkcs11.Mechanism.EDDSA))
        if len(signature) != SIGNATURE_BYTES or not self.key.verifies(signature, message):
            raise Misconfigured(f"The token {self.place.token} gave a signature that is none by its Ed25519 key.")
        return signature


def token_signer(uri: str, name: str) -> TokenSigner:
    """The signer by the key at ``uri``, for the ledger ``name``. Raises Misconfigured, and Retryable where the token is away."""
    place = Place.read(uri)
    pkcs11 = _library()
    with _session(place) as session:
        public = session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=place.object_)
        is_edwards = public.key_type is pkcs11.KeyType.EC_EDWARDS
        point = bytes(public[pkcs11.Attribute.EC_POINT])
    if len(point) == PUBLIC_BYTES + 2:
        point = point.removeprefix(_OCTETS)
    if not is_edwards or len(point) != PUBLIC_BYTES:
        raise Misconfigured(f"The key {place.object_} in the token {place.token} is no Ed25519 key.")
    return TokenSigner(VerifierKey(name, point), place)


@contextmanager
def _session(place: Place) -> Iterator[Any]:
    """The token, logged in to."""
    pkcs11 = _library()
    from pkcs11 import exceptions

    try:
        pin = place.pin.read_text("utf-8").strip()
    except OSError as error:
        raise Misconfigured(f"The PIN of the token cannot be read from {place.pin}: {error.strerror}.") from error
    named = f"the key {place.object_} in the token {place.token}"
    with _ONE_AT_A_TIME:
        try:
            token = pkcs11.lib(str(place.module)).get_token(token_label=place.token)
            with token.open(user_pin=pin) as session:
                yield session
        except (exceptions.NoSuchKey, exceptions.MultipleObjectsReturned) as error:
            raise Misconfigured(
                f"There is not exactly one {named}. Make it there, or mend ledger_key in tally.toml."
            ) from error
        except (exceptions.PinIncorrect, exceptions.PinLenRange, exceptions.PinLocked, exceptions.PinExpired) as error:
            raise Misconfigured(f"The PIN in {place.pin} does not open {named}.") from error
        except (exceptions.MechanismInvalid, exceptions.KeyTypeInconsistent) as error:
            raise Misconfigured(
                f"The token {place.token} does not sign by Ed25519 (CKM_EDDSA), which checkpoints need."
            ) from error
        except (exceptions.PKCS11Error, RuntimeError) as error:
            why = str(error) or type(error).__name__
            raise Retryable(f"{named[0].upper()}{named[1:]} cannot be reached: {why}. Is the token there?") from error


def _library() -> Any:
    try:
        import pkcs11
    except ImportError as error:
        raise Misconfigured("Keys in a token need python-pkcs11: `pip install 'tallystick[pkcs11]'`.") from error
    return pkcs11
