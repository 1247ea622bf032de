"""Verify an evidence bundle with the ledger's own code, by the steps of ``verify.py`` beside it.

Shared with that program are how an archive is opened, how claims are written down, what is said of what lies beside, and what the
commands must be: :mod:`.commands` made those once, and no bundle is given out of which that program says otherwise. What entries,
proofs, signatures and histories prove is computed here once more, and a table of tests has both agree on every good and every tampered
bundle.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any, BinaryIO, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from canonical.errors import Misconfigured

from .. import exact, tree
from ..checkpoint import Checkpoint
from ..cosignature import Quorum, WitnessKey, cosigned_at
from ..entry import CommittedBlob, Entry, commitment, read_entry
from ..erasures import Covered
from ..note import Malformed, Note, NotSigned, VerifierKey, read_note
from ..receipt_lines import note_in
from ..rotation import Rotation, family, followers, require_signed_by_one_of
from ..timestamp import Trusted, chained, granted, stamped
from ..timestamp_structure import Told
from . import manifest as manifests
from .bundle import pem_of
from .manifest import Manifest, SealedEntry, SealedPayload
from .verify import (
    BESIDE,
    BROKEN,
    ERASING,
    FIXED,
    READABLE,
    UNPROVEN_STAMP,
    Archive,
    Failure,
    Proved,
    Report,
    check_hashed,
    check_sums,
    judge_commands,
    judge_rest,
    judge_subject,
    printable,
    require_shallow,
)

_PRIME = 2**255 - 19
_SMALL_ORDER = frozenset(
    (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
)
"""Points of Ed25519 by which anything seems signed, and which openssl takes for keys."""

Form = TypeVar("Form", bound=BaseModel)


class _Detail(BaseModel):
    """What stands beside an entry; compared is what it is about, and its payloads."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    journal: Any
    partner: Any
    actor: Any
    outcome: Any
    receipt: str | None
    document: str | None
    transmission: str | None
    detail: Any
    sha256: dict[str, str]

    @property
    def subject(self) -> str:
        return self.document or self.transmission or self.receipt or ""


def trusted_key(text: str) -> VerifierKey:
    """The key that ``text`` is. Raises Misconfigured."""
    try:
        return VerifierKey.read(text)
    except Malformed as error:
        raise Misconfigured(
            f"This is no verifier key: {error}. Give the one word NAME+KEYID+KEY that you were given, or a file that holds it."
        ) from error


def trusted_witness(text: str) -> WitnessKey:
    """The key of a witness that ``text`` is. Raises Misconfigured."""
    try:
        return WitnessKey.read(text)
    except Malformed as error:
        raise Misconfigured(
            f"This is no key of a witness: {error}. Give the one word NAME+KEYID+KEY that `tally ledger cosign` shows him."
        ) from error


def read_anchor(data: bytes) -> Note:
    """A checkpoint that somebody kept, or a receipt of ours that ends with one. Raises Misconfigured."""
    try:
        note, _ = _read_checkpoint(note_in(data))
    except (Malformed, Failure) as error:
        raise Misconfigured(f"This is no checkpoint: {error}.") from error
    return note


def check(
    file: BinaryIO,
    trusted: VerifierKey | None,
    anchor: Note | None = None,
    authorities: Trusted | None = None,
    quorum: Quorum | None = None,
) -> Report:
    """Judge every claim of a bundle; who made its time stamps only where ``authorities`` says whom to believe, and whether witnesses
    cosigned it only where ``quorum`` says which."""
    report = Report()
    archive = manifest = note = None
    with report.claim(1, "The archive is sound: nothing in it is hidden, doubled, linked, encrypted or explodes"):
        archive = Archive(file)
    if archive is None:
        return report
    with report.claim(2, "Every member is as SHA256SUMS lists it, and none is unlisted"):
        check_sums(archive)
    with report.claim(3, "The manifest is well formed and accounts for every member"):
        manifest = _manifest(archive)
    with report.claim(4, "The checkpoint is well formed"):
        note, checkpoint = _read_checkpoint(archive.read(manifests.CHECKPOINT))
    if manifest is not None and note is not None:
        _Checking(report, archive, manifest, note, checkpoint, trusted, anchor, authorities, quorum).run()
    return report


def _manifest(archive: Archive) -> Manifest:
    data = archive.read(manifests.NAME)
    require_shallow(data)
    manifest = manifests.read(data)
    allowed = FIXED | READABLE | manifest.named
    for name in sorted(allowed):
        _require(name in archive, f"{name} is missing from the bundle.")
    for name in archive.names:
        _require(name in allowed or name.startswith(BESIDE), f"The manifest does not name {name}.")
    check_hashed(archive, [(each.file, each.salt) for entry in manifest.entries for each in entry.blobs])
    return manifest


class _Checking:
    """A bundle that can be read, on its way through the other steps. What one found is what the next begin from."""

    def __init__(
        self,
        report: Report,
        archive: Archive,
        manifest: Manifest,
        note: Note,
        checkpoint: Checkpoint,
        trusted: VerifierKey | None,
        anchor: Note | None,
        authorities: Trusted | None,
        quorum: Quorum | None,
    ) -> None:
        self._report = report
        self._archive = archive
        self._manifest = manifest
        self._note = note
        self._checkpoint = checkpoint
        self._trusted = trusted
        self._anchor = anchor
        self._authorities = authorities
        self._quorum = quorum
        self._sealed: list[tuple[Note, int]] = [(note, checkpoint.size)]
        self._rotations: list[Rotation] = []
        self._entries: dict[int, Entry] = {}
        self._leaves: dict[int, bytes] = {}
        self._erasures = _Erasures({})
        self._details: dict[int, dict[str, Any]] = {}
        self._payloads: dict[int, list[tuple[str, str | None]]] = defaultdict(list)

    def run(self) -> None:
        self._signatures()
        for sealed in self._manifest.entries:
            self._entry(sealed)
        self._recall_erasures()
        for sealed in self._manifest.entries:
            if sealed.idx in self._entries:
                self._contents(sealed, self._entries[sealed.idx])
        self._histories()
        self._consistency()
        self._rest()
        self._timestamp()
        if self._quorum is not None:
            self._witnesses(self._quorum)
        judge_commands(self._report, self._archive, self._manifest.v)

    # 4. The checkpoint

    def _signatures(self) -> None:
        for number, name in enumerate(self._manifest.rotations or (), 1):
            with self._report.claim(
                4, f"Rotation {number} is signed by the key that handed over and by the one after it"
            ):
                self._rotations.append(_rotation(self._archive.read(name)))
        checkpoint = self._checkpoint
        sealed = f"The checkpoint of {checkpoint.size} entries of {printable(checkpoint.origin)} is signed by"
        heirs = ", or one that it handed over to" if self._manifest.rotations else ""
        with self._report.claim(4, f"{sealed} the key you trust{heirs}"):
            if self._trusted is None:
                raise Failure("Nobody said which key to trust: give it with --trust. Until then all may be made up.")
            _require_signed(self._note, checkpoint, followers(self._trusted, self._rotations))
        with self._report.claim(4, f"{sealed} the key that the bundle names, and the files for openssl say the same"):
            key = _key(self._manifest.verifier)
            _require_signed(self._note, checkpoint, [key])
            signature = _signature_of(self._note, key)
            said = {"key.pem": pem_of(key), "checkpoint.body": self._note.text.encode(), "checkpoint.sig": signature}
            for name, content in said.items():
                _require(self._archive.read(f"ledger/{name}") == content, f"ledger/{name} says something else.")

    # 5. Entries

    def _entry(self, sealed: SealedEntry) -> None:
        with self._report.claim(5, f"Entry {sealed.idx} is in the ledger"):
            body = self._archive.read(sealed.entry)
            entry = read_entry(body)
            _require(
                (entry.dseq == 0) == (entry.doc == ""), "It counts a history of nothing, or not that of something."
            )
            _require(entry.doc != "" or not entry.dprev, "It follows another one, and is about nothing.")
            _require((entry.pseq == 0) == (entry.partner == ""), "It counts for no partner, or not for one.")
            leaf, size, root = tree.leaf_hash(body), self._checkpoint.size, self._checkpoint.root
            proven = tree.includes(size, root, sealed.idx, leaf, sealed.proof)
            _require(proven, "The proof does not lead to the root that the checkpoint seals.")
            listed, right = len(sealed.blobs), len(entry.blobs)
            _require(listed == right, f"The manifest lists {listed} payloads of it; it has {right}.")
            self._entries[sealed.idx], self._leaves[sealed.idx] = entry, leaf

    # 6. and 7. Details and payloads

    def _contents(self, sealed: SealedEntry, entry: Entry) -> None:
        name = f"entry {sealed.idx} ({printable(entry.type)}, {entry.ts})"
        hashes: Mapping[str, str] = {}
        state = "were erased, on record" if sealed.detail is None else "are those it was made with"
        with self._report.claim(6, f"The details of {name} {state}"):
            hashes = self._detail(sealed, entry)
        roles = Counter(blob.role for blob in entry.blobs)
        for payload, committed in zip(sealed.blobs, entry.blobs, strict=True):
            where = "was erased, on record" if payload.file is None else f"is {printable(payload.file)}"
            with self._report.claim(
                7, f"The payload `{printable(payload.role)}` of {name}, {payload.n} bytes, {where}"
            ):
                said = hashes.get(payload.role) if roles[payload.role] == 1 else None
                self._payload(payload, committed, sealed.idx, said)
                self._payloads[sealed.idx].append((payload.role, payload.file))

    def _detail(self, sealed: SealedEntry, entry: Entry) -> Mapping[str, str]:
        if sealed.detail is None:
            _require(sealed.detail_salt is None, "There is a salt, and no details.")
            self._erasures.require_detail(sealed.idx, sealed.detail_erased)
            return {}
        detail = self._open_detail(sealed, entry)
        self._details[sealed.idx] = detail.model_dump()
        return detail.sha256

    def _open_detail(self, sealed: SealedEntry, entry: Entry) -> _Detail:
        _require(sealed.detail_erased is None, "They are said to be erased, and are there.")
        if sealed.detail is None or sealed.detail_salt is None:
            raise Failure("The salt of the details is missing.")
        data = self._archive.read(sealed.detail)
        _require(
            commitment(sealed.detail_salt, data) == entry.d, "They are not the details that the entry was made with."
        )
        require_shallow(data)
        detail = _read(_Detail, exact.read(data), "The text of the details")
        _require(detail.subject == entry.doc, "They are about something else than the entry.")
        return detail

    def _payload(self, payload: SealedPayload, committed: CommittedBlob, idx: int, said: str | None) -> None:
        _require(CommittedBlob(payload.role, payload.c, payload.n) == committed, "The entry has another one there.")
        if payload.file is None:
            _require(payload.salt is None, "There is a salt, and no payload.")
            self._erasures.require_payload(idx, payload.role, payload.erased)
            return
        _require(payload.erased is None, "It is said to be erased, and is there.")
        if payload.salt is None:
            raise Failure("Its salt is missing.")
        sha256 = self._archive.sha256(payload.file).hex()
        _require(payload.file == manifests.payload_name(sha256), "Its file is not named by its SHA-256.")
        _require(said in (None, sha256), "The details of the entry name another SHA-256.")
        _require(self._archive.size(payload.file) == payload.n, "It has another size.")
        computed = self._archive.salted(payload.file, payload.salt)
        _require(computed == payload.c, "It is not, with this salt, what the entry was made for.")

    def _recall_erasures(self) -> None:
        """Those of entries that were proved, and whose details are."""
        found: dict[int, Covered] = {}
        for sealed in self._manifest.entries:
            entry = self._entries.get(sealed.idx)
            if entry is not None and entry.type in ERASING and sealed.detail is not None:
                with suppress(*BROKEN):
                    covered = Covered()
                    covered.add(sealed.idx, self._open_detail(sealed, entry).detail)
                    covered.sort()
                    found[sealed.idx] = covered
        self._erasures = _Erasures(found)

    # 8. Histories

    def _histories(self) -> None:
        histories: dict[str, list[int]] = defaultdict(list)
        counted: dict[str, list[int]] = defaultdict(list)
        for idx, entry in sorted(self._entries.items()):
            if entry.doc:
                histories[entry.doc].append(idx)
            if entry.partner:
                counted[entry.partner].append(entry.pseq)
        for doc, history in sorted(histories.items()):
            last = self._entries[history[-1]].dseq
            with self._report.claim(8, f"The history of {printable(doc)} has no gap up to its entry {last}"):
                self._require_chained(history)
        self._report.not_covered(
            8, "What the ledger has about them behind these entries: no bundle can show that there is nothing"
        )
        with self._report.claim(8, "All entries are of one ledger, and count upwards for each partner"):
            _require(len({entry.tenant for entry in self._entries.values()}) <= 1, "They are of several gateways.")
            rising = all(before < after for numbers in counted.values() for before, after in pairwise(numbers))
            _require(rising, "Those of a partner do not count upwards.")

    def _require_chained(self, history: list[int]) -> None:
        numbers = [self._entries[idx].dseq for idx in history]
        _require(numbers == [*range(1, len(history) + 1)], f"Its entries count {', '.join(map(str, numbers[:20]))}.")
        before = [b"", *(self._leaves[idx] for idx in history)]
        for position, idx in enumerate(history):
            chained = self._entries[idx].dprev == before[position]
            _require(chained, f"Entry {position + 1} of this history does not follow the one before it.")

    # 9. Consistency

    def _consistency(self) -> None:
        earlier = None
        if (said := self._manifest.consistency) is not None:
            with self._report.claim(9, f"The ledger of {self._checkpoint.size} entries extends that of {said.old}"):
                note, found = _read_checkpoint(self._archive.read(said.checkpoint))
                _require_signed(note, found, family(self._trusted or _key(self._manifest.verifier), self._rotations))
                _require((said.old, said.new) == (found.size, self._checkpoint.size), "The proof is for other sizes.")
                self._require_extends(found, said.proof)
                earlier = found
                self._sealed.append((note, found.size))
        if self._anchor is not None:
            anchor = Checkpoint.read(self._anchor.text)
            with self._report.claim(9, f"The ledger extends the checkpoint of {anchor.size} entries that you kept"):
                if self._trusted is None:
                    raise Failure("Give the key to trust with --trust: an anchor counts by its signature.")
                _require_signed(self._anchor, anchor, family(self._trusted, self._rotations))
                self._require_anchored(anchor, earlier)
                self._sealed.append((self._anchor, anchor.size))

    def _require_anchored(self, anchor: Checkpoint, earlier: Checkpoint | None) -> None:
        if anchor.size == self._checkpoint.size:
            self._require_extends(anchor, ())
            return
        if anchor.size > self._checkpoint.size or earlier is None or earlier.size != anchor.size:
            raise Failure(
                f"The bundle has no proof from {anchor.size} entries on. Have it made again with this anchor."
            )
        _require(earlier.root == anchor.root, "The ledger was another one at the anchor: it was forked.")

    def _require_extends(self, old: Checkpoint, proof: Iterable[bytes]) -> None:
        new = self._checkpoint
        _require(old.size > 0, "The earlier ledger is empty, and so any other extends it.")
        extends = tree.extends(old.size, old.root, new.size, new.root, list(proof))
        _require(extends, "The ledger was changed or forked since the earlier checkpoint, or the proof is wrong.")

    # 10. What it all is about, and what lies beside

    def _rest(self) -> None:
        proved = Proved({idx: entry.doc for idx, entry in self._entries.items()}, self._details, self._payloads)
        subject = self._manifest.subject
        judge_subject(self._report, self._archive, subject.kind, subject.id, proved)
        judge_rest(self._report, self._archive, proved)

    # 11. The time stamps

    def _timestamp(self) -> None:
        said = self._manifest.timestamp
        if said is None:
            return
        checkpoint = self._archive.read(said.of)
        responses = [self._archive.read(name) for name in said.stamps]
        told: list[Told] = []
        for place, response in enumerate(responses):
            with self._report.claim(
                11, f"Time stamp {place + 1} is one for exactly {said.of} and what was stamped before"
            ):
                told.append(granted(response, stamped(checkpoint, responses[:place])))
                # To the last digit, of which a datetime may have fewer.
                times = [each.time for each in told]
                _require(times == sorted(times), "It is older than one that it is over.")
        if len(told) < len(responses):
            return
        made = ", ".join(f"{each.at:%Y-%m-%d %H:%M:%S} UTC" for each in told)
        if self._authorities is None:
            self._report.not_covered(11, f"{UNPROVEN_STAMP}: {made}")
            return
        with self._report.claim(11, f"An authority that you trust made the time stamps: {made}"):
            chained(checkpoint, responses, self._authorities)

    # 12. Witnesses

    def _witnesses(self, quorum: Quorum) -> None:
        """Whoever cosigned a larger checkpoint of the ledger vouches for the smaller ones."""
        cosigned: list[tuple[int, str]] = []
        for witness in quorum.keys:
            line = (witness.name, witness.key_id)
            notes = [each for each in self._sealed if line in {(by.name, by.key_id) for by in each[0].signatures}]
            if not notes:
                continue
            size = max(size for _, size in notes)
            name = printable(witness.name)
            with self._report.claim(12, f"Witness {name} cosigned the ledger of {size} entries"):
                at = max(_cosigned_at(note, witness) for note, _ in notes)
                cosigned.append((size, f"{name} {at:%Y-%m-%d %H:%M:%S} UTC"))
        wanted = f"{quorum.needed} of {len(quorum.keys)} witnesses"
        with self._report.claim(12, f"At least {wanted} cosigned the ledger"):
            _require(len(cosigned) >= quorum.needed, f"{len(cosigned)} did.")
        if cosigned:
            times = ", ".join(said for _, said in cosigned)
            self._report.not_covered(12, f"When they cosigned is what their clocks said: {times}")
        sizes = sorted((size for size, _ in cosigned), reverse=True)
        covered = sizes[quorum.needed - 1] if len(sizes) >= quorum.needed else 0
        newer = ", ".join(str(idx) for idx in sorted(self._entries) if idx >= covered)
        if newer:
            self._report.not_covered(12, f"Newer than what {wanted} cosigned: entries {newer}")


class _Erasures:
    """What entries that were proved say of erasures: what is missing must have been erased by exactly one of them, the one that is named.

    By role, None for details, where more of them begin or end to cover entries is kept sorted, with how many do from there on.
    """

    def __init__(self, by: Mapping[int, Covered]) -> None:
        self._by = by
        changes: defaultdict[str | None, Counter[int]] = defaultdict(Counter)
        for covered in by.values():
            for role, first, last in covered.spans():
                changes[role][first] += 1
                changes[role][last + 1] -= 1
        self._from = {role: sorted(each) for role, each in changes.items()}
        self._count = {role: [*accumulate(changes[role][at] for at in places)] for role, places in self._from.items()}

    def require_detail(self, idx: int, said: int | None) -> None:
        """Raises Failure where entry ``said`` did not erase the details of entry ``idx``, or another one did as well."""
        covered = self._named(said)
        self._require_one(said, covered is not None and covered.detail(idx) is not None, self._covering(idx, None))

    def require_payload(self, idx: int, role: str, said: int | None) -> None:
        """The same of a payload, which goes by itself or with the details."""
        count = self._covering(idx, role)
        if not count:
            return self.require_detail(idx, said)
        covered = self._named(said)
        return self._require_one(said, covered is not None and covered.payload_alone(idx, role) is not None, count)

    def _named(self, said: int | None) -> Covered | None:
        if said is None:
            raise Failure("It is missing from the bundle, and no erasure is on record.")
        return self._by.get(said)

    def _covering(self, idx: int, role: str | None) -> int:
        place = bisect_right(self._from.get(role, []), idx)
        return self._count[role][place - 1] if place else 0

    @staticmethod
    def _require_one(said: int | None, covers: bool, count: int) -> None:
        _require(covers, f"It is missing, and no erasure of it by entry {said} was proved.")
        _require(count == 1, f"It is missing, and {count} entries say that they erased it.")


def _cosigned_at(note: Note, witness: WitnessKey) -> datetime:
    try:
        at = cosigned_at(note, witness)
    except NotSigned as error:
        raise Failure(str(error)) from error
    line = next(
        each.signature for each in note.signatures if (each.name, each.key_id) == (witness.name, witness.key_id)
    )
    strict = _is_strict(witness.public) and _is_strict(line[8:40])
    _require(at is not None and strict, "The key, or the cosignature, is one by which anything seems signed.")
    assert at is not None
    return at


def _read(form: type[Form], value: Any, what: str) -> Form:
    """A value in a certain form. Raises Failure."""
    try:
        return form.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise Failure(f"{what} is wrong at {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error


def _read_checkpoint(data: bytes) -> tuple[Note, Checkpoint]:
    """A signed checkpoint; of one key one signature, so that none can hide behind another. Raises Malformed or Failure."""
    note = read_note(data)
    signers = Counter((each.name, each.key_id) for each in note.signatures)
    _require(max(signers.values()) == 1, "A key has signed it twice.")
    checkpoint = Checkpoint.read(note.text)
    _require(checkpoint.size < exact.LIMIT, "Its size is too large.")
    return note, checkpoint


def _key(text: str) -> VerifierKey:
    """The key that ``text`` is, with nothing around it. Raises Malformed or Failure."""
    key = VerifierKey.read(text)
    _require(str(key) == text, "The verifier key has blanks around it.")
    return key


def _rotation(data: bytes) -> Rotation:
    note = read_note(data)
    signers = Counter((each.name, each.key_id) for each in note.signatures)
    _require(max(signers.values()) == 1, "A key has signed it twice.")
    try:
        rotation = Rotation.read(data)
    except NotSigned as error:
        raise Failure(str(error)) from error
    _require(note.text.split("\n")[2:4] == [str(rotation.old), str(rotation.new)], "A key has blanks around it.")
    for key in (rotation.old, rotation.new):
        strict = _is_strict(key.public) and _is_strict(_signature_of(note, key)[:32])
        _require(strict, "A key, or a signature, is one by which anything seems signed.")
    return rotation


def _require_signed(note: Note, checkpoint: Checkpoint, keys: Sequence[VerifierKey]) -> None:
    """Signed by one of ``keys`` at least, and by none of them falsely."""
    try:
        key = require_signed_by_one_of(note, keys)
    except NotSigned as error:
        raise Failure(str(error)) from error
    strict = _is_strict(key.public) and _is_strict(_signature_of(note, key)[:32])
    _require(strict, "The key, or the signature, is one by which anything seems signed.")
    _require(checkpoint.origin == key.name, f"It is of the ledger {checkpoint.origin}, not of {key.name}.")


def _signature_of(note: Note, key: VerifierKey) -> bytes:
    return next(each.signature for each in note.signatures if (each.name, each.key_id) == (key.name, key.key_id))


def _is_strict(point: bytes) -> bool:
    """Whether a point of Ed25519 is written the one way, and is not of small order (RFC 8032, section 5.1.3)."""
    y = int.from_bytes(point, "little") & (1 << 255) - 1
    return y < _PRIME and point.hex() not in _SMALL_ORDER


def _require(holds: bool, why: str) -> None:
    if not holds:
        raise Failure(why)
