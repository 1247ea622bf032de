"""Who the client is when proxies stand before us."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from canonical.errors import Misconfigured

from .port import Fields


class TrustedProxies:
    """The proxies whose word is taken. ``networks`` are addresses or networks, ``10.0.0.5`` or ``10.0.0.0/24``.

    Raises Misconfigured for one that is neither.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [_network(text) for text in networks]

    def trusts(self, address: str) -> bool:
        parsed = _address(address)
        return parsed is not None and any(parsed in network for network in self._networks)

    def client_of(self, address: str, fields: Fields) -> str:
        """The client's address, where ``address`` is who connected to us.

        Each proxy appends whom it got the request from to X-Forwarded-For; what stands left of the first that we do not trust could
        have been written by anybody.
        """
        client = address
        for hop in reversed(_forwarded_for(fields) if self._networks else []):
            named = _address(_without_port(hop))
            if named is None or not self.trusts(client):
                break
            client = str(named)
        return client

    def encrypted(self, address: str, fields: Fields) -> bool:
        """Whether a proxy at ``address`` that we trust says that its client came over TLS."""
        values = [value.lower() for name, value in fields if name.lower() == b"x-forwarded-proto"]
        return values == [b"https"] and self.trusts(address)


def _forwarded_for(fields: Fields) -> list[str]:
    values = (value for name, value in fields if name.lower() == b"x-forwarded-for")
    return [hop.strip() for hop in b",".join(values).decode("latin-1").split(",")]


def _without_port(hop: str) -> str:
    """Some proxies append the client's port: ``203.0.113.7:49152``, ``[2001:db8::7]:49152``."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise Misconfigured(f"{text!r} is no address or network of a trusted proxy: {error}.") from error
