"""Call `tally` as a user does, on a home in which trade was done by hand."""

import getpass
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.main import main
from tests.gateway.house import House

ME = getpass.getuser()


def in_days(days: int) -> str:
    """A day to come, as it is typed."""
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


@dataclass(frozen=True)
class Called:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one line of JSON that was printed."""
        [line] = self.out.splitlines()
        return json.loads(line)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Tally:
    """A command's clock is the real one; afterwards it is no earlier in the house."""

    house: House
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str, home: Path | None = None) -> Called:
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(home or self.house.gateway.home.root), *words])
        captured = self.capsys.readouterr()
        self.house.clock.time = max(self.house.clock.time, datetime.now(UTC))
        assert isinstance(ended.value.code, int)
        return Called(ended.value.code, captured.out, captured.err)
