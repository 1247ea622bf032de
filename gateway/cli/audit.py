"""`tally audit`: questions that auditors ask, with what was asked, when, and how far the ledger was then."""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from ..audit import balance, control_numbers
from ..audit.answer import Answer, Form, Row
from ..audit.period import Period
from ..balance import PLACES
from . import known
from .console import Exit, Terminal, usage
from .context import explained, gateway, terminal
from .moments import moment

app = typer.Typer(help="Questions that auditors ask.", no_args_is_help=True)

Since = Annotated[str | None, typer.Option(help="From this day or moment on (2026-11-20).")]
Until = Annotated[str | None, typer.Option(help="Up to, but not including, this day or moment.")]
Partner = Annotated[str | None, typer.Option(help="Only this partner's.")]
Exported = Annotated[Form | None, typer.Option("--format", help="Export it: csv, or jsonl (a line of JSON a row).")]


@app.command("balance")
@explained
def show_balance(since: Since = None, until: Until = None, partner: Partner = None, form: Exported = None) -> None:
    """Is all that was received delivered, rejected, duplicate, quarantined, dead or pending? Exit 1 when something is missing."""
    period = _period(since, until)

    def asked(session: Session) -> tuple[list[Row], bool]:
        found = balance.balances(session, period, partner)
        return [each.row() for each in found], not any(each.difference for each in found)

    question = f"received = {' + '.join(PLACES)}, of {partner or 'each partner'}, {period}"
    _answer(question, partner, balance.COLUMNS, asked, form)


@app.command("control-numbers")
@explained
def show_control_numbers(
    since: Since = None, until: Until = None, partner: Partner = None, form: Exported = None
) -> None:
    """Interchange control numbers that are missing between others, or were used twice, both ways. Exit 1 when there is one."""
    period = _period(since, until)

    def asked(session: Session) -> tuple[list[Row], bool]:
        found = control_numbers.faults(session, period, partner)
        return found, not found

    question = f"gaps and duplicates of interchange control numbers, of {partner or 'each partner'}, {period}"
    _answer(question, partner, control_numbers.COLUMNS, asked, form)


def _period(since: str | None, until: str | None) -> Period:
    period = Period(moment("--since", since), moment("--until", until))
    if period.since is not None and period.until is not None and period.since >= period.until:
        usage(f"--since {since} is not before --until {until}.")
    return period


def _answer(
    question: str,
    partner: str | None,
    columns: Sequence[str],
    asked: Callable[[Session], tuple[list[Row], bool]],
    form: Form | None,
) -> None:
    with gateway() as opened:
        known.partner(opened, partner)
        with opened.database.read() as session:
            rows, holds = asked(session)
        now, sealed = opened.clock.now(), opened.ledger.checkpoint()
    answer = Answer(question, now, str(sealed), columns, rows, holds)
    out = terminal()
    if form is not None:
        sys.stdout.write(answer.exported(form))
    else:
        out.answer(answer.about | {"rows": rows}, lambda: _render(out, answer))
    if not holds:
        raise typer.Exit(Exit.NO)


def _render(out: Terminal, answer: Answer) -> None:
    out.say(f"{answer.question}:")
    if answer.rows:
        out.table(answer.columns, [[_cell(row[name]) for name in answer.columns] for row in answer.rows])
    else:
        out.say("none")
    origin, size, root = answer.checkpoint.split("\n")[:3]
    out.say(f"Asked at {answer.asked_at:%Y-%m-%d %H:%M:%S} UTC, when {origin} had {size} entries with the root {root}.")


def _cell(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
