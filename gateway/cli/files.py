"""`tally check`, `ack`, `convert` and `send`: work on files by hand, without the running gateway."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from canonical.errors import Misconfigured, TallyError
from canonical.order import PurchaseOrder
from partners.registry import AppliedProfile

from .. import canonical_json, checking, conversion, page
from ..app import Gateway
from ..canonical_json import Unreadable
from ..checking import Checked
from ..exchange.trial import Trial
from ..orders.comparing import no_orders
from ..page import FileReport
from ..second_opinion.compare import SecondOpinion, second_opinion_on
from ..second_opinion.pyx12_engine import Engine
from .console import Exit, Terminal, complain, print_json, usage, warn
from .context import explained, gateway, options, terminal
from .explanation import render

PIECE = 1 << 16


def register(app: typer.Typer) -> None:
    app.command("check")(check)
    app.command("ack")(ack)
    app.command("convert")(convert)
    app.command("send")(send)


@explained
def check(
    files: Annotated[list[Path], typer.Argument(help="X12 or, with --partner, CSV files; - is standard input.")],
    partner: Annotated[str | None, typer.Option(help="Check against this partner's profile too.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page that can be sent to whoever made the files.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Explain every finding, however many and however alike.")
    ] = False,
    second_opinion: Annotated[
        bool,
        typer.Option("--second-opinion", help="Have pyx12 judge X12 by the same tables too, and say where it differs."),
    ] = False,
) -> None:
    """Validate files and say what is wrong with them, where, and what to do. Exit 1 when one is rejected, 2 when one cannot be read."""
    applied, orders = _profile(partner), no_orders if partner is None else partial(_placed, partner)
    out = terminal()
    worst = Exit.YES
    reports: list[FileReport] = []
    with Engine() if second_opinion else nullcontext() as engine:
        for path in files:
            try:
                with seekable(path) as file:
                    checked = checking.check(file, path.name, applied, orders)
                    second = _second_opinion(engine, file, checked) if engine else None
                    if options().json:
                        print_json({"file": str(path)} | checked.as_json() | _as_json(second))
                    elif not options().quiet:
                        render(out, path, checked, file, every=every)
                        for line in second.summary() if second else ():
                            out.say(f"  {line}")
                    if html is not None:
                        reports.append(page.report(str(path), checked, file, applied, datetime.now(UTC), every=every))
            except TallyError as error:
                # The others are checked all the same.
                worst = max(worst, complain(error))
                continue
            if not checked.accepted:
                worst = max(worst, Exit.NO)
    if html is not None:
        _write(html, page.page(reports, datetime.now(UTC)))
    if worst is not Exit.YES:
        raise typer.Exit(worst)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"{path} cannot be written: {error.strerror}.") from error


@explained
def ack(
    file: Annotated[Path, typer.Argument(help="An X12 file; - is standard input.")],
    type_: Annotated[str, typer.Option("--type", help="997, 999 or TA1.")] = "997",
) -> None:
    """Print the acknowledgement that a file deserves. Control numbers in it are those of the file, and none is used up."""
    if type_ not in conversion.ANSWERS:
        usage(f"--type {type_} cannot be written; there are {', '.join(conversion.ANSWERS)}.")
    with _Opened(file) as chunks:
        answer = conversion.acknowledgement(chunks, type_)
    sys.stdout.buffer.write(answer)


@explained
def convert(
    file: Annotated[Path, typer.Argument(help="X12, canonical JSON or, with --partner, CSV; - is standard input.")],
    to: Annotated[str, typer.Option(help="json, x12 or csv.")],
    partner: Annotated[str | None, typer.Option(help="The partner whose column map or envelope is used.")] = None,
) -> None:
    """Turn a file into another form. Canonical JSON is an array of documents, each with its "type"."""
    if to not in conversion.FORMS:
        usage(f"--to {to} is not a form; there are {', '.join(conversion.FORMS)}.")
    applied = _profile(partner)
    with _Opened(file) as chunks:
        converted = conversion.convert(b"".join(chunks), file.name, to, applied)
    sys.stdout.buffer.write(converted.data)
    for problem in converted.problems:
        warn(f"{file}: {problem}")
    if converted.problems:
        raise typer.Exit(Exit.NO)


@explained
def send(
    partner: Annotated[str, typer.Option(help="To whom.")],
    file: Annotated[
        Path | None, typer.Argument(help="Canonical JSON: a document, or an array of them.", show_default=False)
    ] = None,
    test: Annotated[
        bool, typer.Option("--test", help="Instead of a file, send a test message over AS2 and explain what came back.")
    ] = False,
) -> None:
    """Submit documents for sending to a partner; `tally serve` transmits them. All of the file is taken, or nothing.

    With --test, exit 1 when the message did not arrive or nothing proves that it did.
    """
    if test == (file is not None):
        usage("give a file to send, or --test.")
    if file is None:
        _try_out(partner)
        return
    with _Opened(file) as chunks:
        data = b"".join(chunks)
    with gateway() as opened:
        ids = _submit(opened, file, data, partner)
    out = terminal()
    out.answer({"documents": ids}, lambda: out.say(f"{len(ids)} documents are submitted: {', '.join(ids)}"))


def _try_out(partner: str) -> None:
    with gateway() as opened:
        trial = opened.try_out(partner)
    out = terminal()
    out.answer(asdict(trial), lambda: _trial(out, trial))
    if trial.accepted is False:
        raise typer.Exit(Exit.NO)


_VERDICTS = {
    True: "{partner} has the message.",
    False: "The way to {partner} is not good yet. A test is sent once: mend what failed, and send another.",
    None: "{partner}'s server has the message; nothing proves yet that {partner} has it.",
}


def _trial(out: Terminal, trial: Trial) -> None:
    """Each step of a test message for people."""
    out.say(f"Test message {trial.message_id or ''} to {trial.partner} at {trial.url}".replace("  ", " "))
    for step in trial.steps:
        out.say(f"{_SIGNS[step.good]:6}  {step.name:11}  {step.told}")
    out.say(_VERDICTS[trial.accepted].format(partner=trial.partner))


_SIGNS = {True: "ok", False: "FAILED", None: "-"}


def _submit(opened: Gateway, file: Path, data: bytes, partner: str) -> list[str]:
    documents = canonical_json.read(data)
    if isinstance(documents, Unreadable):
        raise Misconfigured(f"{file}: {documents.message} Nothing was sent: correct the file and send it again.")
    return [str(identifier) for identifier in opened.send(partner, documents)]


def _profile(partner: str | None) -> AppliedProfile | None:
    if partner is None:
        return None
    with gateway() as opened:
        return opened.partner(partner)


def _placed(partner: str, number: str) -> PurchaseOrder | None:
    """The order that a checked document says it is about."""
    with gateway() as opened:
        return opened.placed_order(partner, number)


def _second_opinion(engine: Engine, file: BinaryIO, checked: Checked) -> SecondOpinion:
    file.seek(0)
    return second_opinion_on(engine, file.read(), checked.interchanges, checked.findings)


def _as_json(second: SecondOpinion | None) -> dict[str, Any]:
    return {} if second is None else {"second_opinion": second.as_json()}


class _Opened:
    """The pieces of a file, or of standard input."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Iterator[bytes]:
        try:
            self._file = sys.stdin.buffer if str(self._path) == "-" else self._path.open("rb")
        except OSError as error:
            raise _unreadable(self._path, error) from error
        return self._pieces()

    def _pieces(self) -> Iterator[bytes]:
        try:
            while piece := self._file.read(PIECE):
                yield piece
        except OSError as error:
            raise _unreadable(self._path, error) from error

    def __exit__(self, *_: object) -> None:
        if self._file is not sys.stdin.buffer:
            self._file.close()


@contextmanager
def seekable(path: Path) -> Iterator[BinaryIO]:
    """A file that can be read again; what cannot (a pipe, standard input) is copied to a temporary one."""
    if path.is_file():
        with BufferedReader(_Readable(path, "rb")) as file:
            yield file
        return
    with _Opened(path) as pieces, tempfile.TemporaryFile() as copy:
        for piece in pieces:
            copy.write(piece)
        yield copy


class _Readable(FileIO):
    """A file whose failures name it."""

    def readinto(self, buffer: Any) -> int | None:
        try:
            return super().readinto(buffer)
        except OSError as error:
            raise _unreadable(Path(str(self.name)), error) from error


def _unreadable(path: Path, error: OSError) -> Misconfigured:
    return Misconfigured(f"{path} cannot be read: {error.strerror}.")
