"""What the workers of a process are at, thread by thread: whose leases are to be renewed, and who has been at one thing for too long.

A call that waits for a disk that does not answer cannot be ended. Whoever hangs in one keeps the lease of what it is at, since nobody
knows what it may still do; what was claimed with it is let go, so that others take it up when its lease ends.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from .queue.port import Claim

PATIENCE_SECONDS = 30.0
"""How long one attempt may take before others go on without its thread."""


@dataclass(slots=True)
class _Post:
    """What a thread holds, which of it it is at since when, and whether the rest was let go."""

    held: Sequence[Claim]
    at: Claim | None = None
    since: float = 0.0
    let_go: bool = False


class UnderWay:
    """``now`` tells seconds that only go forward."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._guard = threading.Lock()
        self._posts: dict[int, _Post] = {}

    @contextmanager
    def holding(self, claims: Sequence[Claim]) -> Iterator[None]:
        """This thread holds them until the block ends."""
        thread = threading.get_ident()
        with self._guard:
            self._posts[thread] = _Post(claims)
        try:
            yield
        finally:
            with self._guard:
                del self._posts[thread]

    def turn_to(self, claim: Claim) -> bool:
        """This thread is at one of what it holds from now on; False when that was let go meanwhile."""
        with self._guard:
            post = self._posts[threading.get_ident()]
            if post.let_go:
                return False
            post.at, post.since = claim, self._now()
            return True

    def all_tried(self) -> bool:
        """What this thread holds was worked, and is to be committed; False when some of it was let go."""
        with self._guard:
            post = self._posts[threading.get_ident()]
            post.at = None
            return not post.let_go

    def kept(self) -> list[Claim]:
        """What is held and has not been let go. Who hangs lets go of all but what it hangs in."""
        with self._guard:
            for post in self._hanging():
                post.let_go = True
            return [claim for post in self._posts.values() for claim in _kept(post)]

    def hanging(self) -> list[Claim]:
        """What threads hang in, one each."""
        with self._guard:
            return [post.at for post in self._hanging() if post.at]

    def _hanging(self) -> list[_Post]:
        long_ago = self._now() - PATIENCE_SECONDS
        return [post for post in self._posts.values() if post.at is not None and post.since < long_ago]


def _kept(post: _Post) -> Sequence[Claim]:
    if not post.let_go:
        return post.held
    return [post.at] if post.at else []
