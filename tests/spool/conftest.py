from collections.abc import Iterator
from pathlib import Path

import pytest

from spool.database.port import Database
from tests import ready

from .scene import KINDS, ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with ready.database(request.param, tmp_path) as database:
        yield database
