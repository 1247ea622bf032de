"""The MDN a sender asks for, read and written (RFC 4130, sections 7.2 and 7.3)."""

from dataclasses import dataclass

from ..endpoint import AddressRefused, endpoint_of
from .cms.algorithms import Digest
from .cms.policy import Policy
from .disposition import Reason
from .identity import written_name
from .mic import digest_name
from .mime.headers import Headers
from .quirks import Quirks
from .terms import ReceiptMode, Terms

_PROTOCOLS = {"pkcs7-signature", "x-pkcs7-signature"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted.

    ``digests`` are the algorithms in the order of preference, as spelled; ``url`` is where an asynchronous MDN is to be sent, None
    for the same connection; ``signed`` with a kind of signature that we do not know has ``unknown_protocol``.
    """

    signed: bool = False
    digests: tuple[str, ...] = ()
    digests_required: bool = False
    unknown_protocol: bool = False
    url: str | None = None

    def usable(self, policy: Policy) -> tuple[Digest, ...]:
        """The algorithms asked for that we know and the policy allows, in order."""
        known = (Digest.spelled(name) for name in self.digests)
        return tuple(digest for digest in known if digest is not None and digest in policy.digests)

    def objection(self, policy: Policy) -> Reason | None:
        """Why an MDN as required cannot be given, or None where it can. What is optional is left out instead."""
        if self.unknown_protocol:
            return Reason.UNSUPPORTED_FORMAT
        if self.signed and self.digests_required and not self.usable(policy):
            return Reason.UNSUPPORTED_MIC_ALGORITHMS
        return None

    def spelling(self, digest: Digest) -> str | None:
        """How the sender spells an algorithm; None where it did not ask for it."""
        return next((name for name in self.digests if Digest.spelled(name) is digest), None)


def read_asked(headers: Headers) -> Asked | None:
    """The MDN that header fields ask for; None where they ask for none. An empty Receipt-Delivery-Option is none."""
    if headers.get("disposition-notification-to") is None:
        return None
    options = _options(headers.get("disposition-notification-options") or "")
    protocol_required, protocols = options.get("signed-receipt-protocol", (False, ()))
    digests_required, digests = options.get("signed-receipt-micalg", (False, ()))
    known = any(protocol.lower() in _PROTOCOLS for protocol in protocols)
    return Asked(
        signed=known,
        digests=digests,
        digests_required=digests_required,
        unknown_protocol=bool(protocols) and not known and protocol_required,
        url=headers.get("receipt-delivery-option") or None,
    )


def _options(text: str) -> dict[str, tuple[bool, tuple[str, ...]]]:
    """Each parameter of Disposition-Notification-Options: whether it is required, and its values. Some products leave the former out."""
    found: dict[str, tuple[bool, tuple[str, ...]]] = {}
    for parameter in text.split(";"):
        name, _, written = parameter.partition("=")
        values = tuple(value.strip().strip('"') for value in written.split(",") if value.strip())
        importance = values[0].lower() if values else ""
        named = importance in {"required", "optional"}
        found.setdefault(name.strip().lower(), (importance == "required", values[1:] if named else values))
    return found


def asking_fields(terms: Terms) -> list[tuple[str, str]]:
    """The header fields that ask for the MDN agreed.

    Where nothing is signed, neither the message nor the MDN, the algorithm of the MIC is named all the same: it would be anything, or
    there would be none.
    """
    sending = terms.sending
    receipt = sending.receipt
    if receipt.mode is ReceiptMode.NONE:
        return []
    fields = [("Disposition-Notification-To", receipt.url or written_name(terms.own_name))]
    if receipt.signed or not sending.sign:
        protocol = "signed-receipt-protocol=optional, pkcs7-signature; " if receipt.signed else ""
        name = digest_name(sending.digest, old=terms.quirks.old_digest_names)
        fields.append(("Disposition-Notification-Options", f"{protocol}signed-receipt-micalg=optional, {name}"))
    if receipt.mode is ReceiptMode.ASYNCHRONOUS:
        fields.append(("Receipt-Delivery-Option", receipt.url or ""))
    elif terms.quirks.empty_receipt_delivery_option:
        fields.append(("Receipt-Delivery-Option", ""))
    return fields


def url_objection(url: str, hosts: frozenset[str]) -> str | None:
    """Why no MDN is sent to ``url``, as a sentence for the operator, or None where the profile allows it.

    Looks at the text only, by the rule of whoever posts, who then checks the address that the name leads to, and follows no redirects.
    """
    try:
        endpoint = endpoint_of(url)
    except AddressRefused as error:
        return f"The URL for the MDN cannot be used: {error.message}"
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    if hosts.isdisjoint({host, f"{host}:{endpoint.port}"}):
        return f"The URL for the MDN leads to {host}, and the profile allows no MDN to that host."
    return None


def mic_digest(asked: Asked | None, signed_with: Digest | None, policy: Policy, quirks: Quirks) -> Digest:
    """The algorithm of the MIC we return: that of the signature, else the first asked for, else the oldest allowed (RFC 4130, 7.4.3)."""
    usable = asked.usable(policy) if asked is not None else ()
    if signed_with is not None and not (quirks.mic_by_requested_algorithm and usable):
        return signed_with
    return next(iter(usable), Digest.SHA1 if Digest.SHA1 in policy.digests else Digest.SHA256)
