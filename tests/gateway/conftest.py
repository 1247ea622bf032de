from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.spool.scene import KINDS

from .house import House
from .house import house as open_house

MAIN_PATHS = {
    "test_inbound",
    "test_outbound",
    "test_trail",
    "test_balance",
    "test_every_step",
    "test_book",
    "test_documents",
    "test_awaited",
    "test_exceptions",
    "test_users",
    "test_logins",
}
"""The modules whose tests are run on each kind of database, but for those that name one."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    named = any("house" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    main = metafunc.module.__name__.rpartition(".")[2] in MAIN_PATHS
    if "house" in metafunc.fixturenames and main and not named:
        metafunc.parametrize("house", KINDS, indirect=True)


@pytest.fixture(scope="package", autouse=True)
def _quiet() -> Iterator[None]:
    """Failures are made by the hundred here, and structlog's own renderer takes a second for each."""

    def drop(*_event: object) -> structlog.typing.EventDict:
        raise structlog.DropEvent

    structlog.configure(processors=[drop])
    yield
    structlog.reset_defaults()


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house on SQLite, and in :data:`MAIN_PATHS` one on PostgreSQL too."""
    with open_house(tmp_path / "home", kind=getattr(request, "param", "sqlite")) as opened:
        yield opened
