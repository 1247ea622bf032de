"""What the sender of a file is answered, as it waits to be sent: the answer to a group of many sets is large, and is made last."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from canonical.documents import AnyDocument
from canonical.functional_acknowledgement import FunctionalAcknowledgement
from canonical.interchange_acknowledgement import InterchangeAcknowledgement
from translators.x12 import acknowledge
from translators.x12.acknowledge import AnswerForm
from translators.x12.events import GroupEnd


@dataclass(frozen=True, slots=True)
class GroupReply:
    """The 997 or 999 to ``group``, one that gets one (:func:`acknowledge.named`)."""

    group: GroupEnd
    form: AnswerForm

    @property
    def size(self) -> int:
        """How many sets it names."""
        return self.group.received

    def sheets(self, size: int) -> Iterator[FunctionalAcknowledgement]:
        """The answer in sheets of ``size`` sets, behind one without any."""
        return acknowledge.sheets(self.group, self.form, size)

    def document(self) -> FunctionalAcknowledgement:
        """The answer as a whole."""
        document = acknowledge.functional(self.group, self.form)
        assert document is not None
        return document


Reply: TypeAlias = GroupReply | InterchangeAcknowledgement


def document_of(reply: Reply) -> AnyDocument:
    """The answer, made."""
    return reply.document() if isinstance(reply, GroupReply) else reply
