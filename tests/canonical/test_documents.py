"""A document is written the same, whether or not the writer knows which kind it is."""

import pytest

from canonical.documents import ANY_DOCUMENT, DOCUMENTS, AnyDocument, as_array, as_json

from .test_base import DOCUMENTS as GOLDEN

each_kind = pytest.mark.parametrize("document", {document.type: document for document in GOLDEN}.values())


@each_kind
def test_a_document_is_written_as_any_document_is(document: AnyDocument) -> None:
    assert as_json(document) == ANY_DOCUMENT.dump_json(document)


@each_kind
def test_an_array_of_one_is_written_as_any_array_is(document: AnyDocument) -> None:
    assert as_array(document) == DOCUMENTS.dump_json([document], indent=2, exclude_none=True)
