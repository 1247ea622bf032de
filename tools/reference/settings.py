"""docs/reference/settings.md, from gateway/settings.py and every TALLY_* variable that is read elsewhere."""

import re
from pathlib import Path

from annotated_types import Ge, Gt, Le, Lt

from gateway.settings import TOML_NAME, Settings

from . import markdown, wording

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "TALLY_"
READERS = ("tally", "tools/environment.py", *(f"{room}/**/*.py" for room in ("gateway", "partners", "spool")))
PLACEHOLDERS = {"TALLY_NAME"}
"""What stands for any of the names in texts for people."""


def render() -> str:
    return markdown.page(
        "Settings",
        "`gateway/settings.py`",
        f"A home's settings are in its `{TOML_NAME}`; `tally init` writes one with every setting, commented out at its default. "
        f"A variable `{PREFIX}...` in the environment wins over the file. An unknown key, or a value out of its range, stops the "
        "command with the name of the file and the key. `tally serve` reads the settings when it starts.",
        markdown.table(
            (f"in {TOML_NAME}", "in the environment", "value", "default", "meaning"),
            list(map(_row, Settings.model_fields)),
        ),
        "## Variables that are no settings",
        markdown.table(
            ("variable", "meaning"), [(markdown.code(name), text) for name, text in wording.OTHER_VARIABLES.items()]
        ),
    )


def _row(name: str) -> tuple[str, ...]:
    field = Settings.model_fields[name]
    default = "" if field.default is None else markdown.value(field.default)
    kind = f"{markdown.type_words(field.annotation)}{_bounds(field.metadata)}"
    return markdown.code(name), markdown.code(variable(name)), kind, default, field.description or ""


def variable(name: str) -> str:
    """The environment's name for a setting."""
    return PREFIX + name.upper()


def _bounds(metadata: list[object]) -> str:
    words = []
    for bound in metadata:
        match bound:
            case Ge(ge=limit):
                words.append(f"{limit} or more")
            case Gt(gt=limit):
                words.append(f"more than {limit}")
            case Le(le=limit) | Lt(lt=limit):
                words.append(f"at most {limit}")
    return f" ({', '.join(words)})" if words else ""


def variables_read() -> set[str]:
    """The names TALLY_* that occur in what runs."""
    texts = (path.read_text("utf-8") for reader in READERS for path in ROOT.glob(reader))
    found = {name for text in texts for name in re.findall(rf"\b{PREFIX}[A-Z][A-Z_]*[A-Z]\b", text)}
    return found - PLACEHOLDERS


def undocumented() -> list[str]:
    known = {variable(name) for name in Settings.model_fields} | wording.OTHER_VARIABLES.keys()
    unsaid = [name for name, field in Settings.model_fields.items() if not field.description]
    return unsaid + sorted(variables_read() - known)
