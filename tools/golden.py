"""Compare each sample in ``tests/golden`` with the documents and findings it is read as: ``python -m tools.golden [--write]``.

A sample is ``SET/NAME.edi``; what is expected of it stands beside it in ``SET/NAME.json``. With ``--write`` the expectations are
written anew; read the difference before committing it.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from translators import registry
from translators.x12.body import Body
from translators.x12.events import SetRead
from translators.x12.reader import read
from translators.x12.segments import TransactionSet

SAMPLES = Path(__file__).parent.parent / "tests" / "golden"


def samples() -> list[Path]:
    """All sample files, in order."""
    return sorted(SAMPLES.glob("*/*.edi"))


def bodies(sample: Path) -> Iterator[Body]:
    """The transaction sets in a sample, which must all be valid X12."""
    for event in read([sample.read_bytes()]):
        if isinstance(event, SetRead):
            if event.findings or event.body is None:
                raise ValueError(f"{sample.name} is not valid X12: {event.findings}")
            yield event.body


def trees(sample: Path) -> Iterator[TransactionSet]:
    """The same as trees."""
    return (body.tree for body in bodies(sample))


def meaning(body: Body) -> dict[str, Any]:
    """What a set is read as, in the form that is kept."""
    result = registry.find(body.set_id).read(body)
    document = None
    if result.document is not None:
        document = {"type": result.document.type, **result.document.model_dump(mode="json", exclude_defaults=True)}
    findings = [finding.model_dump(mode="json", exclude_defaults=True) for finding in result.findings]
    return {"document": document, "findings": findings}


def rendered(sample: Path) -> str:
    """The text that should stand in the sample's JSON file."""
    return json.dumps([meaning(body) for body in bodies(sample)], indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--write"]):
        print(__doc__)
        return 2
    stale = 0
    for sample in samples():
        expected = sample.with_suffix(".json")
        text = rendered(sample)
        if arguments:
            expected.write_text(text, "utf-8")
        elif not expected.exists() or expected.read_text("utf-8") != text:
            print(f"{expected} is not what {sample.name} is read as; see the difference with --write and git diff.")
            stale += 1
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
