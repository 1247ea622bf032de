"""A value that was not validated is, whatever is done with it, the value that validation makes."""

import copy
import json
import pickle
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from canonical.base import Value, proven, say_also
from canonical.documents import ANY_DOCUMENT
from canonical.quantity import Quantity

GOLDEN = Path(__file__).parent.parent / "golden"
DOCUMENTS = [
    ANY_DOCUMENT.validate_python(entry["document"])
    for sample in sorted(GOLDEN.glob("[0-9]*/*.json"))
    for entry in json.loads(sample.read_text("utf-8"))
    if entry["document"] is not None
]
WAYS: dict[str, Callable[[Any], Any]] = {
    "itself": lambda value: value,
    "its type": type,
    "in words": repr,
    "its fields in order": lambda value: list(value),
    "the names of what was said": lambda value: value.model_fields_set,
    "what is beyond its fields": lambda value: (
        value.model_extra,
        value.__pydantic_extra__,
        value.__pydantic_private__,
    ),
    "as data": lambda value: value.model_dump(),
    "as data that were said": lambda value: value.model_dump(exclude_unset=True),
    "as data beyond the defaults": lambda value: value.model_dump(exclude_defaults=True),
    "as JSON": lambda value: value.model_dump_json(),
    "as JSON of any document": ANY_DOCUMENT.dump_json,
    "copied": copy.copy,
    "copied with what it holds": copy.deepcopy,
    "copied with a change": lambda value: value.model_copy(update={"test": True}),
    "pickled": lambda value: pickle.loads(pickle.dumps(value)),
    "validated again": lambda value: ANY_DOCUMENT.validate_json(ANY_DOCUMENT.dump_json(value)),
}


def rebuilt(value: Any) -> Any:
    """The value made anew, without validation, all the way down."""
    if isinstance(value, tuple):
        return tuple(map(rebuilt, value))
    if not isinstance(value, Value):
        return value
    fields = {name: rebuilt(inner) for name, inner in value.__dict__.items()}
    return proven(type(value), fields, set(value.model_fields_set))


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_nobody_can_tell_the_difference(way: Callable[[Any], Any]) -> None:
    for document in DOCUMENTS:
        assert way(rebuilt(document)) == way(document)
        assert way(document) == way(rebuilt(document))


def test_it_has_the_same_hash() -> None:
    quantity = Quantity(value=Decimal("1.50"), unit="EA")
    assert {rebuilt(quantity): "found"}[quantity] == "found"


def test_it_cannot_be_changed() -> None:
    quantity = rebuilt(Quantity(value=Decimal(1)))
    with pytest.raises(ValidationError, match="frozen"):
        quantity.unit = "EA"
    with pytest.raises(AttributeError, match="colour"):
        _ = quantity.colour


def test_more_may_be_said_without_a_change_to_what_others_said() -> None:
    said = {"value"}
    first, second = (proven(Quantity, {"value": Decimal(1), "unit": "EA"}, said) for _ in range(2))
    say_also(first, ["unit"])
    assert first.model_fields_set == {"value", "unit"}
    assert second.model_fields_set == {"value"}
