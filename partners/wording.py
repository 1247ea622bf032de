"""How faults in what somebody wrote are worded."""

import re
from collections.abc import Callable

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


def wrong(message: str, hint: str = "", *, key: tuple[str, ...] = ()) -> PydanticCustomError:
    """A fault in what somebody wrote, with what to do about it; ``key`` leads from the checked section to the place."""
    # The texts go in as values, because a template would take braces in them for placeholders.
    return PydanticCustomError("profile", "{message}", {"message": message, "hint": hint, "key": key})


def quoted(value: object) -> str:
    """A value as a message shows it: in double quotes, shortened, on one line."""
    text = str(value)
    text = text if len(text) <= 40 else text[:39] + "…"
    return '"' + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text) + '"'


def matches(pattern: str, message: str, hint: Callable[[str], str] = lambda _: "") -> AfterValidator:
    """The check that a text is of a pattern as a whole; ``hint`` guesses from what was written what was meant."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise wrong(f"{quoted(value)} {message}", hint(value))
        return value

    return AfterValidator(check)
