"""What a status means."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.errors import Ambiguous, Fault, Misconfigured, Retryable, TallyError
from gateway.senders.http.answer import LONGEST_WAIT, HttpAnswer, failure_of
from gateway.senders.http.failures import RefusedForNow

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
URL = "https://partner.example/as2"


def answered(status: int, *fields: tuple[bytes, bytes], body: bytes = b"") -> TallyError | None:
    return failure_of(HttpAnswer(status, fields, body, 0.1, "192.0.2.7"), URL, now=NOW)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_success_is_no_failure(status: int) -> None:
    assert answered(status) is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *[(status, Misconfigured) for status in (301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410, 411, 413, 415)],
        *[(status, Retryable) for status in (408, 425, 429, 503)],
        *[(status, Ambiguous) for status in (500, 501, 502, 504, 599)],
    ],
)
def test_what_a_status_means(status: int, kind: type[TallyError]) -> None:
    failure = answered(status)
    assert isinstance(failure, kind)
    assert f"{URL} answered {status}" in failure.message


def test_a_server_that_fails_is_the_partners() -> None:
    failure = answered(500)
    assert failure is not None
    assert (failure.fault, failure.retryable) == (Fault.PARTNER, True)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"7", 7),
        (b" 7 ", 7),
        (b"0", 0),
        (b"99999999", 3600),
        (b"9" * 5000, None),
        (b"-1", None),
        (b"Fri, 02 Jan 2026 03:06:05 GMT", 120),
        (b"Friday, 02-Jan-26 03:06:05 GMT", 120),
        (b"Fri Jan  2 03:06:05 2026", 120),
        (b"Fri, 02 Jan 2026 03:00:00 GMT", 0),
        (b"Sun, 02 Jan 2028 03:04:05 GMT", 3600),
        (b"Fri, 32 Jan 2026 03:04:05 GMT", None),
        (b"tomorrow", None),
        (b"\xff\xfe", None),
        (b"", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_when_to_come_again(status: int, value: bytes, seconds: int | None) -> None:
    failure = answered(status, (b"retry-AFTER", value))
    assert isinstance(failure, RefusedForNow)
    assert failure.wait == (None if seconds is None else timedelta(seconds=seconds))


def test_a_moment_is_counted_from_the_servers_own_time() -> None:
    failure = answered(
        503, (b"Date", b"Fri, 02 Jan 2026 09:00:00 GMT"), (b"Retry-After", b"Fri, 02 Jan 2026 09:00:30 GMT")
    )
    assert isinstance(failure, RefusedForNow)
    assert failure.wait == timedelta(seconds=30)


def test_it_is_told_when_a_server_asks_for_more_than_was_agreed() -> None:
    failure = answered(503, (b"Retry-After", b"86400"))
    assert failure is not None
    assert "for 1440 minutes. It is tried again after 60 minutes, the longest that was agreed." in failure.message


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_whatever_a_server_says_it_is_understood_or_not(value: bytes, date: bytes) -> None:
    failure = answered(503, (b"Date", date), (b"Retry-After", value))
    assert isinstance(failure, RefusedForNow)
    assert failure.wait is None or timedelta(0) <= failure.wait <= LONGEST_WAIT


def test_the_partners_words_are_shown_cut_short_and_only_where_they_are_words() -> None:
    plain = (b"Content-Type", b"text/plain; charset=utf-8")
    failure = answered(403, plain, body=b"You are\n\x1b[31mnot welcome" + b"!" * 1000)
    assert failure is not None
    assert "'You are \\x1b[31mnot welcome!!!" in failure.message
    assert len(failure.message) < 500
    page = answered(403, (b"Content-Type", b"text/html"), body=b"<html>")
    assert page is not None
    assert "html" not in page.message
    titled = answered(502, (b"Content-Type", b"text/html"), body=b"<html><head><TITLE>Bad\nGateway</TITLE>")
    assert titled is not None
    assert "answered 502 with a web page, 'Bad Gateway'." in titled.message


def test_a_redirect_tells_where_to() -> None:
    failure = answered(301, (b"Location", b"https://new.example/as2"))
    assert failure is not None
    assert "(to 'https://new.example/as2')" in failure.message
    assert "must be the new one" in failure.message
