"""What is in force is what was applied, and an auditor is told of changes from that."""

from hashlib import sha256

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.gateway.audit.asking import told
from tests.gateway.house import House

from .tampering import found_after, places

EDITED = (
    "json_set(profile, '$.x12.usage', 'P')",
    "json_set(profile, '$.name', 'Evil')",
    "json_remove(profile, '$.x12')",
    'json_set(profile, \'$.sftp\', json(\'{"username": "evil", "public_keys": ["ssh-ed25519 AAAA"]}\'))',
)
BEFORE_IT_WAS_TOLD = "UPDATE journal_entry SET detail = json_remove(detail, '$.profile') WHERE step = 'agreed'"


@pytest.mark.parametrize("edited", EDITED)
def test_what_is_in_force_is_what_was_applied(traded: House, edited: str) -> None:
    statement = f"UPDATE profile_version SET profile = {edited} WHERE partner = 'acme'"
    assert [row[3] for row in found_after(traded, statement)] == ["profile"]


@pytest.mark.parametrize("edited", EDITED)
def test_before_its_digest_was_told_it_is_what_its_text_says(traded: House, edited: str) -> None:
    statement = f"UPDATE profile_version SET profile = {edited} WHERE partner = 'acme'"
    assert found_after(traded, BEFORE_IT_WAS_TOLD) == []
    assert {row[3] for row in found_after(traded, BEFORE_IT_WAS_TOLD, statement)} == {"profile"}


def test_a_text_that_this_release_does_not_understand_is_not_compared(traded: House) -> None:
    """What it was is bound by the digest of its text alone."""
    text_of_then = "partner: acme\nof_then: true\n"
    digest = sha256(text_of_then.encode()).hexdigest()
    found = found_after(
        traded,
        BEFORE_IT_WAS_TOLD,
        f"UPDATE profile_version SET yaml = '{text_of_then}', sha256 = '{digest}' WHERE partner = 'acme'",
        f"UPDATE journal_entry SET detail = json_set(detail, '$.sha256', '{digest}') WHERE step = 'agreed' AND partner = 'acme'",
    )
    assert found == []


@pytest.mark.parametrize("before", [False, True])
def test_changes_are_told_from_what_was_applied(house: House, *, before: bool) -> None:
    """Whoever puts the profile of another version in its place hides nothing."""
    house.amend("acme", ("usage: T", "usage: P"))
    changes = told(house, "configuration", "version", "key", "before", "after", partner="acme")
    assert (2, "x12.usage", '"T"', '"P"') in changes

    def hide(session: Session) -> None:
        if before:
            session.execute(text(BEFORE_IT_WAS_TOLD))
        session.execute(
            text(
                "UPDATE profile_version SET profile = (SELECT profile FROM profile_version WHERE partner = 'acme' AND version = 1)"
            )
        )

    house.gateway.database.write(hide)
    assert told(house, "configuration", "version", "key", "before", "after", partner="acme") == changes


def test_which_version_is_in_force_is_told(house: House) -> None:
    """It is the one that was applied last."""
    house.amend("acme", ("usage: T", "usage: P"))
    statement = "UPDATE profile_version SET id = 7 * id WHERE partner = 'acme' AND version = 1"
    assert places(found_after(house, statement)) == {("profile_version", "id")}
