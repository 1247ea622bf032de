"""A body on its way in."""

from pathlib import Path

import pytest

from gateway.listeners.http.body import Body
from gateway.listeners.http.port import Begun


@pytest.mark.parametrize(
    ("pieces", "on_disk"),
    [([], False), ([b"1234"], False), ([b"12", b"34"], False), ([b"12345"], True), ([b"12", b"34", b"5"], True)],
)
def test_beyond_its_limit_it_moves_to_disk_whole(tmp_path: Path, pieces: list[bytes], on_disk: bool) -> None:
    body = Body(tmp_path, memory_bytes=4)
    body.write(pieces)
    assert (body.path is not None) == on_disk
    assert body.reader().read() == b"".join(pieces)
    assert body.size == sum(map(len, pieces))
    if body.path is not None:
        assert body.path.read_bytes() == b"".join(pieces)
        assert body.path.stat().st_mode & 0o777 == 0o600
    body.discard()
    assert list(tmp_path.iterdir()) == []
    body.discard()


def test_it_fits_only_while_memory_is_what_it_needs(tmp_path: Path) -> None:
    body = Body(tmp_path, memory_bytes=4)
    body.write([b"123"])
    assert body.fits(1)
    assert not body.fits(2)
    body.write([b"45"])
    assert not body.fits(0)
    body.discard()


@pytest.mark.parametrize(("come", "size"), [(b"", 0), (b"123", 3), (b"12345", 3)])
def test_what_is_somebody_elses_goes_on_where_it_is_told_and_stays(tmp_path: Path, come: bytes, size: int) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_bytes(come)
    body = Body(tmp_path / "gone", memory_bytes=4)
    body.begin(Begun(theirs, size))
    assert (body.path, body.size, body.fits(1)) == (theirs, size, False)
    body.write([b"x", b"y"])
    assert (body.size, body.reader().read()) == (size + 2, come[:size] + b"xy")
    body.discard()
    assert theirs.read_bytes() == come[:size] + b"xy"


def test_without_its_folder_it_says_so_and_can_be_let_go(tmp_path: Path) -> None:
    body = Body(tmp_path / "gone", memory_bytes=4)
    with pytest.raises(OSError, match="No such file"):
        body.write([b"12345"])
    body.discard()
