"""`tally acks` and `tally exceptions`: what partners owe us, and what waits for somebody."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from ..acks.awaited import Standing, awaited
from ..exceptions import Exceptions
from ..moments import moment
from . import known
from .console import Exit
from .context import explained, gateway, terminal

Partner = Annotated[str | None, typer.Option(help="Only this partner's.")]


def register(app: typer.Typer) -> None:
    app.command("acks")(acks)
    app.command("exceptions")(exceptions)


@explained
def acks(
    partner: Partner = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only what did not come in time, or came and proves nothing.")
    ] = False,
) -> None:
    """997s and MDNs that partners owe us, what is due first coming first. Exit 1 when one is overdue or proves nothing."""
    with gateway() as opened, opened.database.read() as session:
        known.partner(opened, partner)
        found = awaited(session, partner)
    late = [each for each in found if each.standing is not Standing.AWAITED]
    shown = late if overdue else found
    out = terminal()
    out.answer(
        [asdict(each) | {"sent_at": _iso(each.sent_at), "due_at": _iso(each.due_at)} for each in shown],
        lambda: out.table(
            ("answer", "state", "partner", "to what", "sent", "due", "why"),
            [
                (
                    each.answer,
                    each.standing,
                    each.partner,
                    each.what,
                    _minute(each.sent_at),
                    _minute(each.due_at),
                    each.why or "",
                )
                for each in shown
            ],
        ),
    )
    if late:
        raise typer.Exit(Exit.NO)


@explained
def exceptions(
    partner: Partner = None,
    since: Annotated[str | None, typer.Option(help="From this day or moment on (2026-11-20).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
) -> None:
    """What waits for somebody: messages refused at the door, receipts that prove nothing or never left, certificates sent for approval,
    files and documents that are quarantined or dead, answers that could not be sent, what the ERP has not decided on,
    and what was begun and will not end by itself.

    `tally doc show ID` tells more of messages, files and documents, `tally doc raw ID` prints them as they came.
    """
    with gateway() as opened, opened.database.read() as session:
        known.partner(opened, partner)
        found = Exceptions(partner, moment("--since", since), limit).set_aside(session)
    out = terminal()
    out.answer(
        [asdict(each) | {"at": each.at.isoformat()} for each in found],
        lambda: out.table(
            ("when", "kind", "id", "partner", "what", "why"),
            [
                (f"{each.at:%Y-%m-%d %H:%M:%S}", each.kind, each.id, each.partner or "unknown", each.what, each.why)
                for each in found
            ],
        ),
    )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _minute(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
