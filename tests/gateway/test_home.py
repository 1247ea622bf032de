"""The layout of a home, and refusing what is none."""

import shutil
import stat
from pathlib import Path

import pytest

from canonical.errors import Misconfigured, Retryable
from gateway.app import Gateway
from gateway.home import Home


def test_what_a_home_has(tmp_path: Path) -> None:
    with Gateway.create(tmp_path / "new" / "home") as gateway:
        root = gateway.home.root
        found = {path.name for path in root.iterdir() if not path.name.startswith("tally.db-")}
    assert found == {"tally.toml", "tally.db", "partners", "blobs", "keys", "sftp", "staging", "drop", "erp"}
    assert {path.name for path in (root / "erp").iterdir()} >= {"in", "out"}


def test_nobody_else_may_look(tmp_path: Path) -> None:
    with Gateway.create(tmp_path / "home") as gateway:
        root = gateway.home.root
        for path in (root, *(path for path in root.iterdir() if path.is_dir())):
            assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
        for path in (root / "keys").iterdir():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        assert stat.S_IMODE((root / "tally.db").stat().st_mode) == 0o600


def test_making_it_again_changes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    (home.root / "tally.toml").write_text("workers = 3\n")
    (home.partners / "acme.yaml").write_text("mine")
    home.create()
    assert (home.root / "tally.toml").read_text() == "workers = 3\n"
    assert (home.partners / "acme.yaml").read_text() == "mine"


def test_a_home_is_opened_as_it_was_left(tmp_path: Path) -> None:
    Gateway.create(tmp_path / "home").close()
    with Gateway.open(tmp_path / "home") as gateway:
        assert list(gateway.partners()) == []


def test_what_is_missing_in_the_erps_folder_is_not_made_by_who_only_opens_the_home(tmp_path: Path) -> None:
    """Its share is not mounted: what is made where it belongs would take documents that no ERP sees."""
    Gateway.create(tmp_path / "home").close()
    erp = tmp_path / "home/erp"
    shutil.rmtree(erp)
    erp.mkdir()
    with Gateway.open(tmp_path / "home") as gateway:
        assert list(erp.iterdir()) == []
        with pytest.raises(Retryable, match=r"the disk is mounted; .*`tally init` makes what is missing"):
            gateway.adapter.pull_orders(None, 10)
    Gateway.create(tmp_path / "home").close()
    assert {path.name for path in erp.iterdir()} == {"in", "out", ".journal"}


def test_an_erps_folder_that_does_not_answer_keeps_nobody_from_opening_the_home(tmp_path: Path) -> None:
    """It is not so much as looked at; here what is looked at is none."""
    Gateway.create(tmp_path / "home").close()
    erp = tmp_path / "home/erp"
    shutil.rmtree(erp)
    erp.symlink_to(erp)
    with Gateway.open(tmp_path / "home") as gateway:
        assert list(gateway.partners()) == []


def test_a_home_that_came_without_an_erps_folder_gets_one(tmp_path: Path) -> None:
    Gateway.create(tmp_path / "home").close()
    shutil.rmtree(tmp_path / "home/erp")
    with Gateway.open(tmp_path / "home") as gateway:
        assert list(gateway.adapter.pull_orders(None, 10).items) == []


@pytest.mark.parametrize("name", ["", "nothing/there"])
def test_what_is_no_home_is_not_made_one_by_a_typing_mistake(tmp_path: Path, name: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Gateway.open(tmp_path / name)
    assert caught.value.message == (
        f"{tmp_path / name} is no Tallystick home (it has no tally.toml). `tally --home {tmp_path / name} init` makes one."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_home_without_its_database_is_not_begun_anew_unless_that_is_said(tmp_path: Path) -> None:
    """The file is lost, or this shell does not name the server: either way nothing would seem to have happened ever."""
    Gateway.create(tmp_path / "home").close()
    (tmp_path / "home/tally.db").unlink()
    with pytest.raises(
        Misconfigured, match=r"has no tally\.db\. If its database is a server's, set TALLY_DATABASE_URL"
    ):
        Gateway.open(tmp_path / "home")
    assert not (tmp_path / "home/tally.db").exists()
    Gateway.create(tmp_path / "home").close()
    Gateway.open(tmp_path / "home").close()


def test_a_place_where_none_can_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Misconfigured) as caught:
        Home(tmp_path / "file" / "home").create()
    assert caught.value.message == (
        f"The home {tmp_path / 'file' / 'home'} cannot be made: Not a directory. Choose another with --home."
    )


def test_a_gateway_that_could_not_open_lets_go_of_its_database(tmp_path: Path) -> None:
    Gateway.create(tmp_path / "home").close()
    for path in (tmp_path / "home" / "keys").iterdir():
        path.write_bytes(b"no key")
    with pytest.raises(Misconfigured):
        Gateway.open(tmp_path / "home")


def test_a_home_is_served_by_one_process(tmp_path: Path) -> None:
    with Gateway.create(tmp_path / "home") as gateway, Gateway.open(tmp_path / "home") as other:
        with (
            gateway.serving(sftp_port=0, http_port=0),
            pytest.raises(Misconfigured, match="Another process serves"),
            other.serving(sftp_port=0, http_port=0),
        ):
            pass
        with other.serving(sftp_port=0, http_port=0) as service:
            assert service.sftp_port
