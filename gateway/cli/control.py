"""`tally control`: the control numbers we give to what we send."""

from typing import Annotated

import typer

from partners.control_numbers import HIGHEST, Kind

from .context import explained, gateway, terminal
from .operator import Reason, instruction

app = typer.Typer(help="Control numbers of what we send, and the newest that came.", no_args_is_help=True)


@app.command()
@explained
def show(partner: Annotated[str | None, typer.Argument(help="Only this partner's.")] = None) -> None:
    """The numbers that will be given next (ISA13, GS06, ST02), and the newest interchange number a partner used."""
    with gateway() as opened:
        found = opened.administration.control_numbers(partner)
    out = terminal()
    out.answer(
        [
            {
                "partner": shown.partner,
                "next": {kind.value: shown.next[kind] for kind in Kind},
                "received": shown.received,
            }
            for shown in found
        ],
        lambda: out.table(
            ("partner", *(f"next {kind}" for kind in Kind), "last received"),
            [(shown.partner, *(str(shown.next[kind]) for kind in Kind), shown.received or "-") for shown in found],
        ),
    )


@app.command("set")
@explained
def set_number(
    partner: Annotated[str, typer.Argument(help="The partner.")],
    kind: Annotated[Kind, typer.Argument(help="interchange, group or set.")],
    number: Annotated[int, typer.Argument(min=1, max=HIGHEST, help="The number to give next.")],
    reason: Reason,
    back: Annotated[
        bool, typer.Option("--back", help="Allow a lower number than the next: numbers are given twice.")
    ] = False,
) -> None:
    """Have a number given next. Exit 1 when that would give numbers twice."""
    by = instruction(reason)
    with gateway() as opened:
        before = opened.administration.set_control_number(partner, kind, number, by, back=back)
    out = terminal()
    out.answer(
        {"partner": partner, "kind": kind.value, "before": before, "next": number},
        lambda: out.say(f"The next {kind} number for {partner} is {number}; it would have been {before}."),
    )
