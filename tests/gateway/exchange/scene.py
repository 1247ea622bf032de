"""Two houses that trade over AS2, over real sockets: a distributor and a supplier, each with its own keys, gateway and clock."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from cryptography import x509
from cryptography.x509.oid import NameOID

from gateway.as2.cms.keys import Certificate
from gateway.certificates import making
from partners.certificates import Use
from tests.gateway.as2.keys import own
from tests.gateway.house import NOON, House, new_url

PROFILE = """\
partner: {partner}
name: {partner} Inc
status: active
x12:
  us: {{qualifier: ZZ, id: {us}}}
  them: {{qualifier: ZZ, id: {them}}}
  version: "004010"
  usage: T
  acknowledge_within: 24
as2:
  id: {them}
  our_id: {us}
  url: {url}
  networks: ["127.0.0.0/8"]
{as2}
documents:
  send: [{send}]
  receive: [{receive}]
"""

DAYS = 365


@dataclass
class Site:
    """One side: its house, what it is called, and where it is reached."""

    house: House
    name: str
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/as2"


@dataclass
class Scene:
    """The distributor has the partner ``acme``, the supplier the partner ``ourcompany``."""

    distributor: Site
    supplier: Site

    def agree(self, as2: str = "", theirs: str | None = None) -> None:
        """Both put in force what they agreed: further lines of the section as2, the supplier's where they differ."""
        _agree(self.distributor, self.supplier, "acme", as2, send="850", receive="855, 856, 810")
        _agree(
            self.supplier,
            self.distributor,
            "ourcompany",
            as2 if theirs is None else theirs,
            send="855, 856, 810",
            receive="850",
        )

    def work(self) -> None:
        """Both work until neither has anything to do."""
        while self.distributor.house.work() + self.supplier.house.work():
            pass


def _agree(us: Site, them: Site, partner: str, as2: str, *, send: str, receive: str) -> None:
    text = PROFILE.format(
        partner=partner, us=us.name, them=them.name, url=them.url, as2=as2, send=send, receive=receive
    )
    us.house.agree(partner, "\n".join(line for line in text.splitlines() if line.strip()) + "\n")


@contextmanager
def scene(
    root: Path, as2: str = "", theirs: str | None = None, *, settings: str = "", kind: str = "sqlite"
) -> Iterator[Scene]:
    """Both sides with keys, each other's certificates, and an agreement, the distributor on a database of a kind; nothing runs by itself
    but the listening.

    The key of a name is the same in every scene: RSA keys take their time.
    """
    with ExitStack() as stack:
        url = stack.enter_context(new_url(kind))
        distributor = stack.enter_context(_site(root / "distributor", "OURCOMPANY", settings, url))
        supplier = stack.enter_context(_site(root / "supplier", "ACME", settings))
        made = Scene(distributor, supplier)
        made.agree(as2, theirs)
        for us, them, partner in ((distributor, supplier, "acme"), (supplier, distributor, "ourcompany")):
            certificate = Certificate.load(them.house.gateway.custody.own().pem.encode())
            us.house.gateway.custody.take(
                partner, certificate, use=Use.BOTH, begins=None, keep_previous=timedelta(days=30), by="tests"
            )
        for site in (distributor, supplier):
            stack.enter_context(site.house.gateway.reception.http(site.port))
        yield made


@contextmanager
def _site(root: Path, name: str, settings: str, url: str | None = None) -> Iterator[Site]:
    root.mkdir()
    port = _free_port()
    (root / "tally.toml").write_text(f'as2_url = "http://127.0.0.1:{port}/as2"\n{settings}')
    house = House(root, {}, database_url=url)
    try:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        with patch.object(making, "new_private_key", lambda bits: own(name, bits).private_key):
            house.gateway.custody.generate(subject, bits=2048, days=DAYS, begins=None, by="tests")
        yield Site(house, name, port)
    finally:
        house.close()


def _free_port() -> int:
    """One that is free now: the URL at which the other side sends its MDNs is a setting, and must be known before the server is."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


__all__ = ["NOON", "Scene", "Site", "scene"]
