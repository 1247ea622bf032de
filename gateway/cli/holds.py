"""`tally hold`: what must not be removed, because of a dispute, an audit or an assessment that is open."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from ..retention import holds
from ..retention.holds import Hold, HoldKind, Target
from .console import Terminal, usage
from .context import explained, gateway, terminal
from .operator import Actor, Reason, instruction

app = typer.Typer(
    help="Legal holds: what they cover is neither pruned nor erased before they are released.", no_args_is_help=True
)


@app.command()
@explained
def place(
    reason: Reason,
    po: Annotated[str | None, typer.Option(help="A purchase order's number: all about it, both ways.")] = None,
    doc: Annotated[str | None, typer.Option(help="A document's id, or a file's.")] = None,
    partner: Annotated[
        str | None, typer.Option(help="A partner: everything exchanged with it. With --po: whose order it is.")
    ] = None,
    actor: Actor = None,
) -> None:
    """Have nothing removed of an order, a document, a file or a partner, whatever the settings say."""
    target = _target(po, doc, partner)
    by = instruction(reason, actor)
    with gateway() as opened:
        placed = opened.database.write(lambda session: holds.place(session, opened.clock, target, by))
        opened.ledger.drain()
    _answer(
        terminal(),
        placed,
        f"{placed.id} is on {placed.target}: nothing of it is removed before `tally hold release {placed.id}`.",
    )


@app.command()
@explained
def release(
    hold: Annotated[str, typer.Argument(help="The hold, as `tally hold list` names it.")],
    reason: Reason,
    actor: Actor = None,
) -> None:
    """Let a hold go: what it covered is kept as long as rules and settings say, from now on."""
    by = instruction(reason, actor)
    with gateway() as opened:
        released = opened.database.write(lambda session: holds.release(session, opened.clock, hold, by))
        opened.ledger.drain()
    _answer(terminal(), released, f"{released.id} on {released.target} is released.")


@app.command("list")
@explained
def list_holds(
    every: Annotated[bool, typer.Option("--all", help="Also those that were released.")] = False,
) -> None:
    """The holds in force, each with who placed it, when and why."""
    with gateway() as opened, opened.database.read() as session:
        found = [hold for hold in holds.every(session) if every or hold.released is None]
    out = terminal()
    out.answer(
        [_as_json(each) for each in found],
        lambda: out.table(
            ("id", "on", "placed", "by", "why", "released"),
            [
                (
                    each.id,
                    str(each.target),
                    f"{each.placed:%Y-%m-%d %H:%M}",
                    each.placed_by,
                    each.reason,
                    ""
                    if each.released is None
                    else f"{each.released:%Y-%m-%d} by {each.released_by}: {each.why_released}",
                )
                for each in found
            ],
        ),
    )


def _target(po: str | None, doc: str | None, partner: str | None) -> Target:
    match po, doc, partner:
        case str(), None, _:
            return Target(HoldKind.ORDER, po, partner)
        case None, str(), None:
            return Target(HoldKind.DOCUMENT, doc)
        case None, None, str():
            return Target(HoldKind.PARTNER, partner)
        case _:
            return usage("give one of --po N [--partner P], --doc ID and --partner P.")


def _answer(out: Terminal, hold: Hold, said: str) -> None:
    out.answer(_as_json(hold), lambda: out.say(said))


def _as_json(hold: Hold) -> dict[str, Any]:
    moments = {name: value.isoformat() for name in ("placed", "released") if (value := getattr(hold, name))}
    return asdict(hold) | {"target": asdict(hold.target)} | {"released": None} | moments
