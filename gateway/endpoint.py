"""URLs that can be posted to, taken apart: the one rule for what a partner asks for and for what is connected to. Pure."""

import re
from dataclasses import dataclass

from canonical.errors import Fault, TallyError

MAX_URL = 2048

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?P<target>[/?][!-\"$-~]*)?",
    re.IGNORECASE,
)


class AddressRefused(TallyError):
    """The address is none that we post to: by its scheme, its host, or where the host's name leads. Nothing was sent."""

    fault = Fault.PARTNER


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL, taken apart. ``host`` is lower case, without brackets."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """What the Host field says: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


_PORTS = {"http": 80, "https": 443}


def endpoint_of(url: str) -> Endpoint:
    """Raises AddressRefused for what is no plain http or https URL: other schemes, names and passwords in it, blanks, non-ASCII."""
    parts = _URL.fullmatch(url) if len(url) <= MAX_URL else None
    if parts is None:
        raise AddressRefused(
            f"{_shown(url)} is no URL that can be posted to. It must be http:// or https:// with a host, perhaps a port, and a path, "
            "without user name, blanks or fragment."
        )
    scheme = parts["scheme"].lower()
    port = int(parts["port"] or _PORTS[scheme])
    if not 0 < port < 65536:
        raise AddressRefused(f"{_shown(url)} names port {port}, which does not exist.")
    host = parts["host"].lower().strip("[]").rstrip(".")
    target = parts["target"] or "/"
    return Endpoint(scheme, host, port, target if target.startswith("/") else f"/{target}")


def _shown(url: str) -> str:
    """The beginning of a URL, without the name and password that may be in it."""
    return repr(re.sub("//[^/]*@", "//...@", url)[:100])
