"""`tally init`, `tally serve` and `tally status`."""

import signal
import sys
import threading
from datetime import datetime
from types import FrameType
from typing import Any

import typer

from ..app import Gateway, Service
from ..balance import PLACES
from ..logging import configure
from ..operations.status import WINDOW, StatusReport
from ..settings import Role
from .console import Exit, Terminal
from .context import explained, gateway, options, terminal


def register(app: typer.Typer) -> None:
    app.command("init")(init)
    app.command("serve")(serve)
    app.command("status")(status)


@explained
def init() -> None:
    """Make a home: directories, tally.toml, database, host key. Making it again changes nothing."""
    home = options().home
    with Gateway.create(home):
        out = terminal()
        out.answer(
            {"home": str(home.resolve())},
            lambda: out.say(
                f"{home} is ready. Next: `tally --home {home} partner new NAME`, then `tally --home {home} serve`."
            ),
        )


@explained
def serve(
    role: Role = typer.Option(
        None, help="all, or only listener (receive) or worker (work) on one of several nodes. Default: tally.toml."
    ),
    sftp_port: int = typer.Option(
        None, min=0, max=65535, help="Port of the SFTP server; 0 takes a free one. Default: tally.toml."
    ),
    http_port: int = typer.Option(
        None, min=0, max=65535, help="Port of the HTTP server; 0 takes a free one. Default: tally.toml."
    ),
) -> None:
    """Run the gateway in the foreground until SIGTERM or Ctrl-C."""
    configure(json_lines=options().json)
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    with gateway() as opened, opened.serving(role=role, sftp_port=sftp_port, http_port=http_port) as service:
        out = terminal()
        out.answer(_address(service), lambda: out.say(_greeting(service)))
        # Whoever waits for the address reads a pipe, which would keep it until the end.
        sys.stdout.flush()
        stop.wait()


def _address(service: Service) -> dict[str, Any]:
    if service.sftp_port is None:
        return {"role": service.role.value}
    return {
        "role": service.role.value,
        "sftp": {"host": service.host, "port": service.sftp_port},
        "http": {"host": service.host, "port": service.http_port},
    }


def _greeting(service: Service) -> str:
    if service.sftp_port is None:
        return "Tallystick works on what other nodes receive. Ctrl-C ends it."
    return (
        f"Tallystick serves SFTP on {service.host}:{service.sftp_port} and AS2 on {service.host}:{service.http_port}/as2. "
        "Ctrl-C ends it."
    )


@explained
def status() -> None:
    """The balance of everything received, the work there is, and what is late. Exit 1 when it does not add up."""
    with gateway() as opened:
        report = opened.status()
    out = terminal()
    balance = report.balance
    out.answer(report.as_json(), lambda: render(out, report))
    if not balance.holds:
        raise typer.Exit(Exit.NO)


def render(out: Terminal, report: StatusReport) -> None:
    """The balance and the work there is, for people."""
    balance = report.balance
    sign = "=" if balance.holds else "IS NOT"
    parts = " + ".join(f"{balance.places[place]} {place}" for place in PLACES)
    out.say(f"{balance.received} received {sign} {parts}   ({balance.files} files)")
    out.table(("work", "open", "due", "running", "retrying", "dead", "oldest"), [_all_work(report), *_kinds(report)])
    if report.transmissions:
        out.table(
            ("sent to partners", "number"), [(state, str(count)) for state, count in report.transmissions.items()]
        )
    if report.messages.came or report.messages.went:
        came = [("came", outcome, str(count)) for outcome, count in report.messages.came.items()]
        went = [("went", state, str(count)) for state, count in report.messages.went.items()]
        out.table(("over AS2", "state", "number"), [*came, *went])
    _notices(out, report)
    _trouble(out, report)
    if any((report.rates or {}).values()):
        rates = ", ".join(f"{count} {what}" for what, count in (report.rates or {}).items())
        out.say(f"In the last {WINDOW.total_seconds() / 60:.0f} minutes: {rates}.")


def _notices(out: Terminal, report: StatusReport) -> None:
    """What waits for somebody outside, or for a decision."""
    for failing in report.timestamps.failing:
        out.say(
            f"The checkpoint of {failing.size} entries waits for its time stamp since {failing.tried_at:%Y-%m-%d %H:%M} UTC. {failing.why}"
        )
    if (missing := report.unanchored) is not None:
        out.say(
            f"No checkpoint could be laid down in {missing.folder} since {missing.since:%Y-%m-%d %H:%M} UTC. {missing.why} "
            "It is tried again by the hour."
        )
    if report.undecided:
        out.say(
            f"Certificates that partners sent for approval: {report.undecided}. `tally exceptions` lists them, with what to do."
        )


def _trouble(out: Terminal, report: StatusReport) -> None:
    """What is stuck, and what holds work back."""
    if report.lanes:
        out.table(
            ("stuck lane", "work", "tried", "behind", "next", "because"),
            [
                (
                    lane.lane,
                    lane.kind,
                    str(lane.attempts),
                    str(lane.waiting - 1),
                    "now" if lane.running else _moment(lane.next_at),
                    lane.reason,
                )
                for lane in report.lanes
            ],
        )
    if report.circuits:
        out.table(
            ("in trouble", "circuit", "failures", "tried again", "because"),
            [
                (each.endpoint, each.state, str(each.failures), _moment(each.retry_at), each.reason or "")
                for each in report.circuits
            ],
        )
    if report.held:
        out.table(
            ("held back", "partner", "lanes", "by", "until"),
            [
                (work.endpoint or "", work.partner or "", str(work.lanes), work.hold.by, _moment(work.hold.until))
                for work in report.held
            ],
        )


def _all_work(report: StatusReport) -> tuple[str, ...]:
    work = report.queue
    counts = (work.open, work.due, work.running, work.retrying, work.dead)
    return ("items", *map(str, counts), _moment(work.oldest))


def _kinds(report: StatusReport) -> list[tuple[str, ...]]:
    return [
        (kind.kind, str(kind.open), "", "", str(kind.retrying), str(kind.dead), _moment(kind.oldest))
        for kind in report.kinds
    ]


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"
