"""Who sent what to whom, before anybody is known."""

import io

import pytest

from gateway.as2.envelope import Envelope, Kind, bare, envelope_of, message_id_objection, repeated
from gateway.as2.mime.headers import headers

EDI = b"Content-Type: application/edi-x12\r\n\r\nISA"
REPORT = b"Content-Type: multipart/report; boundary=r\r\n\r\n--r\r\n"
FORWARDED = (
    b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n" + EDI + b"\r\n--m\r\n"
    b"Content-Type: message/rfc822\r\n\r\nSubject: our receipt\r\n" + REPORT + b"\r\n--m--\r\n"
)
"""A file, and beside it a receipt that came to somebody else."""

FIELDS = [("AS2-From", '"A B"'), ("as2-to", "C"), ("Message-ID", " <1@a> ")]


def test_what_a_request_says_of_itself() -> None:
    assert envelope_of(headers(FIELDS), io.BytesIO(b"ISA")) == Envelope("A B", "C", "<1@a>", Kind.MESSAGE)
    assert envelope_of(headers([]), io.BytesIO(b"")) == Envelope(None, None, None, Kind.MESSAGE)


@pytest.mark.parametrize(
    ("content_type", "body", "kind"),
    [
        ("multipart/report; report-type=disposition-notification; boundary=b", b"", Kind.MDN),
        ("message/disposition-notification", b"", Kind.MDN),
        ("multipart/signed; boundary=b", b"--b\r\nContent-Type: multipart/report; boundary=c\r\n", Kind.MDN),
        ("multipart/signed; boundary=b", b"--b\ncontent-type:Multipart/Report;boundary=c\n", Kind.MDN),
        (
            "multipart/signed; boundary=b",
            b"--b\r\nContent-Type: application/edi-x12\r\n\r\nmultipart/report",
            Kind.MESSAGE,
        ),
        ("multipart/signed", b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n" + REPORT, Kind.MDN),
        ("multipart/signed; boundary=b", b"preamble\r\n--b  \r\nContent-Type: multipart/report\r\n\r\n", Kind.MDN),
        ("multipart/signed; boundary=b", b"--b\r\n" + EDI + b"\r\n" + REPORT, Kind.MESSAGE),
        ("multipart/signed; boundary=b", b"--b\r\n" + FORWARDED, Kind.MESSAGE),
        ("multipart/signed; boundary=b", b"--b\r\n" + EDI + b"\r\n--b\r\n" + REPORT, Kind.MESSAGE),
        ("multipart/signed; boundary=b", b"--bb\r\n" + REPORT, Kind.MESSAGE),
        ("multipart/signed; boundary=b", b"--b\r\nno field\r\n\r\n" + REPORT, Kind.MESSAGE),
        ("multipart/signed", REPORT, Kind.MESSAGE),
        ("multipart/mixed; boundary=b", b"--b\r\n" + EDI + b"\r\n--b\r\n" + REPORT, Kind.MESSAGE),
        ("multipart/mixed; boundary=b", b"--b\r\n" + REPORT, Kind.MESSAGE),
        ("application/pkcs7-mime", b"Content-Type: multipart/report", Kind.MESSAGE),
        ("application/edi-x12", b"Content-Type: multipart/report", Kind.MESSAGE),
    ],
)
def test_messages_and_mdns(content_type: str, body: bytes, kind: Kind) -> None:
    assert envelope_of(headers([("Content-Type", content_type)]), io.BytesIO(body)).kind is kind


@pytest.mark.parametrize(
    ("message_id", "text"), [("<a@b>", "a@b"), ("a@b", "a@b"), (" < a@b > ", "a@b"), ("<a", "<a"), ("<>", "")]
)
def test_message_ids_are_compared_without_brackets(message_id: str, text: str) -> None:
    assert bare(message_id) == text


@pytest.mark.parametrize("message_id", ["<a@b>", "a", "../../etc/passwd", "<a b@c>", "x" * 998])
def test_message_ids(message_id: str) -> None:
    assert message_id_objection(message_id) is None


@pytest.mark.parametrize("message_id", [None, "", "<>", " ", "x" * 999, "a\tb", "é"])
def test_what_is_no_message_id(message_id: str | None) -> None:
    assert message_id_objection(message_id) is not None


def test_fields_of_several_values() -> None:
    assert repeated(headers(FIELDS)) is None
    assert repeated(headers([*FIELDS, ("AS2-FROM", ' "A B"')])) is None
    assert repeated(headers([*FIELDS, ("AS2-FROM", "D")])) == "AS2-From"
