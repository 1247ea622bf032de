"""What is put right when the standard's tables are imported."""

from typing import Any

import pytest

from tools.import_x12_tables import correct_composites, keep_codes


def element(*codes: str, maximum: int = 2) -> dict[str, Any]:
    return {"type": "ID", "min": 2, "max": maximum, "codes": list(codes)}


@pytest.mark.parametrize(
    ("older", "newer", "imported"),
    [
        pytest.param({"BY", "RE"}, element("BY", "ST"), element("BY", "RE", "ST"), id="lost-in-the-later-list"),
        pytest.param({"BY"}, element("BY", "ST"), element("BY", "ST"), id="nothing-lost"),
        pytest.param({"R", "REX"}, element("BY"), element("BY"), id="no-longer-fits"),
        pytest.param(set(), element("BY"), element("BY"), id="new-element"),
        pytest.param({"BY"}, {"type": "ID", "min": 2, "max": 2}, {"type": "ID", "min": 2, "max": 2}, id="free-list"),
    ],
)
def test_codes_are_kept(older: set[str], newer: dict[str, Any], imported: dict[str, Any]) -> None:
    assert keep_codes({"98": newer}, {"98": older}) == {"98": imported}


def test_a_note_and_the_requirements_it_implies_are_moved_together() -> None:
    source = [{"ref": "1109", "req": "C"}, {"ref": "1270", "req": "C"}, {"ref": "1271", "req": "O"}]
    composites = {"C056": {"elements": source, "notes": ["P0102"]}, "C002": {"elements": source}}

    corrected = correct_composites(composites)

    assert corrected["C056"]["notes"] == ["P0203"]
    assert [use["req"] for use in corrected["C056"]["elements"]] == ["O", "C", "C"]
    assert corrected["C002"] == composites["C002"]
