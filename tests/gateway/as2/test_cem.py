"""Certificate exchange messages, as other products write them and as we do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.cem import (
    CONTENT_TYPE,
    MAX_DEPTH,
    MAX_OFFERS,
    MAX_XML,
    Answer,
    Offer,
    Reference,
    Request,
    Response,
    Usage,
    is_exchange,
    read_exchange,
    write_request,
    write_response,
)
from gateway.as2.cms.bundles import write_bundle
from gateway.as2.message import Attachment, build
from gateway.as2.mime.malformed import Malformed
from gateway.as2.mime.span import span_of
from gateway.as2.payloads import Payload
from gateway.as2.receive import Received
from tests.gateway.certificates.files import bundle, elliptic

from .exchange import BUYER, BUYERS, NOW, Counted, received
from .keys import own
from .workspace import MemoryWorkspace

NEXT = own("NEXT").certificate
SERIAL = NEXT.x509.serial_number
CERTS_ONLY = "application/pkcs7-mime; smime-type=certs-only"

OFFER = Offer(
    reference=Reference("CN=NEXT", SERIAL),
    certificate=NEXT,
    usages=frozenset({Usage.SIGNATURE, Usage.ENCRYPTION}),
    respond_by=datetime(2026, 12, 24, 18, 30, tzinfo=UTC),
    response_url="http://as2.buyer.example/as2?a=1&b=2",
)
REQUEST = Request("4711@buyer", BUYER, NOW, (OFFER,))
RESPONSE = Response(
    "4711@buyer",
    "Supplier <& Sons>",
    NOW,
    (Answer(Reference("CN=NEXT", SERIAL), True), Answer(Reference("CN=A,O=B", 7), False, "Not <agreed> & late")),
)


def others_xml(
    *,
    serial: str = str(SERIAL),
    content_id: str = "cert-1",
    usages: str = "<CertUsage>digitalSignature</CertUsage>",
    date: str = "2026-12-24T18:30:00.000+01:00",
) -> str:
    """A request in another product's writing."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<EDIINTCertificateExchangeRequest xmlns="urn:ietf:params:xml:ns:ediintcertificateexchange"
    xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" requestId="r-1">
\t<TradingPartnerInfo>
\t\t<Name qualifier="AS2">BUYER</Name>
\t\t<MessageOriginated>2026-11-26T05:00:00Z</MessageOriginated>
\t</TradingPartnerInfo>
\t<TrustRequest>
\t\t{usages}
\t\t<RespondByDate>{date}</RespondByDate>
\t\t<ResponseURL>http://as2.buyer.example/</ResponseURL>
\t\t<EndEntity>
\t\t\t<CertificateIdentifier>
\t\t\t\t<ds:X509IssuerName>C=US, O="Buyer, Inc.", CN=NEXT</ds:X509IssuerName>
\t\t\t\t<ds:X509SerialNumber>{serial}</ds:X509SerialNumber>
\t\t\t</CertificateIdentifier>
\t\t\t<CertificateContentID>{content_id}</CertificateContentID>
\t\t</EndEntity>
\t</TrustRequest>
</EDIINTCertificateExchangeRequest>"""


def payload(content: bytes | str, content_type: str, content_id: str | None = None) -> Payload:
    data = content.encode() if isinstance(content, str) else content
    return Payload(span_of(data), None, None, content_type, content_id)


def message(xml: bytes | str, certificates: bytes = write_bundle([NEXT])) -> tuple[Payload, ...]:
    return (payload(xml, f"{CONTENT_TYPE}; charset=UTF-8"), payload(certificates, CERTS_ONLY, "cert-1"))


def only_offer(payloads: tuple[Payload, ...]) -> Offer:
    request = read_exchange(payloads)
    assert isinstance(request, Request)
    [offer] = request.offers
    return offer


def through_as2(attachment: Attachment) -> tuple[Payload, ...]:
    """The files that come out at the other end."""
    outbound = build(
        [attachment],
        BUYERS,
        message_id="cem-1@buyer.example",
        now=NOW,
        fresh=Counted("buyer"),
        workspace=MemoryWorkspace(),
    )
    came = received(outbound)
    assert isinstance(came, Received)
    return came.payloads


class TestOurs:
    def test_a_request_comes_out_as_it_went_in(self) -> None:
        attachment = write_request(REQUEST, content_ids=["xml@buyer", "cert@buyer"], boundary="=_cem", originated=NOW)
        payloads = through_as2(attachment)
        assert is_exchange(payloads)
        assert read_exchange(payloads) == REQUEST

    def test_a_response_comes_out_as_it_went_in(self) -> None:
        payloads = through_as2(write_response(RESPONSE, content_id="xml@us", boundary="=_cem", originated=NOW))
        assert is_exchange(payloads)
        assert read_exchange(payloads) == RESPONSE

    def test_both_are_multiparts_because_some_products_know_them_only_as_such(self) -> None:
        attachment = write_response(RESPONSE, content_id="xml@us", boundary="=_cem", originated=NOW)
        assert attachment.content_type == (
            'multipart/related; type="application/ediint-cert-exchange+xml"; start="<xml@us>"; boundary="=_cem"'
        )


class TestOthers:
    def test_a_request_is_read(self) -> None:
        request = read_exchange(message(others_xml()))
        assert isinstance(request, Request)
        assert (request.request_id, request.sender, request.originated) == ("r-1", "BUYER", NOW)
        [offer] = request.offers
        assert offer.reference == Reference('C=US, O="Buyer, Inc.", CN=NEXT', SERIAL)
        assert offer.certificate == NEXT
        assert offer.usages == {Usage.SIGNATURE}
        assert offer.respond_by == datetime(2026, 12, 24, 17, 30, tzinfo=UTC)
        assert offer.response_url == "http://as2.buyer.example/"

    @pytest.mark.parametrize("content_id", ["cert-1", "&lt;cert-1&gt;", "cid:cert-1"])
    def test_the_certificate_is_found_however_its_part_is_named(self, content_id: str) -> None:
        assert only_offer(message(others_xml(content_id=content_id))).certificate == NEXT

    def test_of_a_chain_the_certificate_with_the_serial_number_is_meant(self) -> None:
        chain = write_bundle([own("AUTHORITY").certificate, NEXT])
        assert only_offer(message(others_xml(), chain)).certificate == NEXT

    def test_another_prefix_another_namespace_and_another_encoding_are_no_matter(self) -> None:
        xml = others_xml().replace("urn:ietf:params:xml:ns:ediintcertificateexchange", "urn:x").replace("ds:", "sig:")
        xml = xml.replace("xmlns:sig", "xmlns:ds").replace("xmlns:ds", "xmlns:sig")
        assert only_offer(message(xml.replace("UTF-8", "UTF-16").encode("utf-16"))).certificate == NEXT

    @pytest.mark.parametrize(
        ("usages", "meant"),
        [
            ("", set()),
            ("<CertUsage>keyEncipherment</CertUsage>", {Usage.ENCRYPTION}),
            ("<CertUsage> tlsServer </CertUsage><CertUsage>somethingElse</CertUsage>", {Usage.TLS_SERVER}),
        ],
    )
    def test_usages_are_those_that_are_known(self, usages: str, meant: set[Usage]) -> None:
        assert only_offer(message(others_xml(usages=usages))).usages == meant

    @pytest.mark.parametrize("date", ["", "soon", "9999-12-31T23:59:59-14:00", "2026-13-01T00:00:00Z"])
    def test_a_date_that_is_none_is_left_out(self, date: str) -> None:
        assert only_offer(message(others_xml(date=date))).respond_by is None

    def test_a_response_may_stand_alone(self) -> None:
        xml = """<r:EDIINTCertificateExchangeResponse xmlns:r="urn:ietf:params:xml:ns:ediintcertificateexchange"
            xmlns:ds="http://www.w3.org/2000/09/xmldsig#" requestId="r-1">
            <r:TradingPartnerInfo><r:Name qualifier="AS2">BUYER</r:Name></r:TradingPartnerInfo>
            <r:TrustResponse><r:CertStatus>Rejected</r:CertStatus><r:ReasonForRejection><![CDATA[We <do> not]]></r:ReasonForRejection>
            <r:CertificateReference><ds:X509IssuerName>CN=X</ds:X509IssuerName><ds:X509SerialNumber>5</ds:X509SerialNumber>
            </r:CertificateReference></r:TrustResponse></r:EDIINTCertificateExchangeResponse>"""
        answer = Answer(Reference("CN=X", 5), False, "We <do> not")
        assert read_exchange([payload(xml, CONTENT_TYPE)]) == Response("r-1", "BUYER", None, (answer,))


@pytest.mark.parametrize(
    ("certificates", "content_id", "told"),
    [
        (write_bundle([NEXT]), "elsewhere", "is not in the message"),
        (write_bundle([own("OTHER").certificate]), "cert-1", "this serial number"),
        (b"no certificate", "cert-1", "this serial number"),
        (bytes(1 << 19), "cert-1", "more than"),
    ],
    ids=["no such part", "another certificate", "no certificate", "too large"],
)
def test_a_certificate_that_is_not_there_is_told_with_the_offer(
    certificates: bytes, content_id: str, told: str
) -> None:
    """The others in the request are not held up by it."""
    found = only_offer(message(others_xml(content_id=content_id), certificates)).certificate
    assert isinstance(found, str)
    assert told in found


def test_a_key_that_is_not_rsa_is_told_with_the_offer() -> None:
    curve = elliptic()
    found = only_offer(message(others_xml(serial=str(curve.serial_number)), bundle(curve))).certificate
    assert isinstance(found, str)
    assert "no RSA key" in found


RESPONSE_WITHOUT_ANSWER = (
    '<EDIINTCertificateExchangeResponse requestId="1"><TradingPartnerInfo><Name>BUYER</Name></TradingPartnerInfo>'
    "</EDIINTCertificateExchangeResponse>"
)
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("xml", "told"),
    [
        ("", "is no XML"),
        ("<a>", "is no XML"),
        ('<a requestId="1"/>', "lacks TradingPartnerInfo/Name"),
        (others_xml().replace("ExchangeRequest", "ExchangeRumour"), "neither a request nor a response"),
        (others_xml().replace(' requestId="r-1"', ""), "no requestId"),
        (others_xml().replace("BUYER", " "), "lacks TradingPartnerInfo/Name"),
        (others_xml().replace('"r-1"', f'"{"r" * 256}"'), "has 256 characters"),
        (others_xml().replace("O=", "O" * 2048 + "="), "at most 2048"),
        (others_xml().replace("TrustRequest", "TrustRumour"), "has no TrustRequest"),
        (RESPONSE_WITHOUT_ANSWER, "has no TrustResponse"),
        (others_xml(serial="0x1F"), "not a number: '0x1F'"),
        (others_xml(serial="-1"), "not a number"),
        (others_xml(serial="9" * 5000), "not a number"),
        (others_xml(serial=""), "lacks EndEntity/CertificateIdentifier/X509SerialNumber"),
        (others_xml(content_id=""), "lacks EndEntity/CertificateContentID"),
        (others_xml().replace("?>", f"?>{BOMB}", 1).replace("BUYER", "&b;"), "declares a document type"),
        (others_xml().replace("?>", '?><!DOCTYPE x SYSTEM "file:///etc/passwd">', 1), "declares a document type"),
        (others_xml().replace("BUYER", "&undeclared;"), "is no XML"),
        (others_xml().replace("UTF-8", "hex"), "is no XML"),
        (others_xml().replace("UTF-8", "no-such-thing"), "is no XML"),
        (f'<a requestId="1">{"<TrustRequest/>" * (MAX_OFFERS + 1)}</a>', "more than 50 certificates"),
        ("<a>" * (MAX_DEPTH + 1) + "</a>" * (MAX_DEPTH + 1), "more than 16 deep"),
        (others_xml() + " " * MAX_XML, "more than 262144 bytes"),
    ],
)
def test_what_is_no_exchange_is_told(xml: str, told: str) -> None:
    with pytest.raises(Malformed, match=told):
        read_exchange(message(xml))


@pytest.mark.parametrize(
    ("beside", "content_type", "content_id"),
    [
        (b"ISA*00*", "application/edi-x12", None),
        (b"ISA*00*", "application/edi-x12", "cert-1"),
        (b"ISA*00*", "application/pkcs7-mime", None),
        (b"", "", None),
        (b"Please install it.", "text/plain", None),
    ],
    ids=["a file", "a file that it names", "a file that is called certificates", "nothing", "a letter"],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_is_beside_is_not_lost_but_refused(
    beside: bytes, content_type: str, content_id: str | None, first: bool
) -> None:
    exchange, other = list(message(others_xml())), payload(beside, content_type, content_id)
    with pytest.raises(Malformed, match=f"Part {1 if first else 3} .* is no certificate"):
        read_exchange([other, *exchange] if first else [*exchange, other])


@pytest.mark.parametrize("content_id", [None, "chain"])
def test_more_certificates_than_are_asked_about_are_no_harm(content_id: str | None) -> None:
    authority = payload(write_bundle([own("AUTHORITY").certificate]), "application/octet-stream", content_id)
    assert only_offer((*message(others_xml()), authority)).certificate == NEXT


def test_an_answer_that_is_neither_yes_nor_no_is_told() -> None:
    attachment = write_response(RESPONSE, content_id="xml@us", boundary="=_cem", originated=NOW)
    [only] = through_as2(attachment)
    doubtful = replace(only, content=span_of(only.content.read().replace(b"Rejected", b"Perhaps")))
    with pytest.raises(Malformed, match="'Perhaps'"):
        read_exchange([doubtful])


def test_there_is_one_description() -> None:
    with pytest.raises(Malformed, match="has 2 descriptions"):
        read_exchange([*message(others_xml()), *message(others_xml())])
    assert not is_exchange([payload(b"ISA", "application/edi-x12")])
    with pytest.raises(Malformed, match="has 0 descriptions"):
        read_exchange([payload(b"ISA", "application/edi-x12")])


texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="\ufffe\uffff"), min_size=1
).map(lambda text: f"x{text}x")
moments = st.integers(0, 10**10).map(lambda seconds: NOW + timedelta(seconds=seconds))


@given(texts, texts, texts, moments, st.integers(0, 1 << 160))
def test_whatever_a_response_says_is_read_again(
    request_id: str, sender: str, reason: str, originated: datetime, serial: int
) -> None:
    response = Response(request_id, sender, originated, (Answer(Reference("CN=A", serial), False, reason),))
    attachment = write_response(response, content_id="xml@us", boundary="=_cem", originated=originated)
    [only] = through_as2(attachment)
    assert read_exchange([only]) == response


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_nothing_but_what_it_says_is_raised(xml: bytes, certificates: bytes) -> None:
    for description in (xml, others_xml().encode()[: len(xml)] + xml, others_xml().encode()):
        try:
            read_exchange(message(description, certificates))
        except Malformed:
            continue
