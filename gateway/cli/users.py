"""`tally user`: who may use the pages and the API, and as what."""

import getpass
from typing import Annotated

import typer

from ..users.tables import Role, User
from .context import explained, gateway, terminal

app = typer.Typer(help="Who may read the record over the pages and the API.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The user's name: lower-case letters, digits and . _ @ - within.")]


@app.command()
@explained
def add(
    name: Name,
    role: Annotated[
        Role, typer.Option(help="auditor reads and takes evidence along, operator only reads, admin may do all.")
    ],
) -> None:
    """Make an account, which lets nobody in until it has a token; or give an existing one another role."""
    with gateway() as opened:
        before = opened.users.add(name, role, getpass.getuser())
    out = terminal()

    def told() -> None:
        if before is None:
            out.say(f"{name} is there as {role}. Next: `tally user token {name}` prints the token to log in with.")
        elif before is role:
            out.say(f"{name} is {role} already; nothing was changed.")
        else:
            out.say(f"{name} is {role} now, and was {before}.")

    out.answer({"name": name, "role": role.value, "before": before}, told)


@app.command()
@explained
def token(name: Name) -> None:
    """Print a new token for a user, once: only its digest is kept. The one before ends, and so do the logins by it."""
    with gateway() as opened:
        new = opened.users.renew_token(name, getpass.getuser())
    out = terminal()

    def told() -> None:
        out.say(new)
        out.say(f"It is not shown again. Give it to {name} by a way that only {name} reads.")

    out.answer({"name": name, "token": new}, told)


@app.command()
@explained
def remove(name: Name) -> None:
    """Let nobody in by this name any more, from this moment on."""
    with gateway() as opened:
        opened.users.remove(name, getpass.getuser())
    out = terminal()
    out.answer({"name": name, "removed": True}, lambda: out.say(f"{name} is removed, and logged out everywhere."))


@app.command("list")
@explained
def show() -> None:
    """Who there is, as what, and since when with which token."""
    with gateway() as opened:
        found = opened.users.all()
    out = terminal()
    columns = ("user", "role", "added", "by", "token since")
    out.answer([_as_json(user) for user in found], lambda: out.table(columns, [_row(user) for user in found]))


def _as_json(user: User) -> dict[str, str | None]:
    return {
        "name": user.name,
        "role": user.role.value,
        "added_at": user.added_at.isoformat(),
        "added_by": user.added_by,
        "token_at": None if user.token_at is None else user.token_at.isoformat(),
    }


def _row(user: User) -> tuple[str, ...]:
    since = "none: cannot log in" if user.token_at is None else f"{user.token_at:%Y-%m-%d %H:%M}"
    return user.name, user.role.value, f"{user.added_at:%Y-%m-%d %H:%M}", user.added_by, since
