"""Acknowledgements made ready before the transaction that sends them: there may be half a million sets to one."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from canonical.documents import AnyDocument, as_json
from partners.registry import AppliedProfile
from spool.blobs import BlobStore, StagedBlob
from translators.x12.written import TERMINATOR, WrittenSet

from .business_key import business_key, content_digest, said
from .envelopes import Draft, Envelopes, written
from .unpacking.reply import GroupReply, Reply, document_of

SHEET = 500
"""Sets of an answer that are made at once; one with more is written sheet by sheet."""


@dataclass(frozen=True, slots=True)
class PreparedAnswer:
    """An acknowledgement in its transaction set, and what is kept of it; its canonical JSON is staged."""

    draft: Draft
    type: str
    business_key: str
    content_sha256: str
    canonical: StagedBlob
    test: bool


def prepare(envelopes: Envelopes, blobs: BlobStore, applied: AppliedProfile, reply: Reply) -> PreparedAnswer:
    """Make an acknowledgement ready. Raises as :meth:`Envelopes.draft_for` does."""
    if isinstance(reply, GroupReply) and reply.size > SHEET:
        with suppress(_Unordinary):
            return _in_sheets(envelopes, blobs, applied, reply)
    answer = document_of(reply)
    return PreparedAnswer(
        draft=envelopes.draft_for(applied, answer),
        type=answer.type,
        business_key=str(business_key(answer)),
        content_sha256=content_digest(answer),
        canonical=blobs.stage_bytes(as_json(answer)),
        test=answer.test,
    )


def _in_sheets(envelopes: Envelopes, blobs: BlobStore, applied: AppliedProfile, reply: GroupReply) -> PreparedAnswer:
    """As :func:`prepare`, with no more than a sheet of the answer in memory but for its text as a set."""
    bare = next(reply.sheets(SHEET))
    draft = envelopes.draft_for(applied, bare)
    version = draft.terms.version
    text = b"".join(_joined(reply, partial(_text, version=version), TERMINATOR.encode(), b"")).decode()
    digest = hashlib.sha256()
    for piece in _joined(reply, said, b'"sets": [', b", "):
        digest.update(piece)
    nodes = WrittenSet(text, text.count(TERMINATOR), lambda: written(reply.document(), version)[1] or ())
    return PreparedAnswer(
        draft=replace(draft, nodes=nodes),
        type=bare.type,
        business_key=str(business_key(bare)),
        content_sha256=digest.hexdigest(),
        canonical=blobs.stage_stream(_joined(reply, as_json, b'"sets":[', b",")),
        test=bare.test,
    )


def _joined(
    reply: GroupReply, write: Callable[[AnyDocument], bytes], before_sets: bytes, between: bytes
) -> Iterator[bytes]:
    """What ``write`` would make of the whole answer, from what it makes of its sheets.

    The sets stand behind the first ``before_sets``, with ``between`` between two of them; all else is the same in every sheet.
    """
    sheets = map(write, reply.sheets(SHEET))
    bare = next(sheets)
    start = bare.index(before_sets) + len(before_sets)
    yield bare[:start]
    for number, sheet in enumerate(sheets):
        if number:
            yield between
        yield sheet[start : start + len(sheet) - len(bare)]
    yield bare[start:]


def _text(document: AnyDocument, version: str) -> bytes:
    """A document as the text of its set."""
    nodes = written(document, version)[1]
    if not isinstance(nodes, WrittenSet):
        raise _Unordinary
    return nodes.text.encode()


class _Unordinary(Exception):
    """An answer of which not every sheet can be written as text."""


def content_of(answer: PreparedAnswer | AnyDocument) -> str:
    """The digest of what an acknowledgement says, ready or not."""
    return answer.content_sha256 if isinstance(answer, PreparedAnswer) else content_digest(answer)
