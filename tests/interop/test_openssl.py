"""Whole messages, verified and decrypted by ``openssl cms``, and made by it."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.as2.cms.algorithms import Cipher, Digest, KeyTransport, SignatureScheme
from gateway.as2.mic import mic_of
from gateway.as2.mime.entity import read_entity
from gateway.as2.mime.headers import headers
from gateway.as2.mime.span import span_of
from gateway.as2.quirks import STANDARD
from gateway.as2.receive import Received
from gateway.as2.terms import Sending
from tests.gateway.as2.exchange import BUYER, ORDER, SUPPLIER, Posted, accepting, posted, received, sent
from tests.gateway.as2.keys import own

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

CONTENT = b"Content-Type: application/edi-x12\r\nContent-Disposition: attachment; filename=po.edi\r\n\r\n" + ORDER

Openssl = Callable[..., bytes]


@pytest.fixture
def openssl(tmp_path: Path) -> Openssl:
    """Runs ``openssl cms`` in a folder that has the keys (``BUYER.key``) and certificates (``BUYER.pem``) of both sides."""
    for name in (BUYER, SUPPLIER):
        key = own(name)
        file = tmp_path / name.replace('"', "")
        file.with_suffix(".pem").write_bytes(key.certificate.x509.public_bytes(Encoding.PEM))
        private = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.with_suffix(".key").write_bytes(private)

    def run(data: bytes, *arguments: str) -> bytes:
        done = subprocess.run(
            ["openssl", "cms", *arguments], input=data, capture_output=True, cwd=tmp_path, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run


THEM = SUPPLIER.replace('"', "")
VERIFY = ("-verify", "-inform", "SMIME", "-CAfile", f"{BUYER}.pem", "-purpose", "any")
DECRYPT = ("-decrypt", "-inform", "DER", "-binary", "-recip", f"{THEM}.pem", "-inkey", f"{THEM}.key")


def _entity(message: Posted) -> bytes:
    """A message as one entity, as it would be by mail."""
    return b"Content-Type: " + (message.headers.get("Content-Type") or "").encode() + b"\r\n\r\n" + message.body


@pytest.mark.parametrize("digest", [each for each in Digest if each is not Digest.SHA1])
@pytest.mark.parametrize("scheme", SignatureScheme)
def test_it_verifies_what_we_sign(openssl: Openssl, digest: Digest, scheme: SignatureScheme) -> None:
    outbound = sent(Sending(encrypt=False, digest=digest, scheme=scheme))
    content = openssl(_entity(posted(outbound)), *VERIFY)
    assert read_entity(span_of(content)).body.read() == ORDER
    assert mic_of(span_of(content), digest) == outbound.mic


@pytest.mark.parametrize("cipher", [each for each in Cipher if each.startswith("aes")])
@pytest.mark.parametrize("transport", KeyTransport)
@pytest.mark.parametrize("by_key_id", [False, True])
def test_it_decrypts_what_we_encrypt(
    openssl: Openssl, cipher: Cipher, transport: KeyTransport, by_key_id: bool
) -> None:
    quirks = replace(STANDARD, recipient_by_key_id=by_key_id)
    outbound = sent(Sending(cipher=cipher, key_transport=transport), quirks=quirks)
    signed = openssl(outbound.body.read(), *DECRYPT)
    assert read_entity(span_of(openssl(signed, *VERIFY))).body.read() == ORDER


SIGN = ("-sign", "-binary", "-signer", f"{BUYER}.pem", "-inkey", f"{BUYER}.key")
SIGNATURES = {
    "detached": ("-outform", "SMIME", "-md", "sha256"),
    "detached, SHA-512, PSS": ("-outform", "SMIME", "-md", "sha512", "-keyopt", "rsa_padding_mode:pss"),
    "detached, no attributes": ("-outform", "SMIME", "-noattr"),
    "detached, no certificate, key identifier": ("-outform", "SMIME", "-nocerts", "-keyid"),
    "content inside": ("-outform", "SMIME", "-nodetach"),
    "content inside, indefinite lengths": ("-outform", "SMIME", "-nodetach", "-stream"),
}
ENCRYPT = ("-encrypt", "-binary", "-outform", "DER")
CIPHERS = {
    "AES-128-CBC": ("-aes128",),
    "AES-192-CBC": ("-aes192",),
    "AES-256-CBC": ("-aes256",),
    "AES-256-CBC, indefinite lengths": ("-aes256", "-stream"),
    "AES-128-GCM": ("-aes-128-gcm",),
    "AES-256-GCM": ("-aes-256-gcm",),
    "OAEP": ("-aes256", "-recip", f"{THEM}.pem", "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"),
    "key identifier": ("-aes256", "-keyid"),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_we_verify_what_it_signs(openssl: Openssl, name: str) -> None:
    message = _read(openssl(CONTENT, *SIGN, *SIGNATURES[name]))
    _demand_received(message, Sending(encrypt=False))


@pytest.mark.parametrize("name", CIPHERS)
def test_we_decrypt_what_it_encrypts(openssl: Openssl, name: str) -> None:
    signed = openssl(CONTENT, *SIGN, "-outform", "SMIME")
    recipients = [f"{BUYER}.pem", *([] if "-recip" in CIPHERS[name] else [f"{THEM}.pem"])]
    body = openssl(signed, *ENCRYPT, *CIPHERS[name], *recipients)
    message = Posted(headers([("Content-Type", "application/pkcs7-mime; smime-type=enveloped-data")]), body)
    _demand_received(message, Sending())


def _read(made: bytes) -> Posted:
    """What openssl made for mail, as it is posted."""
    entity = read_entity(span_of(made))
    return Posted(entity.headers, entity.body.read())


def _demand_received(message: Posted, sending: Sending) -> None:
    envelope = [pair for pair in posted(sent()).headers if not pair[0].lower().startswith(("content-", "mime-"))]
    got = received(Posted(headers([*envelope, *message.headers]), message.body), accepting(sending))
    assert isinstance(got, Received), got.why
    assert [(each.content.read(), each.filename) for each in got.payloads] == [(ORDER, "po.edi")]
    assert got.mic == mic_of(span_of(CONTENT), got.mic.digest)
    assert got.signed_by == own(BUYER).certificate
