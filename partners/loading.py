"""From a YAML file to a profile, or to everything that is wrong with it, each with its file, line and key."""

import difflib
import hashlib
import re
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from canonical.errors import Misconfigured

from . import yaml_source
from .profile import Profile, is_partner_id
from .wording import quoted
from .yaml_source import YamlSource

Sections: typing.TypeAlias = Mapping[str, Callable[[Any], Any]]
"""What else checks a part of the profile, by its key: a function that raises pydantic's ValidationError.

A key without a dot (``csv``) is of a section that the profile itself does not look into; one with dots (``x12.version``) of a value
that the profile has found good. An error of its own may say, as those of the profile do, the ``message``, a ``hint`` and the rest of
the ``key`` in its context.
"""

_Loc: typing.TypeAlias = tuple[str | int, ...]

_MAX_PROBLEMS = 100

_PLAIN_KEY = re.compile(r"[\w-]{1,40}")

_SECRET = {"password_hash", "public_keys", "password"}
"""Keys whose values no message repeats: people paste passwords and private keys there."""

_EXPECTED = {
    "bool": "yes or no",
    "int": "a whole number",
    "decimal": "a number",
    "float": "a number",
    "string": "text",
    "list": "a list (lines that begin with -, or [a, b])",
    "tuple": "a list (lines that begin with -, or [a, b])",
    "dict": "a section of keys",
    "model": "a section of keys",
    "mapping": "a section of keys",
}


@dataclass(frozen=True, slots=True)
class ProfileProblem:
    """One thing that is wrong in a profile. ``key`` is like ``x12.them.id`` or ``contacts[2].email`` (from 1), or empty."""

    file: str
    line: int
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        key = f" {self.key}:" if self.key else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}:{key} {self.message}{hint}"


@dataclass(frozen=True, slots=True)
class LoadedProfile:
    """A profile with the text it came from. ``sha256`` is over the file's bytes."""

    profile: Profile
    yaml: str
    sha256: str
    file: str
    lines: Mapping[_Loc, int] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class LoadedDirectory:
    """All profiles of a home. With problems, nothing of it should be applied."""

    profiles: tuple[LoadedProfile, ...]
    problems: tuple[ProfileProblem, ...]


def load_directory(directory: Path, sections: Sections) -> LoadedDirectory:
    """Read every ``*.yaml`` in a directory and check the profiles against each other.

    Raises :class:`canonical.errors.Misconfigured` when the directory cannot be read.
    """
    try:
        paths = sorted(path for path in directory.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise Misconfigured(f"The profiles in {directory} cannot be read: {error.strerror}. Check --home.") from error
    profiles: list[LoadedProfile] = []
    problems: list[ProfileProblem] = []
    for path in paths:
        name = f"{directory.name}/{path.name}"
        if path.suffix == ".yml":
            problems.append(ProfileProblem(name, 1, "", "is not read.", f"Rename it to {path.stem}.yaml."))
        if path.suffix != ".yaml":
            continue
        loaded = load_file(path, sections)
        if isinstance(loaded, LoadedProfile):
            profiles.append(loaded)
        else:
            problems.extend(loaded)
    return LoadedDirectory(tuple(profiles), (*problems, *clashes(profiles)))


def load_file(path: Path, sections: Sections) -> LoadedProfile | tuple[ProfileProblem, ...]:
    """Read one file; a file that cannot be read is a problem too."""
    name = f"{path.parent.name}/{path.name}"
    try:
        if not path.is_file():
            return (ProfileProblem(name, 1, "", "is not a file."),)
        with path.open("rb") as file:
            raw = file.read(yaml_source.MAX_BYTES + 1)
    except OSError as error:
        return (ProfileProblem(name, 1, "", f"cannot be read: {error.strerror}."),)
    return load(raw, file=name, stem=path.stem, sections=sections)


def load(raw: bytes, *, file: str, stem: str, sections: Sections) -> LoadedProfile | tuple[ProfileProblem, ...]:
    """Read a profile from its bytes.

    ``file`` is how problems name it; ``stem``, the file's name without ``.yaml``, is what ``partner`` must say. Never raises
    for what is in the bytes.
    """
    source = yaml_source.read(raw)
    reader = _Reader(source, file)
    profile = reader.read(stem, sections)
    if profile is None:
        return reader.sorted_problems()
    return LoadedProfile(profile, raw.decode("utf-8-sig"), hashlib.sha256(raw).hexdigest(), file, source.lines)


def clashes(profiles: Iterable[LoadedProfile]) -> tuple[ProfileProblem, ...]:
    """What two active partners cannot both have: the same pair of interchange addresses, the same SFTP user name, the same AS2 name.

    A suspended partner may share them with its successor.
    """
    problems: list[ProfileProblem] = []
    taken: dict[tuple[str, ...], LoadedProfile] = {}
    for loaded in profiles:
        for loc, identity in _identities(loaded.profile):
            first = taken.setdefault(identity, loaded)
            if first is loaded:
                continue
            what = _IDENTITIES[identity[0]]
            problems.append(
                ProfileProblem(
                    loaded.file,
                    _nearest(loaded.lines, loc),
                    key_text(loc),
                    f"the {what} {quoted(' '.join(identity[1:]))} is already that of {first.profile.partner} ({first.file}).",
                    "Change one of them, or suspend that partner.",
                )
            )
    return tuple(problems)


def key_text(loc: _Loc) -> str:
    """A place in a profile as people read it: ``contacts[2].email``."""
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{_shown_key(part)}" for part in loc)
    return text.removeprefix(".")


def _shown_key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else quoted(key)


def _identities(profile: Profile) -> Iterator[tuple[_Loc, tuple[str, ...]]]:
    if not profile.is_active:
        return
    if profile.x12 is not None:
        us, them = profile.x12.us, profile.x12.them
        yield ("x12", "them"), ("x12", them.qualifier, them.id, us.qualifier, us.id)
    if profile.sftp_username is not None:
        yield ("sftp", "username"), ("sftp", profile.sftp_username)
    if profile.as2 is not None:
        yield ("as2", "id"), ("as2", profile.as2.id, profile.as2.our_id or "")


_IDENTITIES = {"sftp": "user name", "as2": "AS2 name", "x12": "pair of interchange addresses"}


def _nearest(lines: Mapping[_Loc, int], loc: _Loc) -> int:
    while loc and loc not in lines:
        loc = loc[:-1]
    return lines.get(loc, 1)


class _Reader:
    """Collects the problems of one file."""

    def __init__(self, source: YamlSource, file: str) -> None:
        self._source = source
        self._file = file
        self._empty: set[_Loc] = set()
        self._problems: list[ProfileProblem] = [
            ProfileProblem(file, fault.line, key_text(fault.path), fault.message, fault.hint) for fault in source.faults
        ]

    def sorted_problems(self) -> tuple[ProfileProblem, ...]:
        """In the order of the file, each once, as many as somebody reads."""
        problems = tuple(dict.fromkeys(sorted(self._problems, key=lambda problem: problem.line)))
        if len(problems) <= _MAX_PROBLEMS:
            return problems
        left = len(problems) - _MAX_PROBLEMS
        more = ProfileProblem(self._file, problems[_MAX_PROBLEMS].line, "", f"and {left} more mistakes from here on.")
        return (*problems[:_MAX_PROBLEMS], more)

    def read(self, stem: str, sections: Sections) -> Profile | None:
        value = self._source.value
        if value is None and self._problems:
            return None
        if not isinstance(value, dict):
            self._add((), "a profile is a section of keys.", "`tally partner new` writes one to start from.")
            return None
        self._check_name(stem, value.get("partner"))
        self._check_empty(sections)
        value = {**value, **{name: self._source.typed((name,), value[name]) for name in sections if name in value}}
        self._check_sections(value, sections)
        profile = self._validate(value)
        self._check_values(value, sections)
        return None if self._problems else profile

    def _validate(self, value: dict[str, Any]) -> Profile | None:
        try:
            return Profile.model_validate(value)
        except ValidationError as error:
            for details in error.errors(include_url=False):
                self._add_error((), details, _fields(Profile, details["loc"][:-1]))
            return None

    def _check_name(self, stem: str, partner: object) -> None:
        if not is_partner_id(stem):
            message = f"the file's name {quoted(stem)} is not a partner id (lower-case letters, digits and hyphens)."
            self._add((), message, "Rename the file.")
        elif isinstance(partner, str) and is_partner_id(partner) and partner != stem:
            self._add(("partner",), f"{quoted(partner)} is not the file's name {quoted(stem)}.", "Make them the same.")

    def _check_empty(self, sections: Sections) -> None:
        for path in self._source.empty():
            if path and (path[0] not in sections or len(path) == 1):
                self._empty.add(path)
                self._add(path, "has no value.", "Write one, or remove the key.")

    def _check_sections(self, value: dict[str, Any], sections: Sections) -> None:
        for name, check in sections.items():
            if value.get(name) is not None:
                self._check((name,), value[name], check)

    def _check_values(self, value: dict[str, Any], sections: Sections) -> None:
        wrong = {problem.key for problem in self._problems}
        for name, check in sections.items():
            *outer, last = name.split(".")
            section: Any = value
            for key in outer:
                section = section.get(key) if isinstance(section, dict) else None
            if outer and isinstance(section, dict) and last in section and name not in wrong:
                self._check((*outer, last), section[last], check)

    def _check(self, loc: _Loc, value: Any, check: Callable[[Any], Any]) -> None:
        try:
            check(value)
        except ValidationError as error:
            for details in error.errors(include_url=False):
                self._add_error(loc, details, {})

    def _add_error(self, prefix: _Loc, details: ErrorDetails, siblings: Mapping[str, FieldInfo]) -> None:
        context = details.get("ctx", {})
        loc = (*prefix, *details["loc"])
        if self._empty and not loc:
            return  # what is missing on the whole may be what was left empty
        if "hint" in context:
            self._add((*self._existing(loc, missing=False), *context["key"]), context["message"], context["hint"])
            return
        loc = self._existing(loc, missing=details["type"] == "missing")
        if loc in self._empty:
            return
        message, hint = _explain(details, loc, siblings)
        for single in message.splitlines() or [message]:
            self._add(*self._placed(loc, single), hint)

    def _placed(self, loc: _Loc, message: str) -> tuple[_Loc, str]:
        """A section's check names a key below its place in front of a message: ``columns.lines.qty: ...``. Its line is told."""
        place, colon, rest = message.partition(": ")
        section, dot, key = place.partition(".")
        if not colon or (*loc, section) not in self._source.lines:
            return loc, message
        return (*loc, section, key) if dot else (*loc, section), rest

    def _existing(self, loc: _Loc, *, missing: bool) -> _Loc:
        """Pydantic puts names of its own (a union's members) between the keys; keep the keys that are in the file."""
        kept: _Loc = ()
        for part in loc[:-1] if missing else loc:
            if (*kept, part) in self._source.lines:
                kept = (*kept, part)
        return (*kept, loc[-1]) if missing else kept

    def _add(self, loc: _Loc, message: str, hint: str = "") -> None:
        self._problems.append(ProfileProblem(self._file, self._source.line(loc), key_text(loc), message, hint))


def _explain(details: ErrorDetails, loc: _Loc, siblings: Mapping[str, FieldInfo]) -> tuple[str, str]:
    """Pydantic's error as a message and a hint in our words."""
    kind, context, value = details["type"], details.get("ctx", {}), details.get("input")
    last = str(loc[-1]) if loc else ""
    field_info = siblings.get(last)
    description = (field_info.description or "") if field_info is not None else ""
    if kind == "missing":
        return "is missing.", description
    if kind == "extra_forbidden":
        return "is not a known key.", _suggest(last, siblings)
    if value is None:
        return "has no value.", description
    shown = "" if _SECRET & set(map(str, loc)) or isinstance(value, (dict, list)) else f"{quoted(value)} "
    if kind in ("literal_error", "enum"):
        return f"{shown}is not one of {str(context['expected']).replace(chr(39), '')}.", description
    if kind == "value_error":
        return f"{context['error']}", description
    expected = _EXPECTED.get(kind.split("_")[0])
    if expected is not None and kind.endswith(("_type", "_parsing", "_from_float")):
        return f"{shown or 'this '}is not {expected}.", description
    return f"{shown or 'this '}is not accepted: {details['msg']}.", description


def _suggest(key: str, siblings: Mapping[str, FieldInfo]) -> str:
    if not siblings:
        return ""
    if close := difflib.get_close_matches(key.lower(), siblings, n=1):
        return f'Did you mean "{close[0]}"?'
    return f"Known here: {', '.join(siblings)}."


def _fields(model: type[BaseModel], loc: Sequence[str | int]) -> Mapping[str, FieldInfo]:
    """The fields that the section at ``loc`` may have."""
    current: type[BaseModel] | None = model
    for part in loc:
        if isinstance(part, int) or current is None:
            continue
        info = current.model_fields.get(part)
        current = _model_in(info.annotation) if info is not None else None
    return current.model_fields if current is not None else {}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model in ``X``, ``X | None`` or ``tuple[X, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in typing.get_args(annotation):
        if (found := _model_in(part)) is not None:
            return found
    return None
