from collections.abc import Iterator
from pathlib import Path

import pytest

from spool.database.port import Database

from .scene import KINDS, ManualClock, empty_database, with_tables


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with empty_database(request.param, tmp_path) as database:
        yield with_tables(database)
