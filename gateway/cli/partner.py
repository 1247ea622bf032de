"""`tally partner`: profiles as files, and what is in force."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from canonical.errors import Misconfigured
from partners import templates
from partners.loading import LoadedDirectory, ProfileProblem
from partners.registry import Change, ChangeKind, KeyChange

from ..app import Gateway
from .console import Exit, Terminal
from .context import explained, gateway, terminal

app = typer.Typer(help="Trading partners: files in partners/, versions in force.", no_args_is_help=True)

_WORDS = {
    ChangeKind.REMOVED: "has no file any more but stays in force; restore the file and set status: suspended to end the trade"
}

_SIGNS = {ChangeKind.ADDED: "+", ChangeKind.CHANGED: "~", ChangeKind.UNCHANGED: "=", ChangeKind.REMOVED: "-"}


@app.command()
@explained
def new(
    partner: Annotated[str, typer.Argument(help="The partner's id: lower-case letters, digits and hyphens.")],
    template: Annotated[
        str, typer.Option(help="What to start from: " + ", ".join(templates.names()) + ".")
    ] = "x12-sftp",
    name: Annotated[str | None, typer.Option(help="The partner's name, as people say it.")] = None,
) -> None:
    """Write a commented profile to start from. Nothing is in force until `tally partner apply`."""
    text = templates.render(template, partner, name)
    with gateway() as opened:
        path = opened.home.partners / f"{partner}.yaml"
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError as error:
            raise Misconfigured(f"{path} exists. Edit it, or choose another id.") from error
    out = terminal()
    hint = f" `tally partner guide {partner} -o FILE` writes the page for the partner." if template == "as2" else ""
    out.answer(
        {"partner": partner, "file": str(path)},
        lambda: out.say(f"{path} is written. Edit it, then `tally partner plan` and `tally partner apply`.{hint}"),
    )


@app.command()
@explained
def guide(
    partner: Annotated[str, typer.Argument(help="The partner's id.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Write it to this file, and our certificate beside it, with the ending .pem."
        ),
    ] = None,
) -> None:
    """The page for a partner over AS2: who we are, our certificate, how messages travel, what we need. Markdown."""
    with gateway() as opened:
        found = opened.guide(partner)
    out = terminal()
    if output is None:
        page = found.page(None)
        out.answer({"partner": partner, "page": page}, lambda: sys.stdout.writelines([page]))
        return
    beside = output.with_suffix(".pem")
    for path, text in ((output, found.page(beside.name)), (beside, found.ours.pem)):
        try:
            path.write_text(text, "utf-8")
        except OSError as error:
            raise Misconfigured(f"{path} cannot be written: {error.strerror}.") from error
    out.answer(
        {"partner": partner, "file": str(output), "certificate": str(beside)},
        lambda: out.say(f"{output} and our certificate, {beside}, are written. Send both to {found.profile.name}."),
    )


@app.command("list")
@explained
def list_partners() -> None:
    """The partners in force."""
    with gateway() as opened:
        in_force = opened.partners()
    out = terminal()
    answer: list[dict[str, Any]] = [
        {
            "partner": applied.partner,
            "name": applied.profile.name,
            "status": applied.profile.status.value,
            "version": applied.version,
            "applied_at": applied.applied_at.isoformat(),
        }
        for applied in in_force
    ]
    out.answer(
        answer,
        lambda: out.table(
            ("partner", "name", "status", "version", "in force since"),
            [
                (row["partner"], row["name"], row["status"], str(row["version"]), row["applied_at"][:19])
                for row in answer
            ],
        ),
    )


@app.command()
@explained
def show(
    partner: Annotated[str, typer.Argument(help="The partner's id.")],
    version: Annotated[int | None, typer.Option(help="An earlier version; the one in force when not given.")] = None,
) -> None:
    """A profile in force, as it was written."""
    with gateway() as opened:
        applied = opened.partner(partner, version)
    out = terminal()

    def render() -> None:
        out.say(
            f"# version {applied.version}, applied {applied.applied_at:%Y-%m-%d %H:%M:%S} UTC by {applied.applied_by}"
        )
        out.say(applied.yaml.rstrip())

    value = {"partner": applied.partner, "version": applied.version, "profile": applied.profile.model_dump(mode="json")}
    out.answer(value, render)


@app.command()
@explained
def plan() -> None:
    """What `apply` would change. Exit 1 when there is something to apply, or something wrong with a profile."""
    with gateway() as opened:
        loaded = _loaded(opened)
        changes = opened.plan(loaded.profiles)
    _show(terminal(), changes)
    if any(change.kind in (ChangeKind.ADDED, ChangeKind.CHANGED) for change in changes):
        raise typer.Exit(Exit.NO)


@app.command()
@explained
def apply() -> None:
    """Put all profiles of the home in force: all of them or, when one is wrong, none."""
    with gateway() as opened:
        changes = opened.apply(_loaded(opened).profiles)
    _show(terminal(), changes)


def _loaded(opened: Gateway) -> LoadedDirectory:
    loaded = opened.load_profiles()
    if loaded.problems:
        _complain(terminal(), loaded.problems)
        raise typer.Exit(Exit.NO)
    return loaded


def _complain(out: Terminal, problems: tuple[ProfileProblem, ...]) -> None:
    answer = {
        "problems": [
            {"file": p.file, "line": p.line, "key": p.key, "message": p.message, "hint": p.hint} for p in problems
        ]
    }

    def render() -> None:
        for problem in problems:
            out.say(str(problem))

    out.answer(answer, render)


def _show(out: Terminal, changes: tuple[Change, ...]) -> None:
    answer: list[dict[str, Any]] = [
        {
            "partner": change.partner,
            "change": change.kind.value,
            "version": change.version,
            "keys": [{"key": key.key, "before": key.before, "after": key.after} for key in change.keys],
        }
        for change in changes
    ]

    def render() -> None:
        for change in changes:
            out.say(
                f"{_SIGNS[change.kind]} {change.partner} {_WORDS.get(change.kind, change.kind.value)} (version {change.version})"
            )
            for key in change.keys:
                out.say(f"    {_told(key)}")
        if not changes:
            out.say("There are no profiles. `tally partner new NAME` writes one.")

    out.answer(answer, render)


def _told(key: KeyChange) -> str:
    before, after = (json.dumps(value, ensure_ascii=False) for value in (key.before, key.after))
    if key.before is None:
        return f"{_SIGNS[ChangeKind.ADDED]} {key.key}: {after}"
    if key.after is None:
        return f"{_SIGNS[ChangeKind.REMOVED]} {key.key}: {before}"
    return f"{_SIGNS[ChangeKind.CHANGED]} {key.key}: {before} -> {after}"
