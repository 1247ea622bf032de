"""A bundle as a file: the same bytes every time, plain to any program that reads zip files."""

import io
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.ledger.evidence import bundle, verify
from gateway.ledger.evidence.bundle import TooLarge
from gateway.ledger.evidence.manifest import MOST_ROTATIONS

from . import making


def test_equal_evidence_gives_equal_bytes() -> None:
    assert making.written() == making.written()


def test_it_begins_with_its_media_type_as_a_container_of_evidence_does() -> None:
    # ETSI EN 319 162-1, annex A.1: first, stored, so that it stands at byte 30 and 38.
    data = making.written()
    assert data[30:38] == b"mimetype"
    assert data[38:69] == b"application/vnd.etsi.asic-e+zip"


def test_its_members_are_in_a_fixed_order() -> None:
    with zipfile.ZipFile(io.BytesIO(making.written())) as archive:
        names = archive.namelist()
    assert names[0] == "mimetype"
    assert names[1:-1] == sorted(names[1:-1])
    assert names[-1] == "SHA256SUMS"


def test_sha256sum_finds_every_file_as_it_is_listed(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(making.written())) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=tmp_path, capture_output=True, check=True)
    assert len(done.stdout.splitlines()) == sum(path.is_file() for path in tmp_path.rglob("*")) - 1


def test_the_verifier_in_it_is_the_one_of_this_version() -> None:
    with zipfile.ZipFile(io.BytesIO(making.written())) as archive:
        assert archive.read("verify.py") == Path(verify.__file__).read_bytes()


def test_what_would_look_like_a_bomb_is_not_packed() -> None:
    nothing = bytes(5_000_000)
    made = making.evidence()
    data = making.written(replace(made, beside={**made.beside, "as2/a1/zeros": lambda: (nothing[:2_500_000],) * 2}))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.getinfo("as2/a1/zeros").compress_type == zipfile.ZIP_STORED
        assert archive.read("as2/a1/zeros") == nothing
    assert not verify.verify(io.BytesIO(data), verify.read_key(making.TRUST)).failed


def test_more_than_a_verifier_unpacks_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "MOST_BYTES", 1000)
    with pytest.raises(TooLarge, match=r"a verifier unpacks .* 1000 bytes at most"):
        bundle.write(making.evidence(), {}, io.BytesIO())


def test_more_rotations_than_a_verifier_follows_are_not_written() -> None:
    made = making.rotated()
    many = replace(made, rotations=[*made.rotations] * (MOST_ROTATIONS + 1))
    with pytest.raises(TooLarge, match="was changed 201 times; a verifier follows 200"):
        making.written(many)
