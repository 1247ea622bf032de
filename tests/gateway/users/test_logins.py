"""Browsers that are logged in: for an hour, a few at a time, until they log out."""

import pytest

from gateway.users.logins import LASTS, MOST, Logins
from gateway.users.tables import Role
from tests.gateway.house import House


@pytest.fixture
def logins(house: House) -> Logins:
    return Logins(house.gateway.database, house.clock)


@pytest.fixture
def token(house: House) -> str:
    house.gateway.users.add("ada", Role.AUDITOR, "root")
    return house.gateway.users.renew_token("ada", "root")


def begun(logins: Logins, token: str) -> str:
    cookie = logins.begin(token)
    assert cookie is not None
    return cookie


def test_a_login_lasts_an_hour(house: House, logins: Logins, token: str) -> None:
    cookie = begun(logins, token)
    house.clock.advance(seconds=LASTS.total_seconds() - 1)
    assert logins.user(cookie) is not None
    house.clock.advance(seconds=1)
    assert logins.user(cookie) is None


def test_after_the_log_out_the_cookie_is_nobodys(logins: Logins, token: str) -> None:
    mine, other = begun(logins, token), begun(logins, token)
    logins.end(mine)
    assert logins.user(mine) is None
    assert logins.user(other) is not None


def test_a_role_that_changes_holds_at_once(house: House, logins: Logins, token: str) -> None:
    cookie = begun(logins, token)
    house.gateway.users.add("ada", Role.OPERATOR, "root")
    user = logins.user(cookie)
    assert user is not None
    assert user.role is Role.OPERATOR


def test_a_wrong_token_begins_nothing(logins: Logins, token: str) -> None:
    assert logins.begin(token[:-1]) is None
    assert logins.begin("") is None


def test_somebody_who_logs_in_for_ever_has_few_logins(house: House, logins: Logins, token: str) -> None:
    cookies = []
    for _ in range(MOST + 3):
        cookies.append(begun(logins, token))
        house.clock.advance(seconds=1)
    assert [logins.user(cookie) is not None for cookie in cookies] == [False] * 3 + [True] * MOST
