"""`tally retention`: which rules have documents kept, and until when each document is."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from ..retention.report import KeptDocument, of_file, of_order
from ..retention.rules import Rule, partner_countries
from .console import usage
from .context import explained, gateway, terminal

app = typer.Typer(
    help="How long documents are kept: the rules in force, and what they mean for a document.", no_args_is_help=True
)


@app.command("list")
@explained
def rules() -> None:
    """The rules in force, each with its source: the law of our country and of partners' countries, and keep_years."""
    with gateway() as opened, opened.database.read() as session:
        settings = opened.settings
        countries = partner_countries(session)
        found = [("everybody", rule) for rule in opened.rules.in_force()]
        found += [
            (partner, rule) for partner, country in sorted(countries.items()) for rule in opened.rules.added(country)
        ]
    out = terminal()

    def told() -> None:
        keep = (
            "for ever"
            if settings.keep_days is None
            else f"for {settings.keep_days} days, unless a rule keeps it longer"
        )
        out.say(f"What came to its end is kept {keep}; our fiscal year ends with month {settings.fiscal_year_ends}.")
        out.table(
            ("partner", "documents", "years", "from the end of the", "country", "because of"),
            [
                (whose, _about(rule), str(rule.years), rule.begins, rule.country or "", _source(rule))
                for whose, rule in found
            ],
        )

    out.answer(
        {
            "keep_days": settings.keep_days,
            "fiscal_year_ends": settings.fiscal_year_ends,
            "rules": [{"partner": None if whose == "everybody" else whose} | asdict(rule) for whose, rule in found],
        },
        told,
    )


@app.command()
@explained
def show(
    doc: Annotated[str | None, typer.Option(help="A document's id, or a file's.")] = None,
    po: Annotated[str | None, typer.Option(help="A purchase order's number: all documents about it.")] = None,
) -> None:
    """Until when documents are kept, because of which rule, and which hold is on them."""
    if (doc is None) == (po is None):
        usage("give one of --doc ID and --po N.")
    with gateway() as opened, opened.database.read() as session:
        found = of_order(session, opened.rules, po) if po is not None else of_file(session, opened.rules, doc or "")
    out = terminal()
    out.answer(
        [_as_json(each) for each in found],
        lambda: out.table(
            ("document", "type", "number", "partner", "kept until", "because of", "hold"),
            [
                (
                    each.id,
                    each.type,
                    each.number or "",
                    each.partner,
                    "as keep_days says" if each.kept is None else str(each.kept.until),
                    "" if each.kept is None else str(each.kept.rule),
                    each.hold or "",
                )
                for each in found
            ],
        ),
    )


def _about(rule: Rule) -> str:
    return rule.type or f"{rule.kind}s"


def _source(rule: Rule) -> str:
    return f"{rule.source} (practice: the law names no number)" if rule.practice else rule.source


def _as_json(each: KeptDocument) -> dict[str, Any]:
    kept = each.kept and {"until": each.kept.until.isoformat(), "rule": str(each.kept.rule)}
    return {
        "id": each.id,
        "type": each.type,
        "number": each.number,
        "partner": each.partner,
        "kept": kept,
        "hold": each.hold,
    }
