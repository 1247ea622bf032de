import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import scratch


@pytest.fixture
def disk() -> Iterator[Path]:
    """A folder on the disk: there a process may be killed while it waits for it."""
    with tempfile.TemporaryDirectory(dir=scratch.on_disk(), prefix="tally-crash-") as folder:
        yield Path(folder)
