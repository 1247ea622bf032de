"""One key of the ledger hands over to the next: a signed note that names both, and that both have signed. Pure.

The old key's signature is why whoever trusts it may trust the new one; the new key's shows that it agreed. No checkpoint can be taken
for such a note, nor the other way round: a checkpoint's second line is a number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from .note import Malformed, Note, NoteSigner, NotSigned, VerifierKey, read_note, signed

KIND = "ledger key rotation"
"""The second line of such a note, behind the name of the ledger."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """``old`` hands over to ``new``; both have signed ``note``."""

    old: VerifierKey
    new: VerifierKey
    note: Note

    @classmethod
    def between(cls, old: NoteSigner, new: NoteSigner) -> Self:
        """Have both sign it."""
        text = f"{new.key.name}\n{KIND}\n{old.key}\n{new.key}\n"
        return cls(old.key, new.key, signed(text, [old, new]))

    @classmethod
    def read(cls, data: bytes) -> Self:
        """The inverse of ``str``. Raises Malformed, and NotSigned unless both keys signed it."""
        note = read_note(data)
        lines = note.text.split("\n")
        if len(lines) != 5 or lines[1] != KIND:
            raise Malformed("a rotation has a line each for the ledger, what it is, the old key and the new key")
        old, new = VerifierKey.read(lines[2]), VerifierKey.read(lines[3])
        if not lines[0] == old.name == new.name or old.public == new.public:
            raise Malformed("a rotation is from one key of a ledger to another of the same ledger")
        for key in (old, new):
            note.require_signed_by(key)
        return cls(old, new, note)

    def __str__(self) -> str:
        return str(self.note)


def followers(trusted: VerifierKey, rotations: Sequence[Rotation]) -> list[VerifierKey]:
    """The keys to which ``trusted`` handed over, one after the other, itself first."""
    keys = [trusted]
    for rotation in rotations:
        if rotation.old == keys[-1]:
            keys.append(rotation.new)
    return keys


def predecessors(trusted: VerifierKey, rotations: Sequence[Rotation]) -> list[VerifierKey]:
    """The keys that handed over to ``trusted``, the last one first, without itself."""
    keys = [trusted]
    for rotation in reversed(rotations):
        if rotation.new == keys[-1]:
            keys.append(rotation.old)
    return keys[1:]


def family(trusted: VerifierKey, rotations: Sequence[Rotation]) -> list[VerifierKey]:
    """The keys that may have signed a checkpoint of any time for whoever trusts one of them: ``trusted`` and its followers, and those
    that led to it."""
    return [*followers(trusted, rotations), *predecessors(trusted, rotations)]


def require_signed_by_one_of(note: Note, keys: Sequence[VerifierKey]) -> VerifierKey:
    """Which of ``keys`` signed a note, the last of them that did. Raises NotSigned where none did, or the signature of one is forged."""
    signers = {(each.name, each.key_id) for each in note.signatures}
    # Each once: keys may be said to have handed over to each other in a circle.
    found = [key for key in dict.fromkeys(keys) if (key.name, key.key_id) in signers]
    for key in found:
        note.require_signed_by(key)
    if not found:
        others = ", ".join(f"{name} (key {key_id.hex()})" for name, key_id in sorted(signers))
        wanted = " or ".join(key.key_id.hex() for key in dict.fromkeys(keys))
        raise NotSigned(
            f"It is not signed by {keys[0].name} (key {wanted}) but by {others}: that is the key to ask for."
        )
    return found[-1]
