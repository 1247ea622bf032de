"""Which checkpoints were stamped with the time, as an auditor asks it, of stamps by a real authority."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.audit.question import Answer, Scope, ask
from gateway.audit.stamps import HOLDS, RENEWED_SINCE, STAMPS, TO_BE_RENEWED, UNTOLD, WAITS
from gateway.ledger.authority import NotStamped
from gateway.ledger.timestamping import RENEWED
from tests.gateway.ledger.authority import Authority
from tests.gateway.ledger.scene import Scene, scene
from tests.gateway.ledger.test_timestamping import stamping
from tests.spool.scene import KINDS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "one")


@pytest.fixture(params=KINDS)
def ledger(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Scene]:
    with scene(request.param, tmp_path) as opened:
        opened.clock.advance(seconds=(datetime.now(UTC) - opened.clock.now()).total_seconds())
        opened.grown(5)
        yield opened


def asked(ledger: Scene, *, later: timedelta = timedelta(), partner: str | None = None) -> Answer:
    with ledger.database.read() as session:
        return ask(session, STAMPS, Scope(ledger.clock.now() + later, partner=partner))


def standings(answer: Answer) -> list[tuple[object, object, object]]:
    return [(row[0], row[1], row[-1]) for row in answer.rows]


def test_where_nobody_stamps_there_is_none(ledger: Scene) -> None:
    assert not asked(ledger).rows


def test_each_is_named_with_its_authority_and_until_when_it_holds(ledger: Scene, authority: Authority) -> None:
    with stamping(ledger, authority) as stamps:
        made = stamps.stamp(ledger.ledger.checkpoint())
    answer = asked(ledger)
    assert list(answer.rows) == [(5, 1, made.at, "CN=Time Stamps Inc", made.expires, HOLDS)]
    assert not answer.wrong
    ledger.grown(3, begin=5)
    # The three, and the entry that tells of the stamp.
    assert standings(asked(ledger))[1:] == [(9, None, WAITS)]
    assert not asked(ledger, partner="acme").rows


def test_what_must_be_renewed_or_was_not_is_said(ledger: Scene, tmp_path: Path) -> None:
    old = Authority(tmp_path / "old", ends=RENEWED.days - 1)
    with stamping(ledger, old) as stamps:
        stamps.stamp(ledger.ledger.checkpoint())
    assert standings(asked(ledger)) == [(5, 1, TO_BE_RENEWED)]
    expired = asked(ledger, later=RENEWED)
    assert standings(expired) == [(5, 1, "expired, and was not renewed")]
    assert expired.wrong
    with stamping(ledger, Authority(tmp_path / "new", name="Later Inc")) as stamps:
        stamps.keep_up()
    assert standings(asked(ledger, later=RENEWED)) == [(5, 1, RENEWED_SINCE), (5, 2, HOLDS)]


def test_one_that_was_refused_is_wrong_with_the_reason(ledger: Scene, authority: Authority) -> None:
    authority.answer = lambda _query: (503, b"")
    with stamping(ledger, authority) as stamps, pytest.raises(NotStamped):
        stamps.stamp(ledger.ledger.checkpoint())
    [row] = asked(ledger).wrong
    assert (row[0], row[2]) == (5, None)
    assert str(row[-1]).startswith("not given: ")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM ledger_timestamp", "removed, though the record tells of it"),
        ("DELETE FROM journal_entry WHERE step = 'stamped'", "put there by somebody"),
        ("UPDATE ledger_timestamp SET response = :other", "another one than the record tells of"),
        (
            "UPDATE ledger_timestamp SET checkpoint = 'x'",
            "Time stamp 1 of the checkpoint of 5 entries is wrong: its checkpoint is none",
        ),
    ],
)
def test_one_that_is_not_as_the_record_tells_is_wrong(
    ledger: Scene, authority: Authority, statement: str, said: str
) -> None:
    authority.answer = lambda query: (200, authority.stamp(query))
    with stamping(ledger, authority) as stamps:
        stamps.stamp(ledger.ledger.checkpoint())
    ledger.ledger.drain()
    ledger.sql(statement, other=b"other")
    assert [str(row[-1])[: len(said)] for row in asked(ledger).wrong] == [said]


def test_one_of_which_nothing_is_told_and_without_a_root_does_not_hold(ledger: Scene, authority: Authority) -> None:
    authority.answer = lambda query: (200, authority.stamp(query))
    with stamping(ledger, authority) as stamps:
        stamps.stamp(ledger.ledger.checkpoint())
    ledger.ledger.drain()
    ledger.sql("DELETE FROM journal_entry WHERE step = 'stamped'", "UPDATE ledger_timestamp SET roots = NULL")
    answer = asked(ledger)
    assert [row[-1] for row in answer.wrong] == [UNTOLD]
