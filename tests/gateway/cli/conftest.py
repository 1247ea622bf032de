import pytest

from tests.gateway.as2.keys import make_keys_quickly
from tests.gateway.house import House

from .calling import Tally


@pytest.fixture
def tally(house: House, capsys: pytest.CaptureFixture[str]) -> Tally:
    """The command line on the home of ``house``."""
    return Tally(house, capsys)


@pytest.fixture
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """New keys of ours take no time."""
    make_keys_quickly(monkeypatch)
