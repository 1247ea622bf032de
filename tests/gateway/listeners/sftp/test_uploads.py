"""Files on their way in, without a network."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.identity import PartnerId
from gateway.listeners.sftp.refusal import Refusal
from gateway.listeners.sftp.uploads import MAX_RANGES, Temporaries, Upload

from .conftest import FakeTime

ACME = PartnerId("acme")


def closed(directory: Path, name: str, data: bytes = b"ISA") -> Upload:
    upload = Upload(directory, name, 1000)
    upload.write(0, data)
    upload.close()
    return upload


@given(order=st.permutations(range(6)), size=st.integers(0, 23))
def test_pieces_in_any_order_make_the_same_file(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], size: int
) -> None:
    data = bytes(range(1, size + 1))
    upload = Upload(tmp_path_factory.getbasetemp(), "a", 100)
    for piece in order:
        upload.write(piece * 4, data[piece * 4 : piece * 4 + 4])
    assert upload.problem() is None
    assert upload.path.read_bytes() == data
    upload.discard()
    assert not upload.path.exists()


def test_too_many_separate_pieces_are_given_up(tmp_path: Path) -> None:
    upload = Upload(tmp_path, "a", 1_000_000)
    for piece in range(MAX_RANGES):
        upload.write(piece * 2, b"x")
    with pytest.raises(Refusal, match="separate pieces"):
        upload.write(MAX_RANGES * 2, b"x")
    assert "separate pieces" in (upload.problem() or "")
    upload.discard()


def test_a_failing_disk_spoils_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = Upload(tmp_path, "a", 100)
    upload.write(0, b"ISA")
    with monkeypatch.context() as patched:
        patched.setattr("os.pwrite", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space"):
            upload.write(3, b"GS")
    upload.write(3, b"GS")
    assert "could not be stored whole" in (upload.problem() or "")
    upload.discard()


def test_temporaries_are_kept_for_a_time(tmp_path: Path) -> None:
    time = FakeTime()
    temporaries = Temporaries(10, 60.0, time)
    temporaries.put(ACME, closed(tmp_path, "old.tmp"))
    time.now += 30
    temporaries.put(ACME, closed(tmp_path, "new.tmp"))
    time.now += 31
    assert temporaries.expire() == 1
    assert [upload.name for upload in temporaries.all_of(ACME)] == ["new.tmp"]
    assert len(list(tmp_path.iterdir())) == 1
    temporaries.clear()
    assert list(tmp_path.iterdir()) == []


def test_temporaries_of_a_partner_are_bounded(tmp_path: Path) -> None:
    temporaries = Temporaries(2, 60.0, FakeTime())
    for name in ("a.tmp", "b.tmp", "b.tmp"):
        temporaries.put(ACME, closed(tmp_path, name))
    with pytest.raises(Refusal, match="rename or remove"):
        temporaries.put(ACME, closed(tmp_path, "c.tmp"))
    temporaries.put(PartnerId("bolt"), closed(tmp_path, "c.tmp"))
    assert len(list(tmp_path.iterdir())) == 3
    taken = temporaries.take(ACME, "a.tmp")
    assert taken is not None
    assert temporaries.find(ACME, "a.tmp") is None
    taken.discard()
    temporaries.clear()
