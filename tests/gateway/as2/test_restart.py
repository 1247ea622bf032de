"""Transfers that are continued."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.mime.headers import headers
from gateway.as2.mime.malformed import Malformed
from gateway.as2.restart import Transfer, continuing_fields, read_held, read_transfer


@pytest.mark.parametrize(
    ("fields", "transfer"),
    [
        ([], None),
        ([("ETag", '"a1"')], Transfer('"a1"')),
        ([("Etag", "a1"), ("Content-Range", "bytes 100-999/1000")], Transfer("a1", 100, 1000)),
        ([("ETag", "a1"), ("content-range", "Bytes 0-0/1")], Transfer("a1", 0, 1)),
    ],
)
def test_reading(fields: list[tuple[str, str]], transfer: Transfer | None) -> None:
    assert read_transfer(headers(fields)) == transfer


@pytest.mark.parametrize(
    "fields",
    [
        [("Content-Range", "bytes 100-999/1000")],
        [("ETag", "a b")],
        [("ETag", "x" * 300)],
        [("ETag", "")],
        [("ETag", "a"), ("Content-Range", "bytes */1000")],
        [("ETag", "a"), ("Content-Range", "bytes 100-500/1000")],
        [("ETag", "a"), ("Content-Range", "bytes 1000-999/1000")],
        [("ETag", "a"), ("Content-Range", "lines 1-9/10")],
    ],
)
def test_what_makes_no_sense(fields: list[tuple[str, str]]) -> None:
    with pytest.raises(Malformed):
        read_transfer(headers(fields))


@given(st.integers(0, 999), st.integers(1000, 10**12))
def test_what_we_continue_is_read_as_that(first: int, total: int) -> None:
    transfer = Transfer('"po-1"', first, total if first else None)
    assert read_transfer(headers(continuing_fields(transfer))) == transfer


@pytest.mark.parametrize(("written", "held"), [("512", 512), ("", 0), ("-1", 0), ("many", 0)])
def test_what_the_other_side_holds(written: str, held: int) -> None:
    assert read_held(headers([("Content-Length", written)])) == held
