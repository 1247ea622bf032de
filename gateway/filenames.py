"""Names of files as partners give them: which are unfinished, and which cannot be taken as they are."""

TEMPORARY_SUFFIXES = (".filepart", ".tmp", ".part")
"""What common clients append to a name while they upload; case does not matter."""

MAX_NAME_BYTES = 255
"""Longest name in UTF-8 bytes that file systems keep."""


RESERVED_BYTES = 32
"""Room left in a derived name for what tells it from an earlier one."""


def is_temporary(name: str) -> bool:
    """Whether a file of this name is still being written: it counts once it is renamed."""
    return name.startswith(".") or name.lower().endswith(TEMPORARY_SUFFIXES)


def derived(name: str, suffix: str) -> str:
    """The name of a file that goes with another: that one's name, cut where ``suffix`` would make it too long, and ``suffix``."""
    room = MAX_NAME_BYTES - RESERVED_BYTES - len(suffix.encode("utf-8"))
    return name.encode("utf-8")[:room].decode("utf-8", "ignore") + suffix


def objection(name: str) -> str | None:
    """Why a single file name cannot be taken, as the end of a sentence, or None when it can."""
    if not name or name in {".", ".."} or "/" in name:
        return "is not the name of a file"
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in name):
        return "contains control characters"
    try:
        encoded = name.encode("utf-8")
    except UnicodeEncodeError:
        return "is not UTF-8"
    if len(encoded) > MAX_NAME_BYTES:
        return f"is longer than {MAX_NAME_BYTES} bytes"
    return None
