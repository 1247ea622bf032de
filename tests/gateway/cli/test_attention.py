"""`tally acks`, `exceptions`, and what `doc show` and `doc raw` say of messages over AS2: on two homes that traded and failed to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli.console import Exit
from tests.gateway.exchange.scene import Scene, scene
from tests.gateway.house import House, order

from .calling import Tally


class TestAcks:
    def test_nothing_is_owed(self, tally: Tally) -> None:
        assert tally("--json", "acks").json == []
        assert tally("acks", "--overdue").code == Exit.YES

    def test_what_is_owed_is_not_wrong_before_it_is_late(self, house: House, tally: Tally) -> None:
        house.send_order()
        [owed] = tally("--json", "acks").json
        assert (owed["answer"], owed["standing"], owed["what"]) == ("997", "awaited", "850_4500123_000000001.edi")
        assert tally("--json", "acks", "--overdue").json == []
        house.later(hours=25)
        house.gateway.database.write(house.gateway.answers.overdue)
        called = tally("--json", "acks", "--overdue")
        assert (called.code, called.json[0]["standing"]) == (Exit.NO, "overdue")
        assert "850_4500123_000000001.edi" in tally("acks").out

    def test_of_one_partner(self, house: House, tally: Tally) -> None:
        house.send_order()
        assert tally("--json", "acks", "--partner", "beta").json == []
        assert tally("acks", "--partner", "nobody").code == Exit.USAGE


class TestExceptions:
    def test_what_is_stuck_is_listed(self, house: House, tally: Tally) -> None:
        receipt = house.take("acme", "hello.txt", b"hello")
        [found] = tally("--json", "exceptions").json
        assert (found["id"], found["kind"], found["what"]) == (receipt.id, "file quarantined", "hello.txt")
        assert tally("--json", "exceptions", "--since", "2199-01-01").json == []
        assert receipt.id in tally("exceptions").out


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Scene]:
    """An order was sent, answered, and shipped nowhere; and a message was refused, since it was not signed."""
    with scene(tmp_path) as found:
        found.distributor.house.place_order(order())
        found.distributor.house.gateway.delivery.pull()
        found.work()
        found.agree("  sign: none\n", "")
        found.distributor.house.gateway.try_out("acme")
        yield found


class TestMessages:
    def test_a_document_that_came_names_its_message(self, made: Scene, capsys: pytest.CaptureFixture[str]) -> None:
        house = made.supplier.house
        tally = Tally(house, capsys)
        [row] = house.documents()
        facts = tally("--json", "doc", "show", row.id).json["as2"]
        assert (facts["from"], facts["to"], facts["outcome"]) == ("OURCOMPANY", "ACME", "received")
        assert (facts["our_mdn"], facts["mic"].rpartition(" ")[2]) == ("processed", "sha-256")
        assert "CN=OURCOMPANY" in facts["signed_by"]
        assert "CN=ACME" in facts["decrypted_with"]
        assert facts["message_id"] in tally("doc", "show", row.id).out

    def test_a_document_that_went_names_its_message_and_the_receipt(
        self, made: Scene, capsys: pytest.CaptureFixture[str]
    ) -> None:
        house = made.distributor.house
        [row] = house.documents("outbound", type="PurchaseOrder")
        facts = Tally(house, capsys)("--json", "doc", "show", row.id).json["as2"]
        assert (facts["state"], facts["mdn_asked_for"]) == ("confirmed", "synchronous, signed")
        [mdn] = facts["mdns"]
        assert "delivered; processed" in mdn
        assert f"MIC {facts['mic']}" in mdn
        assert "CN=ACME" in mdn

    def test_a_refused_message_is_shown_and_given_as_it_came(
        self, made: Scene, capsys: pytest.CaptureFixture[str]
    ) -> None:
        house = made.supplier.house
        tally = Tally(house, capsys)
        [refused] = [each for each in tally("--json", "exceptions").json if each["kind"] == "message refused"]
        facts = tally("--json", "doc", "show", refused["id"]).json
        assert facts["our_mdn"] == "processed/error: decryption-failed"
        assert "as2-from: ourcompany" in map(str.lower, facts["header_fields"])
        assert "message id" in tally("doc", "show", refused["id"]).out
        with house.gateway.database.read() as session:
            assert len(b"".join(house.gateway.raw(session, refused["id"]))) == facts["bytes"]

    def test_trail_tells_it_in_words(self, made: Scene, capsys: pytest.CaptureFixture[str]) -> None:
        told = Tally(made.supplier.house, capsys)("trail", "--partner", "ourcompany").out
        [line] = [line for line in told.splitlines() if "turned away" in line]
        assert (
            "After decryption: The message is not signed, and the profile demands it. MDN: processed/error: decryption-failed"
            in line
        )
        assert "MDN-sent-automatically" not in told

    def test_status_counts_them(self, made: Scene, capsys: pytest.CaptureFixture[str]) -> None:
        ours, theirs = (
            Tally(site.house, capsys)("--json", "status").json["as2"] for site in (made.distributor, made.supplier)
        )
        assert theirs == {"came": {"received": 1, "refused": 1}, "went": {"confirmed": 1}}
        assert ours == {"came": {"received": 1}, "went": {"confirmed": 1, "declined": 1}}
