"""The states things pass through, and every legal move between them. What is not in the table does not happen.

``docs/states.md`` is drawn from here: ``python -m tools.states_page``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from canonical.errors import TallyError


class ReceiptState(StrEnum):
    """Where one arrival of one file stands."""

    PENDING = "pending"
    """Durable; nobody has looked inside yet."""
    OPENED = "opened"
    """Read; each document in it has a row and a state of its own."""
    DUPLICATE = "duplicate"
    """The same file came before, or was replayed since; nothing is done with this one again."""
    QUARANTINED = "quarantined"
    """Its sender or its form is not known; an administrator replays or refuses it."""
    REJECTED = "rejected"
    """Read, refused as a whole, and answered."""
    DEAD = "dead"
    """Opening it failed for a fault that is not the partner's; an administrator tries it again, replays or refuses it."""


class DocumentState(StrEnum):
    """Where one business document stands."""

    PENDING = "pending"
    """Taken in; not yet where it must go."""
    DELIVERED = "delivered"
    """The ERP has it, or, going out, its transmission is built."""
    REJECTED = "rejected"
    """Refused: it has errors, or the ERP says no."""
    DUPLICATE = "duplicate"
    """The same document came before, perhaps under another control number, or was replayed since."""
    QUARANTINED = "quarantined"
    """Readable, but nothing says what to do with it; an administrator replays or refuses it."""
    DEAD = "dead"
    """Delivering it failed for good; an administrator tries it again, replays or refuses it."""
    CANCELLED = "cancelled"
    """Going out only: called off by an administrator before it left."""


class TransmissionState(StrEnum):
    """Where one outbound file stands."""

    READY = "ready"
    """Built and stored; not yet offered to the partner."""
    SENT = "sent"
    """Handed over, or put where the partner collects it."""
    COLLECTED = "collected"
    """The partner has fetched it whole."""
    ACCEPTED = "accepted"
    """The partner's acknowledgement accepts it."""
    ACCEPTED_WITH_ERRORS = "accepted_with_errors"
    """The partner's acknowledgement accepts it and names errors."""
    REJECTED = "rejected"
    """The partner's acknowledgement rejects it, in whole or in part."""
    OVERDUE = "overdue"
    """No acknowledgement by the partner's deadline."""
    FAILED = "failed"
    """It could not be sent; an administrator sends it again."""
    CANCELLED = "cancelled"
    """Called off by an administrator before it was handed over."""


class MessageState(StrEnum):
    """Where one AS2 message of ours stands."""

    BUILT = "built"
    """Stored; whether the partner has it is not known."""
    SENT = "sent"
    """The partner's server took it; its MDN is awaited, where one was asked for."""
    CONFIRMED = "confirmed"
    """An MDN proves that the partner has exactly what was sent."""
    DECLINED = "declined"
    """The partner's MDN says that it did not take it; the next attempt is a new message."""
    UNPROVEN = "unproven"
    """What came back as an MDN proves nothing: forged, about other content, or without what was asked for."""
    OVERDUE = "overdue"
    """No MDN by its time."""


class ItemState(StrEnum):
    """Where one piece of work stands. Whether it is being worked on is its lane's business."""

    OPEN = "open"
    """To be done, now or after a delay."""
    DONE = "done"
    """Done; its effects were committed together with this state."""
    DEAD = "dead"
    """Given up after the last attempt, or at once where trying again cannot help."""
    CANCELLED = "cancelled"
    """Called off by an administrator."""


@dataclass(frozen=True, slots=True)
class Move:
    """One legal change of state and what causes it, for people."""

    old: str
    new: str
    cause: str


def _moves(*table: tuple[str | tuple[str, ...], str, str]) -> tuple[Move, ...]:
    return tuple(
        Move(old, new, cause) for olds, new, cause in table for old in ((olds,) if isinstance(olds, str) else olds)
    )


_R, _D, _T, _M, _W = ReceiptState, DocumentState, TransmissionState, MessageState, ItemState

STATES: Mapping[str, type[StrEnum]] = {
    "receipt": _R,
    "document": _D,
    "transmission": _T,
    "AS2 message": _M,
    "work item": _W,
}
"""The states of each kind of thing; the first one is where it begins."""

TRANSITIONS: Mapping[str, tuple[Move, ...]] = {
    "receipt": _moves(
        (_R.PENDING, _R.OPENED, "read and unpacked"),
        (_R.PENDING, _R.DUPLICATE, "the same file came before"),
        (_R.PENDING, _R.QUARANTINED, "unknown sender, or unreadable"),
        (_R.PENDING, _R.REJECTED, "refused as a whole and answered"),
        (_R.PENDING, _R.DEAD, "opening failed for good"),
        ((_R.QUARANTINED, _R.DEAD), _R.DUPLICATE, "replayed by an administrator: the replay counts"),
        ((_R.QUARANTINED, _R.DEAD), _R.REJECTED, "refused by an administrator"),
        (_R.DEAD, _R.PENDING, "tried again by an administrator"),
    ),
    "document": _moves(
        (_D.PENDING, _D.DELIVERED, "taken by the ERP, or built into a transmission"),
        (_D.PENDING, _D.REJECTED, "errors, or refused by the ERP"),
        (
            _D.DELIVERED,
            _D.REJECTED,
            "refused later: by the ERP's answer, or going out by the partner's acknowledgement",
        ),
        (_D.REJECTED, _D.DELIVERED, "taken by the ERP after it had refused"),
        (_D.PENDING, _D.DUPLICATE, "the same document came before"),
        (_D.PENDING, _D.QUARANTINED, "nothing says what to do with it"),
        (_D.PENDING, _D.DEAD, "delivery failed for good"),
        ((_D.QUARANTINED, _D.DEAD), _D.DUPLICATE, "replayed by an administrator: the replay counts"),
        ((_D.QUARANTINED, _D.DEAD), _D.REJECTED, "refused by an administrator"),
        (_D.DEAD, _D.PENDING, "tried again by an administrator"),
        ((_D.PENDING, _D.DEAD), _D.CANCELLED, "going out: called off by an administrator"),
    ),
    "transmission": _moves(
        (_T.READY, _T.SENT, "handed over, or put into the outbox"),
        ((_T.READY, _T.SENT, _T.OVERDUE), _T.COLLECTED, "fetched by the partner"),
        (
            (_T.READY, _T.SENT, _T.COLLECTED, _T.OVERDUE, _T.FAILED, _T.CANCELLED),
            _T.ACCEPTED,
            "acknowledged: accepted",
        ),
        (
            (_T.READY, _T.SENT, _T.COLLECTED, _T.OVERDUE, _T.FAILED, _T.CANCELLED),
            _T.ACCEPTED_WITH_ERRORS,
            "acknowledged: accepted, errors noted",
        ),
        (
            (_T.READY, _T.SENT, _T.COLLECTED, _T.OVERDUE, _T.FAILED, _T.CANCELLED),
            _T.REJECTED,
            "acknowledged: rejected",
        ),
        ((_T.READY, _T.SENT, _T.COLLECTED), _T.OVERDUE, "no acknowledgement in time"),
        ((_T.READY, _T.SENT), _T.FAILED, "sending failed for good"),
        ((_T.FAILED, _T.OVERDUE), _T.READY, "the same bytes sent again by an administrator"),
        ((_T.READY, _T.FAILED), _T.CANCELLED, "called off by an administrator"),
    ),
    "AS2 message": _moves(
        (_M.BUILT, _M.SENT, "the partner's server took it"),
        ((_M.BUILT, _M.SENT, _M.UNPROVEN, _M.OVERDUE), _M.CONFIRMED, "an MDN proves that the partner has it"),
        ((_M.BUILT, _M.SENT, _M.UNPROVEN, _M.OVERDUE), _M.DECLINED, "the partner's MDN says that it was not taken"),
        ((_M.BUILT, _M.SENT, _M.OVERDUE), _M.UNPROVEN, "an MDN that proves nothing"),
        (_M.SENT, _M.OVERDUE, "no MDN in time"),
        (_M.OVERDUE, _M.SENT, "the same message posted again by an administrator"),
    ),
    "work item": _moves(
        (_W.OPEN, _W.DONE, "its effects are committed"),
        (_W.OPEN, _W.DEAD, "last attempt failed, or trying again cannot help"),
        ((_W.OPEN, _W.DEAD), _W.CANCELLED, "called off by an administrator"),
        (_W.DEAD, _W.OPEN, "replayed by an administrator"),
    ),
}
"""Every legal move of each kind of thing."""

_LEGAL = {kind: {(move.old, move.new) for move in moves} for kind, moves in TRANSITIONS.items()}


class IllegalMove(TallyError):
    """Something was to change its state in a way the table does not know: a fault of ours, or a request that makes no sense."""


def check(kind: str, old: str, new: str) -> None:
    """Raise :class:`IllegalMove` unless something may go from state ``old`` to ``new``.

    ``kind`` is a key of :data:`TRANSITIONS`: ``receipt``, ``document``, ``transmission``, ``AS2 message`` or ``work item``.
    """
    if (old, new) in _LEGAL[kind]:
        return
    onward = ", ".join(move.new for move in TRANSITIONS[kind] if move.old == old) or "none, this is its end"
    raise IllegalMove(f"A {kind} that is {old} cannot become {new}; from {old} it may become: {onward}.")


def page() -> str:
    """``docs/states.md``: a diagram and a table for each kind, in Markdown."""
    parts = [
        "# States",
        "",
        "Drawn from `spool/states.py` by `python -m tools.states_page`; a test compares the two.",
    ]
    for kind, states in STATES.items():
        parts += ["", f"## {kind[0].upper()}{kind[1:]}", "", (states.__doc__ or "").strip(), "", *_diagram(kind)]
    return "\n".join(parts) + "\n"


def _diagram(kind: str) -> list[str]:
    states = STATES[kind]
    moves = TRANSITIONS[kind]
    left = {move.old for move in moves}
    return [
        "```mermaid",
        "stateDiagram-v2",
        f"    [*] --> {next(iter(states))}",
        *(f"    {move.old} --> {move.new}: {move.cause.replace(':', ' -')}" for move in moves),
        *(f"    {state} --> [*]" for state in states if state not in left),
        "```",
    ]
