"""What every command starts from: the global options, a terminal, and the gateway of the home."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from canonical.errors import TallyError

from ..app import Gateway
from .console import OPTIONS, GlobalOptions, Terminal, fail, usage

P = ParamSpec("P")
R = TypeVar("R")


def options() -> GlobalOptions:
    """The global options of this call."""
    return OPTIONS.get()


def terminal() -> Terminal:
    return Terminal(options())


@contextmanager
def gateway() -> Iterator[Gateway]:
    """The gateway of an existing home."""
    with Gateway.open(options().home) as opened:
        yield opened


MOST = 2**63 - 1
"""The largest number that a database counts to."""


def _refuse_unusable(name: str, value: object) -> None:
    """End the command because of a number beyond what is counted, or a text in bytes that are none; paths may have any bytes."""
    if isinstance(value, int) and abs(value) > MOST:
        usage(f"{name}: {value} is out of the question; no number here is larger than {MOST}.")
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            usage(f"{name}: {value} is no text in UTF-8. Set the terminal to UTF-8, or write it in plain letters.")


def explained(command: Callable[P, R]) -> Callable[P, R]:
    """Have a command end with our errors' own words and exit codes, and not begin with what no command can use."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, value in kwargs.items():
            for each in value if isinstance(value, list) else [value]:
                _refuse_unusable(name.rstrip("_").replace("_", "-"), each)
        try:
            return command(*args, **kwargs)
        except TallyError as error:
            fail(error)

    return run
