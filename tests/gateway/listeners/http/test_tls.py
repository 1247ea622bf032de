"""HTTPS: our certificate, and the clients' ones."""

import ssl
import warnings
from pathlib import Path

import pytest

from canonical.errors import Misconfigured
from gateway.listeners.http import ClientCertificates, ServerTls
from gateway.listeners.http.server import SHOWN_AND_UNKNOWN

from ...issued import Identity, certificate
from .conftest import Serve, Site
from .raw import CHUNKED, RawClient, chunk, head, post

OURS = certificate("gateway")
PARTNER = certificate("partner")
AUTHORITY = certificate("authority", authority=True)
EMPLOYEE = certificate("employee", AUTHORITY)
STRANGER = certificate("stranger")
EXPIRED = certificate("expired", expired=True)


def tls(
    directory: Path,
    clients: ClientCertificates = ClientCertificates.NONE,
    ours: Identity = OURS,
    password: bytes | None = None,
) -> ServerTls:
    path, key = ours.write(directory, password)
    return ServerTls(path, key, password, clients, [PARTNER.der, AUTHORITY.der, EXPIRED.der])


def context(directory: Path, identity: Identity | None = None, trusted: Identity = OURS) -> ssl.SSLContext:
    """A client's, that trusts us."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(cadata=trusted.pem)
    if identity is not None:
        made.load_cert_chain(*identity.write(directory))
    return made


def asked(site: Site, with_context: ssl.SSLContext) -> int | None:
    """The status of the answer to a post; None for a client that is hung up on."""
    try:
        with RawClient(site.server.port, with_context) as client:
            client.send(post())
            return None if client.hung_up() else client.answer().status
    except (ssl.SSLError, ConnectionError):
        return None


def test_requests_come_over_tls_with_reuse_and_large_bodies(serve: Serve, tmp_path: Path) -> None:
    with serve(tls=tls(tmp_path)) as site, RawClient(site.server.port, context(tmp_path)) as client:
        client.send(post() + head(CHUNKED) + chunk(bytes(3_000_000)) + b"0\r\n\r\n")
        assert [client.answer().text for _ in range(2)] == ["5 bytes\n", "3000000 bytes\n"]
        client.send(post(b"last", b"Connection: close"))
        assert client.answer().status == 200
        assert client.ends()
    assert [taken.head.peer.certificate for taken in site.handler.taken] == [None] * 3


def test_an_early_refusal_can_be_read_over_tls_too(serve: Serve, tmp_path: Path) -> None:
    with (
        serve(tls=tls(tmp_path), body_bytes=1000) as site,
        RawClient(site.server.port, context(tmp_path)) as client,
    ):
        client.send(head(b"Content-Length: 5000000"))
        for _ in range(50):
            client.send(bytes(100_000))
        assert client.answer().status == 413


@pytest.mark.parametrize("clients", [ClientCertificates.OPTIONAL, ClientCertificates.REQUIRED])
@pytest.mark.parametrize("identity", [PARTNER, EMPLOYEE], ids=["pinned", "issued"])
def test_the_handler_sees_a_trusted_clients_certificate(
    serve: Serve, tmp_path: Path, clients: ClientCertificates, identity: Identity
) -> None:
    with serve(tls=tls(tmp_path, clients)) as site:
        assert asked(site, context(tmp_path, identity)) == 200
    [taken] = site.handler.taken
    assert taken.head.peer.certificate == identity.der


@pytest.mark.parametrize(
    ("clients", "identity"),
    [
        (ClientCertificates.OPTIONAL, STRANGER),
        (ClientCertificates.REQUIRED, STRANGER),
        (ClientCertificates.REQUIRED, EXPIRED),
        (ClientCertificates.REQUIRED, None),
    ],
)
def test_who_is_not_trusted_is_not_heard(
    serve: Serve, tmp_path: Path, clients: ClientCertificates, identity: Identity | None
) -> None:
    with serve(tls=tls(tmp_path, clients)) as site:
        assert asked(site, context(tmp_path, identity)) is None
        assert asked(site, context(tmp_path, PARTNER)) == 200
    assert [taken.head.peer.certificate for taken in site.handler.taken] == [PARTNER.der]


def test_who_shows_a_certificate_that_nobody_named_is_told_of(serve: Serve, tmp_path: Path) -> None:
    """Its product may show one whether it was agreed or not, and the handshake tells it nothing."""
    with serve(tls=tls(tmp_path, ClientCertificates.OPTIONAL)) as site:
        asked(site, context(tmp_path, PARTNER))
        assert site.strange == []
        asked(site, context(tmp_path, STRANGER))
    assert site.strange == [("127.0.0.1", SHOWN_AND_UNKNOWN)]


def test_without_one_an_optional_certificate_is_none(serve: Serve, tmp_path: Path) -> None:
    with serve(tls=tls(tmp_path, ClientCertificates.OPTIONAL)) as site:
        assert asked(site, context(tmp_path)) == 200
    assert site.handler.taken[0].head.peer.certificate is None


def test_old_tls_is_refused(serve: Serve, tmp_path: Path) -> None:
    old = context(tmp_path)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with serve(tls=tls(tmp_path)) as site:
        assert asked(site, old) is None
        assert asked(site, context(tmp_path)) == 200


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00", b"POST /as2 HTTP/1.1\r\n\r\n"])
def test_a_handshake_that_does_not_come_to_its_end_is_given_up(serve: Serve, tmp_path: Path, said: bytes) -> None:
    with serve(tls=tls(tmp_path), head_seconds=0.05, connections=1) as site:
        for _ in range(2):  # the second has its turn only when the first is gone
            with site.connect() as client:
                client.send(said)
                assert client.hung_up()


def test_a_renewed_certificate_is_shown_to_the_next_and_a_wrong_one_changes_nothing(
    serve: Serve, tmp_path: Path
) -> None:
    renewed = certificate("renewed")
    with serve(tls=tls(tmp_path)) as site, RawClient(site.server.port, context(tmp_path)) as before:
        site.server.renew_tls(tls(tmp_path, ours=renewed))
        with pytest.raises(Misconfigured):
            site.server.renew_tls(ServerTls(tmp_path / "none.pem", tmp_path / "none.key"))
        assert asked(site, context(tmp_path, trusted=renewed)) == 200
        assert asked(site, context(tmp_path)) is None
        before.send(post())
        assert before.answer().status == 200, "who is connected stays connected"


def test_a_key_under_a_password_is_opened_with_it(tmp_path: Path) -> None:
    good = tls(tmp_path, password=b"sesame")
    good.context()
    for password in (None, b"wrong"):
        with pytest.raises(Misconfigured, match="password"):
            ServerTls(good.certificate, good.key, password).context()


def test_a_key_of_another_certificate_is_the_operators_mistake(tmp_path: Path) -> None:
    (path, _), (_, key) = OURS.write(tmp_path), STRANGER.write(tmp_path)
    with pytest.raises(Misconfigured, match="belong together"):
        ServerTls(path, key).context()


def test_asking_for_certificates_and_trusting_none_is_a_mistake(tmp_path: Path) -> None:
    path, key = OURS.write(tmp_path)
    with pytest.raises(Misconfigured, match="none is trusted"):
        ServerTls(path, key, clients=ClientCertificates.REQUIRED).context()
