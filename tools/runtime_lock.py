"""Print the part of requirements.lock that the wheel needs at run time: what CI installs it with.

Run it in the checkout's environment, whose metadata say which library needs which.
"""

import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent


def lock_entries(text: str) -> dict[str, str]:
    """Each package's lines of the lock (its version and hashes), by name."""
    entries: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line and not line.startswith((" ", "#")):
            name = canonicalize_name(line.partition("==")[0])
            entries[name] = ""
        if name and not line.lstrip().startswith("#"):
            entries[name] += line + "\n"
    return entries


def needed(direct: list[str]) -> set[str]:
    """The names of all libraries reached from ``direct``, on this machine, with the extras asked for."""
    found: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(text) for text in direct]
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found.add(name)
        for text in requires(name) or []:
            further = Requirement(text)
            if further.marker is None or any(further.marker.evaluate({"extra": extra}) for extra in extras | {""}):
                waiting.append(further)
    return found


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    entries = lock_entries((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    for name in sorted(needed(project["dependencies"])):
        print(entries[name], end="")


if __name__ == "__main__":
    main()
