"""pyas2lib beside us, in the environment of its own that the tests of interoperability make: parse, MDN, one durable write of both."""

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.pipeline_parts.figures import Figures
from gateway.app import Gateway
from tests.interop.pyas2 import NoPeer, python

from .messages import Posted
from .process import Child
from .trade import DISTRIBUTOR, SUPPLIER, Homes, key_of

_RECEIVER = Path(__file__).with_name("pyas2_receiver.py")


@contextmanager
def peer(homes: Homes, figures: Figures) -> Iterator[Child | None]:
    """The same two parties with the same keys in a process with pyas2lib; None, and why, where that cannot be had."""
    try:
        interpreter = python()
    except NoPeer as error:
        figures.say(f"receive, pyas2lib: not measured. {error}")
        yield None
        return
    with Child(str(_RECEIVER), str(homes.distributor / "pyas2.db"), python=(str(interpreter), "-I")) as child:
        child.tell(json.dumps(_parties(homes)))
        child.answer()
        yield child


def cpu_of(child: Child, sent: Sequence[Posted]) -> float:
    """Have it receive messages, all of which it must take; the CPU seconds that took it."""
    child.tell(json.dumps([base64.b64encode(message.raw).decode() for message in sent]))
    return float(child.answer())


def _parties(homes: Homes) -> dict[str, str]:
    with Gateway.open(homes.distributor) as distributor, Gateway.open(homes.supplier) as supplier:
        own, other = key_of(distributor), key_of(supplier)
    private = own.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "own_name": DISTRIBUTOR,
        "own_key": (private + own.certificate.x509.public_bytes(Encoding.PEM)).decode(),
        "partner_name": SUPPLIER,
        "partner_certificate": other.certificate.x509.public_bytes(Encoding.PEM).decode(),
    }
