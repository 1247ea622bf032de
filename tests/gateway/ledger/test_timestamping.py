"""Checkpoints stamped with the time by an authority, and all that an authority, or somebody in between, may give instead."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from canonical.errors import Misconfigured
from gateway.exceptions import Exceptions
from gateway.ledger import authority as asking
from gateway.ledger.authority import NotStamped
from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.tables import LedgerTimestamp
from gateway.ledger.timestamp import Query, Trusted, stamped
from gateway.ledger.timestamp_structure import read
from gateway.ledger.timestamping import EVERY, RENEWED, Timestamping, standing
from gateway.senders.http import HttpClient
from spool.journal import JournalEntry, Step
from tests.spool.scene import KINDS

from .authority import POLICY, Authority
from .scene import Scene, scene


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "one")


@pytest.fixture(autouse=True)
def _as_ever(authority: Authority) -> None:
    authority.asked.clear()
    authority.answer = lambda query: (200, authority.stamp(query))


@pytest.fixture(params=KINDS)
def ledger(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Scene]:
    with scene(request.param, tmp_path) as opened:
        opened.clock.advance(seconds=(datetime.now(UTC) - opened.clock.now()).total_seconds())
        yield opened


@contextmanager
def stamping(ledger: Scene, authority: Authority, *, policy: str | None = None) -> Iterator[Timestamping]:
    client = HttpClient()
    with authority.serving() as url:
        found = asking.authority(url, authority.roots, policy, Path("/nowhere"), client)
        yield Timestamping(ledger.database, ledger.clock, ledger.ledger, found)
    client.close()


def rows(ledger: Scene) -> list[tuple[int, int, bool]]:
    with ledger.database.read() as session:
        found = session.query(LedgerTimestamp).order_by(LedgerTimestamp.size, LedgerTimestamp.n)
        return [(row.size, row.n, row.response is not None) for row in found]


def test_the_last_checkpoint_is_stamped_once_a_day_while_there_are_new_ones(
    ledger: Scene, authority: Authority
) -> None:
    with stamping(ledger, authority) as stamps:
        stamps.keep_up()
        assert rows(ledger) == []
        ledger.grown(5)
        ledger.ledger.checkpoint()
        for _ in range(2):
            stamps.keep_up()
        assert rows(ledger) == [(5, 1, True)]
        ledger.grown(3, begin=5)
        ledger.ledger.checkpoint()
        stamps.keep_up()
        assert rows(ledger) == [(5, 1, True)]
        with ledger.database.read() as session:
            [row] = session.query(LedgerTimestamp)
        assert row.at is not None
        assert abs(row.at - ledger.clock.now()) < timedelta(minutes=1)
        assert row.authority == "CN=Time Stamps Inc"


def test_a_day_later_the_next_one_is(ledger: Scene, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "SKEW", 2 * EVERY)
    with stamping(ledger, authority) as stamps:
        for _ in range(2):
            ledger.grown(4)
            ledger.ledger.checkpoint()
            stamps.keep_up()
            ledger.clock.advance(seconds=EVERY.total_seconds())
        assert rows(ledger) == [(4, 1, True), (9, 1, True)]


def test_a_stamp_is_told_in_the_ledger_and_is_no_reason_for_the_next_one(
    ledger: Scene, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "SKEW", 2 * EVERY)
    with stamping(ledger, authority) as stamps:
        ledger.grown(4)
        ledger.ledger.checkpoint()
        for _ in range(2):
            stamps.keep_up()
            ledger.clock.advance(seconds=EVERY.total_seconds())
            ledger.ledger.checkpoint()
        assert rows(ledger) == [(4, 1, True)]
    with ledger.database.read() as session:
        [row] = session.query(LedgerTimestamp)
        [told] = session.query(JournalEntry).filter_by(step=Step.STAMPED)
    assert row.response is not None
    assert told.outcome == "checkpoint of 4 entries"
    assert (told.detail["size"], told.detail["n"]) == (4, 1)
    assert told.detail["sha256"] == sha256(row.response).hexdigest()
    assert ledger.ledger.size() == 5


def test_what_is_stamped_is_an_anchor_of_the_ledger(ledger: Scene, authority: Authority) -> None:
    with stamping(ledger, authority) as stamps:
        ledger.grown(5)
        stamps.stamp(ledger.ledger.checkpoint())
        looked = stamps.look()
        assert looked.wrong is None
        assert [each.checkpoint.size for each in looked.anchors] == [5]
        ledger.ledger.drain()
        # Edited, grown anew from the beginning, and what was signed last removed with the key: only the stamp is left.
        ledger.unguard()
        ledger.regrow("UPDATE journal_entry SET outcome = 'x' WHERE id = 3")
        found = ledger.ledger.verify(looked.anchors)
        assert "are not those of" in (found.wrong or "")


def test_stamps_are_stamped_again_before_the_certificate_expires(ledger: Scene, tmp_path: Path) -> None:
    old = Authority(tmp_path / "old", ends=RENEWED.days - 1)
    new = Authority(tmp_path / "new", name="Later Inc")
    ledger.grown(5)
    with stamping(ledger, old) as stamps:
        stamps.stamp(ledger.ledger.checkpoint())
    checkpoint = ledger.ledger.last()
    assert checkpoint is not None
    with stamping(ledger, new) as stamps:
        for _ in range(2):
            stamps.keep_up()
        assert rows(ledger) == [(5, 1, True), (5, 2, True)]
        assert stamps.look().wrong is None
        [kept] = [stamps.of(checkpoint)]
        assert kept is not None
        assert (len(kept.responses), kept.authority) == (2, "CN=Time Stamps Inc")
        ledger.sql("UPDATE ledger_timestamp SET response = (SELECT response FROM ledger_timestamp WHERE n = 1)")
        assert "it is a time stamp for something else" in (stamps.look().wrong or "")


def _wrong_imprint(authority: Authority, query: bytes) -> tuple[int, bytes]:
    return 200, authority.stamp_data(b"something else")


def _wrong_nonce(authority: Authority, query: bytes) -> tuple[int, bytes]:
    digest = query[query.index(b"\x04\x20") + 2 :][:32]
    return 200, authority.stamp(authority.query("-digest", digest.hex()))


def _rejected(authority: Authority, query: bytes) -> tuple[int, bytes]:
    sha256, sha384 = (bytes.fromhex(f"60864801650304020{last}") for last in (1, 2))
    return 200, authority.stamp(query.replace(sha256, sha384))


def _forged(authority: Authority, query: bytes) -> tuple[int, bytes]:
    good = bytearray(authority.stamp(query))
    good[-5] ^= 1
    return 200, bytes(good)


def _out_of_order(_authority: Authority, _query: bytes) -> tuple[int, bytes]:
    return 503, b"later"


def _no_stamp(_authority: Authority, _query: bytes) -> tuple[int, bytes]:
    return 200, b"<html>"


REFUSED = {
    "a stamp for something else": (_wrong_imprint, "it is a time stamp for something else"),
    "the answer to another request": (_wrong_nonce, "Nonce mismatch"),
    "a rejection": (_rejected, "the authority rejected the request"),
    "a forged signature": (_forged, "signature"),
    "a server out of order": (_out_of_order, "answered 503"),
    "a web page": (_no_stamp, "it is no time stamp"),
}


@pytest.mark.parametrize(("answer", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_stamp_is_refused_and_told_and_holds_nothing_up(
    ledger: Scene, authority: Authority, answer: object, words: str
) -> None:
    assert callable(answer)
    ledger.grown(5)
    signed = ledger.ledger.checkpoint()
    with stamping(ledger, authority) as stamps:
        authority.answer = lambda query: answer(authority, query)
        with pytest.raises(NotStamped, match=words):
            stamps.stamp(signed)
        stamps.keep_up()
        with ledger.database.read() as session:
            [failing] = standing(session).failing
            [told] = Exceptions().set_aside(session)
            assert Exceptions(partner="acme").set_aside(session) == []
        assert words in (failing.why or "")
        assert (told.kind, told.what, words in told.why) == ("time stamp missing", "checkpoint of 5 entries", True)
        authority.answer = lambda query: (200, authority.stamp(query))
        stamps.keep_up()
        with ledger.database.read() as session:
            assert not standing(session).failing
    assert rows(ledger) == [(5, 1, True)]


def test_another_authority_is_not_believed(ledger: Scene, authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    ledger.grown(5)
    with stamping(ledger, authority) as stamps:
        authority.answer = lambda query: (200, other.stamp(query))
        with pytest.raises(NotStamped, match="certificate"):
            stamps.stamp(ledger.ledger.checkpoint())


def test_an_expired_authority_is_not_believed(ledger: Scene, tmp_path: Path) -> None:
    expired = Authority(tmp_path / "expired", begins=-20, ends=-10)
    ledger.grown(5)
    with stamping(ledger, expired) as stamps, pytest.raises(NotStamped, match="certificate has expired"):
        stamps.stamp(ledger.ledger.checkpoint())


def test_another_policy_is_refused(ledger: Scene, authority: Authority) -> None:
    ledger.grown(5)
    with stamping(ledger, authority, policy="1.2.3") as stamps, pytest.raises(NotStamped, match="Policy ID mismatch"):
        stamps.stamp(ledger.ledger.checkpoint())
    with stamping(ledger, authority, policy=POLICY) as stamps:
        stamps.stamp(ledger.ledger.checkpoint())


def test_a_time_that_is_not_now_is_refused(ledger: Scene, authority: Authority) -> None:
    ledger.grown(5)
    ledger.clock.advance(seconds=700)
    with stamping(ledger, authority) as stamps, pytest.raises(NotStamped, match="Set our clock"):
        stamps.stamp(ledger.ledger.checkpoint())


def test_nobody_there_is_told(ledger: Scene, authority: Authority) -> None:
    ledger.grown(5)
    with stamping(ledger, authority) as stamps:
        pass
    with pytest.raises(NotStamped, match="gave no answer"):
        stamps.stamp(ledger.ledger.checkpoint())


def test_without_an_authority_nothing_is_stamped(ledger: Scene) -> None:
    ledger.grown(5)
    stamps = Timestamping(ledger.database, ledger.clock, ledger.ledger, None)
    stamps.keep_up()
    with pytest.raises(NotStamped, match="set timestamp_url"):
        stamps.stamp(ledger.ledger.checkpoint())
    assert stamps.look().wrong is None


def test_stamps_of_an_authority_that_is_no_longer_set_are_still_for_what_they_were(
    ledger: Scene, authority: Authority
) -> None:
    ledger.grown(5)
    with stamping(ledger, authority) as stamps:
        stamps.stamp(ledger.ledger.checkpoint())
    without = replace(stamps, authority=None)
    assert without.look().wrong is None
    ledger.sql("UPDATE ledger_timestamp SET checkpoint = replace(checkpoint, 'log.', 'lag.')")
    assert "is wrong" in (without.look().wrong or "")


def test_the_earliest_that_seals_so_many_is_found(
    ledger: Scene, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stamping(ledger, authority) as stamps:
        for _ in range(2):
            ledger.grown(4)
            stamps.stamp(ledger.ledger.checkpoint())
        found = {size: stamps.first_over(size) for size in (1, 4, 5, 10)}
    assert {size: each and each.size for size, each in found.items()} == {1: 4, 4: 4, 5: 9, 10: None}
    assert Checkpoint.read(ledger.ledger.checkpoint().text).size == 10


# Another authority, and hands that tamper with stamps


def test_another_authority_from_now_on_leaves_the_stamps_of_the_one_before_as_good_as_they_were(
    ledger: Scene, authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other", name="Later Inc")
    with stamping(ledger, authority) as stamps:
        ledger.grown(5)
        stamps.stamp(ledger.ledger.checkpoint())
    with stamping(ledger, other) as stamps:
        stamps.stamp(ledger.ledger.checkpoint())
        looked = stamps.look()
    assert (looked.wrong, looked.by_others) == (None, [5])
    assert [each.checkpoint.size for each in looked.anchors] == [5, 6]


def test_a_policy_from_now_on_is_not_asked_of_stamps_that_were_believed(ledger: Scene, authority: Authority) -> None:
    ledger.grown(5)
    with stamping(ledger, authority) as stamps:
        stamps.stamp(ledger.ledger.checkpoint())
    with stamping(ledger, authority, policy="1.2.3") as stamps:
        assert stamps.look() == replace(stamps.look(), wrong=None, by_others=[])


def test_only_the_root_that_a_stamp_leads_to_is_kept(ledger: Scene, authority: Authority, tmp_path: Path) -> None:
    right = authority.roots.read_bytes()
    ledger.grown(5)
    with stamping(ledger, authority) as stamps:
        asked = stamps.authority
        assert asked is not None
        many = Trusted.read(Authority(tmp_path / "other", name="Later Inc").roots.read_bytes() + right)
        stamps = replace(stamps, authority=replace(asked, trusted=many))
        assert stamps.stamp(ledger.ledger.checkpoint()).roots == Trusted.read(right).roots


TAMPERED = {
    "removed": ("DELETE FROM ledger_timestamp", "of which the journal tells, was removed"),
    "said not to have been given": ("UPDATE ledger_timestamp SET response = NULL", "was removed"),
    "said not to have been given in all columns": (
        "UPDATE ledger_timestamp SET response = NULL, authority = NULL, at = NULL, expires = NULL, roots = NULL, why = 'gone'",
        "was removed",
    ),
    "without its time": ("UPDATE ledger_timestamp SET at = NULL", "its time is no text"),
    "never to expire": ("UPDATE ledger_timestamp SET expires = NULL", "its certificate's end is no text"),
    "of nobody": ("UPDATE ledger_timestamp SET authority = NULL", "its authority is no text"),
    "of no checkpoint": ("UPDATE ledger_timestamp SET checkpoint = 'x'", "its checkpoint is none"),
    "of another size": ("UPDATE ledger_timestamp SET size = size + 1", "its checkpoint is of 5 entries"),
    "of a size that is none": ("UPDATE ledger_timestamp SET size = -5", "its checkpoint is of 5 entries"),
    "in another place": ("UPDATE ledger_timestamp SET n = 2", "it stands where stamp 1 must"),
    "with roots that are none": ("UPDATE ledger_timestamp SET roots = 'garbage'", "are no certificates"),
    "without its roots": ("UPDATE ledger_timestamp SET roots = NULL", "the roots that were kept with it were removed"),
    "given and not given": ("UPDATE ledger_timestamp SET why = 'busy'", "it is said not to have been given"),
    "of another time": ("UPDATE ledger_timestamp SET at = '2020-01-01 00:00:00'", "what is noted beside it"),
    "of somebody else": ("UPDATE ledger_timestamp SET authority = 'CN=Somebody'", "what is noted beside it"),
    "never to be renewed": ("UPDATE ledger_timestamp SET expires = '2199-01-01 00:00:00'", "what is noted beside it"),
    "another one": (
        "UPDATE ledger_timestamp SET response = :another, at = :at",
        "another one than the journal tells of",
    ),
    "with others' roots": ("UPDATE ledger_timestamp SET roots = :others", "it does not hold by the authorities"),
    "put in": (
        "INSERT INTO ledger_timestamp SELECT size, 2, checkpoint, :second, authority, :later, expires, tried_at, why, roots "
        "FROM ledger_timestamp",
        "the journal tells of no such stamp",
    ),
    "not told of": ("DELETE FROM journal_entry WHERE step = 'stamped'", "the journal tells of no such stamp"),
}

TAMPERED_ON_SQLITE = {
    "of a time that is none": ("UPDATE ledger_timestamp SET at = 'yesterday'", "its time is none"),
    "a text": ("UPDATE ledger_timestamp SET response = 'text'", "its response is not bytes"),
    "no stamp": ("UPDATE ledger_timestamp SET response = x'3003'", "is wrong"),
    "tried at a time that is none": ("UPDATE ledger_timestamp SET tried_at = 'once'", "it was tried last is none"),
}
"""What the types of PostgreSQL do not let in."""


@pytest.mark.parametrize(("statement", "words"), TAMPERED.values(), ids=TAMPERED)
def test_a_stamp_that_was_tampered_with_is_noticed(
    ledger: Scene, authority: Authority, tmp_path: Path, statement: str, words: str
) -> None:
    _notices(ledger, authority, tmp_path, statement, words)


@pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("statement", "words"), TAMPERED_ON_SQLITE.values(), ids=TAMPERED_ON_SQLITE)
def test_a_stamp_of_what_no_column_should_hold_is_noticed(
    ledger: Scene, authority: Authority, tmp_path: Path, statement: str, words: str
) -> None:
    _notices(ledger, authority, tmp_path, statement, words)


def _notices(ledger: Scene, authority: Authority, tmp_path: Path, statement: str, words: str) -> None:
    ledger.grown(5)
    with stamping(ledger, authority) as stamps:
        kept = stamps.stamp(ledger.ledger.checkpoint())
        ledger.sql("DELETE FROM ledger_outbox")
        assert stamps.look().wrong is None
        data = kept.checkpoint.encode()
        another, second = authority.stamp_data(data), authority.stamp_data(stamped(data, kept.responses))
        ledger.sql(
            statement,
            another=another,
            at=_as_stored(another),
            second=second,
            later=_as_stored(second),
            others=Authority(tmp_path / "other").roots.read_text(),
        )
        wrong = stamps.look().wrong or ""
        assert words in wrong
        assert "ime stamp" in wrong
        stamps.keep_up()
    with ledger.database.read() as session:
        standing(session)


def _as_stored(response: bytes) -> str:
    return f"{read(response).at:%Y-%m-%d %H:%M:%S.%f}"


def test_stamps_from_before_roots_were_kept_and_told_of_are_judged_by_those_of_now(
    ledger: Scene, authority: Authority, tmp_path: Path
) -> None:
    ledger.grown(5)
    with stamping(ledger, authority) as stamps:
        stamps.stamp(ledger.ledger.checkpoint())
        ledger.sql(
            "DELETE FROM ledger_outbox",
            "DELETE FROM journal_entry WHERE step = 'stamped'",
            "UPDATE ledger_timestamp SET roots = NULL",
        )
        assert stamps.look().wrong is None
    with stamping(ledger, Authority(tmp_path / "other")) as stamps:
        assert "it does not hold by the authorities" in (stamps.look().wrong or "")
    looked = replace(stamps, authority=None).look()
    assert (looked.wrong, looked.anchors, looked.by_nobody) == (None, [], [5])


@pytest.mark.parametrize("roots", [None, "missing.pem", "empty.pem"])
def test_settings_that_do_not_say_whom_to_believe_are_told(tmp_path: Path, roots: str | None) -> None:
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(Misconfigured, match="timestamp_roots"):
        asking.authority("http://x", roots and Path(roots), None, tmp_path, HttpClient())  # type: ignore[arg-type]
    assert asking.authority(None, None, None, tmp_path, HttpClient()) is None


def test_every_request_has_another_nonce() -> None:
    assert len({Query.over(b"x").nonce for _ in range(5)}) == 5
    with pytest.raises(ValueError, match=r"."):
        Trusted.read(b"")
