"""What was agreed: the versions of profiles, who applied them and when."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners import registry
from partners.registry import ProfileVersion

from ..bound_profiles import unlike_text
from ..question import Row
from ..retelling import Entry
from .differences import NOTHING, Difference, as_text, different, rows, same


def contradicted(session: Session, agreed: Mapping[tuple[str, int], Entry]) -> Iterator[Row]:
    missing = set(agreed)
    latest: dict[str, int] = {}
    for row in session.scalars(select(ProfileVersion).order_by(ProfileVersion.id)):
        key = (row.partner, row.version)
        if row.version < latest.get(row.partner, 0):
            # The last row is the version in force.
            before = f"before that of version {latest[row.partner]}"
            yield "profile_version", row.partner, f"version {row.version}", "id", str(row.id), before
        latest[row.partner] = row.version
        missing.discard(key)
        entry = agreed.get(key)
        if entry is None:
            # Those before the first that is told of were applied by a program that did not tell.
            if len(missing) < len(agreed):
                yield "profile_version", row.partner, f"version {row.version}", "", "a version", NOTHING
            continue
        text = sha256(row.yaml.encode()).hexdigest()
        with_mark = sha256(row.yaml.encode("utf-8-sig")).hexdigest()
        should: dict[str, Any] = {"sha256": entry.detail.get("sha256"), "applied_by": entry.actor}
        differences = different(vars(row), should)
        if not same(row.applied_at, entry.at):
            differences.append(("applied_at", row.applied_at, entry.at))
        if entry.detail.get("sha256") not in (text, with_mark):
            differences.append(("yaml", text, entry.detail.get("sha256")))
        yield from rows("profile_version", row.partner, f"version {row.version}", [*differences, *_applied(row, entry)])
    for partner, version in sorted(missing):
        yield "profile_version", partner, f"version {version}", "", NOTHING, "a version"


def _applied(row: ProfileVersion, entry: Entry) -> Iterator[Difference]:
    """What is in force of a version: by its digest, or, where that is not told, by its text."""
    said = entry.detail.get(registry.DIGEST)
    if said is not None:
        digest = registry.digest_of(row.profile)
        if digest != said:
            yield "profile", digest, said
        return
    for key, has, should in unlike_text(row):
        yield "profile", f"{key}: {as_text(has)}", f"{key}: {as_text(should)}"
