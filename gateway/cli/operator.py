"""Who sits at the command line, the reason each instruction needs, and how what was done is told."""

import getpass
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Annotated, Any

import typer

from canonical.errors import NotFound

from ..audit.desk import Reader, Way
from ..operations.instruction import Done, Instruction, NotPossible
from .console import Exit, Terminal, print_json, warn
from .context import options

Reason = Annotated[str, typer.Option(help="Why; it is kept in the trail together with your name.")]

Actor = Annotated[str | None, typer.Option(help="On whose behalf, where it is not you; your name is kept beside it.")]


def operator() -> Reader:
    """The user who is logged in, reading."""
    return Reader(getpass.getuser(), Way.COMMAND)


def instruction(reason: str, actor: str | None = None) -> Instruction:
    """An instruction of the user who is logged in, on behalf of ``actor`` where that is given."""
    user = getpass.getuser()
    return Instruction(user if actor is None else f"{actor} (by {user})", reason)


def carry_out(out: Terminal, ids: Iterable[str], operation: Callable[[str], Done]) -> None:
    """Do something to each of several things, one line of JSON each; what could not be done is told, and the others are done.

    Exit 2 when one does not exist, else 1 when one could not be done.
    """
    ends = Exit.YES
    for identifier in ids:
        try:
            done = operation(identifier)
        except (NotPossible, NotFound) as error:
            ends = max(ends, Exit.NO if isinstance(error, NotPossible) else Exit.USAGE)
            if options().json:
                print_json({"id": identifier, "done": False, "why": error.message})
            else:
                warn(error.message)
            continue
        out.answer(as_json(done), lambda: _say(out, done))  # noqa: B023 - called at once
    if ends is not Exit.YES:
        raise typer.Exit(ends)


def _say(out: Terminal, done: Done) -> None:
    out.say(f"{done.what} {done.id} ({done.state}): {done.did}")


def as_json(done: Done) -> dict[str, Any]:
    """What was done, for programs."""
    held = None if done.held is None else {"by": done.held.by, "until": done.held.until and done.held.until.isoformat()}
    return {"id": done.id, "done": True} | asdict(done) | {"held": held}
