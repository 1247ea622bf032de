"""Two homes that trade over AS2: a supplier who sends, a distributor who receives, each with its own key and the other's certificate."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from gateway.app import Gateway
from gateway.as2.cms.keys import Certificate, OwnKey
from gateway.as2.terms import Terms
from gateway.certificates.making import BITS, subject
from partners.certificates import Use
from partners.registry import AppliedProfile

DISTRIBUTOR = "OURCOMPANY"
SUPPLIER = "ACME"
LARGEST_BYTES = 8 << 30
AT_ONCE = 8

_PROFILE = """\
partner: {partner}
name: {partner}
status: active
x12:
  us: {{qualifier: ZZ, id: {us}}}
  them: {{qualifier: ZZ, id: {them}}}
  version: "004010"
  usage: P
  acknowledge_within: 24
as2:
  id: {them}
  our_id: {us}
  url: {url}
  compress: {compress}
  at_once: {at_once}
documents:
  send: [{send}]
  receive: [{receive}]
"""


@dataclass(frozen=True)
class Homes:
    """Both sides' homes, which are theirs alone: nothing is shared but certificates."""

    distributor: Path
    supplier: Path


def make_homes(root: Path, *, compress: str = "none", url: str = "http://127.0.0.1:1/as2") -> Homes:
    """Make both; ``url`` is where the distributor will be found."""
    homes = Homes(root / "distributor", root / "supplier")
    sides = {
        homes.distributor: {"us": DISTRIBUTOR, "them": SUPPLIER, "send": "850", "receive": "810"},
        homes.supplier: {"us": SUPPLIER, "them": DISTRIBUTOR, "send": "810", "receive": "850"},
    }
    for home, side in sides.items():
        _make(home, {**side, "compress": compress, "url": url})
    _exchange_certificates(homes)
    return homes


def partner_of(home: Path) -> str:
    """Whom the home trades with."""
    return "supplier" if home.name == "distributor" else "distributor"


def agreed(gateway: Gateway) -> tuple[AppliedProfile, Terms]:
    """The one profile of a home, and all that is agreed with the partner."""
    [applied] = gateway.partners()
    with gateway.database.read() as session:
        return applied, gateway.exchange.agreements.terms(session, applied)


def key_of(gateway: Gateway) -> OwnKey:
    """The home's own key."""
    return agreed(gateway)[1].own_keys[0].key


def _make(home: Path, side: Mapping[str, str]) -> None:
    home.mkdir(parents=True)
    (home / "tally.toml").write_text(f"max_file_bytes = {LARGEST_BYTES}\n", "utf-8")
    with Gateway.create(home) as gateway:
        partner = partner_of(home)
        text = _PROFILE.format(partner=partner, at_once=AT_ONCE, **side)
        (gateway.home.partners / f"{partner}.yaml").write_text(text, "utf-8")
        loaded = gateway.load_profiles()
        assert not loaded.problems, loaded.problems
        gateway.apply(loaded.profiles)
        gateway.custody.generate(subject(side["us"], None), bits=BITS, days=365, begins=None, by="bench")


def _exchange_certificates(homes: Homes) -> None:
    with Gateway.open(homes.distributor) as distributor, Gateway.open(homes.supplier) as supplier:
        for us, them in ((distributor, supplier), (supplier, distributor)):
            certificate = Certificate.load(them.custody.own().pem.encode())
            partner = partner_of(us.home.root)
            us.custody.take(
                partner, certificate, use=Use.BOTH, begins=None, keep_previous=timedelta(days=1), by="bench"
            )
