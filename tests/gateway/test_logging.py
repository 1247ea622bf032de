"""Everything that is logged looks the same, whoever logs it."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from gateway.logging import configure


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    handlers, before = logging.getLogger().handlers, structlog.get_config()
    yield
    logging.getLogger().handlers = handlers
    structlog.configure(**before)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.parametrize("library", ["procrastinate.worker", "psycopg.pool", "sqlalchemy.pool", "asyncio"])
def test_what_a_library_warns_of_is_an_event_as_ours(library: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure(json_lines=True)
    structlog.get_logger().warning("ours")
    logging.getLogger(library).warning("error connecting in %r: %s", "pool-1", "the server is starting up")
    ours, theirs = lines(capsys)
    assert theirs.keys() - ours.keys() == {"logger"}
    assert (theirs["level"], theirs["logger"]) == ("warning", library)
    assert theirs["event"] == "error connecting in 'pool-1': the server is starting up"


def test_a_traceback_is_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure(json_lines=True)
    try:
        raise OSError("the connection was closed")
    except OSError:
        logging.getLogger("procrastinate").exception("Main coroutine error")
    [line] = lines(capsys)
    assert "OSError: the connection was closed" in str(line["exception"])


def test_people_read_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure(json_lines=False)
    logging.getLogger("psycopg").warning("rolling back")
    [line] = capsys.readouterr().err.splitlines()
    assert "[warning" in line
    assert "rolling back" in line


def test_once_however_often_it_is_configured_and_nothing_of_no_concern(capsys: pytest.CaptureFixture[str]) -> None:
    configure(json_lines=False)
    configure(json_lines=True)
    logging.getLogger("procrastinate").info("Starting worker")
    logging.getLogger("paramiko.transport").error("Incompatible ssh peer")
    logging.getLogger("procrastinate").warning("stalled")
    assert [line["event"] for line in lines(capsys)] == ["stalled"]
