"""What passes for a test message: our sentence and nothing else, by the partner whose name stands in it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.mime.span import span_of
from gateway.as2.payloads import Payload
from gateway.exchange.trial_text import FILENAME, LARGEST, is_trial, written
from tests.gateway.house import NOON, invoice, wrapped

TEXT = written("ACME", NOON)


def payload(text: bytes = TEXT, content_type: str = "text/plain") -> Payload:
    return Payload(span_of(text), FILENAME, FILENAME, content_type)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=128))
def test_what_is_written_is_recognised_whatever_the_name(name: str) -> None:
    text = written(name, NOON)
    assert len(text) <= LARGEST
    assert is_trial([payload(text)], name)


EDI = wrapped("810", invoice())

OTHERS = {
    "an order under the name of the file": EDI,
    "an order behind it": TEXT + EDI,
    "an order before it": EDI + TEXT,
    "one word more": TEXT.rstrip() + b" Pay.\r\n",
    "twice": TEXT * 2,
    "another's name in it": written("BETA", NOON),
    "no line end": TEXT.rstrip(),
    "nothing": b"",
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_anything_else_is_taken_in_as_a_file(text: bytes) -> None:
    assert not is_trial([payload(text)], "ACME")


def test_neither_is_what_says_to_be_something_else_or_comes_with_other_files() -> None:
    assert is_trial([payload(content_type="Text/Plain; charset=us-ascii")], "ACME")
    assert not is_trial([payload(content_type="application/edi-x12")], "ACME")
    assert not is_trial([payload(), replace(payload(), content=span_of(EDI))], "ACME")
    assert not is_trial([], "ACME")
