"""`tally erase`: what somebody has a right to have erased."""

from dataclasses import asdict
from typing import Annotated

import typer

from ..operations.erasing import Erased, Wanted
from .console import Terminal, usage
from .context import explained, gateway, terminal
from .operator import Actor, Reason, instruction


def register(root: typer.Typer) -> None:
    root.command("erase")(erase)


@explained
def erase(
    reason: Reason,
    doc: Annotated[
        list[str] | None, typer.Option(help="A document's id, or a file's; may be given several times.")
    ] = None,
    po: Annotated[str | None, typer.Option(help="A purchase order's number: all about it, both ways.")] = None,
    partner: Annotated[str | None, typer.Option(help="With --po: only this partner's order.")] = None,
    despite_retention: Annotated[
        bool, typer.Option("--despite-retention", help="Also what a rule has kept; recorded with the reason.")
    ] = False,
    actor: Actor = None,
) -> None:
    """Destroy documents at once, with their copies, payloads, salts and details, and record that. Exit 1 where it may not be done.

    Refused under a legal hold, and before the law's time is over unless --despite-retention. Backups made before still hold it.
    """
    if bool(doc) == (po is not None) or (partner is not None and po is None):
        usage("give --doc ID, once or several times, or --po N [--partner P].")
    wanted = Wanted(tuple(doc or ()), po, partner, despite_retention)
    with gateway() as opened:
        done = opened.erasing.erase(wanted, instruction(reason, actor))
    out = terminal()
    out.answer(asdict(done), lambda: _told(out, done))


def _told(out: Terminal, done: Erased) -> None:
    out.say(
        f"Erased {len(done.files)} files received and {len(done.documents)} documents: {done.entries} entries of the ledger lost their "
        f"details, {done.payloads} payloads are gone, and {done.outbox} files from outboxes. The ledger records it."
    )
    for digest, why in done.stayed.items():
        out.say(f"Payload {digest} is still here: {why}.")
    for file in done.shared:
        out.say(
            f"File {file} is still here: it acknowledges what went together with something else. `tally erase --doc {file}` erases it, "
            "with all that is in it."
        )
    for rule in done.despite:
        out.say(f"Set aside: {rule}.")
    if done.traces:
        out.say(
            "What went still stands in the database's write-ahead log, the file that ends in -wal: somebody was reading. A gateway that "
            "serves tries again every hour, and `tally prune` at once."
        )
    out.say("Still to be thought of: backups and shards made before, files the ERP has, logs.")
