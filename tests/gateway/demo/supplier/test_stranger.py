"""The supplier is a stranger: what it proves about the gateway is worth something because it shares nothing with it."""

import ast
from pathlib import Path

import pytest

from gateway.demo import supplier

FOLDER = Path(supplier.__file__).parent
OURS = {"canonical", "translators", "partners", "spool", "gateway"}


@pytest.mark.parametrize("source", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_it_imports_nothing_of_ours(source: Path) -> None:
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert not {alias.name.partition(".")[0] for alias in node.names} & OURS
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1
            assert node.level == 1 or (node.module or "").partition(".")[0] not in OURS
