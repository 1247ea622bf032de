"""What is shipped to run a gateway with says what the program understands."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.settings import Role, Settings
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
