from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.as2.keys import make_keys_quickly

from .scene import Office
from .scene import office as open_office


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """On SQLite. New keys of ours take no time."""
    make_keys_quickly(monkeypatch)
    with open_office("sqlite", tmp_path) as opened:
        yield opened
