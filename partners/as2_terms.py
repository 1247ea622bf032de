"""The section ``as2`` of a profile: how messages to and from the partner travel over HTTP, and what protects them."""

import re
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_network
from typing import Annotated, Literal

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from pydantic import AfterValidator, Field, model_validator

from canonical.base import Value

from .wording import quoted, wrong

_URL = re.compile(r"https?://[A-Za-z0-9\[][^\s/@#]*(?:/[!-~]*)?")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
_MAX_HOURS = 24 * 30


def _name(value: str) -> str:
    if not re.fullmatch(r"[!-~](?:[ -~]{0,126}[!-~])?", value) or value.startswith('"'):
        raise wrong(
            f"{quoted(value)} is not an AS2 name (1 to 128 printable ASCII characters, no blank at either end).",
            "Write it as the partner spells it, without quotes around it; upper and lower case differ.",
        )
    return value


def _url(value: str) -> str:
    if _URL.fullmatch(value) is None:
        raise wrong(
            f"{quoted(value)} is not a URL such as https://as2.supplier.example/as2.",
            "Name and password belong into http.username and http.password_env.",
        )
    return value


def _host(value: str) -> str:
    if _HOST.fullmatch(value) is None:
        raise wrong(
            f"{quoted(value)} is not the name of a host, in lower case, perhaps with a port.",
            'Write e.g. "as2.supplier.example" or "as2.supplier.example:8443".',
        )
    return value


def _network(value: str) -> str:
    try:
        ip_network(value)
    except ValueError as error:
        raise wrong(f"{quoted(value)} is not an address or a network.", 'Write e.g. "10.20.0.0/24".') from error
    return value


def _fingerprint(value: str) -> str:
    plain = value.replace(":", "").lower()
    if _FINGERPRINT.fullmatch(plain) is None:
        raise wrong(
            f"{quoted(value)} is not the SHA-256 fingerprint of a certificate (64 hexadecimal digits).",
            "`openssl x509 -noout -fingerprint -sha256 -in FILE` prints it.",
        )
    return plain


def _pem_certificate(value: str) -> str:
    try:
        return load_pem_x509_certificate(value.encode("ascii")).public_bytes(Encoding.PEM).decode("ascii")
    except (ValueError, UnicodeEncodeError) as error:
        raise wrong(
            "is not a certificate in PEM.", "Paste the whole file, from -----BEGIN CERTIFICATE----- on, behind a |."
        ) from error


def _variable(value: str) -> str:
    if _VARIABLE.fullmatch(value) is None:
        raise wrong(
            "is not the name of an environment variable (capital letters, digits and _).",
            "A profile names the variable that holds the password, never the password.",
        )
    return value


def _hours(value: int) -> int:
    if not 1 <= value <= _MAX_HOURS:
        raise wrong(f"{value} hours is out of range.", f"Write 1 to {_MAX_HOURS}.")
    return value


def _without_port(authority: str) -> str:
    return re.sub(r":[0-9]+$", "", authority)


As2Name = Annotated[str, AfterValidator(_name)]
Url = Annotated[str, AfterValidator(_url)]
Host = Annotated[str, AfterValidator(_host)]
Fingerprint = Annotated[str, AfterValidator(_fingerprint)]


class Product(StrEnum):
    """What the partner runs: its habits become ours in what we write to it."""

    STANDARD = "standard"
    OPENAS2 = "openas2"
    MENDELSON = "mendelson"
    BIZTALK = "biztalk"
    STERLING = "sterling"
    CLEO = "cleo"
    AMAZON = "amazon"
    SEEBURGER = "seeburger"


class Compress(StrEnum):
    """Where a message is compressed (RFC 5402)."""

    NONE = "none"
    BEFORE_SIGNING = "before-signing"
    AFTER_SIGNING = "after-signing"


class MdnKind(StrEnum):
    """Which receipt we ask for."""

    SIGNED = "signed"
    UNSIGNED = "unsigned"
    NONE = "none"


class MdnDelivery(StrEnum):
    """Whether the receipt comes back on the same connection or on one that the partner makes."""

    SYNCHRONOUS = "synchronous"
    ASYNCHRONOUS = "asynchronous"


class As2Http(Value):
    """How the two servers let each other in, beyond what the messages prove themselves."""

    username: str | None = Field(None, min_length=1, description="The user name under which we post to the partner.")
    password_env: Annotated[str, AfterValidator(_variable)] | None = Field(
        None, description="The environment variable that holds the password for it, e.g. ACME_AS2_PASSWORD."
    )
    server_certificates: tuple[Fingerprint, ...] = Field(
        (),
        description="SHA-256 fingerprints of the partner's HTTPS certificate, where no public authority vouches for it.",
    )
    partner_username: str | None = Field(
        None, min_length=1, description="The user name under which the partner must post to us."
    )
    partner_password_hash: str | None = Field(
        None, pattern=r"^\$argon2(id|i|d)\$", description="The argon2 hash of the partner's password."
    )
    put_off: Annotated[int, Field(ge=0, le=1440)] = Field(
        60,
        description="Minutes, at most, for which the partner's server may put us off (Retry-After); 0 to try again as after any failure.",
    )
    client_certificates: tuple[Annotated[str, AfterValidator(_pem_certificate)], ...] = Field(
        (), description="Certificates, as PEM text, one of which the partner must show when it connects to our HTTPS."
    )

    @property
    def longest_wait(self) -> timedelta:
        """For how long the partner's server may put us off."""
        return timedelta(minutes=self.put_off)

    @property
    def shown(self) -> tuple[bytes, ...]:
        """The certificates that the partner may show, in DER."""
        return tuple(
            load_pem_x509_certificate(text.encode("ascii")).public_bytes(Encoding.DER)
            for text in self.client_certificates
        )

    @model_validator(mode="after")
    def _whole(self) -> "As2Http":
        for one, other in (("username", "password_env"), ("partner_username", "partner_password_hash")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise wrong(f"{one} and {other} go together.", "Give both, or neither.")
        return self


class As2Terms(Value):
    """How messages are exchanged with the partner over AS2 (RFC 4130). Certificates are not here: `tally cert`."""

    id: As2Name = Field(description="The partner's AS2 name (AS2-From of what it sends), exactly as it spells it.")
    our_id: As2Name | None = Field(
        None, description="Our AS2 name towards this partner; the setting as2_id when not given."
    )
    url: Url | None = Field(None, description="Where we post to, e.g. https://as2.supplier.example/as2.")
    product: Product = Field(
        Product.STANDARD,
        description="What the partner runs: standard, openas2, mendelson, biztalk, sterling, cleo, amazon or seeburger.",
    )
    quirks: dict[str, bool] = Field(
        {}, description="Single habits, on or off, where the partner's product differs from its preset."
    )
    sign: Literal["none", "sha1", "sha224", "sha256", "sha384", "sha512"] = Field(
        "sha256", description="The digest we sign with; none where nothing is signed."
    )
    signature: Literal["pkcs1", "pss"] = Field("pkcs1", description="How RSA signs: pkcs1 (v1.5) or pss.")
    encrypt: Literal[
        "none", "3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc", "aes128-gcm", "aes192-gcm", "aes256-gcm"
    ] = Field("aes256-cbc", description="The cipher we encrypt with; none where nothing is encrypted.")
    key_transport: Literal["pkcs1", "oaep"] = Field(
        "pkcs1", description="How the content's key is encrypted: pkcs1 (v1.5) or oaep."
    )
    compress: Compress = Field(Compress.NONE, description="none, before-signing or after-signing.")
    mdn: MdnKind = Field(MdnKind.SIGNED, description="The receipt we ask for: signed, unsigned or none.")
    mdn_delivery: MdnDelivery = Field(
        MdnDelivery.SYNCHRONOUS, description="How it comes back: synchronous (the same connection) or asynchronous."
    )
    mdn_within: Annotated[int, AfterValidator(_hours)] = Field(
        4, description="Hours in which an asynchronous receipt comes back."
    )
    must_sign: bool = Field(True, description="Whether the partner must sign what it sends.")
    must_encrypt: bool = Field(True, description="Whether the partner must encrypt what it sends.")
    weak: tuple[Literal["sha1", "3des", "rsa1024"], ...] = Field(
        (),
        description="What is too weak by today's measure and taken from this partner all the same: sha1, 3des, rsa1024.",
    )
    mdn_hosts: tuple[Host, ...] = Field(
        (), description="Hosts to which an asynchronous receipt may be sent; that of url when not given."
    )
    networks: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        (), description="Addresses inside our own network to which an asynchronous receipt may be sent."
    )
    subject: Annotated[str, Field(pattern=r"^[ -~]{1,120}$")] = Field(
        "EDI interchange", description="The subject of our messages."
    )
    at_once: Annotated[int, Field(ge=1, le=64)] = Field(
        8, description="How many messages the partner may send at the same time."
    )
    restart: bool = Field(
        False,
        description="Whether a large message whose transfer broke off is continued where it broke (AS2 Restart), both ways.",
    )
    http: As2Http = As2Http()

    @property
    def hosts(self) -> frozenset[str]:
        """Where asynchronous receipts may go; a host with a port means only that port."""
        if self.mdn_hosts or self.url is None:
            return frozenset(self.mdn_hosts)
        return frozenset({_without_port(self.url.split("/")[2].lower())})

    @property
    def host_names(self) -> frozenset[str]:
        """The same hosts, whatever the port."""
        return frozenset(_without_port(host).strip("[]") for host in self.hosts)

    @property
    def receipt_time(self) -> timedelta:
        """How long we wait for an asynchronous receipt."""
        return timedelta(hours=self.mdn_within)

    @model_validator(mode="after")
    def _consistent(self) -> "As2Terms":
        if self.our_id == self.id:
            raise wrong("is the same as the partner's id.", "The two sides need different names.", key=("our_id",))
        if self.sign == "sha1" and "sha1" not in self.weak:
            raise wrong("sha1 is too weak.", "Write sha256, or add sha1 to weak.", key=("sign",))
        if self.restart and not self.must_sign:
            raise wrong(
                "restart needs must_sign.",
                "Only a signature over the whole proves that the parts of a restarted message belong together.",
                key=("restart",),
            )
        if self.encrypt == "3des-cbc" and "3des" not in self.weak:
            raise wrong("3des-cbc is too weak.", "Write aes256-cbc, or add 3des to weak.", key=("encrypt",))
        return self
