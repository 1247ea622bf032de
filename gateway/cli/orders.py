"""`tally order`: what became of the orders."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from ..orders import book
from ..orders.book import OrderFile
from . import known
from .console import Terminal
from .context import explained, gateway, terminal

app = typer.Typer(help="Purchase orders and what came of them.", no_args_is_help=True)

Partner = Annotated[str | None, typer.Option(help="Only this partner's.")]


@app.command("list")
@explained
def list_orders(partner: Partner = None, limit: Annotated[int, typer.Option(min=1)] = 50) -> None:
    """Orders, the one with the newest document first."""
    with gateway() as opened, opened.database.read() as session:
        known.partner(opened, partner)
        found = book.orders(session, partner=partner, limit=limit)
    out = terminal()
    out.answer(
        [asdict(summary) for summary in found],
        lambda: out.table(
            ("order", "partner", "documents", "kinds", "last"),
            [
                (row.number, row.partner, str(row.documents), ", ".join(row.types), f"{row.last_at:%Y-%m-%d %H:%M:%S}")
                for row in found
            ],
        ),
    )


@app.command()
@explained
def show(number: Annotated[str, typer.Argument(help="The order's number.")], partner: Partner = None) -> None:
    """One order: its documents, its lines as ordered, acknowledged, shipped and invoiced, and what is odd about it."""
    with gateway() as opened, opened.database.read() as session:
        known.partner(opened, partner)
        files = book.order(session, opened.blobs, number, partner)
    out = terminal()

    def tables() -> None:
        for file in files:
            render(out, file)

    out.answer([_order(file) for file in files], tables)


def render(out: Terminal, file: OrderFile) -> None:
    """An order for people."""
    out.say(f"Order {file.number} with {file.partner}: {file.state.stage}")
    out.table(
        ("when", "", "document", "number", "state"),
        [
            (
                f"{row.created_at:%Y-%m-%d %H:%M:%S}",
                "in" if row.direction == "inbound" else "out",
                f"{row.set_id or ''} {row.type}".strip(),
                row.number or "",
                row.state,
            )
            for row in file.documents
        ],
    )
    out.table(
        ("line", "item", "ordered", "promised", "for", "shipped", "invoiced", "answer"),
        [
            (
                line.number,
                line.items[0].value if line.items else "",
                _text(line.ordered),
                _text(line.acknowledged),
                _text(line.promised),
                _text(line.shipped),
                _text(line.invoiced),
                ", ".join(line.statuses),
            )
            for line in file.state.lines
        ],
    )
    for exception in file.state.exceptions:
        out.say(f"{exception.severity}: {exception.message}")


def _order(file: OrderFile) -> dict[str, Any]:
    return {
        "number": file.number,
        "partner": file.partner,
        "stage": file.state.stage,
        "documents": [
            {
                "id": row.id,
                "direction": row.direction,
                "type": row.type,
                "number": row.number,
                "state": row.state,
                "reason": row.reason,
                "at": row.created_at.isoformat(),
            }
            for row in file.documents
        ],
        "lines": [
            {
                "number": line.number,
                "items": {item.scheme: item.value for item in line.items},
                "ordered": line.ordered,
                "acknowledged": line.acknowledged,
                "promised": line.promised,
                "shipped": line.shipped,
                "invoiced": line.invoiced,
                "answers": line.statuses,
            }
            for line in file.state.lines
        ],
        "exceptions": [asdict(exception) for exception in file.state.exceptions],
        "invoiced_total": file.state.invoiced_total,
    }


def _text(value: Any) -> str:
    return "" if value is None else str(value)
