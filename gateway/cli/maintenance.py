"""`tally prune`: what need not be kept any longer."""

import getpass
from dataclasses import asdict
from typing import Annotated

import typer

from .context import explained, gateway, terminal


def register(root: typer.Typer) -> None:
    root.command("prune")(prune)


@explained
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")] = False,
) -> None:
    """Remove what the settings do not keep: keep_days, keep_work_days. `tally serve` does the same by itself, every hour."""
    with gateway() as opened:
        if dry_run:
            done = opened.retention.would_prune()
        else:
            done = opened.retention.prune(getpass.getuser())
            opened.retention.sweep()
    out = terminal()
    verb = "Would remove" if dry_run else "Removed"
    out.answer(
        asdict(done) | {"dry_run": dry_run},
        lambda: out.say(
            f"{verb} {done.files} files received, {done.sent} documents sent, {done.outbox} files that still lay in outboxes, "
            f"{done.work} finished work items"
            + ("." if dry_run else f", {done.messages} AS2 messages, {done.payloads} payloads.")
        ),
    )
