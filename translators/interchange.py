"""Documents, of any kinds and as many as there are, to one interchange."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from canonical.documents import AnyDocument

from . import registry
from .x12 import write
from .x12.maps.layout import layout
from .x12.schema import dictionary


def interchange(
    documents: Iterable[AnyDocument],
    envelope: write.Envelope,
    *,
    version: str,
    sender: str,
    receiver: str,
    form: write.Form = write.DEFAULT_FORM,
) -> Iterator[bytes]:
    """The interchange from ISA to IEA, a document at a time, as the documents are taken.

    Documents of one kind that follow each other make a group; groups, and the sets of each, are numbered from 1. ``version`` is that of
    the tables and GS08, ``sender`` and ``receiver`` are GS02 and GS03. Raises CannotWrite for a document that X12 cannot say, and
    UnsupportedDocument for a kind without a map; then what was given so far is no interchange.
    """
    groups = (
        write.GroupToWrite(_functional_id(set_id, version), number, version, sender, receiver, _sets(alike, version))
        for number, (set_id, alike) in enumerate(groupby(documents, key=_set_id), 1)
    )
    return write.chunks(envelope, groups, form)


def _set_id(document: AnyDocument) -> str:
    return registry.for_document(document).set_id


def _functional_id(set_id: str, version: str) -> str:
    layout(set_id, version)  # says it better where there are no tables
    return dictionary(version).sets[set_id].functional_id


def _sets(documents: Iterable[AnyDocument], version: str) -> Iterator[write.SetToWrite]:
    for number, document in enumerate(documents, 1):
        found = registry.for_document(document)
        yield write.SetToWrite(found.set_id, f"{number:04d}", found.write(document, version))
