"""Profiles that the tests of this room start from."""

from partners.loading import LoadedProfile, load

GOOD = """\
partner: acme
name: Acme Supplies
x12:
  us:
    qualifier: ZZ
    id: OURCO
  them:
    qualifier: 01
    id: 123456789
  usage: T
sftp:
  username: acme
documents:
  send: [850]
  receive: [855, 810]
"""


def edited(*edits: tuple[str, str], text: str = GOOD) -> str:
    """``text`` with each first string, which must be there, replaced by the second."""
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


def loaded(text: str = GOOD, stem: str = "acme") -> LoadedProfile:
    """A profile that is known to be good."""
    result = load(text.encode(), file=f"partners/{stem}.yaml", stem=stem, sections={})
    assert isinstance(result, LoadedProfile), [str(problem) for problem in result]
    return result


def another(partner: str, identifier: str) -> LoadedProfile:
    """A second partner, with an interchange ID of its own."""
    return loaded(edited(("acme", partner), ("123456789", identifier)), partner)
