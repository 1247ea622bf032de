"""A document is written the same, whether or not the writer knows which kind it is."""

import json
from typing import Any

import pytest

from canonical.document import Document
from canonical.documents import ANY_DOCUMENT, DOCUMENTS, AnyDocument, as_array, as_json, business_content

from .test_base import DOCUMENTS as GOLDEN


def as_object(data: bytes) -> dict[str, Any]:
    return dict(json.loads(data))


each_kind = pytest.mark.parametrize("document", {document.type: document for document in GOLDEN}.values())


@each_kind
def test_a_document_is_written_as_any_document_is(document: AnyDocument) -> None:
    assert as_json(document) == ANY_DOCUMENT.dump_json(document)


@each_kind
def test_an_array_of_one_is_written_as_any_array_is(document: AnyDocument) -> None:
    assert as_array(document) == DOCUMENTS.dump_json([document], indent=2, exclude_none=True)


HEAD = {"id", "purpose", "test", "partner", "profile_version", "envelope", "source_sha256", "trace"}


@pytest.mark.parametrize("text", ["acme", '","unmapped":[', "\\"])
@each_kind
def test_the_content_of_a_business_document_is_all_that_stands_behind_its_head(
    document: AnyDocument, text: str
) -> None:
    if not isinstance(document, Document):
        pytest.skip("no business document")
    data = as_json(document.model_copy(update={"partner": text, "trace": {text: text}}))
    content = as_object(b"{" + business_content(data)[1:])
    assert as_object(data).keys() - content.keys() == HEAD
    assert content == {name: value for name, value in as_object(data).items() if name not in HEAD}
