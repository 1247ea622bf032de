"""Acknowledgements made ready before the transaction that sends them: there may be half a million sets to one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from canonical.documents import ANY_DOCUMENT, AnyDocument
from partners.registry import AppliedProfile
from spool.blobs import BlobStore, StagedBlob

from .business_key import business_key, content_digest
from .envelopes import Draft, Envelopes


@dataclass(frozen=True, slots=True)
class PreparedAnswer:
    """An acknowledgement in its transaction set, and what is kept of it; its canonical JSON is staged."""

    draft: Draft
    type: str
    business_key: str
    content_sha256: str
    canonical: StagedBlob
    test: bool


def prepare(envelopes: Envelopes, blobs: BlobStore, applied: AppliedProfile, answer: AnyDocument) -> PreparedAnswer:
    """Make an acknowledgement ready. Raises as :meth:`Envelopes.draft_for` does."""
    return PreparedAnswer(
        draft=envelopes.draft_for(applied, answer),
        type=answer.type,
        business_key=str(business_key(answer)),
        content_sha256=content_digest(answer),
        canonical=blobs.stage_bytes(ANY_DOCUMENT.dump_json(answer)),
        test=answer.test,
    )


def content_of(answer: PreparedAnswer | AnyDocument) -> str:
    """The digest of what an acknowledgement says, ready or not."""
    return answer.content_sha256 if isinstance(answer, PreparedAnswer) else content_digest(answer)
