"""What was agreed: changes of profiles with before and after, and under which version each document was read or written."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.registry import ProfileVersion
from spool.documents import DocumentRow

from .bound_profiles import BoundProfiles
from .question import Question, Row, Scope


def _changes(session: Session, scope: Scope) -> Iterator[Row]:
    applied = select(ProfileVersion).where(*scope.within(ProfileVersion.applied_at, ProfileVersion.partner))
    profiles = BoundProfiles(session)
    for row in session.scalars(applied.order_by(ProfileVersion.id)):
        head = (row.applied_at, row.partner, row.version, row.applied_by, row.sha256)
        changed = profiles.changes(row)
        if not changed:
            yield *head, None, None, None
        for change in changed:
            yield *head, change.key, _text(change.before), _text(change.after)


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _in_force(session: Session, scope: Scope) -> Iterator[Row]:
    documents = (
        select(DocumentRow, ProfileVersion.sha256, ProfileVersion.applied_at)
        .join(
            ProfileVersion,
            (ProfileVersion.partner == DocumentRow.partner) & (ProfileVersion.version == DocumentRow.profile_version),
            isouter=True,
        )
        .where(*scope.within(DocumentRow.created_at, DocumentRow.partner))
        .order_by(DocumentRow.id)
    )
    for row, sha256, applied_at in session.execute(documents):
        yield (
            row.created_at,
            row.partner,
            row.direction,
            row.type,
            row.number,
            row.id,
            row.set_id,
            row.profile_version,
            sha256,
            applied_at,
        )


CONFIGURATION = Question(
    "configuration",
    "What was changed in partners' profiles, by whom, from what to what?",
    ("at", "partner", "version", "actor", "profile_sha256", "key", "before", "after"),
    _changes,
)
IN_FORCE = Question(
    "in-force",
    "By which map and under which version of the profile was each document read or written?",
    (
        "at",
        "partner",
        "direction",
        "type",
        "number",
        "document",
        "map",
        "profile_version",
        "profile_sha256",
        "in_force_since",
    ),
    _in_force,
)
