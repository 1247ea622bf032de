"""Kill -9 under load, at random moments and while it starts: then everything is counted.

A few rounds; by the hundred: ``python -m tests.crash --rounds 100``.
"""

from pathlib import Path

import pytest

from .scenario import play


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 4))
def test_what_was_answered_is_there_and_nothing_happened_twice(tmp_path: Path, seed: int) -> None:
    result = play(seed, tmp_path / "home")
    assert not result.faults, "\n".join([str(result), *result.faults])
