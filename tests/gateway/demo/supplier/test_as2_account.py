"""A station's messages and receipts, between two stations: what each says of the other is worth something only where it can be no."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.as2.terms import Receipt, ReceiptMode
from gateway.demo.supplier.as2_account import (
    OWN_CERTIFICATE,
    OWN_KEY,
    THEIR_CERTIFICATE,
    As2Account,
    Station,
    as2_station,
)
from gateway.demo.supplier.office import Unexpected
from tests.gateway.as2.keys import own

NAMES = ("BUYER", "The Supplier")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def folder(path: Path, me: str, other: str) -> Path:
    path.mkdir()
    key = own(me)
    (path / OWN_KEY).write_bytes(key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (path / OWN_CERTIFICATE).write_bytes(key.certificate.x509.public_bytes(Encoding.PEM))
    (path / THEIR_CERTIFICATE).write_bytes(own(other).certificate.x509.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def stations(tmp_path: Path) -> tuple[Station, Station]:
    """Each knows the other's name, URL and certificate."""
    ports = (free_port(), free_port())
    one, other = (
        Station(folder(tmp_path / str(at), NAMES[at], NAMES[1 - at]), NAMES[at], ports[at], NAMES[1 - at], url)
        for at, url in enumerate(f"http://127.0.0.1:{ports[1 - at]}/as2" for at in (0, 1))
    )
    return one, other


@pytest.fixture
def accounts(stations: tuple[Station, Station]) -> Iterator[tuple[As2Account, As2Account]]:
    with ExitStack() as stack:
        one, other = (stack.enter_context(as2_station(station)) for station in stations)
        yield one, other


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_file_arrives_and_the_receipt_proves_it(
    accounts: tuple[As2Account, As2Account], capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = accounts
    one.send("850.edi", b"ISA*...", temporary=False)
    assert list(other.collect()) == [("850.edi", b"ISA*...")]
    assert list(other.collect()) == []
    [mdn, taken] = said(capsys)
    assert (mdn["event"], mdn["file"], mdn["outcome"]) == ("mdn", "850.edi", "delivered")
    assert (taken["event"], taken["how"]) == ("taken", "signed, encrypted, compressed")


def test_a_receipt_that_is_wanted_elsewhere_leaves_when_the_files_are_collected(
    accounts: tuple[As2Account, As2Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = accounts
    elsewhere = Receipt(ReceiptMode.ASYNCHRONOUS, signed=True, url="http://127.0.0.1:1/mdn")
    monkeypatch.setattr(one, "_terms", replace(one._terms, sending=replace(one._terms.sending, receipt=elsewhere)))
    with pytest.raises(Unexpected, match="proves nothing"):
        one.send("850.edi", b"ISA*...", temporary=False)
    posted: list[str] = []
    monkeypatch.setattr(other, "_post", lambda url, headers, body: posted.append(url))
    assert [name for name, _ in other.collect()] == ["850.edi"]
    assert posted == [elsewhere.url]


def test_a_stranger_s_key_proves_nothing(stations: tuple[Station, Station]) -> None:
    one, other = stations
    (other.folder / THEIR_CERTIFICATE).write_bytes(own("MALLORY").certificate.x509.public_bytes(Encoding.PEM))
    with as2_station(one) as sender, as2_station(other) as receiver:
        with pytest.raises(Unexpected, match="decryption-failed"):
            sender.send("850.edi", b"ISA*...", temporary=False)
        assert list(receiver.collect()) == []


def test_a_port_that_is_taken_is_told(stations: tuple[Station, Station]) -> None:
    one, _ = stations
    with (
        socket.create_server(("127.0.0.1", one.port)),
        pytest.raises(Unexpected, match="cannot listen"),
        as2_station(one),
    ):
        pass
