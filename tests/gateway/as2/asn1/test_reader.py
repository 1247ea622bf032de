"""Walking through DER: what is there is found, and what is not as asked for is malformed, never anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.asn1.malformed import Malformed
from gateway.as2.asn1.reader import Reader, whole
from gateway.as2.asn1.tags import INTEGER, OCTET_STRING, SEQUENCE


def test_values_one_after_the_other() -> None:
    reader = Reader(bytes.fromhex("0201050403616263"))
    assert reader.tag == INTEGER
    assert reader.take(INTEGER).number() == 5
    assert reader.take_if(INTEGER) is None
    last = reader.take()
    assert (last.tag, last.content, last.encoded.hex()) == (OCTET_STRING, b"abc", "0403616263")
    assert reader.tag is None
    reader.finish()


@pytest.mark.parametrize(
    ("encoded", "what"),
    [
        ("", "ends within"),
        ("30", "ends within"),
        ("3002", "ends within"),
        ("30820000", "ends within|more than"),
        ("020105", "0x02 where 0x30 belongs"),
        ("30800000", "indefinite"),
        ("30000500", "more than"),
        ("308f" + "ff" * 15, "beyond all reason"),
        ("30ff" + "00" * 130, "reserved"),
        ("3f810100", "tag number above 30"),
    ],
)
def test_what_is_no_sequence(encoded: str, what: str) -> None:
    with pytest.raises(Malformed, match=what):
        whole(bytes.fromhex(encoded), SEQUENCE).inside().take()


@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_malformed_or_cover_themselves(data: bytes) -> None:
    try:
        elements = Reader(data).all()
    except Malformed:
        return
    assert b"".join(element.encoded for element in elements) == data
