"""Every kind of document, both ways: what a partner sends reaches the ERP and is answered, what we send is what we said."""

import json
from pathlib import Path

import pytest

from canonical.documents import DOCUMENTS
from canonical.identity import PartnerId
from gateway.conversion import convert
from partners import profile
from tools import golden
from translators.x12.maps.normal import comparable

from .house import House, segments, wrapped

SAMPLES = {sample.parent.name: sample for sample in golden.samples() if sample.stem == "full"}
SETS = tuple(set_id for set_id in profile.SETS if set_id in SAMPLES)


def body(set_id: str) -> str:
    """The first set of a rich sample, a segment a line, without its ST and SE."""
    sample: Path = SAMPLES[set_id]
    lines = ["*".join(segment) for segment in segments(sample.read_bytes().replace(b"\n", b""))]
    begin, end = (next(at for at, line in enumerate(lines) if line.startswith(tag)) for tag in ("ST*", "SE*"))
    return "\n".join(lines[begin + 1 : end])


@pytest.fixture
def trading(house: House) -> House:
    sets = ", ".join(SETS)
    house.amend("acme", ("send: [850]", f"send: [{sets}]"), ("receive: [855, 856, 810]", f"receive: [{sets}]"))
    return house


@pytest.mark.parametrize("set_id", SETS)
def test_one_that_comes_reaches_the_erp_and_is_answered(trading: House, set_id: str) -> None:
    trading.take("acme", f"{set_id}.edi", wrapped(set_id, body(set_id)))
    [row] = trading.documents()
    assert (row.state, row.reason) == ("delivered", None)
    [document] = trading.erp_out()
    assert (document.type, document.partner) == (row.type, "acme")
    assert trading.answers("acme") == ["997 A"]
    trading.assert_settled()


@pytest.mark.parametrize("set_id", SETS)
def test_one_that_comes_again_is_a_duplicate(trading: House, set_id: str) -> None:
    trading.take("acme", "a.edi", wrapped(set_id, body(set_id), 1))
    trading.take("acme", "b.edi", wrapped(set_id, body(set_id), 2))
    assert [row.state for row in trading.documents()] == ["delivered", "duplicate"]
    assert len(trading.erp_out()) == 1
    trading.assert_settled()


@pytest.mark.parametrize("set_id", SETS)
def test_a_broken_one_is_rejected_and_known_by_its_number(trading: House, set_id: str) -> None:
    trading.take("acme", f"{set_id}.edi", wrapped(set_id, f"{body(set_id)}\nZZZ*1"))
    [row] = trading.documents()
    assert row.state == "rejected"
    assert row.number
    assert trading.answers("acme") == ["997 R"]
    trading.assert_settled()


@pytest.mark.parametrize("set_id", SETS)
def test_one_that_is_sent_says_what_was_given(trading: House, set_id: str) -> None:
    given = convert(wrapped(set_id, body(set_id)), "f.edi", "json", None).data
    documents = DOCUMENTS.validate_json(given)
    trading.gateway.send(PartnerId("acme"), documents)
    trading.work()
    [sent] = trading.outbox("acme").values()
    again = DOCUMENTS.validate_json(convert(sent, "f.edi", "json", None).data)
    assert [comparable(document) for document in again] == [comparable(document) for document in documents]
    assert json.loads(given)[0]["type"] == again[0].type
