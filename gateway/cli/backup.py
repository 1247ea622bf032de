"""`tally backup` and `tally restore`."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from spool.clock import SystemClock

from ..operations.backup import Backup
from ..operations.instruction import Instruction
from ..operations.restoring import MOST_SKIPPED, SKIP, WITHDRAWN, Restored, Restoring
from .console import Terminal
from .context import explained, gateway, options, terminal
from .operator import operator


def register(root: typer.Typer) -> None:
    root.command("backup")(backup)
    root.command("restore")(restore)


@explained
def backup(
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write; it must not exist.")],
) -> None:
    """Write the whole home, running or not, to one file. The keys are in it: keep it as safe as the home."""
    with gateway() as opened:
        made = Backup(opened.home, opened.database, opened.clock).make(output)
        opened.desk.took("backup", operator(), {"to": output.name, "made_at": made.made_at.isoformat()})
    out = terminal()
    answer = {
        "file": str(made.path),
        "made_at": made.made_at.isoformat(),
        "files": made.files,
        "bytes": made.size,
        "received": made.received,
    }
    out.answer(
        answer,
        lambda: out.say(f"{made.path} holds the home as of {made.made_at:%Y-%m-%d %H:%M:%S} UTC: {made.files} files."),
    )


@explained
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `tally backup` wrote.")],
    skip: Annotated[
        int,
        typer.Option(
            min=0,
            max=MOST_SKIPPED,
            help="How many control numbers to pass over, for each partner: more than it was sent since.",
        ),
    ] = SKIP,
) -> None:
    """Make a new home (--home) from a backup, after verifying all of it. Stop the old gateway for good before you serve the new one."""
    by = Instruction(getpass.getuser(), f"restored from {file.name}")
    restored = Restoring(SystemClock()).restore(file, options().home, by, skip=skip)
    out = terminal()
    answer = {
        "home": str(restored.home.resolve()),
        "made_at": restored.manifest.made_at.isoformat(),
        "files": len(restored.manifest.files),
        "received": restored.balance.received,
        "skipped": restored.skipped,
        "waiting": restored.waiting,
        "withdrawn": restored.withdrawn,
    }
    out.answer(answer, lambda: _render(out, restored))


def _render(out: Terminal, restored: Restored) -> None:
    out.say(
        f"{restored.home} is as it was on {restored.manifest.made_at:%Y-%m-%d %H:%M:%S} UTC: "
        f"{len(restored.manifest.files)} files verified, {restored.balance.received} received, the balance holds."
    )
    out.say(f"Control numbers go on {restored.skipped} further, so that none is given twice.")
    if restored.waiting:
        out.say(f"{restored.waiting} documents had not left then; they leave when the home is served.")
    if restored.withdrawn:
        out.say(
            f"{restored.withdrawn} files were moved from outboxes to {WITHDRAWN}/: they were placed after that moment."
        )
