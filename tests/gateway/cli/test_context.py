"""What no command can use is refused in words by every command, whatever it is given for."""

import inspect
from enum import Enum
from pathlib import Path
from typing import Any, cast, get_args, get_type_hints

import pytest

from gateway.cli.console import Exit
from tools.reference import commands

from .calling import Tally

NO_TEXT = "Gr\udcfc\udcdfe"
"""Latin-1 in a terminal of UTF-8, as Python hands it over."""

NUMBERS = ("99999999999999999999", "-99999999999999999999")

SOMETHING = {str: "x", int: "1", Path: "x"}


def _kind(command: Any, parameter: Any) -> type:
    """What a parameter takes, or each of the values that it takes."""
    hint = get_type_hints(inspect.unwrap(command.callback))[parameter.name]
    while get_args(hint):
        hint = get_args(hint)[0]
    return cast("type", hint)


def _cases(kind: type) -> list[Any]:
    return [
        pytest.param(words, command, parameter, id=f"{words} {parameter.name}")
        for words, command in commands.commands().items()
        for parameter in command.params
        if _kind(command, parameter) is kind
    ]


def _call(tally: Tally, words: str, command: Any, parameter: Any, value: str) -> tuple[int, str]:
    """Call a command with this value, and with something for all else that it cannot do without."""
    options, arguments = [], []
    for each in command.params:
        if each is not parameter and not each.required:
            continue
        given = value if each is parameter else _something(_kind(command, each))
        name = next((name for name in each.opts if name.startswith("-")), None)
        if name is None:
            arguments.append(given)
        else:
            options.append(f"{name}={given}" if name.startswith("--") else f"{name}{given}")
    called = tally(*words.split(), *options, "--", *arguments)
    return called.code, called.out + called.err


def _something(kind: type) -> str:
    return str(next(iter(kind))) if issubclass(kind, Enum) else SOMETHING[kind]


@pytest.mark.parametrize(("words", "command", "parameter"), _cases(str))
def test_bytes_that_are_no_text(tally: Tally, words: str, command: Any, parameter: Any) -> None:
    code, told = _call(tally, words, command, parameter, NO_TEXT)
    assert code == Exit.USAGE
    assert "Gr��e" in told


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(("words", "command", "parameter"), _cases(int))
def test_numbers_beyond_reason(tally: Tally, words: str, command: Any, parameter: Any, number: str) -> None:
    code, told = _call(tally, words, command, parameter, number)
    assert code == Exit.USAGE
    assert "this is our fault" not in told


def test_the_largest_number_is_none_of_them(tally: Tally) -> None:
    assert tally("doc", "list", "--limit", str(2**63 - 1)).code == Exit.YES
