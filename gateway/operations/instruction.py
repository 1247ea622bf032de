"""Who asks for something to be done by hand, why, and what came of it."""

from dataclasses import dataclass

from canonical.errors import Fault, Misconfigured, TallyError
from spool.queue.port import Hold


class NotPossible(TallyError):
    """What was asked for makes no sense for the thing as it stands; nothing was changed. The message says what helps instead."""

    fault = Fault.OPERATOR


@dataclass(frozen=True, slots=True)
class Instruction:
    """Who asks, and why. Both go into the journal, so neither may be blank: raises Misconfigured."""

    actor: str
    reason: str

    def __post_init__(self) -> None:
        if not self.actor.strip() or not self.reason.strip():
            raise Misconfigured("Say why: --reason TEXT is kept in the trail, where it is read when nobody remembers.")


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: to which ``document``, ``file``, ``transmission`` or ``work item`` (``what``, ``id``), the ``state`` it is in
    now, and ``did`` in words. ``replay`` is the id of what was made anew; ``held`` is what keeps the work from being begun."""

    what: str
    id: str
    state: str
    did: str
    replay: str | None = None
    held: Hold | None = None
