"""Reading a file of orders: what the model would take, but no partner, database or file could hold, is refused by its field."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.documents import DOCUMENTS
from canonical.order import PurchaseOrder
from gateway.erp.order_files import MOST_DIGITS, read_orders
from gateway.erp.port import Problem

HEAD = '"type":"PurchaseOrder","order_date":"2026-11-20"'
TOO_LONG = f"has more than {MOST_DIGITS} digits when it is written out"


def file(rest: str, number: str = '"4500123"') -> bytes:
    return f'{{{HEAD},"number":{number},{rest}}}'.encode()


def quantity(written: str) -> bytes:
    return file(f'"lines":[{{"number":"1"}},{{"quantity":{{"value":{written},"unit":"EA"}}}}]')


QUANTITY = "field lines[2].quantity.value: "

UNFIT = {
    "half a character": (file('"lines":[]', r'"45\ud800"'), r"field number: half a character (\ud800)"),
    "half a character in a text": (file(r'"notes":[{"text":"\udfff"}]'), "field notes[1].text: half a character"),
    "half a character in a key": (file(r'"trace":{"\ud800":"x"}'), "field trace: half a character"),
    "half a character in a field's name": (file(r'"a\ud800":1'), r'the field name "a\ud800" has half a character'),
    "a line break in a number": (file('"lines":[]', r'"45\n1"'), r"field number: a control character (\u000a)"),
    "NUL in a number": (file('"lines":[]', r'"45\u0000"'), r"field number: a control character (\u0000)"),
    "DEL in an item": (
        file(r'"lines":[{"items":[{"scheme":"upc","value":"1\u007f"}]}]'),
        r"field lines[1].items[1].value: a control character (\u007f)",
    ),
    "an exponent": (quantity("1e999999"), QUANTITY + f'"1e999999" {TOO_LONG}'),
    "an exponent beyond Decimal": (
        quantity("1e99999999999999999999"),
        QUANTITY + f'"1e99999999999999999999" {TOO_LONG}',
    ),
    "an exponent in a string": (quantity('"1e999999"'), QUANTITY + f'"1e999999" {TOO_LONG}'),
    "a small exponent": (quantity("1e-31"), QUANTITY + f'"1e-31" {TOO_LONG}'),
    "many digits": (quantity("9" * 31), QUANTITY + f'"{"9" * 31}" {TOO_LONG}'),
    "very many digits": (quantity("9" * 1_000_000), TOO_LONG),
    "very many digits in a string": (quantity(f'"{"9" * 1_000_000}"'), TOO_LONG),
    "many decimals": (quantity(f'"0.{"1" * 31}"'), TOO_LONG),
    "underscores": (quantity('"1_000"'), QUANTITY + '"1_000" is no number as it is written in JSON'),
    "other digits": (quantity('"١٢"'), QUANTITY + '"١٢" is no number'),
    "blanks": (quantity('" 10"'), QUANTITY + '" 10" is no number'),
    "underscores in a whole number": (file('"line_count":"1_0"'), 'field line_count: "1_0" is no number'),
    "a truth": (file('"line_count":true'), "field line_count: true is no number"),
    "a number that is no number's place": (file('"release":1e99'), f'field release: "1e99" {TOO_LONG}'),
    "a field twice": (file('"number":"4500124"'), "field number: given more than once"),
    "a field twice, deep down": (quantity('1,"value":2'), QUANTITY + "given more than once"),
    "the type twice": (file('"type":"PurchaseOrder"'), "field type: given more than once"),
    "a number for an order": (b"1e999999", f'field type: "1e999999" {TOO_LONG}'),
}


@pytest.mark.parametrize(("data", "told"), UNFIT.values(), ids=UNFIT)
def test_what_no_order_can_hold_is_refused_by_its_field(data: bytes, told: str) -> None:
    found = read_orders(data)
    assert isinstance(found, Problem)
    assert told in found.message
    assert len(found.message) < 1000
    found.message.encode()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("10", Decimal(10)),
        ("2.50", Decimal("2.50")),
        ('"2.50"', Decimal("2.50")),
        ("-3", Decimal(-3)),
        ('"+.5"', Decimal("0.5")),
        ("1.5E3", Decimal(1500)),
        ("9" * MOST_DIGITS, Decimal("9" * MOST_DIGITS)),
        (f"1e-{MOST_DIGITS - 1}", Decimal(f"1e-{MOST_DIGITS - 1}")),
    ],
)
def test_a_number_may_be_written_in_any_way_of_JSON(written: str, value: Decimal) -> None:
    found = read_orders(quantity(written))
    assert isinstance(found, tuple)
    assert found[0].lines[1].quantity is not None
    assert found[0].lines[1].quantity.value == value


def test_text_for_people_may_have_lines() -> None:
    found = read_orders(file(r'"notes":[{"text":"a\nb"}]'))
    assert isinstance(found, tuple)
    assert found[0].notes[0].text == "a\nb"


_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.text(st.characters(exclude_categories=[]))
    | st.integers()
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*PurchaseOrder.model_fields, "value"]), inner),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {
            "type": st.just("PurchaseOrder"),
            "number": _ANY | st.text(st.characters()),
            "order_date": st.just("2026-11-20"),
        },
        optional={
            "notes": st.lists(st.fixed_dictionaries({"text": st.text(st.characters(exclude_categories=[]))})),
            "total_amount": st.decimals(allow_nan=False).map(str) | _ANY,
            "release": _ANY,
        },
    )
)
def test_what_is_taken_can_be_kept_and_read_again(document: dict[str, Any]) -> None:
    """Whatever an export makes of an order: a problem with a reason, or an order that can be written down."""
    found = read_orders(json.dumps(document).encode())
    if isinstance(found, Problem):
        found.message.encode()
    else:
        assert DOCUMENTS.validate_json(DOCUMENTS.dump_json(list(found))) == list(found)
