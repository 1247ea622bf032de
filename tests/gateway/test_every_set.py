"""Every set that partners can agree on goes all the way, both ways: to the ERP's folder, and from there to the partner."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from canonical.document import Document
from canonical.documents import DOCUMENTS, AnyDocument, document_number, order_numbers
from gateway.conversion import convert
from gateway.orders import book
from partners.profile import SETS
from spool.states import DocumentState
from tools import golden
from translators.x12.check import check
from translators.x12.maps.normal import comparable

from .house import X12, House, group, interchange, transaction_set, wrapped

_JOURNEY = {"id", "partner", "profile_version", "envelope", "source_sha256", "test", "trace"}
every_set = pytest.mark.parametrize("set_id", SETS)


def _is_good(sample: Path) -> bool:
    """Whether a golden sample of a business document is read as one without remarks."""
    expected = json.loads(sample.with_suffix(".json").read_text("utf-8"))
    return sample.parent.name in SETS and all(one["document"] and not one["findings"] for one in expected)


SAMPLES = [sample for sample in golden.samples() if _is_good(sample)]


def segments_of(sample: Path) -> str:
    """What stands between ST and SE."""
    return "\n".join(sample.read_text("utf-8").replace("~", "").splitlines()[3:-3])


def version_of(sample: Path) -> str:
    """GS08."""
    return sample.read_text("utf-8").partition("GS*")[2].partition("~")[0].split("*")[-1]


def enveloped(set_id: str, segments: str, version: str) -> bytes:
    return interchange(group(transaction_set(set_id, segments), version=version))


def body(set_id: str) -> str:
    """The richest sample of a set."""
    found = [segments_of(sample) for sample in SAMPLES if sample.parent.name == set_id]
    assert found, f"tests/golden/{set_id} has no sample that is read without remarks"
    return max(found, key=len)


def said(document: AnyDocument) -> object:
    """What a document says, wherever it came from."""
    compared = comparable(document)
    assert isinstance(compared, Document)
    return compared.model_dump(exclude=_JOURNEY)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A partner with whom everything is exchanged."""
    every = X12.format(partner="acme", them="ACME", way="sftp: {}")
    every = every.replace("[850]", str(list(SETS))).replace("[855, 856, 810]", str(list(SETS)))
    opened = House(tmp_path / "home", {"acme": every.replace("'", '"')})
    yield opened
    opened.close()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.parent.name}/{sample.stem}")
def test_what_comes_reaches_the_ERP_and_what_it_gives_reaches_the_partner(house: House, sample: Path) -> None:
    set_id, version = sample.parent.name, version_of(sample)
    if version not in X12:
        house.amend("acme", ('version: "004010"', f'version: "{version}"'))
    house.take("acme", "in.edi", enveloped(set_id, segments_of(sample), version))
    assert house.answers("acme") == ["997 A"]
    [received] = house.erp_out()
    [row] = house.documents()
    assert (row.state, row.set_id, row.type) == (DocumentState.DELIVERED, set_id, received.type)
    assert row.number == document_number(received)

    house.gateway.send("acme", [received])
    house.work()
    [(name, data)] = house.outbox("acme").items()
    assert name.startswith(f"{set_id}_")
    assert [found for found in check([data]).findings if found.is_error] == []
    [returned], problems = _converted(data, house)
    assert problems == ()
    assert said(returned) == said(received)
    house.assert_settled()


def _converted(data: bytes, house: House) -> tuple[list[AnyDocument], tuple[str, ...]]:
    """As ``tally convert --to json`` reads it, and ``--to x12`` writes it again."""
    partner = house.gateway.partner("acme")
    read = convert(data, "out.edi", "json", partner)
    written = convert(read.data, "out.json", "x12", partner)
    assert written.problems == ()
    again = convert(written.data, "again.edi", "json", partner)
    documents = DOCUMENTS.validate_json(again.data)
    assert [said(one) for one in documents] == [said(one) for one in DOCUMENTS.validate_json(read.data)]
    return documents, read.problems


@every_set
def test_the_same_again_is_answered_and_delivered_once(house: House, set_id: str) -> None:
    house.take("acme", "a.edi", wrapped(set_id, body(set_id), control=1))
    house.take("acme", "b.edi", wrapped(set_id, body(set_id), control=2))
    assert house.answers("acme") == ["997 A", "997 A"]
    assert [row.state.value for row in house.documents()] == ["delivered", "duplicate"]
    house.assert_settled()


@every_set
def test_a_broken_one_is_rejected_and_found_by_its_number_and_orders(house: House, set_id: str) -> None:
    house.take("acme", "good.edi", wrapped(set_id, body(set_id)))
    [document] = house.erp_out()
    broken = transaction_set(set_id, body(set_id)).replace("\nSE*", "\nSE*9")
    house.take("acme", "broken.edi", interchange(group(broken, control=2), control=2))
    assert house.answers("acme") == ["997 A", "997 R"]
    [good, bad] = house.documents()
    assert (bad.state, bad.number) == (DocumentState.REJECTED, good.number)
    for number in order_numbers(document):
        with house.gateway.database.read() as session:
            [file] = book.order(session, house.gateway.blobs, number)
        assert [row.id for row in file.documents] == [good.id, bad.id]


@every_set
def test_one_that_is_not_agreed_is_rejected(house: House, set_id: str) -> None:
    house.amend("acme", (f"receive: {[*SETS]}".replace("'", '"'), "receive: []"))
    house.take("acme", "in.edi", wrapped(set_id, body(set_id)))
    assert house.answers("acme") == ["997 R"]
    assert house.erp_out() == []
    house.assert_balanced()
