"""URLs, taken apart or refused."""

import pytest

from canonical.errors import Fault
from gateway.endpoint import AddressRefused, endpoint_of


@pytest.mark.parametrize(
    ("url", "parts", "authority"),
    [
        ("http://partner.example/as2", ("http", "partner.example", 80, "/as2"), "partner.example"),
        ("https://Partner.Example:443", ("https", "partner.example", 443, "/"), "partner.example"),
        ("HTTPS://partner.example:8443/a?b=c", ("https", "partner.example", 8443, "/a?b=c"), "partner.example:8443"),
        ("http://partner.example.?x=1", ("http", "partner.example", 80, "/?x=1"), "partner.example"),
        ("http://edi_server.corp/", ("http", "edi_server.corp", 80, "/"), "edi_server.corp"),
        ("http://192.0.2.7:8080/as2", ("http", "192.0.2.7", 8080, "/as2"), "192.0.2.7:8080"),
        ("http://[2001:DB8::7]:8080/as2", ("http", "2001:db8::7", 8080, "/as2"), "[2001:db8::7]:8080"),
    ],
)
def test_a_url_is_taken_apart(url: str, parts: tuple[str, str, int, str], authority: str) -> None:
    endpoint = endpoint_of(url)
    assert (endpoint.scheme, endpoint.host, endpoint.port, endpoint.target) == parts
    assert endpoint.authority == authority


@pytest.mark.parametrize(
    "url",
    [
        "",
        "partner.example/as2",
        "//partner.example/as2",
        "file:///etc/passwd",
        "ftp://partner.example/",
        "gopher://partner.example/",
        "javascript:alert(1)",
        "httpx://partner.example/",
        "mailto:edi@partner.example",
        "http:partner.example",
        "http:///as2",
        "http://user@partner.example/",
        "http://user:secret@partner.example/",
        "http://partner.example@internal/",
        "http://partner.example\\@internal/",
        "http://partner.example#@internal/",
        "http://partner.example/as2#part",
        "http://partner.example /",
        "http://partner.example/a b",
        "http://partner.example/\r\nHost: internal",
        "http://partner.example\t.internal/",
        "http://pärtner.example/",
        "http://partner.example/\u2028",
        "http://partner%2eexample/",
        "http://[::1%25eth0]/",
        "http://[partner.example]/",
        "http://partner.example:/",
        "http://partner.example:0/",
        "http://partner.example:65536/",
        "http://partner.example:80:80/",
        "http://-partner.example/",
        "http://partner.example/" + "x" * 2048,
    ],
)
def test_what_is_no_plain_http_url_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        endpoint_of(url)
    assert (refused.value.fault, refused.value.retryable) == (Fault.PARTNER, False)
    assert "secret" not in refused.value.message
