"""HTTPS: whom we trust, and what is told when we do not."""

import io
import socket
import ssl
from pathlib import Path

import pytest

from canonical.errors import Fault, Misconfigured
from gateway.senders.http import ClientCertificate, ClientTls, HttpClient, Terms
from gateway.senders.http.failures import NotConnected, TlsFailed
from gateway.senders.http.tls import described, fingerprint

from ...certificates import Identity, certificate
from .conftest import Partner, Serve, answering, ok

AUTHORITY = certificate("authority", authority=True)
PARTNER = certificate("partner", AUTHORITY)
SELF_SIGNED = certificate("partner")
EXPIRED = certificate("partner", expired=True)
OURS = certificate("us")


def context(directory: Path, identity: Identity, clients: Identity | None = None) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*identity.write(directory))
    if clients is not None:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(cadata=clients.pem)
    return made


def post(client: HttpClient, site: Partner, tls: ClientTls, host: str = "localhost") -> int:
    return client.post(site.url(host=host, scheme="https"), [], io.BytesIO(b"x"), Terms(tls=tls)).status


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize(
    ("shown", "tls"),
    [
        (PARTNER, ClientTls(authorities=AUTHORITY.pem)),
        (SELF_SIGNED, ClientTls(authorities=SELF_SIGNED.pem)),
        (SELF_SIGNED, ClientTls(pinned=frozenset({OURS.fingerprint, SELF_SIGNED.fingerprint}))),
        (EXPIRED, ClientTls(pinned=frozenset({EXPIRED.fingerprint}))),
    ],
    ids=["authority", "itself", "pinned", "pinned and expired"],
)
def test_who_is_trusted_gets_the_message(
    partner: Serve, client: HttpClient, tmp_path: Path, shown: Identity, tls: ClientTls, host: str
) -> None:
    site = partner(answering(ok()), context(tmp_path, shown))
    assert [post(client, site, tls, host) for _ in range(2)] == [200, 200]
    assert site.connections == 1


@pytest.mark.parametrize(
    ("shown", "tls", "words"),
    [
        (PARTNER, ClientTls(), "unable to get local issuer certificate"),
        (SELF_SIGNED, ClientTls(), "self-signed certificate"),
        (SELF_SIGNED, ClientTls(authorities=AUTHORITY.pem), "self-signed certificate"),
        (EXPIRED, ClientTls(authorities=EXPIRED.pem), "certificate has expired"),
        (PARTNER, ClientTls(pinned=frozenset({SELF_SIGNED.fingerprint})), "is not pinned"),
    ],
)
def test_who_is_not_trusted_gets_nothing_and_is_described(
    partner: Serve, client: HttpClient, tmp_path: Path, shown: Identity, tls: ClientTls, words: str
) -> None:
    site = partner(answering(ok()), context(tmp_path, shown))
    with pytest.raises(TlsFailed) as failed:
        post(client, site, tls)
    assert words in failed.value.message.replace("self signed", "self-signed")
    assert shown.fingerprint in failed.value.message
    assert "subject CN=partner" in failed.value.message
    assert (failed.value.fault, failed.value.retryable) == (Fault.PARTNER, False)
    assert site.requests == []


def test_the_name_must_be_the_one_in_the_certificate(partner: Serve, tmp_path: Path) -> None:
    site = partner(answering(ok()), context(tmp_path, PARTNER))
    client = HttpClient(resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(TlsFailed, match="Hostname mismatch"):
        post(client, site, ClientTls(authorities=AUTHORITY.pem), host="other.example")
    assert site.requests == []


@pytest.mark.parametrize("password", [None, b"sesame"])
def test_our_certificate_is_shown(partner: Serve, client: HttpClient, tmp_path: Path, password: bytes | None) -> None:
    site = partner(answering(ok()), context(tmp_path, SELF_SIGNED, clients=OURS))
    path, key = OURS.write(tmp_path, password)
    tls = ClientTls(authorities=SELF_SIGNED.pem, own=ClientCertificate(path, key, password))
    assert post(client, site, tls) == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_when_it_is_missed_we_are_told_so(
    partner: Serve, client: HttpClient, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    serving = context(tmp_path, SELF_SIGNED, clients=OURS)
    serving.minimum_version = serving.maximum_version = version
    with pytest.raises(TlsFailed, match="client certificate"):
        post(client, partner(answering(ok()), serving), ClientTls(authorities=SELF_SIGNED.pem))


def test_a_server_without_tls_is_told_from_one_that_is_away(partner: Serve, client: HttpClient) -> None:
    def plain(site: Partner, connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(ok())

    with pytest.raises(TlsFailed, match="No TLS connection to localhost"):
        post(client, partner(plain), ClientTls())


def test_a_server_that_hangs_up_in_the_handshake_may_come_back(partner: Serve, client: HttpClient) -> None:
    site = partner(lambda site, connection: None)
    with pytest.raises(NotConnected, match="during the TLS handshake"):
        post(client, site, ClientTls())


def test_a_certificate_that_cannot_be_used_is_the_operators_mistake(tmp_path: Path) -> None:
    path, key = OURS.write(tmp_path, b"sesame")
    for wrong in (
        ClientTls(own=ClientCertificate(path, key)),
        ClientTls(own=ClientCertificate(path, tmp_path / "none")),
        ClientTls(authorities="no PEM"),
    ):
        with pytest.raises(Misconfigured, match="HTTPS to this partner cannot be set up"):
            wrong.context()


def test_a_certificate_is_described_even_when_it_is_none() -> None:
    assert "subject CN=us, issuer CN=us, valid until 20" in described(OURS.der)
    assert described(b"x") == f"the certificate with SHA-256 fingerprint {fingerprint(b'x')}"
