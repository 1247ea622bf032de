from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgresql
from tests.gateway.house import House
from tests.spool.scene import KINDS


@pytest.fixture(params=KINDS)
def either_house(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house on either kind of database."""
    if request.param == "sqlite":
        opened = House(tmp_path / "home")
        yield opened
        opened.close()
        return
    url = postgresql.server().new_database()
    monkeypatch.setenv("TALLY_DATABASE_URL", url)
    opened = House(tmp_path / "home")
    yield opened
    opened.close()
    postgresql.server().drop(url)
