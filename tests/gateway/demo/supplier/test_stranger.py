"""The supplier is a stranger: what it proves about the gateway is worth something because it shares nothing with it but AS2 itself."""

import ast
from pathlib import Path

import pytest

from gateway.demo import supplier

FOLDER = Path(supplier.__file__).parent
OURS = {"canonical", "translators", "partners", "spool", "gateway"}
ERRORS = "canonical.errors"
"""How the core of AS2 and the HTTP client say that something went wrong."""
AS2 = {"as2", "exchange.workspace", "listeners.http", "logging", "senders"}
"""What speaks AS2: messages and connections, and nothing that keeps or decides anything."""


def imported(source: Path) -> set[str]:
    """The modules of ours that a file names, those of the gateway without its name."""
    found = set()
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.partition(".")[0] in OURS}
        elif isinstance(node, ast.ImportFrom):
            assert node.level in (0, 1, 3)
            if node.level == 3 or (node.level == 0 and (node.module or "").partition(".")[0] in OURS):
                found.add(node.module or "")
    return found


@pytest.mark.parametrize("source", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_it_imports_nothing_of_ours_but_as2(source: Path) -> None:
    found = imported(source) - {ERRORS}
    if source.name != "as2_account.py":
        assert found == set()
    assert {
        name for name in found if not any(name == allowed or name.startswith(f"{allowed}.") for allowed in AS2)
    } == set()
