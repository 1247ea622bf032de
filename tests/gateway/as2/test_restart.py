"""What is told of a transfer that broke off, and which rest of it is taken."""

from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.mime.headers import Headers, headers
from gateway.as2.restart import (
    LONGEST_NAME,
    Kept,
    Part,
    Refusal,
    answered,
    begins_at,
    naming_fields,
    offered,
    question,
    read_name,
    read_part,
    size_of,
    wants_the_whole,
)

KEPT = Kept("1@acme.example", 1000, 2000)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ([], None),
        (['"x1"'], "x1"),
        (["{F9168C5E-CEB2-4faa-B6BF-329BF39FA1E4}"], "{F9168C5E-CEB2-4faa-B6BF-329BF39FA1E4}"),
        (['"x1"', '"x1"'], "x1"),
        (['"x1"', '"x2"'], None),
        (['W/"x1"'], None),
        (['""'], None),
        (['"x y"'], None),
        (['"x" "y"'], None),
        (['"é"'], None),
        ([f'"{"x" * LONGEST_NAME}"'], "x" * LONGEST_NAME),
        ([f'"{"x" * (LONGEST_NAME + 1)}"'], None),
    ],
)
def test_names_of_transfers(written: list[str], name: str | None) -> None:
    assert read_name(headers(("ETag", value) for value in written)) == name


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ([], None),
        (["bytes 1000-1999/2000"], Part(1000, 1999, 2000)),
        (["1000-1999/2000"], Part(1000, 1999, 2000)),
        (["bytes=1000-1999/2000"], Part(1000, 1999, 2000)),
        (["Bytes 1000-1999/*"], Part(1000, 1999, None)),
        (["bytes 1000-1999/2000", "bytes 1000-1999/2000"], Part(1000, 1999, 2000)),
    ],
)
def test_what_a_post_carries(written: list[str], part: Part | None) -> None:
    assert read_part(headers(("Content-Range", value) for value in written)) == part


@pytest.mark.parametrize(
    "written",
    [
        ["bytes */2000"],
        ["lines 1-2/3"],
        ["bytes -5-9/10"],
        ["bytes 1-2/3, 4-5/6"],
        [""],
        [f"bytes {'9' * 16}-1/2"],
        ["bytes ١-٢/٣"],
        ["bytes 0-9/10", "bytes 1-9/10"],
    ],
)
def test_what_is_no_range_is_refused(written: list[str]) -> None:
    refused = read_part(headers(("Content-Range", value) for value in written))
    assert isinstance(refused, Refusal)
    assert refused.status is HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (None, 0),
        (Kept("m", 0, 10), 0),
        (Kept("m", 7, 10), 7),
        (Kept("m", 10, 10), 9),
        (Kept("m", 11, 10), 9),
        (Kept("m", 7, None), 7),
    ],
)
def test_how_much_need_not_be_sent_again(kept: Kept | None, told: int) -> None:
    """Never all of it: somebody must post something for the message to be judged."""
    assert offered(kept) == told


@pytest.mark.parametrize(
    ("asked", "told"), [("<1@acme.example>", 1000), ("1@acme.example", 1000), ("<2@acme.example>", 0)]
)
def test_of_another_message_nothing_is_told(asked: str, told: int) -> None:
    assert offered(KEPT, asked) == told


@pytest.mark.parametrize(
    ("part", "length", "kept"),
    [
        (None, 2000, None),
        (None, None, KEPT),
        (Part(0, 1999, 2000), 2000, KEPT),
        (Part(0, 1999, None), None, None),
    ],
)
def test_a_whole_message_begins_at_the_beginning_whatever_is_kept(
    part: Part | None, length: int | None, kept: Kept | None
) -> None:
    assert begins_at(part, length, "<2@acme.example>", kept) == 0


@pytest.mark.parametrize("length", [1000, None])
@pytest.mark.parametrize("total", [2000, None])
@pytest.mark.parametrize("message_id", ["<1@acme.example>", "1@acme.example"])
def test_the_rest_goes_on_where_what_is_kept_ends(length: int | None, total: int | None, message_id: str) -> None:
    assert begins_at(Part(1000, 1999, total), length, message_id, KEPT) == 1000
    assert size_of(Part(1000, 1999, total), length) == 2000


REFUSED = {
    "nothing kept": (Part(1000, 1999, 2000), 1000, "1@acme.example", None, 416),
    "another message": (Part(1000, 1999, 2000), 1000, "2@acme.example", KEPT, 409),
    "no message": (Part(1000, 1999, 2000), 1000, "", KEPT, 409),
    "shrunk": (Part(1000, 1899, 1900), 900, "1@acme.example", KEPT, 409),
    "grown": (Part(1000, 2099, 2100), 1100, "1@acme.example", KEPT, 409),
    "a gap": (Part(1001, 1999, 2000), 999, "1@acme.example", KEPT, 416),
    "beyond the end": (Part(2000, 2000, 2000), 1, "1@acme.example", KEPT, 400),
    "overlapping": (Part(999, 1999, 2000), 1001, "1@acme.example", KEPT, 416),
    "not up to the end": (Part(1000, 1499, 2000), 500, "1@acme.example", KEPT, 400),
    "backwards": (Part(1000, 999, 2000), 0, "1@acme.example", KEPT, 400),
    "another length": (Part(1000, 1999, 2000), 999, "1@acme.example", KEPT, 400),
    "half of the first half": (Part(0, 499, 2000), 500, "1@acme.example", None, 400),
}


@pytest.mark.parametrize(("part", "length", "message_id", "kept", "status"), REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused(part: Part, length: int, message_id: str, kept: Kept | None, status: int) -> None:
    refused = begins_at(part, length, message_id, kept)
    assert isinstance(refused, Refusal)
    assert refused.status == status


_numbers = st.integers(0, 50)


@given(
    st.builds(Part, _numbers, _numbers, st.none() | _numbers),
    st.none() | _numbers,
    st.none() | st.builds(Kept, st.just("m"), _numbers, st.none() | _numbers),
)
def test_what_is_taken_is_whole_or_fits_without_gap_or_overlap(
    part: Part, length: int | None, kept: Kept | None
) -> None:
    at = begins_at(part, length, "m", kept)
    if isinstance(at, int):
        assert at == part.first
        assert part.first <= part.last
        assert part.total in (None, part.last + 1)
        assert length in (None, part.last + 1 - at)
        assert at == 0 or (kept is not None and at <= kept.size)


SIZE = 2000


@pytest.mark.parametrize(
    ("status", "fields", "come"),
    [
        (200, {"Content-Length": "1000"}, 1000),
        (200, {"Content-Length": "1000", "ETag": '"x"'}, 1000),
        (200, {"Content-Length": "1000", "ETag": "x"}, 1000),
        (200, {"Content-Length": "1000", "ETag": '"other"'}, 0),
        (200, {"Content-Length": "0"}, 0),
        (200, {}, 0),
        (200, {"Content-Length": "many"}, 0),
        (200, {"Content-Length": "2000"}, 0),
        (200, {"Content-Length": "2001"}, 0),
        (204, {"Content-Length": "1000"}, 0),
        (404, {"Content-Length": "1000"}, 0),
    ],
)
def test_only_what_is_told_beyond_doubt_is_not_sent_again(status: int, fields: dict[str, str], come: int) -> None:
    """Where a server says that it has all, nothing could be posted, and nothing says what became of it."""
    assert answered(status, headers(fields.items()), "x", SIZE) == come


def test_the_question_names_parties_message_and_transfer_and_nothing_of_the_body() -> None:
    sent = headers(
        [
            ("AS2-Version", "1.2"),
            ("AS2-From", "US"),
            ("AS2-To", "THEM"),
            ("Message-ID", "<1@us.example>"),
            ("Content-Type", "application/pkcs7-mime"),
            ("Disposition-Notification-To", "us"),
        ]
    )
    assert question(sent, "x").pairs == (*sent.pairs[:4], ("ETag", '"x"'))


def test_what_names_a_post_is_read_back() -> None:
    whole, rest = (Headers(naming_fields("x", offset, SIZE)) for offset in (0, 1000))
    assert (read_name(whole), read_part(whole)) == ("x", None)
    assert (read_name(rest), read_part(rest)) == ("x", Part(1000, SIZE - 1, SIZE))


@pytest.mark.parametrize(
    ("status", "whole"), [(200, False), (400, True), (401, False), (409, True), (416, True), (500, False), (503, False)]
)
def test_who_does_not_take_the_rest_is_sent_the_whole(status: int, whole: bool) -> None:
    assert wants_the_whole(status) is whole
