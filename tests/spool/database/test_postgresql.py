import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured, Retryable
from spool.database.postgresql import PostgresqlDatabase
from tests import postgresql


@pytest.fixture
def url() -> Iterator[str]:
    made = postgresql.server().new_database()
    yield made
    postgresql.server().drop(made)


@pytest.fixture
def database(url: str) -> Iterator[PostgresqlDatabase]:
    with PostgresqlDatabase(url) as database:
        yield database


def test_commits_wait_for_the_disk_whatever_the_role_says(database: PostgresqlDatabase) -> None:
    with database.migration() as connection:
        connection.execute(text("ALTER ROLE tally SET synchronous_commit TO off"))
    try:
        assert database.write(lambda session: session.scalar(text("SHOW synchronous_commit"))) == "on"
    finally:
        with database.migration() as connection:
            connection.execute(text("ALTER ROLE tally RESET synchronous_commit"))


def test_two_that_wait_for_each_other_are_both_done_in_the_end(database: PostgresqlDatabase) -> None:
    with database.migration() as connection:
        connection.execute(text("CREATE TABLE account (name TEXT PRIMARY KEY, value INTEGER)"))
        connection.execute(text("INSERT INTO account VALUES ('a', 0), ('b', 0)"))
    both_hold_one = threading.Barrier(2)
    first_time = threading.local()

    def add(*names: str) -> None:
        def work(session: Session) -> None:
            for name in names:
                session.execute(text("UPDATE account SET value = value + 1 WHERE name = :name"), {"name": name})
                if not hasattr(first_time, "passed"):
                    first_time.passed = True
                    both_hold_one.wait(10)

        database.write(work)

    threads = [threading.Thread(target=add, args=names) for names in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with database.read() as session:
        assert session.execute(text("SELECT name, value FROM account ORDER BY name")).all() == [("a", 2), ("b", 2)]


def test_a_connection_that_the_server_ended_is_replaced(database: PostgresqlDatabase) -> None:
    def end_me(session: Session) -> None:
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(Retryable):
        database.write(end_me)
    assert database.write(lambda session: session.scalar(text("SELECT 1"))) == 1


def test_who_hangs_in_a_transaction_does_not_keep_others_waiting(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a node does that was stopped, or whose machine was paused: its connection stands, and so do its locks."""
    monkeypatch.setattr("spool.database.postgresql.STANDSTILL_SECONDS", 0.2)
    with PostgresqlDatabase(url) as database:
        with database.migration() as connection:
            connection.execute(text("CREATE TABLE account (name TEXT PRIMARY KEY, value INTEGER)"))
            connection.execute(text("INSERT INTO account VALUES ('a', 0)"))

        def add(session: Session) -> None:
            session.execute(text("UPDATE account SET value = value + 1"))

        def add_and_hang(session: Session) -> None:
            add(session)
            other = threading.Thread(target=database.write, args=(add,))
            other.start()
            other.join(60)
            session.execute(text("SELECT 1"))

        with pytest.raises(Retryable, match="stood still"):
            database.write(add_and_hang)
        with database.read() as session:
            assert session.scalar(text("SELECT value FROM account")) == 1, "what hung is not committed"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://user:hidden@db/tally", "cannot be used"),
        ("postgresql+psycopg2://user:hidden@db/tally", "cannot be used"),
        ("postgresql://user:hidden@db", "cannot be used"),
        ("no url", "is none"),
    ],
)
def test_what_cannot_be_a_database_is_refused_in_words(url: str, message: str) -> None:
    with pytest.raises(Misconfigured, match=message) as caught:
        PostgresqlDatabase(url)
    assert "hidden" not in str(caught.value)


def test_a_database_that_is_not_there_is_refused_in_words(url: str) -> None:
    with (
        PostgresqlDatabase(url.replace("/tally_", "/absent_")) as absent,
        pytest.raises(Misconfigured, match="createdb"),
    ):
        absent.write(lambda session: session.scalar(text("SELECT 1")))


def test_a_server_that_does_not_answer_is_retryable_and_its_password_not_told() -> None:
    nobody = PostgresqlDatabase("postgresql+psycopg://tally:hidden@127.0.0.1:9/tally")
    with nobody, pytest.raises(Retryable, match="cannot be reached") as caught:
        nobody.write(lambda session: session.scalar(text("SELECT 1")))
    assert "hidden" not in str(caught.value)
