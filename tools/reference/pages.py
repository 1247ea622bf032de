"""All pages written from the code, and how each is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import canonical_json, commands, csv_fields, findings, profile, settings

FOLDER = Path(__file__).resolve().parents[2] / "docs"


@dataclass(frozen=True, slots=True)
class Page:
    """``name`` is the path below docs; ``undocumented`` names everything on the page that nobody has described."""

    name: str
    render: Callable[[], str]
    undocumented: Callable[[], Sequence[str]]


PAGES = (
    Page("reference/commands.md", commands.render, commands.undocumented),
    Page("reference/settings.md", settings.render, settings.undocumented),
    Page("reference/profile.md", profile.render, profile.undocumented),
    Page("reference/csv-fields.md", csv_fields.render, csv_fields.undocumented),
    Page("findings.md", findings.render, findings.undocumented),
    Page("reference/canonical.md", canonical_json.render, canonical_json.undocumented),
    Page("reference/canonical.schema.json", canonical_json.schema, lambda: ()),
)
