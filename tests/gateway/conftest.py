from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from .house import House


@pytest.fixture(scope="package", autouse=True)
def _quiet() -> Iterator[None]:
    """Failures are made by the hundred here, and structlog's own renderer takes a second for each."""

    def drop(*_event: object) -> structlog.typing.EventDict:
        raise structlog.DropEvent

    structlog.configure(processors=[drop])
    yield
    structlog.reset_defaults()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(tmp_path / "home")
    yield opened
    opened.close()
