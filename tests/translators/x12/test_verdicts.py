"""What was decided of the sets of a group comes back as it was put in, whatever the texts."""

from hypothesis import given
from hypothesis import strategies as st

from canonical.finding import Finding, Severity
from canonical.functional_acknowledgement import SyntaxStatus
from translators.x12.verdicts import SetVerdict, Verdicts

FAULT = Finding(code="missing", severity=Severity.ERROR, message="It is missing.", ack_code="AK403:1")
TEXTS = st.text(max_size=4) | st.sampled_from(["810", "0001", "", " ", "\n", "00\n1", "é"])
VERDICTS = st.builds(
    SetVerdict,
    set_id=TEXTS,
    control_number=TEXTS,
    status=st.sampled_from(SyntaxStatus),
    codes=st.lists(TEXTS, max_size=2).map(tuple),
    findings=st.sampled_from([(), (FAULT,)]),
    guideline=TEXTS,
    number=st.none() | st.just(("BEG03", "4500123")),
)


def verdicts(*each: SetVerdict) -> Verdicts:
    made = Verdicts()
    for verdict in each:
        made.add(verdict)
    return made


@given(st.lists(VERDICTS, max_size=6))
def test_each_verdict_comes_back_in_its_place(given_: list[SetVerdict]) -> None:
    made = verdicts(*given_)
    assert list(made) == given_
    assert [made[position] for position in range(len(made))] == given_
    assert made.accepted == sum(verdict.status is not SyntaxStatus.REJECTED for verdict in given_)
    assert made.spotless == all(verdict.status is SyntaxStatus.ACCEPTED for verdict in given_)


@given(st.lists(VERDICTS, min_size=1, max_size=6), VERDICTS, st.data())
def test_others_take_the_place_of_some(given_: list[SetVerdict], other: SetVerdict, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(given_) - 1))
    made = verdicts(*given_)
    changed = made.changed({position: other})
    assert list(changed) == [*given_[:position], other, *given_[position + 1 :]]
    assert list(made) == given_
    assert (changed == made) == (other == given_[position])


def test_a_sound_set_costs_little_more_than_its_numbers() -> None:
    sound = [SetVerdict("810", f"{number:09}", SyntaxStatus.ACCEPTED, (), ()) for number in range(1000)]
    assert len(verdicts(*sound)._lines) < 30 * len(sound)
    assert not verdicts(*sound)._told
