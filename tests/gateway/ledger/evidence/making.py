"""A small ledger and a bundle of it, the same in every run: what the tests of evidence start from."""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from gateway.ledger import tree
from gateway.ledger.batch import Batch, Clerk, CommittedPayload, Standing, Waiting
from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.entry import CommittedBlob, commitment, read_entry
from gateway.ledger.evidence import bundle, commands
from gateway.ledger.evidence.bundle import Evidence, Extended, OpenedEntry, OpenedPayload, Source, Stamped, Text
from gateway.ledger.evidence.manifest import Subject
from gateway.ledger.note import Note, VerifierKey, signed
from gateway.ledger.rotation import Rotation
from gateway.ledger.timestamp import Trusted, chained, stamped
from gateway.ledger.tree import Frontier
from tests.gateway.ledger.authority import Authority

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
TENANT = "00112233445566ff"
NAME = f"tally.local/{TENANT}"

RECEIVED = b"ISA*00*          *00*          *ZZ*ACME           *ZZ*OURCOMPANY     ~"
ORDER = "4500123"
CANONICAL = f'{{"type":"Invoice","number":"INV1","order_number":"{ORDER}","note":"Größe"}}'.encode()
ANSWER = b"ISA*00*          *00*          *ZZ*OURCOMPANY     *ZZ*ACME           ~"
OLD = b"what came long ago and was erased"

ERASED, EMPTIED, ERASURE = 0, 8, 9
"""The entry that lost its details and its payload, the one that lost its payload alone, and the one that records both."""


@dataclass(frozen=True)
class Signer:
    """A key out of nothing but its name."""

    name: str = NAME
    seed: bytes = b"\x01" * 32

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def key(self) -> VerifierKey:
        return VerifierKey(self.name, self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)


SIGNER = Signer()
WITNESS = Signer("witness.example", b"\x02" * 32)
NEXT = Signer(seed=b"\x03" * 32)
TRUST = str(SIGNER.key)
ROTATION = Rotation.between(SIGNER, NEXT)


class Counting:
    """Bytes that look random and are the same in every run."""

    def __init__(self) -> None:
        self._asked = 0

    def __call__(self, size: int) -> bytes:
        self._asked += 1
        return hashlib.sha256(f"{self._asked}".encode()).digest()[:size]


@dataclass(frozen=True)
class Ledger:
    """All rows of a ledger, by index."""

    batch: Batch
    payloads: Sequence[Sequence[CommittedPayload]]

    def root(self, size: int) -> bytes:
        return tree.root(size, self._node)

    def checkpoint(self, size: int, *signers: Signer) -> Note:
        return signed(str(Checkpoint(NAME, size, self.root(size))), signers or (SIGNER,))

    def proof(self, idx: int, size: int) -> list[bytes]:
        return tree.inclusion_proof(idx, size, self._node)

    def consistency(self, old: int, size: int) -> list[bytes]:
        return tree.consistency_proof(old, size, self._node)

    def opened(self, idx: int, size: int) -> OpenedEntry:
        detail = self.batch.details[idx]
        payloads = [
            OpenedPayload(each.blob.role, each.blob.size, each.blob.commitment, each.salt, each.sha256)
            for each in self.payloads[idx]
        ]
        body = self.batch.entries[idx]["body"]
        return OpenedEntry(idx, body, detail["body"], detail["salt"], self.proof(idx, size), payloads)

    def _node(self, level: int, position: int) -> bytes:
        first = position << level
        return tree.subtree_root(
            [tree.leaf_hash(row["body"]) for row in self.batch.entries[first : first + (1 << level)]]
        )


def certificate(name: str = "ACME") -> bytes:
    """A certificate of the partner's key, as PEM; the same in every run."""
    said = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key = Ed25519PrivateKey.from_private_bytes(b"\x04" * 32)
    made = x509.CertificateBuilder(said, said, key.public_key(), 1, NOON, NOON + timedelta(days=365)).sign(key, None)
    return made.public_bytes(Encoding.PEM)


def certificate_name(pem: bytes) -> str:
    """Where a bundle has it."""
    return f"certificates/{x509.load_pem_x509_certificate(pem).fingerprint(SHA256()).hex()}.pem"


CERTIFICATE = certificate_name(certificate())
MESSAGE = {"file": "invoices.x12", "message_id": "<1@acme.example>", "signed_by": CERTIFICATE[13:-4]}
"""What was noted of the message that brought the invoice."""


def _story() -> list[tuple[dict[str, Any], dict[str, bytes]]]:
    """What happened: a file with one invoice, answered and delivered; something old; and others' business in between."""
    file = {"receipt": "r1", "partner": "acme"}
    invoice = file | {"document": "d1"}
    erased = {"erased": {"details": [[ERASED, ERASED]], "payloads": {"received": [[EMPTIED, EMPTIED]]}}}
    return [
        ({"step": "received", "receipt": "r0", "partner": "acme"}, {"received": OLD}),
        ({"step": "received", "detail": MESSAGE} | file, {"received": RECEIVED}),
        ({"step": "received", "receipt": "r2", "partner": "beta"}, {"received": b"somebody else's"}),
        ({"step": "parsed", "outcome": "1 interchange"} | file, {}),
        (
            {"step": "validated", "outcome": "accepted", "detail": {"number": "INV1", "by": "Łukasz <x>"}} | invoice,
            {"canonical": CANONICAL},
        ),
        (
            {"step": "acknowledged", "transmission": "t1", "detail": {"mdn": "<2@us.example>"}} | file,
            {"answer": ANSWER},
        ),
        ({"step": "delivered"} | invoice, {}),
        ({"step": "sent", "transmission": "t1", "partner": "acme"}, {"sent": ANSWER}),
        ({"step": "received", "receipt": "r3", "partner": "beta", "actor": "somebody"}, {"received": b"more of that"}),
        ({"step": "pruned", "detail": erased}, {}),
        ({"step": "parsed", "receipt": "r2", "partner": "beta"}, {}),
    ]


@cache
def ledger() -> Ledger:
    random = Counting()
    clerk = Clerk("node1", random, lambda level, number: b"")
    batch = Batch.on(Standing(TENANT, Frontier(), (), {}, {}))
    committed = []
    for number, (told, payloads) in enumerate(_story(), 1):
        salted = [_committed(role, data, random(32)) for role, data in payloads.items()]
        clerk.add(batch, _waiting(number, told, payloads), salted)
        committed.append(salted)
    return Ledger(batch, committed)


def _waiting(number: int, told: dict[str, Any], payloads: dict[str, bytes]) -> Waiting:
    nothing = {"outcome": "", "partner": None, "receipt": None, "document": None, "transmission": None}
    said: dict[str, Any] = nothing | {"actor": "tallystick"} | told
    said["detail"] = json.dumps(told.get("detail", {}))
    blobs = [{"role": role, "sha256": _sha256(data)} for role, data in payloads.items()]
    return Waiting(journal_id=number, at=NOON + timedelta(minutes=number), blobs=blobs, **said)


def _committed(role: str, data: bytes, salt: bytes) -> CommittedPayload:
    return CommittedPayload(CommittedBlob(role, commitment(salt, data), len(data)), _sha256(data), salt)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def evidence(size: int = 11, *, signers: Sequence[Signer] = (SIGNER,), earlier: int | None = 6) -> Evidence:
    """All about the file r1 and its invoice, an entry that was erased, and which one records that."""
    known = ledger()
    about = [
        idx
        for idx in range(len(known.payloads))
        if read_entry(known.batch.entries[idx]["body"]).doc in ("r1", "d1", "t1")
    ]
    entries = {idx: known.opened(idx, size) for idx in (*about, ERASURE)}
    gone = known.opened(ERASED, size)
    entries[ERASED] = replace(
        gone, detail=None, detail_salt=None, detail_erased=ERASURE, payloads=_erased(gone.payloads)
    )
    emptied = known.opened(EMPTIED, size)
    entries[EMPTIED] = replace(emptied, payloads=_erased(emptied.payloads))
    return Evidence(
        subject=Subject(kind="document", id="d1"),
        made_at=NOON + timedelta(days=1),
        key=SIGNER.key,
        checkpoint=known.checkpoint(size, *signers),
        entries=[entries[idx] for idx in sorted(entries)],
        payloads=ALL,
        beside={
            "documents/d1.json": _source(CANONICAL),
            "as2/a1/headers": _source(f"AS2-From: ACME\r\nMessage-ID: {MESSAGE['message_id']}\r\n".encode()),
            "as2/a1/signed": _source(RECEIVED),
            "as2/a1/mdn": _source(b"AS2-To: ACME\r\n\r\n" + ANSWER),
            CERTIFICATE: _source(certificate()),
        },
        extended=None
        if earlier is None
        else Extended(known.checkpoint(earlier), earlier, size, known.consistency(earlier, size)),
    )


@cache
def authority() -> Authority:
    """One that stamps, for the whole run."""
    return Authority(Path(mkdtemp()) / "authority")


def with_stamps(made: Evidence, count: int = 1, *, is_earlier: bool = False) -> Evidence:
    """The same, stamped with the time so many times."""
    note = made.extended.checkpoint if is_earlier and made.extended is not None else made.checkpoint
    checkpoint, responses = str(note).encode(), list[bytes]()
    for _ in range(count):
        responses.append(authority().stamp_data(stamped(checkpoint, responses)))
    roots = authority().roots.read_bytes()
    times = [each.at for each in chained(checkpoint, responses, Trusted.read(roots))]
    return replace(made, stamped=Stamped(is_earlier, responses, times, roots))


def rotated(*signers: Signer) -> Evidence:
    """From after the rotation, signed by ``signers``; the earlier checkpoint is from before it."""
    return replace(evidence(signers=signers or (NEXT,)), key=NEXT.key, rotations=[ROTATION])


def _erased(payloads: Sequence[OpenedPayload]) -> list[OpenedPayload]:
    return [replace(each, salt=None, sha256=None, erased=ERASURE) for each in payloads]


def _source(data: bytes) -> Source:
    return lambda: (data,)


ALL = {_sha256(data): _source(data) for _, payloads in _story() for data in payloads.values()}
"""Every payload, by its SHA-256."""


def _commands(made: Evidence) -> str:
    try:
        return _NONE if made.extended is not None and not made.extended.old else commands.text(made)
    except (ValueError, IndexError):
        return _NONE


_NONE = "There are none for a proof that is none.\n"


def written(made: Evidence | None = None) -> bytes:
    """The bytes of a bundle; its page for people is left short, since nothing depends on it."""
    file = io.BytesIO()
    texts: dict[str, Text] = {"report.html": lambda _: "<p>report</p>", commands.NAME: _commands}
    bundle.write(made or evidence(), texts, file)
    return file.getvalue()
