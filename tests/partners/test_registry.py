"""Applied profiles are kept for good; looking them up is cheap and sees what other processes apply."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured
from canonical.identity import PartnerId
from partners import registry
from partners.loading import LoadedProfile
from partners.registry import Change, ChangeKind, KeyChange
from spool.database.port import Database
from spool.database.sqlite import SqliteDatabase, sqlite_url
from spool.tables import Base

from .samples import GOOD, another, edited, loaded

ACME = PartnerId("acme")
BOLT = PartnerId("bolt")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def apply(database: Database, *profiles: LoadedProfile, hours: int = 0) -> list[tuple[str, str, int]]:
    changes = database.write(
        lambda session: registry.apply(session, profiles, at=NOON + timedelta(hours=hours), by="pat")
    )
    return [(change.partner, change.kind.value, change.version) for change in changes]


def plan(database: Database, *profiles: LoadedProfile) -> tuple[Change, ...]:
    with database.read() as session:
        return registry.plan(session, profiles)


def test_versions_count_up_and_stay(database: Database) -> None:
    second = loaded(edited(("usage: T", "usage: P")))
    assert apply(database, loaded()) == [("acme", "added", 1)]
    assert apply(database, loaded(), hours=1) == [("acme", "unchanged", 1)]
    assert apply(database, second, hours=2) == [("acme", "changed", 2)]
    assert apply(database, loaded(), hours=3) == [("acme", "changed", 3)]
    with database.read() as session:
        versions = registry.history(session, ACME)
        first = registry.version(session, ACME, 1)
        assert registry.version(session, ACME, 4) is None
    assert [(applied.version, applied.applied_at.hour, applied.applied_by) for applied in versions] == [
        (3, 15, "pat"),
        (2, 14, "pat"),
        (1, 12, "pat"),
    ]
    assert first is not None
    assert (first.yaml, first.profile, first.sha256) == (GOOD, loaded().profile, loaded().sha256)


def test_the_version_at_a_moment(database: Database) -> None:
    apply(database, loaded())
    apply(database, loaded(edited(("usage: T", "usage: P"))), hours=2)
    hours = {-1: None, 0: 1, 1: 1, 2: 2, 9: 2}
    with database.read() as session:
        found = {hour: registry.at(session, ACME, NOON + timedelta(hours=hour)) for hour in hours}
    assert {hour: applied and applied.version for hour, applied in found.items()} == hours


HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21l$RdescudvJCsgt3ub+b3dWRWJTmaaJObG"
KEYS = [
    (("usage: T", "usage: P"), [KeyChange("x12.usage", "T", "P")]),
    (("[855, 810]", "[855]"), [KeyChange("documents.receive", ["855", "810"], ["855"])]),
    (("usage: T", "usage: T # soon P"), []),
    (("usage: T", 'usage: T\n  version: "004010"'), []),
    (
        ("name: Acme Supplies", "name: Acme Supplies\ncontacts: [{name: Jo}]"),
        [KeyChange("contacts[1].name", None, "Jo")],
    ),
    (("sftp:\n  username: acme\n", "folder: true\n"), [
        KeyChange("sftp.username", "acme", None),
        KeyChange("sftp.max_file_size", "64MiB", None),
        KeyChange("folder", False, True),
    ]),
    (("username: acme", f"username: acme\n  password_hash: {HASH}"), [
        KeyChange("sftp.password_hash", None, "sha256:6ec25824711d"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "keys"), KEYS, ids=[row[0][1] for row in KEYS])
def test_a_plan_shows_each_key_before_and_after(
    database: Database, edit: tuple[str, str], keys: list[KeyChange]
) -> None:
    apply(database, loaded())
    assert plan(database, loaded(edited(edit))) == (Change(ACME, ChangeKind.CHANGED, 2, tuple(keys)),)


def test_a_plan_changes_nothing(database: Database) -> None:
    assert plan(database, loaded()) == (Change(ACME, ChangeKind.ADDED, 1),)
    with database.read() as session:
        assert registry.all(session) == ()
        assert registry.current(session, ACME) is None


def test_a_removed_file_ends_nothing(database: Database) -> None:
    apply(database, loaded(), another("bolt", "BOLT"))
    assert apply(database, another("bolt", "BOLT"), hours=1) == [("acme", "removed", 1), ("bolt", "unchanged", 1)]
    with database.read() as session:
        assert [applied.partner for applied in registry.all(session)] == ["acme", "bolt"]
        assert registry.by_sftp_username(session, "acme") is not None


def test_a_removed_partner_cannot_be_impersonated_before_it_is_suspended(database: Database) -> None:
    apply(database, loaded())
    successor = loaded(edited(("partner: acme", "partner: bolt")), "bolt")
    with pytest.raises(Misconfigured, match=r"already that of acme \(removed, but version 1 is in force\)"):
        apply(database, successor)
    with database.read() as session:
        assert registry.current(session, BOLT) is None
    apply(database, loaded(GOOD + "status: suspended\n"), successor)
    with database.read() as session:
        heir = registry.by_interchange(session, "01", "123456789", "ZZ", "OURCO")
        account = registry.by_sftp_username(session, "acme")
    assert heir is not None
    assert account is not None
    assert (heir.partner, account.partner) == ("bolt", "bolt")


ADDRESSES = [
    (("01", "123456789", "ZZ", "OURCO"), "acme"),
    (("01", "123456789      ", "ZZ", "OURCO          "), "acme"),
    (("01", "BOLT", "ZZ", "OURCO"), "bolt"),
    (("ZZ", "123456789", "ZZ", "OURCO"), None),
    (("01", "123456789", "ZZ", "OTHER"), None),
    (("ZZ", "OURCO", "01", "123456789"), None),
]


@pytest.mark.parametrize(("address", "partner"), ADDRESSES)
def test_an_interchange_is_known_by_both_addresses(
    database: Database, address: tuple[str, str, str, str], partner: str | None
) -> None:
    apply(database, loaded(), another("bolt", "BOLT"))
    with database.read() as session:
        found = registry.by_interchange(session, *address)
    assert (found and found.partner) == partner


def test_a_suspended_partner_cannot_log_in_but_its_interchanges_are_recognised(database: Database) -> None:
    apply(database, loaded(GOOD + "status: suspended\n"))
    with database.read() as session:
        assert registry.by_sftp_username(session, "acme") is None
        found = registry.by_interchange(session, "01", "123456789", "ZZ", "OURCO")
    assert found is not None
    assert not found.profile.is_active


def usage(session: Session) -> str | None:
    applied = registry.current(session, ACME)
    return applied.profile.x12.usage if applied is not None and applied.profile.x12 is not None else None


def in_force(database: Database) -> str | None:
    with database.read() as session:
        return usage(session)


def test_what_another_process_applies_is_seen_at_once(database: Database) -> None:
    with SqliteDatabase(database.url) as other:
        apply(other, loaded())
        assert in_force(database) == "T"
        apply(other, loaded(edited(("usage: T", "usage: P"))))
        assert in_force(database) == "P"


def test_an_open_reader_goes_on_seeing_what_it_saw(database: Database) -> None:
    apply(database, loaded())
    with database.read() as session:
        assert usage(session) == "T"
        apply(database, loaded(edited(("usage: T", "usage: P"))))
        assert in_force(database) == "P"
        assert usage(session) == "T"
    assert in_force(database) == "P"


def test_what_was_rolled_back_is_not_remembered(database: Database) -> None:
    def fail(session: Session) -> None:
        registry.apply(session, [loaded(edited(("usage: T", "usage: P")))], at=NOON, by="pat")
        assert usage(session) == "P"
        raise LookupError

    with pytest.raises(LookupError):
        database.write(fail)
    assert database.write(usage) is None
    apply(database, loaded())
    assert database.write(usage) == "T"


def test_two_databases_do_not_share_what_they_remember(database: Database, tmp_path: Path) -> None:
    apply(database, loaded())
    assert in_force(database) == "T"
    with SqliteDatabase(sqlite_url(tmp_path / "other.db")) as other:
        with other.migration() as connection:
            Base.metadata.create_all(connection)
        apply(other, loaded(edited(("usage: T", "usage: P"))))
        assert (in_force(other), in_force(database)) == ("P", "T")


def test_looking_up_again_asks_for_one_row(database: Database) -> None:
    apply(database, *(another(f"p{number}", f"ID{number}") for number in range(20)))
    statements: list[str] = []
    with database.read() as session:
        registry.by_sftp_username(session, "p7")
        event.listen(session.connection(), "before_cursor_execute", lambda *seen: statements.append(seen[2]))
        for number in range(20):
            assert registry.by_interchange(session, "01", f"ID{number}", "ZZ", "OURCO") is not None
    assert len(statements) == 20
    assert all("yaml" not in statement for statement in statements)


def test_a_version_this_release_cannot_read_says_so(database: Database) -> None:
    def spoil(session: Session) -> None:
        row = session.query(registry.ProfileVersion).one()
        row.profile = {**row.profile, "status": "asleep"}

    apply(database, loaded())
    database.write(spoil)
    with pytest.raises(Misconfigured, match=r"Version 1 of the profile of acme is not understood .* status: "):
        database.write(usage)
