"""HTTPS on which the partner shows who connects, beyond what its messages prove."""

import textwrap
import threading
from pathlib import Path

import pytest

from gateway import reception
from gateway.listeners.http import HttpServer, ServerTls
from spool.states import TransmissionState

from ..issued import Identity, certificate
from .scene import Scene, scene
from .test_exchange import place

SERVER, CLIENT, OTHER = certificate("server"), certificate("client"), certificate("other")


def settings(root: Path, shown: Identity) -> str:
    server, server_key = SERVER.write(root)
    client, client_key = shown.write(root)
    return (
        f'http_certificate = "{server}"\nhttp_key = "{server_key}"\n'
        f'http_client_certificate = "{client}"\nhttp_client_key = "{client_key}"\n'
    )


AS2 = f"""\
  http:
    server_certificates: ["{SERVER.fingerprint}"]
    client_certificates:
      - |
{textwrap.indent(CLIENT.pem, " " * 8)}"""


def over_https(made: Scene) -> None:
    for site, partner in ((made.distributor, "acme"), (made.supplier, "ourcompany")):
        site.house.amend(partner, ("url: http:", "url: https:"))


def test_a_certificate_that_is_agreed_meanwhile_counts_without_a_new_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed = threading.Event()

    def renew(server: HttpServer, tls: ServerTls) -> None:
        renew_tls(server, tls)
        renewed.set()

    renew_tls = HttpServer.renew_tls
    monkeypatch.setattr(HttpServer, "renew_tls", renew)
    monkeypatch.setattr(reception, "AS2_NAMES_SECONDS", 0.01)
    with scene(tmp_path, AS2, settings=settings(tmp_path, OTHER)) as made:
        over_https(made)
        assert not renewed.is_set()
        made.supplier.house.amend(
            "ourcompany", (textwrap.indent(CLIENT.pem, " " * 8), textwrap.indent(OTHER.pem, " " * 8))
        )
        assert renewed.wait(60)
        place(made)
        assert len(made.supplier.house.receipts()) == 1


SENT = {
    CLIENT.fingerprint: {TransmissionState.ACCEPTED},
    OTHER.fingerprint: {TransmissionState.READY, TransmissionState.FAILED},
}


@pytest.mark.parametrize(("shown", "files"), [(CLIENT, 1), (OTHER, 0)], ids=["agreed", "other"])
def test_only_who_shows_the_agreed_certificate_comes_in(tmp_path: Path, shown: Identity, files: int) -> None:
    with scene(tmp_path, AS2, settings=settings(tmp_path, shown)) as made:
        over_https(made)
        place(made)
        [sent] = made.distributor.house.transmissions("document")
        assert sent.state in SENT[shown.fingerprint]
        assert len(made.supplier.house.receipts()) == files
