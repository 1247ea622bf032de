"""All reference pages, and how each is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import canonical_json, commands, csv_fields, findings, profile, settings

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


@dataclass(frozen=True, slots=True)
class Page:
    """``undocumented`` names everything on the page that nobody has described."""

    name: str
    render: Callable[[], str]
    undocumented: Callable[[], Sequence[str]]


PAGES = (
    Page("commands.md", commands.render, commands.undocumented),
    Page("settings.md", settings.render, settings.undocumented),
    Page("profile.md", profile.render, profile.undocumented),
    Page("csv-fields.md", csv_fields.render, csv_fields.undocumented),
    Page("findings.md", findings.render, findings.undocumented),
    Page("canonical.md", canonical_json.render, canonical_json.undocumented),
    Page("canonical.schema.json", canonical_json.schema, lambda: ()),
)
