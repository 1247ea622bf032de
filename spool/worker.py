"""Workers: threads that claim a lane, prepare its first item outside any transaction, and commit its effects in one.

The effects of an item, its completion and the claim of the next one commit together; several items that take no time are claimed, worked
and committed as one batch. Whatever a handler raises becomes a later attempt or a dead item; whoever dies while working loses the lane
when the lease ends, and with it the right to commit. For a thread that hangs in an attempt another one stands in.
"""

import os
import socket
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic

import structlog
from sqlalchemy.orm import Session

from canonical.errors import Fault, Misconfigured, TallyError

from .database.port import Database
from .queue.port import Claim, LeaseLost, WorkQueue
from .retry import fault
from .under_way import PATIENCE_SECONDS, UnderWay

Effects = Callable[[Session], None]
"""What an item changes, written in the transaction that completes it."""

Handler = Callable[[Claim], Effects]
"""Works on an item: does what is slow, in no transaction, and returns the effects. May run more than once for an item."""

OnDead = Callable[[Session, Claim, str], None]
"""Told, in the transaction that buries it, that an item was given up and why."""

Brief = Callable[[Session, Claim], bool]
"""Whether an item is sure to be done in no time, waiting for nobody, so that others may wait for it."""

BATCH = 8
"""Brief items, each of another lane, that are claimed and committed together at most."""

SHARE = 2
"""Items of one channel in a batch at most: of somebody who has very much to do, no more than that stands before what others bring."""

POLL_SECONDS = 0.5
"""How often idle workers look for work that another process put in."""

HEARTBEAT_SECONDS = 15.0
"""How often the leases of running work are renewed."""

_log = structlog.get_logger(__name__)


class Workers:
    """``threads`` workers on one queue.

    ``handlers`` maps each kind of item to its handler; :meth:`wake` is to be called when there may be work.
    ``on_dead`` is how the rest of the house hears of items given up. With no ``threads`` of its own, :meth:`run_until_idle` is called
    in those of somebody else, and only the leases are seen to. ``node`` is what the owner of a lane is called. What is not ``brief``
    is worked and committed by itself; so is everything where that is None. ``now`` tells the seconds by which a thread is taken to hang.
    """

    def __init__(
        self,
        database: Database,
        queue: WorkQueue,
        handlers: Mapping[str, Handler],
        *,
        on_dead: OnDead,
        threads: int = 4,
        node: str | None = None,
        brief: Brief | None = None,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._database = database
        self._queue = queue
        self._handlers = handlers
        self._on_dead = on_dead
        self._brief = brief
        self._owner = f"{node or socket.gethostname()}:{os.getpid()}"
        self._changed = threading.Condition()
        self._wakings = 0
        self._stopping = threading.Event()
        self._under_way = UnderWay(now)
        self._wanted = threads
        self._threads = [self._thread(number) for number in range(threads)]
        self._heart = threading.Thread(target=self._beat, name="worker-heartbeat", daemon=True)

    def start(self) -> None:
        """Start working; once."""
        for thread in (*self._threads, self._heart):
            thread.start()

    def stop(self, drain_seconds: float = 30.0) -> bool:
        """Finish what is being worked on, claim nothing more; whether all ended in time. What did not is taken up again later."""
        self._stopping.set()
        self.wake()
        deadline = monotonic() + drain_seconds
        with self._changed:
            started = [thread for thread in (*self._threads, self._heart) if thread.ident is not None]
        for thread in started:
            thread.join(max(0.0, deadline - monotonic()))
        late = [thread.name for thread in started if thread.is_alive()]
        if late:
            _log.warning("work cut short", workers=late, after_seconds=drain_seconds)
        return not late

    def wake(self) -> None:
        """Have idle workers look for work now."""
        with self._changed:
            self._wakings += 1
            self._changed.notify_all()

    def run_until_idle(self) -> int:
        """Work all that is due in this thread, without waiting for what is due later; how many attempts were made."""
        attempts = 0
        batch = self._claim()
        while batch:
            attempts += len(batch.claims)
            batch = self._work(batch) or self._claim()
        return attempts

    def look_after(self) -> None:
        """Renew the leases of what is being worked on, and have others stand in for who hangs; done every :data:`HEARTBEAT_SECONDS`."""
        self._renew_leases()
        self._hold_endpoints()
        self._stand_in()

    def _renew_leases(self) -> None:
        for claim in self._under_way.kept():
            try:
                self._renew(claim)
            except TallyError as error:
                # Lost, or the disk is full: the fence decides when the work is to commit.
                if claim in self._under_way.kept():
                    _log.info("lease not renewed", item=claim.item_id, lane=claim.lane, error=str(error))

    def _renew(self, claim: Claim) -> None:
        self._database.write(lambda session: self._queue.renew(session, claim))

    def _hold_endpoints(self) -> None:
        """Where what is sure to be done in no time hangs, what it talks to hangs; a large file takes its time."""
        for claim in self._under_way.hanging():
            try:
                self._database.write(partial(self._hold_endpoint, claim))
            except TallyError as error:
                _log.warning("endpoint that hangs not held", endpoint=claim.endpoint, error=str(error))

    def _hold_endpoint(self, claim: Claim, session: Session) -> None:
        if self._brief is not None and self._brief(session, claim):
            self._queue.hangs(session, claim)

    def _stand_in(self) -> None:
        """Start a thread for each that hangs, but never more than twice as many as were wanted."""
        with self._changed:
            hanging = self._under_way.hanging()
            missing = min(self._wanted - (len(self._threads) - len(hanging)), 2 * self._wanted - len(self._threads))
            if self._stopping.is_set() or missing <= 0:
                return
            for number in range(len(self._threads), len(self._threads) + missing):
                self._threads.append(self._thread(number))
                self._threads[-1].start()
        for claim in hanging:
            _log.warning(
                "work takes long; another worker stands in",
                item=claim.item_id,
                kind=claim.kind,
                lane=claim.lane,
                endpoint=claim.endpoint,
                longer_than_seconds=PATIENCE_SECONDS,
            )

    def _is_superfluous(self) -> bool:
        """Whether this thread can go, now that those for whom others stood in are back."""
        with self._changed:
            if len(self._threads) - len(self._under_way.hanging()) <= self._wanted:
                return False
            self._threads.remove(threading.current_thread())
            return True

    def _thread(self, number: int) -> threading.Thread:
        return threading.Thread(target=self._loop, name=f"worker-{number}", daemon=True)

    def _beat(self) -> None:
        while not self._stopping.wait(HEARTBEAT_SECONDS):
            self.look_after()
        # Work that is still being drained keeps its lease too.
        with self._changed:
            draining = list(self._threads)
        for thread in draining:
            while thread.is_alive():
                thread.join(HEARTBEAT_SECONDS)
                self._renew_leases()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            with self._changed:
                seen = self._wakings
            try:
                batch = self._claim_if_due()
                worked = batch is not None
                while batch:
                    batch = self._work(batch)
            except Exception as error:  # noqa: BLE001 - the worker loop outlives everything
                _log.error("worker could not go on; trying again", error=f"{type(error).__name__}: {error}")
                self._stopping.wait(POLL_SECONDS)
            else:
                if not worked:
                    if self._is_superfluous():
                        return
                    self._wait(seen)

    def _wait(self, seen: int) -> None:
        """Rest until somebody wakes the workers after ``seen``, or it is time to look for other processes' work."""
        with self._changed:
            self._changed.wait_for(lambda: self._wakings != seen, POLL_SECONDS)

    def _claim_if_due(self) -> "_Batch | None":
        with self._database.read() as session:
            if not self._queue.due(session):
                return None
        return self._claim()

    def _claim(self) -> "_Batch | None":
        return self._database.write(self._next)

    def _next(self, session: Session) -> "_Batch | None":
        """Brief items as long as there are any; the first that is not ends the batch, and so does a channel that has had its share."""
        claims: list[Claim] = []
        shares: Counter[tuple[str | None, str | None]] = Counter()
        if self._stopping.is_set():
            return None
        for claim in self._queue.claims(session, self._owner):
            if not self._may_be_shared(session, claim):
                return _Batch(claims, claim) if claims else _Batch([claim])
            claims.append(claim)
            channel = claim.endpoint, claim.partner
            shares[channel] += 1
            if len(claims) == BATCH or shares[channel] == SHARE or self._stopping.is_set():
                break
        return _Batch(claims) if claims else None

    def _may_be_shared(self, session: Session, claim: Claim) -> bool:
        """Whether others may be worked with the item. One whose worker died may have killed it: it does so alone the next time."""
        if self._brief is None or claim.attempt > 1 or claim.probe:
            return False
        return self._brief(session, claim)

    def _work(self, batch: "_Batch") -> "_Batch | None":
        """Make an attempt at each; the next batch, taken in the same commit, or None when there is none or the last attempt failed."""
        with self._under_way.holding([*batch.claims, batch.apart] if batch.apart else batch.claims):
            prepared = [(claim, effects) for claim in batch.claims if (effects := self._attempt(claim))]
            all_kept = self._under_way.all_tried()
            following = self._commit(batch, prepared)
        if batch.apart:
            return _Batch([batch.apart]) if all_kept else None
        return following

    def _attempt(self, claim: Claim) -> Effects | None:
        """What the item changes; None when the attempt failed, or others were given the item to do."""
        if not self._under_way.turn_to(claim):
            return None
        try:
            return self._prepare(claim)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is an attempt that failed
            self._fail(claim, error)
        return None

    def _prepare(self, claim: Claim) -> Effects:
        if claim.expired:
            raise _Expired(
                f"Its deadline, {claim.deadline}, passed before it was done. Replaying it gives it all its attempts again, "
                "without a deadline."
            )
        if claim.exhausted:
            raise _Exhausted(
                f"Its worker died in each of {claim.max_attempts} attempts; look for the reason in the log before replaying it."
            )
        handler = self._handlers.get(claim.kind)
        if handler is None:
            raise Misconfigured(
                f"This program does not know work of kind {claim.kind!r}; it was put in by another version. "
                "Start that version, or cancel the item."
            )
        return handler(claim)

    def _commit(self, batch: "_Batch", prepared: Sequence[tuple[Claim, Effects]]) -> "_Batch | None":
        """Write the effects of each, whatever becomes of the others'; the next batch, unless this one is to be gone on with."""
        finishes: list[Callable[[Session], _Batch | None]] = [partial(self._finish, *each) for each in prepared]
        if prepared and batch.apart is None:
            finishes[-1] = partial(self._finish_and_go_on, *prepared[-1])
        following = None
        for (claim, _), written in zip(prepared, self._database.write_together(finishes), strict=True):
            try:
                following = written.outcome()
            except LeaseLost as error:
                _log.warning("work taken over", item=claim.item_id, kind=claim.kind, lane=claim.lane, error=str(error))
            except Exception as error:  # noqa: BLE001 - whatever effects raise is an attempt that failed
                # This is ours or the database's, and says nothing about what the work talked to.
                self._fail(replace(claim, endpoint=None), error)
        return following

    def _finish(self, claim: Claim, effects: Effects, session: Session) -> None:
        effects(session)
        self._queue.complete(session, claim)

    def _finish_and_go_on(self, claim: Claim, effects: Effects, session: Session) -> "_Batch | None":
        self._finish(claim, effects, session)
        return self._next(session)

    def _fail(self, claim: Claim, error: Exception) -> None:
        """Record that an attempt failed. Where even that fails, the lane comes free when its lease ends."""
        log = _log.bind(item=claim.item_id, kind=claim.kind, lane=claim.lane, attempt=claim.attempt)
        reason = str(error) if isinstance(error, TallyError) else f"{type(error).__name__}: {error}"
        # A full disk or a broken connection says all there is to say; a traceback is for what nobody foresaw.
        expected = isinstance(error, TallyError) or fault(error) is Fault.ENVIRONMENT
        try:
            if self._queue.may_retry(claim, error):
                at = self._database.write(lambda session: self._queue.retry_later(session, claim, error))
                log.warning(
                    "attempt failed", error=reason, again_at=at.isoformat(), exc_info=None if expected else error
                )
            else:
                self._bury(claim, reason, error)
                log.error("given up", error=reason, exc_info=None if expected else error)
        except LeaseLost as lost:
            # Whoever has it now makes an attempt of his own.
            log.warning("work taken over", error=reason, because=str(lost))
        except TallyError as failure:
            log.error("failed attempt not recorded", error=reason, because=str(failure))

    def _bury(self, claim: Claim, reason: str, cause: Exception) -> None:
        def bury(session: Session) -> None:
            self._queue.dead(session, claim, reason, cause)
            self._on_dead(session, claim, reason)

        try:
            self._database.write(bury)
        except TallyError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault in on_dead must not keep the lane for ever
            note = f"{reason} (and telling so failed: {type(error).__name__}: {error})"
            _log.error("on_dead failed", item=claim.item_id, exc_info=error)
            self._database.write(lambda session: self._queue.dead(session, claim, note, cause))


@dataclass(frozen=True, slots=True)
class _Batch:
    """Items that are worked and committed together, and the one, claimed with them, that is worked ``apart`` afterwards."""

    claims: Sequence[Claim]
    apart: Claim | None = None


class _Expired(TallyError):
    """The deadline of an item passed before it was done."""


class _Exhausted(TallyError):
    """All attempts of an item ended with the death of its worker."""
