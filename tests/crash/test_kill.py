"""Kill -9 and worse under load, at random moments and while it starts: then everything is counted.

A few rounds; by the hundred: ``python -m tests.crash --rounds 100``.
"""

from functools import cache
from pathlib import Path

import pytest

from tests import scratch
from tests.postgresql import NoPostgresql, Server, start_server

from . import cluster, full_disk, scenario, wrong_clock
from .stage import Round

pytestmark = [pytest.mark.crash, pytest.mark.slow]


@cache
def durable_server() -> Server:
    """A server that syncs what it commits, and may be crashed without harm to other tests."""
    try:
        return start_server((), parent=scratch.on_disk())
    except NoPostgresql as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("seed", [1])
def test_what_was_answered_is_there_and_nothing_happened_twice(disk: Path, seed: int) -> None:
    check(scenario.play(seed, disk / "home"))


@pytest.mark.parametrize("seed", [2])
def test_nor_with_three_nodes_and_a_database_that_dies_too(disk: Path, seed: int) -> None:
    check(cluster.play(seed, disk / "home", durable_server()))


@pytest.mark.parametrize("seed", [1])
def test_nor_where_the_disk_is_full_for_a_while(disk: Path, seed: int) -> None:
    try:
        result = full_disk.play(seed, disk / "home")
    except full_disk.NoMount as reason:
        pytest.skip(f"a small disk cannot be mounted: {reason}")
    check(result)


@pytest.mark.parametrize("seed", [1])
def test_nor_where_the_clock_is_set_by_hours(disk: Path, seed: int) -> None:
    check(wrong_clock.play(seed, disk / "home"))


def check(result: Round) -> None:
    assert not result.faults, "\n".join([str(result), *result.faults])
