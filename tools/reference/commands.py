"""docs/reference/commands.md, from the typer application."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import typer.main

from gateway.cli.console import Exit, GlobalOptions
from gateway.cli.main import _FLAGS, app

from . import markdown, wording

LAUNCHER = Path(__file__).resolve().parents[2] / "tally"


def commands() -> dict[str, Any]:
    """Every command by the words that call it, without ``tally``."""
    return dict(_below(typer.main.get_command(app), ""))


def _below(command: Any, words: str) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield words, command
        return
    for name, inner in command.commands.items():
        yield from _below(inner, f"{words} {name}".strip())


def option_names(command: Any) -> set[str]:
    """What a command takes that begins with a hyphen, ``--help`` and the global options apart."""
    return {name for parameter in command.params for name in parameter.opts if name.startswith("-")}


def global_options() -> set[str]:
    return {"--home", *_FLAGS}


def render() -> str:
    return markdown.page(
        "Commands",
        "the command line itself",
        "`tally` after `pip install`; `./tally` in a checkout.",
        "## Everywhere",
        "These may stand before or after the command. Nothing after `--` is taken for an option.",
        markdown.table(
            ("option", "meaning"),
            [(markdown.code(_spoken(name)), wording.GLOBAL_OPTIONS[name]) for name in sorted(global_options())],
        ),
        "## Exit codes",
        markdown.table(
            ("code", "meaning"), [(str(code.value), wording.EXIT_CODES[code.value]) for code in sorted(Exit)]
        ),
        *(_command(words, command) for words, command in commands().items()),
        "## Only in a checkout",
        "```\n" + "\n".join(_launcher_commands()) + "\n```",
    )


def _spoken(name: str) -> str:
    return f"{name} DIR" if name == "--home" else name


def _command(words: str, command: Any) -> str:
    options = [parameter for parameter in command.params if parameter.opts[0].startswith("-")]
    arguments = [parameter for parameter in command.params if parameter not in options]
    usage = " ".join(["tally", words, *map(_argument, arguments), *(_usage(option, command) for option in options)])
    parts = [f"## {words}", markdown.code(usage), markdown.plain(command.help or "")]
    if command.params:
        rows = [(_name(parameter, command), _meaning(words, parameter)) for parameter in (*arguments, *options)]
        parts.append(markdown.table(("", "meaning"), rows))
    return "\n\n".join(parts)


def _argument(parameter: Any) -> str:
    return str(parameter.name).upper() + ("..." if parameter.nargs == -1 else "")


def _usage(parameter: Any, command: Any) -> str:
    spoken = _option(parameter, command)
    return spoken if parameter.required else f"[{spoken}]"


def _option(parameter: Any, command: Any) -> str:
    """``--limit N``: the option, and what sort of value it takes."""
    kind = str(get_type_hints(inspect.unwrap(command.callback)).get(parameter.name))
    name: str = parameter.opts[0]
    if "bool" in kind:
        return name
    return f"{name} N" if "int" in kind else f"{name} {name.removeprefix('--').upper()}"


def _name(parameter: Any, command: Any) -> str:
    is_option = parameter.opts[0].startswith("-")
    return markdown.code(_option(parameter, command) if is_option else _argument(parameter))


def _key(words: str, parameter: Any) -> str:
    return f"{words} {parameter.opts[0]}"


def _meaning(words: str, parameter: Any) -> str:
    text = parameter.help or wording.OPTIONS[_key(words, parameter)]
    needed = " Required." if parameter.required and parameter.opts[0].startswith("-") else ""
    default = f" Default: {markdown.code(parameter.default)}." if parameter.default not in (None, False) else ""
    return f"{text}{needed}{default}"


def _launcher_commands() -> list[str]:
    return re.findall(r"^#   (\./tally .*)$", LAUNCHER.read_text("utf-8"), re.MULTILINE)


def undocumented() -> list[str]:
    """Commands, options, exit codes and flags that nobody has described, and descriptions of what is gone."""
    known = {name for words, command in commands().items() for name in (_key(words, p) for p in command.params)}
    said = {
        _key(words, parameter)
        for words, command in commands().items()
        for parameter in command.params
        if parameter.help
    }
    missing = [f"tally {words}" for words, command in commands().items() if not command.help]
    missing += sorted(known - said - wording.OPTIONS.keys())
    missing += [f"{name} (described twice, or gone)" for name in wording.OPTIONS if name not in known - said]
    missing += [str(code) for code in Exit if code.value not in wording.EXIT_CODES]
    missing += sorted(global_options() ^ wording.GLOBAL_OPTIONS.keys())
    flagged = {*_FLAGS.values(), "home", "home_given"}
    return missing + [field.name for field in fields(GlobalOptions) if field.name not in flagged]
