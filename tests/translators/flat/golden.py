"""Compare each CSV sample in ``tests/golden/csv`` with what it is read as: ``python -m tests.translators.flat.golden [--write]``.

``NAME.csv`` is read by the column map ``NAME.yaml``; what is expected stands in ``NAME.json``. With ``--write`` the expectations
are written anew; read the difference before committing it.
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from translators.flat import ColumnMap, FlatDocument, parse_column_maps, read, settle

SAMPLES = sorted((Path(__file__).parents[2] / "golden" / "csv").glob("*.csv"))


def map_of(sample: Path) -> ColumnMap:
    return parse_column_maps([yaml.safe_load(sample.with_suffix(".yaml").read_text("utf-8"))])[0]


def rendered(sample: Path) -> str:
    """The text that should stand in the sample's JSON file."""
    documents, findings = settle(read([sample.read_bytes()], map_of(sample)))
    found = {
        "file": [finding.model_dump(mode="json", exclude_defaults=True) for finding in findings],
        "documents": [_meaning(result) for result in documents],
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _meaning(result: FlatDocument) -> dict[str, Any]:
    document = None
    if result.document is not None:
        document = {"type": result.document.type, **result.document.model_dump(mode="json", exclude_defaults=True)}
    return {
        "key": result.key,
        "rows": [result.first_row, result.last_row],
        "document": document,
        "findings": [finding.model_dump(mode="json", exclude_defaults=True) for finding in result.findings],
    }


def main(arguments: list[str]) -> int:
    stale = [sample for sample in SAMPLES if _expected(sample) != rendered(sample)]
    for sample in stale:
        if arguments == ["--write"]:
            sample.with_suffix(".json").write_text(rendered(sample), "utf-8")
        sys.stdout.write(f"{sample.name} was read as something else than expected.\n")
    return 1 if stale else 0


def _expected(sample: Path) -> str | None:
    expected = sample.with_suffix(".json")
    return expected.read_text("utf-8") if expected.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
