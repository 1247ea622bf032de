"""Profiles to start from: commented YAML that loads as it is."""

import difflib
import json
import re
from importlib import resources

from canonical.errors import Misconfigured

from .profile import is_partner_id

_FOLDER = resources.files(__package__) / "templates"

_PLACEHOLDER = re.compile(r'"\{\{name\}\}"|\{\{\w+\}\}')


def names() -> tuple[str, ...]:
    """The templates there are."""
    return tuple(sorted(file.name.removesuffix(".yaml") for file in _FOLDER.iterdir() if file.name.endswith(".yaml")))


def render(template: str, partner: str, name: str | None = None) -> str:
    """The text of ``partners/<partner>.yaml`` for a new partner; without a ``name`` the id stands in for it.

    Raises :class:`canonical.errors.Misconfigured` for an unknown template or an id that cannot name a partner.
    """
    if template not in names():
        close = difflib.get_close_matches(template, names(), n=1)
        hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(names())}."
        raise Misconfigured(f"There is no template {template}. {hint}")
    if not is_partner_id(partner):
        raise Misconfigured(
            f"{partner!r} is not a partner id: use lower-case letters, digits and hyphens, at most 63, e.g. acme-supplies."
        )
    printable = "".join(character for character in name or "" if character.isprintable())
    shown = " ".join(printable.split())[:200] or partner
    values = {
        '"{{name}}"': json.dumps(shown, ensure_ascii=False),
        "{{name}}": shown,
        "{{interchange_id}}": partner.upper()[:15].rstrip("-").ljust(2, "X"),
        "{{partner}}": partner,
        "{{variable}}": partner.upper().replace("-", "_"),
    }
    text = (_FOLDER / f"{template}.yaml").read_text("utf-8")
    return _PLACEHOLDER.sub(lambda found: values[found[0]], text)
