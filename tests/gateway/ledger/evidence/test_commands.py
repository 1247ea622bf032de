"""The commands for a bundle, run exactly as printed, by the real ``sh``, ``sha256sum`` and ``openssl``."""

import io
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.ledger.evidence import bundle, commands

from . import making, tampering


def unpack(data: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder)
    return folder


def follow(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-eu", commands.NAME], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def bundled(made: bundle.Evidence) -> bytes:
    file = io.BytesIO()
    bundle.write(made, {"COMMANDS.txt": commands.text, "report.html": lambda _: ""}, file)
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return unpack(bundled(making.evidence()), tmp_path)


def test_followed_as_printed_all_holds(folder: Path) -> None:
    done = follow(folder)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[-1] == "All holds."
    assert making.TRUST in lines
    assert "Signature Verified Successfully" in lines


@pytest.mark.parametrize(
    "made",
    [
        lambda: making.with_stamps(making.evidence()),
        lambda: making.with_stamps(making.evidence(), 3, is_earlier=True),
        lambda: making.rotated(),
        lambda: making.with_stamps(making.rotated(making.NEXT, making.SIGNER), 2),
    ],
    ids=["stamped", "the earlier stamped three times", "rotated", "stamped during a rotation"],
)
def test_stamps_and_rotations_hold_too(made: Callable[[], bundle.Evidence], tmp_path: Path) -> None:
    evidence = made()
    done = follow(unpack(bundled(evidence), tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("Verification: OK") == len(evidence.stamped.times if evidence.stamped else ())
    assert all(str(key) in done.stdout for key in (evidence.key, *(each.old for each in evidence.rotations)))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("ledger/timestamp.tsr", 700),
        ("ledger/timestamp.2.tsr", 120),
        ("ledger/timestamp-roots.pem", 500),
        ("ledger/rotation.1", 100),
        ("ledger/rotation.1", -10),
    ],
)
def test_an_altered_stamp_or_rotation_is_found(name: str, place: int, tmp_path: Path) -> None:
    files = tampering.files(bundled(making.with_stamps(making.rotated(), 2)))
    data = bytearray(files[name])
    data[place] ^= 1
    done = follow(unpack(tampering.zipped(files | {name: bytes(data)}), tmp_path))
    assert done.returncode != 0
    assert "All holds." not in done.stdout


@pytest.mark.parametrize(("earlier", "size"), [(7, 7), (4, 8), (5, 8), (7, 8), (1, 11), (6, 11)])
def test_every_shape_of_the_tree_is_proved(earlier: int, size: int, tmp_path: Path) -> None:
    made = making.evidence(11)
    known = making.ledger()
    entries = [known.opened(idx, size) for idx in range(size)]
    extended = bundle.Extended(known.checkpoint(earlier), earlier, size, known.consistency(earlier, size))
    data = bundled(
        bundle.Evidence(
            made.subject,
            made.made_at,
            made.key,
            known.checkpoint(size),
            entries,
            making.ALL,
            extended=extended,
        )
    )
    done = follow(unpack(data, tmp_path))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "ledger/key.pem",
        "ledger/checkpoint",
        "ledger/checkpoint.body",
        "ledger/checkpoint.sig",
        "ledger/checkpoint.earlier",
        "ledger/entries/4.json",
        "ledger/details/4.json",
        "documents/d1.json",
        making.CERTIFICATE,
        next(name for name in tampering.GOOD if name.startswith("payloads/")),
    ],
)
def test_what_was_altered_is_found_though_its_sum_was_made_anew(folder: Path, name: str) -> None:
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    place = -3 if name.endswith(".sig") else 5
    data = bytearray(files[name])
    data[place] ^= 1
    unpack(tampering.zipped(files | {name: bytes(data)}), folder)
    done = follow(folder)
    assert done.returncode != 0
    assert "All holds." not in done.stdout


def test_a_file_that_is_not_listed_is_found(folder: Path) -> None:
    (folder / "as2" / "more").write_bytes(b"more")
    assert follow(folder).returncode != 0


def test_they_may_be_followed_again_and_leave_nothing_behind(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    assert [follow(folder).returncode, follow(folder).returncode] == [0, 0]
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("idx", [1, 4, 5])
def test_a_gap_in_a_history_is_found(idx: int, tmp_path: Path) -> None:
    made = making.evidence()
    entries = [entry for entry in made.entries if entry.idx != idx]
    assert follow(unpack(bundled(replace(made, entries=entries)), tmp_path)).returncode != 0


def test_another_certificate_of_the_same_key_is_found(folder: Path) -> None:
    (folder / making.CERTIFICATE).write_bytes(making.certificate("Somebody Else"))
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = follow(unpack(tampering.zipped(files), folder))
    assert done.returncode != 0
    assert f"{making.CERTIFICATE}: OK" in done.stdout


def test_who_signed_and_what_was_erased_is_read_from_details(folder: Path) -> None:
    text = (folder / commands.NAME).read_text()
    assert f"grep -F -q '[{making.ERASED},{making.ERASED}]' ledger/details/{making.ERASURE}.json" in text
    assert f"grep -F -q '[{making.EMPTIED},{making.EMPTIED}]' ledger/details/{making.ERASURE}.json" in text
    assert "ledger/details/1.json" in follow(folder).stdout.splitlines()
