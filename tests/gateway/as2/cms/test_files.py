"""Files of content: what is left of them, and taking back what must not stay."""

from io import BytesIO

import pytest

from gateway.as2.asn1.stream import PIECE
from gateway.as2.cms.failures import DecryptionFailed
from gateway.as2.cms.files import all_or_nothing, pieces, remaining


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 3 * PIECE])
def test_what_is_left_comes_in_pieces(size: int) -> None:
    source = BytesIO(b"before" + bytes(size))
    source.seek(6)
    assert remaining(source) == size
    found = list(pieces(source))
    assert b"".join(found) == bytes(size)
    assert all(0 < len(piece) <= PIECE for piece in found)


@pytest.mark.parametrize("fault", [DecryptionFailed, OSError, KeyboardInterrupt])
def test_whatever_goes_wrong_nothing_stays(fault: type[BaseException]) -> None:
    sink = BytesIO(b"before" + b"older")
    sink.seek(6)
    with pytest.raises(fault), all_or_nothing(sink):
        _write_and_fail(sink, fault)
    assert sink.getvalue() == b"before"


def test_what_went_well_stays() -> None:
    sink = BytesIO()
    with all_or_nothing(sink):
        sink.write(b"all of it")
    assert sink.getvalue() == b"all of it"


def _write_and_fail(sink: BytesIO, fault: type[BaseException]) -> None:
    sink.write(b"half of it")
    raise fault
