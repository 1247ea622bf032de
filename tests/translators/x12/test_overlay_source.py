"""Reading overlays. What is told of each mistake, with file, line and key, is in tests/gateway/test_partner_rules.py."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from canonical.errors import Misconfigured
from translators.x12.overlay_source import parse, parsed

CHANGE = {"name": "r", "at": "REF", "use": "required"}


def test_a_section_that_was_good_is_read_once() -> None:
    assert parsed([{"set": 850, "changes": [CHANGE]}]) is parsed([{"set": 850, "changes": [CHANGE]}])


def test_what_this_release_does_not_understand_says_where() -> None:
    with pytest.raises(Misconfigured, match=r"rules\.0\.changes\.0\.at: there is no REX in a 850\."):
        parsed([{"set": "850", "changes": [CHANGE | {"at": "REX"}]}])


VERSIONS = [
    ("004010", "REF", True),
    ("004010VICS", "REF", True),
    ("004010", "CRC", False),
    ("005010", "CRC", True),
    (None, "CRC", True),
]
"""The CRC of an 810 came with 005010."""


@pytest.mark.parametrize(("version", "at", "good"), VERSIONS)
def test_a_place_must_be_in_a_version_that_is_meant(version: str | None, at: str, good: bool) -> None:
    written = {"set": "810", "changes": [CHANGE | {"at": at}]} | ({"version": version} if version else {})
    if good:
        assert parse([written])[0].version == version
    else:
        with pytest.raises(ValidationError):
            parse([written])


_KEYS = ["set", "changes", "checks", "name", "at", "codes", "must", "each", "when", "compare", "where", "any_of", "max"]
_SCALARS = st.one_of(st.none(), st.integers(), st.text(max_size=5), st.sampled_from(["850", "REF", "REF/01", "price"]))
_ANYTHING: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=5),
    max_leaves=12,
)


@given(st.lists(_ANYTHING, max_size=2))
def test_whatever_is_written_is_read_or_refused(written: list[Any]) -> None:
    with suppress(ValidationError):
        assert len(parse(written)) == len(written)
