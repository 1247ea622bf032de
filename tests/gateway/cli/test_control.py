"""`tally control`: the control numbers we give."""

from gateway.cli.console import Exit
from tests.gateway.house import House, invoice, wrapped

from .calling import Tally


def test_are_shown_for_all_and_for_one(house: House, tally: Tally) -> None:
    house.send_order()
    house.take("acme", "810.edi", wrapped("810", invoice(), 77))
    [acme] = tally("--json", "control", "show", "acme").json
    assert acme == {"partner": "acme", "next": {"interchange": 3, "group": 3, "set": 3}, "received": "000000077"}
    assert [shown["partner"] for shown in tally("--json", "control", "show").json] == ["acme", "beta", "cargo"]
    assert "next interchange" in tally("control", "show").out


def test_are_set(house: House, tally: Tally) -> None:
    called = tally("--json", "control", "set", "acme", "interchange", "500", "--reason", "as agreed")
    assert called.code == Exit.YES
    assert called.json == {"partner": "acme", "kind": "interchange", "before": 1, "next": 500}
    assert b"*000000500*" in house.send_order()


def test_do_not_go_back_by_mistake(house: House, tally: Tally) -> None:
    house.send_order()
    called = tally("control", "set", "acme", "interchange", "1", "--reason", "as agreed")
    assert called.code == Exit.NO
    assert "--back" in called.err
    assert tally("control", "set", "acme", "interchange", "1", "--back", "--reason", "as agreed").code == Exit.YES


def test_of_nobody_or_out_of_range_is_wrong_usage(tally: Tally) -> None:
    why = ("--reason", "as agreed")
    assert tally("control", "show", "nobody").code == Exit.USAGE
    assert tally("control", "set", "nobody", "group", "1", *why).code == Exit.USAGE
    assert tally("control", "set", "acme", "group", "0", *why).code == Exit.USAGE
    assert tally("control", "set", "acme", "group", "1000000000", *why).code == Exit.USAGE
    assert tally("control", "set", "acme", "letter", "1", *why).code == Exit.USAGE
    assert tally("control", "set", "acme", "group", "5").code == Exit.USAGE
