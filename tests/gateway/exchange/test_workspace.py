"""Files of a workspace: as small ones are in memory and large ones on the disk, so what is known to be small is never anything else."""

from io import BytesIO
from pathlib import Path

import pytest

from gateway.exchange.workspace import IN_MEMORY, TemporaryWorkspace


@pytest.mark.parametrize(
    ("most", "memory_alone"),
    [(0, True), (IN_MEMORY, True), (IN_MEMORY + 1, False), (None, False)],
)
def test_only_what_is_known_to_be_small_is_memory_alone(tmp_path: Path, most: int | None, memory_alone: bool) -> None:
    with TemporaryWorkspace(tmp_path) as workspace:
        assert isinstance(workspace.file(most=most), BytesIO) is memory_alone


def test_a_file_is_written_read_and_sought_in_whatever_its_size(tmp_path: Path) -> None:
    data = bytes(range(256)) * 8
    with TemporaryWorkspace(tmp_path) as workspace:
        for file in (workspace.file(most=len(data)), workspace.file()):
            file.write(data)
            file.seek(100)
            assert file.read(10) == data[100:110]
