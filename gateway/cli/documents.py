"""`tally doc` and `tally trail`: single documents, and what happened to them."""

import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from canonical.identity import DocumentId, PartnerId
from spool.journal import OURSELVES
from spool.states import DocumentState

from .. import trail as trails
from ..audit.export import trail_record
from ..moments import moment
from ..operations.replaying import ProfileOf
from ..trail import TrailEntry
from . import known
from .console import Terminal, record, usage
from .context import explained, gateway, terminal
from .operator import Reason, carry_out, instruction, operator

app = typer.Typer(help="Documents, both ways.", no_args_is_help=True)

FIELDS = (
    "id",
    "direction",
    "partner",
    "type",
    "set_id",
    "number",
    "state",
    "reason",
    "duplicate_of",
    "replays",
    "receipt_id",
    "transmission_id",
    "interchange_control",
    "group_control",
    "set_control",
    "profile_version",
    "test",
    "findings",
    "created_at",
)

FILE_FIELDS = ("id", "partner", "transport", "filename", "state", "reason", "duplicate_of", "replays", "received_at")

Partner = Annotated[str | None, typer.Option(help="Only this partner's.")]


def register(root: typer.Typer) -> None:
    root.command("trail")(trail)


@app.command("list")
@explained
def list_documents(
    partner: Partner = None,
    state: Annotated[
        DocumentState | None,
        typer.Option(
            help="pending, delivered, rejected, duplicate, quarantined, dead or cancelled.", show_choices=False
        ),
    ] = None,
    type_: Annotated[str | None, typer.Option("--type", help="Invoice, ShipNotice, ...")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
) -> None:
    """Documents and files without documents, newest first."""
    with gateway() as opened, opened.database.read() as session:
        known.partner(opened, partner)
        known.document_type(type_)
        rows = opened.documents(session, partner=partner, state=state, type_=type_, limit=limit)
        files = opened.unopened(session, partner=partner, state=state, limit=limit) if type_ is None else []
    out = terminal()
    answer = {
        "documents": [record(row, FIELDS) for row in rows],
        "files": [record(row, FILE_FIELDS) for row in files],
    }
    out.answer(answer, lambda: _tables(out, rows, files))


def _tables(out: Terminal, rows: Any, files: Any) -> None:
    out.table(
        ("document", "", "partner", "type", "number", "state", "why"),
        [
            (
                row.id,
                "in" if row.direction == "inbound" else "out",
                row.partner,
                row.type,
                row.number or "",
                row.state,
                _why(row),
            )
            for row in rows
        ],
    )
    if files:
        out.table(
            ("file", "partner", "name", "state", "why"),
            [(row.id, row.partner, row.filename, row.state, _why(row)) for row in files],
        )


def _why(row: Any) -> str:
    return " ".join(filter(None, (row.reason, f"Replays {row.replays}." if row.replays else None)))


@app.command()
@explained
def show(document: Annotated[str, typer.Argument(help="The id of a document, or of a message over AS2.")]) -> None:
    """One document: its state, its findings, its canonical JSON, and the message over AS2 that brought or took it; or one such message."""
    with gateway() as opened, opened.database.read() as session:
        message = opened.message(session, document)
        if message is not None:
            terminal().answer(_dated(message), lambda: _facts(terminal(), message))
            return
        row, canonical = opened.document(session, DocumentId(document))
        carriage = opened.carriage(session, row)
    out = terminal()

    def render() -> None:
        out.table(("", ""), [(name, str(getattr(row, name))) for name in FIELDS if name != "findings"])
        for finding in row.findings:
            out.say(f"{finding['severity']}: {finding['message']} [{finding['code']} {finding.get('path', '')}]")
        if carriage is not None:
            _facts(out, carriage)
        if canonical is not None:
            out.document(canonical)

    value = dict(record(row, FIELDS)) | {"canonical": None if canonical is None else _parsed(canonical)}
    out.answer(value | {"as2": None if carriage is None else _dated(carriage)}, render)


def _facts(out: Terminal, facts: Mapping[str, Any]) -> None:
    """What there is to say of a message over AS2; what is not known is left out."""
    rows = [(name, each) for name, value in facts.items() for each in (value if isinstance(value, list) else [value])]
    out.table(("over AS2", ""), [(name.replace("_", " "), _text(value)) for name, value in rows if value is not None])


def _text(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S} UTC" if isinstance(value, datetime) else str(value)


def _dated(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The same for programs."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()}


def _parsed(text: str) -> Any:
    import json

    return json.loads(text)


@app.command()
@explained
def raw(
    document: Annotated[
        str, typer.Argument(help="The id of a document, a file, a transmission, or a message over AS2.")
    ],
) -> None:
    """The bytes as they came or as they were sent, to standard output. That somebody took them is kept in the trail."""
    with gateway() as opened, opened.database.read() as session:
        chunks = opened.raw(session, document)
        opened.desk.took(f"bytes of {document}", operator())
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)


Named = Annotated[list[str], typer.Argument(help="Ids of documents, files or transmissions.", show_default=False)]


@app.command()
@explained
def retry(ids: Named, reason: Reason) -> None:
    """Try failed or waiting work again now, on the same bytes; send once more what was not answered. Exit 1 when it makes no sense."""
    by = instruction(reason)
    with gateway() as opened:
        carry_out(terminal(), ids, lambda identifier: opened.administration.retry(identifier, by))


@app.command()
@explained
def replay(
    ids: Named,
    reason: Reason,
    profile: Annotated[
        ProfileOf, typer.Option(help="By which profile: the one of now, or the one of then.")
    ] = ProfileOf.NOW,
    redeliver: Annotated[
        bool, typer.Option("--redeliver", help="Also what was delivered: the ERP or the partner gets it a second time.")
    ] = False,
) -> None:
    """Read received files, or build sent documents, anew from what they were made of. Exit 1 when it makes no sense."""
    by = instruction(reason)
    with gateway() as opened:
        carry_out(
            terminal(),
            ids,
            lambda identifier: opened.administration.replay(identifier, by, profile, redeliver=redeliver),
        )


@app.command()
@explained
def cancel(ids: Named, reason: Reason) -> None:
    """Call off what is pending, refuse what is quarantined or dead; whoever counted on it is told. Exit 1 when it is too late."""
    by = instruction(reason)
    with gateway() as opened:
        carry_out(terminal(), ids, lambda identifier: opened.administration.cancel(identifier, by))


@explained
def trail(
    po: Annotated[str | None, typer.Option(help="A purchase order's number.")] = None,
    invoice: Annotated[str | None, typer.Option(help="An invoice's number.")] = None,
    doc: Annotated[str | None, typer.Option(help="A document's id.")] = None,
    partner: Annotated[str | None, typer.Option(help="A partner; with --po, only this partner's order.")] = None,
    since: Annotated[str | None, typer.Option(help="With --partner: from this day or moment on (2026-11-20).")] = None,
) -> None:
    """Everything that happened, in the order it was committed."""
    if sum(option is not None for option in (po, invoice, doc)) > 1 or not (po or invoice or doc or partner):
        usage("give one of --po N, --invoice N, --doc ID, or --partner P [--since D].")
    with gateway() as opened, opened.database.read() as session:
        known.partner(opened, partner)
        if po is not None:
            entries = trails.of_order(session, po, partner)
        elif invoice is not None:
            entries = trails.of_invoice(session, invoice)
        elif doc is not None:
            entries = trails.of_document(session, DocumentId(doc))
        else:
            entries = trails.of_partner(session, PartnerId(partner or ""), moment("--since", since))
    out = terminal()
    out.answer([trail_record(entry) for entry in entries], lambda: trail_table(out, entries))


def trail_table(out: Terminal, entries: Any) -> None:
    """The trail for people."""
    out.table(
        ("when", "step", "partner", "what", "outcome"),
        [
            (
                entry.at.strftime("%Y-%m-%d %H:%M:%S"),
                entry.step.replace("_", " "),
                entry.partner or "",
                entry.subject,
                _outcome(entry),
            )
            for entry in entries
        ],
    )


def _outcome(entry: TrailEntry) -> str:
    """What came of it, and who asked for it, where that was a person."""
    by = f"by {entry.actor}" if entry.actor != OURSELVES else ""
    return ": ".join(filter(None, (by, trails.in_words(entry))))
