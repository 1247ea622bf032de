"""The values of a canonical model's fields, as validation leaves them: what is absent, and what the text of an element becomes."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from canonical.base import Value

from .codes import Codes
from .compiled_records import Unusual
from .forms import CENTS, CLOCK, DAY, REAL, TEXT, WHOLE, Form

MISSING: Final = object()
"""Stands where a field that a model demands has not been read yet."""

_MOST_REMEMBERED = 2048
"""Values of a kind that are kept; a hostile file must not fill the memory with them."""


class Remembered(dict[Any, Any]):
    """Values that come again and again, by their texts. Looking one up costs a tenth of making it."""

    def keep(self, key: object, value: Any) -> Any:
        """Remember a value, and return it."""
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        self[key] = value
        return value


class Known(Remembered):
    """The value of each text of a form; of the empty text, what is there where the element is absent.

    Raises ValueError for what is not of the form, and for what the field does not take.
    """

    def __init__(self, parse: Callable[[str], Any], absent: Any) -> None:
        super().__init__()
        self._parse = parse
        self._absent = absent

    def __missing__(self, text: str) -> Any:
        return self.keep(text, self._parse(text) if text else self._absent)


def kind_of(model: type[Value], name: str) -> Any:
    """The type of a field, without None. Raises Unusual for a field that validation looks at more closely than its type says."""
    field: FieldInfo = model.model_fields[name]
    if field.metadata:
        raise Unusual
    kinds = [field.annotation]
    if get_origin(field.annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(field.annotation) if kind is not NoneType]
    return kinds[0] if len(kinds) == 1 else field.annotation


def entry_of(model: type[Value], name: str) -> Any:
    """The type of the entries of a field that is a tuple of any length; None where it is no such field."""
    kind = kind_of(model, name)
    return get_args(kind)[0] if get_origin(kind) is tuple and get_args(kind)[1:] == (...,) else None


@cache
def absent_values(model: type[Value]) -> dict[str, Any]:
    """All fields of a model where nothing is said, in its order."""
    return {
        name: MISSING if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
    }


@cache
def validator(model: type[Value], name: str) -> Callable[[Any], Any]:
    """A function that makes the value of a field of what a map read; raises ValueError where validation refuses it."""
    kind_of(model, name)
    kind: Any = model.model_fields[name].annotation
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    return adapter.validate_python


@cache
def known(form: Form, model: type[Value], name: str) -> Known:
    """The values of a field by the texts of a form."""
    absent = absent_values(model)[name]
    if is_plain(form, kind_of(model, name)):
        return _shared(form, absent)
    parse, validate = form.parse, validator(model, name)
    return Known(lambda text: validate(parse(text)), absent)


@cache
def _shared(form: Form, absent: Any) -> Known:
    return Known(form.parse, absent)


_MADE_BY: dict[Form, type] = {
    TEXT: str,
    REAL: Decimal,
    CENTS: Decimal,
    WHOLE: int,
    DAY: datetime.date,
    CLOCK: datetime.time,
}
"""What the forms make that are not of a map's own."""


def is_plain(form: Form, kind: Any) -> bool:
    """Whether what the form makes is what the field holds, so that there is nothing to validate."""
    return kind is (str if isinstance(getattr(form.parse, "__self__", None), Codes) else _MADE_BY.get(form))
