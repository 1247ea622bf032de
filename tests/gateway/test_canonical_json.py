"""Reading a file of documents: what is wrong is told by its field, in our words, also where the model would take what no partner,
database or file could hold."""

import json
import re
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.documents import DOCUMENTS, AnyDocument
from canonical.order import PurchaseOrder
from gateway.canonical_json import MOST_DIGITS, TYPES, Unreadable, read

from .house import order

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


WRONG = {
    "nothing": (b" \n", "The file is empty."),
    "an empty array": (b"[]", "The array is empty: there is no document in it."),
    "not text": (b'["\xff"]', "Line 1, byte 3 of the file: the byte FF is not UTF-8."),
    "not JSON": (b'{"type": "Invoice",\n  "number": 1 2}', "Line 2, column 15: this is not JSON"),
    "cut short": (b'{"type": "Invoice"', "Line 1, column 19: the file ends in the middle of the JSON"),
    "no number": (b"[NaN]", "NaN is not a number in JSON"),
    "too deep": (b"[" * 100_000, "cannot be read"),
    "no object": (b"[1]", "Document 1 of 1, field type: a document is a JSON object, and this is 1."),
    "no type": (b'{"number": "1"}', 'Every document says what it is: "type": "PurchaseOrder".'),
    "another type": (b'{"type": "Order"}', 'field type: "Order" is not taken here; only "PurchaseOrder", "PurchaseOrder'),
    "no text for a type": (b'{"type": ["Order"]}', 'field type: ["Order"] is not taken here'),
    "a field is missing": (b'{"type": "PurchaseOrder", "number": "1"}', "field order_date: missing, and it is needed."),
    "a field too many": (file('"numbr": "2"'), "field numbr: there is no such field here; is it misspelt?"),
    "no quantity": (quantity('"ten"'), 'field lines[2].quantity.value: "ten" is not a number.'),
    "no date": (file('"order_date": 7').replace(b'"order_date":"2026-11-20",', b""),
        "field order_date: 7 is not a date, written as 2026-11-21."),
    "no text": (file('"release": [1]'), "field release: [1] is not text, in quotes."),
    "no list": (file('"lines": "x"'), 'field lines: "x" is not an array.'),
    "no object in a list": (file('"lines": [7]'), "field lines[1]: 7 is not an object."),
    "no code of ours": (file('"purpose": "new"'), 'field purpose: "new" is not one of original, cancellation, add'),
    "too few": (b'{"type":"TextMessage","messages":[]}', "field messages: has 0 entries, and must have at least 1."),
}  # fmt: skip


@pytest.mark.parametrize(("data", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_its_place(data: bytes, told: str) -> None:
    found = read(data)
    assert isinstance(found, Unreadable)
    assert told in found.message
    assert found.cut_short == (data in (WRONG["nothing"][0], WRONG["cut short"][0]))


def test_every_fault_of_every_document_is_told_up_to_twenty() -> None:
    faults = ['{"type":"PurchaseOrder","number":1,"order_date":"soon"}'] * 11
    found = read(f"[{','.join(faults)}]".encode())
    assert isinstance(found, Unreadable)
    first, second, *rest = found.message.splitlines()
    assert (first, second) == (
        "Document 1 of 11, field number: 1 is not text, in quotes.",
        'Document 1 of 11, field order_date: "soon" is not a date, written as 2026-11-21.',
    )
    assert len(rest) == 20
    assert rest[-2:] == ["... and 2 more.", "Positions count from 1."]


def test_only_documents_of_the_types_wanted_are_taken() -> None:
    both = json.dumps([order(), {"type": "Nonsense"}]).encode()
    assert isinstance(read(json.dumps([order()]).encode(), ("PurchaseOrder",)), tuple)
    found = read(both, ("PurchaseOrder",))
    assert isinstance(found, Unreadable)
    assert found.message.startswith(
        'Document 2 of 2, field type: "Nonsense" is not taken here; only "PurchaseOrder" is.'
    )


@pytest.mark.parametrize(("data", "told"), UNFIT.values(), ids=UNFIT)
def test_what_no_document_can_hold_is_refused_by_its_field(data: bytes, told: str) -> None:
    found = read(data)
    assert isinstance(found, Unreadable)
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
    found = read(quantity(written))
    assert isinstance(found, tuple)
    assert isinstance(found[0], PurchaseOrder)
    assert found[0].lines[1].quantity is not None
    assert found[0].lines[1].quantity.value == value


def test_text_for_people_may_have_lines() -> None:
    found = read(file(r'"notes":[{"text":"a\nb"}]'))
    assert isinstance(found, tuple)
    assert isinstance(found[0], PurchaseOrder)
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
    found = read(json.dumps(document).encode())
    if isinstance(found, Unreadable):
        found.message.encode()
    else:
        assert DOCUMENTS.validate_json(DOCUMENTS.dump_json(list(found))) == list(found)


FIELDS = {kind.__name__: kind.model_fields for kind in get_args(get_args(AnyDocument)[0])}
PYDANTIC = ("Input should", "Field required", "Extra inputs", "valid", "unable to", "Decimal input")
"""Words of pydantic that nobody is to read."""


@given(st.sampled_from(TYPES), st.data())
def test_no_words_of_the_library_are_told(kind: str, data: st.DataObject) -> None:
    """Whatever stands in whichever field of whichever document."""
    fields = data.draw(st.dictionaries(st.sampled_from(sorted(FIELDS[kind])), _ANY, max_size=4))
    found = read(json.dumps(fields | {"type": kind}).encode())
    if isinstance(found, Unreadable):
        places = [line.partition(": ")[2] for line in found.message.splitlines()]
        assert not [told for told in places if any(word in re.sub(r'"[^"]*"', "", told) for word in PYDANTIC)]
