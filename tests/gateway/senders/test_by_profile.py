"""Each partner's own way out, as its profile says now."""

import pytest

from canonical.errors import Misconfigured
from canonical.identity import PartnerId

from ..house import House

ACME, CARGO = PartnerId("acme"), PartnerId("cargo")


def test_sftp_goes_into_the_outbox_the_partner_sees(house: House) -> None:
    house.gateway.outbound.senders.send(ACME, "a.edi", b"data")
    assert (house.gateway.home.sftp / "acme" / "outbox" / "a.edi").read_bytes() == b"data"


def test_a_folder_goes_beside_the_watched_one(house: House) -> None:
    house.gateway.outbound.senders.send(CARGO, "a.edi", b"data")
    assert (house.gateway.home.drop / "cargo" / "outbox" / "a.edi").read_bytes() == b"data"


def test_with_both_sftp_is_the_way(house: House) -> None:
    house.amend("cargo", ("folder: true", "folder: true\nsftp: {}"))
    house.gateway.outbound.senders.send(CARGO, "a.edi", b"data")
    assert (house.gateway.home.sftp / "cargo" / "outbox" / "a.edi").exists()
    assert not (house.gateway.home.drop / "cargo").exists()


def test_nobody_has_no_way(house: House) -> None:
    with pytest.raises(Misconfigured, match="There is no partner nobody in force to send"):
        house.gateway.outbound.senders.send(PartnerId("nobody"), "a.edi", b"data")
