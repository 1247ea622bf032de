"""What every command starts from: the global options, a terminal, and the gateway of the home."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from canonical.errors import TallyError

from ..app import Gateway
from .console import OPTIONS, GlobalOptions, Terminal, fail

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


def explained(command: Callable[P, R]) -> Callable[P, R]:
    """Have a command end with our errors' own words and exit codes."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except TallyError as error:
            fail(error)

    return run
