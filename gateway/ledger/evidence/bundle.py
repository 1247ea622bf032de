"""An evidence bundle as a file: which members it has, and its bytes. Pure: equal evidence gives equal members, in the same order.

It has the shape of an ASiC-E container (ETSI EN 319 162-1): a zip file that begins with its media type. What is in it and what that proves
stands in ``verify.py``, which is in it too.
"""

import hashlib
import stat
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from canonical.errors import Misconfigured

from ..checkpoint import Checkpoint
from ..note import Note, VerifierKey
from ..rotation import Rotation
from . import manifest as manifests
from . import verify
from .manifest import CHECKPOINT, EARLIER_CHECKPOINT, Extension, Manifest, SealedEntry, SealedPayload, Stamps, Subject

Source = Callable[[], Iterable[bytes]]
"""A member's bytes, in pieces, as often as they are asked for."""

SUMS = "SHA256SUMS"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every member: the earliest a zip file can say. When things happened stands in the entries."""
_PEM_PREFIX = bytes.fromhex("302a300506032b6570032100")
"""SubjectPublicKeyInfo of an Ed25519 key up to the key itself (RFC 8410, section 4)."""
_HALF_OF_ALLOWED = verify.MOST_RATIO // 2


class TooLarge(Misconfigured):
    """More than a verifier is willing to unpack."""


@dataclass(frozen=True, slots=True)
class OpenedPayload:
    """A payload of an entry as the ledger committed to it.

    ``salt`` and ``sha256`` are None once it is gone; ``erased`` is then the index of the entry that records it.
    """

    role: str
    size: int
    commitment: bytes
    salt: bytes | None
    sha256: str | None
    erased: int | None = None


@dataclass(frozen=True, slots=True)
class OpenedEntry:
    """An entry, its exact bytes, what opens it and what proves it. ``detail`` and its salt are None once erased."""

    idx: int
    body: bytes
    detail: bytes | None
    detail_salt: bytes | None
    proof: Sequence[bytes]
    payloads: Sequence[OpenedPayload] = ()
    detail_erased: int | None = None


@dataclass(frozen=True, slots=True)
class Extended:
    """An earlier checkpoint, and the proof that the ledger is an extension of it."""

    checkpoint: Note
    old: int
    new: int
    proof: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Stamped:
    """The authority's ``responses`` over a checkpoint, the bundle's own or, where ``is_earlier``, the one that it extends.

    ``times`` are what they say; ``roots`` is the PEM file of the root certificates by which they were believed.
    """

    is_earlier: bool
    responses: Sequence[bytes]
    times: Sequence[datetime]
    roots: bytes

    @property
    def of(self) -> str:
        """The member that is stamped."""
        return EARLIER_CHECKPOINT if self.is_earlier else CHECKPOINT


@dataclass(frozen=True, slots=True)
class Place:
    """Bytes in a file: ``size`` of them behind the first ``start``."""

    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Message:
    """A signed message over AS2, or a signed MDN, that openssl can verify: ``file`` in the bundle, by the certificate in ``certificate``.

    Its signature is at a place in it, in base64 or not; so is what was signed, or, where ``content`` is None, it is within the signature.
    ``mic`` is base64 of the digest, by ``digest`` as openssl spells it, of what was signed; None where that is nobody's MIC.
    ``says`` is a line, or part of one, of what was signed: the MIC that an MDN returns.
    """

    about: str
    file: str
    certificate: str
    signature: Place
    is_base64: bool
    content: Place | None
    digest: str = "sha256"
    mic: str | None = None
    says: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """What a message of ours carried: in ``file`` is the MIME entity, ending in the payload, whose digest is the MIC."""

    about: str
    file: str
    sha256: str
    size: int
    digest: str
    mic: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a bundle is made of.

    ``payloads`` are by their SHA-256; ``beside`` are further files by their names in the bundle, which help to read it: what they prove
    depends on whether they are, byte for byte, payloads too.
    """

    subject: Subject
    made_at: datetime
    key: VerifierKey
    checkpoint: Note
    entries: Sequence[OpenedEntry]
    payloads: Mapping[str, Source] = field(default_factory=dict)
    beside: Mapping[str, Source] = field(default_factory=dict)
    messages: Sequence[Message] = ()
    carried: Sequence[Carried] = ()
    extended: Extended | None = None
    stamped: Stamped | None = None
    rotations: Sequence[Rotation] = ()

    @property
    def size(self) -> int:
        """How many entries the checkpoint seals."""
        return Checkpoint.read(self.checkpoint.text).size


Text = Callable[[Evidence], str]
"""Makes one of the texts for people."""


def manifest_of(evidence: Evidence) -> Manifest:
    extended = evidence.extended
    return Manifest(
        subject=evidence.subject,
        verifier=str(evidence.key),
        entries=tuple(_sealed(each) for each in evidence.entries),
        consistency=None
        if extended is None
        else Extension(old=extended.old, new=extended.new, proof=tuple(extended.proof)),
        timestamp=None if evidence.stamped is None else _stamps(evidence.stamped),
        rotations=tuple(map(manifests.rotation_name, range(1, len(evidence.rotations) + 1))) or None,
    )


def _stamps(stamped: Stamped) -> Stamps:
    names = map(manifests.stamp_name, range(1, len(stamped.responses) + 1))
    return Stamps.model_validate({"of": stamped.of, "stamps": tuple(names)})


def _sealed(each: OpenedEntry) -> SealedEntry:
    return SealedEntry(
        idx=each.idx,
        entry=manifests.entry_name(each.idx),
        detail=None if each.detail is None else manifests.detail_name(each.idx),
        detail_salt=each.detail_salt,
        detail_erased=each.detail_erased,
        proof=tuple(each.proof),
        blobs=tuple(
            SealedPayload(
                role=payload.role,
                n=payload.size,
                c=payload.commitment,
                salt=payload.salt,
                file=None if payload.sha256 is None else manifests.payload_name(payload.sha256),
                erased=payload.erased,
            )
            for payload in each.payloads
        ),
    )


def members(evidence: Evidence, texts: Mapping[str, Text]) -> dict[str, Source]:
    """Every member but ``SHA256SUMS``, by its name, in their order. ``texts`` are those for people, by their names."""
    found: dict[str, Source] = {
        manifests.NAME: _whole(manifests.write(manifest_of(evidence))),
        manifests.CHECKPOINT: _whole(str(evidence.checkpoint).encode()),
        "ledger/checkpoint.body": _whole(evidence.checkpoint.text.encode()),
        "ledger/checkpoint.sig": _whole(_signature(evidence)),
        "ledger/key.pem": _whole(pem_of(evidence.key)),
        "verify.py": _whole(Path(verify.__file__).read_bytes()),
    }
    for entry in evidence.entries:
        found[manifests.entry_name(entry.idx)] = _whole(entry.body)
        if entry.detail is not None:
            found[manifests.detail_name(entry.idx)] = _whole(entry.detail)
    wanted = {each.sha256 for entry in evidence.entries for each in entry.payloads if each.sha256 is not None}
    found |= {manifests.payload_name(sha256): evidence.payloads[sha256] for sha256 in wanted}
    found |= evidence.beside
    found |= {name: _whole(text(evidence).encode()) for name, text in texts.items()}
    if evidence.extended is not None:
        found[manifests.EARLIER_CHECKPOINT] = _whole(str(evidence.extended.checkpoint).encode())
    if evidence.stamped is not None:
        found[manifests.ROOTS] = _whole(evidence.stamped.roots)
        for number, response in enumerate(evidence.stamped.responses, 1):
            found[manifests.stamp_name(number)] = _whole(response)
    for number, rotation in enumerate(evidence.rotations, 1):
        found[manifests.rotation_name(number)] = _whole(str(rotation).encode())
    return {"mimetype": _whole(verify.MIMETYPE)} | dict(sorted(found.items()))


def write(evidence: Evidence, texts: Mapping[str, Text], file: BinaryIO) -> None:
    """Write the bundle into an empty file that can be sought in. Raises TooLarge."""
    if len(evidence.rotations) > manifests.MOST_ROTATIONS:
        raise TooLarge(
            f"The key of the ledger was changed {len(evidence.rotations)} times; a verifier follows {manifests.MOST_ROTATIONS} changes."
        )
    wanted = members(evidence, texts)
    measured = {name: _measured(source) for name, source in wanted.items()}
    sums = "".join(f"{measured[name].sha256}  {name}\n" for name in sorted(measured)).encode()
    measured[SUMS] = _measured(_whole(sums))
    _require_bounded(measured.values())
    with ZipFile(file, "w") as archive:
        for name, source in (wanted | {SUMS: _whole(sums)}).items():
            with archive.open(_info(name, measured[name]), "w") as member:
                for chunk in source():
                    member.write(chunk)


@dataclass(frozen=True, slots=True)
class _Measured:
    sha256: str
    size: int
    packed: int


def _measured(source: Source) -> _Measured:
    digest, packer, size, packed = hashlib.sha256(), zlib.compressobj(wbits=-zlib.MAX_WBITS), 0, 0
    for chunk in source():
        digest.update(chunk)
        size += len(chunk)
        packed += len(packer.compress(chunk))
    return _Measured(digest.hexdigest(), size, packed + len(packer.flush()))


def _require_bounded(measured: Iterable[_Measured]) -> None:
    sizes = [each.size for each in measured]
    if len(sizes) > verify.MOST_MEMBERS or sum(sizes) > verify.MOST_BYTES:
        raise TooLarge(
            f"The bundle would have {len(sizes)} members of {sum(sizes)} bytes; a verifier unpacks {verify.MOST_MEMBERS} members and "
            f"{verify.MOST_BYTES} bytes at most. Export its documents one by one with --doc ID."
        )


def _info(name: str, measured: _Measured) -> ZipInfo:
    info = ZipInfo(name, date_time=_EPOCH)
    info.create_system = 3
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    info.file_size = measured.size
    # What packs all too well would look like a bomb.
    worth_it = measured.size <= measured.packed * _HALF_OF_ALLOWED and measured.packed < measured.size
    info.compress_type = ZIP_DEFLATED if worth_it and name != "mimetype" else ZIP_STORED
    return info


def _whole(data: bytes) -> Source:
    def pieces() -> Iterator[bytes]:
        yield data

    return pieces


def _signature(evidence: Evidence) -> bytes:
    """That of the ledger's own key, which stands among those of witnesses."""
    key = evidence.key
    return next(
        each.signature for each in evidence.checkpoint.signatures if (each.name, each.key_id) == (key.name, key.key_id)
    )


def pem_of(key: VerifierKey) -> bytes:
    encoded = b64encode(_PEM_PREFIX + key.public).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{encoded}\n-----END PUBLIC KEY-----\n".encode()
