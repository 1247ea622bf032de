"""The page for a partner over AS2, in Markdown: who we are, how messages travel, and what we need to know."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from partners.as2_terms import As2Terms, Compress, MdnDelivery, MdnKind
from partners.certificates import CertificateRow
from partners.profile import Profile

from .as2.cms.keys import Certificate
from .certificates.changes import fingerprint_text
from .printable import shown


@dataclass(frozen=True, slots=True)
class Guide:
    """What the page is made of. ``theirs`` are the partner's certificates that are in force here."""

    profile: Profile
    as2: As2Terms
    our_name: str
    our_url: str
    ours: CertificateRow
    theirs: tuple[CertificateRow, ...]

    def page(self, certificate_file: str | None) -> str:
        """The page. ``certificate_file`` is what lies beside it; where nothing does, the certificate itself ends the page."""
        beside = f"in the file {certificate_file}" if certificate_file else "at the end of this page"
        lines = [
            f"# AS2 with {self.our_name}",
            "",
            f"For {shown(self.profile.name)}. Nothing on this page is secret.",
            "",
            *_section("Who we are", self._ourselves(beside)),
            "Compare the fingerprint with us by telephone before you install the certificate, and tell us yours.",
            "",
            *_section("What we send you", self._sent()),
            *_section("What you send us", self._received()),
            *_section("What is exchanged", self._documents()),
            "## What we need from you",
            "",
            *(f"{number}. {need}" for number, need in enumerate(self._needs(), 1)),
            "",
            "## The first test",
            "",
            "We post a message of a few words (text/plain, not X12), protected as above. Nothing is to be done with it: its MDN is what",
            "counts. Then send us a message of yours. Its MDN says whether it was taken, and if not, why.",
        ]
        if certificate_file is None:
            lines += ["", "## Our certificate", "", "```", *self.ours.pem.strip().splitlines(), "```"]
        return "\n".join([*lines, ""])

    def _ourselves(self, beside: str) -> Iterator[tuple[str, str]]:
        certificate = Certificate.load(self.ours.pem.encode("ascii"))
        yield "AS2 name", f"`{self.our_name}` (AS2-To of what you send; upper and lower case differ)"
        yield "URL", self.our_url
        yield "Certificate", f"to verify our signatures and to encrypt for us, {beside}"
        yield "- made out to", shown(self.ours.subject)
        yield "- valid", f"{self.ours.not_before:%Y-%m-%d} to {self.ours.not_after:%Y-%m-%d}"
        yield "- key", f"RSA, {certificate.rsa_bits} bits"
        yield "- serial number", f"{certificate.x509.serial_number:X}"
        yield "- SHA-256", fingerprint_text(self.ours.fingerprint)

    def _sent(self) -> Iterator[tuple[str, str]]:
        as2 = self.as2
        padding = {"pkcs1": "PKCS#1 v1.5", "pss": "PSS", "oaep": "OAEP"}
        yield "Signature", _none(as2.sign) or f"{as2.sign.upper()} with RSA ({padding[as2.signature]})"
        yield "Encryption", _none(as2.encrypt) or f"{as2.encrypt.upper()}, key by RSA ({padding[as2.key_transport]})"
        compressed = {
            Compress.NONE: "none",
            Compress.BEFORE_SIGNING: "before signing",
            Compress.AFTER_SIGNING: "after signing",
        }
        yield "Compression", compressed[as2.compress]
        yield "Receipt (MDN)", self._receipt()

    def _receipt(self) -> str:
        if self.as2.mdn is MdnKind.NONE:
            return "none is asked for"
        where = "on the same connection (synchronous)"
        if self.as2.mdn_delivery is MdnDelivery.ASYNCHRONOUS:
            where = f"posted to {self.our_url} within {self.as2.mdn_within} hours (asynchronous)"
        return f"{self.as2.mdn}, {where}"

    def _received(self) -> Iterator[tuple[str, str]]:
        as2 = self.as2
        yield "Signature", f"{_must(as2.must_sign)}; {'SHA-1, ' if 'sha1' in as2.weak else ''}SHA-224 to SHA-512, RSA"
        ciphers = f"{'3DES, ' if '3des' in as2.weak else ''}AES-128, AES-192 or AES-256, CBC or GCM"
        yield "Encryption", f"{_must(as2.must_encrypt)}; {ciphers}"
        yield "Compression", "as you like, before or after signing"
        hosts = ", ".join(sorted(as2.hosts)) or "hosts that you name to us"
        yield "Receipt (MDN)", f"as you ask for it: signed or not, on the same connection or posted to {hosts}"
        if as2.restart:
            yield "Restart", "messages from 1 MiB on may be continued where their transfer broke off (AS2-Restart)"
        if as2.http.partner_username is not None:
            yield "Log-in", f"Basic, as `{as2.http.partner_username}`; the password comes by another way"
        if as2.http.client_certificates:
            yield (
                "Client certificate",
                ", ".join(fingerprint_text(hashlib.sha256(shown).hexdigest()) for shown in as2.http.shown),
            )

    def _documents(self) -> Iterator[tuple[str, str]]:
        documents, x12 = self.profile.documents, self.profile.x12
        yield "From us", ", ".join(documents.send) or "nothing"
        yield "From you", ", ".join(documents.receive) or "nothing"
        if x12 is not None:
            yield "Our interchange ID", f"{x12.us.qualifier} `{x12.us.id}`"
            yield "Yours", f"{x12.them.qualifier} `{x12.them.id}`"
            yield "Version", x12.version
            yield "Usage", "production (P)" if x12.usage == "P" else "test (T), until we agree that it works"

    def _needs(self) -> Iterator[str]:
        yield f"Your AS2 name, exactly as you spell it. We have noted `{self.as2.id}`."
        yield f"Your URL. {f'We have noted {self.as2.url}.' if self.as2.url else 'We do not know it yet.'}"
        have = " ".join(
            f"We have number {row.id}, {shown(row.subject)}, {fingerprint_text(row.fingerprint)}."
            for row in self.theirs
        )
        yield f"Your certificate (.pem, .cer, .crt or .p7b; never a .p12 or .pfx). {have or 'We do not have it yet.'}"
        yield "The addresses that you post from and to, where your firewall or ours asks for them."
        if not self.as2.mdn_hosts:
            yield "If you want receipts on a connection of their own: the host they go to, where it is not that of your URL."
        yield "Whom we call when something does not arrive."


def _section(title: str, rows: Iterator[tuple[str, str]]) -> list[str]:
    return [f"## {title}", "", "| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows), ""]


def _none(value: str) -> str | None:
    return "none" if value == "none" else None


def _must(demanded: bool) -> str:
    return "required" if demanded else "not required"
