"""What went wrong with a request, for programs (RFC 9457) and for people: what, where, why, and what to do."""

from typing import Any

from canonical.errors import Misconfigured, NotFound, TallyError

from ..operations.instruction import NotPossible


class Problem(Exception):
    """``kind`` is for programs and never changes; ``where`` is the part of the request that is meant. ``fields`` go into the head."""

    def __init__(
        self,
        status: int,
        kind: str,
        what: str,
        why: str,
        todo: str,
        *,
        where: str | None = None,
        fields: dict[str, str] | None = None,
    ) -> None:
        super().__init__(what)
        self.status = status
        self.kind = kind
        self.what = what
        self.why = why
        self.todo = todo
        self.where = where
        self.fields = fields or {}

    def as_json(self) -> dict[str, Any]:
        said = {"type": f"urn:tallystick:problem:{self.kind}", "title": self.what, "status": self.status}
        return said | {"detail": self.why, "todo": self.todo} | ({"where": self.where} if self.where else {})


def problem_of(error: TallyError) -> Problem:
    """What to say of an error of ours. Whoever may read the record may read its words, but for those that name places in the home."""
    match error:
        case NotFound():
            return Problem(
                404,
                "not-found",
                "There is no such thing.",
                error.message,
                "Compare what you asked for with the answer that named it.",
            )
        case Misconfigured():
            return Problem(
                500,
                "not-set-up",
                "The gateway is not set up for this.",
                "Something is wrong with its settings or files.",
                "Tell whoever runs it: `tally audit` and `tally evidence` say more there.",
            )
        case NotPossible():
            return Problem(
                409,
                "not-possible",
                "This cannot be answered.",
                error.message,
                "Ask for less, or tell whoever runs the gateway.",
            )
        case _ if error.retryable:
            return Problem(
                503,
                "not-now",
                "This cannot be answered now.",
                "The database or the disk does not do what it must at the moment.",
                "Ask again in half a minute.",
                fields={"Retry-After": "30"},
            )
        case _:
            return Problem(
                500,
                "not-proved",
                "The gateway could not answer as it must.",
                error.message,
                "Tell whoever runs it: `tally ledger verify` says more there.",
            )


def nothing_here() -> Problem:
    return Problem(
        404, "no-page", "There is nothing at this path.", "No page or answer has this name.", "Begin at /audit."
    )


def not_by_this_method() -> Problem:
    return Problem(405, "method", "This path is not asked like that.", "It takes another method.", "Use GET.")
