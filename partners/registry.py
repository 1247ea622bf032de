"""Profiles in force: every applied version of every partner's profile, kept for good.

Applying never changes or deletes a row; a changed file becomes the next version. Taking a file away does not end the trade:
a checkout gone wrong must not cut off a partner, so the last version stays in force, is shown as removed, and ends only
when a version with ``status: suspended`` is applied. Looking up reads one row and then memory.
"""

import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from pydantic import ValidationError
from sqlalchemy import Engine, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from canonical.errors import Misconfigured
from canonical.identity import PartnerId
from spool.database.port import one_at_a_time
from spool.database.prepared import Prepared
from spool.tables import Base, JsonObject

from . import loading
from .loading import LoadedProfile, ProfileProblem
from .profile import Profile


class ProfileVersion(Base):
    """One applied version. ``version`` counts from 1 for each partner; ``sha256`` is over the file's bytes.

    ``profile`` is the profile with its defaults filled in, so that a later change of a default leaves old versions as they
    were. ``applied_by`` names who applied it.
    """

    __tablename__ = "profile_version"
    __table_args__ = (UniqueConstraint("partner", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    partner: Mapped[str]
    version: Mapped[int]
    sha256: Mapped[str]
    yaml: Mapped[str]
    profile: Mapped[JsonObject]
    applied_at: Mapped[datetime]
    applied_by: Mapped[str]


@dataclass(frozen=True, slots=True)
class AppliedProfile:
    """A version of a profile as it was applied."""

    partner: PartnerId
    version: int
    profile: Profile
    sha256: str
    yaml: str = field(repr=False)
    applied_at: datetime
    applied_by: str


class ChangeKind(StrEnum):
    """What applying does to a partner. ``removed`` means that the file is gone; the version stays in force."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class KeyChange:
    """One key before and after, as JSON; None where it is absent. A password hash is shown as a digest of itself."""

    key: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """What applying does to one partner. ``version`` is the one in force afterwards.

    A changed profile without ``keys`` differs in its comments or layout only.
    """

    partner: PartnerId
    kind: ChangeKind
    version: int
    keys: tuple[KeyChange, ...] = ()


def plan(session: Session, profiles: Sequence[LoadedProfile]) -> tuple[Change, ...]:
    """What :func:`apply` would do with all profiles of the home, by partner. Changes nothing."""
    in_force = _snapshot(session).partners
    changes = [_change(loaded, in_force.get(PartnerId(loaded.profile.partner))) for loaded in profiles]
    given = {change.partner for change in changes}
    changes += [
        Change(partner, ChangeKind.REMOVED, applied.version)
        for partner, applied in in_force.items()
        if partner not in given
    ]
    return tuple(sorted(changes, key=lambda change: change.partner))


def conflicts(session: Session, profiles: Sequence[LoadedProfile]) -> tuple[ProfileProblem, ...]:
    """Clashes of ``profiles`` with each other and with what is in force although its file is gone."""
    given = {loaded.profile.partner for loaded in profiles}
    removed = [
        LoadedProfile(
            applied.profile, applied.yaml, applied.sha256, f"removed, but version {applied.version} is in force"
        )
        for partner, applied in _snapshot(session).partners.items()
        if partner not in given
    ]
    return loading.clashes([*removed, *profiles])


def apply(session: Session, profiles: Sequence[LoadedProfile], *, at: datetime, by: str) -> tuple[Change, ...]:
    """Put all profiles of the home in force from ``at`` on; returns what that changed.

    Raises :class:`canonical.errors.Misconfigured`, and changes nothing, when two partners would be taken for each other.
    """
    one_at_a_time(session, "profiles")
    if problems := conflicts(session, profiles):
        raise Misconfigured("Nothing was applied:\n" + "\n".join(map(str, problems)))
    changes = plan(session, profiles)
    by_partner = {loaded.profile.partner: loaded for loaded in profiles}
    for change in changes:
        if change.kind in (ChangeKind.ADDED, ChangeKind.CHANGED):
            loaded = by_partner[change.partner]
            session.add(
                ProfileVersion(
                    partner=change.partner,
                    version=change.version,
                    sha256=loaded.sha256,
                    yaml=loaded.yaml,
                    profile=loaded.profile.model_dump(mode="json"),
                    applied_at=at,
                    applied_by=by,
                )
            )
    session.flush()
    return changes


def all(session: Session) -> tuple[AppliedProfile, ...]:
    """The versions in force, by partner, suspended ones too."""
    return tuple(_snapshot(session).partners.values())


def current(session: Session, partner: PartnerId) -> AppliedProfile | None:
    """The version in force now."""
    return _snapshot(session).partners.get(partner)


def version(session: Session, partner: PartnerId, number: int) -> AppliedProfile | None:
    """One version, in force or not."""
    row = session.scalars(
        select(ProfileVersion).where(ProfileVersion.partner == partner, ProfileVersion.version == number)
    ).first()
    return None if row is None else _applied(row)


def at(session: Session, partner: PartnerId, moment: datetime) -> AppliedProfile | None:
    """The version that was in force at ``moment``."""
    row = session.scalars(
        select(ProfileVersion)
        .where(ProfileVersion.partner == partner, ProfileVersion.applied_at <= moment)
        .order_by(ProfileVersion.version.desc())
        .limit(1)
    ).first()
    return None if row is None else _applied(row)


def history(session: Session, partner: PartnerId) -> tuple[AppliedProfile, ...]:
    """All versions, newest first."""
    rows = session.scalars(
        select(ProfileVersion).where(ProfileVersion.partner == partner).order_by(ProfileVersion.version.desc())
    )
    return tuple(_applied(row) for row in rows)


DIGEST = "profile"
"""The key under which the journal's detail has :func:`digest_of` a version that was put in force."""


def digest_of(profile: JsonObject) -> str:
    """Of a profile with its defaults filled in, as JSON in the order of its keys: SHA-256 in hexadecimal."""
    return hashlib.sha256(json.dumps(profile, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def kept(row: ProfileVersion) -> Profile:
    """The profile of a version as it was applied. Raises Misconfigured where this release does not understand it."""
    return _applied(row).profile


def by_interchange(
    session: Session, sender_qualifier: str, sender_id: str, receiver_qualifier: str, receiver_id: str
) -> AppliedProfile | None:
    """Whose interchange this is, by ISA05 to ISA08 (padding does not matter).

    A suspended partner is found only where no active one is, so that its files can be refused with the reason.
    """
    address = (sender_qualifier.strip(), sender_id.strip(), receiver_qualifier.strip(), receiver_id.strip())
    return _snapshot(session).addresses.get(address)


def by_sftp_username(session: Session, username: str) -> AppliedProfile | None:
    """The active partner that logs in under this name."""
    return _snapshot(session).usernames.get(username)


def by_as2_names(
    session: Session, partner_name: str, our_name: str, our_usual_name: str | None
) -> AppliedProfile | None:
    """Whose AS2 message this is, by AS2-From and AS2-To; ``our_usual_name`` is what we are called where a profile says nothing.

    A suspended partner is found only where no active one is, so that its messages can be refused with the reason.
    """
    snapshot = _snapshot(session)
    found = snapshot.as2_names.get((partner_name, our_name))
    if found is None and our_name == our_usual_name:
        found = snapshot.as2_names.get((partner_name, None))
    return found


_Address: TypeAlias = tuple[str, str, str, str]
_Newest: TypeAlias = tuple[int, int, str, datetime]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    partners: dict[PartnerId, AppliedProfile]
    addresses: dict[_Address, AppliedProfile]
    usernames: dict[str, AppliedProfile]
    as2_names: dict[tuple[str, str | None], AppliedProfile]


_cache: WeakKeyDictionary[Engine, tuple[_Newest, _Snapshot]] = WeakKeyDictionary()
_cache_lock = threading.Lock()
_NOTHING = _Snapshot({}, {}, {}, {})


def _snapshot(session: Session) -> _Snapshot:
    """What is in force as this session sees it: from memory, unless rows were added, by whatever process, since."""
    newest = _newest(session)
    if newest is None:
        return _NOTHING
    engine = session.get_bind().engine
    with _cache_lock:
        cached = _cache.get(engine)
    if cached is not None and cached[0] == newest:
        return cached[1]
    snapshot = _read(session)
    with _cache_lock:
        _cache[engine] = (newest, snapshot)
    return snapshot


def _newest(session: Session) -> _Newest | None:
    """What differs whenever the rows differ.

    Rows are only added, so their number and the newest id would do, were it not for a transaction that added some, filled
    the cache and rolled back, and another that then took its ids: content and time of the newest row tell these apart.
    """
    session.flush()
    row = _NEWEST_ROW.first(session, {})
    return None if row is None else (row[0], row[1], row[2], row[3])


_NEWEST_ROW = Prepared(
    select(
        select(func.count()).select_from(ProfileVersion).scalar_subquery(),
        ProfileVersion.id,
        ProfileVersion.sha256,
        ProfileVersion.applied_at,
    )
    .order_by(ProfileVersion.id.desc())
    .limit(1)
)


def _read(session: Session) -> _Snapshot:
    newest = select(func.max(ProfileVersion.id)).group_by(ProfileVersion.partner)
    rows = session.scalars(select(ProfileVersion).where(ProfileVersion.id.in_(newest)).order_by(ProfileVersion.partner))
    partners = {PartnerId(row.partner): _applied(row) for row in rows}
    addresses: dict[_Address, AppliedProfile] = {}
    usernames: dict[str, AppliedProfile] = {}
    as2_names: dict[tuple[str, str | None], AppliedProfile] = {}
    for applied in sorted(partners.values(), key=lambda applied: not applied.profile.is_active):
        profile = applied.profile
        if profile.x12 is not None:
            them, us = profile.x12.them, profile.x12.us
            addresses.setdefault((them.qualifier, them.id, us.qualifier, us.id), applied)
        if profile.sftp_username is not None and profile.is_active:
            usernames.setdefault(profile.sftp_username, applied)
        if profile.as2 is not None:
            as2_names.setdefault((profile.as2.id, profile.as2.our_id), applied)
    return _Snapshot(partners, addresses, usernames, as2_names)


def _applied(row: ProfileVersion) -> AppliedProfile:
    try:
        profile = Profile.model_validate(row.profile)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Misconfigured(
            f"Version {row.version} of the profile of {row.partner} is not understood by this release: "
            f"{loading.key_text(first['loc'])}: {first['msg']}. Mend partners/{row.partner}.yaml and apply it."
        ) from error
    return AppliedProfile(
        partner=PartnerId(row.partner),
        version=row.version,
        profile=profile,
        sha256=row.sha256,
        yaml=row.yaml,
        applied_at=row.applied_at,
        applied_by=row.applied_by,
    )


def _change(loaded: LoadedProfile, applied: AppliedProfile | None) -> Change:
    partner = PartnerId(loaded.profile.partner)
    if applied is None:
        return Change(partner, ChangeKind.ADDED, 1)
    if applied.sha256 == loaded.sha256:
        return Change(partner, ChangeKind.UNCHANGED, applied.version)
    return Change(partner, ChangeKind.CHANGED, applied.version + 1, key_changes(applied.profile, loaded.profile))


def key_changes(before: Profile | None, after: Profile) -> tuple[KeyChange, ...]:
    """The keys that say something else than before; one without a value and one with an empty list say as little as none."""
    old = {} if before is None else leaves(before.model_dump(mode="json"))
    new = leaves(after.model_dump(mode="json"))
    return tuple(
        KeyChange(loading.key_text(key), _shown(key, old.get(key)), _shown(key, new.get(key)))
        for key in dict.fromkeys((*old, *new))
        if old.get(key) != new.get(key)
    )


def leaves(profile: JsonObject) -> dict["_Key", Any]:
    """The keys of a profile as JSON with their values; none, an empty list and an empty section are one."""
    return {key: None if value in ([], {}) else value for key, value in _leaves((), profile)}


_Key: TypeAlias = tuple[str | int, ...]


def _leaves(key: _Key, value: Any) -> Iterator[tuple[_Key, Any]]:
    """Keys with their values; a list of plain values is one."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves((*key, name), item)
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        for position, item in enumerate(value):
            yield from _leaves((*key, position), item)
    else:
        yield key, value


def _shown(key: _Key, value: Any) -> Any:
    if value is not None and key[-1] == "password_hash":
        return "sha256:" + hashlib.sha256(str(value).encode()).hexdigest()[:12]
    return value
