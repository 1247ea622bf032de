"""Names of files as senders write them, and what is left of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.filenames import LONGEST, safe_name
from gateway.filenames import objection


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("po.edi", "po.edi"),
        ("../../etc/passwd", "passwd"),
        ("/abs/po.edi", "po.edi"),
        ("C:\\in\\po.edi", "po.edi"),
        ("..\\..\\po.edi", "po.edi"),
        ("drawing é.pdf", "drawing é.pdf"),
        (".bashrc", "bashrc"),
        ("..", None),
        ("", None),
        ("a/", None),
        ("po\x00.edi\r\n", "po_.edi__"),
        ("po\u202eide.exe", "po_ide.exe"),
        ('a<b>:"c|d?e*.edi', "a_b___c_d_e_.edi"),
        ("name. . ", "name"),
        ("x" * 300 + ".edi", "x" * (LONGEST - 4) + ".edi"),
    ],
)
def test_names(written: str, name: str | None) -> None:
    assert safe_name(written) == name


@given(st.text())
def test_whatever_is_written_the_name_can_be_used(written: str) -> None:
    name = safe_name(written)
    if name is not None:
        assert objection(name) is None
        assert not name.startswith(".")
        assert len(name.encode()) <= LONGEST
        assert "/" not in name
        assert "\\" not in name
