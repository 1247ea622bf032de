"""TLS of the server: our certificate, and whom of the clients' certificates we let in."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from canonical.errors import Misconfigured


class ClientCertificates(StrEnum):
    """Whether a client must show a certificate."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class ServerTls:
    """``certificate`` is a PEM file with our certificate and its chain, ``key`` one with the private key.

    ``trusted`` are the certificates, in DER, by which a client's is accepted: authorities, or clients' own, which then need
    no authority. TLS lets in whoever holds any of them; the handler sees which certificate it was.
    """

    certificate: Path
    key: Path
    password: bytes | None = None
    clients: ClientCertificates = ClientCertificates.NONE
    trusted: Sequence[bytes] = ()

    def context(self) -> ssl.SSLContext:
        """Raises Misconfigured when certificate and key cannot be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        try:
            # Without a password OpenSSL would ask at the terminal.
            context.load_cert_chain(self.certificate, self.key, self.password or b"")
            self._trust(context)
        except (OSError, ValueError) as error:  # an SSLError is an OSError
            raise Misconfigured(
                f"HTTPS cannot use the certificate {self.certificate} with the key {self.key}: {error}. "
                "Both must be PEM files that belong together, and the key's password the right one."
            ) from error
        return context

    def _trust(self, context: ssl.SSLContext) -> None:
        if self.clients is ClientCertificates.NONE:
            return
        if not self.trusted:
            raise ValueError("client certificates are asked for, but none is trusted")
        # A client's own certificate ends the chain though no authority stands above it.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_mode = ssl.CERT_REQUIRED if self.clients is ClientCertificates.REQUIRED else ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata="".join(map(ssl.DER_cert_to_PEM_cert, self.trusted)))
