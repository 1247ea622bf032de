"""From what a profile says and the certificates there are to what the core needs to know of a partner."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import ip_network
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, TypeAdapter
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured
from canonical.identity import PartnerId
from partners.as2_terms import As2Terms, MdnDelivery, MdnKind
from partners.certificates import Standing
from partners.registry import AppliedProfile
from partners.wording import quoted, wrong

from ..as2.cms.algorithms import Cipher, Digest, KeyTransport, SignatureScheme
from ..as2.cms.policy import Policy
from ..as2.features import Feature
from ..as2.quirks import PRESETS, Quirks
from ..as2.terms import Compression, Demands, Limits, Receipt, ReceiptMode, Sending, Terms
from ..senders import http
from .keyring import Keyring

WEAK_RSA_BITS = 1024
_SCHEMES = {"pkcs1": SignatureScheme.PKCS1_V15, "pss": SignatureScheme.PSS}
_TRANSPORTS = {"pkcs1": KeyTransport.PKCS1_V15, "oaep": KeyTransport.OAEP}


_Grounds: TypeAlias = tuple[int, Standing]
"""Version of the profile, and what there is of certificates."""


@dataclass(frozen=True, slots=True)
class Ourselves:
    """Who we are to partners: the AS2 name where a profile says no other, and the URL at which partners reach us."""

    name: str | None
    url: str | None
    shown: http.ClientCertificate | None = None
    """What we show to servers that ask who connects."""


@dataclass(frozen=True, slots=True)
class Agreements:
    """What is agreed with each partner, put together from its profile and the certificates in force.

    A change of either counts at once, on every node; what was put together is kept until there is one.
    """

    ourselves: Ourselves
    keyring: Keyring
    limits: Limits
    _kept: dict[PartnerId, tuple[_Grounds, Terms]] = field(default_factory=dict, init=False)

    def our_name(self, as2: As2Terms) -> str:
        """What we are called by this partner. Raises Misconfigured where nothing says it."""
        name = as2.our_id or self.ourselves.name
        if name is None:
            raise Misconfigured(
                f"Nothing says what we are called towards {as2.id}: set as2_id in tally.toml, or as2.our_id in the profile."
            )
        return name

    def terms(self, session: Session, applied: AppliedProfile) -> Terms:
        """All that is agreed with a partner whose profile has a section ``as2``. Raises Misconfigured."""
        grounds = (applied.version, self.keyring.standing(session, applied.partner))
        kept = self._kept.get(applied.partner)
        if kept is None or kept[0] != grounds:
            kept = self._kept[applied.partner] = (grounds, self._put_together(session, applied))
        return kept[1]

    def _put_together(self, session: Session, applied: AppliedProfile) -> Terms:
        as2 = applied.profile.as2
        assert as2 is not None
        signing, encryption = self.keyring.of_partner(session, applied.partner)
        return Terms(
            own_name=self.our_name(as2),
            partner_name=as2.id,
            own_keys=self.keyring.own(session),
            partner_signing=signing,
            partner_encryption=encryption,
            policy=_policy(as2),
            quirks=quirks_of(as2),
            inbound=Demands(signed=as2.must_sign, encrypted=as2.must_encrypt),
            sending=self._sending(as2),
            receipt_hosts=as2.hosts,
            limits=self.limits,
            features=(Feature.RESTART,) if as2.restart else (),
        )

    def _sending(self, as2: As2Terms) -> Sending:
        return Sending(
            sign=as2.sign != "none",
            encrypt=as2.encrypt != "none",
            compression=Compression(as2.compress.value),
            digest=Digest.SHA256 if as2.sign == "none" else Digest(as2.sign),
            scheme=_SCHEMES[as2.signature],
            cipher=Cipher.AES_256_CBC if as2.encrypt == "none" else Cipher(as2.encrypt),
            key_transport=_TRANSPORTS[as2.key_transport],
            receipt=self._receipt(as2),
            subject=as2.subject,
        )

    def _receipt(self, as2: As2Terms) -> Receipt:
        if as2.mdn is MdnKind.NONE:
            return Receipt(ReceiptMode.NONE, signed=False)
        signed = as2.mdn is MdnKind.SIGNED
        if as2.mdn_delivery is MdnDelivery.SYNCHRONOUS:
            return Receipt(ReceiptMode.SYNCHRONOUS, signed)
        return Receipt(ReceiptMode.ASYNCHRONOUS, signed, self.ourselves.url)


def quirks_of(as2: As2Terms) -> Quirks:
    """The partner's product's habits, and what the profile changes of them."""
    return replace(PRESETS[as2.product.value], **as2.quirks)


def posting(as2: As2Terms, shown: http.ClientCertificate | None = None, *, elsewhere: bool = False) -> http.Terms:
    """How the partner's server is posted to; ``shown`` is our client certificate. ``elsewhere`` is for a URL that the partner chose: its
    address is checked.

    Raises Misconfigured where the password is not in the environment.
    """
    return http.Terms(
        policy=http.AddressPolicy(as2.host_names, tuple(map(ip_network, as2.networks))) if elsewhere else None,
        tls=http.ClientTls(pinned=frozenset(as2.http.server_certificates), own=None if elsewhere else shown),
        basic=None if elsewhere else _basic(as2),
    )


def _basic(as2: As2Terms) -> http.BasicAuthentication | None:
    username, variable = as2.http.username, as2.http.password_env
    if username is None or variable is None:
        return None
    password = os.environ.get(variable)
    if password is None:
        raise Misconfigured(
            f"The password for {as2.id} is to be in the environment variable {variable}, which is not set. Set it for `tally serve`."
        )
    return http.BasicAuthentication(username, password)


def _policy(as2: As2Terms) -> Policy:
    digests = frozenset(Digest) if "sha1" in as2.weak else frozenset(Digest) - {Digest.SHA1}
    ciphers = frozenset(Cipher) if "3des" in as2.weak else frozenset(Cipher) - {Cipher.TRIPLE_DES_CBC}
    bits = WEAK_RSA_BITS if "rsa1024" in as2.weak else Policy().minimum_rsa_bits
    return Policy(digests=digests, ciphers=ciphers, minimum_rsa_bits=bits)


def _known_quirks(written: dict[str, bool]) -> dict[str, bool]:
    known = [field.name for field in fields(Quirks)]
    for name in written:
        if name not in known:
            raise wrong(f"{quoted(name)} is no habit that can be switched.", f"Known are {', '.join(known)}.")
    return written


AS2_SECTION: Mapping[str, Callable[[Any], Any]] = {
    "as2.quirks": TypeAdapter(Annotated[dict[str, bool], AfterValidator(_known_quirks)]).validate_python
}
"""How the part of a profile is checked that names habits of the partner's product."""
