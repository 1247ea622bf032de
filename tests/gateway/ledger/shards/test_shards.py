"""A closed year as static files: what is in them, that they prove themselves, and that nothing can be changed in them unnoticed."""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.errors import Misconfigured
from gateway.ledger.note import VerifierKey
from gateway.ledger.shards.checking import check
from gateway.ledger.shards.layout import TilePlace, packed, tiles, unpacked
from gateway.ledger.shards.writing import Shard, Sharding
from gateway.operations.instruction import NotPossible

from ..scene import Scene
from ..scene import scene as open_scene


@pytest.mark.parametrize(
    ("n", "width", "path"),
    [
        (0, 256, "tile/0/000"),
        (273, 112, "tile/0/273.p/112"),
        (1234067, 256, "tile/0/x001/x234/067"),
        (1000, 1, "tile/0/x001/000.p/1"),
    ],
)
def test_paths_are_those_of_tlog_tiles(n: int, width: int, path: str) -> None:
    assert TilePlace(0, n, width).path == path
    assert TilePlace(0, n, width).entries_path == path.replace("tile/0", "tile/entries")


def test_the_tiles_of_a_tree_are_those_of_the_example_in_tlog_tiles() -> None:
    found = list(tiles(70_000, 0))
    assert len([each for each in found if each.level == 0 and each.width == 256]) == 273
    assert [each for each in found if each.width != 256] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert (1, 0, 256) in found
    assert list(tiles(256, 0)) == [(0, 0, 256), (1, 0, 1)]


@given(st.integers(1, 200_000), st.data())
def test_pruning_leaves_out_exactly_what_ends_before(size: int, data: st.DataObject) -> None:
    minimum = data.draw(st.integers(0, size))
    full = set(tiles(size, 0))
    ended = {each for each in full if each.width == 256 and (each.n + 1) * 256 ** (each.level + 1) <= minimum}
    assert set(tiles(size, minimum)) == full - ended


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_are_read_as_they_were_written(entries: list[bytes]) -> None:
    assert unpacked(packed(entries)) == entries


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """300 entries of 2024, 300 of 2025, and 50 of 2026."""
    with open_scene("sqlite", tmp_path_factory.mktemp("home")) as made:
        for number, year in enumerate((2024, 2025, 2026)):
            made.clock.time = datetime(year, 6, 1, tzinfo=UTC)
            made.grown(300 if year < 2026 else 50, begin=number * 300)
        yield made


def sharding(home: Scene, fiscal_year_ends: int = 12) -> Sharding:
    return Sharding(home.database, home.clock, home.ledger, fiscal_year_ends)


@pytest.fixture(scope="module")
def written(home: Scene, tmp_path_factory: pytest.TempPathFactory) -> Shard:
    return sharding(home).write(2025, tmp_path_factory.mktemp("out") / "2025", "anna", details=True)


@pytest.fixture
def shard(written: Shard, tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(written.path, tmp_path / "shard"))
    for path in folder.rglob("*"):
        path.chmod(0o700)
    return folder


def test_a_year_is_proved_without_the_database(home: Scene, written: Shard) -> None:
    assert (written.first, written.end) == (300, 600)
    found = check(written.path, home.ledger.key())
    assert (found.wrong, found.year, found.entries, found.details) == (None, 2025, 300, 300)
    assert home.verify().holds


def test_it_is_recorded_in_the_ledger(home: Scene, written: Shard) -> None:
    told = home.ask("SELECT detail FROM journal_entry WHERE step = 'sharded' ORDER BY id LIMIT 1")
    assert f'"root":"{written.root.hex()}"' in str(told).replace(" ", "")
    assert home.ask("SELECT actor FROM journal_entry WHERE step = 'sharded' ORDER BY id LIMIT 1") == "anna"


def test_details_are_only_in_it_where_they_are_asked_for(home: Scene, tmp_path: Path) -> None:
    sharding(home).write(2025, tmp_path / "bare", "anna")
    assert b"acme" not in b"".join(path.read_bytes() for path in (tmp_path / "bare").rglob("*") if path.is_file())
    assert check(tmp_path / "bare", home.ledger.key()).holds


def test_the_year_of_a_shard_is_the_fiscal_one(home: Scene, tmp_path: Path) -> None:
    assert sharding(home, 4).write(2026, tmp_path / "a", "anna").first == 300
    assert sharding(home, 6).write(2025, tmp_path / "b", "anna").first == 300


@pytest.mark.parametrize("year", [2023, 2026, 2030])
def test_a_year_that_is_not_over_or_empty_is_refused(home: Scene, tmp_path: Path, year: int) -> None:
    with pytest.raises(NotPossible):
        sharding(home).write(year, tmp_path / "x", "anna")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_there_is_left_alone(home: Scene, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="is there already"):
        sharding(home).write(2025, tmp_path, "anna")


def test_without_a_key_or_with_anothers_nothing_is_proved(written: Shard) -> None:
    other = VerifierKey.read("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    assert "nothing is proved" in (check(written.path, None).wrong or "")
    assert "is not signed by" in (check(written.path, other).wrong or "")


def flip(name: str, at: int = -1) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        data = bytearray((folder / name).read_bytes())
        data[at] ^= 1
        (folder / name).write_bytes(data)

    return change


def replaced(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        data = (folder / name).read_bytes()
        assert old in data
        (folder / name).write_bytes(data.replace(old, new, 1))

    return change


def linked(folder: Path) -> None:
    (folder / "checkpoint").rename(folder.parent / "elsewhere")
    (folder / "checkpoint").symlink_to(folder.parent / "elsewhere")


TAMPERING: dict[str, tuple[Callable[[Path], object], str]] = {
    "an entry": (replaced("tile/entries/001", b'"outcome":"accepted"', b'"outcome":"rejected"'), r"Entry \d+ is not"),
    "an entry cut off": (lambda folder: (folder / "tile/entries/001").write_bytes(b"\0\1"), "cannot be read"),
    "a tile": (flip("tile/0/001"), "Tile 1 of level 0 is not what the tile above"),
    "a partial tile": (flip("tile/0/002.p/88"), "do not give the root"),
    "a tile above": (flip("tile/1/000.p/2"), "Tile 1 of level 0 is not"),
    "a hash of what is not here": (flip("tile/1/000.p/2", 0), "do not give the root"),
    "a tile cut short": (lambda folder: (folder / "tile/0/001").write_bytes(b"x"), "does not have 256 hashes"),
    "a tile missing": (lambda folder: (folder / "tile/0/001").unlink(), "tile/0/001 is missing"),
    "a file more": (lambda folder: (folder / "tile/0/003").write_bytes(b""), "tile/0/003 does not belong"),
    "the root": (replaced("checkpoint", b"\n600\n", b"\n601\n"), "does not hold"),
    "the year's end": (replaced("shard.json", b'"to":600', b'"to":599'), "The checkpoint is of 600 entries"),
    "the year's beginning": (replaced("shard.json", b'"from":300', b'"from":5'), "is missing"),
    "what it says of itself": (replaced("shard.json", b'"v":1', b'"v":2'), "does not describe a shard"),
    "a key that stands twice": (replaced("shard.json", b'"v":1', b'"v":1,"v":1'), "cannot be read"),
    "details": (replaced("details.jsonl", b'"detail":"', b'"detail":"AAAA'), r"The details of entry \d+ are not"),
    "details of another": (replaced("details.jsonl", b'"idx":300', b'"idx":299'), "cannot be read"),
    "a link": (linked, "checkpoint is a link"),
}


@pytest.mark.parametrize(("tamper", "expected"), TAMPERING.values(), ids=TAMPERING)
def test_what_was_changed_is_said(home: Scene, shard: Path, tamper: Callable[[Path], object], expected: str) -> None:
    tamper(shard)
    found = check(shard, home.ledger.key())
    assert found.wrong is not None
    assert re.search(expected, found.wrong), found.wrong
