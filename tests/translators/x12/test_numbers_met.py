"""A control number is met again exactly when the same text came before."""

from hypothesis import given
from hypothesis import strategies as st

from translators.x12.numbers_met import NumbersMet

NUMBERS = st.text("019aé٣ ", max_size=5) | st.integers(0, 300).map("{:04}".format)


@given(st.lists(NUMBERS))
def test_what_came_before_is_known(numbers: list[str]) -> None:
    met, known = NumbersMet(), set[str]()
    for number in numbers:
        assert met.meet(number) == (number in known), number
        known.add(number)


def test_numbers_that_follow_each_other_share_what_is_kept() -> None:
    met = NumbersMet()
    assert not any(met.meet(f"{number:09}") for number in range(10_000))
    assert (len(met._hundreds), len(met._others)) == (100, 0)
