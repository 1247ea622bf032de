"""Who the client is, as far as proxies are believed."""

import pytest

from canonical.errors import Misconfigured
from gateway.listeners.http.proxies import TrustedProxies

FORWARDED = b"X-Forwarded-For"


@pytest.mark.parametrize(
    ("remote", "forwarded", "client"),
    [
        ("10.0.0.5", [b"203.0.113.7"], "203.0.113.7"),
        ("10.0.0.5", [], "10.0.0.5"),
        ("10.0.0.5", [b""], "10.0.0.5"),
        ("10.0.0.5", [b"6.6.6.6, 203.0.113.7"], "203.0.113.7"),
        ("10.0.0.5", [b"6.6.6.6", b"203.0.113.7"], "203.0.113.7"),
        ("10.0.0.5", [b"203.0.113.7, 10.0.0.9"], "203.0.113.7"),
        ("10.0.0.5", [b"10.0.0.9"], "10.0.0.9"),
        ("10.0.0.5", [b"203.0.113.7, unknown"], "10.0.0.5"),
        ("10.0.0.5", [b"203.0.113.7, \xff"], "10.0.0.5"),
        ("10.0.0.5", [b"203.0.113.7:49152"], "203.0.113.7"),
        ("10.0.0.5", [b"2001:db8::7"], "2001:db8::7"),
        ("10.0.0.5", [b"[2001:db8::7]:49152"], "2001:db8::7"),
        ("10.0.0.5", [b"[2001:db8::7"], "2001:db8::7"),
        ("2001:db8:1::1", [b"203.0.113.7"], "203.0.113.7"),
        ("::ffff:10.0.0.5", [b"203.0.113.7"], "203.0.113.7"),
        ("203.0.113.1", [b"203.0.113.7"], "203.0.113.1"),
    ],
)
def test_only_what_trusted_proxies_appended_is_believed(remote: str, forwarded: list[bytes], client: str) -> None:
    proxies = TrustedProxies(["10.0.0.0/24", "2001:db8:1::1"])
    fields = ((b"Host", b"x"), *((FORWARDED, value) for value in forwarded))
    assert proxies.client_of(remote, fields) == client


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert TrustedProxies([]).client_of("127.0.0.1", ((FORWARDED, b"203.0.113.7"),)) == "127.0.0.1"


@pytest.mark.parametrize("text", ["10.0.0.300", "proxy.example", "10.0.0.1/24", ""])
def test_what_is_no_network_is_the_operators_mistake(text: str) -> None:
    with pytest.raises(Misconfigured, match="trusted proxy"):
        TrustedProxies([text])
