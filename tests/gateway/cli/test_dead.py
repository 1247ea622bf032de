"""`tally dead`: work that was given up."""

from gateway import inbound, outbound
from gateway.cli.console import Exit
from tests.gateway.house import NOON, House, invoice, order, wrapped
from tests.gateway.operations.scene import failing

from .calling import ME, Tally

WHY = ("--reason", "the disk is mended")


def two_dead(house: House) -> None:
    house.receive("acme", "810.edi", wrapped("810", invoice()))
    house.work(failing(inbound.DELIVER))
    house.place_order(order())
    house.gateway.delivery.pull()
    house.work(failing(outbound.BUILD))


def test_is_listed_with_what_it_was_about_and_why(house: House, tally: Tally) -> None:
    two_dead(house)
    build, deliver = tally("--json", "dead", "list").json
    assert build["about"] == house.documents("outbound", type="PurchaseOrder")[0].id
    assert deliver == {
        "item": deliver["item"],
        "kind": "deliver",
        "lane": "po:acme:4500123",
        "partner": "acme",
        "about": house.documents()[0].id,
        "attempts": 1,
        "reason": "The folder may not be written to.",
        "enqueued_at": NOON.isoformat(),
        "history": [
            {
                "attempt": 1,
                "owner": deliver["history"][0]["owner"],
                "started_at": NOON.isoformat(),
                "ended_at": NOON.isoformat(),
                "reason": "The folder may not be written to.",
            }
        ],
    }
    assert [item["kind"] for item in tally("--json", "dead", "list", "--kind", "build").json] == ["build"]
    told = tally("dead", "list").out
    assert "The folder may not be written to." in told
    assert " acme " in told


def test_one_is_replayed_by_its_id(house: House, tally: Tally) -> None:
    two_dead(house)
    item = tally("--json", "dead", "list").json[1]["item"]
    assert tally("dead", "replay", item, *WHY).code == Exit.YES
    house.work()
    assert [item["kind"] for item in tally("--json", "dead", "list").json] == ["build"]


def test_all_are_replayed_or_all_of_a_kind(house: House, tally: Tally) -> None:
    two_dead(house)
    called = tally("--json", "dead", "replay", "--all", "--kind", "build", *WHY)
    assert [line["what"] for line in called.lines] == ["document"]
    assert tally("dead", "replay", "--all", *WHY).code == Exit.YES
    house.work()
    assert tally("--json", "dead", "list").json == []
    house.assert_settled()
    [entry] = [
        entry
        for entry in house.trail("4500123")
        if entry.step == "retried" and entry.document_id and "-" in entry.document_id
    ]
    assert (entry.actor, entry.outcome) == (ME, "the disk is mended")


def test_of_a_kind_as_many_are_listed_as_there_are_whatever_died_since(house: House, tally: Tally) -> None:
    two_dead(house)
    assert [item["kind"] for item in tally("--json", "dead", "list", "--kind", "deliver", "--limit", "1").json] == [
        "deliver"
    ]


def test_a_kind_that_does_not_exist_is_told_with_those_that_do(house: House, tally: Tally) -> None:
    two_dead(house)
    for command in (("list",), ("replay", "--all", *WHY)):
        called = tally("dead", *command, "--kind", "delivery")
        assert called.code == Exit.USAGE
        assert "There is no kind of work delivery. Did you mean deliver? There are open, deliver, build," in called.err


def test_a_kind_beside_named_items_is_wrong_usage(house: House, tally: Tally) -> None:
    two_dead(house)
    item = tally("--json", "dead", "list").json[0]["item"]
    called = tally("dead", "replay", item, "--kind", "deliver", *WHY)
    assert called.code == Exit.USAGE
    assert "--kind goes with --all" in called.err
    assert len(tally("--json", "dead", "list").json) == 2


def test_what_was_done_meanwhile_is_no(house: House, tally: Tally) -> None:
    two_dead(house)
    item = tally("--json", "dead", "list").json[1]["item"]
    tally("dead", "replay", item, *WHY)
    house.work()
    called = tally("dead", "replay", item, *WHY)
    assert called.code == Exit.NO
    assert f"Work item {item} is done" in called.err


def test_neither_items_nor_all_is_wrong_usage(tally: Tally) -> None:
    assert tally("dead", "replay", *WHY).code == Exit.USAGE
    assert tally("dead", "replay", "x", "--all", *WHY).code == Exit.USAGE
    assert tally("dead", "replay", "x", *WHY).code == Exit.USAGE
