"""Each entry of the journal gets one place in the ledger, whatever happens on the way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from canonical.errors import Retryable
from gateway.ledger import exact, store
from gateway.ledger.entry import Entry, read_entry
from gateway.ledger.sequencer import BATCH, Sequencer
from gateway.ledger.tree import leaf_hash
from tests.spool.scene import KINDS

from .scene import Scene
from .scene import scene as open_scene


@pytest.fixture(params=KINDS)
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    with open_scene(request.param, tmp_path) as opened:
        yield opened


def entries(scene: Scene) -> list[Entry]:
    with scene.database.read() as session:
        return [read_entry(body) for body in store.bodies(session, 0, store.size(session))]


def details(scene: Scene) -> list[dict[str, Any]]:
    with scene.database.read() as session:
        found = [store.detail(session, idx) for idx in range(store.size(session))]
    return [exact.read(each.body) for each in found if each is not None]


def waiting(scene: Scene) -> int:
    with scene.database.read() as session:
        return store.count_waiting(session)


def test_what_the_journal_tells_is_taken_in_in_its_order(scene: Scene) -> None:
    scene.tell(2 * BATCH + 7)
    assert scene.ledger.drain() == 2 * BATCH + 7
    assert scene.ledger.drain() == 0
    assert waiting(scene) == 0
    said = details(scene)
    assert [detail["journal"] for detail in said] == list(range(1, 2 * BATCH + 8))
    assert said[11] == {
        "journal": 12,
        "partner": "beta",
        "actor": "anna",
        "outcome": "accepted",
        "receipt": None,
        "document": "document-4",
        "transmission": None,
        "detail": {"number": 11, "weight": "1.5"},
        "sha256": {},
    }
    assert list(said[5]["sha256"]) == ["received"]
    assert scene.verify().holds


def test_entries_are_chained_by_document_and_counted_by_partner(scene: Scene) -> None:
    scene.grown(30)
    scene.grown(30, begin=30)
    found = entries(scene)
    for doc in {entry.doc for entry in found}:
        mine = [entry for entry in found if entry.doc == doc]
        assert [entry.dseq for entry in mine] == list(range(1, len(mine) + 1))
        assert [entry.dprev for entry in mine] == [b"", *(leaf_hash(entry.written()) for entry in mine[:-1])]
    for partner in {entry.partner for entry in found}:
        mine = [entry for entry in found if entry.partner == partner]
        assert [entry.pseq for entry in mine] == list(range(1, len(mine) + 1))
    assert len({entry.tenant for entry in found}) == 1


def test_an_envelope_tells_of_no_person(scene: Scene) -> None:
    scene.grown(60)
    with scene.database.read() as session:
        told = b"".join(store.bodies(session, 0, 60))
    for secret in (b"acme", b"beta", b"anna", b"a name", b"payload"):
        assert secret not in told


def test_what_is_about_nothing_has_a_place_too(scene: Scene) -> None:
    scene.sql(
        "INSERT INTO journal_entry (at, step, outcome, actor, detail) "
        "VALUES ('2026-03-01 12:00:00.000000', 'renumbered', '', 'anna', '{}')",
        "INSERT INTO ledger_outbox (journal_id) SELECT id FROM journal_entry",
    )
    scene.ledger.drain()
    [entry] = entries(scene)
    assert (entry.doc, entry.dseq, entry.dprev, entry.partner, entry.pseq, entry.actor) == (
        "",
        0,
        b"",
        "",
        0,
        "operator",
    )
    assert scene.verify().holds


def test_one_whose_payload_is_missing_waits_and_holds_up_nobody(scene: Scene) -> None:
    scene.tell(20)
    scene.sql("CREATE TABLE aside AS SELECT * FROM blob", "DELETE FROM blob")
    assert scene.ledger.drain() == 16
    assert scene.verify().waiting == 4
    scene.sql("INSERT INTO blob SELECT * FROM aside")
    assert scene.ledger.drain() == 4
    assert scene.verify().holds
    assert [detail["journal"] for detail in details(scene)][-4:] == [1, 6, 11, 16]


def test_more_that_wait_for_their_payloads_than_one_batch_hold_up_nobody(scene: Scene) -> None:
    scene.tell(6 * BATCH)
    scene.sql("DELETE FROM blob")
    scene.tell(1, begin=1)
    scene.ledger.drain()
    assert waiting(scene) == 6 * BATCH // 5
    assert details(scene)[-1]["journal"] == 6 * BATCH + 1


def test_two_sequencers_at_once_double_and_lose_nothing(scene: Scene) -> None:
    scene.tell(6 * BATCH)
    began, counts = threading.Barrier(3), []

    def drain() -> None:
        began.wait()
        counts.append(scene.ledger.drain())

    threads = [threading.Thread(target=drain) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 6 * BATCH
    assert [detail["journal"] for detail in details(scene)] == sorted(range(1, 6 * BATCH + 1))
    assert scene.verify().holds


@pytest.mark.parametrize("when", ["before it begins the batch", "while it makes the batch"])
def test_one_that_is_overtaken_begins_anew(scene: Scene, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """It has seen what waits when another one takes it in."""
    scene.tell(10)
    batch = Sequencer._batch

    def overtaken(self: Sequencer, *arguments: Any) -> Any:
        monkeypatch.setattr(Sequencer, "_batch", batch)
        made = batch(self, *arguments) if when == "while it makes the batch" else None
        scene.ledger.drain()
        return made or batch(self, *arguments)

    monkeypatch.setattr(Sequencer, "_batch", overtaken)
    assert scene.ledger.drain() == 0
    assert len(entries(scene)) == 10
    assert scene.verify().holds


def test_one_that_is_overtaken_for_ever_gives_up_for_now(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.tell(1)

    def overtaken(*_arguments: Any) -> None:
        raise store.Overtaken

    monkeypatch.setattr(store, "append", overtaken)
    with pytest.raises(Retryable, match="time and again"):
        scene.ledger.drain()


class Killed(Exception):
    """The process is gone."""


@contextmanager
def killed_at(number: int) -> Iterator[list[str]]:
    """Die before that statement that writes."""
    written: list[str] = []

    def before(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            written.append(statement)
            if len(written) == number:
                raise Killed

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield written
    finally:
        event.remove(Engine, "before_cursor_execute", before)


def test_dying_at_any_statement_loses_and_doubles_nothing(scene: Scene) -> None:
    scene.grown(250)
    scene.tell(20, begin=250)
    number = 1
    while True:
        try:
            with killed_at(number) as written:
                scene.ledger.drain()
        except Killed:
            assert (waiting(scene), len(entries(scene))) == (20, 250)
            assert scene.verify().holds
            number += 1
        else:
            break
    assert len(written) == number - 1 >= 7
    assert [detail["journal"] for detail in details(scene)] == list(range(1, 271))
    assert scene.verify().holds


def test_a_home_from_before_has_its_whole_history_taken_in(scene: Scene) -> None:
    """As migration 0007 leaves it: everything waits, without payloads."""
    scene.tell(20)
    scene.sql("DELETE FROM ledger_outbox")
    scene.sql("INSERT INTO ledger_outbox (journal_id) SELECT id FROM journal_entry")
    assert scene.ledger.drain() == 20
    assert scene.verify().holds
    assert scene.verify().payloads == 0


def test_salts_are_asked_of_the_randomness_that_is_given(scene: Scene) -> None:
    asked: list[int] = []

    def counted(size: int) -> bytes:
        asked.append(size)
        return len(asked).to_bytes(size, "big")

    scene.tell(10)
    Sequencer(scene.database, scene.blobs, scene.clock, "node", counted).drain()
    with scene.database.read() as session:
        salts = list(
            session.scalars(text("SELECT salt FROM ledger_detail UNION ALL SELECT salt FROM ledger_blob_salt"))
        )
    assert len({bytes(salt) for salt in salts}) == len(salts) == 12
    assert asked.count(32) == 12
