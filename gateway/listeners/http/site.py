"""What all connections of one server share."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path

from spool.clock import Clock

from .crowd import Crowd
from .in_hand import InHand
from .lane import Lane
from .limits import HttpLimits
from .port import Answer, Handler, Head, Keeper, Page, plain
from .proxies import TrustedProxies

SHOWN = frozenset({"GET", "HEAD"})


@dataclass
class Site:
    """``posts``, ``gets``, ``keepers`` and ``asked`` are by path; of the last, one that ends in ``/*`` stands for all below it. ``work``,
    ``pages``, ``answers`` and ``disk`` do what may wait. ``stopping`` is set once.

    ``in_hand`` is all of what is being received or worked on, ``crowd`` whoever sends it.
    """

    posts: Mapping[str, Handler]
    gets: Mapping[str, Page]
    asked: Mapping[str, Page]
    limits: HttpLimits
    staging: Path
    proxies: TrustedProxies
    clock: Clock
    work: Lane
    pages: Lane
    answers: Lane
    disk: Lane
    in_hand: InHand
    crowd: Crowd
    keepers: Mapping[str, Keeper]
    stopping: bool = False

    def date(self) -> str:
        return format_datetime(self.clock.now(), usegmt=True)

    def shown_at(self, path: str) -> tuple[Page, Lane] | None:
        """Who answers GET of this path, and the threads for it."""
        if path in self.gets:
            return self.gets[path], self.pages
        for known in (path, *_above(path)):
            if known in self.asked:
                return self.asked[known], self.answers
        return None

    def elsewhere(self, head: Head) -> Answer:
        """The answer where nobody takes this path by this method."""
        if head.path in self.posts and head.method in SHOWN:
            return nothing_to_be_seen()
        shown = head.path in self.posts or self.shown_at(head.path) is not None
        allowed = (("GET", "HEAD") if shown else ()) + (("POST",) if head.path in self.posts else ())
        if not allowed:
            return plain(404, "There is nothing at this path. Compare the URL with the one that was agreed.")
        methods = ", ".join(allowed)
        return plain(405, f"This path takes {methods} only.", (b"Allow", methods.encode()))


def nothing_to_be_seen() -> Answer:
    """What somebody sees who looks at a path to which messages are posted."""
    return plain(200, "Messages are taken here by POST. There is nothing to be seen; the address is right.")


def _above(path: str) -> Iterator[str]:
    """``/a/*`` and ``/*`` for ``/a/b``, the longest first."""
    while path:
        path = path.rpartition("/")[0]
        yield f"{path}/*"
