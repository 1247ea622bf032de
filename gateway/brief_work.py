"""Which work is sure to be done in no time: a worker takes several pieces of it at once, and each waits for the others."""

from sqlalchemy.orm import Session

from canonical.identity import PartnerId
from partners import registry
from spool.blobs import INLINE_LIMIT
from spool.queue.port import Claim

from . import inbound, outbound
from .acks import matching
from .senders.by_profile import is_near

_LARGE = INLINE_LIMIT + 1


def is_brief(session: Session, claim: Claim) -> bool:
    """A :data:`spool.worker.Brief`: reading a small file, writing one, and what stays in the house."""
    if claim.kind == inbound.OPEN:
        # Work that an earlier version put in does not say how much it is.
        return bool(claim.payload.get("bytes", _LARGE) < _LARGE)
    if claim.kind == outbound.TRANSMIT:
        applied = registry.current(session, PartnerId(claim.partner or ""))
        return applied is not None and is_near(applied)
    return claim.kind in (inbound.DELIVER, outbound.BUILD, matching.REPORT)
