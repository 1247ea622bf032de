"""The reference pages say what the code says, and leave nothing out."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from canonical.advice import Advice
from canonical.documents import DOCUMENTS
from gateway import explanation
from gateway.cli.console import Exit
from tools.reference import __main__ as tool
from tools.reference import commands, csv_fields, findings, profile, settings, wording
from tools.reference.pages import FOLDER, PAGES, Page
from translators import flat
from translators.flat import advice as flat_advice
from translators.flat.vocabulary import DOCUMENT_TYPES
from translators.x12 import advice as x12_advice
from translators.x12.check import check
from translators.x12.findings import Code
from translators.x12.maps import advice as business_advice
from translators.x12.maps.findings import BusinessFault

GOLDEN = Path(__file__).resolve().parents[1] / "golden"

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@each_page
def test_a_page_is_what_the_code_makes_of_it(page: Page) -> None:
    written = (FOLDER / page.name).read_text(encoding="utf-8")
    assert written == page.render(), "run python -m tools.reference"


@each_page
def test_everything_on_a_page_is_described(page: Page) -> None:
    assert list(page.undocumented()) == []


def test_no_page_is_left_over() -> None:
    written = {f"reference/{path.name}" for path in (FOLDER / "reference").iterdir()}
    assert written == {page.name for page in PAGES if page.name.startswith("reference/")}


class TestCheck:
    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(tool, "FOLDER", tmp_path / "docs")
        return tmp_path / "docs"

    def test_what_was_just_written_is_good(self, folder: Path) -> None:
        assert tool.main([]) == 0
        assert tool.main(["--check"]) == 0

    def test_a_changed_page_is_stale(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        tool.main([])
        page = folder / "reference" / "settings.md"
        page.write_text(page.read_text("utf-8").replace("2222", "22"), "utf-8")
        assert tool.main(["--check"]) == 1
        assert capsys.readouterr().err == "reference/settings.md is stale: run python -m tools.reference\n"

    def test_a_missing_page_is_stale_and_is_not_written(self, folder: Path) -> None:
        assert tool.main(["--check"]) == 1
        assert not folder.exists()

    def test_what_nobody_described_is_named(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        tool.main([])
        monkeypatch.delitem(wording.OTHER_VARIABLES, "TALLY_HOME")
        assert tool.main(["--check"]) == 1
        assert "reference/settings.md: nothing says what TALLY_HOME means" in capsys.readouterr().err


class TestUndocumented:
    """Each way in which something can go undescribed is noticed."""

    def test_a_key_of_a_profile(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(wording.PROFILE, "sftp.public_keys")
        assert profile.undocumented() == ["sftp.public_keys"]

    def test_a_key_of_a_profile_that_is_gone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(wording.PROFILE, "x12.gone", "What was there once.")
        assert profile.undocumented() == ["x12.gone (described twice, or gone)"]

    def test_an_exit_code(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(wording.EXIT_CODES, Exit.NO)
        assert commands.undocumented() == ["1"]

    def test_an_option_without_help(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(wording, "OPTIONS", {})
        assert commands.undocumented() == ["order list --limit"]

    def test_a_code_of_a_finding(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(wording.CSV_FINDINGS, "no-rows")
        monkeypatch.delitem(wording.GATEWAY_FINDINGS, "not-as-agreed")
        assert findings.undocumented() == ["no-rows", "not-as-agreed (advice)", "not-as-agreed"]

    @pytest.mark.parametrize(
        ("advice", "code"),
        [
            (x12_advice.ADVICE, Code.INVALID_CODE),
            (business_advice.ADVICE, BusinessFault.SSCC_INVALID),
            (flat_advice.ADVICE, flat.Code.NO_ROWS),
            (explanation.OWN_ADVICE, "duplicate"),
        ],
    )
    def test_what_to_do_about_a_finding(
        self, advice: dict[str, Advice], code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delitem(advice, code)
        assert findings.undocumented() == [f"{code} (advice)"]

    def test_a_family_of_names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(wording.PLACEHOLDERS, "role")
        assert csv_fields.undocumented() == ["role"]


def test_every_name_of_a_csv_field_is_on_its_page() -> None:
    written = csv_fields.render()
    missing = [name for kind in DOCUMENT_TYPES.values() for name in kind.names() if f"| `{name}` |" not in written]
    assert missing == []


def test_every_variable_of_the_environment_that_is_read_is_on_the_page() -> None:
    written = settings.render()
    assert settings.variables_read() >= {"TALLY_HOME", "TALLY_PYTHON"}
    assert [name for name in settings.variables_read() if f"`{name}`" not in written] == []


def test_every_code_is_on_its_page_with_an_example_and_what_to_do() -> None:
    written = (FOLDER / "findings.md").read_text("utf-8")
    codes = [*Code, *BusinessFault, *flat.Code, *explanation.OWN_ADVICE]
    assert len(codes) > 100
    sections = dict(re.findall(r"^### (\S+)\n\n(.*?)(?=^##|\Z)", written, re.MULTILINE | re.DOTALL))
    for code in codes:
        assert re.match(r"\*\*(error|warning|note).*\n\n- Example: \S.*\n- What to do: \S", sections[str(code)]), code


def test_every_code_of_x12_stands_under_one_heading() -> None:
    found = [code for block in findings.x12_blocks() for code in block]
    assert found == list(Code)


def test_the_schema_knows_every_type_of_document() -> None:
    schema = json.loads((FOLDER / "reference" / "canonical.schema.json").read_text("utf-8"))
    types = set(schema["items"]["discriminator"]["mapping"])
    assert types == set(DOCUMENTS.json_schema()["items"]["discriminator"]["mapping"])
    assert "PurchaseOrder" in types


def _spoiled(text: str) -> Iterator[str]:
    """A good file with every segment once left out, doubled, moved and emptied, and every element spoiled in several ways."""
    segments = [segment for segment in text.replace("\n", "").split("~") if segment]
    for at, segment in enumerate(segments):
        before, after = segments[:at], segments[at + 1 :]
        yield _joined([*before, *after])
        yield _joined([*before, segment, segment, *after])
        yield _joined([*before, *after[:1], segment, *after[1:]])
        yield _joined([*before, segment.split("*")[0], *after])
        yield _joined([*before, "ZZZ*1", segment, *after])
        elements = segment.split("*")
        if elements[0] == "ISA":
            continue
        for place in range(1, len(elements) + 1):
            for bad in ("", "?", "7", "X" * 100, "20269999"):
                changed = [*elements, *([""] if place == len(elements) else [])]
                changed[place] = bad
                yield _joined([*before, "*".join(changed), *after])


def _joined(segments: list[str]) -> str:
    return "".join(f"{segment}~" for segment in segments)


def test_the_answer_to_a_finding_is_the_one_on_the_page() -> None:
    """What the engine really says of many broken files, against what was read from its source."""
    seen: set[tuple[str, str]] = set()
    for sample in ("850/plain.edi", "810/full.edi"):
        for spoiled in _spoiled((GOLDEN / sample).read_text("utf-8")):
            report = check([spoiled.encode()])
            seen |= {(found.code, found.ack_code) for found in report.findings if found.ack_code}
    x12 = {(code, ack) for code, ack in seen if code in set(Code)}
    assert len({code for code, _ in x12}) > 25, "the files are not broken enough to tell"
    wrong = [(code, ack) for code, ack in sorted(x12) if not _on_the_page(code, ack)]
    assert wrong == []


def _on_the_page(code: str, ack: str) -> bool:
    computed = wording.X12_ACK_CODES.get(code)
    return ack in findings.ack_codes()[Code(code)] or (computed is not None and computed.startswith(ack.split(":")[0]))
