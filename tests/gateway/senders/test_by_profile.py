"""Each partner's own way out, as its profile says now."""

import io
from dataclasses import replace

import pytest

from canonical.errors import Misconfigured
from canonical.identity import PartnerId
from gateway.senders.port import Form, Parcel

from ..house import House

ACME, CARGO = PartnerId("acme"), PartnerId("cargo")


def parcel() -> Parcel:
    return Parcel("t1", "a.edi", io.BytesIO(b"data"), Form.X12)


def test_sftp_goes_into_the_outbox_the_partner_sees(house: House) -> None:
    house.gateway.outbound.senders.send(house.gateway.partner(ACME), parcel())
    assert (house.gateway.home.sftp / "acme" / "outbox" / "a.edi").read_bytes() == b"data"


def test_a_folder_goes_beside_the_watched_one(house: House) -> None:
    house.gateway.outbound.senders.send(house.gateway.partner(CARGO), parcel())
    assert (house.gateway.home.drop / "cargo" / "outbox" / "a.edi").read_bytes() == b"data"


def test_with_both_sftp_is_the_way(house: House) -> None:
    house.amend("cargo", ("folder: true", "folder: true\nsftp: {}"))
    house.gateway.outbound.senders.send(house.gateway.partner(CARGO), parcel())
    assert (house.gateway.home.sftp / "cargo" / "outbox" / "a.edi").exists()
    assert not (house.gateway.home.drop / "cargo").exists()


def test_a_partner_without_any_is_refused_in_words(house: House) -> None:
    applied = house.gateway.partner(ACME)
    silent = replace(applied, profile=applied.profile.model_copy(update={"sftp": None, "folder": False}))
    with pytest.raises(Misconfigured, match=r"names no way to send .*: give it as2.url, sftp or folder"):
        house.gateway.outbound.senders.send(silent, parcel())
