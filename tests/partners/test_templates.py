"""Each template is a good profile as it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from canonical.errors import Misconfigured
from partners.loading import LoadedProfile, load
from partners.templates import names, render
from translators.flat.column_map import ColumnMap

SECTIONS = {"csv": TypeAdapter(tuple[ColumnMap, ...]).validate_python}


def check(text: str, partner: str) -> LoadedProfile:
    result = load(text.encode(), file=f"partners/{partner}.yaml", stem=partner, sections=SECTIONS)
    assert isinstance(result, LoadedProfile), [str(problem) for problem in result]
    return result


def test_the_templates_there_are() -> None:
    assert names() == ("as2", "csv-sftp", "folder", "x12-sftp")


@pytest.mark.parametrize("template", names())
@pytest.mark.parametrize("partner", ["acme", "a", "7", "null", "no", "01", "a-very-long-name-with-hyphens-" + "x" * 30])
def test_a_template_loads_without_problems(template: str, partner: str) -> None:
    profile = check(render(template, partner), partner).profile
    assert (profile.partner, profile.name) == (partner, partner)
    assert profile.is_active
    assert profile.x12 is None or profile.x12.usage == "T"


@pytest.mark.parametrize("template", names())
@given(name=st.text(max_size=300))
def test_any_name_can_be_given(template: str, name: str) -> None:
    check(render(template, "acme", name), "acme")


def test_the_name_is_kept_as_people_write_it() -> None:
    name = 'Müller & "Söhne": Nr. 1 # {{partner}}'
    assert check(render("folder", "mueller", name), "mueller").profile.name == name


@pytest.mark.parametrize(
    ("template", "partner", "said"),
    [
        ("x12-sfpt", "acme", "There is no template x12-sfpt. Did you mean x12-sftp?"),
        ("edifact", "acme", "There is no template edifact. There are as2, csv-sftp, folder, x12-sftp."),
        (
            "folder",
            "Acme Inc",
            "'Acme Inc' is not a partner id: use lower-case letters, digits and hyphens, at most 63, e.g. acme-supplies.",
        ),
    ],
)
def test_what_cannot_be_rendered_is_told(template: str, partner: str, said: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        render(template, partner)
    assert raised.value.message == said
