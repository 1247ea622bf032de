#!/usr/bin/env python3
"""Verify a Tallystick evidence bundle: offline, with this one file and the standard library of Python 3.8 or later.

    python3 verify.py BUNDLE.zip --trust KEY

KEY is the ledger's verifier key (``NAME+ID+BASE64``) or a file that holds it. Have it from whoever runs the gateway by another way than the
bundle: without it, whoever made the bundle may have made the ledger too. ``--anchor FILE`` is a checkpoint that you kept from before, or a
signed receipt (MDN) that ends with one: the ledger must be an extension of it. ``--witness KEY``, once for each, is the key of a witness
whom you trust, and ``--quorum N`` how many of them must have cosigned what the bundle shows; all when not given. ``--json`` prints the
verdicts for programs. Exit code 0: everything the bundle claims is proved; 1: something is not; 2: called wrongly. Nothing is written
anywhere and no network is used.

The steps, in order; each stands at its code with the document it follows:

 1. The archive is what it seems: no hidden, doubled, linked, encrypted or exploding members
    (ETSI EN 319 162-1, annex A; .ZIP File Format Specification 6.3.10)
 2. Every member is as SHA256SUMS lists it, and no member is unlisted (FIPS 180-4)
 3. The manifest is exact JSON and accounts for every member (RFC 8259, RFC 7493, RFC 8785)
 4. The checkpoint is signed by the key you trust (C2SP signed-note and tlog-checkpoint, RFC 8032)
 5. Each entry is in the ledger that the checkpoint seals (RFC 6962, section 2.1; RFC 9162, section 2.1.3.2)
 6. The details of each entry are those it was made with (SHA-256 of salt and details)
 7. Each payload is, byte for byte, what its entry was made for; or its erasure is on record (SHA-256 of salt and payload)
 8. The history of each document and file runs without a gap from its first entry on (a chain of leaf hashes)
 9. The ledger of this checkpoint extends that of an earlier one (RFC 9162, section 2.1.4.2)
10. What is proved is about the bundle's subject, documents are the payloads of theirs, certificates those that proved details name; and
    what is missing, and what of the rest nothing above proves
11. The time stamps are for exactly the checkpoint, and those before them (RFC 3161, section 2.4.2). That an authority made them is checked
    by `openssl ts -verify`, as COMMANDS.txt says: this program reads no certificates
12. As many of the witnesses whom you trust as you ask for cosigned a checkpoint that the steps before proved (C2SP tlog-cosignature)
13. COMMANDS.txt says what the rest of the bundle gives, line by line, and has nothing else run. Of messages over AS2 it may have commands
    or not, each in one form and about files of the bundle

What no bundle can show by itself: that no later entry of a history was left out (the next bundle shows it, and the ledger cannot do without
it), that whoever made it chose everything there is about its subject, and that the gateway's clock was right.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import stat
import struct
import sys
import zipfile
import zlib
from bisect import bisect_left, bisect_right
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, timezone
from heapq import heappop, heappush
from pathlib import Path
from shlex import quote
from typing import Any, BinaryIO, Callable, Iterator, NamedTuple  # noqa: UP035 - Python 3.8

PROVED = "proved"
FAILED = "failed"
NOT_COVERED = "not covered"
"""The bundle has it and does not claim that the ledger proves it."""

MIMETYPE = b"application/vnd.etsi.asic-e+zip"
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
"""Names of members: nothing that any system takes for a root, a parent directory, a drive, an option or a hidden file."""

RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?|.*\.", re.IGNORECASE)
"""What Windows takes for a device in any folder, or writes under another name."""

MOST_MEMBERS = 65_535
"""What the end of an archive can count."""
MOST_BYTES = 2_000_000_000
"""All members together, unpacked."""
MOST_RATIO = 100
"""Unpacked bytes for a packed one."""
MOST_TEXT = 64 * 2**20
"""Of a member that is read whole."""
MOST_NESTED = 64
"""Objects and lists in each other, in any JSON."""
MOST_HASHED = 5 * MOST_BYTES
"""Bytes of payloads, each as often as it is listed with another salt: a payload is one of a few entries."""
MOST_HEADERS = 2**20
"""Of the header fields of a message, where messages are looked for."""
MOST_ROTATIONS = 200
"""Of the ledger's key: one a month for sixteen years."""
MOST_SIGNATURES = 100
"""Under a signed note."""
MOST_COUNTED = 10**15 - 1
"""What an entry counts to."""
MOST_PROOF = 64
"""Hashes in a proof: a tree of 2^53 leaves is 53 high."""
CHUNK = 2**20
UTC = timezone.utc  # noqa: UP017 - Python 3.8

FIXED = {
    "mimetype",
    "SHA256SUMS",
    "manifest.json",
    "ledger/checkpoint",
    "ledger/checkpoint.body",
    "ledger/checkpoint.sig",
    "ledger/key.pem",
}
"""What every bundle has and this program checks."""
COMMANDS = "COMMANDS.txt"
READABLE = {"report.html", COMMANDS, "verify.py"}
"""What every bundle has for people. It proves nothing by itself: of these this program reads the commands only."""
ROOTS = "ledger/timestamp-roots.pem"
"""Where a bundle has the root certificates of its time stamps, for openssl."""
BESIDE = ("documents/", "as2/", "certificates/")
"""Where members may lie that the manifest does not name: for reading, under names that say what they are."""
ERASING = ("pruned", "erased")
"""The types of entries whose details say which other entries lost their details or payloads."""


class Failure(Exception):
    """A claim does not hold. The text says why."""


BROKEN = (
    Failure,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)
"""What a damaged or malicious archive may raise in the standard library: to us all are plain failures."""


class Claim(NamedTuple):
    """One thing that the bundle says, and what came of it."""

    step: int
    text: str
    verdict: str
    why: str


class Report:
    """The claims, in the order in which they were judged."""

    def __init__(self) -> None:
        self.claims: list[Claim] = []

    @contextmanager
    def claim(self, step: int, text: str) -> Iterator[None]:
        """Judge one claim: it is proved unless the block raises."""
        try:
            yield
        except BROKEN as error:
            self.claims.append(Claim(step, text, FAILED, printable(str(error) or type(error).__name__)))
        else:
            self.claims.append(Claim(step, text, PROVED, ""))

    def proved(self, step: int, text: str) -> None:
        self.claims.append(Claim(step, text, PROVED, ""))

    @contextmanager
    def judged(self, step: int, text: str) -> Iterator[None]:
        """The same of what proves nothing of the ledger even where the block does not raise."""
        with self.claim(step, text):
            yield
        if self.claims[-1].verdict == PROVED:
            self.claims[-1] = self.claims[-1]._replace(verdict=NOT_COVERED)

    def not_covered(self, step: int, text: str) -> None:
        self.claims.append(Claim(step, text, NOT_COVERED, ""))

    @property
    def failed(self) -> list[Claim]:
        return [claim for claim in self.claims if claim.verdict == FAILED]


def printable(text: str) -> str:
    """Text out of the bundle as a terminal may see it."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)


def require(holds: bool, why: str) -> None:
    if not holds:
        raise Failure(why)


# Step 1. The archive (ETSI EN 319 162-1, annex A; .ZIP File Format Specification 6.3.10)


class Archive:
    """The members of a bundle, once the archive was found to be sound."""

    def __init__(self, file: BinaryIO) -> None:
        with zipfile.ZipFile(file) as directory:
            members = directory.infolist()
        self._file = file
        require(0 < len(members) <= MOST_MEMBERS, f"It has {len(members)} members; 1 to {MOST_MEMBERS} are allowed.")
        for member in members:
            self._require_plain(member)
        self._require_distinct(members)
        self._require_bounded(members)
        self._require_nothing_hidden(members)
        self._members = {member.filename: member for member in members}
        first = members[0]
        plain = first.filename == "mimetype" and first.header_offset == 0 and first.compress_type == zipfile.ZIP_STORED
        require(plain, "Its first member is not a stored `mimetype`.")
        # Whatever cannot be unpacked is found here and not later.
        self._salted: dict[tuple[str, bytes], bytes] = {}
        self._digests = {name: self.salted(name, b"") for name in self._members}
        require(self.read("mimetype") == MIMETYPE, f"Its mimetype is not {MIMETYPE.decode()}.")

    @staticmethod
    def _require_plain(member: zipfile.ZipInfo) -> None:
        name = member.orig_filename
        require(
            len(name) <= 200 and NAME.fullmatch(name) is not None, f"The member name {name[:200]!r} is not allowed."
        )
        require(member.filename == name, f"The member name {name!r} is not what it seems.")
        parts = name.split("/")
        require(not any(RESERVED.fullmatch(part) for part in parts), f"The member name {name!r} is not one on Windows.")
        mode = member.external_attr >> 16
        require(stat.S_IFMT(mode) in (0, stat.S_IFREG), f"{name} is not a plain file but a link or something else.")
        plain = mode & 0o7000 == 0 and member.external_attr & 0xFFFF == 0 and member.internal_attr == 0
        require(plain, f"{name} has attributes that no member needs.")
        require(member.volume == 0, f"{name} is said to lie on another disk.")
        require(member.flag_bits & ~0x800 == 0, f"{name} is encrypted, or written in a way that hides its size.")
        packing = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        require(member.compress_type in packing, f"{name} is packed by another method than deflate.")
        require(not member.extra and not member.comment, f"{name} has an extra field or a comment.")

    @staticmethod
    def _require_distinct(members: list[zipfile.ZipInfo]) -> None:
        seen: set[str] = set()
        for member in members:
            # Not every file system tells capital letters from small ones.
            folded = member.filename.lower()
            require(folded not in seen, f"{member.filename} is in it twice.")
            seen.add(folded)
        for name in sorted(seen):
            parts = name.split("/")
            above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
            require(not above & seen, f"{name} lies in a folder that is a file too.")

    @staticmethod
    def _require_bounded(members: list[zipfile.ZipInfo]) -> None:
        for member in members:
            most = member.compress_size * MOST_RATIO + 1024
            require(
                member.file_size <= most, f"{member.filename} would unpack to more than {MOST_RATIO} times its size."
            )
            if member.compress_type == zipfile.ZIP_STORED:
                require(member.file_size == member.compress_size, f"{member.filename} has two sizes.")
        total = sum(member.file_size for member in members)
        require(total <= MOST_BYTES, f"It would unpack to {total} bytes; at most {MOST_BYTES} are allowed.")

    def _require_nothing_hidden(self, members: list[zipfile.ZipInfo]) -> None:
        """Local headers say what the directory says, and nothing lies before, between or after the members."""
        end = 0
        for member in members:
            name = member.filename.encode()
            self._file.seek(member.header_offset)
            head = self._file.read(30 + len(name))
            require(
                len(head) == 30 + len(name) and head[30:] == name, f"{member.filename} has another name at its place."
            )
            wanted = (
                b"PK\x03\x04",
                member.extract_version,
                member.flag_bits,
                member.compress_type,
                *dos_time(member),
                member.CRC,
                member.compress_size,
                member.file_size,
                len(name),
                0,
            )
            said = struct.unpack("<4s5H3L2H", head[:30])
            require(said == wanted, f"The directory says otherwise of {member.filename} than stands at its place.")
            require(member.header_offset == end, f"Something is hidden before {member.filename}.")
            end += 30 + len(name) + member.compress_size
        directory = sum(46 + len(member.filename) for member in members)
        self._file.seek(0, 2)
        require(self._file.tell() == end + directory + 22, "Something is hidden behind its members.")
        self._file.seek(end + directory)
        closing = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(members), len(members), directory, end, 0)
        require(self._file.read(22) == closing, "Its end says otherwise of its members than their directory.")

    def __contains__(self, name: str) -> bool:
        return name in self._members

    @property
    def names(self) -> list[str]:
        return sorted(self._members)

    def size(self, name: str) -> int:
        return self._member(name).file_size

    def read(self, name: str) -> bytes:
        """A whole member, of those that are short."""
        require(self.size(name) <= MOST_TEXT, f"{name} is larger than {MOST_TEXT} bytes.")
        return b"".join(self._chunks(name))

    def sha256(self, name: str) -> bytes:
        """SHA-256 of the member's bytes."""
        self._member(name)
        return self._digests[name]

    def salted(self, name: str, salt: bytes) -> bytes:
        """SHA-256 of ``salt`` and the member's bytes behind it."""
        found = self._salted.get((name, salt))
        if found is None:
            digest = hashlib.sha256(salt)
            for chunk in self._chunks(name):
                digest.update(chunk)
            found = self._salted[name, salt] = digest.digest()
        return found

    def _member(self, name: str) -> zipfile.ZipInfo:
        require(name in self._members, f"{name} is missing from the bundle.")
        return self._members[name]

    def _chunks(self, name: str) -> Iterator[bytes]:
        """A member's bytes, which are all that is stored of it."""
        member = self._member(name)
        size = crc = 0
        for chunk in self._unpacked(member):
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
            require(size <= member.file_size, f"{name} is larger than it says.")
            yield chunk
        require((size, crc) == (member.file_size, member.CRC), f"{name} is damaged: it is not what the archive says.")

    def _unpacked(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        start = member.header_offset + 30 + len(member.filename)
        end = start + member.compress_size
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if member.compress_type == zipfile.ZIP_DEFLATED else None
        while start < end:
            self._file.seek(start)
            packed = self._file.read(min(CHUNK, end - start))
            require(bool(packed), f"{member.filename} ends too early.")
            start += len(packed)
            if unpacker is None:
                yield packed
                continue
            while packed and not unpacker.eof:
                yield unpacker.decompress(packed, CHUNK)
                packed = unpacker.unconsumed_tail
            require(
                not packed and not unpacker.unused_data,
                f"Something is hidden behind the packed bytes of {member.filename}.",
            )
        if unpacker is not None:
            yield unpacker.flush()
            require(unpacker.eof, f"{member.filename} ends too early.")


def dos_time(member: zipfile.ZipInfo) -> tuple[int, int]:
    """The time and the date of a member as they are stored (.ZIP File Format Specification 6.3.10, section 4.4.6)."""
    year, month, day, hour, minute, second = member.date_time
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day


# Step 2. SHA256SUMS


def check_sums(archive: Archive) -> None:
    """Each line is 64 hexadecimal digits, two blanks and a name, as `sha256sum -c` reads it; in the order of names, each once."""
    lines = []
    for name in archive.names:
        if name != "SHA256SUMS":
            lines.append(f"{archive.sha256(name).hex()}  {name}")
    said = archive.read("SHA256SUMS").decode("ascii").split("\n")
    require(said[-1] == "", "SHA256SUMS does not end with a line break.")
    for line in said[:-1]:
        require(re.fullmatch(r"[0-9a-f]{64}  \S+", line) is not None, f"{line[:80]!r} is no line of SHA256SUMS.")
    names = [line[66:] for line in said[:-1]]
    for name in sorted(set(archive.names) - {"SHA256SUMS"} - set(names)):
        raise Failure(f"{name} is in the bundle and not in SHA256SUMS.")
    for name in sorted(set(names) - set(archive.names)):
        raise Failure(f"{name} is in SHA256SUMS and not in the bundle.")
    for line, right in zip(said, lines):  # noqa: B905 - Python 3.8; the lengths are compared below
        require(line == right, f"{right[66:]} is not what SHA256SUMS says.")
    require(len(said) - 1 == len(lines), "SHA256SUMS lists a member twice.")


# Step 3. Exact JSON (RFC 8259, RFC 7493; equal to RFC 8785 for what is allowed here)


def exact(data: bytes) -> Any:
    """The value of JSON that has one form only: sorted ASCII keys, none twice, no blanks, no fractions, integers below 2^53."""
    require_shallow(data)
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
        again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    except ValueError as error:
        raise Failure(f"This is not exact JSON: {error}.") from None
    require(again == data, "This JSON is not written in its exact form.")
    return value


def require_shallow(data: bytes) -> None:
    """JSON that no reader finds too deep, whatever the version of Python."""
    depth, is_text = 0, False
    for found in re.finditer(rb'\\.|["\[\]{}]', data, re.DOTALL):
        if found[0] == b'"':
            is_text = not is_text
        elif not is_text and len(found[0]) == 1:
            depth += 1 if found[0] in b"[{" else -1
            require(depth <= MOST_NESTED, f"This JSON is nested more than {MOST_NESTED} deep.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    require(len(value) == len(pairs), "An object of this JSON has a key twice.")
    require(all(key.isascii() for key in value), "An object of this JSON has a key that is not ASCII.")
    return value


def _integer(text: str) -> int:
    require(len(text) <= 17 and abs(int(text)) < 2**53, "A number of this JSON is too large.")
    return int(text)


def _no_number(text: str) -> Any:
    raise Failure(f"{text[:40]} is not an integer.")


def fields(value: Any, names: str, what: str, optional: str = "") -> dict[str, Any]:
    """``value`` as an object with exactly these keys."""
    require(isinstance(value, dict), f"{what} is not an object.")
    wanted = set(names.split())
    found = set(value)
    require(found >= wanted, f"{what} lacks {', '.join(sorted(wanted - found))}.")
    unknown = sorted(found - wanted - set(optional.split()))
    require(not unknown, f"{what} has {', '.join(unknown)}, which this program does not know.")
    return dict(value)


def array(value: Any, what: str) -> list[Any]:
    require(isinstance(value, list), f"{what} is not a list.")
    return list(value)


def text(value: Any, what: str) -> str:
    require(isinstance(value, str), f"{what} is not a text.")
    return str(value)


def number(value: Any, what: str) -> int:
    # In Python a truth value is an integer; here it is not.
    require(type(value) is int and value >= 0, f"{what} is not a whole number from 0 on.")
    return int(value)


def thirty_two(value: Any, what: str) -> bytes:
    """32 bytes in base64 (RFC 4648, section 4), in its one canonical spelling."""
    return decoded(text(value, what), what, 32)


def decoded(value: str, what: str, size: int) -> bytes:
    try:
        data = base64.b64decode(value.encode("ascii"), validate=True)
    except ValueError:
        raise Failure(f"{what} is not base64.") from None
    require(base64.b64encode(data).decode() == value, f"{what} is not base64 in its canonical spelling.")
    require(len(data) == size, f"{what} has {len(data)} bytes and not {size}.")
    return data


class Payload(NamedTuple):
    """What the manifest says of one payload of an entry: where it is and with which salt, or which entry records its erasure."""

    role: str
    size: int
    commitment: bytes
    salt: bytes | None
    file: str | None
    erased: int | None


class Item(NamedTuple):
    """What the manifest says of one entry."""

    idx: int
    entry: str
    detail: str | None
    detail_salt: bytes | None
    detail_erased: int | None
    proof: list[bytes]
    payloads: list[Payload]


class Consistency(NamedTuple):
    """The manifest's proof that the ledger extends that of an earlier checkpoint."""

    checkpoint: str
    old: int
    new: int
    proof: list[bytes]


class Stamps(NamedTuple):
    """The time stamps of the checkpoint in the member ``of``: members too, each over that and the ones before it."""

    of: str
    names: list[str]


class Manifest(NamedTuple):
    """The whole manifest. ``kind`` is `order` or `document`, ``subject`` the number of the one or the id of the other."""

    version: int
    kind: str
    subject: str
    verifier: str
    items: list[Item]
    consistency: Consistency | None
    stamps: Stamps | None
    rotations: list[str]


def read_manifest(archive: Archive) -> Manifest:
    optional = "consistency timestamp rotations"
    value = fields(
        exact(archive.read("manifest.json")), "v subject checkpoint verifier entries", "The manifest", optional
    )
    version = number(value["v"], "The version of the manifest")
    require(version in (1, 2), "The manifest is of another version than 1 or 2.")
    newer = version == 2 or not {"timestamp", "rotations"} & set(value)
    require(newer, "The manifest has what version 1 has not.")
    require(value["checkpoint"] == "ledger/checkpoint", "The manifest names another checkpoint than ledger/checkpoint.")
    subject = fields(value["subject"], "kind id", "The subject")
    require(subject["kind"] in ("order", "document"), "The subject is neither an order nor a document.")
    items = [read_item(each) for each in array(value["entries"], "The list of entries")]
    require(bool(items), "The bundle has no entry: it proves nothing.")
    indexes = [item.idx for item in items]
    require(indexes == sorted(set(indexes)), "The entries are not in their order, each once.")
    consistency = None
    if "consistency" in value:
        said = fields(value["consistency"], "checkpoint from to proof", "The consistency proof")
        where = "The earlier checkpoint has another name than ledger/checkpoint.earlier."
        require(said["checkpoint"] == "ledger/checkpoint.earlier", where)
        consistency = Consistency(
            said["checkpoint"],
            number(said["from"], "The size it begins from"),
            number(said["to"], "The size it leads to"),
            read_proof(said["proof"], "The consistency proof"),
        )
    manifest = Manifest(
        version,
        subject["kind"],
        text(subject["id"], "The id of the subject"),
        text(value["verifier"], "The verifier key"),
        items,
        consistency,
        read_stamps(value["timestamp"], consistency is not None) if "timestamp" in value else None,
        read_rotation_names(value["rotations"]) if "rotations" in value else [],
    )
    check_members(archive, manifest)
    payloads = [each for item in items for each in item.payloads]
    check_hashed(archive, [(each.file, each.salt) for each in payloads])
    return manifest


def read_stamps(value: Any, has_earlier: bool) -> Stamps:
    said = fields(value, "of stamps roots", "The manifest's time stamps")
    allowed = ("ledger/checkpoint", "ledger/checkpoint.earlier") if has_earlier else ("ledger/checkpoint",)
    require(said["of"] in allowed, "The time stamps are of something else than a checkpoint of the bundle.")
    require(said["roots"] == ROOTS, "The roots of the time stamps have another name.")
    names = array(said["stamps"], "The list of time stamps")
    wanted = ["ledger/timestamp.tsr"] + [f"ledger/timestamp.{number}.tsr" for number in range(2, len(names) + 1)]
    require(names == wanted and len(names) <= 100, "The time stamps have other names.")
    return Stamps(said["of"], names)


def read_rotation_names(value: Any) -> list[str]:
    names = array(value, "The list of rotations")
    require(len(names) <= MOST_ROTATIONS, f"It lists {len(names)} rotations; {MOST_ROTATIONS} are allowed.")
    wanted = [f"ledger/rotation.{number}" for number in range(1, len(names) + 1)]
    require(names == wanted and bool(names), "The rotations have other names.")
    return names


def read_item(value: Any) -> Item:
    said = fields(value, "idx entry detail detail_salt detail_erased proof blobs", "An entry of the manifest")
    idx = number(said["idx"], "The index of an entry")
    what = f"the manifest's entry {idx}"
    require(said["entry"] == f"ledger/entries/{idx}.json", f"The file of {what} has another name.")
    require(said["detail"] in (None, f"ledger/details/{idx}.json"), f"The details of {what} have another name.")
    return Item(
        idx,
        said["entry"],
        said["detail"],
        None if said["detail_salt"] is None else thirty_two(said["detail_salt"], f"The salt of {what}"),
        None if said["detail_erased"] is None else number(said["detail_erased"], f"The erasure of {what}"),
        read_proof(said["proof"], f"The proof of {what}"),
        [read_payload(each, what) for each in array(said["blobs"], f"The list of payloads of {what}")],
    )


def read_payload(value: Any, what: str) -> Payload:
    said = fields(value, "role n c salt file erased", f"A payload of {what}")
    return Payload(
        text(said["role"], f"A role of {what}"),
        number(said["n"], f"The size of a payload of {what}"),
        thirty_two(said["c"], f"The commitment of a payload of {what}"),
        None if said["salt"] is None else thirty_two(said["salt"], f"The salt of a payload of {what}"),
        None if said["file"] is None else text(said["file"], f"The file of a payload of {what}"),
        None if said["erased"] is None else number(said["erased"], f"The erasure of a payload of {what}"),
    )


def read_proof(value: Any, what: str) -> list[bytes]:
    hashes = array(value, what)
    require(len(hashes) <= MOST_PROOF, f"{what} has {len(hashes)} hashes; no proof has more than {MOST_PROOF}.")
    return [thirty_two(each, f"A hash of {what}") for each in hashes]


def check_members(archive: Archive, manifest: Manifest) -> None:
    """Every member is fixed, named by the manifest, or in a directory for what lies beside; and all of these are there."""
    named = {item.entry for item in manifest.items}
    named |= {item.detail for item in manifest.items if item.detail is not None}
    named |= {each.file for item in manifest.items for each in item.payloads if each.file is not None}
    if manifest.consistency is not None:
        named.add(manifest.consistency.checkpoint)
    if manifest.stamps is not None:
        named |= {ROOTS, *manifest.stamps.names}
    named |= set(manifest.rotations)
    for name in sorted(FIXED | READABLE | named):
        require(name in archive, f"{name} is missing from the bundle.")
    for name in archive.names:
        listed = name in FIXED or name in READABLE or name in named or name.startswith(BESIDE)
        require(listed, f"{name} is in the bundle and the manifest does not name it.")


def check_hashed(archive: Archive, payloads: list[tuple[str | None, bytes | None]]) -> None:
    """A small bundle cannot have its payloads hashed for hours, each once more for each salt with which it is listed."""
    total = sum(archive.size(file) for file, _ in set(payloads) if file is not None)
    require(
        total <= MOST_HASHED, f"It lists its payloads as {total} bytes, one for each salt; {MOST_HASHED} are allowed."
    )


# Step 4. The checkpoint (C2SP signed-note, tlog-checkpoint) and its signature (Ed25519, RFC 8032)


NOTE_SIGNATURE = 1
COSIGNATURE = 4
"""Kinds of signatures by Ed25519, which stand before the public key (C2SP signed-note, tlog-cosignature)."""


class Key(NamedTuple):
    """A verifier key: ``NAME+ID+BASE64(kind || public key)`` (C2SP signed-note, "Verifier keys")."""

    name: str
    id: bytes
    public: bytes


def read_key(value: str, kind: int = NOTE_SIGNATURE) -> Key:
    name, plus, rest = value.partition("+")
    require(bool(plus), "A verifier key has the form NAME+ID+BASE64.")
    check_key_name(name)
    identifier, _, encoded = rest.partition("+")
    require(
        re.fullmatch("[0-9a-f]{8}", identifier) is not None, "The id of a verifier key has eight hexadecimal digits."
    )
    data = decoded(encoded, "The public key", 33)
    require(data[0] == kind, f"The verifier key is not one for Ed25519 of kind {kind}.")
    right = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    require(right.hex() == identifier, f"The id of the verifier key is {right.hex()} and not {identifier}.")
    return Key(name, right, data[1:])


def check_key_name(name: str) -> None:
    holds = bool(name) and "+" not in name and not any(letter.isspace() for letter in name)
    require(holds, "The name of a key has no blank and no plus sign, and is not empty.")


class Checkpoint(NamedTuple):
    """A signed note that seals the first ``size`` entries. ``body`` is what is signed; ``signatures`` are by key name and key id."""

    body: bytes
    origin: str
    size: int
    root: bytes
    signatures: dict[tuple[str, bytes], bytes]


def read_note(data: bytes) -> tuple[str, dict[tuple[str, bytes], bytes]]:
    """The text that is signed, without its last line break, and the signatures by key name and key id."""
    note = data.decode("utf-8")
    require(len(data) <= 2**20, "The checkpoint is larger than a mebibyte.")
    require(all(letter >= " " or letter == "\n" for letter in note), "The checkpoint has a control character.")
    body, blank, signed = note.rpartition("\n\n")
    require(bool(blank) and signed.endswith("\n"), "The checkpoint is no signed note: it has no lines of signatures.")
    lines = signed[:-1].split("\n")
    require(len(lines) <= MOST_SIGNATURES, f"The checkpoint has more than {MOST_SIGNATURES} signatures.")
    signatures: dict[tuple[str, bytes], bytes] = {}
    for line in lines:
        name, identifier, signature = read_signature(line)
        require(
            (name, identifier) not in signatures, f"The checkpoint has two signatures of {name}+{identifier.hex()}."
        )
        signatures[name, identifier] = signature
    return body, signatures


def read_checkpoint(data: bytes) -> Checkpoint:
    body, signatures = read_note(data)
    lines = body.split("\n")
    require(len(lines) >= 3 and all(lines), "The checkpoint has fewer than three lines, or an empty one.")
    require(re.fullmatch("0|[1-9][0-9]{0,15}", lines[1]) is not None, "The size in the checkpoint is not a number.")
    size = int(lines[1])
    require(size < 2**53, "The size in the checkpoint is too large.")
    return Checkpoint(
        body.encode() + b"\n", lines[0], size, thirty_two(lines[2], "The root in the checkpoint"), signatures
    )


def read_signature(line: str) -> tuple[str, bytes, bytes]:
    """``— NAME BASE64(4-byte key id || signature)``."""
    parts = line.split(" ")
    require(len(parts) == 3 and parts[0] == "\u2014", "A line of the checkpoint's signatures is malformed.")
    check_key_name(parts[1])
    try:
        data = base64.b64decode(parts[2].encode("ascii"), validate=True)
    except ValueError:
        raise Failure("A signature of the checkpoint is not base64.") from None
    require(base64.b64encode(data).decode() == parts[2], "A signature of the checkpoint is not canonical base64.")
    require(len(data) > 4, "A signature of the checkpoint is too short.")
    return parts[1], data[:4], data[4:]


def check_signature(checkpoint: Checkpoint, keys: list[Key]) -> None:
    """Signed by one of ``keys`` at least, and by none of them falsely. Lines of other keys (witnesses) are not judged."""
    # Each once: keys may be said to have handed over to each other in a circle.
    found = [key for key in dict.fromkeys(keys) if (key.name, key.id) in checkpoint.signatures]
    wanted = " or ".join(f"{key.name}+{key.id.hex()}" for key in dict.fromkeys(keys))
    others = ", ".join(f"{name}+{identifier.hex()}" for name, identifier in sorted(checkpoint.signatures))
    require(bool(found), f"The checkpoint has no signature of {wanted}, but of {others}: that is the key to ask for.")
    for key in found:
        require(
            checkpoint.origin == key.name, f"The checkpoint is of the ledger {checkpoint.origin}, not of {key.name}."
        )
        check_ed25519(key.public, checkpoint.body, checkpoint.signatures[key.name, key.id])


class Rotation(NamedTuple):
    """One key of the ledger handed over to the next."""

    old: Key
    new: Key


def read_rotation(data: bytes) -> Rotation:
    """A signed note of four lines: the ledger, what it is, the old key and the new one. Both have signed it."""
    body, signatures = read_note(data)
    lines = body.split("\n")
    require(len(lines) == 4 and lines[1] == "ledger key rotation", "It is no rotation of a key.")
    old, new = read_key(lines[2]), read_key(lines[3])
    require(lines[0] == old.name == new.name and old.public != new.public, "It is not between two keys of one ledger.")
    for key in (old, new):
        check_ed25519(key.public, body.encode() + b"\n", signatures.get((key.name, key.id), b""))
    return Rotation(old, new)


def followers(trusted: Key, rotations: list[Rotation]) -> list[Key]:
    """The keys to which ``trusted`` handed over, one after the other, itself first."""
    keys = [trusted]
    for rotation in rotations:
        if rotation.old == keys[-1]:
            keys.append(rotation.new)
    return keys


def family(trusted: Key, rotations: list[Rotation]) -> list[Key]:
    """These, and the keys that handed over to ``trusted``: by one of them a checkpoint of before may be signed."""
    keys = followers(trusted, rotations)
    before = trusted
    for rotation in reversed(rotations):
        if rotation.new == before:
            before = rotation.old
            keys.append(before)
    return keys


# Ed25519 (RFC 8032, section 5.1)


class Point(NamedTuple):
    """A point of the curve in extended coordinates: its x is X/Z, its y is Y/Z, and T/Z is xy."""

    x: int
    y: int
    z: int
    t: int


PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME
ROOT_OF_MINUS_ONE = pow(2, (PRIME - 1) // 4, PRIME)
NEUTRAL = Point(0, 1, 1, 0)


def check_ed25519(public: bytes, message: bytes, signature: bytes) -> None:
    """RFC 8032, section 5.1.7, strictly: S is reduced, points are canonical and not of small order, the equation holds without cofactor."""
    require(len(signature) == 64, "The signature has not 64 bytes.")
    scalar = int.from_bytes(signature[32:], "little")
    require(scalar < ORDER, "The signature is not canonical: S is not below the order of the group.")
    signer = point(public, "The public key")
    point(signature[:32], "The first half of the signature")
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    minus_signer = Point(PRIME - signer.x, signer.y, signer.z, PRIME - signer.t)
    computed = add(times(scalar, BASE), times(challenge, minus_signer))
    require(compressed(computed) == signature[:32], "The signature is not one of this key for this text.")


def point(data: bytes, what: str) -> Point:
    """RFC 8032, section 5.1.3; points of small order, which sign anything, are refused."""
    require(len(data) == 32, f"{what} has not 32 bytes.")
    encoded = int.from_bytes(data, "little")
    sign, y = encoded >> 255, encoded & (2**255 - 1)
    require(y < PRIME, f"{what} is not a canonical point.")
    u, v = (y * y - 1) % PRIME, (CURVE * y * y + 1) % PRIME
    x = u * pow(v, 3, PRIME) * pow(u * pow(v, 7, PRIME), (PRIME - 5) // 8, PRIME) % PRIME
    if (v * x * x + u) % PRIME == 0:
        x = x * ROOT_OF_MINUS_ONE % PRIME
    require((v * x * x - u) % PRIME == 0, f"{what} is not a point of the curve.")
    require(x != 0 or sign == 0, f"{what} is not a canonical point.")
    if x & 1 != sign:
        x = PRIME - x
    found = Point(x, y, 1, x * y % PRIME)
    eight = times(8, found)
    require(not (eight.x == 0 and eight.y == eight.z), f"{what} is a point of small order.")
    return found


def add(p: Point, q: Point) -> Point:
    """RFC 8032, section 5.1.4; complete, so that it doubles too."""
    a = (p.y - p.x) * (q.y - q.x) % PRIME
    b = (p.y + p.x) * (q.y + q.x) % PRIME
    c = 2 * p.t * q.t * CURVE % PRIME
    d = 2 * p.z * q.z % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return Point(e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME)


def times(scalar: int, p: Point) -> Point:
    total = NEUTRAL
    while scalar:
        if scalar & 1:
            total = add(total, p)
        p = add(p, p)
        scalar >>= 1
    return total


def compressed(p: Point) -> bytes:
    """RFC 8032, section 5.1.2."""
    inverse = pow(p.z, PRIME - 2, PRIME)
    x, y = p.x * inverse % PRIME, p.y * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point((4 * pow(5, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little"), "The base point")

PEM_PREFIX = bytes.fromhex("302a300506032b6570032100")
"""SubjectPublicKeyInfo of an Ed25519 key up to the key itself (RFC 8410, section 4)."""


def check_openssl_files(archive: Archive, checkpoint: Checkpoint, key: Key) -> None:
    """What the bundle's commands give to openssl is the key, the text and the signature that were checked here."""
    signature = checkpoint.signatures.get((key.name, key.id), b"")
    encoded = base64.b64encode(PEM_PREFIX + key.public).decode()
    pem = f"-----BEGIN PUBLIC KEY-----\n{encoded}\n-----END PUBLIC KEY-----\n"
    require(archive.read("ledger/key.pem") == pem.encode(), "ledger/key.pem is another key.")
    require(archive.read("ledger/checkpoint.body") == checkpoint.body, "ledger/checkpoint.body is another text.")
    require(archive.read("ledger/checkpoint.sig") == signature, "ledger/checkpoint.sig is another signature.")


# Step 5. Entries, and that they are in the ledger (RFC 6962, section 2.1; RFC 9162, section 2.1.3.2)


class Entry(NamedTuple):
    """One entry of the ledger. ``leaf`` is its hash in the tree."""

    leaf: bytes
    type: str
    ts: str
    doc: str
    dseq: int
    dprev: str
    partner: str
    pseq: int
    tenant: str
    blobs: list[tuple[str, bytes, int]]
    detail: bytes


OUTCOMES = (
    "accepted",
    "accepted_with_errors",
    "partially_accepted",
    "rejected",
    "downloaded",
    "removed",
    "renamed",
    "same bytes",
    "imported",
    "sent for approval",
)
ENTRY_FORMS = {
    "type": "[a-z_]{1,32}",
    "ts": r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d\.\d{6}Z",
    "doc": "[A-Za-z0-9._:-]{0,64}",
    "dprev": "([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)?",
    "partner": "([0-9a-f]{16})?",
    "tenant": "[0-9a-f]{16}",
    "actor": "system|operator|partner",
    "node": "[A-Za-z0-9._-]{0,64}",
    "outcome": f"({'|'.join(OUTCOMES)})?",
}
"""The texts of an entry. None has room for a name or a number that says who or what it was about."""
ROLES = ("received", "sent", "canonical", "answer", "wire", "signed")


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def read_entry(data: bytes) -> Entry:
    names = "v type ts doc dseq dprev partner pseq tenant actor node outcome blobs d"
    said = fields(exact(data), names, "The entry")
    require(type(said["v"]) is int and said["v"] == 1, "The entry is of another version than 1.")
    for name, form in ENTRY_FORMS.items():
        found = re.fullmatch(form, text(said[name], f"`{name}` of the entry"), re.ASCII)
        require(found is not None, f"`{name}` of the entry is not what it may be.")
    dseq, pseq = count(said["dseq"], "`dseq` of the entry"), count(said["pseq"], "`pseq` of the entry")
    require(
        (dseq == 0) == (said["doc"] == ""),
        "The entry counts a history of nothing, or does not count that of something.",
    )
    require(said["doc"] != "" or said["dprev"] == "", "The entry follows another one, and is about nothing.")
    require((pseq == 0) == (said["partner"] == ""), "The entry counts for no partner, or does not count for one.")
    blobs = []
    for each in array(said["blobs"], "`blobs` of the entry"):
        blob = fields(each, "role c n", "A payload of the entry")
        commitment = thirty_two(blob["c"], "A commitment of the entry")
        require(blob["role"] in ROLES, "A payload of the entry has a role that this program does not know.")
        blobs.append((blob["role"], commitment, count(blob["n"], "A size in the entry")))
    return Entry(
        leaf_hash(data),
        said["type"],
        said["ts"],
        said["doc"],
        dseq,
        said["dprev"],
        said["partner"],
        pseq,
        said["tenant"],
        blobs,
        thirty_two(said["d"], "`d` of the entry"),
    )


def count(value: Any, what: str) -> int:
    require(number(value, what) <= MOST_COUNTED, f"{what} is larger than {MOST_COUNTED}.")
    return int(value)


def check_inclusion(leaf: bytes, idx: int, proof: list[bytes], checkpoint: Checkpoint) -> None:
    """RFC 9162, section 2.1.3.2, in its own letters."""
    require(
        idx < checkpoint.size, f"The checkpoint seals {checkpoint.size} entries; there is no entry {idx} among them."
    )
    fn, sn, r = idx, checkpoint.size - 1, leaf
    for p in proof:
        require(sn != 0, "The proof is too long.")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while fn & 1 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    require(sn == 0, "The proof is too short.")
    require(r == checkpoint.root, "The proof does not lead to the root that the checkpoint seals.")


# Steps 6 and 7. Details and payloads: SHA-256 of 32 bytes of salt and the data


class Erasure(NamedTuple):
    """What an entry says was erased: the details of entries, or their payloads of a role, from the first to the last index of each span."""

    details: list[tuple[int, int]]
    payloads: dict[str, list[tuple[int, int]]]

    def covers(self, idx: int, role: str | None) -> bool:
        """Whether it names the payload of that role of an entry, or, without a role, the details of it."""
        spans = self.details if role is None else self.payloads.get(role, [])
        # They follow each other.
        place = bisect_right(spans, (idx, MOST_COUNTED + 2**53)) - 1
        return place >= 0 and spans[place][0] <= idx <= spans[place][1]


class Erasures:
    """All that the entries that were proved say of erasures."""

    def __init__(self, by: dict[int, Erasure]) -> None:
        self._by = by
        self._ends: dict[str | None, tuple[list[int], list[int]]] = {}
        for erasure in by.values():
            self._add(None, erasure.details)
            for role, spans in erasure.payloads.items():
                self._add(role, spans)
        for ends in self._ends.values():
            for each in ends:
                each.sort()

    def _add(self, role: str | None, spans: list[tuple[int, int]]) -> None:
        firsts, lasts = self._ends.setdefault(role, ([], []))
        firsts += [first for first, _ in spans]
        lasts += [last for _, last in spans]

    def count(self, idx: int, role: str | None) -> int:
        """How many of them cover that: spans begin at it or before, and do not end before it. Those of one do not overlap."""
        firsts, lasts = self._ends.get(role, ([], []))
        return bisect_right(firsts, idx) - bisect_left(lasts, idx)

    def says(self, by: int | None, idx: int, role: str | None) -> bool:
        """Whether entry ``by`` covers that."""
        return by is not None and by in self._by and self._by[by].covers(idx, role)


DETAIL = "journal partner actor outcome receipt document transmission detail sha256"


def open_detail(archive: Archive, item: Item, entry: Entry) -> dict[str, Any]:
    """The details of an entry, once they were found to be those it was made with, and to be about what it is about."""
    require(item.detail_erased is None, "They are said to be erased, and are there.")
    require(item.detail_salt is not None, "The salt of the details is missing.")
    data = archive.read(item.detail or "")
    computed = hashlib.sha256((item.detail_salt or b"") + data).digest()
    require(computed == entry.detail, "They are not the details that the entry was made with.")
    said = fields(exact(data), DETAIL, "The text of the details")
    for name in ("document", "transmission", "receipt"):
        require(said[name] is None or isinstance(said[name], str), f"`{name}` of the details is no text.")
    subject = said["document"] or said["transmission"] or said["receipt"] or ""
    require(subject == entry.doc, "They are about something else than the entry.")
    hashes = said["sha256"]
    require(isinstance(hashes, dict), "`sha256` of the details is not an object.")
    for role in hashes:
        text(hashes[role], "A hash of a payload")
    return said


def check_detail(archive: Archive, item: Item, entry: Entry, erasures: Erasures) -> dict[str, Any] | None:
    """The details, which are those committed to, or None where their erasure is on record."""
    if item.detail is None:
        require(item.detail_salt is None, "There is a salt, and no details.")
        check_erased(item.idx, None, item.detail_erased, erasures)
        return None
    return open_detail(archive, item, entry)


def check_payload(
    archive: Archive,
    each: Payload,
    committed: tuple[str, bytes, int],
    idx: int,
    sha256: str | None,
    erasures: Erasures,
) -> None:
    require((each.role, each.commitment, each.size) == committed, "The manifest says otherwise of it than the entry.")
    if each.file is None:
        require(each.salt is None, "There is a salt, and no payload.")
        check_erased(idx, each.role, each.erased, erasures)
        return
    require(each.erased is None, "It is said to be erased, and is there.")
    require(each.salt is not None, "Its salt is missing.")
    digest = archive.sha256(each.file).hex()
    require(each.file == f"payloads/{digest}", "Its file is not named by its SHA-256.")
    require(sha256 in (None, digest), "The details of the entry name another SHA-256.")
    require(archive.size(each.file) == each.size, f"It has {archive.size(each.file)} bytes and not {each.size}.")
    computed = archive.salted(each.file, each.salt or b"")
    require(computed == each.commitment, "It is not, with this salt, what the entry was made for.")


def check_erased(idx: int, role: str | None, by: int | None, erasures: Erasures) -> None:
    """What is missing counts as erased only where the details of a later entry, proved themselves, say so."""
    require(by is not None, "It is missing from the bundle, and no erasure is on record.")
    # A payload goes by itself, or else with the details; and what went cannot go once more.
    what = role if role is not None and erasures.count(idx, role) else None
    require(erasures.says(by, idx, what), f"It is missing, and no erasure of it by entry {by} was proved.")
    count = erasures.count(idx, what)
    require(count == 1, f"It is missing, and {count} entries say that they erased it.")


def read_erasures(archive: Archive, manifest: Manifest, entries: dict[int, Entry]) -> Erasures:
    """What the entries that were proved say of erasures; one whose details are not proved (step 6) says nothing."""
    found = {}
    for item in manifest.items:
        entry = entries.get(item.idx)
        if entry is None or entry.type not in ERASING or item.detail is None:
            continue
        try:
            detail = open_detail(archive, item, entry)["detail"]
        except BROKEN:
            continue
        said = detail.get("erased") if isinstance(detail, dict) else None
        if isinstance(said, dict):
            payloads = said.get("payloads")
            by_role = payloads.items() if isinstance(payloads, dict) else ()
            found[item.idx] = Erasure(
                spans_before(item.idx, said.get("details")),
                {role: spans_before(item.idx, spans) for role, spans in by_role},
            )
    return Erasures(found)


def spans_before(by: int, said: Any) -> list[tuple[int, int]]:
    """Pairs of indexes below ``by``, each behind the one before: an erasure covers what was there before it. Other forms cover nothing."""
    spans = []
    before = -1
    for each in said if isinstance(said, list) else []:
        if not (
            isinstance(each, list) and [type(end) for end in each] == [int, int] and before < each[0] <= each[1] < by
        ):
            return []
        spans.append((each[0], each[1]))
        before = each[1]
    return spans


# Step 8. Histories


def check_history(entries: list[Entry]) -> None:
    """Entries about one thing count from 1 without a gap, and each names the leaf hash of the one before it."""
    before = ""
    for position, entry in enumerate(entries, 1):
        if entry.dseq != position:
            why = "is in it twice" if entry.dseq < position else "is missing"
            raise Failure(f"Entry {min(entry.dseq, position)} of this history {why}.")
        require(entry.dprev == before, f"Entry {position} of this history does not follow the one before it.")
        before = base64.b64encode(entry.leaf).decode()


def check_one_ledger(entries: list[Entry]) -> None:
    """All entries are of one gateway, and no two are the same of one partner."""
    require(len({entry.tenant for entry in entries}) <= 1, "The entries are of several gateways.")
    last: dict[str, int] = {}
    for entry in entries:
        if entry.partner:
            require(
                entry.pseq > last.get(entry.partner, 0), f"Entries of a partner do not count upwards at {entry.pseq}."
            )
            last[entry.partner] = entry.pseq


# Step 9. Consistency (RFC 9162, section 2.1.4.2)


def check_consistency(old: Checkpoint, new: Checkpoint, proof: list[bytes]) -> None:
    """In the letters of RFC 9162: the first ``old.size`` entries of the new ledger are those of the old one."""
    require(0 < old.size <= new.size, f"A ledger of {new.size} entries is no extension of one of {old.size}.")
    if old.size == new.size:
        require(
            not proof and old.root == new.root,
            "Two checkpoints of the same size have different roots: the ledger was forked.",
        )
        return
    path = ([old.root] if old.size & (old.size - 1) == 0 else []) + proof
    require(bool(path), "The proof is empty.")
    fn, sn = old.size - 1, new.size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        require(sn != 0, "The proof is too long.")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while fn & 1 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    require(sn == 0, "The proof is too short.")
    require(fr == old.root, "The proof does not lead to the root of the earlier checkpoint.")
    require(sr == new.root, "The proof does not lead to the root of this checkpoint.")


def check_anchor(anchor: Checkpoint, manifest: Manifest, earlier: Checkpoint | None, checkpoint: Checkpoint) -> None:
    """The checkpoint that the auditor kept is the bundle's own, or the one that its consistency proof begins from."""
    if anchor.size == checkpoint.size:
        check_consistency(anchor, checkpoint, [])
        return
    require(
        anchor.size < checkpoint.size,
        f"The anchor seals {anchor.size} entries, the bundle's checkpoint {checkpoint.size}.",
    )
    linked = earlier is not None and manifest.consistency is not None and earlier.size == anchor.size
    require(linked, f"The bundle has no proof from {anchor.size} entries on. Have it made again with this anchor.")
    require(
        earlier is not None and earlier.root == anchor.root, "The ledger was another one at the anchor: it was forked."
    )


# Step 11. Time stamps (RFC 3161, section 2.4.2; the parts of CMS and DER that they need: RFC 5652, ITU-T X.690)

SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
TST_INFO = bytes.fromhex("2a864886f70d0109100104")
HASHES = {bytes.fromhex("608648016503040201"): "sha256", bytes.fromhex("608648016503040203"): "sha512"}
"""What a stamp may be made over, by the object identifier."""

UNPROVEN_STAMP = "That an authority made the time stamps is shown by `openssl ts -verify`, as COMMANDS.txt says"


def elements(data: bytes) -> list[tuple[int, bytes]]:
    """What stands one behind the other in DER: tags and contents."""
    found = []
    while data:
        require(len(data) >= 2 and data[0] & 31 != 31, "Its DER is damaged.")
        tag, length, start = data[0], data[1], 2
        if length & 128:
            start += length & 127
            require(2 < start <= min(6, len(data)), "Its DER is damaged.")
            length = int.from_bytes(data[2:start], "big")
            require(length >= 128 and data[2] != 0, "Its DER is damaged.")
        require(len(data) >= start + length, "Its DER ends too early.")
        found.append((tag, data[start : start + length]))
        data = data[start + length :]
    return found


def element(parts: list[tuple[int, bytes]], place: int, tag: int) -> bytes:
    """The content of the element at a place, which must have this tag."""
    require(place < len(parts) and parts[place][0] == tag, "It is not made like a time stamp.")
    return parts[place][1]


def read_stamp(data: bytes) -> tuple[str, bytes, str]:
    """By which digest a granted time stamp is, over what, and the time that it says; what else is in it is for who verifies signatures."""
    whole = elements(data)
    require(len(whole) == 1, "Something stands behind the time stamp.")
    response = elements(element(whole, 0, 0x30))
    status = element(elements(element(response, 0, 0x30)), 0, 0x02)
    require(status == b"\x00", f"The authority did not grant it: its status is {status.hex()}.")
    token = elements(element(response, 1, 0x30))
    require(element(token, 0, 0x06) == SIGNED_DATA, "It is not signed.")
    content = elements(element(elements(element(elements(element(token, 1, 0xA0)), 0, 0x30)), 2, 0x30))
    require(element(content, 0, 0x06) == TST_INFO, "What is signed is no time stamp.")
    stamp = elements(element(elements(element(elements(element(content, 1, 0xA0)), 0, 0x04)), 0, 0x30))
    imprint = elements(element(stamp, 2, 0x30))
    algorithm = element(elements(element(imprint, 0, 0x30)), 0, 0x06)
    require(algorithm in HASHES, "It is over a digest that is neither SHA-256 nor SHA-512.")
    time = element(stamp, 4, 0x18).decode("ascii")
    require(re.fullmatch(r"[0-9]{14}(\.[0-9]*[1-9])?Z", time) is not None, "The time that it says is none.")
    datetime.strptime(time[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return HASHES[algorithm], element(imprint, 1, 0x04), time


def check_stamp(data: bytes, stamped: bytes) -> str:
    """It is a time stamp for exactly these bytes; the time that it says."""
    name, imprint, time = read_stamp(data)
    require(hashlib.new(name, stamped).digest() == imprint, "It is a time stamp for something else.")
    return time


# Step 12. Witnesses (C2SP tlog-cosignature)


class Quorum(NamedTuple):
    """The witnesses whom somebody trusts, and how many of them must have cosigned."""

    keys: list[Key]
    needed: int


def check_cosignature(checkpoint: Checkpoint, witness: Key) -> str:
    """The time of the cosignature, in eight bytes before it, which is over that time and the checkpoint."""
    line = checkpoint.signatures[witness.name, witness.id]
    seconds = int.from_bytes(line[:8], "big")
    require(len(line) == 72 and 0 < seconds <= LATEST, "It is no cosignature.")
    check_ed25519(witness.public, f"cosignature/v1\ntime {seconds}\n".encode() + checkpoint.body, line[8:])
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


LATEST = 253402300799
"""The last second of the year 9999, from 1970 on."""


# Step 10. What it all is about, and what lies beside


class Proved(NamedTuple):
    """What the steps before have proved, by the indexes of entries: what each is about, its details, and its payloads by role and file.

    A payload whose file is None, and an entry without details, lost these by an erasure on record, or failed.
    """

    about: dict[int, str]
    details: dict[int, dict[str, Any]]
    payloads: dict[int, list[tuple[str, str | None]]]

    @property
    def files(self) -> set[str]:
        """All payloads that are there."""
        return {file for payloads in self.payloads.values() for _, file in payloads if file is not None}

    def canonical(self) -> set[tuple[str, str]]:
        """The canonical JSON of entries, each with what the entry is about."""
        return {
            (self.about[idx], file)
            for idx, payloads in self.payloads.items()
            for role, file in payloads
            if role == "canonical" and file is not None
        }

    def signers(self) -> set[str]:
        """The fingerprints of the certificates by which the gateway noted of entries that they were signed."""
        found = (self.told(idx).get("signed_by") for idx in self.details)
        return {each for each in found if isinstance(each, str)}

    def told(self, idx: int) -> dict[str, Any]:
        """What the gateway noted of an entry beside what all entries have."""
        said = self.details[idx]["detail"] if idx in self.details else None
        return said if isinstance(said, dict) else {}

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing that might name what it was about."""
        gone = [role for payloads in self.payloads.values() for role, file in payloads if file is None]
        return len(self.details) == len(self.about) and "canonical" not in gone


def judge_subject(report: Report, archive: Archive, kind: str, subject: str, proved: Proved) -> None:
    name = f"{kind} {printable(subject)}"
    is_named = names_document(subject, proved) if kind == "document" else names_order(archive, subject, proved)
    if not is_named and kind == "order" and not proved.is_whole:
        report.not_covered(10, f"That the entries are about {name}: what is left of them does not name it")
    else:
        with report.claim(10, f"Entries proved above are about {name}"):
            require(is_named, f"None of them names {name}: the bundle is about something else than it says.")
    report.not_covered(10, f"That this is all there is about {name} is the word of whoever made the bundle")


def names_document(subject: str, proved: Proved) -> bool:
    """Whether an entry is about a document or a file, or names it as the file or the document it belongs to."""
    named = {said[name] for said in proved.details.values() for name in ("document", "receipt", "transmission")}
    named |= {each for each in (proved.told(idx).get("from_file") for idx in proved.details) if isinstance(each, str)}
    return bool(subject) and subject in {*proved.about.values(), *named}


def names_order(archive: Archive, number: str, proved: Proved) -> bool:
    """Whether proved details name an order, or the canonical JSON of a document does."""
    for said in map(proved.told, proved.details):
        if number in (said.get("po"), said.get("refused_order")) or is_order(said, number, NOTED_OF_ORDERS):
            return True
    for file in {file for _, file in proved.canonical()}:
        try:
            data = archive.read(file)
            require_shallow(data)
            document = json.loads(data.decode("utf-8"), parse_int=str, parse_float=str)
        except BROKEN:
            continue
        if is_order(document, number, ORDERS) or refers_to_order(document, number):
            return True
    return False


NOTED_OF_ORDERS = (
    "PurchaseOrder",
    "PurchaseOrderChange",
    "PurchaseOrderAcknowledgement",
    "PurchaseOrderChangeAcknowledgement",
)
"""The types of documents for whose number the gateway notes that of the order."""
ORDERS = ("PurchaseOrder", "WarehouseShippingOrder", "WarehouseShippingAdvice", "StockTransferShipment")
"""The types of documents that have it for their own number."""


def is_order(said: Any, number: str, types: tuple[str, ...]) -> bool:
    return isinstance(said, dict) and said.get("type") in types and said.get("number") == number


def refers_to_order(document: Any, number: str) -> bool:
    """Whether anything in canonical JSON names an order: a line, a level of a shipment, a reference or a remitted item."""
    left = [document]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            order = value.get("order")
            named = [value.get("order_number"), value.get("transfer_number")]
            named += [order.get("number")] if isinstance(order, dict) else []
            named += [value.get("number"), value.get("value")] if value.get("kind") == "purchase_order" else []
            if number in named:
                return True
        left += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return False


def judge_rest(report: Report, archive: Archive, proved: Proved) -> None:
    """Documents must be the canonical JSON of entries about them, and certificates of their fingerprint.

    Anything else beside the ledger's own files is there to be read, and proves nothing.
    """
    uncovered = [name for name in archive.names if name in READABLE - {COMMANDS} or name == ROOTS]
    unnamed = []
    files, canonical, signers = proved.files, proved.canonical(), proved.signers()
    for name in archive.names:
        if name.startswith("documents/"):
            with report.claim(10, f"{name} is, byte for byte, the canonical JSON of the document of that id"):
                check_document(archive, name, canonical)
        elif name.startswith("certificates/"):
            fingerprint = name[len("certificates/") : -len(".pem")]
            if fingerprint in signers:
                with report.claim(10, f"{name} is the certificate whose fingerprint proved details name"):
                    check_certificate(archive, name)
            else:
                unnamed.append(name)
        elif name.startswith("as2/"):
            if f"payloads/{archive.sha256(name).hex()}" in files:
                report.proved(10, f"{name} is, byte for byte, a payload proved above")
            elif f"payloads/{body_sha256(archive, name)}" in files:
                report.proved(10, f"The body of {name}, behind its header fields, is a payload proved above")
            else:
                uncovered.append(name)
    judge_unnamed(report, archive, unnamed)
    for what in missing_messages(archive, proved):
        report.not_covered(10, f"Missing, though proved details name it: {printable(what)}")
    if uncovered:
        report.not_covered(10, f"For reading only; no entry of the ledger proves it: {', '.join(sorted(uncovered))}")


def check_document(archive: Archive, name: str, canonical: set[tuple[str, str]]) -> None:
    found = re.fullmatch(r"documents/([A-Za-z0-9._-]{1,64})\.json", name)
    file = f"payloads/{archive.sha256(name).hex()}"
    holds = found is not None and (found[1], file) in canonical
    require(holds, "No entry about that document has it as its canonical JSON.")


def judge_unnamed(report: Report, archive: Archive, names: list[str]) -> None:
    """Certificates that the ledger does not know: anybody can make one of the same key, with another name in it."""
    for name in names:
        with report.judged(
            10, f"{name} is of the fingerprint it is named by; that a message is by its owner no entry proves"
        ):
            check_certificate(archive, name)


def check_certificate(archive: Archive, name: str) -> None:
    fingerprint = fingerprint_of(archive.read(name))
    require(name == f"certificates/{fingerprint}.pem", f"Its fingerprint (SHA-256) is {fingerprint}.")


def missing_messages(archive: Archive, proved: Proved) -> list[str]:
    """What proved details name of the traffic over AS2, certificates too, and the bundle does not have."""
    told = [proved.told(idx).get("message_id") for idx in proved.details]
    absent = absent_messages(archive, {each for each in told if isinstance(each, str)})
    bodies = {f"payloads/{body_sha256(archive, name)}" for name in archive.names if re.fullmatch("as2/[^/]+/mdn", name)}
    missing = []
    for idx in sorted(proved.details):
        said = proved.told(idx)
        message, mdn, arrival = said.get("message_id"), said.get("mdn"), said.get("arrival")
        if isinstance(message, str) and message in absent:
            missing.append(f"the message {message} of entry {idx}")
        answers = {file for role, file in proved.payloads.get(idx, []) if role == "answer" and file is not None}
        if isinstance(mdn, str) and not answers & bodies:
            missing.append(f"our MDN {mdn} of entry {idx}")
        if isinstance(arrival, str) and f"as2/{arrival}/mdn" not in archive:
            missing.append(f"the partner's MDN {arrival} of entry {idx}")
        signer = said.get("signed_by")
        if isinstance(signer, str) and f"certificates/{signer}.pem" not in archive:
            missing.append(f"the certificate {signer} of entry {idx}")
    return missing


def absent_messages(archive: Archive, wanted: set[str]) -> set[str]:
    """Those of which no header fields are in the bundle: read one block at a time, and each once, however many there are."""
    absent = {message.encode("utf-8", "replace"): message for message in wanted}
    for name in archive.names:
        if absent and re.fullmatch("as2/[^/]+/headers", name) and archive.size(name) <= MOST_HEADERS:
            block = re.sub(rb"\r?\n[ \t]+", b" ", archive.read(name))
            values = {line.partition(b":")[2].strip() for line in block.splitlines()}
            for message in values.union(block.split()):
                absent.pop(message, None)
    return set(absent.values())


# Step 13. The commands


DIGESTS = "sha1|sha224|sha256|sha384|sha512"
_BASE64 = r"[A-Za-z0-9+/]+={0,2}"
_MEMBER = r"[A-Za-z0-9_][A-Za-z0-9._/-]*"
_PART = r"tail -c \+[1-9][0-9]* (?P<file{n}>as2/{member}) \| head -c [0-9]+"
_VERIFIED = r"openssl cms -verify -binary -inform DER -in \$work/signature"
_TRUSTING = (
    r"-certfile (?P<certificate{n}>certificates/{member}) -nointern -CAfile (?P=certificate{n}) "
    r"-partial_chain -purpose any -no_check_time"
)


def _form(pattern: str, n: int = 1) -> str:
    return pattern.replace("{n}", str(n)).replace("{member}", _MEMBER)


CARRIED = re.compile(
    r"\n# [^\n]*: the digest of what it carried is the MIC, by which the partner's MDN says what it received\.\n"
    rf'test "\$\( openssl dgst -(?:{DIGESTS}) -binary (?P<file1>as2/{_MEMBER}) \| openssl base64 -A \)" = {_BASE64}\n'
    r"# What it carried ends, byte for byte, with the payload\.\n"
    r"tail -c [0-9]+ (?P=file1) \| cmp - (?P<payload>payloads/[0-9a-f]{64})\n"
)
MESSAGE = re.compile(
    r"\n# [^\n]*: what was signed, and the signature, by the key of the certificate\.\n"
    rf"{_form(_PART)}(?: \| tr -d '\\r\\n' \| openssl base64 -d -A)? > \$work/signature\n"
    rf"(?:{_VERIFIED} {_form(_TRUSTING)} -out \$work/signed-part\n"
    rf"|{_form(_PART, 2)} > \$work/signed-part\n"
    rf"{_VERIFIED} -content \$work/signed-part {_form(_TRUSTING, 2)} -out \$work/verified-part\n)"
    r"(?:# The digest of what was signed is the MIC\.\n"
    rf'test "\$\( openssl dgst -(?:{DIGESTS}) -binary \$work/signed-part \| openssl base64 -A \)" = {_BASE64}\n)?'
    rf"(?:# What was signed returns the MIC\.\ngrep -F -q {_BASE64} \$work/signed-part\n)?"
)
"""What the commands say of a message over AS2 that the bundle has, or of an MDN. This program reads no MIME, so that where in a file a
signature is stands in the commands alone."""
PEM_IN_OCTAL = r"\060\052\060\005\006\003\053\145\160\003\041\000"
COMMANDS_BEGIN = r"""
# How to check this bundle by hand, with sha256sum, openssl (3.0 or later) and a shell.
#
# Unpack the bundle into an empty directory and go there. Then run the commands one by one, or all of them: sh -eu COMMANDS.txt
# Where something does not hold, its command ends with an error, and nothing after it is run. The last line printed is "All holds."
#
# Whoever forges a bundle forges this file too: read it before you run it, and see that each command is there that the documentation of
# Tallystick has for each claim. `python3 verify.py BUNDLE.zip --trust KEY` checks all of this and more, among it that no two entries of a
# partner have one number. Take verify.py from whoever you trust, not from the bundle.

# Short words for what is repeated below (RFC 6962, section 2.1): a SHA-256 in base64, the hash of an entry, of two hashes side by side, and
# of a file behind its salt.
hash() { openssl dgst -sha256 -binary | openssl base64 -A; }
raw() { printf %s "$1" | openssl base64 -d -A; }
leaf() { { printf '\000'; cat "$1"; } | hash; }
node() { { printf '\001'; raw "$1"; raw "$2"; } | hash; }
salted() { { raw "$1"; cat "$2"; } | hash; }
# What the commands write lies in a directory of its own, so that nothing is added to the bundle.
work=$( mktemp -d )

# 1. No file was damaged or exchanged since the bundle was made: a line for each, ending in OK.
sha256sum -c --strict SHA256SUMS
# And none is there that is not listed.
find . ! -type d ! -path ./SHA256SUMS | cut -c 3- | LC_ALL=C sort > "$work/found"
cut -c 67- SHA256SUMS | cmp - "$work/found"
"""[1:]
"""How the commands of every bundle of version 2 begin."""
CLOSING = "\necho 'All holds.'\n"
SPAN = re.compile(rb"\[([0-9]+),([0-9]+)\]")


def check_commands(archive: Archive, manifest: Manifest) -> None:
    said = archive.read(COMMANDS).decode("utf-8")
    require(all(letter.isprintable() or letter == "\n" for letter in said), "It has a character that nobody sees.")
    expected = [*expected_commands(archive, manifest)]
    lines = said.split("\n")
    for place, wanted in enumerate(expected):
        line = lines[place] if place < len(lines) else "(nothing)"
        require(line == wanted, f"Its line {place + 1} is {line[:300]!r}, and must be {wanted[:300]!r}.")
    place = sum(len(line) + 1 for line in expected)
    while not (said.startswith(CLOSING, place) and place + len(CLOSING) == len(said)):
        found = CARRIED.match(said, place) or MESSAGE.match(said, place)
        if found is None:
            line = said[place:].strip("\n").partition("\n")[0]
            raise Failure(
                f"Its line {said.count(chr(10), 0, place) + 2} begins what is no check of a message: {line[:300]!r}."
            )
        for name in filter(None, found.groupdict().values()):
            require(name in archive, f"It is about {name}, which is missing from the bundle.")
        place = found.end()


def expected_commands(archive: Archive, manifest: Manifest) -> Iterator[str]:
    """The lines up to those about messages."""
    checkpoint, key = read_checkpoint(archive.read("ledger/checkpoint")), read_key(manifest.verifier)
    rotations = [read_rotation(archive.read(name)) for name in manifest.rotations]
    entries = {item.idx: read_entry(archive.read(item.entry)) for item in manifest.items}
    ranges = Ranges(archive, manifest)
    yield from commands_for_key(checkpoint, key)
    for name, rotation in zip(manifest.rotations, rotations):  # noqa: B905 - Python 3.8; one of each
        yield from commands_for_rotation(archive, name, rotation)
    for item in manifest.items:
        yield from commands_for_entry(ranges, item, entries[item.idx], checkpoint.size)
    yield from commands_for_histories(entries)
    yield from commands_for_documents(archive, manifest, entries)
    for name in archive.names:
        if name.startswith("certificates/"):
            yield from commands_for_certificate(name)
    if manifest.consistency is not None:
        yield from commands_for_consistency(archive, manifest.consistency, key, rotations)
    if manifest.stamps is not None:
        yield from commands_for_stamps(archive, manifest.stamps)


def commands_for_key(checkpoint: Checkpoint, key: Key) -> Iterator[str]:
    name = quote(key.name)
    yield from COMMANDS_BEGIN.split("\n")
    yield "# 2. The key. Compare what is printed with the key that you were given by another way than this bundle: all rests on it."
    yield "key() { openssl pkey -pubin -in ledger/key.pem -outform DER | tail -c 32; }"
    yield f"id=$( {{ printf '%s\\n\\001' {name}; key; }} | sha256sum | cut -c 1-8 )"
    yield f"printf '%s+%s+%s\\n' {name} \"$id\" \"$( {{ printf '\\001'; key; }} | openssl base64 -A )\""
    yield ""
    yield f"# 3. The checkpoint, which seals the first {checkpoint.size} entries of the ledger, is signed by that key."
    yield openssl_verifies("ledger/checkpoint.body", "ledger/checkpoint.sig")
    yield "# What was signed are the lines of the checkpoint above its signatures; the third is the root over all these entries."
    height = checkpoint.body.count(b"\n")
    yield f"head -n {height} ledger/checkpoint | cmp - ledger/checkpoint.body"
    yield f"{signature_out_of('ledger/checkpoint', height, checkpoint.signatures, key)} | cmp - ledger/checkpoint.sig"
    yield "root=$( sed -n 3p ledger/checkpoint.body )"


def openssl_verifies(body: str, signature: str, key: str = "ledger/key.pem") -> str:
    return f"openssl pkeyutl -verify -pubin -inkey {key} -rawin -in {body} -sigfile {signature}"


def signature_out_of(name: str, height: int, signatures: dict[tuple[str, bytes], bytes], key: Key) -> str:
    """How a signature is taken out of a note with that many lines above the empty one."""
    require((key.name, key.id) in signatures, f"{name} is not signed by the key of its bundle.")
    line = height + 2 + [*signatures].index((key.name, key.id))
    return f"sed -n {line}p {name} | cut -d ' ' -f 3 | openssl base64 -d -A | tail -c 64"


def commands_for_rotation(archive: Archive, name: str, rotation: Rotation) -> Iterator[str]:
    body, signatures = read_note(archive.read(name))
    yield ""
    yield f"# If you were given another key: the first of these two handed over to the second, as both signed in {name}."
    yield f"sed -n 3,4p {name}"
    yield f"head -n 4 {name} > $work/handed-over"
    for line, key in ((3, rotation.old), (4, rotation.new)):
        file = f"$work/key-{key.id.hex()}.pem"
        public = base64.b64encode(key.public).decode()
        yield f'test "$( sed -n {line}p {name} )" = {quote(body.split(chr(10))[line - 1])}'
        yield f"{{ printf '{PEM_IN_OCTAL}'; raw {public}; }} | openssl pkey -pubin -inform DER -out {file}"
        yield f"{signature_out_of(name, 4, signatures, key)} > $work/handed-over.sig"
        yield openssl_verifies("$work/handed-over", "$work/handed-over.sig", file)


def commands_for_entry(ranges: Ranges, item: Item, entry: Entry, size: int) -> Iterator[str]:
    about = f", about {entry.doc}" if entry.doc else ""
    yield ""
    yield f"# Entry {item.idx}: {entry.type}, {entry.ts}{about}."
    yield f"# It is in the ledger: its hash and its {len(item.proof)} neighbours give the root."
    yield f"h=$( leaf {item.entry} )"
    sides = [*path_sides(item.idx, size - 1)]
    require(len(sides) == len(item.proof), f"The proof of entry {item.idx} is too long or too short.")
    for sibling, is_left in zip(item.proof, sides):  # noqa: B905 - Python 3.8; as many
        there = base64.b64encode(sibling).decode()
        yield f'h=$( node {there} "$h" )' if is_left else f'h=$( node "$h" {there} )'
    yield 'test "$h" = "$root"'
    if item.detail is None or item.detail_salt is None:
        yield f"# Its details were erased; the details of entry {item.detail_erased} say so, in a range from one entry to another."
        yield from commands_for_erasure(ranges, item.idx, item.detail_erased)
    else:
        committed, salt = base64.b64encode(entry.detail).decode(), base64.b64encode(item.detail_salt).decode()
        yield "# Its details are those it was made with."
        yield f'test "$( salted {salt} {item.detail} )" = {committed}'
        yield f'grep -F -q \'"d":"{committed}"\' {item.entry}'
    for payload in item.payloads:
        yield from commands_for_payload(ranges, item, payload)


def commands_for_payload(ranges: Ranges, item: Item, payload: Payload) -> Iterator[str]:
    what = f"# Its payload `{payload.role}` ({payload.size} bytes)"
    if payload.file is None or payload.salt is None:
        yield f"{what} was erased; the details of entry {payload.erased} say so."
        yield from commands_for_erasure(ranges, item.idx, payload.erased)
        return
    committed, salt = base64.b64encode(payload.commitment).decode(), base64.b64encode(payload.salt).decode()
    yield f"{what} is, byte for byte, what it was made for."
    yield f"test \"$( sha256sum < {payload.file} )\" = '{payload.file[len('payloads/') :]}  -'"
    yield f'test "$( salted {salt} {payload.file} )" = {committed}'
    yield f'grep -F -q \'"c":"{committed}","n":{payload.size},"role":"{payload.role}"\' {item.entry}'


def commands_for_erasure(ranges: Ranges, idx: int, by: int | None) -> Iterator[str]:
    found = ranges.first(by, idx)
    if found is not None:
        detail, first, last = found
        yield f"grep -F -q '\"erased\":{{' {detail}"
        yield f"grep -F -q '[{first},{last}]' {detail}"


class Ranges:
    """The ranges in the details of entries, each text read once, however many entries are looked for in it."""

    def __init__(self, archive: Archive, manifest: Manifest) -> None:
        self._archive = archive
        self._details = {item.idx: item.detail for item in manifest.items}
        self._read: dict[str, tuple[list[int], list[tuple[int, int] | None]]] = {}

    def first(self, by: int | None, idx: int) -> tuple[str, int, int] | None:
        """The first range in the details of entry ``by`` in which an entry is, behind the name of these."""
        detail = None if by is None else self._details.get(by)
        if detail is None:
            return None
        if detail not in self._read:
            found = [(int(first), int(last)) for first, last in SPAN.findall(self._archive.read(detail))]
            self._read[detail] = firsts_of(found)
        bounds, ranges = self._read[detail]
        place = bisect_right(bounds, idx) - 1
        found_there = ranges[place] if place >= 0 else None
        return None if found_there is None else (detail, *found_there)


def firsts_of(ranges: list[tuple[int, int]]) -> tuple[list[int], list[tuple[int, int] | None]]:
    """From which number on which of these is the first, in their order, that holds it."""
    rising = sorted(range(len(ranges)), key=lambda place: ranges[place][0], reverse=True)
    bounds = sorted({bound for first, last in ranges for bound in (first, last + 1)})
    begun: list[int] = []
    firsts: list[tuple[int, int] | None] = []
    for bound in bounds:
        while rising and ranges[rising[-1]][0] <= bound:
            heappush(begun, rising.pop())
        while begun and ranges[begun[0]][1] < bound:
            heappop(begun)
        firsts.append(ranges[begun[0]] if begun else None)
    return bounds, firsts


def commands_for_histories(entries: dict[int, Entry]) -> Iterator[str]:
    last: dict[str, int] = {}
    for idx, entry in entries.items():
        if not entry.doc:
            continue
        before, named = last.get(entry.doc), ""
        yield ""
        if before is None:
            yield f"# The history of {entry.doc} begins with entry {idx}. What may be behind its last one here, no bundle can show."
        else:
            yield f"# Entry {idx} is the next about {entry.doc}, behind entry {before}: nothing is missing between them."
            named = f"'\"$( leaf ledger/entries/{before}.json )\"'"
        yield f'grep -F -q \'"doc":"{entry.doc}","dprev":"{named}","dseq":{entry.dseq},\' ledger/entries/{idx}.json'
        last[entry.doc] = idx


def commands_for_documents(archive: Archive, manifest: Manifest, entries: dict[int, Entry]) -> Iterator[str]:
    for item in manifest.items:
        name = f"documents/{entries[item.idx].doc}.json"
        for payload in item.payloads:
            if payload.role == "canonical" and payload.file is not None and name in archive:
                yield ""
                yield f"# {name} is the canonical JSON that entry {item.idx} about that document was made for."
                yield f"cmp {name} {payload.file}"


def commands_for_certificate(name: str) -> Iterator[str]:
    fingerprint = name[len("certificates/") : -len(".pem")]
    yield ""
    yield f"# {name} is the certificate of that fingerprint: SHA-256 over all of it."
    yield f"printed=$( openssl x509 -in {name} -noout -fingerprint -sha256 | tr -d : | tr A-F a-f )"
    yield f'test "${{printed##*=}}" = {fingerprint}'
    yield "# Which entries say that it signed their message; where none is printed, nothing in the ledger does."
    yield f'grep -F -l \'"signed_by":"{fingerprint}"\' ledger/details/* || true'


def commands_for_consistency(archive: Archive, said: Consistency, key: Key, rotations: list[Rotation]) -> Iterator[str]:
    earlier = read_checkpoint(archive.read(said.checkpoint))
    keys = [key, *(rotation.old for rotation in reversed(rotations))]
    signers = [each for each in keys if (each.name, each.id) in earlier.signatures]
    require(bool(signers), "The earlier checkpoint is signed by no key of the ledger.")
    signer, height = signers[0], earlier.body.count(b"\n")
    is_same = signer == key
    whose = "the same key" if is_same else "a key of before, which handed over as shown above"
    yield ""
    yield f"# An earlier checkpoint, which seals {said.old} entries, is signed by {whose}."
    yield f"head -n {height} {said.checkpoint} > $work/earlier-body"
    yield f"{signature_out_of(said.checkpoint, height, earlier.signatures, signer)} > $work/earlier-signature"
    file = "ledger/key.pem" if is_same else f"$work/key-{signer.id.hex()}.pem"
    yield openssl_verifies("$work/earlier-body", "$work/earlier-signature", file)
    yield f"# The ledger of {said.new} entries extends it (RFC 9162, section 2.1.4.2): `old` ends as its root, `new` as this one's."
    root = f'"$( sed -n 3p {said.checkpoint} )"'
    if said.old == said.new:
        yield f'test {root} = "$root"'
        return
    require(said.old > 0, "The earlier ledger is empty, and so any other extends it.")
    proof = [base64.b64encode(each).decode() for each in said.proof]
    begin = root if said.old & (said.old - 1) == 0 else "".join(proof[:1])
    siblings = proof if begin == root else proof[1:]
    sides = [*extension_sides(said.old, said.new)]
    require(len(sides) == len(siblings), "The consistency proof is too long or too short.")
    yield f"old={begin}; new=$old"
    for there, is_left in zip(siblings, sides):  # noqa: B905 - Python 3.8; as many
        left = f'old=$( node {there} "$old" ); new=$( node {there} "$new" )'
        yield left if is_left else f'new=$( node "$new" {there} )'
    yield f'test "$old" = {root}'
    yield 'test "$new" = "$root"'


def commands_for_stamps(archive: Archive, stamps: Stamps) -> Iterator[str]:
    yield ""
    yield f"# An authority stamped {stamps.of} with the time. Its root certificates, as we have them, are in"
    yield f"# {ROOTS}: compare what is printed with what the authority makes known. Each stamp is over the"
    yield "# checkpoint and the stamps before it; its certificates are judged as of its own time. Whether one was revoked since only the"
    yield "# authority can tell."
    yield f"openssl storeutl -noout -text -certs {ROOTS} | grep -E 'Subject:|Issuer:'"
    yield f"openssl storeutl -certs {ROOTS} | openssl x509 -noout -fingerprint -sha256"
    yield f"cat {stamps.of} > $work/stamped"
    for name in stamps.names:
        _, _, time = read_stamp(archive.read(name))
        at = datetime.strptime(time[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        yield f"# {at:%Y-%m-%d %H:%M:%S} UTC:"
        yield f"openssl ts -reply -in {name} -text 2> $work/log | grep 'Time stamp:'"
        yield f"openssl ts -verify -data $work/stamped -in {name} -CAfile {ROOTS} -attime {int(at.timestamp())} 2>> $work/log"
        if name != stamps.names[-1]:
            yield f"cat {name} >> $work/stamped"


def path_sides(place: int, last: int) -> Iterator[bool]:
    """For each neighbour in a proof whether it stands on the left (RFC 9162, section 2.1.3.2)."""
    while last > 0:
        is_left = bool(place & 1) or place == last
        if is_left:
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        yield is_left
        place, last = place >> 1, last >> 1


def extension_sides(old: int, new: int) -> Iterator[bool]:
    """The same for a consistency proof, behind its first hash."""
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    return path_sides(place, last)


# All steps


def verify(
    file: BinaryIO, trusted: Key | None, anchor: Checkpoint | None = None, quorum: Quorum | None = None
) -> Report:
    """Judge every claim of a bundle."""
    report = Report()
    archive = manifest = checkpoint = None
    with report.claim(1, "The archive is sound: nothing in it is hidden, doubled, linked, encrypted or explodes"):
        archive = Archive(file)
    if archive is None:
        return report
    with report.claim(2, "Every member is as SHA256SUMS lists it, and none is unlisted"):
        check_sums(archive)
    with report.claim(3, "The manifest is well formed and accounts for every member"):
        manifest = read_manifest(archive)
    with report.claim(4, "The checkpoint is well formed"):
        checkpoint = read_checkpoint(archive.read("ledger/checkpoint"))
    if manifest is None or checkpoint is None:
        return report
    rotations = judge_rotations(report, archive, manifest)
    judge_signatures(report, archive, manifest, checkpoint, trusted, rotations)
    entries = judge_entries(report, archive, manifest, checkpoint)
    proved = judge_contents(report, archive, manifest, entries)
    judge_histories(report, entries)
    earlier = judge_consistency(report, archive, manifest, checkpoint, trusted, anchor, rotations)
    judge_subject(report, archive, manifest.kind, manifest.subject, proved)
    judge_rest(report, archive, proved)
    judge_stamps(report, archive, manifest)
    if quorum is not None:
        judge_witnesses(report, [checkpoint, *earlier], entries, quorum)
    judge_commands(report, archive, manifest.version)
    return report


def judge_rotations(report: Report, archive: Archive, manifest: Manifest) -> list[Rotation]:
    """Those by which keys can be followed."""
    found: list[Rotation] = []
    for position, name in enumerate(manifest.rotations, 1):
        with report.claim(4, f"Rotation {position} is signed by the key that handed over and by the one after it"):
            found.append(read_rotation(archive.read(name)))
    return found


def judge_signatures(
    report: Report,
    archive: Archive,
    manifest: Manifest,
    checkpoint: Checkpoint,
    trusted: Key | None,
    rotations: list[Rotation],
) -> None:
    seal = f"The checkpoint of {checkpoint.size} entries of {printable(checkpoint.origin)} is signed by"
    heirs = ", or one that it handed over to" if manifest.rotations else ""
    with report.claim(4, f"{seal} the key you trust{heirs}"):
        require(
            trusted is not None, "Nobody said which key to trust: give it with --trust. Until then all may be made up."
        )
        if trusted is not None:
            check_signature(checkpoint, followers(trusted, rotations))
    with report.claim(4, f"{seal} the key that the bundle names, and the files for openssl say the same"):
        named = read_key(manifest.verifier)
        check_signature(checkpoint, [named])
        check_openssl_files(archive, checkpoint, named)


def judge_entries(report: Report, archive: Archive, manifest: Manifest, checkpoint: Checkpoint) -> dict[int, Entry]:
    """The entries that were proved to be in the ledger, by their indexes."""
    proved: dict[int, Entry] = {}
    for item in manifest.items:
        with report.claim(5, f"Entry {item.idx} is in the ledger"):
            entry = read_entry(archive.read(item.entry))
            check_inclusion(entry.leaf, item.idx, item.proof, checkpoint)
            listed, right = len(item.payloads), len(entry.blobs)
            require(listed == right, f"The manifest lists {listed} payloads of it; it has {right}.")
            proved[item.idx] = entry
    return proved


def judge_contents(report: Report, archive: Archive, manifest: Manifest, entries: dict[int, Entry]) -> Proved:
    """Details and payloads."""
    erasures = read_erasures(archive, manifest, entries)
    proved = Proved({idx: entry.doc for idx, entry in entries.items()}, {}, {})
    for item in manifest.items:
        entry = entries.get(item.idx)
        if entry is None:
            continue
        name = f"entry {item.idx} ({printable(entry.type)}, {entry.ts})"
        hashes: dict[str, str] = {}
        state = "were erased, on record" if item.detail is None else "are those it was made with"
        with report.claim(6, f"The details of {name} {state}"):
            said = check_detail(archive, item, entry, erasures)
            if said is not None:
                hashes = said["sha256"]
                proved.details[item.idx] = said
        roles = Counter(role for role, _, _ in entry.blobs)
        for each, committed in zip(item.payloads, entry.blobs):  # noqa: B905 - Python 3.8; compared when it was read
            where = "was erased, on record" if each.file is None else f"is {printable(each.file)}"
            sha256 = hashes.get(each.role) if roles[each.role] == 1 else None
            with report.claim(7, f"The payload `{printable(each.role)}` of {name}, {each.size} bytes, {where}"):
                check_payload(archive, each, committed, item.idx, sha256, erasures)
                proved.payloads.setdefault(item.idx, []).append((each.role, each.file))
    return proved


def judge_histories(report: Report, entries: dict[int, Entry]) -> None:
    histories: dict[str, list[Entry]] = {}
    for idx in sorted(entries):
        if entries[idx].doc:
            histories.setdefault(entries[idx].doc, []).append(entries[idx])
    for doc, history in sorted(histories.items()):
        with report.claim(8, f"The history of {printable(doc)} has no gap up to its entry {history[-1].dseq}"):
            check_history(history)
    report.not_covered(
        8, "What the ledger has about them behind these entries: no bundle can show that there is nothing"
    )
    with report.claim(8, "All entries are of one ledger, and count upwards for each partner"):
        check_one_ledger([entries[idx] for idx in sorted(entries)])


def judge_consistency(
    report: Report,
    archive: Archive,
    manifest: Manifest,
    checkpoint: Checkpoint,
    trusted: Key | None,
    anchor: Checkpoint | None,
    rotations: list[Rotation],
) -> list[Checkpoint]:
    """The checkpoints that the ledger was proved to extend."""
    proved: list[Checkpoint] = []
    earlier = None
    if manifest.consistency is not None:
        said = manifest.consistency
        with report.claim(9, f"The ledger of {checkpoint.size} entries extends that of {said.old}"):
            read = read_checkpoint(archive.read(said.checkpoint))
            check_signature(read, family(trusted or read_key(manifest.verifier), rotations))
            require((said.old, said.new) == (read.size, checkpoint.size), "The proof is for other sizes.")
            check_consistency(read, checkpoint, said.proof)
            earlier = read
            proved.append(read)
    if anchor is not None:
        with report.claim(9, f"The ledger extends the checkpoint of {anchor.size} entries that you kept"):
            require(trusted is not None, "Give the key to trust with --trust: an anchor counts by its signature.")
            if trusted is not None:
                check_signature(anchor, family(trusted, rotations))
            check_anchor(anchor, manifest, earlier, checkpoint)
            proved.append(anchor)
    return proved


def judge_stamps(report: Report, archive: Archive, manifest: Manifest) -> None:
    if manifest.stamps is None:
        return
    stamped = archive.read(manifest.stamps.of)
    times: list[str] = []
    for position, name in enumerate(manifest.stamps.names, 1):
        response = archive.read(name)
        of = f"exactly {manifest.stamps.of} and what was stamped before"
        with report.claim(11, f"Time stamp {position} is one for {of}"):
            times.append(check_stamp(response, stamped))
            # Fractions of a second stand behind the seconds, so that texts sort like times once the Z is gone.
            require(times == sorted(times, key=lambda time: time[:-1]), "It is older than one that it is over.")
        stamped += response
    if len(times) == len(manifest.stamps.names):
        report.not_covered(11, f"{UNPROVEN_STAMP}: {', '.join(times)}")


def judge_witnesses(report: Report, sealed: list[Checkpoint], entries: dict[int, Entry], quorum: Quorum) -> None:
    """``sealed`` are checkpoints of one ledger: whoever cosigned a larger one vouches for the smaller ones."""
    sizes: list[int] = []
    times: list[str] = []
    for witness in quorum.keys:
        cosigned = [each for each in sealed if (witness.name, witness.id) in each.signatures]
        if not cosigned:
            continue
        size = max(each.size for each in cosigned)
        with report.claim(12, f"Witness {printable(witness.name)} cosigned the ledger of {size} entries"):
            said = [check_cosignature(each, witness) for each in cosigned]
            sizes.append(size)
            times.append(f"{printable(witness.name)} {max(said)}")
    wanted = f"{quorum.needed} of {len(quorum.keys)} witnesses"
    with report.claim(12, f"At least {wanted} cosigned the ledger"):
        require(len(sizes) >= quorum.needed, f"{len(sizes)} did.")
    if times:
        report.not_covered(12, f"When they cosigned is what their clocks said: {', '.join(times)}")
    covered = sorted([0, *sizes], reverse=True)[min(quorum.needed - 1, len(sizes))]
    newer = [str(idx) for idx in sorted(entries) if idx >= covered]
    if newer:
        report.not_covered(12, f"Newer than what {wanted} cosigned: entries {', '.join(newer)}")


def judge_commands(report: Report, archive: Archive, version: int) -> None:
    if version == 1:
        report.not_covered(13, f"{COMMANDS}: in bundles of version 1 it is not compared. Read it before you run it")
        return
    with report.claim(13, f"{COMMANDS} says what the rest of the bundle gives, and has nothing else run"):
        check_commands(archive, read_manifest(archive))


def body_sha256(archive: Archive, name: str) -> str:
    """SHA-256 of what follows the header fields of a message, where it has any and is not too long."""
    if archive.size(name) > MOST_TEXT:
        return ""
    _, _, body = archive.read(name).partition(b"\r\n\r\n")
    return hashlib.sha256(body).hexdigest()


def fingerprint_of(pem: bytes) -> str:
    """SHA-256 of a certificate (RFC 7468, section 5)."""
    found = re.fullmatch(rb"-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)\n-----END CERTIFICATE-----\n", pem)
    if found is None:
        raise Failure("It is no certificate.")
    return hashlib.sha256(base64.b64decode(found[1].replace(b"\n", b""), validate=True)).hexdigest()


# The command line


def key_of(argument: str, kind: int = NOTE_SIGNATURE) -> Key:
    """A verifier key, or what a file says is one."""
    try:
        return read_key(argument, kind)
    except Failure as error:
        try:
            with Path(argument).open("rb") as file:
                content = file.read(4096).decode("utf-8").strip()
        except (OSError, ValueError):
            raise error from None
        return read_key(content, kind)


def quorum_of(witnesses: list[str], needed: int | None) -> Quorum | None:
    """Those keys, each of another witness, and how many must have cosigned: all, unless it is said."""
    keys = [key_of(each, COSIGNATURE) for each in witnesses]
    require(len({key.public for key in keys}) == len(keys), "A witness is named twice.")
    count = len(keys) if needed is None else needed
    require(
        1 <= count <= len(keys) or (needed is None and not keys), "--quorum is from 1 to as many as --witness names."
    )
    return Quorum(keys, count) if keys else None


def anchor_of(argument: str) -> Checkpoint:
    return read_checkpoint(note_in(Path(argument).read_bytes()))


def note_in(saved: bytes) -> bytes:
    """What was saved, or, where that is a receipt (MDN) with a checkpoint at the end of its text, the signed note that its lines give."""
    lines = [line.decode("ascii", "replace") for line in re.split(rb"\r\n|\r|\n", saved)]
    for position, line in enumerate(lines):
        found = re.fullmatch(r"Ledger-Checkpoint: ([!-~]+) ([0-9]+) ([A-Za-z0-9+/=]+)", line)
        if found is not None:
            note = "".join(part + "\n" for part in found.groups()) + "\n"
            for signature in lines[position + 1 :]:
                signed = re.fullmatch(r"Ledger-Signature: ([!-~]+ [A-Za-z0-9+/=]+)", signature)
                if signed is None:
                    break
                note += f"\u2014 {signed[1]}\n"
            return note.encode()
    return saved


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify a Tallystick evidence bundle, offline.")
    parser.add_argument("bundle", help="the bundle, a .zip file")
    parser.add_argument("--trust", metavar="KEY", help="the ledger's verifier key, or a file that holds it")
    parser.add_argument("--anchor", metavar="FILE", help="a checkpoint of this ledger that you kept")
    parser.add_argument("--witness", metavar="KEY", action="append", default=[], help="a witness's key, once for each")
    parser.add_argument(
        "--quorum", metavar="N", type=int, help="how many of them must have cosigned; all when not given"
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    arguments = parser.parse_args()
    try:
        trusted = None if arguments.trust is None else key_of(arguments.trust)
        anchor = None if arguments.anchor is None else anchor_of(arguments.anchor)
        quorum = quorum_of(arguments.witness, arguments.quorum)
        file = Path(arguments.bundle).open("rb")  # noqa: SIM115 - closed below, where its errors are verdicts
    except (Failure, OSError, ValueError) as error:
        sys.stderr.write(f"verify.py: {printable(str(error))}\n")
        return 2
    with file:
        report = verify(file, trusted, anchor, quorum)
    proved = not report.failed
    if arguments.json:
        claims = [claim._asdict() for claim in report.claims]
        sys.stdout.write(json.dumps({"proved": proved, "claims": claims}) + "\n")
    else:
        show: Callable[[str], int] = sys.stdout.write
        for claim in report.claims:
            show(
                f"{claim.step:2}  {claim.verdict:11}  {claim.text}\n"
                + (f"    {'':11}  {claim.why}\n" if claim.why else "")
            )
        count = sum(claim.verdict == PROVED for claim in report.claims)
        show(f"\nPROVED: {count} claims.\n" if proved else f"\nNOT PROVED: {len(report.failed)} claims failed.\n")
    return 0 if proved else 1


if __name__ == "__main__":
    sys.exit(main())
