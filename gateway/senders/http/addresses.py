"""Where we post to. A URL that somebody else chose (an asynchronous MDN's) must not lead us into our own network."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ...endpoint import AddressRefused, Endpoint
from .failures import NotConnected
from .lookup import within

_IPV6_INTERNET = ip_network("2000::/3")
"""All of IPv6 that is routed. Outside lie the forms that hold an IPv4 address (mapped, compatible, NAT64)."""

_NEVER = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",  # looks public and is the inside of a cloud (Azure); the others' metadata is link-local or private
            "192.0.0.0/24",  # IETF protocol assignments
            "192.88.99.0/24",  # 6to4 relays
            "2001::/23",  # IETF protocol assignments, with Teredo
            "2002::/16",  # 6to4: an IPv4 address inside
            "3fff::/20",  # documentation
        ),
    )
)

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host, for a port. Raises OSError when there are none."""

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Which addresses may be posted to.

    ``hosts`` are the names that a URL may have, lower case. What they lead to must be an address of the public internet, or
    lie in one of ``networks``, which the partner's profile allows by name.
    """

    hosts: frozenset[str]
    networks: tuple[Network, ...] = ()

    def check_host(self, endpoint: Endpoint) -> None:
        """Raises AddressRefused."""
        if endpoint.host not in self.hosts:
            allowed = ", ".join(sorted(self.hosts)) or "none"
            raise AddressRefused(
                f"{endpoint.host} is not among the hosts that the partner's profile allows ({allowed}). "
                "Add it there if the partner confirms it, by another way than this message."
            )

    def check_address(self, host: str, address: str) -> None:
        """Raises AddressRefused."""
        parsed = ip_address(address)
        if any(parsed in network for network in self.networks) or _is_public(parsed):
            return
        raise AddressRefused(
            f"{host} leads to {address}, which is no address of the public internet. If the partner really is there, "
            "allow the address in its profile."
        )


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _IPV6_INTERNET:
        return False
    return address.is_global and not address.is_multicast and not any(address in network for network in _NEVER)


def resolved(endpoint: Endpoint, policy: AddressPolicy | None, resolve: Resolve, seconds: float) -> Sequence[str]:
    """The addresses to connect to, and to no others: asked once, for so many seconds at most, all of them checked.

    Raises AddressRefused, or NotConnected when the name leads nowhere.
    """
    if policy is not None:
        policy.check_host(endpoint)
    try:
        addresses = within(seconds, lambda: resolve(endpoint.host, endpoint.port))
    except (OSError, UnicodeError) as error:
        raise NotConnected(
            f"{endpoint.host} cannot be found: {getattr(error, 'strerror', None) or error}. Check the host in the partner's profile, and "
            "our DNS."
        ) from error
    if policy is not None:
        for address in addresses:
            policy.check_address(endpoint.host, address)
    return addresses


def system_addresses(host: str, port: int) -> Sequence[str]:
    """What the system knows of a host, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
