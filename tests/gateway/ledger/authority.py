"""A time-stamp authority of the tests' own: ``openssl ts`` behind an HTTP server on the loopback."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

POLICY = "1.3.6.1.4.1.99999.1"

_CONFIGURATION = f"""\
[tsa]
default_tsa = this
[this]
serial = serial
signer_digest = sha256
default_policy = {POLICY}
digests = sha256
ess_cert_id_alg = sha256
"""


class Authority:
    """Stamps what it is asked to, until it is told to do otherwise.

    Its own certificate is valid from ``begins`` until ``ends``, in days from now. Where it ``gives_root``, stamps bring that behind it, in
    this order whatever DER would have; the length of the name of its ``root`` says which of the two is the longer one, and the last by
    DER.
    """

    def __init__(
        self,
        folder: Path,
        *,
        begins: float = -1,
        ends: float = 400,
        name: str = "Time Stamps Inc",
        gives_root: bool = False,
        root: str = "Root",
    ) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "tsa.cnf").write_text(_CONFIGURATION + ("certs = root.pem\n" if gives_root else ""))
        (folder / "serial").write_text("01\n")
        self.roots = folder / "root.pem"
        self.asked: list[bytes] = []
        self.answer: Callable[[bytes], tuple[int, bytes]] = lambda query: (200, self.stamp(query))
        now = datetime.now(UTC).replace(microsecond=0)
        root_key, key = _keys(folder.name)
        root_name = _name(f"{name} {root}")
        root_certificate = (
            _builder(root_name, root_name, root_key, now - timedelta(days=1000), now + timedelta(days=9000))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(root_key, hashes.SHA256())
        )
        certificate = (
            _builder(_name(name), root_name, key, now + timedelta(days=begins), now + timedelta(days=ends))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
            .sign(root_key, hashes.SHA256())
        )
        self.roots.write_bytes(root_certificate.public_bytes(Encoding.PEM))
        (folder / "tsa.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (folder / "tsa.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def stamp(self, query: bytes) -> bytes:
        """What ``openssl ts`` answers; a rejection where it does not understand the query."""
        (self.folder / "query").write_bytes(query)
        command = ["openssl", "ts", "-reply", "-queryfile", "query", "-config", "tsa.cnf", "-out", "reply"]
        command += ["-signer", "tsa.pem", "-inkey", "tsa.key"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=30)
        return (self.folder / "reply").read_bytes()

    def stamp_data(self, data: bytes) -> bytes:
        """A stamp over ``data`` as anybody could ask for it, without a nonce."""
        (self.folder / "data").write_bytes(data)
        return self.stamp(self.query("-data", "data", "-no_nonce"))

    def query(self, *words: str) -> bytes:
        """A query that ``openssl ts`` makes."""
        command = ["openssl", "ts", "-query", "-sha256", "-cert", "-out", "another-query", *words]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=30)
        return (self.folder / "another-query").read_bytes()

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its URL, until the block ends."""
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                authority.asked.append(query)
                assert self.headers["Content-Type"] == "application/timestamp-query"
                status, body = authority.answer(query)
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: object) -> None:
                """Nobody reads it."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/tsa"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@cache
def _keys(folder: str) -> tuple[RSAPrivateKey, RSAPrivateKey]:
    """Of the root and of the service: other ones in each folder of a test, the same in every test, because RSA keys take their time."""
    return generate_private_key(65537, 2048), generate_private_key(65537, 2048)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: RSAPrivateKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return builder.serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)
