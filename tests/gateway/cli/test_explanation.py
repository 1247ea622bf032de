"""How findings look on a terminal: the segment, the mark under what is wrong, and words that fit into the width."""

import io
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.text import Text

from canonical.passage import Passage
from gateway.checking import check
from gateway.cli.console import GlobalOptions, Terminal
from gateway.cli.explanation import MOST_KINDS, lines, render, window
from gateway.explanation import explanations

from ..house import House, csv, csv_invoice, group, interchange, invoice, transaction_set, wrapped

WRONG_UNIT = "BIG*20261121*INV1**4500123\nIT1*1*10*QQ*5.1*\nTDS*5100\nCTT*1"


def printed(data: bytes, *, width: int = 80, every: bool = False) -> str:
    file = io.BytesIO(data)
    found = explanations(check(file, "a.edi", None), file, together=not every)
    return "\n".join(str(line).rstrip() for each in found for line in lines(each, width))


def rendered(data: bytes, capsys: pytest.CaptureFixture[str], *, every: bool = False) -> str:
    file = io.BytesIO(data)
    render(Terminal(GlobalOptions(Path())), Path("a.edi"), check(file, "a.edi", None), file, every=every)
    return capsys.readouterr().out


def test_a_finding_at_80_columns() -> None:
    told = printed(wrapped("810", "BIG*20261121*INV1**4500123\nIT1*1*10*QQ*5.1\nTDS*5100\nCTT*1"))
    assert (
        told
        == """
error[invalid-code] IT1[1]/03
  IT103 is 'QQ', which is not in the code list of element 355.

    3 | IT1*1*10*QQ*5.1
      |          ^^

  where     segment 3 of the 810 0001, byte 201
  element   IT103, unit of measure (element 355)
  expected  a code, 2 characters
  codes     EA each, CA case, BX box, CT carton, PK pack, PC piece, PL pallet,
            LB pound, and 786 more
  required  together with IT102 and IT104, or none of them
  place     in loop IT1[1]; the loop IT1 may be left out, up to 200000 times
  to do     Send a code of the list. Which one is meant is known only to you:
            ask us if none fits.
  answered  AK403:7"""
    )


def test_where_something_is_missing_the_place_is_shown() -> None:
    told = printed(wrapped("810", "BIG*20261121\nTDS*0"))
    assert "    2 | BIG*20261121\n      |             ^ here\n" in told


def test_a_row_with_its_cell(house: House) -> None:
    file = io.BytesIO(csv(csv_invoice("A").replace("2026-11-21", "soon")))
    [found] = explanations(check(file, "a.csv", house.gateway.partner("beta")), file)
    told = [str(line).rstrip() for line in lines(found, 80)]
    row = next(line for line in told if line.startswith("    2 | "))
    mark = told[told.index(row) + 1]
    assert row[mark.index("^") :].startswith("soon")
    assert mark.count("^") == 4


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    long = wrapped("810", f"BIG*20261121*A\nIT1*1*1*QQ*5**VP*{'W' * 90}\nTDS*500\nCTT*1")
    data = long.replace(b"~", b"~\n")
    assert max(cell_len(line) for line in printed(data, width=width).splitlines()) <= width


def test_notes_are_told_in_short() -> None:
    told = printed(wrapped("810", invoice()).replace(b"~", b"~\n"))
    assert told.startswith("\nnote[line-breaks-between-segments]\n  Line breaks follow")
    assert "to do" not in told


class TestWindow:
    """As much of a long passage as has room, with what is marked in it."""

    @pytest.mark.parametrize("width", [20, 40, 70])
    @pytest.mark.parametrize("length", [5, 15, 60, 300])
    def test_what_is_marked_can_be_seen(self, width: int, length: int) -> None:
        text = "".join(chr(ord("a") + at % 26) for at in range(length))
        for start in range(length + 1):
            for end in {start, min(start + 3, length), min(start + 50, length)}:
                shown, low, high = window(Passage(text=text, start=start, end=end), width)
                assert cell_len(shown) <= width
                assert text[start:end].startswith(shown[low:high].rstrip("…"))
                assert low < len(shown) or start == length
                assert (high > low) == (end > start)
                assert shown.strip("…") in text

    def test_what_has_room_is_left_as_it_is(self) -> None:
        assert window(Passage(text="ST*810*0001", start=3, end=6), 40) == ("ST*810*0001", 3, 6)

    def test_what_was_cut_before_is_seen_as_cut(self) -> None:
        passage = Passage(text="ST*810*0001", start=3, end=6, cut_before=True, cut_after=True)
        assert window(passage, 40) == ("…ST*810*0001…", 4, 7)

    def test_wide_characters_do_not_shift_the_mark(self) -> None:
        data = wrapped("810", "BIG*20261121*東京*20269999\nTDS*0")
        told = printed(data).splitlines()
        segment = next(line for line in told if "BIG*" in line and "|" in line)
        mark = told[told.index(segment) + 1]
        assert cell_len(segment[: segment.index("20269999")]) == cell_len(mark[: mark.index("^")])


def test_many_kinds_are_cut_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"Z{chr(65 + number // 26)}{chr(65 + number % 26)}" for number in range(MOST_KINDS + 5)]
    data = wrapped("810", "\n".join(["BIG*20261121*A", *(f"{name}*1" for name in names), "TDS*0"]))
    short = rendered(data, capsys)
    assert short.count("error[unknown-segment]") == MOST_KINDS
    assert "5 more findings of 5 kinds are not shown; --all shows every one." in short
    whole = rendered(data, capsys, every=True)
    assert whole.count("error[unknown-segment]") == MOST_KINDS + 5
    assert "not shown" not in whole


def test_many_sets_are_counted_and_only_those_with_errors_named(capsys: pytest.CaptureFixture[str]) -> None:
    sets = [transaction_set("810", invoice(f"A{number}"), f"{number:04d}") for number in range(1, 40)]
    bad = transaction_set("810", "BIG*20261199*A\nTDS*0", "0040")
    data = interchange(group(*sets, bad, control=5), control=3)
    told = rendered(data, capsys)
    assert "810 0001" not in told.partition("error[")[0]
    assert "    810 0040 (004010): rejected\n    40 transaction sets: 39 accepted, 1 rejected\n" in told
    assert "810 0001 (004010): accepted" in rendered(data, capsys, every=True)


def test_the_verdict_counts_what_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert rendered(wrapped("810", WRONG_UNIT), capsys).startswith("a.edi: REJECTED (1 error, 1 note)\n")
    assert rendered(wrapped("810", invoice()), capsys).startswith("a.edi: accepted\n")


def test_a_hostile_segment_is_only_text() -> None:
    told = printed(wrapped("810", "BIG*20261121*A\x1b[2J\u202e\nTDS*0"))
    assert {"\x1b", "\u202e"}.isdisjoint(told)
    assert Text(told).plain == told
