"""The names of files that partners send, made safe to use."""

import re

from ..filenames import objection
from ..printable import UNSEEN

LONGEST = 200
"""Bytes in UTF-8 a name is cut to; room for what the keeper of the file adds."""

_UNWANTED = re.compile(rf'[\x00-\x1f{UNSEEN}<>:"|?*]')


def safe_name(written: str) -> str | None:
    """The last part of a name that may be a path of any system, without what commands or hides; None where nothing is left."""
    last = re.split(r"[/\\]", written)[-1]
    name = _UNWANTED.sub("_", last).strip(" ").lstrip(".").rstrip(". ")
    stem, dot, extension = name.rpartition(".")
    if dot and len(extension.encode("utf-8", "ignore")) < 20:
        name = _cut(stem, LONGEST - len(extension.encode()) - 1) + dot + extension
    name = _cut(name, LONGEST)
    return None if objection(name) else name


def _cut(text: str, size: int) -> str:
    return text.encode("utf-8", "ignore")[:size].decode("utf-8", "ignore")
