"""Accounts: who may come in, by which token, and that every change of it is on record."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from canonical.errors import Misconfigured, NotFound
from gateway.users.logins import Logins
from gateway.users.tables import BrowserLogin, Right, Role, User
from gateway.users.tokens import commitment_to, digest
from gateway.users.users import Users
from spool.journal import JournalEntry, Step
from tests.gateway.house import House


@pytest.fixture
def users(house: House) -> Users:
    return house.gateway.users


def changes(house: House) -> list[tuple[str, str, Any]]:
    with house.gateway.database.read() as session:
        rows = session.scalars(select(JournalEntry).where(JournalEntry.step == Step.ENTITLED).order_by(JournalEntry.id))
        return [(row.actor, row.outcome, row.detail) for row in rows]


def test_nobody_comes_in_without_a_token(users: Users) -> None:
    assert users.add("ada", Role.AUDITOR, "root") is None
    assert users.by_token("") is None
    token = users.renew_token("ada", "root")
    found = users.by_token(token)
    assert found is not None
    assert (found.name, found.role) == ("ada", Role.AUDITOR)


@pytest.mark.parametrize("wrong", ["", "x", "tally_", "\0", "ä", "\ud800", "x" * 100_000])
def test_what_is_no_token_is_nobodys(users: Users, wrong: str) -> None:
    users.add("ada", Role.AUDITOR, "root")
    token = users.renew_token("ada", "root")
    for tried in (wrong, token + wrong, token[:-1], token.upper()):
        assert (users.by_token(tried) is None) or tried == token


def test_a_new_token_ends_the_one_before_and_its_logins(house: House, users: Users) -> None:
    users.add("ada", Role.AUDITOR, "root")
    logins = Logins(house.gateway.database, house.clock)
    old = users.renew_token("ada", "root")
    cookie = logins.begin(old)
    assert cookie is not None
    assert logins.user(cookie) is not None
    users.renew_token("ada", "root")
    assert users.by_token(old) is None
    assert logins.user(cookie) is None


def test_a_removed_user_is_out_at_once(house: House, users: Users) -> None:
    users.add("ada", Role.AUDITOR, "root")
    logins = Logins(house.gateway.database, house.clock)
    token = users.renew_token("ada", "root")
    cookie = logins.begin(token)
    assert cookie is not None
    users.remove("ada", "root")
    assert (users.by_token(token), logins.user(cookie), users.all()) == (None, None, [])


def test_no_secret_is_kept(house: House, users: Users) -> None:
    users.add("ada", Role.AUDITOR, "root")
    token = users.renew_token("ada", "root")
    cookie = Logins(house.gateway.database, house.clock).begin(token)
    assert cookie is not None
    with house.gateway.database.read() as session:
        kept = [repr(session.execute(select(each.__table__)).all()) for each in (User, BrowserLogin, JournalEntry)]
    assert all("ada" in rows for rows in kept)
    assert not [rows for rows in kept if token in rows or cookie in rows]


def test_every_change_is_on_record(house: House, users: Users) -> None:
    users.add("ada", Role.AUDITOR, "root")
    users.add("ada", Role.AUDITOR, "root")
    token = users.renew_token("ada", "root")
    assert users.add("ada", Role.ADMIN, "eva") is Role.AUDITOR
    again = users.renew_token("ada", "eva")
    users.remove("ada", "eva")
    first, second = (commitment_to(digest(each)) for each in (token, again))
    assert changes(house) == [
        ("root", "user ada added", {"user": "ada", "role": "auditor"}),
        ("root", "token of ada given", {"user": "ada", "token": first}),
        ("eva", "role of ada changed", {"user": "ada", "role": "admin", "before": "auditor"}),
        ("eva", "token of ada renewed", {"user": "ada", "token": second}),
        ("eva", "user ada removed", {"user": "ada", "role": None, "before": "admin"}),
    ]
    assert token not in json.dumps(changes(house))


@pytest.mark.parametrize("name", ["", "A", "-a", "a b", "a/b", "a\n", "x" * 64, "tallystick", "ä"])
def test_what_is_no_name_is_refused(users: Users, name: str) -> None:
    with pytest.raises(Misconfigured, match="is no name for a user"):
        users.add(name, Role.ADMIN, "root")


def test_nobody_is_not_changed(users: Users) -> None:
    with pytest.raises(NotFound, match="tally user list"):
        users.renew_token("nobody", "root")
    with pytest.raises(NotFound, match="tally user list"):
        users.remove("nobody", "root")


def test_what_each_may_do() -> None:
    assert {role: role.rights for role in Role} == {
        Role.AUDITOR: {Right.READ, Right.EXPORT},
        Role.OPERATOR: {Right.READ},
        Role.ADMIN: {Right.READ, Right.EXPORT},
    }


def test_users_are_by_name(users: Users) -> None:
    for name in ("eva", "ada"):
        users.add(name, Role.AUDITOR, "root")
    assert [user.name for user in users.all()] == ["ada", "eva"]
    assert all(isinstance(user, User) and user.token_at is None for user in users.all())
