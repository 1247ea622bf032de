"""Make the evidence bundles that must verify for ever: ``python -m tools.evidence_bundles`` writes ``tests/evidence/<format>``.

Run it once for each version of the format, before that changes, and commit what it wrote; it is never written anew. All trade in it is
invented. Clock, ids and randomness are the same in every run, and so are the bytes.

- ``order.zip``: an order over SFTP, both ways, out of a home
- ``document.zip``: a document of which all that can be in a bundle is there, also what was erased; put together without a home
- ``rotated.zip``: the same, from after a rotation of the ledger's key, trusted by the key of before
- ``as2.zip``: an order over AS2, both ways, with signed messages and MDNs, out of two homes that talk to each other
- ``stamped.zip``: the document, stamped with the time three times

The last two are made by what no test can repeat to the byte: real connections with fresh keys, and an authority that reads a clock.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.app import Gateway
from gateway.ledger.evidence.collecting import Collector
from gateway.ledger.evidence.exporting import Exported, export
from gateway.ledger.evidence.manifest import Manifest
from gateway.ledger.signer_state import KEY_NAME, STATE_NAME
from spool.identifiers import TimeOrderedIdentifiers
from tests.gateway.exchange.scene import scene
from tests.gateway.house import BAD_INVOICE, House, invoice, order, wrapped
from tests.gateway.ledger.evidence import making
from tests.gateway.ledger.evidence.making import Counting

BUNDLES = Path(__file__).resolve().parents[1] / "tests" / "evidence"
TRUST = "trust.json"
"""The verifier key of each bundle, by its name."""

_ORDER = "4500123"
_TAKEN = "AK1*PO*1\nAK2*850*0001\nAK5*A\nAK9*A*1*1*1"


class RepeatableHouse(House):
    """A home in which nothing is left to chance."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        made = self.gateway
        random = Counting()
        identifiers = TimeOrderedIdentifiers(self.clock, lambda bits: int.from_bytes(random(32), "big") % (1 << bits))
        self.gateway = Gateway(made.home, made.settings, made.database, clock=self.clock, identifiers=identifiers)
        made.exchange.close()
        vault, keys = self.gateway.vault, self.gateway.home.keys
        vault.prepare()
        (keys / KEY_NAME).write_text(vault.seal(Ed25519PrivateKey.from_private_bytes(random(32))), "ascii")
        (keys / STATE_NAME).write_text(json.dumps({"checkpoint": None}), "utf-8")
        self.gateway.ledger = replace(self.gateway.ledger, node="node1", random=random)


def _of_order(target: Path) -> Exported:
    with tempfile.TemporaryDirectory() as folder:
        house = RepeatableHouse(Path(folder) / "home")
        try:
            house.send_order(_ORDER)
            house.later(minutes=10)
            house.take("acme", "997.edi", wrapped("997", _TAKEN, 1))
            house.gateway.ledger.checkpoint()
            house.later(hours=3)
            house.take("acme", "bad.edi", wrapped("810", BAD_INVOICE.format(number="INV1", order=_ORDER), 2))
            house.later(hours=1)
            house.take("acme", "good.edi", wrapped("810", invoice("INV1", _ORDER), 3))
            house.later(minutes=1)
            gateway = house.gateway
            evidence = Collector(gateway.database, gateway.blobs, house.clock, gateway.ledger).of_order(_ORDER)
            return export(evidence, target)
        finally:
            house.close()


def _of_document(target: Path) -> Exported:
    made = making.evidence(signers=(making.SIGNER, making.WITNESS))
    return export(made, target)


def _of_rotation(target: Path) -> Exported:
    return replace(export(making.rotated(making.NEXT), target), trust=making.TRUST)


def _of_stamps(target: Path) -> Exported:
    return export(making.with_stamps(making.evidence(), 3), target)


def _over_as2(target: Path) -> Exported:
    with tempfile.TemporaryDirectory() as folder, scene(Path(folder)) as trade:
        trade.distributor.house.place_order(order(_ORDER))
        trade.distributor.house.gateway.delivery.pull()
        trade.work()
        gateway = trade.distributor.house.gateway
        evidence = Collector(gateway.database, gateway.blobs, gateway.clock, gateway.ledger).of_order(_ORDER)
        assert evidence.messages
        return export(evidence, target)


MADE: dict[str, Callable[[Path], Exported]] = {
    "order.zip": _of_order,
    "document.zip": _of_document,
    "rotated.zip": _of_rotation,
}
"""Those that are the same in every run."""

MADE_ONCE: dict[str, Callable[[Path], Exported]] = {"as2.zip": _over_as2, "stamped.zip": _of_stamps}


def make(bundles: Path = BUNDLES) -> Path:
    """Write the bundles of the present format; their folder. Raises FileExistsError where they were written before."""
    target = bundles / f"v{Manifest.model_fields['v'].default}"
    target.mkdir(parents=True)
    trust = {name: made(target / name).trust for name, made in (MADE | MADE_ONCE).items()}
    (target / TRUST).write_text(json.dumps(trust, indent=1) + "\n", "utf-8")
    return target


if __name__ == "__main__":
    sys.stdout.write(f"wrote {make()}; look at it before you commit it\n")
