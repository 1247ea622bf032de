"""One whole run of the demo, which the slow tests look at."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.demo import scenario
from gateway.demo.play import Audience, Outcome, play
from gateway.demo.timeline import Moment


@dataclass(frozen=True)
class Played:
    root: Path
    outcome: Outcome
    moments: list[Moment]
    words: list[tuple[str, str]]


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    root = tmp_path_factory.mktemp("demo") / "home"
    moments: list[Moment] = []
    words: list[tuple[str, str]] = []
    audience = Audience(
        lambda service: None, moments.append, lambda supplier, word: words.append((supplier, word["text"]))
    )
    outcome = play(root, datetime.now(UTC).date(), audience)
    assert {moment.partner for moment in moments} == set(scenario.PARTNERS)
    return Played(root, outcome, moments, words)
