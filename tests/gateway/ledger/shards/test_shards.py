"""A closed year as static files: what is in them, that they prove themselves, and that nothing can be changed in them unnoticed."""

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.errors import Misconfigured
from gateway.ledger import exact
from gateway.ledger.note import VerifierKey, read_note, signed
from gateway.ledger.rotation import Rotation
from gateway.ledger.shards.bounds import Bounds
from gateway.ledger.shards.checking import ShardChecked, check
from gateway.ledger.shards.layout import DETAILS, STATEMENT, TilePlace, packed, tiles, unpacked
from gateway.ledger.shards.statement import Elsewhere, Statement
from gateway.ledger.shards.writing import Shard, Sharding
from gateway.operations.instruction import NotPossible

from ..scene import Scene
from ..scene import scene as open_scene
from ..test_note import signer


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
    assert found == ShardChecked(2025, 300, 300, with_details=True, details=300)
    assert home.verify().holds


def test_it_is_recorded_in_the_ledger(home: Scene, written: Shard) -> None:
    told = home.ask("SELECT detail FROM journal_entry WHERE step = 'sharded' ORDER BY id LIMIT 1")
    assert f'"root":"{written.root.hex()}"' in str(told).replace(" ", "")
    assert home.ask("SELECT actor FROM journal_entry WHERE step = 'sharded' ORDER BY id LIMIT 1") == "anna"


def test_details_are_only_in_it_where_they_are_asked_for(home: Scene, tmp_path: Path) -> None:
    sharding(home).write(2025, tmp_path / "bare", "anna")
    assert b"acme" not in b"".join(path.read_bytes() for path in (tmp_path / "bare").rglob("*") if path.is_file())
    assert check(tmp_path / "bare", home.ledger.key()) == ShardChecked(2025, 300, 300)


def test_the_year_of_a_shard_is_the_fiscal_one(home: Scene, tmp_path: Path) -> None:
    for year, ends, name in ((2026, 4, "a"), (2025, 6, "b")):
        assert sharding(home, ends).write(year, tmp_path / name, "anna").first == 300
        assert check(tmp_path / name, home.ledger.key()) == ShardChecked(year, 300, 300)


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


def hidden(folder: Path) -> None:
    """What an insider would like best: no details, and a shard that says that there are none."""
    digest = sha256((folder / DETAILS).read_bytes()).hexdigest().encode()
    (folder / DETAILS).unlink()
    replaced(STATEMENT, b'"details":"%b"' % digest, b'"details":null')(folder)


NOT_SIGNED = "The signature of log.example does not hold"
DETAILS_NOT_SIGNED = r"details\.jsonl is not the one that was signed"

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
    "the root": (replaced("checkpoint", b"\n600\n", b"\n601\n"), NOT_SIGNED),
    "the year": (replaced(STATEMENT, b'"year":2025', b'"year":1999'), NOT_SIGNED),
    "the fiscal year": (replaced(STATEMENT, b'"fiscal_year_ends":12', b'"fiscal_year_ends":6'), NOT_SIGNED),
    "the year's end": (replaced(STATEMENT, b'"to":600', b'"to":599'), NOT_SIGNED),
    "the year's beginning": (replaced(STATEMENT, b'"from":300', b'"from":599'), NOT_SIGNED),
    "that there are details": (hidden, NOT_SIGNED),
    "a statement that is none": (replaced(STATEMENT, b"ledger shard", b"ledger shards"), "proves nothing"),
    "the statement's signature missing": (replaced(STATEMENT, "\n\N{EM DASH} ".encode(), b"\n"), "proves nothing"),
    "the checkpoint for the statement": (
        lambda folder: shutil.copy(folder / "checkpoint", folder / STATEMENT),
        "a statement has a line each",
    ),
    "the statement for the checkpoint": (
        lambda folder: shutil.copy(folder / STATEMENT, folder / "checkpoint"),
        "is no size of a log",
    ),
    "no details": (lambda folder: (folder / DETAILS).write_bytes(b""), DETAILS_NOT_SIGNED),
    "details missing": (lambda folder: (folder / DETAILS).unlink(), r"details\.jsonl is missing"),
    "a digest in the details": (replaced(DETAILS, b'"sha256":"', b'"sha256":"0'), DETAILS_NOT_SIGNED),
    "a rotation that is none": (lambda folder: (folder / "rotation.1").write_text("x"), "ties no key to another"),
    "a rotation out of its order": (
        lambda folder: (folder / "rotation.2").write_text("x"),
        "rotation.2 does not belong",
    ),
    "a link": (linked, "checkpoint is a link"),
}


@pytest.mark.parametrize(("tamper", "expected"), TAMPERING.values(), ids=TAMPERING)
def test_what_was_changed_is_said(home: Scene, shard: Path, tamper: Callable[[Path], object], expected: str) -> None:
    tamper(shard)
    found = check(shard, home.ledger.key())
    assert found.wrong is not None
    assert re.search(expected, found.wrong), found.wrong


@given(st.data())
def test_no_byte_of_any_file_can_be_changed(home: Scene, written: Shard, data: st.DataObject) -> None:
    files = sorted(path for path in written.path.rglob("*") if path.is_file())
    path = data.draw(st.sampled_from(files))
    before = path.read_bytes()
    at = data.draw(st.integers(0, len(before) - 1))
    path.chmod(0o600)
    try:
        path.write_bytes(before[:at] + bytes([before[at] ^ data.draw(st.integers(1, 255))]) + before[at + 1 :])
        assert check(written.path, home.ledger.key()).wrong
    finally:
        path.write_bytes(before)


class TestWithTheKey:
    """Whoever has the ledger's key signs any statement: what entries show stands against it."""

    def resigned(self, home: Scene, shard: Path, **said: Any) -> ShardChecked:
        statement = Statement.read(read_note((shard / STATEMENT).read_bytes()).text)
        if (shard / DETAILS).exists():
            said.setdefault("details", sha256((shard / DETAILS).read_bytes()).hexdigest())
        note = signed(str(replace(statement, **said)), home.ledger.signers())
        (shard / STATEMENT).write_text(str(note))
        return check(shard, home.ledger.key())

    def test_this_signs_as_the_shard_was_signed(self, home: Scene, shard: Path) -> None:
        assert self.resigned(home, shard).holds

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            ({"year": 1999}, "Entry 299 is of 2024-.* not older than the year 1999"),
            ({"year": 2026}, "Entry 300 is of 2025-.* older than the year 2026, from 2026-01-01"),
            (
                {"fiscal_year_ends": 4},
                "Entry 299 is of 2024-.*, and left out: it is not older than the year 2025, from 2024",
            ),
            ({"first": 301}, "Entry 300 is of 2025-.*, and left out"),
            ({"first": 500}, "Entry 499 is of 2025-.*, and left out"),
            ({"first": 299}, "Entry 299 is of 2024-.* older than the year 2025"),
            ({"end": 599}, "The checkpoint is of 600 entries, and the shard of 599"),
            ({"root": bytes(32)}, "The checkpoint is of 600 entries, and the shard of 600, or of others"),
            ({"origin": "other.example"}, "shard is of the ledger other.example"),
        ],
    )
    def test_a_year_is_shown_by_the_times_of_entries(
        self, home: Scene, shard: Path, said: dict[str, Any], expected: str
    ) -> None:
        found = self.resigned(home, shard, **said)
        assert re.match(expected, found.wrong or ""), found.wrong

    def test_a_year_does_not_end_with_an_entry_of_the_next(
        self, home: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Sharding, "_bounds", lambda _sharding, _year: Bounds(300, 610, 10, ()))
        sharding(home).write(2025, tmp_path / "longer", "anna")
        expected = "Entry 609 is of 2026-.* newer than the year 2025, which is over by 2026-01-01"
        assert re.match(expected, check(tmp_path / "longer", home.ledger.key()).wrong or "")

    def test_entries_of_other_years_are_counted_whatever_is_said_of_them(self, home: Scene, shard: Path) -> None:
        found = self.resigned(home, shard, among=5)
        assert "0 entries are of other years by their times, and 5 were said" in (found.wrong or "")

    LINES: ClassVar[dict[str, tuple[Callable[[list[Any]], object], str]]] = {
        "all digests zeros": (
            lambda lines: [each.update(sha256="0" * 64) for line in lines for each in line["payloads"].values()],
            "Payload received of entry 300 is not the one that its details name",
        ),
        "a digest that is none": (
            lambda lines: lines[0]["payloads"]["received"].update(sha256="A" * 64),
            "Payload received of entry 300 is none",
        ),
        "a salt too short": (
            lambda lines: lines[0]["payloads"]["received"].update(salt="AAAA"),
            "The salt of payload received of entry 300 is none",
        ),
        "a payload of another role": (
            lambda lines: lines[0].update(payloads={"sent": lines[0]["payloads"]["received"]}),
            "Payload sent of entry 300 is not the one",
        ),
        "a payload of an entry that has none": (
            lambda lines: lines[1].update(payloads=lines[0]["payloads"]),
            "Payload received of entry 301 is not the one",
        ),
        "payloads that are none": (lambda lines: lines[1].update(payloads=[1]), "entry 301 cannot be read"),
        "emptied": (lambda lines: lines.clear(), "does not have one line for each of 300"),
        "cut to five": (lambda lines: lines.__delitem__(slice(5, None)), "does not have one line for each of 300"),
        "a line a thousand times": (lambda lines: lines.extend(lines[:1] * 1000), "does not have one line for each"),
        "a line in the place of another": (lambda lines: lines.__setitem__(7, lines[6]), "must have entry 307, it has"),
        "two in the other order": (
            lambda lines: lines.__setitem__(slice(0, 2), lines[1::-1]),
            "must have entry 300, it has entry 301",
        ),
        "a foreign entry": (
            lambda lines: lines[-1].update(idx=99_999_999),
            "must have entry 599, it has entry 99999999",
        ),
        "true for a number": (lambda lines: lines[0].update(idx=True), "does not have the keys"),
        "an entry more": (
            lambda lines: lines.append({**lines[-1], "idx": 99_999_999}),
            "does not have one line for each of 300",
        ),
        "nothing, and a key more": (
            lambda lines: [line.update(detail=None, extra=line["detail"]) for line in lines],
            "does not have the keys",
        ),
        "salts without details": (lambda lines: lines[0].update(detail=None), "has salts, and no details"),
        "details of another": (
            lambda lines: lines[0].update(detail=lines[1]["detail"], salt=lines[1]["salt"]),
            "The details of entry 300 are not those it commits to",
        ),
        "details that are no text": (lambda lines: lines[0].update(detail=5), "entry 300 cannot be read"),
    }

    @pytest.mark.parametrize(("forge", "expected"), LINES.values(), ids=LINES)
    def test_details_are_those_of_each_entry_and_nothing_else(
        self, home: Scene, shard: Path, forge: Callable[[list[Any]], object], expected: str
    ) -> None:
        lines = [exact.read(line) for line in (shard / DETAILS).read_bytes().splitlines()]
        forge(lines)
        (shard / DETAILS).write_bytes(b"".join(exact.write(line) + b"\n" for line in lines))
        found = self.resigned(home, shard)
        assert re.search(expected, found.wrong or ""), found.wrong

    def test_what_is_behind_the_last_line_is_refused(self, home: Scene, shard: Path) -> None:
        with (shard / DETAILS).open("ab") as file:
            file.write(b" ")
        assert "does not have one line for each" in (self.resigned(home, shard).wrong or "")

    def test_which_details_were_erased_is_counted(self, home: Scene, shard: Path) -> None:
        lines = [exact.read(line) for line in (shard / DETAILS).read_bytes().splitlines()]
        for line in lines[:295]:
            line.update(detail=None, salt=None, payloads={})
        (shard / DETAILS).write_bytes(b"".join(exact.write(line) + b"\n" for line in lines))
        assert self.resigned(home, shard) == ShardChecked(2025, 300, 300, with_details=True, details=5)


def test_the_entry_before_the_year_is_in_it_although_its_tile_ends_with_that(tmp_path: Path) -> None:
    with open_scene("sqlite", tmp_path) as made:
        for number, year in enumerate((2024, 2025)):
            made.clock.time = datetime(year, 6, 1, tzinfo=UTC)
            made.grown(256, begin=number * 256)
        made.clock.time = datetime(2026, 6, 1, tzinfo=UTC)
        done = sharding(made).write(2025, tmp_path / "2025", "anna")
        assert (done.first, (tmp_path / "2025/tile/entries/000").exists()) == (256, True)
        assert check(tmp_path / "2025", made.ledger.key()) == ShardChecked(2025, 256, 256)


@contextmanager
def clocked(folder: Path, *told: tuple[int, int]) -> Iterator[Scene]:
    """A ledger of which the clock said for so many entries each that it was that year."""
    with open_scene("sqlite", folder) as made:
        begin = 0
        for year, count in told:
            made.clock.time = datetime(year, 6, 1, tzinfo=UTC)
            made.grown(count, begin=begin)
            begin += count
        made.clock.time = datetime(2027, 6, 1, tzinfo=UTC)
        yield made


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """10 entries of 2024, 10 of 2025, 5 of a clock that was a year ahead, 20 of 2025, 2 of one at 1970, 10 of 2026."""
    told = ((2024, 10), (2025, 10), (2026, 5), (2025, 20), (1970, 2), (2026, 10))
    with clocked(tmp_path_factory.mktemp("wrong"), *told) as made:
        yield made


class TestWrongClock:
    """Entries are in the order in which they happened, and their times may go back."""

    def test_a_year_has_what_happened_in_it_and_says_what_is_of_others(self, wrong: Scene, tmp_path: Path) -> None:
        done = sharding(wrong).write(2025, tmp_path / "2025", "anna")
        assert (done.first, done.end, done.among, done.elsewhere) == (10, 47, 7, ())
        assert check(tmp_path / "2025", wrong.ledger.key()) == ShardChecked(2025, 10, 37, among=7)

    def test_the_year_that_it_was_not_says_what_lies_elsewhere(self, wrong: Scene, tmp_path: Path) -> None:
        assert sharding(wrong).write(2026, tmp_path / "2026", "anna").elsewhere == (Elsewhere(5, 20, 24),)
        assert check(tmp_path / "2026", wrong.ledger.key()).elsewhere == (Elsewhere(5, 20, 24),)

    def test_a_year_that_only_a_wrong_clock_told_of_is_empty(self, wrong: Scene, tmp_path: Path) -> None:
        with pytest.raises(NotPossible, match="no entries of the year that ended in 1970, but for 2 between 45 and 46"):
            sharding(wrong).write(1970, tmp_path / "1970", "anna")

    @pytest.mark.parametrize(
        ("bounds", "expected"),
        [
            (Bounds(10, 20, 0, ()), ""),
            (Bounds(10, 57, 17, ()), "is newer than the year 2025"),
            (Bounds(0, 47, 17, ()), "Entry 0 is of 2024-.* older"),
        ],
    )
    def test_other_bounds_are_refused_as_far_as_entries_show(
        self, wrong: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bounds: Bounds, expected: str
    ) -> None:
        monkeypatch.setattr(Sharding, "_bounds", lambda _sharding, _year: bounds)
        sharding(wrong).write(2025, tmp_path / "other", "anna")
        assert re.search(expected, check(tmp_path / "other", wrong.ledger.key()).wrong or ""), expected

    @pytest.mark.parametrize(
        ("bounds", "expected"),
        [
            (Bounds(3, 14, 5, ()), "the year 2025 does not begin with 3, but with 9."),
            (Bounds(9, 19, 4, ()), "the year 2025 is over before entry 14, and not before 19."),
            (Bounds(9, 14, 0, ()), ""),
        ],
    )
    def test_that_the_outermost_entries_are_right_is_not_enough(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bounds: Bounds, expected: str
    ) -> None:
        with clocked(tmp_path, (2024, 3), (2025, 1), (2024, 5), (2025, 5), (2026, 4), (2025, 1), (2026, 6)) as made:
            monkeypatch.setattr(Sharding, "_bounds", lambda _sharding, _year: bounds)
            sharding(made).write(2025, tmp_path / "other", "anna")
            assert (check(tmp_path / "other", made.ledger.key()).wrong or "").endswith(expected)


def test_details_that_were_erased_before_are_missing_and_counted(tmp_path: Path) -> None:
    with open_scene("sqlite", tmp_path) as made:
        made.clock.time = datetime(2025, 6, 1, tzinfo=UTC)
        made.grown(20)
        made.clock.time = datetime(2026, 6, 1, tzinfo=UTC)
        made.sql("DELETE FROM ledger_detail WHERE idx < 5", "DELETE FROM ledger_blob_salt WHERE idx < 5")
        sharding(made).write(2025, tmp_path / "2025", "anna", details=True)
        found = check(tmp_path / "2025", made.ledger.key())
        assert found == ShardChecked(2025, 0, 20, with_details=True, details=15)


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Sequence[VerifierKey], Scene]]:
    """A shard by each of three keys."""
    folder = tmp_path_factory.mktemp("changing")
    with open_scene("sqlite", folder) as made:
        made.clock.time = datetime(2025, 6, 1, tzinfo=UTC)
        made.grown(20)
        made.clock.time = datetime(2026, 6, 1, tzinfo=UTC)
        keys = []
        for number in range(3):
            if number:
                made.ledger.rotate(timedelta())
            keys.append(made.ledger.key())
            sharding(made).write(2025, folder / f"by-{number}", "anna", details=True)
        yield folder, keys, made


class TestAcrossRotations:
    """A shard is the archive for years in which the ledger's key changes."""

    @pytest.mark.parametrize("trusted", range(3))
    @pytest.mark.parametrize("by", range(3))
    def test_any_key_of_the_ledger_verifies_it_with_the_notes_since(
        self, changing: tuple[Path, Sequence[VerifierKey], Scene], by: int, trusted: int
    ) -> None:
        folder, keys, made = changing
        found = check(folder / f"by-{by}", keys[trusted], made.ledger.rotations())
        earlier = keys[by].key_id.hex() if by < trusted else None
        assert found == ShardChecked(2025, 0, 20, with_details=True, details=20, earlier_key=earlier)

    @pytest.mark.parametrize("trusted", range(3))
    @pytest.mark.parametrize("by", range(3))
    def test_those_of_before_it_are_in_it(
        self, changing: tuple[Path, Sequence[VerifierKey], Scene], by: int, trusted: int
    ) -> None:
        folder, keys, _ = changing
        found = check(folder / f"by-{by}", keys[trusted])
        assert found.holds == (trusted <= by)
        assert found.holds or "that is the key to ask for" in (found.wrong or "")

    def test_notes_of_a_stranger_tie_nothing(self, changing: tuple[Path, Sequence[VerifierKey], Scene]) -> None:
        folder, keys, _ = changing
        stranger = Rotation.between(signer(), signer(seed=2))
        assert not check(folder / "by-0", keys[1], [stranger]).holds
        assert not check(folder / "by-0", stranger.new, [stranger]).holds

    def test_for_the_overlap_the_key_that_is_trusted_is_enough(self, tmp_path: Path) -> None:
        with open_scene("sqlite", tmp_path) as made:
            made.clock.time = datetime(2025, 6, 1, tzinfo=UTC)
            made.grown(20)
            made.clock.time = datetime(2026, 6, 1, tzinfo=UTC)
            rotation = made.ledger.rotate(timedelta(days=30))
            sharding(made).write(2025, tmp_path / "2025", "anna")
            for key in (rotation.old, rotation.new):
                assert check(tmp_path / "2025", key) == ShardChecked(2025, 0, 20)
