import pytest

from canonical.errors import Misconfigured
from spool.database.opening import open_database
from spool.database.urls import for_programs, parsed, shown


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:tally:hidden@db/tally",
        "postgresql+psycopg//tally:hidden@db/tally",
        "garbage:hidden",
        "postgresql+psycopg://tally:hidden@pw@db/tally",
        "postgresql+psycopg://tally:hidden@db:port/tally",
        "postgresql+psycopg://tally:hidden@[::1/tally",
        "mysql://tally:hidden@db/tally",
        "",
    ],
)
def test_what_is_no_url_of_ours_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        open_database(url)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("postgresql+psycopg://tally:hidden@db/tally", "postgresql+psycopg://tally:***@db/tally"),
        (
            "postgresql+psycopg://tally@/tally?host=db&password=hidden",
            "postgresql+psycopg://tally@/tally?host=db&password=%2A%2A%2A",
        ),
        ("sqlite:////var/lib/tally.db", "sqlite:////var/lib/tally.db"),
    ],
)
def test_what_is_secret_in_a_url_is_not_shown(url: str, seen: str) -> None:
    assert shown(parsed(url)) == seen


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("postgresql+psycopg://tally:hidden@db:5433/tally", "postgresql://tally@db:5433/tally"),
        (
            "postgresql+psycopg://tally@/tally?host=%2Ftmp&password=hidden&sslmode=require",
            "postgresql://tally@/tally?host=%2Ftmp&sslmode=require",
        ),
    ],
)
def test_what_the_programs_of_postgresql_are_given(url: str, given: str) -> None:
    assert for_programs(parsed(url)) == given
