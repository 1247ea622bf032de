"""The tables the rooms declare and the revisions that make them agree."""

from gateway import schema
from spool.migrate import differences

from .house import House


def test_an_upgraded_database_has_exactly_the_declared_tables(house: House) -> None:
    assert differences(house.gateway.database, schema.metadata) == []


def test_every_table_is_listed_by_its_room() -> None:
    assert {table.__tablename__ for table in schema.TABLES} == set(schema.metadata.tables)
    assert len(schema.TABLES) == len(set(schema.TABLES))
