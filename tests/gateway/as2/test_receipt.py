"""The MDN a sender asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.mime.headers import headers
from gateway.as2.receipt import Asked, asking_fields, read_asked, url_objection
from gateway.as2.terms import Receipt, ReceiptMode, Sending
from gateway.endpoint import endpoint_of
from tests.gateway.as2.exchange import URL, terms

ASKED = ("Disposition-Notification-To", "x")


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        (None, Asked()),
        ("", Asked()),
        (
            "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha1, md5",
            Asked(signed=True, digests=("sha1", "md5")),
        ),
        (
            'Signed-Receipt-Protocol = required,PKCS7-signature ;signed-receipt-micalg=required,"sha-256"',
            Asked(signed=True, digests=("sha-256",), digests_required=True),
        ),
        (
            "signed-receipt-protocol=pkcs7-signature; signed-receipt-micalg=sha256",
            Asked(signed=True, digests=("sha256",)),
        ),
        ("signed-receipt-protocol=optional, x-pkcs7-signature", Asked(signed=True)),
        ("signed-receipt-protocol=optional, pgp-signature", Asked()),
        ("signed-receipt-protocol=required, pgp-signature", Asked(unknown_protocol=True)),
        ("signed-receipt-micalg=optional, sha-512", Asked(digests=("sha-512",))),
        (";;=;,", Asked()),
    ],
)
def test_options(options: str | None, asked: Asked) -> None:
    fields = [ASKED] if options is None else [ASKED, ("Disposition-Notification-Options", options)]
    assert read_asked(headers(fields)) == asked


def test_nothing_is_asked_for_without_an_address() -> None:
    assert read_asked(headers([("Receipt-Delivery-Option", URL)])) is None


@pytest.mark.parametrize(("option", "url"), [(None, None), ("", None), ("  ", None), (URL, URL)])
def test_an_empty_receipt_delivery_option_is_none(option: str | None, url: str | None) -> None:
    fields = [ASKED] if option is None else [ASKED, ("Receipt-Delivery-Option", option)]
    asked = read_asked(headers(fields))
    assert asked is not None
    assert asked.url == url


@pytest.mark.parametrize("sign", [True, False])
@pytest.mark.parametrize(
    "receipt",
    [
        Receipt(ReceiptMode.NONE),
        Receipt(ReceiptMode.SYNCHRONOUS, signed=False),
        Receipt(ReceiptMode.SYNCHRONOUS),
        Receipt(ReceiptMode.ASYNCHRONOUS, url=URL),
    ],
)
def test_what_we_ask_for_is_read_as_that(receipt: Receipt, sign: bool) -> None:
    asked = read_asked(headers(asking_fields(terms("A", "B", sending=Sending(sign=sign, receipt=receipt)))))
    if receipt.mode is ReceiptMode.NONE:
        assert asked is None
        return
    assert asked is not None
    assert (asked.signed, asked.url) == (receipt.signed, receipt.url)
    assert asked.digests == (("sha-256",) if receipt.signed or not sign else ())


@given(st.text())
def test_any_url_is_allowed_or_not(url: str) -> None:
    assert url_objection(url, frozenset()) is not None


@given(
    st.text("aZ.:/@#?[]\\%0 \u00fc-", max_size=12),
    st.sampled_from(["http://a.example", "HTTPS://A.example:80", "http://[::1]"]),
)
def test_what_is_allowed_can_be_posted_to(rest: str, begin: str) -> None:
    hosts = frozenset({"a.example", "[::1]"})
    if url_objection(begin + rest, hosts) is None:
        assert endpoint_of(begin + rest).host in {"a.example", "::1"}


def test_a_host_may_be_an_address() -> None:
    assert url_objection("http://[2001:DB8::7]:8080/mdn", frozenset({"[2001:db8::7]"})) is None
    assert url_objection("http://[2001:db8::7]:8080/mdn", frozenset({"[2001:db8::7]:8081"})) is not None


def test_a_host_may_be_allowed_at_one_port_alone() -> None:
    hosts = frozenset({"a.example:8443"})
    assert url_objection("https://a.example:8443/x", hosts) is None
    assert url_objection("https://a.example/x", hosts) is not None
