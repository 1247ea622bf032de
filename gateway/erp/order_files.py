"""Reading a file of purchase orders in canonical JSON, with a complaint that leads to the place when it is none."""

import json
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter, ValidationError

from canonical.order import PurchaseOrder

from .port import Problem

MAX_BYTES = 16 << 20
"""Larger files are refused: an order of this size is a mistake of the exporting program."""

_ORDER: TypeAdapter[PurchaseOrder] = TypeAdapter(PurchaseOrder)
_SHOWN = 20
_CUT_SHORT = (
    "It was cut short, or taken while it was being written: write it under a name with a leading dot, then rename it."
)


def read_orders(data: bytes) -> tuple[PurchaseOrder, ...] | Problem:
    """The orders of one file: a single document or an array of them. All of them, or the problem that prevents it."""
    text = _decode(data)
    if isinstance(text, Problem):
        return text
    try:
        parsed = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return Problem("not-json", _syntax_message(error, text))
    except (ValueError, RecursionError) as error:
        return Problem("not-json", f"This is JSON that cannot be read ({error}). Export the orders again.")
    documents = parsed if isinstance(parsed, list) else [parsed]
    if not documents:
        return Problem(
            "no-orders", "The array is empty: there is no order to send. Leave the file out when there is none."
        )
    return _validate(documents)


def _refuse_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not a number in JSON")


def _decode(data: bytes) -> str | Problem:
    if not data.strip():
        return Problem("empty", f"The file is empty. {_CUT_SHORT}")
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = data[error.start : error.start + 1].hex().upper()
        place = f"Line {line}, byte {error.start + 1} of the file"
        return Problem("not-text", f"{place}: the byte {found} is not {encoding.upper()}. Write the file as UTF-8.")


def _syntax_message(error: json.JSONDecodeError, text: str) -> str:
    place = f"Line {error.lineno}, column {error.colno}"
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return f"{place}: the file ends in the middle of the JSON ({error.msg}). {_CUT_SHORT}"
    found = (text[error.pos : error.pos + 20].splitlines() or [""])[0]
    return f"{place}: this is not JSON ({error.msg}) at {found!r}. Correct it there, or export the order again."


def _validate(documents: list[Any]) -> tuple[PurchaseOrder, ...] | Problem:
    orders: list[PurchaseOrder] = []
    faults: list[str] = []
    wrong_type = False
    for number, document in enumerate(documents, start=1):
        place = f"Document {number} of {len(documents)}"
        told = document.get("type") if isinstance(document, dict) else None
        if told != "PurchaseOrder":
            wrong_type = True
            faults.append(f"{place}, field type: {_type_message(document, told)}")
            continue
        try:
            orders.append(_ORDER.validate_python(document))
        except ValidationError as error:
            faults += [f"{place}, {_field_message(fault)}" for fault in error.errors(include_url=False)]
    if not faults:
        return tuple(orders)
    shown = faults[:_SHOWN] + ([f"... and {len(faults) - _SHOWN} more."] if len(faults) > _SHOWN else [])
    shown.append("Positions count from 1. No order of this file was taken. Correct the export and give the file again.")
    return Problem("wrong-type" if wrong_type else "not-an-order", "\n".join(shown))


def _type_message(document: Any, told: object) -> str:
    if not isinstance(document, dict):
        return f"a document is a JSON object, and this is {_shorten(document)}."
    if told is None:
        return 'missing. Every document says what it is: "type": "PurchaseOrder".'
    return f'{_shorten(told)} is not taken from the ERP; only "PurchaseOrder" is.'


def _field_message(fault: Any) -> str:
    field = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in fault["loc"]).lstrip(".")
    if fault["type"] == "missing":
        return f"field {field}: missing, and every order needs it."
    if fault["type"] == "extra_forbidden":
        return f"field {field}: there is no such field in a purchase order; is it misspelt?"
    return f"field {field}: {fault['msg']}; found {_shorten(fault['input'])}."


def _shorten(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
