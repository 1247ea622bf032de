"""The documents of a file, few in memory and many beside it, are the same documents."""

from collections.abc import Callable
from io import BytesIO

import pytest

from canonical.document import EnvelopeReference
from canonical.finding import Finding, Severity
from canonical.functional_acknowledgement import FunctionalAcknowledgement, SyntaxStatus
from gateway.unpacking.unpacked_documents import BLOCK, UnpackedDocument, UnpackedDocuments

FINDING = Finding(code="missing", severity=Severity.ERROR, message="Müller is missing.", offset=7)
ANSWER = FunctionalAcknowledgement(
    functional_id="PO", group_control_number="1", status=SyntaxStatus.ACCEPTED, included=1, received=1, accepted=1
)


def document(number: int) -> UnpackedDocument:
    return UnpackedDocument(
        interchange=0,
        group=1,
        set_id="810",
        type="Invoice",
        envelope=EnvelopeReference(interchange="000000001", transaction_set=f"{number:04}"),
        test=False,
        findings=(FINDING,) if number % 7 == 0 else (),
        number=f"INV{number}",
        orders=("1", "2"),
        place=(number, 10),
        rejected="so" if number % 7 == 0 else None,
        answer=ANSWER if number % 11 == 0 else None,
    )


@pytest.mark.parametrize("count", [0, 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
def test_they_come_back_in_their_order(count: int) -> None:
    file = BytesIO()
    documents = UnpackedDocuments(file)
    for number in range(count):
        documents.append(document(number))
    expected = [document(number) for number in range(count)]
    looks: list[Callable[[UnpackedDocuments], list[UnpackedDocument]]] = [
        list,
        lambda found: found[BLOCK - 2 : BLOCK + 2],
        lambda found: list(reversed(found)),
    ]
    assert [look(documents) for look in looks] == [expected, expected[BLOCK - 2 : BLOCK + 2], expected[::-1]]
    assert len(documents) == count
    assert bool(file.getvalue()) == (count > BLOCK)
