"""`tally status`: what it prints."""

from gateway import inbound
from gateway.cli.console import Exit
from spool.queue.circuit import FAILURES
from tests.gateway.house import House, invoice, wrapped
from tests.gateway.operations.scene import failing
from tests.gateway.operations.test_status import away

from .calling import Tally


def test_of_a_gateway_with_trouble(house: House, tally: Tally) -> None:
    house.receive("acme", "1.edi", wrapped("810", invoice("INV1", "4500001")))
    house.work(failing(inbound.DELIVER))
    house.receive("acme", "2.edi", wrapped("810", invoice("INV2", "4500002"), 2))
    house.work(away)
    called = tally("status")
    assert called.code == Exit.YES
    [received, work, items, deliver, *rest] = called.out.splitlines()
    assert received.startswith(
        "2 received = 0 delivered + 0 rejected + 0 duplicate + 0 quarantined + 1 dead + 1 pending"
    )
    assert work.split() == ["work", "open", "due", "running", "retrying", "dead", "oldest"]
    assert [items.split()[column] for column in (0, 1, 4, 5)] == ["items", "1", "1", "1"]
    assert deliver.split()[:4] == ["deliver", "1", "1", "1"]
    [head, stuck] = [line for line in rest if "lane" in line or "po:acme:4500002" in line]
    assert head.split()[:2] == ["stuck", "lane"]
    assert "The ERP is away." in stuck
    assert all(len(line) <= 80 for line in (work, items, deliver))


def test_people_see_what_is_in_trouble_and_what_it_holds_back(house: House, tally: Tally) -> None:
    tally("status")  # From here on the house has the command's clock.
    for control in range(1, FAILURES + 1):
        house.receive("acme", "810.edi", wrapped("810", invoice(f"INV{control}", f"PO{control}"), control))
    house.work(away)
    house.receive("acme", "810.edi", wrapped("810", invoice("INV6", "PO6"), FAILURES + 1))
    house.work(away)
    lines = [line.split() for line in tally("status").out.splitlines()]
    assert ["in", "trouble"] in [words[:2] for words in lines]
    assert ["erp", "open", str(FAILURES)] in [words[:3] for words in lines]
    # What failed before is due again after some seconds, and then held up too: how many seconds this took is not known.
    [held] = [words for words in lines if words[:2] == ["erp", "acme"]]
    assert held[3] == "circuit"
    assert 1 <= int(held[2]) <= FAILURES + 1


def test_as_json_is_complete(house: House, tally: Tally) -> None:
    house.take("acme", "1.edi", wrapped("810", invoice()))
    status = tally("--json", "status").json
    assert status.keys() == {
        "balance",
        "files",
        "work",
        "kinds",
        "lanes",
        "circuits",
        "held",
        "transmissions",
        "overdue",
        "as2",
        "certificates",
        "rates",
        "timestamps",
        "ledger",
    }
    assert status["ledger"]["entries"] + status["ledger"]["waiting"] > 0
