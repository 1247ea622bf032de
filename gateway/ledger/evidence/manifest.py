"""The manifest of an evidence bundle: what it is about, which entries it brings, and what opens and proves each of them."""

from base64 import b64decode, b64encode
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, model_validator

from .. import exact
from ..tree import HASH_BYTES

NAME = "manifest.json"
CHECKPOINT: Literal["ledger/checkpoint"] = "ledger/checkpoint"
EARLIER_CHECKPOINT: Literal["ledger/checkpoint.earlier"] = "ledger/checkpoint.earlier"
"""Where a bundle has the checkpoint from which its consistency proof begins."""

MOST_STAMPS = 100
ROOTS: Literal["ledger/timestamp-roots.pem"] = "ledger/timestamp-roots.pem"
"""Where a bundle has the root certificates that its time stamps lead to, as whoever made it knows them."""

MOST_ROTATIONS = 200
"""Of the ledger's key: one a month for sixteen years."""

MOST_HASHES = 64
"""In a proof; a tree of 2^53 leaves is 53 high."""


class Malformed(ValueError):
    """Not a manifest, or not in its one form; says what is wrong."""


def entry_name(idx: int) -> str:
    return f"ledger/entries/{idx}.json"


def detail_name(idx: int) -> str:
    return f"ledger/details/{idx}.json"


def payload_name(sha256: str) -> str:
    return f"payloads/{sha256}"


def stamp_name(number: int) -> str:
    """The first time stamp is number 1."""
    return "ledger/timestamp.tsr" if number == 1 else f"ledger/timestamp.{number}.tsr"


def rotation_name(number: int) -> str:
    """The first rotation is number 1."""
    return f"ledger/rotation.{number}"


def _from_base64(value: Any) -> bytes:
    if not isinstance(value, str):
        if isinstance(value, bytes) and len(value) == HASH_BYTES:
            return value
        raise ValueError("is no text")
    data = b64decode(value.encode("ascii"), validate=True)
    if len(data) != HASH_BYTES or b64encode(data).decode() != value:
        raise ValueError(f"is not {HASH_BYTES} bytes in base64")
    return data


Hash = Annotated[bytes, BeforeValidator(_from_base64), PlainSerializer(lambda data: b64encode(data).decode())]
"""32 bytes, which JSON has in base64, written the one way."""

Count = Annotated[int, Field(ge=0, strict=True)]
Proof = Annotated[tuple[Hash, ...], Field(max_length=MOST_HASHES, strict=False)]


class _Form(BaseModel):
    """Exactly the keys that are declared, each of exactly its type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Subject(_Form):
    """What a bundle is about: a purchase ``order`` by its number, or a ``document`` (or file) by its id."""

    kind: Literal["order", "document"]
    id: str


class SealedPayload(_Form):
    """One payload of an entry: the entry's commitment to it, and either what opens that, or which entry records its erasure."""

    role: str
    n: Count
    c: Hash
    salt: Hash | None
    file: str | None
    erased: Count | None


class SealedEntry(_Form):
    """One entry: its details, or which entry records their erasure, and the proof that it is in the ledger."""

    idx: Count
    entry: str
    detail: str | None
    detail_salt: Hash | None
    detail_erased: Count | None
    proof: Proof
    blobs: Annotated[tuple[SealedPayload, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _named_by_index(self) -> Self:
        if self.entry != entry_name(self.idx) or self.detail not in (None, detail_name(self.idx)):
            raise ValueError(f"the files of entry {self.idx} have other names")
        return self


class Extension(_Form):
    """The proof that the ledger of the bundle extends that of an earlier checkpoint."""

    checkpoint: Literal["ledger/checkpoint.earlier"] = EARLIER_CHECKPOINT
    old: Annotated[Count, Field(alias="from")]
    new: Annotated[Count, Field(alias="to")]
    proof: Proof


class Stamps(_Form):
    """The time stamps of a checkpoint of the bundle, each over that and the stamps before it."""

    of: Literal["ledger/checkpoint", "ledger/checkpoint.earlier"]
    stamps: Annotated[tuple[str, ...], Field(min_length=1, max_length=MOST_STAMPS, strict=False)]
    roots: Literal["ledger/timestamp-roots.pem"] = ROOTS

    @model_validator(mode="after")
    def _named_by_number(self) -> Self:
        if list(self.stamps) != [stamp_name(number) for number in range(1, len(self.stamps) + 1)]:
            raise ValueError("the time stamps have other names")
        return self


class Manifest(_Form):
    """The whole. ``verifier`` is the key by which whoever made the bundle says that the checkpoint is signed.

    Version 2 added ``timestamp``, and ``rotations``: the notes by which keys handed over to each other, the first one first.
    """

    v: Literal[1, 2] = 2
    subject: Subject
    checkpoint: Literal["ledger/checkpoint"] = CHECKPOINT
    verifier: str
    entries: Annotated[tuple[SealedEntry, ...], Field(min_length=1, strict=False)]
    consistency: Extension | None = None
    timestamp: Stamps | None = None
    rotations: Annotated[tuple[str, ...], Field(min_length=1, max_length=MOST_ROTATIONS, strict=False)] | None = None

    @model_validator(mode="after")
    def _of_its_version(self) -> Self:
        if self.v == 1 and (self.timestamp is not None or self.rotations is not None):
            raise ValueError("version 1 has neither time stamps nor rotations")
        rotations = self.rotations or ()
        if list(rotations) != [rotation_name(number) for number in range(1, len(rotations) + 1)]:
            raise ValueError("the rotations have other names")
        if self.timestamp is not None and self.timestamp.of == EARLIER_CHECKPOINT and self.consistency is None:
            raise ValueError("the checkpoint that is stamped is missing")
        return self

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        indexes = [entry.idx for entry in self.entries]
        if indexes != sorted(set(indexes)):
            raise ValueError("the entries are not in their order, each once")
        return self

    @property
    def named(self) -> frozenset[str]:
        """The members that it names, besides the checkpoint."""
        names = {entry.entry for entry in self.entries}
        names |= {entry.detail for entry in self.entries if entry.detail is not None}
        names |= {each.file for entry in self.entries for each in entry.blobs if each.file is not None}
        names |= {self.consistency.checkpoint} if self.consistency else set()
        names |= {*self.timestamp.stamps, self.timestamp.roots} if self.timestamp else set()
        return frozenset(names | set(self.rotations or ()))


def write(manifest: Manifest) -> bytes:
    """Its exact JSON."""
    value = manifest.model_dump(by_alias=True)
    for optional in ("consistency", "timestamp", "rotations"):
        if value[optional] is None:
            del value[optional]
    return exact.write(_listed(value))


def read(data: bytes) -> Manifest:
    """The inverse of :func:`write`. Raises Malformed."""
    try:
        value = exact.read(data)
        manifest = Manifest.model_validate(value)
    except exact.Inexact as error:
        raise Malformed(f"The manifest is not exact JSON: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "as a whole"
        raise Malformed(f"The manifest is wrong at {where}: {first['msg']}.") from error
    if write(manifest) != data:
        raise Malformed("The manifest says null, or something else, where it must say nothing.")
    return manifest


def _listed(value: Any) -> Any:
    """The same with lists for tuples, as JSON has them."""
    if isinstance(value, dict):
        return {key: _listed(each) for key, each in value.items()}
    return [_listed(each) for each in value] if isinstance(value, list | tuple) else value
