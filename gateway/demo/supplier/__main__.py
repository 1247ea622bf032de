"""``python -m gateway.demo.supplier x12|csv ...``: one supplier at work until it has all its answers, or out of patience."""

import argparse
import sys
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import paramiko

from .account import Account, log_in
from .csv_office import CsvOffice
from .office import Office, Outgoing, Unexpected
from .words import say
from .x12_office import X12Office

POLL_SECONDS = 0.05


def work(account: Account, office: Office, patience: float) -> None:
    """Fetch, answer, and fetch again, until the office has all it waits for."""
    until = time.monotonic() + patience
    _send(account, office, office.begin())
    while not office.finished:
        for name, data in account.collect():
            say("collected", f"collected {name}", file=name)
            _send(account, office, office.take(name, data))
        if time.monotonic() > until:
            raise Unexpected(f"No answer came within {patience:g} seconds.")
        time.sleep(POLL_SECONDS)


def _send(account: Account, office: Office, files: Iterable[Outgoing]) -> None:
    for name, data in files:
        account.send(name, data, temporary=office.renames)
        say("sent", f"sent {name}", file=name)


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    now = datetime.now(UTC)
    office: Office
    if options.kind == "x12":
        office = X12Office(now)
    else:
        office = CsvOffice(options.order, options.ordered_on or now.date(), now.date())
    password = None if options.password_file is None else options.password_file.read_text("utf-8").strip()
    try:
        with log_in(
            options.host, options.port, options.host_key, options.user, key=options.key, password=password
        ) as account:
            work(account, office, options.patience)
    except (Unexpected, paramiko.SSHException, OSError, EOFError) as error:
        sys.stderr.write(f"{options.user}: {error or type(error).__name__}\n")
        return 1
    say("done", "has all its answers")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m gateway.demo.supplier", description=__doc__)
    parser.add_argument("kind", choices=("x12", "csv"))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host-key", required=True, help="the server's public key: ssh-ed25519 AAAA...")
    parser.add_argument("--user", required=True)
    parser.add_argument("--key", type=Path, help="private key file")
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--order", default="", help="csv: the order that was taken by telephone")
    parser.add_argument("--ordered-on", type=date.fromisoformat, help="csv: and on which day, if not today")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
