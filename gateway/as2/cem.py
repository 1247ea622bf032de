"""Certificate exchange messages: a partner sends its next certificate as an AS2 message, and is told whether it was accepted
(draft-meadors-certificate-exchange-14).

A request is XML that names certificates, and with it the certificates, all parts of a multipart/related; a response is XML alone, which
some products expect in a multipart/related too. Who sent them is for the signature of the AS2 message to prove.
"""

import io
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from .cms.bundles import read_bundle, write_bundle
from .cms.keys import Certificate, UnusableKey
from .message import Attachment
from .mime import writing
from .mime.malformed import Malformed
from .mime.parameters import read_parametered
from .mime.span import Span
from .payloads import Payload

CONTENT_TYPE = "application/ediint-cert-exchange+xml"

MAX_XML = 1 << 18
"""Bytes of the XML; real ones have some two thousand."""
MAX_DEPTH = 16
"""Elements within elements; real ones go five deep."""
MAX_OFFERS = 50
"""Certificates one message may ask or tell of; real ones have one or two."""
MAX_CERTIFICATES = 1 << 18
"""Bytes of one part with certificates."""
LONGEST_REQUEST_ID = 255
"""Characters; the answer repeats it."""
LONGEST_ISSUER = 2048
"""Characters of an issuer's name; the answer repeats it too."""

_NAMESPACE = "urn:ietf:params:xml:ns:ediintcertificateexchange"
_SIGNATURES = "http://www.w3.org/2000/09/xmldsig#"
_REQUEST = "EDIINTCertificateExchangeRequest"
_RESPONSE = "EDIINTCertificateExchangeResponse"
_ACCEPTED = "Accepted"
_REJECTED = "Rejected"
_MAX_SERIAL_DIGITS = 80
"""RFC 5280 allows 20 octets, which are 49 digits."""
_CERTIFICATES = {
    "application/pkcs7-mime",
    "application/x-pkcs7-mime",
    "application/x-pkcs7-certificates",
    "application/pkix-cert",
    "application/x-x509-ca-cert",
    "application/x-x509-user-cert",
}
"""What a part is said to be that holds certificates."""
_CERTS_ONLY = "application/pkcs7-mime; smime-type=certs-only; name=smime.p7c"


class Usage(StrEnum):
    """CertUsage: what the certificate is to be used for."""

    SIGNATURE = "digitalSignature"
    ENCRYPTION = "keyEncipherment"
    TLS_CLIENT = "tlsClient"
    TLS_SERVER = "tlsServer"


@dataclass(frozen=True, slots=True)
class Reference:
    """Which certificate is meant. Products write the issuer's name in ways of their own: it is kept and repeated as it came."""

    issuer: str
    serial_number: int

    @classmethod
    def to(cls, certificate: Certificate) -> "Reference":
        return cls(certificate.x509.issuer.rfc4514_string(), certificate.x509.serial_number)


@dataclass(frozen=True, slots=True)
class Offer:
    """A TrustRequest: a certificate, and what it is to be used for. ``certificate`` is what was found, or a sentence about what was not.

    ``respond_by`` is when its owner begins to sign with it at the earliest.
    """

    reference: Reference
    certificate: Certificate | str
    usages: frozenset[Usage]
    respond_by: datetime | None = None
    response_url: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """Certificates to be trusted. ``sender`` is the AS2 name of who asks."""

    request_id: str
    sender: str
    originated: datetime | None
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A TrustResponse: whether a certificate was accepted, and if not, why."""

    reference: Reference
    accepted: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """The answers to a request. There may be several responses to one, as its certificates are decided on."""

    request_id: str
    sender: str
    originated: datetime | None
    answers: tuple[Answer, ...]


def is_exchange(payloads: Sequence[Payload]) -> bool:
    """Whether the files of a message are meant as a certificate exchange message: one of them is the description."""
    return any(_is_description(payload) for payload in payloads)


def read_exchange(payloads: Sequence[Payload]) -> Request | Response:
    """What the files of a message ask or answer.

    Raises :class:`.mime.malformed.Malformed`, also where there is anything beside the description and certificates: of such a message that
    would be lost.
    """
    descriptions = [payload for payload in payloads if _is_description(payload)]
    if len(descriptions) != 1:
        raise Malformed(f"A certificate exchange message has {len(descriptions)} descriptions where there must be one.")
    root = _Reader().read(descriptions[0].content)
    request_id = (root.get("requestId") or "").strip()
    if not request_id:
        raise Malformed("A certificate exchange message has no requestId.")
    if len(request_id) > LONGEST_REQUEST_ID:
        raise Malformed(
            f"The requestId of a certificate exchange message has {len(request_id)} characters; at most {LONGEST_REQUEST_ID} are accepted."
        )
    if len(root) > MAX_OFFERS:
        raise Malformed(f"A certificate exchange message is about more than {MAX_OFFERS} certificates.")
    _demand_nothing_else(root, payloads)
    sender = _text(root, "TradingPartnerInfo/Name")
    originated = _moment(root.findtext("TradingPartnerInfo/MessageOriginated"))
    if root.tag == _REQUEST:
        return Request(request_id, sender, originated, _some(tuple(_offers(root, payloads)), "TrustRequest"))
    if root.tag == _RESPONSE:
        return Response(request_id, sender, originated, _some(tuple(_answers(root)), "TrustResponse"))
    raise Malformed(f"A certificate exchange message is neither a request nor a response, but {root.tag[:80]!r}.")


def write_request(request: Request, *, content_ids: Sequence[str], boundary: str, originated: datetime) -> Attachment:
    """A request as the one file of a message; ``content_ids`` are one for the XML and one for each certificate."""
    offers = list(zip(request.offers, content_ids[1:], strict=True))
    xml = _document(
        _REQUEST,
        request.request_id,
        request.sender,
        originated,
        [_offer(each, content_id) for each, content_id in offers],
    )
    parts = [(CONTENT_TYPE, content_ids[0], xml)]
    for offer, content_id in offers:
        assert isinstance(offer.certificate, Certificate)
        parts.append((_CERTS_ONLY, content_id, write_bundle([offer.certificate])))
    return _related(parts, boundary)


def write_response(response: Response, *, content_id: str, boundary: str, originated: datetime) -> Attachment:
    """A response as the one file of a message."""
    answers = [_answer(each) for each in response.answers]
    xml = _document(_RESPONSE, response.request_id, response.sender, originated, answers)
    return _related([(CONTENT_TYPE, content_id, xml)], boundary)


def _is_description(payload: Payload) -> bool:
    return read_parametered(payload.content_type).value == CONTENT_TYPE


_Told = TypeVar("_Told", Offer, Answer)


def _demand_nothing_else(root: Element, payloads: Sequence[Payload]) -> None:
    named = {_content_id(element.text or "") for element in root.iter("CertificateContentID")}
    for number, payload in enumerate(payloads, 1):
        if not (_is_description(payload) or _is_certificates(payload, named)):
            raise Malformed(
                f"Part {number} of a certificate exchange message, {payload.content_type[:80]!r}, is no certificate. Nothing of the "
                "message is taken in: files must come in a message of their own."
            )


def _is_certificates(payload: Payload, named: Set[str]) -> bool:
    """Whether a part holds certificates; one that the description names also where they cannot be read, of which its answer tells."""
    if payload.content_id in named and read_parametered(payload.content_type).value in _CERTIFICATES:
        return True
    return payload.content.size <= MAX_CERTIFICATES and bool(read_bundle(payload.content.read()))


def _some(found: tuple[_Told, ...], wanted: str) -> tuple[_Told, ...]:
    if not found:
        raise Malformed(f"A certificate exchange message has no {wanted}, and so asks and answers nothing.")
    return found


class _Reader:
    """XML as far as these messages need it: no document type, and so no entities; no namespaces, which products write differently."""

    def __init__(self) -> None:
        self._builder = TreeBuilder()
        self._depth = 0
        parser = self._parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._builder.data

    def read(self, content: Span) -> Element:
        """The root element. Raises Malformed."""
        if content.size > MAX_XML:
            raise Malformed(f"The description of a certificate exchange has more than {MAX_XML} bytes.")
        try:
            self._parser.Parse(content.read(), True)
        except Malformed:
            raise
        except (expat.ExpatError, LookupError, ValueError) as error:
            # The latter two where it names an encoding that is none, or none of text.
            raise Malformed(f"The description of a certificate exchange is no XML: {error}.") from error
        root = self._builder.close()
        assert root is not None
        return root

    def _doctype(self, *_declared: object) -> None:
        raise Malformed(
            "The description of a certificate exchange declares a document type, which it need not and may not."
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Malformed(f"The description of a certificate exchange has elements more than {MAX_DEPTH} deep.")
        self._builder.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._builder.end(_local(name))


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _text(element: Element, path: str) -> str:
    found = (element.findtext(path) or "").strip()
    if not found:
        raise Malformed(f"The description of a certificate exchange lacks {path}, or it is empty.")
    return found


def _moment(text: str | None) -> datetime | None:
    """A dateTime (XML Schema), UTC unless it says otherwise; None where there is none that can be read."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _reference(element: Element, path: str) -> Reference:
    serial_number = _text(element, f"{path}/X509SerialNumber")
    if not (serial_number.isascii() and serial_number.isdigit() and len(serial_number) <= _MAX_SERIAL_DIGITS):
        raise Malformed(f"A serial number of a certificate is not a number: {serial_number[:40]!r}.")
    issuer = _text(element, f"{path}/X509IssuerName")
    if len(issuer) > LONGEST_ISSUER:
        raise Malformed(f"The name of an issuer has {len(issuer)} characters; at most {LONGEST_ISSUER} are accepted.")
    return Reference(issuer, int(serial_number))


def _offers(root: Element, payloads: Sequence[Payload]) -> Iterator[Offer]:
    by_id = {payload.content_id: payload for payload in payloads if payload.content_id is not None}
    for wanted in root.iterfind("TrustRequest"):
        reference = _reference(wanted, "EndEntity/CertificateIdentifier")
        content_id = _content_id(_text(wanted, "EndEntity/CertificateContentID"))
        said = {(usage.text or "").strip() for usage in wanted.iterfind("CertUsage")}
        yield Offer(
            reference=reference,
            certificate=_certificate(by_id.get(content_id), reference),
            usages=frozenset(usage for usage in Usage if usage in said),
            respond_by=_moment(wanted.findtext("RespondByDate")),
            response_url=(wanted.findtext("ResponseURL") or "").strip() or None,
        )


def _content_id(written: str) -> str:
    return written.strip().removeprefix("cid:").strip("<>")


def _certificate(payload: Payload | None, reference: Reference) -> Certificate | str:
    if payload is None:
        return "The certificate is not in the message."
    if payload.content.size > MAX_CERTIFICATES:
        return f"The part with the certificate has more than {MAX_CERTIFICATES} bytes."
    found = [each for each in read_bundle(payload.content.read()) if each.serial_number == reference.serial_number]
    if len(found) != 1:
        return "The part that should hold the certificate does not hold the one of this serial number."
    try:
        return Certificate(found[0])
    except UnusableKey as error:
        return str(error)


def _answers(root: Element) -> Iterator[Answer]:
    for told in root.iterfind("TrustResponse"):
        status = _text(told, "CertStatus")
        if status not in (_ACCEPTED, _REJECTED):
            raise Malformed(f"A certificate is answered neither {_ACCEPTED} nor {_REJECTED}, but {status[:40]!r}.")
        reason = (told.findtext("ReasonForRejection") or "").strip() or None
        yield Answer(_reference(told, "CertificateReference"), status == _ACCEPTED, reason)


def _document(root: str, request_id: str, sender: str, originated: datetime, inside: Sequence[str]) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{root} xmlns="{_NAMESPACE}" xmlns:ds="{_SIGNATURES}" requestId={quoteattr(request_id)}>\n'
        "  <TradingPartnerInfo>\n"
        f'    <Name qualifier="AS2">{escape(sender)}</Name>\n'
        f"    <MessageOriginated>{_written(originated)}</MessageOriginated>\n"
        "  </TradingPartnerInfo>\n"
        f"{''.join(inside)}</{root}>\n"
    ).encode()


def _offer(offer: Offer, content_id: str) -> str:
    usages = "".join(f"    <CertUsage>{usage}</CertUsage>\n" for usage in Usage if usage in offer.usages)
    respond_by = (
        "" if offer.respond_by is None else f"    <RespondByDate>{_written(offer.respond_by)}</RespondByDate>\n"
    )
    url = "" if offer.response_url is None else f"    <ResponseURL>{escape(offer.response_url)}</ResponseURL>\n"
    return (
        f"  <TrustRequest>\n{usages}{respond_by}{url}"
        f"    <EndEntity>\n{_identifier('CertificateIdentifier', offer.reference, 6)}"
        f"      <CertificateContentID>{escape(content_id)}</CertificateContentID>\n"
        "    </EndEntity>\n  </TrustRequest>\n"
    )


def _answer(answer: Answer) -> str:
    reason = "" if answer.reason is None else f"    <ReasonForRejection>{escape(answer.reason)}</ReasonForRejection>\n"
    return (
        f"  <TrustResponse>\n    <CertStatus>{_ACCEPTED if answer.accepted else _REJECTED}</CertStatus>\n{reason}"
        f"{_identifier('CertificateReference', answer.reference, 4)}  </TrustResponse>\n"
    )


def _identifier(name: str, reference: Reference, indent: int) -> str:
    blanks = " " * indent
    return (
        f"{blanks}<{name}>\n"
        f"{blanks}  <ds:X509IssuerName>{escape(reference.issuer)}</ds:X509IssuerName>\n"
        f"{blanks}  <ds:X509SerialNumber>{reference.serial_number}</ds:X509SerialNumber>\n"
        f"{blanks}</{name}>\n"
    )


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _related(parts: Sequence[tuple[str, str, bytes]], boundary: str) -> Attachment:
    """Parts, each of a type, an identifier and content, of which the first is the root (RFC 2387)."""
    written = []
    for number, (content_type, content_id, content) in enumerate(parts):
        fields = (
            ("Content-Type", content_type),
            ("Content-Transfer-Encoding", "binary"),
            ("Content-ID", f"<{content_id}>"),
        )
        written += [writing.opening(boundary, first=number == 0), writing.block(fields, writing.Folding.BLANK), content]
    written.append(writing.closing(boundary))
    value = f'multipart/related; type="{CONTENT_TYPE}"; start="<{parts[0][1]}>"'
    return Attachment(io.BytesIO(b"".join(written)), writing.with_boundary(value, boundary))
