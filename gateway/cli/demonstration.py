"""`tally demo`: the whole job in a few seconds, with suppliers that really log in, and a verdict."""

import logging
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from rich.text import Text

from ..app import Service
from ..demo import scenario
from ..demo.explanation import explained as words_of
from ..demo.play import Audience, Outcome, play
from ..demo.timeline import Moment
from ..logging import configure
from . import ledger, orders, service
from .console import Exit, Terminal
from .context import explained, options, terminal

_STYLES = {"rejected": "red", "delivered": "green", "matched": "green"}
_TOLD = ("order", "answer")
"""What suppliers say that the journal does not tell by itself."""


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


@explained
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Keep the home afterwards, and name it.")] = False,
) -> None:
    """Play a day's trade with three simulated suppliers over real SFTP and AS2, in a home of its own. Exit 1 when anything is missing."""
    configure(json_lines=options().json, level=logging.WARNING)
    out = terminal()
    kept = keep or options().home_given
    with _endable(), _own_settings(), _home(kept=kept) as root:
        outcome = play(root, datetime.now(UTC).date(), _audience(out, root))
        out.answer(_as_json(outcome, root if kept else None), lambda: _epilogue(out, outcome))
        if kept:
            out.say(_EXPLORE.format(root=root, order=scenario.ORDER))
    if not outcome.succeeded:
        raise typer.Exit(Exit.NO)


_PROGRAMME = """A day's trade, in the home {root}, with SFTP on {host}:{port} and AS2 on {host}:{http}.
Rivermill Supply trades X12 and logs in with a key; Huber Werkzeuge takes orders by telephone and sends CSV, with a password.
Tamarack Hardware trades X12 over AS2, signed, encrypted and compressed, and answers with signed receipts (MDNs).
Each is a process of its own at the other end.
"""

_EXPLORE = """
The home is kept. Look around in it:
  tally --home {root} trail --po {order}
  tally --home {root} order show {order}
  tally --home {root} doc list
  tally --home {root} ledger verify
  tally --home {root} serve        then: sftp -i {root}/demo/rivermill_ed25519 -P 2222 rivermill@127.0.0.1"""


@contextmanager
def _home(*, kept: bool) -> Iterator[Path]:
    """The home that was asked for, or a new one, which goes away unless it is kept."""
    if options().home_given:
        yield options().home
        return
    above = Path(tempfile.mkdtemp(prefix="tally-demo-"))
    try:
        yield above / "home"
    finally:
        if not kept:
            shutil.rmtree(above, ignore_errors=True)


@contextmanager
def _own_settings() -> Iterator[None]:
    """TALLY_* in the environment is meant for a real gateway: the demo must not open its database nor its address."""
    hidden = {name: value for name, value in os.environ.items() if name.upper().startswith("TALLY_")}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)


@contextmanager
def _endable() -> Iterator[None]:
    """Have SIGTERM end the command as Ctrl-C does, so that no process and no directory is left behind."""
    asked = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
        # What a handler raises is lost where it interrupts a destructor or a callback.
        if asked.is_set():
            raise KeyboardInterrupt
    finally:
        signal.signal(signal.SIGTERM, before)


def _audience(out: Terminal, root: Path) -> Audience:
    def begun(serving: Service) -> None:
        out.say(_PROGRAMME.format(root=root, host=serving.host, port=serving.sftp_port, http=serving.http_port))

    def moment(told: Moment) -> None:
        _line(out, told.at.strftime("%H:%M:%S.%f")[:-3], told.partner, told.step, told.subject, told.outcome)

    def word(supplier: str, said: dict[str, Any]) -> None:
        if said["event"] in _TOLD:
            _line(out, "", supplier, "says", said["text"], "")

    return Audience(begun, moment, word)


def _line(out: Terminal, at: str, partner: str, step: str, subject: str, outcome: str) -> None:
    style = "dim italic" if step == "says" else _STYLES.get(step, "")
    if step == "says":
        text = f"{at:12}  {partner:9}  > {subject}"
    else:
        text = f"{at:12}  {partner:9}  {step:10}  {subject:30}  {outcome}"
    out.say(Text(text.rstrip(), style=style))


def _epilogue(out: Terminal, outcome: Outcome) -> None:
    """What came of it, for people."""
    for order in outcome.orders:
        out.say("")
        orders.render(out, order)
    if outcome.rejection is not None:
        out.say(f"\n{outcome.rejection.file} was rejected. The 997 that its sender fetched, and what it says:")
        for segment, words in words_of(outcome.rejection.acknowledgement, outcome.rejection.findings):
            out.say(f"  {segment:24}  {words}".rstrip())
    out.say("")
    service.render(out, outcome.evidence.status)
    out.say("")
    for result in outcome.results:
        out.say(
            Text(f"{'ok     ' if result.met else 'MISSING'}  {result.text}", style="" if result.met else "bold red")
        )
        if result.missing is not None:
            out.say(f"         {result.missing}")
    out.say("")
    ledger.render(out, outcome.ledger)
    missing = sum(not result.met for result in outcome.results)
    verdict = f"{missing} of {len(outcome.results)} expectations are not met" if missing else "All as expected"
    out.say(f"\n{verdict}, in {outcome.seconds:.1f} s.")


def _as_json(outcome: Outcome, kept: Path | None) -> dict[str, Any]:
    return {
        "succeeded": outcome.succeeded,
        "seconds": round(outcome.seconds, 3),
        "home": None if kept is None else str(kept.resolve()),
        "expectations": [
            {"name": result.name, "text": result.text, "met": result.met, "missing": result.missing}
            for result in outcome.results
        ],
        "status": outcome.evidence.status.as_json(),
        "ledger": ledger.as_json(outcome.ledger),
    }
