"""`tally audit`: the questions an auditor asks of the record."""

from pathlib import Path
from typing import Annotated

import typer

from canonical.errors import Misconfigured, NotFound

from ..audit import export
from ..audit.question import Answer
from ..audit.questions import QUESTIONS
from ..moments import moment
from ..spelling import as_cell
from .console import Exit, Terminal, usage
from .context import explained, gateway, terminal
from .operator import operator

_FORMS = {".csv": export.comma_separated, ".jsonl": export.json_lines}


def register(app: typer.Typer) -> None:
    app.command("audit")(audit)


@explained
def audit(
    question: Annotated[str | None, typer.Argument(help="Its name; without one the questions are listed.")] = None,
    since: Annotated[
        str | None, typer.Option(help="What happened from this day or moment on (2026-11-01), UTC.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="What happened before this day or moment (2026-12-01), UTC.")
    ] = None,
    partner: Annotated[str | None, typer.Option(help="Only this partner's.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to this file, .csv or .jsonl, which must not exist.")
    ] = None,
) -> None:
    """Answer a question of an auditor, with how and when it was asked. Exit 1 when the answer names something that should not be.

    That it was asked is kept in the trail. In a CSV file an apostrophe stands before texts that a spreadsheet would obey; .jsonl files
    begin with a line about the answer, with the statements that found it.
    """
    if question is None:
        _list(terminal())
        return
    asked = QUESTIONS.get(question)
    if asked is None:
        raise NotFound(f"There is no question {question}. There are {', '.join(QUESTIONS)}.")
    _refuse_unwritable(output)
    begin, end = moment("--since", since), moment("--until", until)
    if begin is not None and end is not None and begin >= end:
        usage(f"--since {since} is not before --until {until}.")
    with gateway() as opened:
        answer = opened.desk.answer(asked, operator(), since=begin, until=end, partner=partner)
    if output is not None:
        with output.open("x", encoding="utf-8", newline="") as file:
            file.write(_FORMS[output.suffix](answer))
    _show(terminal(), answer, output)
    if answer.wrong:
        raise typer.Exit(Exit.NO)


def _refuse_unwritable(output: Path | None) -> None:
    if output is None:
        return
    if output.suffix not in _FORMS:
        raise Misconfigured(f"{output} says nothing of the form: end its name with .csv or .jsonl.")
    if output.exists():
        raise Misconfigured(f"{output} exists already; name another file, so that no earlier answer is lost.")
    if not output.parent.is_dir():
        raise Misconfigured(f"There is no folder {output.parent} to write {output.name} to.")


def _list(out: Terminal) -> None:
    out.answer(
        [{"question": each.name, "title": each.title} for each in QUESTIONS.values()],
        lambda: out.table(("question", "what it asks"), [(each.name, each.title) for each in QUESTIONS.values()]),
    )


def _show(out: Terminal, answer: Answer, output: Path | None) -> None:
    def render() -> None:
        if output is None:
            out.table(answer.question.columns, [[as_cell(value) for value in row] for row in answer.rows])
        out.say(_summary(answer) + ("" if output is None else f" Written to {output}."))

    out.answer(export.about(answer) | {"records": export.records(answer)}, render)


def _summary(answer: Answer) -> str:
    counted = f"{len(answer.rows)} {'row' if len(answer.rows) == 1 else 'rows'}"
    if answer.rows and answer.question.wrong is not None:
        counted += f", {len(answer.wrong) or 'none'} of which should not be"
    ledger = export.about(answer)["ledger"]
    origin = answer.checkpoint.partition("\n")[0]
    when = f"asked at {as_cell(answer.scope.now)} UTC, as all times here are"
    return f"{counted}; {when}, when {origin} had {ledger['size']} entries and the root {ledger['root']}."
