"""The revisions themselves are compared with the declared tables where all rooms meet; here, how they are applied."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Enum, ForeignKey, Integer, MetaData, String, Table, inspect, text

from canonical.errors import Misconfigured
from spool import migrate, revisions
from spool.database.port import Database
from spool.database.sqlite import SqliteDatabase, sqlite_url
from spool.states import ReceiptState
from spool.tables import JSON_VALUE, NAMING_CONVENTION, UtcDateTime
from tools.new_migration import write_revision


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    folder = tmp_path / "100% versions"
    folder.mkdir()
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    with SqliteDatabase(sqlite_url(tmp_path / "empty.db")) as database:
        yield database


def first_schema() -> MetaData:
    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    Table("parent", metadata, Column("id", Integer, primary_key=True), Column("name", String, nullable=False))
    Table(
        "child",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("parent", ForeignKey("parent.id"), nullable=False),
        Column("at", UtcDateTime),
        Column("detail", JSON_VALUE),
        Column("state", Enum(ReceiptState, native_enum=False, length=32)),
    )
    return metadata


def second_schema() -> MetaData:
    """``name`` may be absent: on SQLite the whole table, to which others refer, is rebuilt."""
    metadata = first_schema()
    metadata.tables["parent"].c.name.nullable = True
    return metadata


def tables(database: Database) -> set[str]:
    with database.read() as session:
        return set(inspect(session.connection()).get_table_names())


def test_revisions_lead_to_the_declared_tables(empty: Database, versions: Path) -> None:
    written = write_revision(first_schema(), "first tables", versions)
    assert written is not None
    assert written.name == "0001_first_tables.py"
    assert revisions.differences(empty, first_schema()) != []
    migrate.upgrade(empty, versions=versions)
    assert revisions.differences(empty, first_schema()) == []
    migrate.upgrade(empty, versions=versions)


def test_a_revision_names_what_is_stored_not_our_classes(versions: Path) -> None:
    written = write_revision(first_schema(), "first tables", versions)
    assert written is not None
    source = written.read_text()
    assert "spool" not in source
    assert 'sa.Column("state", sa.String(length=32)' in source.replace("'", '"')


def test_where_nothing_differs_there_is_no_revision(versions: Path) -> None:
    assert write_revision(first_schema(), "first tables", versions) is not None
    assert write_revision(first_schema(), "again", versions) is None


def test_a_table_that_is_rebuilt_keeps_its_rows_and_those_that_refer_to_it(empty: Database, versions: Path) -> None:
    write_revision(first_schema(), "first tables", versions)
    migrate.upgrade(empty, versions=versions)
    empty.write(lambda session: session.execute(text("INSERT INTO parent VALUES (1, 'acme')")).close())
    empty.write(lambda session: session.execute(text("INSERT INTO child (id, parent) VALUES (1, 1)")).close())
    assert write_revision(second_schema(), "names may be absent", versions) is not None
    migrate.upgrade(empty, versions=versions)
    assert revisions.differences(empty, second_schema()) == []
    with empty.read() as session:
        assert session.execute(text("SELECT parent.name FROM child JOIN parent ON parent.id = parent")).all() == [
            ("acme",)
        ]


def test_an_upgrade_that_fails_changes_nothing(empty: Database, versions: Path) -> None:
    write_revision(first_schema(), "first tables", versions)
    write_revision(second_schema(), "second", versions)
    (second,) = versions.glob("0002*")
    second.write_text(second.read_text() + "    raise RuntimeError('power cut')\n")
    with pytest.raises(RuntimeError):
        migrate.upgrade(empty, versions=versions)
    assert tables(empty) == set()


def test_a_database_of_a_newer_program_is_refused_untouched(empty: Database, versions: Path) -> None:
    write_revision(first_schema(), "first tables", versions)
    migrate.upgrade(empty, versions=versions)
    empty.write(lambda session: session.execute(text("UPDATE alembic_version SET version_num = '0042'")).close())
    with pytest.raises(
        Misconfigured, match=r"made by a newer Tallystick \(schema 0042; this program knows up to 0001\)"
    ):
        migrate.upgrade(empty, versions=versions)


def test_a_database_of_somebody_else_is_refused_untouched(empty: Database, versions: Path) -> None:
    write_revision(first_schema(), "first tables", versions)
    with empty.migration() as connection:
        connection.execute(text("CREATE TABLE recipes (id INTEGER)"))
    with pytest.raises(Misconfigured, match=r"was not made by Tallystick.*recipes"):
        migrate.upgrade(empty, versions=versions)
    assert tables(empty) == {"recipes"}
