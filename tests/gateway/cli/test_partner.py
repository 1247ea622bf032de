"""`tally partner`: what is planned and applied is told key by key, and nothing else is."""

import json

import pytest

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
