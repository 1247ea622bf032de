"""What the versions of profiles said that were put in force, as far as the record binds it.

The journal tells the digest of the text of each version, and since it tells it, that of the profile with its defaults filled in. A version
from before is read from its text anew: by that, what a release filled in where the text says nothing is not bound.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners import loading, registry
from partners.loading import LoadedProfile
from partners.profile import Profile
from partners.registry import ProfileVersion
from spool.journal import JournalEntry, Step

from ..profile_sections import PROFILE_SECTIONS


def from_text(row: ProfileVersion) -> Profile | None:
    """What the text of a version says, read anew; None where this release does not understand it."""
    read = loading.load(
        row.yaml.encode(), file=f"partners/{row.partner}.yaml", stem=row.partner, sections=PROFILE_SECTIONS
    )
    return read.profile if isinstance(read, LoadedProfile) else None


class BoundProfiles:
    """All versions of all partners, by what the journal tells of them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        agreed = select(JournalEntry.partner, JournalEntry.detail).where(JournalEntry.step == Step.AGREED)
        self._told: Mapping[Any, str | None] = {
            (partner, detail.get("version")): detail.get(registry.DIGEST) for partner, detail in session.execute(agreed)
        }

    def of(self, row: ProfileVersion) -> Profile:
        """What a version said: as it is kept where the journal binds that, else as its text says, where that is understood."""
        if self._told.get((row.partner, row.version)) != registry.digest_of(row.profile):
            said = from_text(row)
            if said is not None:
                return said
        return registry.kept(row)

    def changes(self, row: ProfileVersion) -> tuple[registry.KeyChange, ...]:
        """What a version says otherwise than the one before it; all that it says, where it is the first."""
        before = self._session.scalars(
            select(ProfileVersion).where(
                ProfileVersion.partner == row.partner, ProfileVersion.version == row.version - 1
            )
        ).first()
        return registry.key_changes(None if before is None else self.of(before), self.of(row))


def unlike_text(row: ProfileVersion) -> Iterator[tuple[str, Any, Any]]:
    """Where the profile as it is kept says otherwise than its text: by key, what it has and what the text says.

    Where the text says nothing, it was filled in by the release of then, and only what this one leaves empty must be empty.
    """
    read = from_text(row)
    if read is None:
        return
    written = registry.leaves(read.model_dump(mode="json", exclude_unset=True))
    filled = registry.leaves(read.model_dump(mode="json"))
    has = registry.leaves(row.profile)
    for key in sorted({*written, *has}, key=str):
        said = written.get(key)
        if key not in written and filled.get(key) is not None:
            continue
        if has.get(key) != said:
            yield loading.key_text(key), has.get(key), said
