"""Copy the facts of the X12 standard that we ship from a table of them: ``tools/import_x12_tables.py SOURCE``.

SOURCE holds a folder a version (``004010``) with ``elements.json``, ``segments.json``, ``composites.json`` and ``sets/NNN.json``.
What is copied is facts alone: numbers, types, lengths, code values, positions, requirements and repeats.
"""

import json
import sys
from pathlib import Path

_TRADE = ("810", "820", "824", "832", "846", "850", "855", "856", "860", "864", "865")
_WAREHOUSE = ("940", "943", "944", "945", "947")
_RETAIL = ("810", "850", "855", "856", "997")
WANTED = {
    "004010": (*_TRADE, *_WAREHOUSE, "997"),
    "004030": _RETAIL,
    "004060": _RETAIL,
    "005010": (*_TRADE, *_WAREHOUSE, "997", "999"),
}
TARGET = Path(__file__).parent.parent / "translators" / "x12" / "schemas"


def copy(source: Path, target: Path) -> None:
    """Write one table, an entry a line where it is a mapping, so that a change shows as one line in a diff."""
    table = json.loads(source.read_text("utf-8"))
    target.parent.mkdir(parents=True, exist_ok=True)
    if "structure" in table:
        head = json.dumps({key: table[key] for key in ("set", "version", "functional_group")})
        lines = ",\n".join(json.dumps(node) for node in table["structure"])
        text = f'{head[:-1]}, "structure": [\n{lines}\n]}}\n'
    else:
        text = "{\n" + ",\n".join(f"{json.dumps(key)}: {json.dumps(entry)}" for key, entry in table.items()) + "\n}\n"
    target.write_text(text, "utf-8")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__)
        return 2
    source = Path(arguments[0])
    for version, sets in WANTED.items():
        names = ["elements.json", "segments.json", "composites.json", *(f"sets/{set_id}.json" for set_id in sets)]
        for name in names:
            copy(source / version / name, TARGET / version / name)
            print(TARGET / version / name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
