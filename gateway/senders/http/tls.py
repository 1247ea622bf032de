"""TLS of the client: whom we trust, and who we are."""

import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from canonical.errors import Misconfigured

from .failures import TlsFailed


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """PEM files with our certificate and its chain, and with its private key."""

    certificate: Path
    key: Path
    password: bytes | None = None


@dataclass(frozen=True, slots=True)
class ClientTls:
    """Whom we trust: the system's authorities, or those in ``authorities`` (PEM), or exactly the ``pinned`` certificates.

    ``pinned`` are SHA-256 fingerprints in lower case hex. A pinned certificate is trusted as it is, whatever name or dates it bears:
    the profile that names it says how long.
    """

    authorities: str | None = None
    pinned: frozenset[str] = frozenset()
    own: ClientCertificate | None = None

    def context(self) -> ssl.SSLContext:
        """Raises Misconfigured when what is configured cannot be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            if self.pinned:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            elif self.authorities is None:
                context.load_default_certs()
            else:
                context.load_verify_locations(cadata=self.authorities)
            if self.own is not None:
                # Without a password OpenSSL would ask at the terminal.
                context.load_cert_chain(self.own.certificate, self.own.key, self.own.password or b"")
        except (OSError, ValueError) as error:  # an SSLError is an OSError
            own = f", the certificate {self.own.certificate} and its key {self.own.key}" if self.own else ""
            raise Misconfigured(
                f"HTTPS to this partner cannot be set up: {error}. Check the authorities in its profile{own}."
            ) from error
        return context

    def check(self, host: str, certificate: bytes) -> None:
        """Raises TlsFailed when there are pinned certificates and ``certificate`` (DER) is none of them."""
        if self.pinned and fingerprint(certificate) not in self.pinned:
            raise TlsFailed(
                f"{host} shows {described(certificate)}, which is not pinned in the partner's profile. If the partner confirms "
                "that it is the new one, add its fingerprint there."
            )


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a certificate in DER, in lower case hex."""
    return hashlib.sha256(certificate).hexdigest()


def described(certificate: bytes) -> str:
    """A certificate in words: whose, by whom, until when, and its fingerprint."""
    known = f"the certificate with SHA-256 fingerprint {fingerprint(certificate)}"
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        subject, issuer = parsed.subject.rfc4514_string(), parsed.issuer.rfc4514_string()
    except ValueError:
        return known
    return f"{known} (subject {subject or 'empty'}, issuer {issuer or 'empty'}, valid until {parsed.not_valid_after_utc:%Y-%m-%d})"
