from collections.abc import Callable

import pytest

from gateway.demo.supplier.office import Unexpected
from gateway.demo.supplier.x12_office import X12Office
from gateway.demo.supplier.x12_papers import COMPANIES
from gateway.demo.supplier.x12_text import split

from .orders import NOW, order_850, purchase_order

VERDICTS = {"855_4500123.edi": "A", "856_SH-90017.edi": "A", "810_INV-3301.edi": "A", "810_INV-3302.edi": "R"}


def answer(data: bytes, verdict: str) -> bytes:
    """The 997 for a file of the office's."""
    isa, gs, *_ = split(data.decode("ascii"))
    return ("*".join(isa) + f"~ST*997*0001~AK1*{gs[1]}*{gs[6]}~AK9*{verdict}*1*1*1~SE*4*0001~").encode("ascii")


@pytest.fixture
def office() -> X12Office:
    return X12Office(COMPANIES["rivermill"], NOW)


def test_an_order_is_acknowledged_and_answered_at_once(office: X12Office) -> None:
    assert list(office.begin()) == []
    sent = [name for name, _ in office.take("order.edi", order_850(purchase_order()))]
    assert sent == ["997_4500123.edi", "855_4500123.edi"]
    assert not office.finished


def test_each_paper_waits_for_the_997_of_the_one_before(office: X12Office) -> None:
    _, *sent = office.take("order.edi", order_850(purchase_order()))
    gone: list[str] = []
    while sent:
        assert not office.finished
        ((name, data),) = sent
        gone.append(name)
        sent = list(office.take("997.edi", answer(data, VERDICTS[name])))
    assert office.finished
    assert gone == list(VERDICTS)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda data: answer(data, "R"), id="a good paper rejected"),
        pytest.param(lambda data: answer(data.replace(b"*502*", b"*77*"), "A"), id="a 997 for what was never sent"),
        pytest.param(lambda data: data, id="neither an order nor a 997"),
    ],
)
def test_the_unexpected_is_said(office: X12Office, spoil: Callable[[bytes], bytes]) -> None:
    *_, (_, data) = office.take("order.edi", order_850(purchase_order()))
    with pytest.raises(Unexpected):
        list(office.take("x.edi", spoil(data)))
