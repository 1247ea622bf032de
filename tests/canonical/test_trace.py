"""A trace is made when somebody looks at it, and then it is a dict to everybody."""

import copy
import datetime
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from canonical.order import PurchaseOrder
from canonical.trace import LazyTrace

PLACES = {"number": "BEG[1]/03", "lines.0": "PO1[1]"}


def found() -> dict[str, str]:
    return dict(PLACES)


def order(trace: Any) -> PurchaseOrder:
    day = datetime.date(2026, 11, 25)
    return PurchaseOrder(number="1", order_date=day).model_copy(update={"trace": trace})


LOOKS: dict[str, Callable[[LazyTrace], Any]] = {
    "a place": lambda trace: trace["number"],
    "a place that is not there": lambda trace: trace.get("colour"),
    "all places": lambda trace: list(trace.items()),
    "how many": len,
    "in words": repr,
    "equal": lambda trace: trace == PLACES,
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_it_says_what_the_dict_says(look: Callable[[Any], Any]) -> None:
    assert look(LazyTrace(found)) == look(found())


def test_it_is_made_once_and_only_for_those_who_look() -> None:
    asked: list[str] = []

    def ask() -> dict[str, str]:
        asked.append("again")
        return found()

    trace = LazyTrace(ask)
    document = order(trace)
    assert (document.number, document.model_copy(update={"test": True}).test, asked) == ("1", True, [])
    assert (trace["number"], len(trace), asked) == ("BEG[1]/03", 2, ["again"])


WAYS: dict[str, Callable[[PurchaseOrder], Any]] = {
    "equal": lambda document: document,
    "as data": lambda document: document.model_dump(),
    "as JSON": lambda document: document.model_dump_json(),
    "copied": copy.deepcopy,
    "pickled": lambda document: pickle.loads(pickle.dumps(document)),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_document_with_it_is_a_document_with_a_dict(way: Callable[[PurchaseOrder], Any]) -> None:
    assert way(order(LazyTrace(found))) == way(order(found()))
    assert way(order(found())) == way(order(LazyTrace(found)))


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda trace: pickle.loads(pickle.dumps(trace))])
def test_a_copy_does_not_need_what_it_was_made_of(way: Callable[[LazyTrace], Any]) -> None:
    assert type(way(LazyTrace(found))) is dict
