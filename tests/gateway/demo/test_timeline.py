import pytest

from gateway.demo import scenario

from .conftest import Played

pytestmark = pytest.mark.slow


def told(played: Played, partner: str) -> list[tuple[str, str]]:
    return [(moment.step, moment.subject) for moment in played.moments if moment.partner == partner]


def test_it_tells_each_thing_once_and_in_order(played: Played) -> None:
    for partner in scenario.PARTNERS:
        lines = told(played, partner)
        assert len(lines) == len(set(lines))
    assert [moment.at for moment in played.moments] == sorted(moment.at for moment in played.moments)


def test_the_order_goes_out_and_its_997_comes_back(played: Played) -> None:
    lines = told(played, scenario.RIVERMILL)
    story = [
        ("submitted", "order 4500123"),
        ("built", "850 order 4500123"),
        ("sent", "850 order 4500123"),
        ("collected", "850_4500123_000000001.edi"),
        ("received", "997_4500123.edi"),
        ("matched", "850 order 4500123"),
    ]
    assert [line for line in lines if line in story] == story


def test_what_goes_without_saying_is_left_out(played: Played) -> None:
    assert not {"parsed", "acknowledged"} & {moment.step for moment in played.moments}
    assert "deleted" not in {moment.outcome for moment in played.moments}


def test_what_goes_over_as2_is_posted_and_proven_by_its_receipt(played: Played) -> None:
    steps = [step for step, subject in told(played, scenario.TAMARACK) if subject.endswith("order 4500125")]
    assert steps == ["submitted", "built", "sent", "confirmed", "matched"]
    answered = [moment.outcome for moment in played.moments if moment.step == "answered"]
    assert answered == ["MDN given: processed"] * 4
    [sent] = [
        moment.outcome for moment in played.moments if moment.subject == "850 order 4500125" and moment.step == "sent"
    ]
    assert sent.startswith("posted: 850_4500125_")
