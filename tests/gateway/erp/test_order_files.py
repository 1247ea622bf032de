"""A file of orders from the ERP: all its orders, or what to do about it."""

import json

import pytest

from gateway.erp.order_files import read_orders
from gateway.erp.port import Problem

from ..house import order


def test_all_orders_of_a_file_are_taken() -> None:
    found = read_orders(json.dumps([order("1"), order("2")]).encode())
    assert not isinstance(found, Problem)
    assert [each.number for each in found] == ["1", "2"]


@pytest.mark.parametrize(
    ("data", "code", "advice"),
    [
        (b"", "empty", "write it under a name with a leading dot, then rename it."),
        (b'{"type": "Purch', "not-json", "write it under a name with a leading dot, then rename it."),
        (b"[]", "no-documents", "Correct the export and give the file again."),
        (b'{"type": "Invoice"}', "wrong-type", "Correct the export and give the file again."),
        (b'{"type": "PurchaseOrder"}', "not-a-document", "Correct the export and give the file again."),
    ],
)
def test_otherwise_none_is_and_it_says_what_to_do(data: bytes, code: str, advice: str) -> None:
    found = read_orders(data)
    assert isinstance(found, Problem)
    assert found.code == code
    assert found.message.endswith(advice)
