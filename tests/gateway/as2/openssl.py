"""``openssl cms`` as a peer: what we write it reads, and what it writes we read."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.as2.cms.keys import Certificate, OwnKey


class Refused(Exception):
    """The peer would not have it."""


@dataclass(frozen=True)
class OpenSsl:
    """The program, with a folder for the files it wants. Everything is DER and binary."""

    folder: Path

    def sign(self, content: bytes, key: OwnKey, *options: str) -> bytes:
        """SignedData of ``content``: detached unless ``options`` say otherwise."""
        signer, private = self._certificate(key.certificate), self._private_key(key)
        return self._run("-sign", "-in", self._file("content", content), "-signer", signer, "-inkey", private, *options)

    def verify(self, signature: bytes, content: bytes, signer: Certificate) -> None:
        """Verify a detached signature that need not bring its certificate. Raises Refused."""
        certificate = self._certificate(signer)
        trusted = ["-CAfile", certificate, "-certfile", certificate, "-purpose", "any", "-no_check_time"]
        self._run("-verify", "-in", self._file("p7s", signature), "-content", self._file("content", content), *trusted)

    def encrypt(self, content: bytes, recipients: list[Certificate], *options: str) -> bytes:
        """EnvelopedData, or with GCM AuthEnvelopedData. ``options`` follow each recipient where they begin with ``-keyopt``."""
        key_options = options[options.index("-keyopt") :] if "-keyopt" in options else ()
        named = [part for each in recipients for part in ("-recip", self._certificate(each), *key_options)]
        others = options[: len(options) - len(key_options)]
        return self._run("-encrypt", "-in", self._file("content", content), *others, *named)

    def decrypt(self, encrypted: bytes, key: OwnKey) -> bytes:
        """What was encrypted. Raises Refused."""
        certificate, private = self._certificate(key.certificate), self._private_key(key)
        return self._run("-decrypt", "-in", self._file("p7m", encrypted), "-recip", certificate, "-inkey", private)

    def _run(self, command: str, *arguments: str) -> bytes:
        out = self.folder / "out"
        formats = ["-binary", "-inform", "DER", "-outform", "DER", "-out", str(out)]
        done = subprocess.run(["openssl", "cms", command, *formats, *arguments], capture_output=True, check=False)
        if done.returncode:
            raise Refused(done.stderr.decode())
        return out.read_bytes()

    def _file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def _certificate(self, certificate: Certificate) -> str:
        return self._file(f"{certificate.fingerprint}.crt", certificate.x509.public_bytes(Encoding.PEM))

    def _private_key(self, key: OwnKey) -> str:
        encoded = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self._file(f"{key.certificate.fingerprint}.key", encoded)
