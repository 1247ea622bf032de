"""pyx12 for a whole run: parsing a map costs more than judging a small file by it, so each is parsed once."""

import functools
from collections.abc import Iterator
from typing import Any

import pytest
import pyx12.map_if  # type: ignore[import-untyped]

from gateway.second_opinion.pyx12_engine import Engine


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    load = pyx12.map_if.load_map_file

    @functools.cache
    def parsed(name: str, folder: str) -> Any:
        return load(name, pyx12.params.ParamsBase(), folder)

    with pytest.MonkeyPatch.context() as patch, Engine() as opened:
        patch.setattr(pyx12.map_if, "load_map_file", lambda name, _parameters, folder: parsed(name, folder))
        yield opened
