"""Entries: one form, nothing else, and nothing in them that tells of a person."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger import exact
from gateway.ledger.entry import (
    OUTCOMES,
    Actor,
    CommittedBlob,
    Entry,
    NoEntry,
    commitment,
    detail_of,
    fields_of,
    known_outcome,
    read_entry,
    timestamp,
)
from spool.journal import BlobRole, Step

HASH = st.binary(min_size=32, max_size=32)
PSEUDONYM = st.binary(min_size=8, max_size=8).map(bytes.hex)
TIMES = st.datetimes(timezones=st.just(UTC)).filter(lambda moment: moment.year >= 1000).map(timestamp)
BLOBS = st.builds(CommittedBlob, st.sampled_from([role.value for role in BlobRole]), HASH, st.integers(0, 10**14))

entries = st.builds(
    Entry,
    type=st.sampled_from([step.value for step in Step]),
    ts=TIMES,
    doc=st.from_regex(r"[0-9a-z-]{0,64}", fullmatch=True),
    dseq=st.integers(0, 10**9),
    dprev=HASH | st.just(b""),
    partner=PSEUDONYM | st.just(""),
    pseq=st.integers(0, 10**9),
    tenant=PSEUDONYM,
    actor=st.sampled_from([actor.value for actor in Actor]),
    node=st.from_regex(r"[A-Za-z0-9._-]{0,63}", fullmatch=True),
    outcome=st.sampled_from(["", *sorted(OUTCOMES)]),
    blobs=st.lists(BLOBS, max_size=3).map(tuple),
    d=HASH,
)

EXAMPLE = Entry(
    type="received",
    ts="2026-11-26T08:00:00.123456Z",
    doc="01m7yzmhg0c3jv7x26dzed1mt0",
    dseq=2,
    dprev=bytes(32),
    partner="00112233445566ff",
    pseq=7,
    tenant="ff00112233445566",
    actor="system",
    node="node-1",
    outcome="",
    blobs=(CommittedBlob("received", bytes(range(32)), 1234),),
    d=bytes(32),
)


def test_the_example() -> None:
    """What verifiers elsewhere rely on, byte by byte."""
    assert EXAMPLE.written().decode() == (
        '{"actor":"system","blobs":[{"c":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","n":1234,"role":"received"}],'
        '"d":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","doc":"01m7yzmhg0c3jv7x26dzed1mt0",'
        '"dprev":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","dseq":2,"node":"node-1","outcome":"",'
        '"partner":"00112233445566ff","pseq":7,"tenant":"ff00112233445566","ts":"2026-11-26T08:00:00.123456Z",'
        '"type":"received","v":1}'
    )


@given(entries)
def test_an_entry_comes_back_from_its_bytes_which_are_exact_json(entry: Entry) -> None:
    data = entry.written()
    assert read_entry(data) == entry
    value = exact.read(data)
    assert value == json.loads(data)
    assert value["v"] == 1
    assert [name for name in value if name != "v"] == [
        "actor", "blobs", "d", "doc", "dprev", "dseq", "node", "outcome", "partner", "pseq", "tenant", "ts", "type",
    ]  # fmt: skip
    assert len(fields_of(data)) == len(value) - 1


@given(entries, st.data())
def test_a_byte_more_or_less_or_another_makes_it_none_or_another(entry: Entry, data: st.DataObject) -> None:
    written = entry.written()
    place = data.draw(st.integers(0, len(written) - 1))
    changed = data.draw(
        st.sampled_from(
            [
                written[:place] + written[place + 1 :],
                written[:place] + b" " + written[place:],
                written[:place] + bytes([written[place] ^ 1]) + written[place + 1 :],
            ]
        )
    )
    with suppress(NoEntry):
        assert read_entry(changed).written() == changed


@given(st.binary())
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(NoEntry):
        read_entry(data)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b'"v":1', b'"v":2', "fields are not those"),
        (b'"v":1', b'"v":1,"w":1', "fields are not those"),
        (b'"pseq":7', b'"pseq":7.0', "no whole number"),
        (b'"pseq":7', b'"pseq":"7"', "fields are not those"),
        (b'"pseq":7', b'"pseq":7,"pseq":7', "twice"),
        (b'"actor":"system",', b"", "fields are not those"),
        (b'"actor":"system"', b'"actor":"anna"', "fields are not those"),
        (b'"outcome":""', b'"outcome":"Anna said so"', "fields are not those"),
        (b'"outcome":""', b'"outcome":"\\ud800"', "half of a character"),
        (b'"role":"received"', b'"role":"secret"', "fields are not those"),
        (b"AAA=", b"AAB=", "fields are not those"),
        (b"{", b" {", "one form"),
    ],
)
def test_what_is_wrong_is_said(old: bytes, new: bytes, why: str) -> None:
    data = EXAMPLE.written()
    assert old in data
    with pytest.raises(NoEntry, match=why):
        read_entry(data.replace(old, new, 1))


@pytest.mark.parametrize(
    "changes",
    [
        {"node": 'n"'},
        {"doc": "a b"},
        {"outcome": "Anna said so"},
        {"partner": "acme"},
        {"d": b"short"},
        {"pseq": -1},
        {"ts": "today"},
        {"blobs": (CommittedBlob("secret", bytes(32), 1),)},
    ],
)
def test_what_no_entry_may_have_is_not_written(changes: dict[str, Any]) -> None:
    with pytest.raises(NoEntry):
        replace(EXAMPLE, **changes).written()


def test_a_commitment_is_the_hash_of_salt_and_bytes() -> None:
    assert commitment(b"s" * 32, b"bytes") == sha256(b"s" * 32 + b"bytes").digest()


def test_times_are_utc_to_the_microsecond() -> None:
    moment = datetime(2026, 11, 26, 9, 0, tzinfo=timezone(timedelta(hours=1)))
    assert timestamp(moment) == "2026-11-26T08:00:00.000000Z"


@pytest.mark.parametrize(
    ("outcome", "kept"), [("accepted", "accepted"), ("Anna said so", ""), ("", ""), ("same bytes", "same bytes")]
)
def test_only_known_outcomes_are_told_in_the_open(outcome: str, kept: str) -> None:
    assert known_outcome(outcome) == kept


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])) | st.none())
def test_details_are_exact_whatever_is_said(given: str, optional: str | None) -> None:
    detail = detail_of(
        1,
        partner=optional,
        actor=given,
        outcome=given,
        receipt=optional,
        document=optional,
        transmission=optional,
        detail="{}",
        digests={},
    )
    value = exact.read(detail)
    assert (value["actor"], value["outcome"], value["partner"], value["detail"]) == (given, given, optional, {})


def test_details_hold_all_that_the_journal_says() -> None:
    detail = detail_of(
        5,
        partner="acme",
        actor="anna",
        outcome="because",
        receipt="r",
        document=None,
        transmission=None,
        detail='{"name":"caf\u00e9","weight":"1.5"}',
        digests={"received": "ab" * 32},
    )
    assert exact.read(detail) == {
        "journal": 5,
        "partner": "acme",
        "actor": "anna",
        "outcome": "because",
        "receipt": "r",
        "document": None,
        "transmission": None,
        "detail": {"weight": "1.5", "name": "caf\u00e9"},
        "sha256": {"received": "ab" * 32},
    }
