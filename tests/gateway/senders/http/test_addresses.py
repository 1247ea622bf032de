"""Where we post to, and where not."""

from collections.abc import Sequence
from ipaddress import ip_network

import pytest

from gateway.endpoint import AddressRefused, endpoint_of
from gateway.senders.http.addresses import AddressPolicy, resolved, system_addresses
from gateway.senders.http.failures import NotConnected

SECONDS = 60.0


POLICY = AddressPolicy(frozenset({"partner.example"}))


def to(url: str, *addresses: str, policy: AddressPolicy | None = POLICY) -> Sequence[str]:
    return resolved(endpoint_of(url), policy, lambda host, port: addresses, SECONDS)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_of_an_allowed_host_may_be_posted_to(address: str) -> None:
    assert to("http://partner.example/", address) == (address,)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.0.9",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "169.254.170.2",
        "168.63.129.16",
        "192.0.0.192",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "192.88.99.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "3fff::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "5f00::1",
    ],
)
def test_loopback_private_metadata_multicast_and_wrapped_addresses_are_refused(address: str) -> None:
    with pytest.raises(AddressRefused, match="no address of the public internet"):
        to("http://partner.example/", address)
    with pytest.raises(AddressRefused):
        to("http://partner.example/", "8.8.8.8", address)


@pytest.mark.parametrize(
    ("network", "address", "allowed"),
    [
        ("10.1.0.0/16", "10.1.2.3", True),
        ("10.1.0.0/16", "10.2.2.3", False),
        ("127.0.0.1/32", "127.0.0.1", True),
        ("127.0.0.1/32", "::ffff:127.0.0.1", False),
        ("fd12::/16", "fd12::9", True),
        ("fd12::/16", "10.1.2.3", False),
    ],
)
def test_a_profile_may_allow_networks(network: str, address: str, allowed: bool) -> None:
    policy = AddressPolicy(frozenset({"partner.example"}), (ip_network(network),))
    if allowed:
        assert to("http://partner.example/", address, policy=policy) == (address,)
    else:
        with pytest.raises(AddressRefused):
            to("http://partner.example/", address, policy=policy)


@pytest.mark.parametrize(
    "url",
    [
        "http://other.example/",
        "http://evil-partner.example/",
        "http://partner.example.evil.example/",
        "http://sub.partner.example/",
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::1]/",
        "http://localhost/",
    ],
)
def test_a_host_that_is_not_allowed_is_not_even_looked_up(url: str) -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError("looked up")

    with pytest.raises(AddressRefused, match="not among the hosts"):
        resolved(endpoint_of(url), POLICY, resolve, SECONDS)


def test_spelling_does_not_matter_and_without_a_policy_any_address_will_do() -> None:
    assert to("HTTP://PARTNER.example./", "8.8.8.8") == ("8.8.8.8",)
    assert to("http://internal/", "10.0.0.1", policy=None) == ("10.0.0.1",)


def test_a_name_that_leads_nowhere_is_tried_again() -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        raise OSError(-2, "Name or service not known")

    with pytest.raises(NotConnected, match=r"partner\.example cannot be found: Name or service not known") as failed:
        resolved(endpoint_of("http://partner.example/"), POLICY, resolve, SECONDS)
    assert failed.value.retryable


def test_the_system_is_asked_for_every_address_once() -> None:
    addresses = system_addresses("localhost", 80)
    assert "127.0.0.1" in addresses or "::1" in addresses
    assert len(addresses) == len(set(addresses))
    assert system_addresses("2130706433", 80) == ["127.0.0.1"], "so the address is judged, however it is spelled"
