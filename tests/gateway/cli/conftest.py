import pytest

from tests.gateway.house import House

from .calling import Tally


@pytest.fixture
def tally(house: House, capsys: pytest.CaptureFixture[str]) -> Tally:
    """The command line on the home of ``house``."""
    return Tally(house, capsys)
