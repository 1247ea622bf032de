"""`tally dead`: work that was given up."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from spool.queue.port import Attempt, DeadItem

from . import known
from .console import usage
from .context import explained, gateway, terminal
from .operator import Reason, carry_out, instruction

app = typer.Typer(help="Work that was given up after its last attempt.", no_args_is_help=True)

Limit = Annotated[int, typer.Option(min=1, help="How many, latest first.")]

MOST = 100_000
"""Dead items that ``--all`` takes at once."""


@app.command("list")
@explained
def list_dead(
    kind: Annotated[str | None, typer.Option(help="open, deliver, build, transmit, report or mdn.")] = None,
    limit: Limit = 100,
) -> None:
    """Work that was given up, why, and what it was about, latest first."""
    with gateway() as opened:
        known.kind_of_work(opened, kind)
        items = opened.administration.dead(kind=kind, limit=limit)
        attempts = opened.administration.attempts([item.item_id for item in items])
    out = terminal()
    out.answer(
        [_as_json(item, attempts[item.item_id]) for item in items],
        lambda: out.table(
            ("item", "kind", "partner", "about", "tried", "given up because"),
            [
                (item.item_id, item.kind, item.partner or "", _about(item), str(item.attempts), item.reason)
                for item in items
            ],
        ),
    )


def _about(item: DeadItem) -> str:
    """The id of the file, document or transmission; of an MDN, that of the message it answers."""
    keys = ("receipt", "document", "transmission", "arrival")
    return str(next((item.payload[key] for key in keys if key in item.payload), ""))


def _as_json(item: DeadItem, attempts: Sequence[Attempt]) -> dict[str, Any]:
    return {
        "item": item.item_id,
        "kind": item.kind,
        "lane": item.lane,
        "partner": item.partner,
        "about": _about(item),
        "attempts": item.attempts,
        "reason": item.reason,
        "enqueued_at": item.enqueued_at.isoformat(),
        "history": [
            {
                "attempt": each.attempt,
                "owner": each.owner,
                "started_at": each.started_at.isoformat(),
                "ended_at": each.ended_at.isoformat(),
                "reason": each.reason,
            }
            for each in attempts
        ],
    }


@app.command()
@explained
def replay(
    reason: Reason,
    items: Annotated[list[str] | None, typer.Argument(help="Ids from `tally dead list`.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    kind: Annotated[str | None, typer.Option(help="With --all: only this kind of work.")] = None,
) -> None:
    """Try dead work again now, with all its attempts. Exit 1 when some could not be."""
    if bool(items) == every:
        usage("name the items to replay, or give --all.")
    if items and kind is not None:
        usage("--kind goes with --all; items that are named are replayed whatever kind of work they are.")
    by = instruction(reason)
    with gateway() as opened:
        if every:
            known.kind_of_work(opened, kind)
            found = opened.administration.dead(kind=kind, limit=MOST)
            # Oldest first: that is the order in which their lanes had them.
            items = [item.item_id for item in reversed(found)]
        carry_out(terminal(), items or (), lambda item: opened.administration.replay_dead(item, by))
