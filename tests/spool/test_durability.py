from pathlib import Path

import pytest

from spool.durability import write_private


@pytest.mark.parametrize(("replacing", "left"), [(True, b"second"), (False, b"first")])
def test_a_private_file_is_the_owners_alone_and_replaces_one_that_is_there_only_if_it_is_to(
    tmp_path: Path, replacing: bool, left: bytes
) -> None:
    path = tmp_path / "secret"
    write_private(path, b"first", replacing=replacing)
    write_private(path, b"second", replacing=replacing)
    assert path.read_bytes() == left
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_nothing_is_left_of_a_private_file_that_cannot_get_its_place(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        write_private(tmp_path / "taken", b"secret", replacing=True)
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]
