"""Signed notes (C2SP signed-note): a text that people can read, and under it the signatures of one or several keys. Pure."""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import ClassVar, Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519 = 0x01
"""The kind of signature that stands before a public key."""

KEY_ID_BYTES = 4
PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64

MOST_SIGNATURES = 100
MOST_BYTES = 1 << 20

_DASH = "\N{EM DASH}"
_LINE = re.compile(rf"{_DASH} ([^\s+]+) ([A-Za-z0-9+/]+={{0,2}})")
_NAME = re.compile(r"[^\s+]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class Malformed(ValueError):
    """Not a signed note, or not a key; says what is wrong."""


class NotSigned(ValueError):
    """A note whose signature by a trusted key is missing or wrong."""


class NoteSigner(Protocol):
    """Something that signs under a name."""

    @property
    def key(self) -> "VerifierKey":
        """By what its signatures are verified."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Its Ed25519 signature, :data:`SIGNATURE_BYTES` long."""
        ...


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A name and its Ed25519 public key. Written as one word, which is what auditors are given."""

    kind: ClassVar[int] = ED25519
    """Of signature: it stands before the public key."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.public) != PUBLIC_BYTES:
            raise Malformed(f"{self.name!r} with {len(self.public)} bytes is no name and key")

    @classmethod
    def read(cls, text: str) -> Self:
        """The inverse of ``str``. Raises Malformed, also where the key id is not that of the key."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            raise Malformed("a verifier key is written NAME+KEYID+KEY")
        name, key_id, encoded = parts
        data = decoded(encoded)
        if len(data) != 1 + PUBLIC_BYTES or data[0] != cls.kind:
            raise Malformed(f"the key is no Ed25519 key of kind {cls.kind}")
        key = cls(name, data[1:])
        if key.key_id.hex() != key_id:
            raise Malformed(f"the key id {key_id} is not that of the key, which is {key.key_id.hex()}")
        return key

    @property
    def key_id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:KEY_ID_BYTES]

    def verifies(self, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64encode(bytes([self.kind]) + self.public).decode()}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One line under a note: whose, and by which key of that name."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH} {self.name} {b64encode(self.key_id + self.signature).decode()}"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends with a line break, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(f"{signature}\n" for signature in self.signatures)

    def joined(self, other: "Note") -> "Note":
        """With the lines of ``other`` by those who have not signed this one, as far as there is room; itself where that is another text."""
        if other.text != self.text:
            return self
        mine = {(each.name, each.key_id) for each in self.signatures}
        others = [each for each in other.signatures if (each.name, each.key_id) not in mine]
        return replace(self, signatures=(*self.signatures, *others)[:MOST_SIGNATURES])

    def only_by(self, key: VerifierKey) -> "Note":
        """With no line but the first of ``key``, where there is one."""
        mine = [each for each in self.signatures if (each.name, each.key_id) == (key.name, key.key_id)]
        return replace(self, signatures=tuple(mine[:1]))

    def require_signed_by(self, key: VerifierKey) -> None:
        """Raises NotSigned unless a signature of ``key`` is there, and the first one holds: what is forged is no matter of luck.

        Signatures of others say nothing.
        """
        mine = [each for each in self.signatures if (each.name, each.key_id) == (key.name, key.key_id)]
        if not mine:
            raise NotSigned(f"It is not signed by {key.name} (key {key.key_id.hex()}).")
        if not all(key.verifies(each.signature, self.text.encode()) for each in mine):
            raise NotSigned(
                f"The signature of {key.name} does not hold: the text was changed, or the signature is forged."
            )


def signed(text: str, signers: Sequence[NoteSigner]) -> Note:
    """``text``, which ends with a line break and has no empty line, signed by all of ``signers``."""
    _require_text(text)
    data = text.encode()
    return Note(text, tuple(Signature(each.key.name, each.key.key_id, each.sign(data)) for each in signers))


def read_note(data: bytes) -> Note:
    """Read a signed note. Raises Malformed; nothing is verified."""
    if len(data) > MOST_BYTES:
        raise Malformed(f"a note is {MOST_BYTES} bytes long at most")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("a note is text in UTF-8") from error
    if _CONTROL.search(whole):
        raise Malformed("a note has no control characters")
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise Malformed("a note ends with an empty line and signature lines")
    found = lines[:-1].split("\n")
    if len(found) > MOST_SIGNATURES:
        raise Malformed(f"a note has {MOST_SIGNATURES} signatures at most")
    _require_text(text + "\n")
    return Note(text + "\n", tuple(_signature(line) for line in found))


def _require_text(text: str) -> None:
    if not text.endswith("\n") or text == "\n" or _CONTROL.search(text):
        raise Malformed("the text of a note ends with a line break and has no control characters")


def _signature(line: str) -> Signature:
    found = _LINE.fullmatch(line)
    if found is None:
        raise Malformed(f"{line[:60]!r} is no signature line")
    data = decoded(found[2])
    if len(data) <= KEY_ID_BYTES:
        raise Malformed(f"the signature of {found[1]} is too short")
    return Signature(found[1], data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


def decoded(text: str) -> bytes:
    """Standard base64 with nothing else in it, written the one way."""
    try:
        data = b64decode(text, validate=True)
    except ValueError as error:
        raise Malformed(f"{text[:60]!r} is no base64") from error
    if b64encode(data).decode() != text:
        raise Malformed(f"{text[:60]!r} is no base64 in its one form")
    return data
