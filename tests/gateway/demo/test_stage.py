import socket
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from canonical.errors import Misconfigured
from gateway.app import Gateway, Service
from gateway.demo import scenario, stage
from gateway.demo.evidence import gather
from gateway.demo.stage import Credentials, Supplier
from gateway.demo.supplier.as2_account import OWN_KEY

HOST_KEY = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
"""Nobody's."""


OVER_SFTP = {scenario.RIVERMILL, scenario.HUBER}


def wait_until_gone(cast: list[Supplier]) -> None:
    """Until those over SFTP are; the one over AS2 waits to be posted to."""
    until = time.monotonic() + 60
    while not all(supplier.ended for supplier in cast if supplier.name in OVER_SFTP):
        assert time.monotonic() < until
        time.sleep(0.02)


def prepared(root: Path) -> Credentials:
    """A home that is open for business, though nobody serves it."""
    credentials = stage.prepare(root)
    with Gateway.create(root) as gateway:
        stage.open_for_business(gateway, credentials)
    return credentials


def test_a_home_that_is_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tally.db").touch()
    with pytest.raises(Misconfigured, match="in use"):
        stage.prepare(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["tally.db"]


def test_secrets_are_fresh_private_and_not_in_the_profiles(tmp_path: Path) -> None:
    one, other = stage.prepare(tmp_path / "one"), stage.prepare(tmp_path / "other")
    for name, credentials in (("one", one), ("other", other)):
        with Gateway.create(tmp_path / name) as gateway:
            stage.open_for_business(gateway, credentials)
    ours, theirs = (credentials.station / OWN_KEY for credentials in (one, other))
    for path, twin in ((one.key, other.key), (one.password, other.password), (ours, theirs)):
        assert path.read_bytes() != twin.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    profiles = "".join(path.read_text("utf-8") for path in (tmp_path / "one" / "partners").iterdir())
    assert one.password.read_text().strip() not in profiles
    assert "PRIVATE" not in profiles


def test_the_profiles_can_be_put_in_force(tmp_path: Path) -> None:
    credentials = stage.prepare(tmp_path / "home")
    with Gateway.create(tmp_path / "home") as gateway:
        stage.open_for_business(gateway, credentials)
        assert {applied.partner for applied in gateway.partners()} == set(scenario.PARTNERS)


@pytest.mark.slow
def test_suppliers_that_find_nobody_say_so(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        service = Service("127.0.0.1", unused.getsockname()[1], None)
        with stage.suppliers(service, HOST_KEY, prepared(tmp_path / "home"), 30) as cast:
            wait_until_gone(cast)
            assert {supplier.name for supplier in cast if supplier.name in (supplier.failure or "")} == OVER_SFTP


@pytest.mark.slow
def test_suppliers_end_with_the_block_whatever_they_wait_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        service = Service("127.0.0.1", silent.getsockname()[1], None)
        with stage.suppliers(service, HOST_KEY, prepared(tmp_path / "home"), 30) as cast:
            assert not any(supplier.ended for supplier in cast)
        assert all(supplier.ended for supplier in cast)


@pytest.mark.slow
def test_a_supplier_sends_nothing_to_a_server_with_another_host_key(tmp_path: Path) -> None:
    credentials = stage.prepare(tmp_path / "home")
    with Gateway.create(tmp_path / "home") as gateway:
        stage.open_for_business(gateway, credentials)
        with (
            gateway.serving(sftp_port=0, http_port=0) as service,
            stage.suppliers(service, HOST_KEY, credentials, 30) as cast,
        ):
            wait_until_gone(cast)
            seen = gather(gateway, cast)
    assert set(seen.failures) == OVER_SFTP
    assert seen.receipts == []


def as2_supplier(cast: list[Supplier]) -> Supplier:
    """The one over AS2, once it listens or gave up."""
    supplier = next(each for each in cast if each.name == scenario.TAMARACK)
    until = time.monotonic() + 60
    while not (stage.as2_supplier_listens(cast) or supplier.ended):
        assert time.monotonic() < until
        list(supplier.hear())
        time.sleep(0.02)
    return supplier


@pytest.mark.slow
def test_the_supplier_over_as2_says_when_it_can_be_posted_to(tmp_path: Path) -> None:
    credentials = prepared(tmp_path / "home")
    with stage.suppliers(Service("127.0.0.1", 1, 1), HOST_KEY, credentials, 30) as cast:
        assert as2_supplier(cast).failure is None
        socket.create_connection(("127.0.0.1", credentials.station_port)).close()


@pytest.mark.slow
def test_a_supplier_over_as2_whose_port_is_taken_says_so_and_does_not_listen(tmp_path: Path) -> None:
    credentials = prepared(tmp_path / "home")
    with (
        socket.create_server(("127.0.0.1", credentials.station_port)),
        stage.suppliers(Service("127.0.0.1", 1, 1), HOST_KEY, credentials, 30) as cast,
    ):
        assert "cannot listen" in (as2_supplier(cast).failure or "")
        assert not stage.as2_supplier_listens(cast)
