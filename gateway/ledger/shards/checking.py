"""`tally ledger verify --shard`: whether a shard is what the ledger's key signed. Needs no home; read :func:`check` first."""

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from .. import exact
from ..checkpoint import Checkpoint
from ..entry import SALT_BYTES, NoEntry, commitment, fields_of, timestamp
from ..exact import Inexact
from ..note import Malformed, Note, NotSigned, VerifierKey, decoded, read_note
from ..rotation import Rotation, followers, predecessors, require_signed_by_one_of
from ..tiles import FULL, WIDTH, MissingHashes, node_of
from ..tree import HASH_BYTES, hashes_in, leaf_hash, root, subtree_root
from .bounds import Years
from .layout import CHECKPOINT, DETAILS, STATEMENT, TilePlace, rotation_name, tiles, unpacked
from .statement import Elsewhere, Statement, is_digest

_D, _DOC, _DPREV, _DSEQ, _TS = 2, 3, 4, 5, 11
"""Where fields of an entry stand among those that :func:`fields_of` gives."""


@dataclass(frozen=True, slots=True)
class ShardChecked:
    """What was found. ``wrong`` is the first thing that is wrong, in words; ``entries`` and ``details`` are those that were checked.

    ``year``, ``first`` and ``with_details`` are what is signed: of which year the entries are, which is the first of them, and whether it
    was written with details. ``earlier_key`` is the id of the key that signed it, where that handed over to the one that is trusted.
    ``among`` is how many of the entries are of other years by their times; ``elsewhere`` are those of the year that are said to lie in
    other shards, which nothing in this one shows.
    """

    year: int | None = None
    first: int = 0
    entries: int = 0
    with_details: bool = False
    details: int = 0
    earlier_key: str | None = None
    among: int = 0
    elsewhere: tuple[Elsewhere, ...] = ()
    wrong: str | None = None

    @property
    def holds(self) -> bool:
        return self.wrong is None


class _Wrong(Exception):
    """Something does not hold; says what."""


def check(folder: Path, trust: VerifierKey | None, rotations: Sequence[Rotation] = ()) -> ShardChecked:
    """1. What it says of itself and its checkpoint, by the key that is trusted or one that is tied to it: by the shard's own notes of how
    keys handed over to each other, or by ``rotations`` since, the first one first. 2. Its files, all and no others. 3. Its tiles, up to the
    root that was signed. 4. Its entries, by the hashes of the tiles, as chains, and by the times at which the year begins and ends
    (:mod:`.bounds`).
    5. Details, all that were signed, by what the entries commit to.

    Without ``trust`` nothing is proved: whoever forges a shard signs it by a key of his own.
    """
    found = ShardChecked()
    try:
        _require(trust is not None, "No key was given that is trusted, so nothing is proved: add --trust KEY.")
        assert trust is not None
        own = _rotations(folder)
        statement, earlier = _signed(folder, trust, [*own, *rotations])
        found = ShardChecked(
            statement.year,
            statement.first,
            with_details=statement.details is not None,
            earlier_key=earlier,
            elsewhere=statement.elsewhere,
        )
        places = list(tiles(statement.end, statement.minimum))
        _require_files(folder, places, len(own), details=found.with_details)
        data = _tiles(folder, places, statement)
        years = Years(statement.begins, statement.over)
        entries = dict(_entries(folder, places, data, statement, years))
        found = replace(found, entries=statement.end - statement.first, among=_among(years, statement))
        if statement.details is not None:
            found = replace(found, details=_details(folder, statement, entries))
    except _Wrong as error:
        return replace(found, wrong=str(error))
    return found


# 1. What is signed


def _rotations(folder: Path) -> list[Rotation]:
    names = takewhile(lambda name: (folder / name).exists(), map(rotation_name, count(1)))
    found = []
    for name in names:
        try:
            found.append(Rotation.read(_read(folder, name)))
        except (Malformed, NotSigned) as error:
            raise _Wrong(f"{name} ties no key to another: {error}") from error
    return found


def _signed(folder: Path, trust: VerifierKey, rotations: Sequence[Rotation]) -> tuple[Statement, str | None]:
    """What the shard is of, and the id of the key of before by which alone it is signed, if so."""
    heirs = followers(trust, rotations)
    keys = [*reversed(predecessors(trust, rotations)), *heirs]
    note, checkpoint_note = (_note(folder, name) for name in (STATEMENT, CHECKPOINT))
    try:
        statement, checkpoint = Statement.read(note.text), Checkpoint.read(checkpoint_note.text)
        signers = [require_signed_by_one_of(each, keys) for each in (note, checkpoint_note)]
    except (Malformed, NotSigned) as error:
        raise _Wrong(f"What is signed of the shard proves nothing: {error}") from error
    for name, origin in ((STATEMENT, statement.origin), (CHECKPOINT, checkpoint.origin)):
        _require(origin == trust.name, f"{name} is of the ledger {origin}, and the key of {trust.name}.")
    _require(
        (checkpoint.size, checkpoint.root) == (statement.end, statement.root),
        f"The checkpoint is of {checkpoint.size} entries, and the shard of {statement.end}, or of others.",
    )
    return statement, next((key.key_id.hex() for key in signers if key not in heirs), None)


def _note(folder: Path, name: str) -> Note:
    try:
        return read_note(_read(folder, name))
    except Malformed as error:
        raise _Wrong(f"{name} proves nothing: {error}.") from error


# 2. Files


def _require_files(folder: Path, places: list[TilePlace], rotations: int, *, details: bool) -> None:
    expected = {STATEMENT, CHECKPOINT, *(place.path for place in places)}
    expected |= set(map(rotation_name, range(1, rotations + 1)))
    expected |= {place.entries_path for place in places if place.level == 0}
    expected |= {DETAILS} if details else set()
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}
    if missing := sorted(expected - found):
        raise _Wrong(f"{missing[0]} is missing.")
    if more := sorted(found - expected):
        raise _Wrong(f"{more[0]} does not belong to a shard.")


# 3. Tiles


def _tiles(folder: Path, places: list[TilePlace], statement: Statement) -> dict[tuple[int, int], bytes]:
    data: dict[tuple[int, int], bytes] = {}
    for place in places:
        tile = _read(folder, place.path)
        _require(len(tile) == place.width * HASH_BYTES, f"{place.path} does not have {place.width} hashes.")
        data[place.level, place.n] = tile
    for (level, n), tile in data.items():
        if len(tile) == FULL:
            above, offset = data[level + 1, n // WIDTH], n % WIDTH * HASH_BYTES
            if subtree_root(hashes_in(tile)) != above[offset : offset + HASH_BYTES]:
                raise _Wrong(f"Tile {n} of level {level} is not what the tile above it was made of.")
    try:
        computed = root(statement.end, node_of(lambda level, n: data.get((level, n), b"")))
    except MissingHashes as error:
        raise _Wrong(f"The {error}.") from error
    _require(computed == statement.root, "The tiles do not give the root that was signed.")
    return data


# 4. Entries


def _entries(
    folder: Path,
    places: list[TilePlace],
    data: Mapping[tuple[int, int], bytes],
    statement: Statement,
    years: Years,
) -> Iterator[tuple[int, str]]:
    """The year's entries and what they commit to for details, each proved by its hash; those before it only complete a tile."""
    chains: dict[str, tuple[int, bytes]] = {}
    for place in (each for each in places if each.level == 0):
        try:
            bodies = unpacked(_read(folder, place.entries_path))
        except ValueError as error:
            raise _Wrong(f"{place.entries_path} cannot be read: {error}.") from error
        _require(len(bodies) == place.width, f"{place.entries_path} does not have {place.width} entries.")
        leaves = hashes_in(data[0, place.n])
        for idx, (body, leaf) in enumerate(zip(bodies, leaves, strict=True), place.n * WIDTH):
            _require(leaf_hash(body) == leaf, f"Entry {idx} is not the one that the tree was made of.")
            fields = _fields(idx, body)
            _require_in_time(idx, fields[_TS], statement)
            if idx >= statement.first:
                years.add(fields[_TS])
                _require_chained(idx, fields, leaf, chains)
                yield idx, fields[_D]


def _fields(idx: int, body: bytes) -> tuple[str, ...]:
    try:
        return fields_of(body)
    except NoEntry as error:
        raise _Wrong(f"Entry {idx} cannot be read: {error}.") from error


def _require_in_time(idx: int, at: str, statement: Statement) -> None:
    """The year begins behind an entry that is older, with one that is not, and ends with one that is not newer."""
    begins, over, year = timestamp(statement.begins), timestamp(statement.over), statement.year
    if idx == statement.first - 1:
        _require(
            at < begins, f"Entry {idx} is of {at}, and left out: it is not older than the year {year}, from {begins}."
        )
    if idx == statement.first:
        _require(at >= begins, f"Entry {idx} is of {at}: it is older than the year {year}, from {begins}.")
    if idx == statement.end - 1:
        _require(at < over, f"Entry {idx} is of {at}: it is newer than the year {year}, which is over by {over}.")


def _among(years: Years, statement: Statement) -> int:
    """How many entries are of other years. What was signed before that was said was bounded otherwise, and only counted."""
    found = years.among(0, statement.end - statement.first)
    if statement.among is None:
        return found
    better = years.better_start()
    _require(
        better is None,
        f"By the times of the entries the year {statement.year} does not begin with {statement.first}, but with "
        f"{statement.first + (better or 0)}.",
    )
    better = years.better_end()
    _require(
        better is None,
        f"By the times of the entries the year {statement.year} is over before entry {statement.first + (better or 0)}, and not before "
        f"{statement.end}.",
    )
    _require(
        found == statement.among, f"{found} entries are of other years by their times, and {statement.among} were said."
    )
    return found


def _require_chained(idx: int, fields: tuple[str, ...], leaf: bytes, chains: dict[str, tuple[int, bytes]]) -> None:
    """The first entry of the year about a document may follow one of an earlier year."""
    doc, dprev, dseq = fields[_DOC], b64decode(fields[_DPREV]), int(fields[_DSEQ])
    if not doc:
        return
    known = chains.get(doc)
    follows = (dseq > 1) == bool(dprev) if known is None else (dseq, dprev) == (known[0] + 1, known[1])
    _require(follows, f"Entry {idx} does not follow the one before it about {doc}.")
    chains[doc] = dseq, leaf


# 5. Details


def _details(folder: Path, statement: Statement, commitments: Mapping[int, str]) -> int:
    """How many entries have their details; those of the others were erased before the shard was written."""
    data = _read(folder, DETAILS)
    _require(sha256(data).hexdigest() == statement.details, f"{DETAILS} is not the one that was signed.")
    *lines, rest = data.split(b"\n")
    expected = range(statement.first, statement.end)
    _require(
        len(lines) == len(expected) and not rest,
        f"{DETAILS} does not have one line for each of {len(expected)} entries.",
    )
    return sum(_is_detailed(idx, line, commitments[idx]) for idx, line in zip(expected, lines, strict=True))


def _is_detailed(idx: int, line: bytes, committed: str) -> bool:
    """Whether a line, which must be that of entry ``idx``, has its details."""
    try:
        said = exact.read(line)
        _require(
            isinstance(said, dict)
            and said.keys() == {"idx", "detail", "salt", "payloads"}
            and type(said["idx"]) is int,
            f"A line of {DETAILS} does not have the keys that it must have.",
        )
        _require(said["idx"] == idx, f"Where {DETAILS} must have entry {idx}, it has entry {said['idx']}.")
        if said["detail"] is None:
            _require((said["salt"], said["payloads"]) == (None, {}), f"Entry {idx} has salts, and no details.")
            return False
        detail, salt = decoded(said["detail"]), decoded(said["salt"])
        proved = len(salt) == SALT_BYTES and commitment(salt, detail) == b64decode(committed)
        _require(proved, f"The details of entry {idx} are not those it commits to.")
        _require_payloads(idx, said["payloads"], exact.read(detail)["sha256"])
    except (Inexact, AttributeError, LookupError, TypeError, ValueError) as error:
        raise _Wrong(f"The line of {DETAILS} for entry {idx} cannot be read: {error}.") from error
    return True


def _require_payloads(idx: int, payloads: Mapping[str, Any], told: Mapping[str, str]) -> None:
    """Digests are those of the details, and salts have their form: what they are is shown by whoever has a payload. Erased ones are not
    here."""
    for role, each in payloads.items():
        _require(
            each.keys() == {"sha256", "salt"} and is_digest(each["sha256"]), f"Payload {role} of entry {idx} is none."
        )
        _require(len(decoded(each["salt"])) == SALT_BYTES, f"The salt of payload {role} of entry {idx} is none.")
        _require(
            told.get(role) == each["sha256"], f"Payload {role} of entry {idx} is not the one that its details name."
        )


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        _require(not path.is_symlink(), f"{name} is a link.")
        return path.read_bytes()
    except OSError as error:
        raise _Wrong(f"{name} cannot be read: {error.strerror}.") from error


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _Wrong(otherwise)
