"""The list of findings is complete, documented and stable."""

import ast
import inspect
import itertools
import re

import pytest

from canonical.finding import Severity
from translators.x12 import findings
from translators.x12.findings import VALUE_LENGTH, Code, finding, severity


def documented() -> dict[str, str]:
    """Each code with the sentence that stands below it."""
    (definition,) = (
        node
        for node in ast.parse(inspect.getsource(findings)).body
        if isinstance(node, ast.ClassDef) and node.name == "Code"
    )
    sentences: dict[str, str] = {}
    for before, after in itertools.pairwise(definition.body):
        if isinstance(before, ast.Assign) and isinstance(after, ast.Expr):
            assert isinstance(before.targets[0], ast.Name)
            assert isinstance(after.value, ast.Constant)
            sentences[before.targets[0].id] = str(after.value.value)
    return sentences


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_sentence(code: Code) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code.value)
    assert len(documented()[code.name]) > 20


def test_weights() -> None:
    assert severity(Code.MISSING_SEGMENT) is Severity.ERROR
    assert severity(Code.ISA_VALUE) is Severity.WARNING
    assert severity(Code.LINE_BREAKS) is Severity.NOTE


def test_a_long_value_is_cut() -> None:
    assert finding(Code.TOO_LONG, "...", value="x" * 10_000).value == "x" * VALUE_LENGTH
