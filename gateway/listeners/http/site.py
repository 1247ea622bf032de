"""What all connections of one server share."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path

from spool.clock import Clock

from .lane import Lane
from .limits import HttpLimits
from .port import Answer, Handler, Head, Page, plain
from .proxies import TrustedProxies

SHOWN = frozenset({"GET", "HEAD"})


@dataclass
class Site:
    """``posts`` and ``gets`` are by path. ``work``, ``pages`` and ``disk`` do what may wait. ``stopping`` is set once.

    ``in_hand`` counts the bytes of all bodies that are being received or worked on.
    """

    posts: Mapping[str, Handler]
    gets: Mapping[str, Page]
    limits: HttpLimits
    staging: Path
    proxies: TrustedProxies
    clock: Clock
    work: Lane
    pages: Lane
    disk: Lane
    stopping: bool = False
    in_hand: int = 0

    def date(self) -> str:
        return format_datetime(self.clock.now(), usegmt=True)

    def elsewhere(self, head: Head) -> Answer:
        """The answer where nobody takes this path by this method."""
        if head.path in self.posts and head.method in SHOWN:
            return plain(200, "Messages are taken here by POST. There is nothing to be seen; the address is right.")
        allowed = (("GET", "HEAD") if head.path in {*self.posts, *self.gets} else ()) + (
            ("POST",) if head.path in self.posts else ()
        )
        if not allowed:
            return plain(404, "There is nothing at this path. Compare the URL with the one that was agreed.")
        methods = ", ".join(allowed)
        return plain(405, f"This path takes {methods} only.", (b"Allow", methods.encode()))
