"""`tally user`: accounts, roles and tokens at the command line."""

import pytest

from gateway.cli.console import Exit
from tests.gateway.house import House

from .calling import ME, Tally


def test_an_account_and_its_token(house: House, tally: Tally) -> None:
    assert "Next: `tally user token ada`" in tally("user", "add", "ada", "--role", "auditor").out
    assert "none: cannot log in" in tally("user", "list").out
    token = tally("user", "token", "ada").out.splitlines()[0]
    user = house.gateway.users.by_token(token)
    assert user is not None
    assert (user.name, user.added_by) == ("ada", ME)
    [listed] = tally("--json", "user", "list").json
    assert (listed["name"], listed["role"], listed["token_at"] is not None) == ("ada", "auditor", True)
    assert token not in tally("user", "list").out
    assert "logged out everywhere" in tally("user", "remove", "ada").out
    assert tally("--json", "user", "list").json == []


def test_another_role(tally: Tally) -> None:
    tally("user", "add", "ada", "--role", "auditor")
    assert "nothing was changed" in tally("user", "add", "ada", "--role", "auditor").out
    assert "ada is admin now, and was auditor" in tally("user", "add", "ada", "--role", "admin").out
    called = tally("--json", "user", "add", "ada", "--role", "operator")
    assert called.json == {"name": "ada", "role": "operator", "before": "admin"}


def test_a_token_for_programs(tally: Tally) -> None:
    tally("user", "add", "ada", "--role", "auditor")
    assert set(tally("--json", "user", "token", "ada").json) == {"name", "token"}


@pytest.mark.parametrize(
    "words", [("token", "nobody"), ("remove", "nobody"), ("add", "No Body", "--role", "admin"), ("add", "ada")]
)
def test_what_cannot_be_done_is_wrong_usage(tally: Tally, words: tuple[str, ...]) -> None:
    assert tally("user", *words).code == Exit.USAGE
