"""Checkpoints (C2SP tlog-checkpoint)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.note import Malformed

EXAMPLE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
"""The example of the document."""


def test_the_published_example() -> None:
    read = Checkpoint.read(EXAMPLE)
    assert (read.origin, read.size) == ("example.com/behind-the-sofa", 20852163)
    assert read.root.hex() == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
    assert str(read) == EXAMPLE


@given(st.integers(0, 10**18), st.binary(min_size=32, max_size=32))
def test_what_is_written_is_read(size: int, root: bytes) -> None:
    checkpoint = Checkpoint("log.example", size, root)
    assert Checkpoint.read(str(checkpoint)) == checkpoint


def test_extensions_are_passed_over() -> None:
    assert Checkpoint.read(EXAMPLE + "more\nand more\n") == Checkpoint.read(EXAMPLE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "log.example\n5\n",
        EXAMPLE[:-1],
        EXAMPLE + "\n",
        EXAMPLE + "\nmore\n",
        "\n" + EXAMPLE.partition("\n")[2],
        EXAMPLE.replace("20852163", "020852163"),
        EXAMPLE.replace("20852163", "-1"),
        EXAMPLE.replace("20852163", "\N{ARABIC-INDIC DIGIT ONE}"),
        EXAMPLE.replace("20852163", ""),
        EXAMPLE.replace("20852163", "9" * 30),
        EXAMPLE.replace("CsUY", "Cs\u00dcY"),
        EXAMPLE.replace("CsUY", "CsU"),
        EXAMPLE.replace("q2I=", "q2J="),
        EXAMPLE.replace("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", "CsUY"),
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(Malformed):
        Checkpoint.read(text)
