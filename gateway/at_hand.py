"""Canonical documents that were made a moment ago, for whoever needs them next in the same process: it need not read them again."""

from collections import OrderedDict
from threading import Lock

from canonical.documents import AnyDocument
from canonical.identity import BlobDigest

KEPT = 16
"""Documents that are kept; of more, the oldest are let go."""


class AtHand:
    """Documents by the digest of their JSON, so that what is found is what reading that JSON gives, whatever became of it meanwhile."""

    def __init__(self) -> None:
        self._documents: OrderedDict[BlobDigest, AnyDocument] = OrderedDict()
        self._lock = Lock()

    def keep(self, digest: BlobDigest, document: AnyDocument) -> None:
        """Keep a document whose JSON has that digest; a small one."""
        with self._lock:
            self._documents[digest] = document
            if len(self._documents) > KEPT:
                self._documents.popitem(last=False)

    def take(self, digest: BlobDigest) -> AnyDocument | None:
        """The document, which is not kept any longer; None where it has to be read."""
        with self._lock:
            return self._documents.pop(digest, None)
