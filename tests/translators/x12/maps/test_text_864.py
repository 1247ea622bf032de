"""Text messages: each line stays with its message, and none is without a number."""

import pytest
from pydantic import ValidationError

from canonical.documents import document_number
from canonical.text_message import TextMessage
from translators import registry

from .trees import tree

MESSAGE = registry.find("864")


def test_lines_and_parties_stay_with_their_message() -> None:
    source = "BMG*00*News\nN1*FR*Mill\nMIT*N-1*Closed\nMSG*One.\nMSG*Two.\nMIT*N-2\nN1*WH*North\nMSG*Three."
    message = MESSAGE.read(tree("864", source)).document
    assert isinstance(message, TextMessage)
    assert [[line.text for line in each.lines] for each in message.messages] == [["One.", "Two."], ["Three."]]
    assert [[party.name for party in each.parties] for each in message.messages] == [[], ["North"]]
    assert [party.name for party in message.parties] == ["Mill"]
    assert document_number(message) == "N-1"


def test_without_any_message_there_is_no_document() -> None:
    result = MESSAGE.read(tree("864", "BMG*00*News"))
    assert result.document is None
    assert [(finding.code, finding.path) for finding in result.findings] == [("document-value-missing", "BMG[1]")]
    with pytest.raises(ValidationError, match="messages"):
        TextMessage(subject="News", messages=())
