import pytest

from spool.states import STATES, TRANSITIONS, DocumentState, IllegalMove, ReceiptState, check, page
from tools.states_page import PAGE


def test_the_page_is_drawn_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tools.states_page"


@pytest.mark.parametrize("kind", STATES)
def test_every_state_can_be_reached_and_no_move_is_listed_twice(kind: str) -> None:
    moves = TRANSITIONS[kind]
    reached = {next(iter(STATES[kind])).value}
    for _ in STATES[kind]:
        reached |= {move.new for move in moves if move.old in reached}
    assert reached == {state.value for state in STATES[kind]}
    assert len({(move.old, move.new) for move in moves}) == len(moves)


@pytest.mark.parametrize("kind", STATES)
def test_what_is_in_the_table_is_legal_and_nothing_else(kind: str) -> None:
    legal = {(move.old, move.new) for move in TRANSITIONS[kind]}
    for old in STATES[kind]:
        for new in STATES[kind]:
            if (old, new) in legal:
                check(kind, old, new)
            else:
                with pytest.raises(IllegalMove):
                    check(kind, old, new)


def test_an_illegal_move_says_what_would_be_legal() -> None:
    with pytest.raises(
        IllegalMove, match=r"A document that is quarantined cannot become delivered; .*: duplicate, rejected"
    ):
        check("document", DocumentState.QUARANTINED, DocumentState.DELIVERED)
    with pytest.raises(IllegalMove, match="this is its end"):
        check("receipt", ReceiptState.OPENED, ReceiptState.PENDING)
