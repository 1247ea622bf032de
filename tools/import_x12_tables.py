"""Copy the facts of the X12 standard that we ship from a table of them: ``tools/import_x12_tables.py SOURCE``.

SOURCE holds a folder a version (``004010``) with ``elements.json``, ``segments.json``, ``composites.json`` and ``sets/NNN.json``.
What is copied is facts alone: numbers, types, lengths, code values, positions, requirements and repeats. Two things are put right on
the way: codes that a later release lost (``docs/decisions/0014-codes-are-kept.md``), and the notes of two composites.
"""

import json
import sys
from pathlib import Path
from typing import Any

Table = dict[str, Any]
"""One file of the source: its entries by element number, segment tag or composite key, or a set."""

_TRADE = ("810", "820", "824", "832", "846", "850", "855", "856", "860", "864", "865")
_WAREHOUSE = ("940", "943", "944", "945", "947")
_RETAIL = ("810", "850", "855", "856", "997")
WANTED = {
    "004010": (*_TRADE, *_WAREHOUSE, "997"),
    "004030": _RETAIL,
    "004060": _RETAIL,
    "005010": (*_TRADE, *_WAREHOUSE, "997", "999"),
}
"""The sets of each version, oldest first."""

COMPOSITE_NOTES = {"C040": ["P0304", "P0506"], "C056": ["P0203"]}
"""Notes that the source gives one position too low, as if components counted from 0: a qualifier goes with what it qualifies."""

TARGET = Path(__file__).parent.parent / "translators" / "x12" / "schemas"


def keep_codes(elements: Table, older: dict[str, set[str]]) -> Table:
    """``elements`` of a release, with the codes that ``older`` releases had for them, where they fit the length they have now."""
    return {number: _keep_codes_of(entry, older.get(number, set())) for number, entry in elements.items()}


def _keep_codes_of(entry: Table, older: set[str]) -> Table:
    if "codes" not in entry:
        return entry
    kept = {code for code in older if entry["min"] <= len(code) <= entry["max"]}
    return entry | {"codes": sorted(kept.union(entry["codes"]))}


def correct_composites(composites: Table) -> Table:
    """``composites`` with :data:`COMPOSITE_NOTES`, and with the requirements that follow from them: bound (C) or not (O)."""
    return {
        key: _bind(entry, COMPOSITE_NOTES[key]) if key in COMPOSITE_NOTES else entry
        for key, entry in composites.items()
    }


def _bind(entry: Table, notes: list[str]) -> Table:
    bound = {int(note[at : at + 2]) for note in notes for at in range(1, len(note), 2)}
    components = [
        use if use["req"] == "M" else use | {"req": "C" if position in bound else "O"}
        for position, use in enumerate(entry["elements"], 1)
    ]
    return entry | {"elements": components, "notes": notes}


def write(table: Table, target: Path) -> None:
    """Write one table, an entry a line where it is a mapping, so that a change shows as one line in a diff."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if "structure" in table:
        head = json.dumps({key: table[key] for key in ("set", "version", "functional_group")})
        lines = ",\n".join(json.dumps(node) for node in table["structure"])
        text = f'{head[:-1]}, "structure": [\n{lines}\n]}}\n'
    else:
        text = "{\n" + ",\n".join(f"{json.dumps(key)}: {json.dumps(entry)}" for key, entry in table.items()) + "\n}\n"
    target.write_text(text, "utf-8")
    print(target)


def _read(path: Path) -> Table:
    table: Table = json.loads(path.read_text("utf-8"))
    return table


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__)
        return 2
    known: dict[str, set[str]] = {}
    for version, sets in WANTED.items():
        source, target = Path(arguments[0]) / version, TARGET / version
        elements = keep_codes(_read(source / "elements.json"), known)
        for number, entry in elements.items():
            known.setdefault(number, set()).update(entry.get("codes", ()))
        write(elements, target / "elements.json")
        write(correct_composites(_read(source / "composites.json")), target / "composites.json")
        for name in ("segments.json", *(f"sets/{set_id}.json" for set_id in sets)):
            write(_read(source / name), target / name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
