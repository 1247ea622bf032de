from gateway.demo.supplier.x12_text import split

from .orders import judged, order_850, purchase_order, received


def test_an_interchange_is_split_at_its_own_delimiters() -> None:
    text = order_850(purchase_order()).decode("ascii")
    other = text.replace("*", "|").replace("~", "'\n")
    assert split(text) == split(other)
    assert [segment[0] for segment in split(text)][:4] == ["ISA", "GS", "ST", "BEG"]


def test_an_answer_goes_back_to_where_the_order_came_from() -> None:
    _, letterhead = received()
    text, group = letterhead.interchange("FA", "997", [["AK1", "PO", "9"]])
    isa, gs, *_ = split(text)
    assert (isa[5], isa[6].strip(), isa[7], isa[8].strip()) == ("ZZ", "RIVERMILL", "ZZ", "TALLYCO")
    assert (gs[2], gs[3]) == ("MILLDEPT", "TALLYDEPT")
    assert isa[15] == "T"
    assert isa[13] == "000000501"
    assert gs[6] == group == "501"


def test_each_interchange_has_control_numbers_of_its_own() -> None:
    _, letterhead = received()
    assert [letterhead.interchange("FA", "997", [])[1] for _ in range(3)] == ["501", "502", "503"]


def test_envelopes_count_what_they_hold() -> None:
    order, letterhead = received()
    found = judged(letterhead, "FA", "997", [["AK1", "PO", order.group], ["AK9", "A", "1", "1", "1"]])
    assert (found.status, found.findings) == ("accepted", ())
    assert found.segment_count == 4
