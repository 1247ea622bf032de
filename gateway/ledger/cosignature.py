"""Cosignatures (C2SP tlog-cosignature, Ed25519): a witness says that at a time a checkpoint was the largest he saw of a ledger, and that
it extends all he saw of it before. And how he is asked for one (C2SP tlog-witness, the body of `add-checkpoint`). Pure.
"""

import re
from base64 import b64encode
from calendar import timegm
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar, Self

from .note import SIGNATURE_BYTES, Malformed, Note, NoteSigner, NotSigned, Signature, VerifierKey, decoded, read_note
from .tree import HASH_BYTES

COSIGNATURE = 0x04
"""The kind of signature that stands before a witness's public key."""

MOST_PROOF = 63
"""Hashes in a request."""

_TIME_BYTES = 8
_LATEST = timegm(datetime.max.replace(tzinfo=UTC).utctimetuple())
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class WitnessKey(VerifierKey):
    """A witness's name and Ed25519 public key. What he signs is no note of his: his key is read and written as one of another kind."""

    kind: ClassVar[int] = COSIGNATURE


@dataclass(frozen=True, slots=True)
class Quorum:
    """The witnesses whom somebody trusts, each by another key, and how many of them must have cosigned."""

    keys: tuple[WitnessKey, ...]
    needed: int


@dataclass(frozen=True, slots=True)
class Request:
    """A witness who cosigned ``old`` entries last, none for 0, is to cosign ``note``; ``proof`` is that it extends them."""

    old: int
    proof: tuple[bytes, ...]
    note: Note

    @classmethod
    def read(cls, data: bytes) -> Self:
        """The inverse of ``str``. Raises Malformed; nothing is verified."""
        head, gap, note = data.partition(b"\n\n")
        try:
            first, *hashes = head.decode("ascii").split("\n")
        except ValueError as error:
            raise Malformed("a request begins with lines in ASCII") from error
        found = _OLD.fullmatch(first)
        if found is None or not gap:
            raise Malformed("a request begins with a line `old SIZE`, and an empty line stands before its checkpoint")
        if len(hashes) > MOST_PROOF:
            raise Malformed(f"a request has {MOST_PROOF} hashes at most")
        proof = tuple(decoded(each) for each in hashes)
        if any(len(each) != HASH_BYTES for each in proof):
            raise Malformed(f"a hash of a request has not {HASH_BYTES} bytes")
        return cls(int(found[1]), proof, read_note(note))

    def __str__(self) -> str:
        lines = [f"old {self.old}", *(b64encode(each).decode() for each in self.proof)]
        return "".join(f"{line}\n" for line in lines) + f"\n{self.note}"


def cosigned(note: Note, witness: NoteSigner, at: datetime) -> Note:
    """``note`` with the cosignature of ``witness``, to the second, in the place of one of his that it has already."""
    # Exact, as fractions of floats are not.
    time = timegm(at.utctimetuple())
    signature = time.to_bytes(_TIME_BYTES, "big") + witness.sign(_message(note, time))
    mine = Signature(witness.key.name, witness.key.key_id, signature)
    others = [each for each in note.signatures if (each.name, each.key_id) != (mine.name, mine.key_id)]
    return replace(note, signatures=(*others, mine))


def cosigned_at(note: Note, witness: WitnessKey) -> datetime | None:
    """When ``witness`` cosigned ``note``, as his clock said; None where he did not. Raises NotSigned where a cosignature is forged."""
    lines = _lines_of(note, witness)
    times = [_verified(each, note, witness) for each in lines]
    return max(times, default=None)


def _lines_of(note: Note, witness: WitnessKey) -> Sequence[Signature]:
    return [each for each in note.signatures if (each.name, each.key_id) == (witness.name, witness.key_id)]


def _verified(line: Signature, note: Note, witness: WitnessKey) -> datetime:
    time = int.from_bytes(line.signature[:_TIME_BYTES], "big")
    holds = len(line.signature) == _TIME_BYTES + SIGNATURE_BYTES and 0 < time <= _LATEST
    if not holds or not witness.verifies(line.signature[_TIME_BYTES:], _message(note, time)):
        raise NotSigned(
            f"The cosignature of {witness.name} does not hold: the text was changed, or the cosignature is forged."
        )
    return datetime.fromtimestamp(time, UTC)


def _message(note: Note, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{note.text}".encode()
