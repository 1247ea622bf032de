"""What it costs to protect and to open a message of 10 KB, and what the same RSA, AES and SHA-256 cost without anything around them."""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from bench.pipeline_parts.figures import Figures
from gateway.app import Gateway
from gateway.as2.cms.keys import OwnKey
from gateway.as2.receive import Received, receive
from gateway.as2.terms import Receipt, ReceiptMode, Terms
from gateway.exchange.fresh import FreshNames
from gateway.exchange.workspace import TemporaryWorkspace
from spool.clock import SystemClock
from spool.identifiers import TimeOrderedIdentifiers

from .messages import built, interchange
from .trade import agreed, make_homes

GOAL_PROTECT_MS = 4.0
GOAL_OPEN_MS = 2.0
ROUNDS = 5


@dataclass(frozen=True)
class Costs:
    """CPU milliseconds of one message."""

    protect: float
    open: float


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """By turns, in this process. No MDN is asked for: making one is no part of opening a message."""
    homes = make_homes(root / "small")
    with Gateway.open(homes.supplier) as supplier, Gateway.open(homes.distributor) as distributor:
        sender, receiver = agreed(supplier)[1], agreed(distributor)[1]
    rounds = [
        (_ours(sender, receiver, root, arguments.messages), _bare(sender, receiver, arguments.messages))
        for _ in range(ROUNDS)
    ]
    ours, bare = (_median(found) for found in zip(*rounds, strict=True))
    figures.say(
        f"sign and encrypt      {ours.protect:8.2f} ms CPU   bare primitives {bare.protect:.2f} ms: {ours.protect / bare.protect:.1f}x"
    )
    figures.say(
        f"decrypt and verify    {ours.open:8.2f} ms CPU   bare primitives {bare.open:.2f} ms: {ours.open / bare.open:.1f}x"
    )
    figures.claim("sign_and_encrypt", ours.protect, goal=GOAL_PROTECT_MS, better="lower", unit="ms CPU")
    figures.claim("decrypt_and_verify", ours.open, goal=GOAL_OPEN_MS, better="lower", unit="ms CPU")
    figures.claim("sign_and_encrypt_against_bare", ours.protect / bare.protect, better="lower", unit="x")
    figures.claim("decrypt_and_verify_against_bare", ours.open / bare.open, better="lower", unit="x")


def _median(rounds: tuple[Costs, ...]) -> Costs:
    return Costs(statistics.median(each.protect for each in rounds), statistics.median(each.open for each in rounds))


def _ours(sender: Terms, receiver: Terms, directory: Path, count: int) -> Costs:
    sender = replace(sender, sending=replace(sender.sending, receipt=Receipt(ReceiptMode.NONE, signed=False)))
    fresh = FreshNames(TimeOrderedIdentifiers(SystemClock()), "acme.example")
    data = interchange(1)
    with TemporaryWorkspace(directory) as workspace:
        message = built(data, sender, fresh, workspace)
        headers, body = message.headers, message.body.open()

        def protect() -> None:
            with TemporaryWorkspace(directory) as workspace:
                built(data, sender, fresh, workspace)

        def unwrap() -> None:
            with TemporaryWorkspace(directory) as workspace:
                opened = receive(headers, body, receiver, now=datetime.now(UTC), fresh=fresh, workspace=workspace)
                assert isinstance(opened, Received), opened

        return Costs(_milliseconds(protect, count), _milliseconds(unwrap, count))


def _bare(sender: Terms, receiver: Terms, count: int) -> Costs:
    signer, recipient = sender.own_keys[0].key, receiver.own_keys[0].key
    data = interchange(1)
    signature, session_key, vector, encrypted = _protected(data, signer, recipient)

    def protect() -> None:
        _protected(data, signer, recipient)

    def unwrap() -> None:
        key = recipient.private_key.decrypt(session_key, padding.PKCS1v15())
        decryptor, unpadder = Cipher(AES256(key), CBC(vector)).decryptor(), PKCS7(128).unpadder()
        padded = decryptor.update(encrypted) + decryptor.finalize()
        plain = unpadder.update(padded) + unpadder.finalize()
        signer.certificate.public_key.verify(signature, _sha256(plain), padding.PKCS1v15(), Prehashed(hashes.SHA256()))

    return Costs(_milliseconds(protect, count), _milliseconds(unwrap, count))


def _protected(data: bytes, signer: OwnKey, recipient: OwnKey) -> tuple[bytes, bytes, bytes, bytes]:
    """Signature, encrypted session key, initialisation vector, encrypted data."""
    signature = signer.private_key.sign(_sha256(data), padding.PKCS1v15(), Prehashed(hashes.SHA256()))
    key, vector = os.urandom(32), os.urandom(16)
    encryptor, padder = Cipher(AES256(key), CBC(vector)).encryptor(), PKCS7(128).padder()
    encrypted = encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()
    return signature, recipient.certificate.public_key.encrypt(key, padding.PKCS1v15()), vector, encrypted


def _sha256(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data)
    return digest.finalize()


def _milliseconds(action: Callable[[], None], count: int) -> float:
    """CPU milliseconds of one ``action``."""
    before = time.process_time()
    for _ in range(count):
        action()
    return (time.process_time() - before) / count * 1e3
