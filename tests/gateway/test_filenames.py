"""Which names are unfinished, and which cannot be taken."""

import pytest

from gateway.filenames import MAX_NAME_BYTES, RESERVED_BYTES, derived, is_temporary, objection


@pytest.mark.parametrize("name", ["a.filepart", "a.tmp", "a.part", "A.TMP", "a.edi.FilePart", ".a", ".a.edi"])
def test_temporary_names(name: str) -> None:
    assert is_temporary(name)


@pytest.mark.parametrize("name", ["a.edi", "tmp", "filepart", "a.tmp.edi", "a.partial", "a."])
def test_final_names(name: str) -> None:
    assert not is_temporary(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "not the name"),
        (".", "not the name"),
        ("..", "not the name"),
        ("a/b", "not the name"),
        ("a\0", "control"),
        ("a\r\nb", "control"),
        ("a\x7f", "control"),
        ("a\udcff", "UTF-8"),
        ("é" * 128, "255 bytes"),
    ],
)
def test_names_that_cannot_be_taken(name: str, reason: str) -> None:
    assert reason in (objection(name) or "")


@pytest.mark.parametrize("name", ["po.edi", "é" * 127, "with space", "-rf", "C:\\po.edi", "...", "日本.edi"])
def test_names_that_can(name: str) -> None:
    assert objection(name) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", "a.csv.report.csv"),
        ("x" * 300, "x" * 212 + ".report.csv"),
        ("é" * 127, "é" * 106 + ".report.csv"),
    ],
)
def test_a_name_made_from_another_leaves_room(name: str, expected: str) -> None:
    found = derived(name, ".report.csv")
    assert found == expected
    assert objection(found) is None
    assert len(found.encode()) <= MAX_NAME_BYTES - RESERVED_BYTES or len(name) < 20
