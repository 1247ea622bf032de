"""What is shipped to run a gateway with says what the program understands."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.cli.main import take_global_options
from gateway.settings import Role, Settings, load
from spool.database.urls import parsed
from tools.reference import commands, settings, wording

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"

VARIABLES = {settings.variable(name) for name in Settings.model_fields} | wording.OTHER_VARIABLES.keys()


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    return found


def nodes() -> dict[str, dict[str, Any]]:
    return {name: service for name, service in services().items() if service["image"] == "tallystick"}


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_variables_exist(path: Path) -> None:
    assert set(re.findall(r"\bTALLY_[A-Z_]*[A-Z]\b", path.read_text("utf-8"))) <= VARIABLES


def test_two_listeners_and_two_workers_share_one_database_and_home() -> None:
    serving = {name: node for name, node in nodes().items() if name != "prepare"}
    roles = [Role(node["environment"]["TALLY_ROLE"]) for node in serving.values()]
    assert roles == [Role.LISTENER] * 2 + [Role.WORKER] * 2
    assert all(node["environment"]["TALLY_NODE"] == name for name, node in serving.items())
    assert len({node["environment"]["TALLY_DATABASE_URL"] for node in nodes().values()}) == 1
    assert {tuple(node["volumes"]) for node in nodes().values()} == {("home:/var/lib/tallystick",)}
    ports = [port for node in serving.values() for port in node.get("ports", ())]
    assert len(ports) == len({port.partition(":")[0] for port in ports}) == 2


def image() -> dict[str, str]:
    """What the image says, by instruction; of those that come several times, the last."""
    found = re.findall(r"^([A-Z]+) (.*)$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.M)
    return dict(found)


def calls() -> dict[str, list[str]]:
    """The command line of each node, and of the image by itself."""
    entry, by_itself = json.loads(image()["ENTRYPOINT"]), json.loads(image()["CMD"])
    given = {name: node.get("command", by_itself) for name, node in nodes().items()}
    return {name: [*entry, *command] for name, command in (given | {"the image": by_itself}).items()}


@pytest.mark.parametrize("name", calls())
def test_what_is_run_is_a_command_with_options_that_exist(name: str) -> None:
    program, *words = calls()[name]
    globals_, rest = take_global_options(words, "home")
    assert program == "tally"
    assert rest[0] in commands.commands()
    assert set(rest[1:]) <= commands.option_names(commands.commands()[rest[0]])
    assert not globals_.home_given


@pytest.mark.parametrize("name", nodes())
def test_the_settings_of_a_node_are_accepted(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in nodes()[name]["environment"].items():
        monkeypatch.setenv(variable, re.sub(r"\$\{POSTGRES_PASSWORD:\?[^}]*\}", "secret", value))
    loaded = load(tmp_path)
    url = parsed(loaded.database_url or "")
    database = services()["database"]["environment"]
    assert (url.host, url.username, url.database) == ("database", database["POSTGRES_USER"], database["POSTGRES_DB"])
    assert (url.password, loaded.sftp_port) == ("secret", 2222)


def test_what_services_refer_to_is_there() -> None:
    whole = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    for service in services().values():
        assert set(service.get("depends_on", {})) <= services().keys()
        assert {volume.partition(":")[0] for volume in service.get("volumes", ())} <= whole["volumes"].keys()
        assert all(port.endswith(f":{image()['EXPOSE']}") for port in service.get("ports", ()))
    assert (DEPLOY / whole["x-node"]["build"]["context"] / whole["x-node"]["build"]["dockerfile"]).is_file()
    assert {tuple(node["volumes"]) for node in nodes().values()} == {(f"home:{image()['VOLUME']}",)}
    assert image()["ENV"] == f"TALLY_HOME={image()['VOLUME']}"


def test_what_the_image_copies_and_installs_is_there() -> None:
    root = DEPLOY.parent
    [lock] = re.findall(r"-r /src/(\S+)", (DEPLOY / "Dockerfile").read_text("utf-8"))
    assert "--hash=" in (root / lock).read_text("utf-8")
    scripts = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert "tally" in scripts


def test_every_node_waits_until_the_home_is_made() -> None:
    assert services()["prepare"]["command"] == ["init"]
    for name, node in nodes().items():
        assert set(node["depends_on"]) == ({"database"} if name == "prepare" else {"prepare"})


def test_the_unit_starts_commands_that_exist() -> None:
    calls = re.findall(r"^Exec\w+=/opt/tallystick/bin/tally (.*)$", (DEPLOY / "tallystick.service").read_text(), re.M)
    assert [call.split()[-1] for call in calls] == ["init", "serve"]
    assert all(call.split()[-1] in commands.commands() for call in calls)


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    unit = tmp_path / "tallystick.service"
    unit.write_text((DEPLOY / unit.name).read_text().replace("/opt/tallystick/bin/tally", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
