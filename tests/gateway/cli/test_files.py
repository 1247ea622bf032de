"""Files given by hand: whatever one of them is, the others are dealt with and the exit code says the worst."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from canonical.identity import PartnerId
from gateway.app import Gateway
from gateway.cli import main as entry
from gateway.cli.main import main
from gateway.exchange.trial import Step, Trial

from ..house import BAD_INVOICE, House, invoice, wrapped

PYX12 = metadata.version("pyx12")
FILES = {
    "good.edi": wrapped("810", invoice()),
    "bad.edi": wrapped("810", BAD_INVOICE.format(number="INV2", order="1")),
    "\x1b[2J.edi": wrapped("810", invoice()).replace(b"*810*", b"*\x1b[2J\x07*").replace(b"ACME ", b"\x9bACM"),
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory with files and a directory in it."""
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(entry, "configure", lambda **_: None)


def called(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code


UNREADABLE = {
    "missing": ("nowhere.edi", "nowhere.edi cannot be read: No such file or directory."),
    "a directory": ("folder", "folder cannot be read: Is a directory."),
    "below a file": ("good.edi/x", "good.edi/x cannot be read: Not a directory."),
    "failing while it is read": ("/proc/self/mem", "/proc/self/mem cannot be read: Input/output error."),
}


@pytest.mark.parametrize(("name", "told"), UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("command", [("check",), ("check", "--json"), ("ack",), ("convert", "--to", "json")])
def test_an_unreadable_file_is_named(
    command: tuple[str, ...], name: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if name.startswith("/proc") and not Path(name).exists():
        pytest.skip("Only Linux has a file that opens and cannot be read.")
    assert called(*command, name) == 2
    assert capsys.readouterr() == ("", f"tally: {told}\n")


@pytest.mark.parametrize(
    ("names", "code", "verdicts"),
    [
        (["good.edi"], 0, [True]),
        (["good.edi", "bad.edi"], 1, [True, False]),
        (["bad.edi", "good.edi"], 1, [False, True]),
        (["nowhere", "good.edi"], 2, [True]),
        (["good.edi", "nowhere", "bad.edi"], 2, [True, False]),
        (["bad.edi", "folder", "good.edi"], 2, [False, True]),
    ],
)
def test_one_file_does_not_hide_the_others(
    names: list[str], code: int, verdicts: list[bool], capsys: pytest.CaptureFixture[str]
) -> None:
    assert called("check", "--json", *names) == code
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["accepted"] for line in lines] == verdicts
    assert [line["file"] for line in lines] == [name for name in names if Path(name).is_file()]


def test_a_hostile_file_with_a_hostile_name_is_only_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("check", "\x1b[2J.edi") == 1
    printed = capsys.readouterr().out
    assert printed.startswith("\ufffd[2J.edi: REJECTED (")
    assert {"\x1b", "\x07", "\x9b"}.isdisjoint(printed)


def test_a_page_is_written_about_all_files_whatever_else_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("-q", "check", "good.edi", "bad.edi", "nowhere", "--html", "page.html") == 2
    assert capsys.readouterr() == ("", "tally: nowhere cannot be read: No such file or directory.\n")
    page = Path("page.html").read_text("utf-8")
    assert "<h1>good.edi</h1>" in page
    assert "<h1>bad.edi</h1>" in page
    assert called("check", "--json", "good.edi", "--html", "page.html") == 0
    assert json.loads(capsys.readouterr().out)["accepted"]
    assert "bad.edi" not in Path("page.html").read_text("utf-8")


def test_a_page_that_cannot_be_written_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("-q", "check", "good.edi", "--html", "folder") == 2
    assert capsys.readouterr().err == "tally: folder cannot be written: Is a directory.\n"


def test_what_comes_through_a_pipe_is_explained_like_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    called("check", "bad.edi")
    of_file = capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(FILES["bad.edi"])))
    assert called("check", "-") == 1
    assert capsys.readouterr().out == of_file.replace("bad.edi", "-")
    assert "^^" in of_file


def test_all_findings_are_explained_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    body = "BIG*20261121*A\n" + "IT1*1*1*QQ*5\n" * 7 + "TDS*3500"
    Path("many.edi").write_bytes(wrapped("810", body))
    assert called("check", "many.edi") == 1
    assert capsys.readouterr().out.count("error[invalid-code]") == 1
    assert called("check", "--all", "many.edi") == 1
    assert capsys.readouterr().out.count("error[invalid-code]") == 7


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"type": "PurchaseOrder"', "orders.json: Line 1, column 25: the file ends in the middle of the JSON"),
        (
            b'{"type": "PurchaseOrder", "number": "1"}',
            "orders.json: Document 1 of 1, field order_date: missing, and it is needed.",
        ),
    ],
)
def test_what_cannot_be_sent_is_explained_by_its_field(
    data: bytes, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("orders.json").write_bytes(data)
    assert called("--home", "home", "init") == 0
    capsys.readouterr()
    assert called("--home", "home", "send", "orders.json", "--partner", "acme") == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"tally: {told}")
    assert printed.endswith("Nothing was sent: correct the file and send it again.\n")


def test_a_second_opinion_stands_beside_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("check", "--second-opinion", "bad.edi", "good.edi") == 1
    lines = capsys.readouterr().out.splitlines()
    told = [line.strip() for line in lines if "pyx12" in line or line.endswith("Both find the same.")]
    assert told == [
        f"second opinion, pyx12 {PYX12}: REJECTED",
        "810 0001: tallystick REJECTED, pyx12 REJECTED",
        "Both find the same.",
        f"second opinion, pyx12 {PYX12}: accepted",
        "810 0001: tallystick accepted, pyx12 accepted",
        "Both find the same.",
    ]


def test_a_difference_is_told_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "blanks.edi").write_bytes(wrapped("810", invoice()).replace(b"IT1*", b"  IT1*"))
    assert called("check", "--second-opinion", "blanks.edi") == 0
    printed = capsys.readouterr().out
    assert "only pyx12: segment 5 (IT1): Segment contains a leading space [SEG:1]" in printed
    assert "indented-segments: Blanks or a tab before a segment's name." in printed
    assert "tallystick is right." in printed


def test_a_second_opinion_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("check", "--json", "--second-opinion", "bad.edi") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["second_opinion"] == {
        "engine": "pyx12",
        "version": PYX12,
        "accepted": False,
        "failures": [],
        "sets": [{"control_number": "0001", "type": "810", "accepted": False}],
        "differences": [],
    }
    assert called("check", "--json", "bad.edi") == 1
    assert told | {"second_opinion": 0} == json.loads(capsys.readouterr().out) | {"second_opinion": 0}


def test_without_pyx12_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyx12.x12n_document", None)
    assert called("check", "--second-opinion", "good.edi") == 2
    [told] = capsys.readouterr().err.splitlines()
    assert "pip install 'tallystick[pyx12]'" in told


def test_pyx12_is_not_loaded_unless_asked_for() -> None:
    program = "import sys, gateway.cli.main; sys.exit('pyx12' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


class TestTryingOut:
    """`tally send --test`: each step, its sign, and the exit code of the whole."""

    STEPS = (Step("message", True, "61 bytes."), Step("tls", None, "The URL is http."))
    FAILED = (*STEPS, Step("http", False, "It answered 404."))

    @pytest.fixture
    def trial(self, house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool | None, tuple[Step, ...]], None]:
        def comes_of_it(accepted: bool | None, steps: tuple[Step, ...]) -> None:
            made = Trial(PartnerId("acme"), "http://acme.example/as2", "1@us.example", accepted, steps)
            monkeypatch.setattr(Gateway, "try_out", lambda self, partner: made)

        return comes_of_it

    @pytest.mark.parametrize(
        ("accepted", "steps", "code", "last"),
        [
            (True, STEPS, 0, "acme has the message."),
            (None, STEPS, 0, "acme's server has the message; nothing proves yet that acme has it."),
            (
                False,
                FAILED,
                1,
                "The way to acme is not good yet. A test is sent once: mend what failed, and send another.",
            ),
        ],
    )
    def test_the_exit_code_says_whether_it_arrived(
        self,
        house: House,
        trial: Callable[[bool | None, tuple[Step, ...]], None],
        capsys: pytest.CaptureFixture[str],
        accepted: bool | None,
        steps: tuple[Step, ...],
        code: int,
        last: str,
    ) -> None:
        trial(accepted, steps)
        home = str(house.gateway.home.root)
        assert called("--home", home, "send", "--test", "--partner", "acme") == code
        first, *told, verdict = capsys.readouterr().out.splitlines()
        assert first == "Test message 1@us.example to acme at http://acme.example/as2"
        assert told[:2] == ["ok      message      61 bytes.", "-       tls          The URL is http."]
        assert told[2:] == (["FAILED  http         It answered 404."] if code else [])
        assert verdict == last
        assert called("--home", home, "--json", "send", "--test", "--partner", "acme") == code
        answer = json.loads(capsys.readouterr().out)
        assert (answer["accepted"], answer["steps"][0]) == (
            accepted,
            {"name": "message", "good": True, "told": "61 bytes."},
        )

    @pytest.mark.parametrize(
        "words", [("send", "--partner", "acme"), ("send", "a.json", "--test", "--partner", "acme")]
    )
    def test_it_is_a_file_or_a_test(self, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
        assert called("--home", "home", *words) == 2
        assert "give a file to send, or --test" in capsys.readouterr().err
