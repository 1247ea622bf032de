"""``python -m gateway.demo.supplier x12|csv ...``: one supplier at work until it has all its answers, or out of patience."""

import argparse
import sys
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path

from .csv_office import CsvOffice
from .office import Connection, Office, Outgoing, Unexpected
from .words import say
from .x12_office import X12Office
from .x12_papers import COMPANIES

POLL_SECONDS = 0.05


def work(connection: Connection, office: Office, patience: float) -> None:
    """Fetch, answer, and fetch again, until the office has all it waits for."""
    until = time.monotonic() + patience
    _send(connection, office, office.begin())
    while not office.finished:
        for name, data in connection.collect():
            say("collected", f"collected {name}", file=name)
            _send(connection, office, office.take(name, data))
        if time.monotonic() > until:
            raise Unexpected(f"No answer came within {patience:g} seconds.")
        time.sleep(POLL_SECONDS)


def _send(connection: Connection, office: Office, files: Iterable[Outgoing]) -> None:
    for name, data in files:
        connection.send(name, data, temporary=office.renames)
        say("sent", f"sent {name}", file=name)


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    now = datetime.now(UTC)
    office: Office
    if options.kind == "x12":
        office = X12Office(COMPANIES[options.user], now)
    else:
        office = CsvOffice(options.order, options.ordered_on or now.date(), now.date())
    try:
        with _connected(options) as connection:
            say("ready", "is ready")
            work(connection, office, options.patience)
    except (Unexpected, OSError, EOFError) as error:
        sys.stderr.write(f"{options.user}: {error or type(error).__name__}\n")
        return 1
    say("done", "has all its answers")
    return 0


def _connected(options: argparse.Namespace) -> AbstractContextManager[Connection]:
    """Only what this supplier needs is imported: all of them start at the same time, and somebody watches."""
    if options.as2_url is not None:
        from .as2_account import Station, as2_station

        return as2_station(
            Station(options.as2_folder, options.as2_name, options.port, options.as2_gateway, options.as2_url)
        )
    from .sftp_account import log_in

    password = None if options.password_file is None else options.password_file.read_text("utf-8").strip()
    return log_in(options.host, options.port, options.host_key, options.user, key=options.key, password=password)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m gateway.demo.supplier", description=__doc__)
    parser.add_argument("kind", choices=("x12", "csv"))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="of the SFTP server, or of the supplier's own over AS2")
    parser.add_argument("--host-key", help="SFTP: the server's public key: ssh-ed25519 AAAA...")
    parser.add_argument("--user", required=True)
    parser.add_argument("--key", type=Path, help="private key file")
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--as2-url", help="AS2: the gateway's URL")
    parser.add_argument("--as2-name", help="AS2: the supplier's name")
    parser.add_argument("--as2-gateway", help="AS2: the gateway's name")
    parser.add_argument("--as2-folder", type=Path, help="AS2: its key and certificate, and the gateway's")
    parser.add_argument("--order", default="", help="csv: the order that was taken by telephone")
    parser.add_argument("--ordered-on", type=date.fromisoformat, help="csv: and on which day, if not today")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
