"""The base of every canonical value: frozen, closed, and without silent coercion of unknown fields."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """An immutable value. Unknown fields are refused, so that a misspelt key in hand-written JSON is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A value has no extra fields and no private attributes; :func:`proven` saves the time of saying so."""
            return None if name in _ALWAYS_NONE else super().__getattr__(name)


_ALWAYS_NONE = ("__pydantic_extra__", "__pydantic_private__")

_AnyValue = TypeVar("_AnyValue", bound=Value)

_new = object.__new__
_put_fields = vars(BaseModel)["__dict__"].__set__
_put_said = vars(BaseModel)["__pydantic_fields_set__"].__set__


def proven(model: type[_AnyValue], fields: dict[str, Any], said: set[str]) -> _AnyValue:
    """The value that ``model.model_validate`` makes of what is certainly valid, without looking at it again.

    ``fields`` are all fields of the model, in its order and in their own types, defaults included; ``said`` names those that were
    given. Both become part of the value: ``said`` must never be changed, ``fields`` not once the value is handed on.
    """
    value = _new(model)
    _put_fields(value, fields)
    _put_said(value, said)
    return value


def say_also(value: Value, names: Iterable[str]) -> None:
    """More fields were given of a value that :func:`proven` has made and that was not handed on yet."""
    _put_said(value, value.__pydantic_fields_set__.union(names))
