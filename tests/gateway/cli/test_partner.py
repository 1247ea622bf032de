"""`tally partner`: what is planned and applied is told key by key, and nothing else is."""

import json
from pathlib import Path

import pytest

from gateway.certificates.making import subject
from gateway.cli.main import main

from ..house import House

ACME = "sftp: {}\ndocuments:\n  send: [850]\n"


def called(house: House, *arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(house.gateway.home.root), *arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def edit(house: House, old: str, new: str) -> None:
    path = house.gateway.home.partners / "acme.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_only_what_changes_is_told(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    rule = "rules:\n  - {set: 810, checks: [{name: dates, must: {present: DTM}, message: Send Größe.}]}\n"
    edit(house, "usage: T", "usage: P\n  encoding: ascii")
    edit(house, ACME, f"folder: true\n{rule}{ACME}")
    assert called(house, "partner", "plan") == 1
    assert capsys.readouterr().out.splitlines() == [
        "~ acme changed (version 2)",
        '    ~ x12.usage: "T" -> "P"',
        '    + x12.encoding: "ascii"',
        "    ~ folder: false -> true",
        "    + rules[1].set: 810",
        '    + rules[1].checks[1].name: "dates"',
        '    + rules[1].checks[1].must.present: "DTM"',
        '    + rules[1].checks[1].message: "Send Größe."',
        "= beta unchanged (version 1)",
        "= cargo unchanged (version 1)",
    ]
    assert called(house, "partner", "apply") == 0
    capsys.readouterr()
    edit(house, rule, "")
    edit(house, ACME, ACME.replace("sftp: {}\n", ""))
    assert called(house, "--json", "partner", "apply") == 0
    told = json.loads(capsys.readouterr().out)[0]["keys"]
    assert {each["key"]: each["before"] for each in told} == {
        "sftp.max_file_size": "64MiB",
        "rules[1].set": 810,
        "rules[1].checks[1].name": "dates",
        "rules[1].checks[1].must.present": "DTM",
        "rules[1].checks[1].message": "Send Größe.",
    }
    assert {each["after"] for each in told} == {None}


class TestGuide:
    """The page is written once the settings say who we are."""

    @pytest.fixture
    def ready(self, house: House, capsys: pytest.CaptureFixture[str]) -> House:
        assert called(house, "partner", "new", "zeta", "--template", "as2") == 0
        assert "tally partner guide zeta -o FILE" in capsys.readouterr().out
        (house.gateway.home.root / "tally.toml").write_text('as2_id = "US"\nas2_url = "https://us.example/as2"\n')
        house.gateway.custody.generate(subject("Us", None), bits=2048, days=30, begins=None, by="tests")
        return house

    def test_is_printed_with_the_certificate(self, ready: House, capsys: pytest.CaptureFixture[str]) -> None:
        assert called(ready, "partner", "guide", "zeta") == 0
        page = capsys.readouterr().out
        assert page.startswith("# AS2 with US\n")
        assert "-----BEGIN CERTIFICATE-----" in page

    def test_is_written_with_the_certificate_beside_it(self, ready: House, tmp_path: Path) -> None:
        assert called(ready, "partner", "guide", "zeta", "-o", str(tmp_path / "zeta.md")) == 0
        assert "in the file zeta.pem" in (tmp_path / "zeta.md").read_text("utf-8")
        assert (tmp_path / "zeta.pem").read_text("ascii") == ready.gateway.custody.own().pem

    def test_is_not_written_where_nothing_can_be(
        self, ready: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert called(ready, "partner", "guide", "zeta", "-o", str(tmp_path / "nowhere" / "zeta.md")) == 2
        assert "cannot be written: No such file or directory" in capsys.readouterr().err

    def test_is_for_partners_over_as2(self, ready: House, capsys: pytest.CaptureFixture[str]) -> None:
        assert called(ready, "partner", "guide", "acme") == 2
        assert "has no section as2" in capsys.readouterr().err
