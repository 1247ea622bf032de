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
    """Remove what the settings do not keep: keep_days, keep_work_days. `tally serve` does the same by itself, every hour.

    What the law, keep_years or a legal hold keeps stays: `tally retention list`, `tally hold list`.
    """
    with gateway() as opened:
        kept = opened.retention.kept() if dry_run else []
        if dry_run:
            done = opened.retention.would_prune()
        else:
            done = opened.retention.prune(getpass.getuser())
            opened.retention.sweep()
    out = terminal()
    verb = "Would remove" if dry_run else "Removed"

    def told() -> None:
        out.say(
            f"{verb} {done.files} files received, {done.sent} documents sent, {done.outbox} files that still lay in outboxes, "
            f"{done.work} finished work items"
            + ("." if dry_run else f", {done.messages} AS2 messages, {done.payloads} payloads.")
        )
        if kept:
            out.say("Old enough, and kept:")
            out.table(
                ("partner", "type", "number", "the first until", "because of"),
                [(each.partner, each.type, str(each.count), str(each.until), each.rule) for each in kept],
            )

    answer = asdict(done) | {"dry_run": dry_run}
    if dry_run:
        answer["kept"] = [asdict(each) | {"until": each.until.isoformat()} for each in kept]
    out.answer(answer, told)
