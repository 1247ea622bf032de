"""What listeners are told of partners, and what they tell us of files that were fetched."""

from datetime import timedelta

import pytest

from canonical.identity import PartnerId
from spool.states import TransmissionState

from .house import House, invoice, wrapped

ACME, BETA, CARGO = PartnerId("acme"), PartnerId("beta"), PartnerId("cargo")


class TestAccounts:
    def test_are_those_of_partners_with_sftp(self, house: House) -> None:
        account = house.gateway.reception.front.account("acme")
        assert account is not None
        assert (account.username, account.partner, account.max_file_bytes) == ("acme", "acme", 64 << 20)
        assert (account.public_keys, account.password_hash) == ((), None)
        assert house.gateway.reception.front.account("cargo") is None
        assert house.gateway.reception.front.account("nobody") is None

    def test_go_by_their_user_name(self, house: House) -> None:
        house.amend("acme", ("sftp: {}", "sftp: {username: acme-edi, max_file_size: 1MiB}"))
        assert house.gateway.reception.front.account("acme") is None
        account = house.gateway.reception.front.account("acme-edi")
        assert account is not None
        assert (account.partner, account.max_file_bytes) == ("acme", 1 << 20)

    def test_of_suspended_partners_are_none(self, house: House) -> None:
        house.amend("acme", ("status: active", "status: suspended"))
        assert house.gateway.reception.front.account("acme") is None


def test_watched_are_the_folders_of_active_partners(house: House) -> None:
    assert house.gateway.reception.front.watched() == [CARGO]
    house.amend("cargo", ("status: active", "status: suspended"))
    assert house.gateway.reception.front.watched() == []


class TestReceived:
    def test_lists_the_newest_of_each_name_newest_first(self, house: House) -> None:
        for name, data in (("a.edi", b"1"), ("b.edi", b"22"), ("a.edi", b"333")):
            house.take("acme", name, data)
        assert [(file.filename, file.size) for file in house.gateway.reception.front.received(ACME)] == [
            ("a.edi", 3),
            ("b.edi", 2),
        ]
        assert house.gateway.reception.front.received(BETA) == []
        file = house.gateway.reception.front.received_file(ACME, "a.edi")
        assert file is not None
        assert file.size == 3
        assert house.gateway.reception.front.received_file(ACME, "c.edi") is None
        assert house.gateway.reception.front.received_file(BETA, "a.edi") is None

    def test_forgets_what_is_older_than_agreed(self, house: House) -> None:
        house.take("acme", "a.edi", b"1")
        house.clock.time += timedelta(days=house.gateway.settings.inbox_listing_days)
        assert len(house.gateway.reception.front.received(ACME)) == 1
        assert house.gateway.reception.front.received_file(ACME, "a.edi") is not None
        house.later(seconds=1)
        assert house.gateway.reception.front.received(ACME) == []
        assert house.gateway.reception.front.received_file(ACME, "a.edi") is None


class TestCollected:
    @pytest.mark.parametrize("action", ["downloaded", "deleted"])
    def test_is_noted_on_the_transmission_and_in_the_trail(self, house: House, action: str) -> None:
        house.send_order("7")
        [sent] = house.transmissions()
        house.gateway.reception.front.collected(ACME, sent.filename, action)
        assert house.transmissions()[0].state is TransmissionState.COLLECTED
        assert [(entry.step, entry.outcome) for entry in house.trail("7")][-1] == ("collected", action)

    def test_again_changes_nothing_but_the_trail(self, house: House) -> None:
        house.send_order("7")
        [sent] = house.transmissions()
        house.gateway.reception.front.collected(ACME, sent.filename, "downloaded")
        house.gateway.reception.front.collected(ACME, sent.filename, "deleted")
        assert [entry.outcome for entry in house.trail("7") if entry.step == "collected"] == ["downloaded", "deleted"]

    def test_after_the_answer_leaves_the_answer(self, house: House) -> None:
        house.send_order("7")
        [sent] = house.transmissions()
        house.take("acme", "997.edi", wrapped("997", "AK1*PO*1\nAK9*A*1*1*1"))
        house.gateway.reception.front.collected(ACME, sent.filename, "deleted")
        assert house.transmissions("document")[0].state is TransmissionState.ACCEPTED

    def test_of_something_else_is_nothing_to_us(self, house: House) -> None:
        house.take("acme", "810.edi", wrapped("810", invoice()))
        before = house.transmissions()[0].state
        house.gateway.reception.front.collected(ACME, "their-own.txt", "deleted")
        house.gateway.reception.front.collected(BETA, house.transmissions()[0].filename, "deleted")
        assert house.transmissions()[0].state is before
