"""What the pages for people say can be done: links lead somewhere, commands and settings exist, examples run."""

import json
import re
import shlex
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from canonical.documents import DOCUMENTS
from gateway.app import Gateway
from gateway.audit.questions import QUESTIONS
from gateway.certificates.making import make_key, subject
from gateway.cli.main import main
from gateway.profile_sections import PROFILE_SECTIONS
from gateway.settings import Settings
from gateway.users.tables import Role as UserRole
from partners import loading, templates
from partners.loading import LoadedProfile
from spool.journal import Step
from tests import postgresql
from tests.gateway.as2.keys import make_keys_quickly, own
from tests.gateway.certificates.files import bundle, key_file, pem
from tests.gateway.cli.calling import in_days
from tests.gateway.exchange.scene import scene
from tests.gateway.house import PROFILES, House, house, invoice, order, wrapped
from tools.reference import commands, settings, wording
from translators.flat import parse_column_maps

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
HOWTO = DOCS / "howto"

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`\n]+)`")


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in _BLOCK.findall(page.read_text("utf-8")) if kind == language]


def block(page: Path, language: str, holding: str) -> str:
    [found] = [text for text in blocks(page, language) if holding in text]
    return found


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in _LINK.findall(_BLOCK.sub("", page.read_text("utf-8"))):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_is_in_the_list() -> None:
    listed = {(DOCS / link).resolve() for link in _LINK.findall((DOCS / "README.md").read_text("utf-8"))}
    assert [str(page) for page in PAGES if page not in listed and page.name != "README.md"] == []


def told_commands(page: Path) -> list[str]:
    """Every call of tally on a page: lines of a console after the prompt, and code in the text."""
    text = page.read_text("utf-8")
    shown = [line[2:] for found in blocks(page, "console") for line in found.splitlines() if line.startswith("$ ")]
    parts = [part.strip() for line in shown for part in re.split(r"[|;]|&&", line)]
    spoken = _SPAN.findall(_BLOCK.sub("", text))
    return [part for part in (*parts, *spoken) if re.match(r"(\./)?tally\s", part)]


@each_page
def test_commands_exist_with_their_options(page: Path) -> None:
    wrong = [told for told in told_commands(page) if not _is_command(told)]
    assert wrong == []


def _is_command(told: str) -> bool:
    words = [word for word in shlex.split(told)[1:] if word not in ("--json", "-q", "--quiet")]
    if words[:1] == ["--home"]:
        words = words[2:]
    if words[:1] in (["test"], ["bench"], ["setup"]):
        return told.startswith("./tally")
    known = commands.commands()
    name = next((name for name in (" ".join(words[:2]), words[0] if words else "") if name in known), None)
    options = {word.partition("=")[0] for word in words if word.startswith("--")} - {"--help", "--home"}
    return name is not None and options <= commands.option_names(known[name])


def test_a_command_that_is_not_there_would_be_noticed() -> None:
    assert not _is_command("tally doc undo ID")
    assert not _is_command("tally check --third-opinion FILE")
    assert _is_command("tally --home x doc list --state dead --json")


@each_page
def test_variables_of_the_environment_exist(page: Path) -> None:
    known = {settings.variable(name) for name in Settings.model_fields} | wording.OTHER_VARIABLES.keys()
    assert set(re.findall(r"\bTALLY_[A-Z_]*[A-Z]\b", page.read_text("utf-8"))) <= known


def test_profiles_on_the_pages_are_good() -> None:
    text = block(HOWTO / "csv-partner.md", "yaml", "partner: brightwell")
    loaded = loading.load(text.encode(), file="brightwell.yaml", stem="brightwell", sections=PROFILE_SECTIONS)
    assert isinstance(loaded, LoadedProfile), loaded
    [column_map] = parse_column_maps(yaml.safe_load(text)["csv"])
    assert column_map.matches("inv_2041.csv")


def test_orders_on_the_pages_are_canonical_json() -> None:
    one = json.loads(block(HOWTO / "onboard-a-partner.md", "json", "PurchaseOrder"))
    array = json.loads(block(HOWTO / "connect-an-erp.md", "json", '"type": "PurchaseOrder",'))
    assert [document.type for document in DOCUMENTS.validate_python([one, *array])] == ["PurchaseOrder"] * 2


class TestAnOrderChange:
    """The change of an order on the page is sent, and leaves as the page shows it."""

    PAGE = HOWTO / "connect-an-erp.md"

    @pytest.fixture
    def opened(self, tmp_path: Path) -> Iterator[House]:
        profile = PROFILES["acme"].replace("acme", "rivermill").replace("send: [850]", "send: [850, 860]")
        with house(tmp_path / "home", {"rivermill": profile}) as opened:
            yield opened

    def sent(self, opened: House, change: dict[str, object]) -> str:
        opened.gateway.send("rivermill", DOCUMENTS.validate_python([change]))
        opened.work()
        [data] = opened.outbox("rivermill").values()
        return "".join(f"{each}~\n" for each in data.decode().split("~") if not re.match("ISA|GS|GE|IEA|$", each))

    def test_leaves_as_on_the_page(self, opened: House) -> None:
        change = json.loads(block(self.PAGE, "json", "PurchaseOrderChange"))
        assert self.sent(opened, change) == block(self.PAGE, "x12", "ST*860*0001")

    def test_can_cancel_the_whole_order(self, opened: House) -> None:
        change = json.loads(block(self.PAGE, "json", "PurchaseOrderChange"))
        del change["lines"]
        assert "\nBCH*01*SA*4500130*" in self.sent(opened, change | {"purpose": "cancellation"})


class TestPartnerRules:
    """The page on rules, followed as it is written."""

    PAGE = HOWTO / "partner-rules.md"

    def profile(self) -> str:
        return block(self.PAGE, "yaml", "partner: rivermill")

    def test_mistakes_are_told_as_on_the_page(self) -> None:
        spoilt = self.profile().replace("at: PO1/03", "at: PO1/99").replace("at: ITD,", "at: ITDD,")
        told = loading.load(
            spoilt.encode(), file="partners/rivermill.yaml", stem="rivermill", sections=PROFILE_SECTIONS
        )
        assert not isinstance(told, LoadedProfile)
        assert [str(problem) for problem in told] == block(self.PAGE, "console", "tally partner plan").splitlines()[1:]

    def test_files_are_judged_and_answered_as_on_the_page(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        invoice = block(self.PAGE, "x12", "ST*810*0001")
        (tmp_path / "inv_3301.edi").write_text(invoice, "utf-8")
        item = {"scheme": "vendor_part", "value": "RM-5"}
        with house(tmp_path / "home", {"rivermill": self.profile()}) as opened:
            due = [{"kind": "delivery_requested", "date": "2026-12-01"}]
            good = order(partner="rivermill", dates=due)
            pack = {"number": "1", "quantity": {"value": "10", "unit": "PK"}, "items": [item]}
            opened.place_order(good | {"lines": [good["lines"][0] | {"items": [item]}]})
            opened.place_order(order("4500124", partner="rivermill", lines=[pack]))
            opened.gateway.delivery.pull()
            opened.work()
            assert opened.statuses()["4500124 refused"] == block(self.PAGE, "text", "PurchaseOrder").strip()
            sent = (tmp_path / "home" / "drop" / "rivermill" / "outbox").iterdir()
            assert [path.name for path in sent] == ["850_4500123_000000001.edi"]
            opened.take("rivermill", "inv_3301.edi", invoice.encode())
            outbox = tmp_path / "home" / "drop" / "rivermill" / "outbox"
            [answer] = outbox.glob("997*")
            told = "".join(f"{each}~\n" for each in answer.read_text("utf-8").split("~") if each.startswith("AK"))
            assert told == block(self.PAGE, "x12", "AK1*")
            notice = (outbox / "inv_3301.edi.notice.txt").read_text("utf-8")
            assert notice == block(self.PAGE, "text", "Result:")
        capsys.readouterr()
        monkeypatch.chdir(tmp_path)
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(tmp_path / "home"), "check", "inv_3301.edi", "--partner", "rivermill"])
        assert ended.value.code == 1
        shown = block(self.PAGE, "console", "tally check").splitlines()[1:]
        assert capsys.readouterr().out.splitlines() == shown


class TestAddATransactionSet:
    """The set that the page adds is the one in the repository."""

    PAGE = HOWTO / "add-a-transaction-set.md"

    def test_its_code_is_ours(self) -> None:
        files = ("canonical/text_message.py", "translators/x12/maps/text_864.py")
        assert blocks(self.PAGE, "python") == [(ROOT / name).read_text("utf-8") for name in files]

    def test_its_sample_is_ours(self) -> None:
        sample = ROOT / "tests" / "golden" / "864" / "closing-days.edi"
        assert blocks(self.PAGE, "text") == [sample.read_text("utf-8")]

    def test_its_tables_are_ours(self) -> None:
        tables = ROOT / "translators" / "x12" / "schemas" / "004010"
        ours = (tables / "sets" / "864.json").read_text("utf-8") + (tables / "segments.json").read_text("utf-8")
        shown = [line for line in blocks(self.PAGE, "console")[0].splitlines() if line[0] in '{"']
        assert len(shown) > 5
        assert [line for line in shown if line not in ours] == []

    def test_the_files_it_names_are_there(self) -> None:
        paths = re.findall(
            r"`((?:canonical|translators|gateway|partners|tools|tests)/[\w/.-]+)`", self.PAGE.read_text("utf-8")
        )
        assert len(paths) > 10
        assert [path for path in paths if not (ROOT / path).exists()] == []


class TestImporter:
    """The importer on the page does what the page says an importer must do."""

    @pytest.fixture
    def out(self, tmp_path: Path) -> Path:
        (tmp_path / "out").mkdir()
        (tmp_path / "importer.py").write_text(block(HOWTO / "connect-an-erp.md", "python", "def take"), "utf-8")
        return tmp_path / "out"

    def run(self, out: Path) -> list[tuple[str, ...]]:
        database = out.parent / "erp.db"
        subprocess.run([sys.executable, out.parent / "importer.py", out, database], check=True)
        with sqlite3.connect(database) as connection:
            found = connection.execute("SELECT * FROM invoice").fetchall()
        connection.close()
        return found

    def give(self, out: Path, name: str, **fields: object) -> None:
        document = {"type": "Invoice", "partner": "acme", "number": "INV7", "total_amount": "51.00"} | fields
        (out / name).write_text(json.dumps([document]), "utf-8")

    def names(self, out: Path) -> list[str]:
        return sorted(path.name for path in out.iterdir())

    def test_a_document_is_taken_once(self, out: Path) -> None:
        self.give(out, "a.json", order_number="4500123")
        assert self.run(out) == [("acme", "INV7", "4500123", "51.00")]
        assert self.names(out) == ["a.json.done"]

    def test_one_that_comes_again_after_a_crash_is_only_renamed(self, out: Path) -> None:
        self.give(out, "a.json")
        self.run(out)
        (out / "a.json.done").rename(out / "a.json")
        assert len(self.run(out)) == 1
        assert self.names(out) == ["a.json.done"]

    def test_a_refused_one_has_its_reason_beside_it(self, out: Path) -> None:
        self.give(out, "a.json", test=True)
        assert self.run(out) == []
        assert self.names(out) == ["a.json.error", "a.json.error.txt"]
        assert "test document" in (out / "a.json.error.txt").read_text("utf-8")

    def test_files_that_are_not_complete_are_left_alone(self, out: Path) -> None:
        (out / ".7-8.tmp").write_text("[", "utf-8")
        (out / "status").mkdir()
        assert self.run(out) == []
        assert self.names(out) == [".7-8.tmp", "status"]


class TestBackupOfPostgresql:
    """The page's own commands, on a server of the tests: what they restore is the same home."""

    PAGE = HOWTO / "backup-and-restore.md"

    def run(self, told: str, **places: str) -> None:
        for said, real in places.items():
            told = told.replace(said, real)
        subprocess.run(told, shell=True, check=True, capture_output=True)

    def test_is_restored_whole(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        server = postgresql.server()
        old, new = server.new_database(), server.new_database()
        lines = [line[2:] for text in blocks(self.PAGE, "console") for line in text.splitlines() if line[:2] == "$ "]
        [dump, pack] = [line for line in lines if line.startswith(("pg_dump", "tar"))]
        [load, unpack] = [line for line in lines if line.startswith(("pg_restore", "mkdir"))]
        programs = str(Path(postgresql._program("pg_dump")).parent)
        monkeypatch.setenv("PATH", programs, prepend=":")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("TALLY_DATABASE_URL", old)
        with house(tmp_path / "home") as opened:
            opened.send_order()
            opened.take("acme", "810.edi", wrapped("810", invoice()))
            before = opened.gateway.status().as_json()
        for line in (dump, pack):
            self.run(line, **{"postgresql://tally@db/tally": _plain(old), "/srv/backup": str(tmp_path)})
        for line in (load, unpack):
            there = {"postgresql://tally@db/tally": _plain(new), "/srv/backup": str(tmp_path), "/srv": str(tmp_path)}
            self.run(line, **there)
        monkeypatch.setenv("TALLY_DATABASE_URL", new)
        with Gateway.create(tmp_path / "restored") as gateway:
            assert gateway.status().as_json() | {"rates": before["rates"]} == before
        for url in (old, new):
            server.drop(url)


class TestAs2:
    """What the page on AS2 says of settings, profiles, steps and the trail is what there is."""

    PAGE = HOWTO / "as2.md"

    def table(self, head: str) -> set[str]:
        """The first cells of a table, without their quotes."""
        text = self.PAGE.read_text("utf-8")
        return set(re.findall(r"^\| `([\w ]+)` \|", text[text.index(head) :].split("\n\n")[0], re.MULTILINE))

    def test_its_settings_are_settings(self) -> None:
        settings = Settings(**tomllib.loads(block(self.PAGE, "toml", "as2_id")))
        assert (settings.as2_id, settings.as2_url) == ("TALLYCO", "https://as2.tallyco.example/as2")

    def test_its_profile_is_good(self) -> None:
        profile = yaml.safe_load(templates.render("as2", "rivermill"))
        profile["as2"] |= yaml.safe_load(block(self.PAGE, "yaml", "as2:"))["as2"]
        loaded = loading.load(
            yaml.safe_dump(profile).encode(), file="rivermill.yaml", stem="rivermill", sections=PROFILE_SECTIONS
        )
        assert isinstance(loaded, LoadedProfile), loaded

    def test_each_step_that_can_fail_is_in_the_table(self) -> None:
        shown = block(self.PAGE, "console", "mic ")
        steps = set(re.findall(r"^ok +(\w+)", shown, re.MULTILINE))
        assert self.table("| step |") == steps - {"signed", "encrypted"}

    def test_a_test_message_goes_as_on_the_page(self, tmp_path: Path) -> None:
        with scene(tmp_path) as made:
            trial = made.distributor.house.gateway.try_out("acme")
        shown = re.findall(r"^ok +(\w+)", block(self.PAGE, "console", "mic "), re.MULTILINE)
        assert [step.name for step in trial.steps] == shown

    def test_what_it_says_of_the_trail_are_steps(self) -> None:
        told = {name.replace(" ", "_") for name in self.table("| in the trail |")}
        assert told <= {step.value for step in Step}
        assert len(told) == 11


class TestCertificates:
    """The page's commands in its order, with what they answer, but for dates and fingerprints."""

    PAGE = HOWTO / "certificates.md"

    def write_files(self, folder: Path) -> None:
        """What partners mailed and another product exported."""
        now = datetime.now(UTC)
        theirs, following = (
            make_key(subject("RIVERMILL", "Rivermill Supply"), bits=2048, days=days, now=now).certificate.x509
            for days in (200, 1000)
        )
        (folder / "rivermill.cer").write_bytes(pem(theirs))
        (folder / "rivermill-2027.p7b").write_bytes(bundle(following))
        (folder / "old-product.p12").write_bytes(key_file(own("OLD"), b"secret", own("OLD").certificate))

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        for found in blocks(self.PAGE, "console"):
            for told in found.split("$ ")[1:]:
                command, *shown = told.splitlines()
                yield command, shown

    def test_answer_as_on_the_page(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("gateway.cli.keys.typer.prompt", lambda *_asked, **_how: "secret")
        # Before keys of ours are all one: a partner's certificate may not be for it.
        self.write_files(tmp_path)
        make_keys_quickly(monkeypatch)
        for home in ("home", "from another product"):
            with house(tmp_path / home, {"rivermill": PROFILES["acme"].replace("acme", "rivermill")}):
                pass
        for command, shown in self.commands():
            home = "from another product" if "old-product" in command else "home"
            words = shlex.split(command.replace("2027-02-01", in_days(60)))[1:]
            with pytest.raises(SystemExit) as ended:
                main(["--home", str(tmp_path / home), *words])
            answered = capsys.readouterr().out.splitlines()
            assert ended.value.code == 0, command
            if shown:
                assert [_undated(line) for line in answered] == [_undated(line) for line in shown], command
        assert (tmp_path / "tallystick-next.pem").exists()


def _undated(line: str) -> str:
    """A line without what differs each time."""
    line = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "MOMENT", line)
    line = re.sub(r"[0-9A-F]{2}(:[0-9A-F]{2}){31}|[0-9a-f]{16}\.\.\.", "FINGERPRINT", line)
    return re.sub(r" {2,}", "  ", line)


def _plain(url: str) -> str:
    """The URL as PostgreSQL's own programs take it."""
    return url.replace("postgresql+psycopg", "postgresql")


class TestRequestsOfAnAuditor:
    """The requests on the page are answered, to whom the page gives a token."""

    PAGE = HOWTO / "audit.md"

    def test_are_answered(self, tmp_path: Path) -> None:
        profile = PROFILES["acme"].replace("acme", "rivermill")
        with house(tmp_path / "home", {"rivermill": profile}) as opened:
            opened.take("rivermill", "810.edi", wrapped("810", invoice("INV1", "4500125")))
            opened.gateway.users.add("ada", UserRole.AUDITOR, "root")
            token = opened.gateway.users.renew_token("ada", "root")
            with opened.gateway.reception.http(0) as server:
                asked = [urlsplit(url) for url in re.findall(r'"(http://[^"]+)"', self.PAGE.read_text("utf-8"))]
                assert {url.path.split("/")[3] for url in asked} == {"audit", "trail", "evidence"}
                for url in asked:
                    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
                    connection.request("GET", f"{url.path}?{url.query}", headers={"Authorization": f"Bearer {token}"})
                    answer = connection.getresponse()
                    assert (url, answer.status, answer.read()[:1] != b"") == (url, 200, True)
                    connection.close()

    def test_questions_are_listed_as_they_are(self) -> None:
        listed = block(self.PAGE, "console", "$ ./tally audit\n")
        assert re.findall(r"^([a-z-]+)  +[A-Z].*\?$", listed, re.MULTILINE) == list(QUESTIONS)
