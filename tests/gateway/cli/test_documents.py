"""`tally doc`, `trail` and `order`: what they are asked for must exist."""

from pathlib import Path

import pytest

from gateway.cli.console import Exit
from gateway.cli.main import main

from ..house import House


def test_a_state_that_does_not_exist_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    main_with = ["--home", str(tmp_path / "home")]
    with pytest.raises(SystemExit):
        main([*main_with, "init"])
    with pytest.raises(SystemExit) as ending:
        main([*main_with, "doc", "list", "--state", "quarantine"])
    assert ending.value.code == Exit.USAGE
    assert "'quarantined'" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ending:
        main([*main_with, "doc", "list", "--state", "quarantined"])
    assert ending.value.code == Exit.YES


@pytest.fixture
def home(house: House) -> list[str]:
    """The options of a home with the partners acme, beta and cargo."""
    house.close()
    return ["--home", str(house.gateway.home.root)]


def called(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code


PARTNERS = "There are acme, beta, cargo."


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("doc", "list", "--partner", "acne"), f"There is no partner acne. Did you mean acme? {PARTNERS}"),
        (("trail", "--partner", "zebra"), f"There is no partner zebra. {PARTNERS}"),
        (("trail", "--po", "1", "--partner", "zebra"), f"There is no partner zebra. {PARTNERS}"),
        (("order", "list", "--partner", "Acme"), f"There is no partner Acme. Did you mean acme? {PARTNERS}"),
        (("order", "show", "1", "--partner", "zebra"), f"There is no partner zebra. {PARTNERS}"),
        (
            ("doc", "list", "--type", "invoices"),
            "There is no type of document invoices. Did you mean Invoice? There are PurchaseOrder,",
        ),
    ],
)
def test_a_name_that_does_not_exist_is_told_with_those_that_do(
    home: list[str], command: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(*home, *command) == Exit.USAGE
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"tally: {told}")


@pytest.mark.parametrize(
    "command",
    [
        ("doc", "list", "--partner", "acme"),
        ("doc", "list", "--type", "Invoice"),
        ("doc", "list", "--type", "X12 753"),
        ("trail", "--partner", "cargo"),
    ],
)
def test_what_exists_may_have_nothing_to_show(home: list[str], command: tuple[str, ...]) -> None:
    assert called(*home, *command) == Exit.YES
