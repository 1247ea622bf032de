"""Write docs/reference and docs/findings.md, or with ``--check`` say what of it is stale or undocumented and end with 1."""

import sys

from .pages import FOLDER, PAGES, Page


def problems(page: Page) -> list[str]:
    """What is wrong with a page as it lies there."""
    path = FOLDER / page.name
    found = [f"{page.name}: nothing says what {name} means" for name in page.undocumented()]
    if not path.exists() or path.read_text(encoding="utf-8") != page.render():
        found.append(f"{page.name} is stale: run python -m tools.reference")
    return found


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print("usage: python -m tools.reference [--check]", file=sys.stderr)
        return 2
    if not arguments:
        for page in PAGES:
            (FOLDER / page.name).parent.mkdir(parents=True, exist_ok=True)
            (FOLDER / page.name).write_text(page.render(), encoding="utf-8")
    found = [problem for page in PAGES for problem in problems(page)]
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
