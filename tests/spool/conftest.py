from collections.abc import Iterator
from pathlib import Path

import pytest

from spool.database import Database

from .scene import ManualClock, new_database


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with new_database(tmp_path) as database:
        yield database
