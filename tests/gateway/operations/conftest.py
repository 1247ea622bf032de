from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.house import House
from tests.gateway.house import house as open_house
from tests.spool.scene import KINDS


@pytest.fixture(params=KINDS)
def either_house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house on either kind of database."""
    with open_house(tmp_path / "home", kind=request.param) as opened:
        yield opened
