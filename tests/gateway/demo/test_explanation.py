from canonical.finding import Finding, Severity
from gateway.demo.explanation import explained


def test_each_segment_of_a_997_gets_its_words() -> None:
    finding = Finding(
        code="invalid-date", severity=Severity.ERROR, message="BIG01 is no date.", segment_index=2, element=1
    )
    segments = ("AK1*IN*505", "AK2*810*0001", "AK3*BIG*2**8", "AK4*1*373*8*X", "AK4*9*1*1", "AK5*R*5", "AK9*R*1*1*0")
    assert list(explained(segments, (finding,))) == [
        ("AK1*IN*505", "About your group 505 (IN),"),
        ("AK2*810*0001", "the 810 number 0001 in it:"),
        ("AK3*BIG*2**8", "in segment 2, BIG,"),
        ("AK4*1*373*8*X", "BIG01 is no date."),
        ("AK4*9*1*1", ""),
        ("AK5*R*5", "It is rejected."),
        ("AK9*R*1*1*0", "The group is rejected: 1 announced, 1 received, 0 accepted."),
    ]
