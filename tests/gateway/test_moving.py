"""Moving a home into a database that several nodes share."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured, Retryable
from canonical.identity import BlobDigest
from gateway import moving, schema
from gateway.app import Gateway
from gateway.cli.main import main
from gateway.exchange.arrivals import Arrival, ArrivalKind, ArrivedFile
from gateway.exchange.refusals import RefusalKind, Refusals
from gateway.exchange.sendings import Sending
from gateway.home import Home
from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.tables import LedgerTimestamp, LedgerUnanchored
from gateway.ledger.tiles import WIDTH
from gateway.moving import NotTheSame, move_home
from gateway.operations.outboxes import PendingWithdrawal
from gateway.operations.pruned import PrunedCount
from gateway.users.tables import BrowserLogin, Role, User
from partners.certificates import Use
from spool import journal
from spool.blobs import BlobDamaged, BlobUpload
from spool.clock import SystemClock
from spool.database.opening import open_database
from spool.database.port import Database
from spool.database.postgresql import PostgresqlDatabase
from spool.database.sqlite import SqliteDatabase, sqlite_url
from spool.documents import DocumentRow
from spool.journal import JournalEntry, Step
from spool.queue.tables import Allowance, Schedule

from .as2.keys import own
from .house import House, csv, csv_invoice, invoice, new_url, wrapped
from .test_every_step import trade

ROOT = Path(__file__).parents[2]

LARGE = wrapped("810", invoice("BIG") + "\nCTT*1" * 20_000, 900)

FILLED_BY_NODES_ALONE = {"blob_upload", "blob_part"}


@pytest.fixture
def url() -> Iterator[str]:
    with new_url("postgresql") as made:
        assert made is not None
        yield made


def busy(root: Path) -> House:
    """A home with every kind of row, and a payload of every size."""
    opened = House(root)
    trade(opened)
    opened.take("acme", "large.edi", LARGE)
    opened.take("beta", "nul.csv", csv(csv_invoice("NUL\0CHARACTER")))
    opened.receive("acme", "dead.edi", wrapped("810", invoice("DEAD"), 900))
    opened.exhaust(lambda kind, handler: _broken if kind == "deliver" else handler)
    opened.gateway.database.write(_seldom)
    opened.gateway.custody.take_key(own("OURS"), use=Use.BOTH, begins=None, by="anna")
    opened.gateway.ledger.checkpoint()
    opened.receive("acme", "waiting.edi", wrapped("810", invoice("WAITING"), 901))
    return opened


def _broken(_claim: object) -> Any:
    raise Retryable("The ERP is not there.")


def _seldom(session: Session) -> None:
    """Rows that only limits and years make; and so many entries that the ledger's tree has a full tile."""
    for _ in range(WIDTH):
        journal.record(session, SystemClock(), step=Step.RETRIED, outcome="a NUL \0 character", detail={"x": "\0"})
    session.add_all(
        [
            Allowance(scope="partner:acme"),
            PendingWithdrawal(partner="acme", filename="1.edi", size=1, sha256="0" * 64),
            PrunedCount(name="files", count=0),
            Schedule(name="overdue", next_at=SystemClock().now()),
            Arrival(
                id="a",
                at=SystemClock().now(),
                kind=ArrivalKind.MESSAGE,
                headers=[["A", "b"]],
                sha256="0",
                size=1,
                outcome="received",
            ),
            ArrivedFile(receipt_id="r", arrival="a"),
            Refusals(
                id="f",
                day="2026-11-26",
                partner="acme",
                kind=RefusalKind.LOGIN,
                count=1,
                bytes=10,
                last_at=SystemClock().now(),
                why="It gave no user name and password.",
            ),
            User(name="ada", role=Role.AUDITOR, added_at=SystemClock().now(), added_by="root", token_sha256="0"),
            BrowserLogin(sha256="0", user="ada", ends_at=SystemClock().now()),
            LedgerTimestamp(
                size=1,
                n=1,
                checkpoint="a checkpoint",
                response=b"\x30",
                at=SystemClock().now(),
                expires=SystemClock().now(),
                tried_at=SystemClock().now(),
            ),
            LedgerUnanchored(folder="f", since=SystemClock().now(), tried_at=SystemClock().now(), why="It is full."),
            Sending(
                id="s",
                transmission="t",
                partner="acme",
                sender="US",
                recipient="THEM",
                message_id="m@us",
                headers=[["A", "b"]],
                sha256="0",
                size=1,
                mic="x, sha-256",
                receipt="none",
                signed_receipt=False,
                built_at=SystemClock().now(),
            ),
        ]
    )


@pytest.fixture(scope="module")
def full_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    opened = busy(tmp_path_factory.mktemp("full") / "home")
    opened.close()
    return opened.gateway.home.root


@pytest.fixture
def home(full_home: Path, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(full_home, tmp_path / "home")))


def counts(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in schema.metadata.tables.items()
        }


@contextmanager
def opened_on(home: Home, url: str) -> Iterator[Gateway]:
    (home.root / "tally.toml").write_text(f'database_url = "{url}"\n')
    with Gateway.open(home.root) as gateway:
        yield gateway


def test_everything_arrives_and_is_proved(home: Home, url: str) -> None:
    with open_database(f"sqlite:///{home.database}") as source:
        before = counts(source)
    assert {name for name, count in before.items() if not count} == FILLED_BY_NODES_ALONE
    moved = move_home(home, url, SystemClock())
    assert {proof.table: proof.rows for proof in moved.tables} == {
        name: count for name, count in before.items() if name not in FILLED_BY_NODES_ALONE
    }
    assert moved.payloads == before["blob"]
    assert moved.payload_bytes > len(LARGE)
    with PostgresqlDatabase(url) as target:
        after = counts(target)
    assert after["blob_upload"] >= 1
    assert {name: after[name] for name in before if name not in FILLED_BY_NODES_ALONE} == {
        name: before[name] for name in before if name not in FILLED_BY_NODES_ALONE
    }


def test_the_nodes_go_on_where_the_home_was_left(home: Home, url: str) -> None:
    with Gateway.open(home.root) as gateway:
        balance = gateway.status().balance
        with gateway.database.read() as session:
            last = session.scalar(select(func.max(JournalEntry.id))) or 0
    move_home(home, url, SystemClock())
    with opened_on(home, url) as gateway:
        assert gateway.status().balance == balance
        with gateway.database.read() as session:
            big = session.scalars(select(DocumentRow).where(DocumentRow.number == "BIG")).first()
            waiting = session.scalars(select(JournalEntry).order_by(JournalEntry.id.desc())).first()
            assert big is not None
            assert b"".join(gateway.blobs.chunks(session, BlobDigest(big.source_sha256 or ""))) == LARGE
            assert waiting is not None
            assert waiting.id == last
        workers = gateway.workers(threads=0)
        assert workers.run_until_idle() > 0
        after = gateway.status().balance
        assert (after.holds, after.places["pending"]) == (True, 0)
        assert after.received == balance.received
        assert Checkpoint.read(gateway.ledger.checkpoint().text).size > WIDTH
        found = gateway.ledger.verify()
        assert (found.wrong, found.waiting) == (None, 0)
        with gateway.database.read() as session:
            assert (session.scalar(select(func.max(JournalEntry.id))) or 0) > last


def test_a_database_with_anything_in_it_is_refused_and_left_alone(home: Home, url: str, tmp_path: Path) -> None:
    move_home(home, url, SystemClock())
    with PostgresqlDatabase(url) as target:
        before = counts(target)
        home.moved.unlink()
        with pytest.raises(Misconfigured, match="is not empty"):
            move_home(home, url, SystemClock())
        assert counts(target) == before


def test_a_home_that_is_served_is_refused(home: Home, url: str) -> None:
    with home.served_by_us(), pytest.raises(Misconfigured, match="Another process serves"):
        move_home(home, url, SystemClock())


def test_only_a_database_that_nodes_can_share_is_a_target(home: Home, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no PostgreSQL database"):
        move_home(home, f"sqlite:///{tmp_path / 'other.db'}", SystemClock())


@pytest.mark.parametrize("table", ["blob", "document", "work_item"])
def test_an_interruption_leaves_nothing_in_the_way_of_the_next_attempt(
    home: Home, url: str, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    really = moving._move_table

    def interrupted(source: Any, target: Any, found: Any, uploads: Any) -> Any:
        proof = really(source, target, found, uploads)
        if found.name == table:
            raise Retryable("The network is gone.")
        return proof

    with monkeypatch.context() as patched:
        patched.setattr(moving, "_move_table", interrupted)
        with pytest.raises(Retryable):
            move_home(home, url, SystemClock())
    moved = move_home(home, url, SystemClock())
    with PostgresqlDatabase(url) as target, target.read() as session:
        uploads = session.scalar(select(func.count()).select_from(BlobUpload))
    assert uploads == sum(path.is_file() for path in home.blobs.rglob("*"))
    assert moved.payloads > 0


def test_what_changes_on_the_way_is_noticed_and_nothing_is_kept(
    home: Home, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = moving._placed

    def changed(table: Any, row: Any, uploads: Any) -> dict[str, Any]:
        placed = really(table, row, uploads)
        return placed | {"number": "4711"} if placed.get("number") == "BIG" else placed

    monkeypatch.setattr(moving, "_placed", changed)
    with pytest.raises(NotTheSame, match="The table document did not arrive"):
        move_home(home, url, SystemClock())
    with PostgresqlDatabase(url) as target:
        assert counts(target)["document"] == 0


def test_a_payload_that_is_damaged_is_not_moved_as_if_it_were_whole(home: Home, url: str) -> None:
    path = next(path for path in home.blobs.rglob("*") if path.is_file())
    path.chmod(0o600)
    path.write_bytes(LARGE[:-1])
    with pytest.raises(BlobDamaged):
        move_home(home, url, SystemClock())


class TestWritersMeanwhile:
    """What is acknowledged while a home is moved is there afterwards, so nothing is: whoever would write is refused."""

    def test_are_told_that_it_is_being_moved(self, home: Home, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        told: list[str] = []

        def writing(where: str, really: Any) -> Any:
            def called(*args: Any) -> Any:
                done = really(*args)
                with (
                    SqliteDatabase(sqlite_url(home.database), busy_timeout=0.01) as other,
                    pytest.raises(Retryable, match="is being moved into another database"),
                ):
                    other.write(_lost)
                told.append(where)
                return done

            return called

        for name in ("_move_payloads", "_continue_numbering", "_read_back"):
            monkeypatch.setattr(moving, name, writing(name, getattr(moving, name)))
        move_home(home, url, SystemClock())
        assert told == ["_move_payloads", "_continue_numbering", "_read_back"]

    def test_that_waited_for_it_are_told_that_it_was_moved(self, home: Home, url: str) -> None:
        with SqliteDatabase(sqlite_url(home.database)) as other:
            before = counts(other)
            move_home(home, url, SystemClock())
            with pytest.raises(Misconfigured, match="was moved to postgresql"):
                other.write(_lost)
            with pytest.raises(Misconfigured, match="was moved to postgresql"), other.migration():
                pass
            assert counts(other) == before
            home.moved.unlink()
            other.write(_lost)

    def test_keep_it_from_being_moved(self, home: Home, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(moving, "open_database", lambda found: _impatient(found))
        with (
            SqliteDatabase(sqlite_url(home.database)) as other,
            other.migration(),
            pytest.raises(Retryable, match=r"is being moved|locked by another process"),
        ):
            move_home(home, url, SystemClock())
        move_home(home, url, SystemClock())


def _impatient(url: str) -> Database:
    return SqliteDatabase(url, busy_timeout=0.01) if url.startswith("sqlite") else open_database(url)


def _lost(session: Session) -> None:
    session.add(BrowserLogin(sha256="1", user="ada", ends_at=SystemClock().now()))


KILLED = """
import os, signal, sys
from pathlib import Path
from gateway import moving
from gateway.home import Home
from spool.clock import SystemClock

def killed(*args):
    os.kill(os.getpid(), signal.SIGKILL)

root, url, step = sys.argv[1:]
room, _, name = step.rpartition(".")
setattr(getattr(moving, room) if room else moving, name, killed)
moving.move_home(Home(Path(root)), url, SystemClock())
"""


@pytest.mark.parametrize("step", ["_move_payloads", "_continue_numbering", "_read_back", "leaving.note"])
def test_a_home_whose_move_was_killed_goes_on_as_before_and_can_be_moved_anew(home: Home, url: str, step: str) -> None:
    killed = subprocess.run([sys.executable, "-P", "-c", KILLED, str(home.root), url, step], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    with SqliteDatabase(sqlite_url(home.database), busy_timeout=0.01) as source:
        source.write(_lost)
    with new_url("postgresql") if step == "leaving.note" else nullcontext(url) as target:
        assert target is not None
        moved = move_home(home, target, SystemClock())
        with PostgresqlDatabase(target) as arrived:
            assert counts(arrived)[BrowserLogin.__tablename__] == 2
    assert moved.payloads > 0


class TestTheCommand:
    def test_says_what_arrived_and_what_to_do(
        self, home: Home, url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TALLY_DATABASE_URL", url)
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(home.root), "migrate", "--from", "sqlite", "--to", "postgresql"])
        assert ended.value.code == 0
        said = " ".join(capsys.readouterr().out.split())
        assert "Everything arrived." in said
        assert "TALLY_DATABASE_URL" in said

    def test_as_json(self, home: Home, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            main(["--home", str(home.root), "--json", "migrate", "--to", url])
        tables = {table["table"]: table for table in json.loads(capsys.readouterr().out)["tables"]}
        assert tables["document"]["rows"] > 0
        assert len(tables["document"]["sha256"]) == 64

    def test_asks_for_the_url_where_none_is_set(
        self, home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("TALLY_DATABASE_URL", raising=False)
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(home.root), "migrate", "--to", "postgresql"])
        assert ended.value.code != 0
        assert "TALLY_DATABASE_URL says nothing" in capsys.readouterr().err


def test_the_file_is_left_alone_once_it_was_moved(home: Home, url: str) -> None:
    """Whoever forgets the setting in one shell would give control numbers twice, and lose what is taken in."""
    move_home(home, url, SystemClock())
    for _ in range(2):
        with pytest.raises(Misconfigured, match="was moved to postgresql") as caught:
            Gateway.open(home.root)
    assert "TALLY_DATABASE_URL" in str(caught.value)
    with pytest.raises(Misconfigured, match="was moved"):
        move_home(home, url, SystemClock())
    with opened_on(home, url) as gateway:
        assert gateway.status().balance.holds
    (home.root / "tally.toml").write_text("")
    home.moved.unlink()
    Gateway.open(home.root).close()
