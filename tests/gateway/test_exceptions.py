"""What waits for somebody is found in one place: refused messages of partners and strangers, and what got stuck."""

from pathlib import Path

import pytest
from sqlalchemy import delete

from gateway import inbound, outbound
from gateway.exceptions import Exceptions, SetAside
from spool.queue.tables import FailedAttempt, WorkItem
from tests.gateway.exchange.scene import scene
from tests.gateway.operations.scene import BY, failing, failing_for_now

from .house import House, csv, csv_invoice, invoice, order, wrapped


def listed(house: House, exceptions: Exceptions | None = None) -> list[SetAside]:
    with house.gateway.database.read() as session:
        return list((exceptions or Exceptions()).set_aside(session))


def test_nothing_waits_where_nothing_is_wrong(house: House) -> None:
    house.take("acme", "810.edi", wrapped("810", invoice()))
    assert listed(house) == []


def test_files_and_documents_that_are_stuck(house: House) -> None:
    house.take("acme", "hello.txt", b"hello")
    house.later(minutes=1)
    house.receive("acme", "810.edi", wrapped("810", invoice()))
    house.work(failing(inbound.DELIVER))
    house.later(minutes=1)
    house.receive("cargo", "810.edi", wrapped("810", invoice("INV2"), sender="CARGO"))
    house.work(failing(inbound.OPEN))
    found = listed(house)
    assert [(each.kind, each.partner, each.what) for each in found] == [
        ("file dead", "cargo", "810.edi"),
        ("document dead", "acme", "Invoice INV1"),
        ("file quarantined", "acme", "hello.txt"),
    ]
    assert found[1].why == "The folder may not be written to."
    assert listed(house, Exceptions(limit=2)) == found[:2]
    assert listed(house, Exceptions(partner="acme")) == found[1:]
    assert listed(house, Exceptions(since=found[1].at)) == found[:2]


def _file_begun(house: House) -> None:
    house.receive("acme", "810.edi", wrapped("810", invoice()))


def _document_begun(house: House) -> None:
    _file_begun(house)
    house.work(failing_for_now(inbound.DELIVER))


def _sending_begun(house: House) -> None:
    house.place_order(order())
    house.gateway.delivery.pull()
    house.work(failing_for_now(outbound.TRANSMIT))


BEGUN = {"file": _file_begun, "document": _document_begun, "sending": _sending_begun}


@pytest.mark.parametrize("kind", BEGUN)
def test_what_lost_its_work_and_has_no_outcome_is_found_and_can_be_done_anew(house: House, kind: str) -> None:
    BEGUN[kind](house)
    assert listed(house) == []
    house.gateway.database.write(
        lambda session: [session.execute(delete(table)) for table in (FailedAttempt, WorkItem)]
    )
    [found] = listed(house)
    assert (found.kind, found.partner) == (f"{kind} without outcome", "acme")
    assert listed(house, Exceptions(partner="cargo")) == []
    assert f"tally doc cancel {found.id} --reason TEXT" in found.why
    house.gateway.administration.cancel(found.id, BY)
    assert listed(house) == []


def test_answers_that_could_not_be_sent(house: House) -> None:
    house.receive("beta", "invoice.csv", csv(csv_invoice()))
    house.work(failing(outbound.TRANSMIT))
    [found] = listed(house)
    assert (found.kind, found.partner, found.why) == ("report not sent", "beta", "The folder may not be written to.")


def test_messages_that_were_refused_and_strangers_too(tmp_path: Path) -> None:
    with scene(tmp_path, "  sign: none\n", "") as made:
        refused = made.distributor.house.gateway.try_out("acme")
        made.distributor.house.amend("acme", ("our_id: OURCOMPANY", "our_id: SOMEBODY"))
        stranger = made.distributor.house.gateway.try_out("acme")
        found = {each.partner: each for each in listed(made.supplier.house)}
        assert {each.kind for each in found.values()} == {"message refused"}
        assert found["ourcompany"].what == f"<{refused.message_id}> from OURCOMPANY to ACME"
        assert found["ourcompany"].why == "After decryption: The message is not signed, and the profile demands it."
        assert found[None].what == f"<{stranger.message_id}> from SOMEBODY to ACME"
        assert listed(made.supplier.house, Exceptions(partner="ourcompany")) == [found["ourcompany"]]
