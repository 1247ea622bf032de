"""Adjustments of what a warehouse keeps: cause against direction."""

import pytest

from translators import registry

from .trees import tree


@pytest.mark.parametrize(
    ("cause", "quantity", "fits"),
    [
        ("06", "-5", True),
        ("56", "5", True),
        ("AA", "-5", True),
        ("AA", "5", True),
        ("AU", "5", True),
        ("06", "5", False),
        ("56", "-5", False),
    ],
)
def test_a_cause_that_says_more_or_less_must_not_contradict_the_sign(cause: str, quantity: str, fits: bool) -> None:
    source = tree("947", f"W15*20261124*ADJ-1\nN1*WH*Rivermill\nW19*{cause}*{quantity}*CA**VN*A")
    found = [(finding.code, finding.path) for finding in registry.find("947").read(source).findings]
    assert found == ([] if fits else [("adjustment-direction-differs", "W19[1]/02")])
