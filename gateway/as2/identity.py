"""AS2-From and AS2-To: the names by which the two sides of an exchange know each other (RFC 4130, section 6.2)."""

import re

LONGEST = 128
"""Characters a name may have."""

_PRINTABLE = re.compile(r"[ -~]*")
_ESCAPED = re.compile(r"\\(.)")
_MUST_BE_QUOTED = re.compile(r'[ "\\]')


def read_name(text: str) -> str:
    """The name in a header field: what is between the quotes, if there are any, with escapes undone.

    Quotes are no part of the name; case and blanks inside are. A name with blanks that should have been quoted is taken as it is.
    """
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return _ESCAPED.sub(r"\1", text[1:-1])
    return text


def written_name(name: str) -> str:
    """The name as a header field has it: quoted where it has blanks, quotes or backslashes."""
    if not _MUST_BE_QUOTED.search(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def objection(name: str) -> str | None:
    """Why a name can be none, as the end of a sentence, or None where it can."""
    if not name.strip():
        return "is empty"
    if len(name) > LONGEST:
        return f"has {len(name)} characters; at most {LONGEST} are allowed"
    if not _PRINTABLE.fullmatch(name):
        return "has characters beyond printable ASCII"
    return None
