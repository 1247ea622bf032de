"""`tally`: the command line. Each group of commands is a file of its own; this one puts them together."""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog
import typer

from ..logging import configure
from ..printable import shown
from ..settings import DEFAULT_HOME
from . import (
    attention,
    audit,
    backup,
    certificates,
    control,
    dead,
    demonstration,
    documents,
    erasure,
    evidence,
    files,
    holds,
    keys,
    ledger,
    maintenance,
    moving,
    orders,
    partner,
    retention,
    service,
    users,
)
from .console import OPTIONS, Exit, GlobalOptions, warn

_CALLED_WRONGLY: type[typer.BadParameter] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)
"""The root of what Typer finds wrong with a command line, which it does not export."""

_FLAGS = {"--json": "json", "-q": "quiet", "--quiet": "quiet"}


def take_global_options(args: Sequence[str], default_home: str) -> tuple[GlobalOptions, list[str]]:
    """Split a command line into the global options and the rest. After ``--`` nothing is an option."""
    options = GlobalOptions(home=Path(default_home))
    rest: list[str] = []
    remaining = iter(args)
    for arg in remaining:
        if arg == "--":
            rest += [arg, *remaining]
        elif arg in _FLAGS:
            setattr(options, _FLAGS[arg], True)
        elif arg == "--home":
            options.home = Path(_home_value(next(remaining, None)))
            options.home_given = True
        elif arg.startswith("--home="):
            options.home = Path(_home_value(arg.removeprefix("--home=")))
            options.home_given = True
        else:
            rest.append(arg)
    return options, rest


def _home_value(value: str | None) -> str:
    if not value:
        warn("--home needs a directory.")
        sys.exit(Exit.USAGE)
    return value


def _refuse_unnameable(home: Path) -> None:
    """End where the home's name is in bytes that are no text: the URL of its database could not say it."""
    try:
        os.fspath(home).encode("utf-8")
    except UnicodeEncodeError:
        warn(f"The name of the home {home} is no text in UTF-8. Rename it, or choose another with --home.")
        sys.exit(Exit.USAGE)


app = typer.Typer(
    name="tally",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=(
        "Tallystick, a B2B EDI and managed file gateway.\n\n"
        "Everywhere: --home DIR (default ./tally-data or $TALLY_HOME), --json (one line an answer), -q (only the exit code). "
        "Exit codes: 0 yes, 1 the answer is no, 2 wrong usage, 3 our fault."
    ),
)
service.register(app)
files.register(app)
app.add_typer(partner.app, name="partner")
app.add_typer(documents.app, name="doc")
app.add_typer(orders.app, name="order")
app.add_typer(dead.app, name="dead")
app.add_typer(control.app, name="control")
app.add_typer(keys.app, name="key")
app.add_typer(certificates.app, name="cert")
app.add_typer(users.app, name="user")
app.add_typer(ledger.app, name="ledger")
app.add_typer(evidence.app, name="evidence")
app.add_typer(retention.app, name="retention")
app.add_typer(holds.app, name="hold")
documents.register(app)
attention.register(app)
audit.register(app)
demonstration.register(app)
moving.register(app)
backup.register(app)
maintenance.register(app)
erasure.register(app)


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of the ``tally`` command; ends with SystemExit."""
    options, rest = take_global_options(
        sys.argv[1:] if args is None else args, os.environ.get("TALLY_HOME", DEFAULT_HOME)
    )
    _refuse_unnameable(options.home)
    OPTIONS.set(options)
    configure(json_lines=options.json, level=logging.WARNING)
    try:
        sys.exit(app(args=rest, prog_name="tally", standalone_mode=False) or Exit.YES)
    except _CALLED_WRONGLY as error:
        # It repeats what was typed, and what was typed may be the name of somebody else's file.
        error.message = shown(error.message)
        error.show()
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(Exit.NO)
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not complain when it closes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.YES)
    except Exception as error:  # noqa: BLE001 - the command line's edge: exit 1 would say that the answer is no
        structlog.get_logger(__name__).error("unforeseen", exc_info=error)
        warn(f"this is our fault: {type(error).__name__}: {error}. The log above says where it happened.")
        sys.exit(Exit.OURS)


if __name__ == "__main__":
    main()
