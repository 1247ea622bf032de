"""What is done again and again."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.ledger.ledger import read_anchor
from tests.gateway.house import House


@pytest.mark.parametrize("relative", [False, True])
def test_a_checkpoint_is_laid_down_where_the_settings_say(house: House, tmp_path: Path, relative: bool) -> None:
    routines, ledger = house.gateway.routines, house.gateway.ledger
    folder = tmp_path / "auditor"
    folder.mkdir()
    named = Path("../auditor") if relative else folder
    settings = routines.settings.model_copy(update={"anchor_folder": named})
    replace(routines, settings=settings).seal()
    [laid] = folder.iterdir()
    assert read_anchor(laid, str(ledger.key())).checkpoint.size == ledger.size()


def test_and_else_signed_only(house: House) -> None:
    house.gateway.routines.seal()
    assert house.gateway.ledger.last() is not None
