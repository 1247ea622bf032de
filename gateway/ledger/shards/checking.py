"""`tally ledger verify --shard`: whether a shard is what the ledger's key signed. Needs no home; read :func:`check` first."""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import exact
from ..checkpoint import Checkpoint
from ..entry import NoEntry, commitment, fields_of
from ..exact import Inexact
from ..note import Malformed, NotSigned, VerifierKey, read_note
from ..tiles import FULL, WIDTH, MissingHashes, node_of
from ..tree import HASH_BYTES, hashes_in, leaf_hash, root, subtree_root
from .layout import ABOUT, CHECKPOINT, DETAILS, TilePlace, tiles, unpacked


@dataclass(frozen=True, slots=True)
class ShardChecked:
    """What was found. ``wrong`` is the first thing that is wrong, in words; ``entries`` and ``details`` are those that were checked."""

    year: int | None
    entries: int = 0
    details: int = 0
    wrong: str | None = None

    @property
    def holds(self) -> bool:
        return self.wrong is None


class _Wrong(Exception):
    """Something does not hold; says what."""


def check(folder: Path, trust: VerifierKey | None) -> ShardChecked:
    """1. What it says of itself. 2. Its checkpoint, by the key that is trusted. 3. Its files, all and no others. 4. Its tiles, up to the
    root that was signed. 5. Its entries, by the hashes of the tiles, and as chains. 6. Details, by what the entries commit to.

    Without ``trust`` nothing is proved: whoever forges a shard forges the key in it too.
    """
    year, entries, details = None, 0, 0
    try:
        about = _about(folder)
        year = about["year"]
        _require(trust is not None, "No key was given that is trusted, so nothing is proved: add --trust KEY.")
        checkpoint = _checkpoint(folder, about, trust)
        places = list(tiles(about["to"], about["from"]))
        _require_files(folder, places, details=about["details"])
        data = _tiles(folder, places, checkpoint)
        commitments = {}
        for idx, fields in _entries(folder, places, data, about["from"]):
            commitments[idx] = fields[2]
            entries += 1
        if about["details"]:
            details = _details(folder, commitments)
    except _Wrong as error:
        return ShardChecked(year, entries, details, str(error))
    return ShardChecked(year, entries, details)


def _about(folder: Path) -> dict[str, Any]:
    try:
        said = exact.read(_read(folder, ABOUT))
    except Inexact as error:
        raise _Wrong(f"{ABOUT} cannot be read: {error}.") from error
    kinds = {"v": int, "year": int, "from": int, "to": int, "details": bool, "verifier": str}
    good = isinstance(said, dict) and {key: type(value) for key, value in said.items()} == kinds
    _require(good and said["v"] == 1 and 0 <= said["from"] < said["to"], f"{ABOUT} does not describe a shard.")
    return dict(said)


def _checkpoint(folder: Path, about: Mapping[str, Any], trust: VerifierKey | None) -> Checkpoint:
    try:
        note = read_note(_read(folder, CHECKPOINT))
        found = Checkpoint.read(note.text)
        assert trust is not None
        note.require_signed_by(trust)
    except (Malformed, NotSigned) as error:
        raise _Wrong(f"The checkpoint proves nothing: {error}") from error
    _require(found.origin == trust.name, f"The checkpoint is of {found.origin}, and the key of {trust.name}.")
    _require(found.size == about["to"], f"The checkpoint is of {found.size} entries, and the shard of {about['to']}.")
    return found


def _require_files(folder: Path, places: list[TilePlace], *, details: bool) -> None:
    expected = {ABOUT, CHECKPOINT, *(place.path for place in places)}
    expected |= {place.entries_path for place in places if place.level == 0}
    expected |= {DETAILS} if details else set()
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}
    if missing := sorted(expected - found):
        raise _Wrong(f"{missing[0]} is missing.")
    if more := sorted(found - expected):
        raise _Wrong(f"{more[0]} does not belong to a shard.")


def _tiles(folder: Path, places: list[TilePlace], checkpoint: Checkpoint) -> dict[tuple[int, int], bytes]:
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
        computed = root(checkpoint.size, node_of(lambda level, n: data.get((level, n), b"")))
    except MissingHashes as error:
        raise _Wrong(f"The {error}.") from error
    _require(computed == checkpoint.root, "The tiles do not give the root that was signed.")
    return data


def _entries(
    folder: Path, places: list[TilePlace], data: Mapping[tuple[int, int], bytes], first: int
) -> Iterator[tuple[int, tuple[bytes, ...]]]:
    """The entries from ``first`` on, each proved by its hash; those before it in the same tile only complete that."""
    chains: dict[bytes, tuple[int, bytes]] = {}
    for place in (each for each in places if each.level == 0):
        try:
            bodies = unpacked(_read(folder, place.entries_path))
        except ValueError as error:
            raise _Wrong(f"{place.entries_path} cannot be read: {error}.") from error
        _require(len(bodies) == place.width, f"{place.entries_path} does not have {place.width} entries.")
        leaves = hashes_in(data[0, place.n])
        for idx, (body, leaf) in enumerate(zip(bodies, leaves, strict=True), place.n * WIDTH):
            _require(leaf_hash(body) == leaf, f"Entry {idx} is not the one that the tree was made of.")
            if idx >= first:
                yield idx, _chained(idx, body, leaf, chains)


def _chained(idx: int, body: bytes, leaf: bytes, chains: dict[bytes, tuple[int, bytes]]) -> tuple[bytes, ...]:
    """Its fields. The first entry of the year about a document may follow one of an earlier year."""
    try:
        fields = fields_of(body)
    except NoEntry as error:
        raise _Wrong(f"Entry {idx} cannot be read: {error}.") from error
    doc, dprev, dseq = fields[3], b64decode(fields[4]), int(fields[5])
    if doc:
        known = chains.get(doc)
        follows = (dseq > 1) == bool(dprev) if known is None else (dseq, dprev) == (known[0] + 1, known[1])
        _require(follows, f"Entry {idx} does not follow the one before it about {doc.decode()}.")
        chains[doc] = dseq, leaf
    return fields


def _details(folder: Path, commitments: Mapping[int, bytes]) -> int:
    count = 0
    for line in _read(folder, DETAILS).splitlines():
        try:
            said = exact.read(line)
            idx, detail, salt = said["idx"], said["detail"], said["salt"]
            proved = detail is None or commitment(b64decode(salt), b64decode(detail)) == b64decode(commitments[idx])
        except (Inexact, LookupError, TypeError, ValueError) as error:
            raise _Wrong(f"A line of {DETAILS} cannot be read: {error}.") from error
        _require(proved, f"The details of entry {idx} are not those it commits to.")
        count += detail is not None
    return count


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
