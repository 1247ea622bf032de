"""`tally check`, `ack`, `convert` and `send`: work on files by hand, without the running gateway."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from canonical.documents import DOCUMENTS
from canonical.errors import Misconfigured, TallyError
from partners.registry import AppliedProfile

from .. import checking, conversion
from ..app import Gateway
from ..checking import Checked
from ..second_opinion.compare import SecondOpinion, second_opinion_on
from ..second_opinion.pyx12_engine import Engine
from .console import Exit, Terminal, complain, print_json, usage, warn
from .context import explained, gateway, options, terminal

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
    second_opinion: Annotated[
        bool,
        typer.Option("--second-opinion", help="Have pyx12 judge X12 by the same tables too, and say where it differs."),
    ] = False,
) -> None:
    """Validate files and say what is wrong with them, where, and what to do. Exit 1 when one is rejected, 2 when one cannot be read."""
    applied = _profile(partner)
    out = terminal()
    worst = Exit.YES
    with Engine() if second_opinion else nullcontext() as engine:
        for path in files:
            try:
                with _Opened(path) as chunks:
                    pieces = list(chunks) if engine else chunks
                    checked = checking.check(pieces, path.name, applied)
                    second = _second_opinion(engine, pieces, checked) if engine else None
            except TallyError as error:
                # The others are checked all the same.
                worst = max(worst, complain(error))
                continue
            if not checked.accepted:
                worst = max(worst, Exit.NO)
            if options().json:
                more = {"second_opinion": second.as_json()} if second else {}
                print_json({"file": str(path)} | checked.as_json() | more)
            elif not options().quiet:
                _render(out, path, checked)
                for line in second.summary() if second else ():
                    out.say(f"  {line}")
    if worst is not Exit.YES:
        raise typer.Exit(worst)


@explained
def ack(
    file: Annotated[Path, typer.Argument(help="An X12 file; - is standard input.")],
    type_: Annotated[str, typer.Option("--type", help="997 or TA1.")] = "997",
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
    file: Annotated[Path, typer.Argument(help="Canonical JSON: a document, or an array of them.")],
    partner: Annotated[str, typer.Option(help="To whom.")],
) -> None:
    """Submit documents for sending to a partner; `tally serve` transmits them. All of the file is taken, or nothing."""
    with _Opened(file) as chunks:
        data = b"".join(chunks)
    with gateway() as opened:
        ids = _submit(opened, file, data, partner)
    out = terminal()
    out.answer({"documents": ids}, lambda: out.say(f"{len(ids)} documents are submitted: {', '.join(ids)}"))


def _submit(opened: Gateway, file: Path, data: bytes, partner: str) -> list[str]:
    try:
        text = data.lstrip()
        documents = DOCUMENTS.validate_json(data if text.startswith(b"[") else b"[" + data + b"]")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Misconfigured(f"{file}: {place}: {first['msg']}. Nothing was sent.") from error
    return [str(identifier) for identifier in opened.send(partner, documents)]


def _profile(partner: str | None) -> AppliedProfile | None:
    if partner is None:
        return None
    with gateway() as opened:
        return opened.partner(partner)


def _second_opinion(engine: Engine, pieces: Iterable[bytes], checked: Checked) -> SecondOpinion:
    return second_opinion_on(engine, b"".join(pieces), checked.interchanges, checked.findings)


class _Opened:
    """The pieces of a file, or of standard input."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Iterator[bytes]:
        try:
            self._file = sys.stdin.buffer if str(self._path) == "-" else self._path.open("rb")
        except OSError as error:
            raise self._unreadable(error) from error
        return self._pieces()

    def _pieces(self) -> Iterator[bytes]:
        try:
            while piece := self._file.read(PIECE):
                yield piece
        except OSError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> Misconfigured:
        return Misconfigured(f"{self._path} cannot be read: {error.strerror}.")

    def __exit__(self, *_: object) -> None:
        if self._file is not sys.stdin.buffer:
            self._file.close()


def _render(out: Terminal, path: Path, checked: Checked) -> None:
    verdict = "accepted" if checked.accepted else "REJECTED"
    out.say(f"{path}: {verdict}")
    for line in checked.summary():
        out.say(f"  {line}")
    for finding in checked.findings:
        place = finding.path or (f"byte {finding.offset}" if finding.offset is not None else "")
        code = f" ({finding.ack_code})" if finding.ack_code else ""
        out.say(f"  {finding.severity.value}: {place}{': ' if place else ''}{finding.message} [{finding.code}]{code}")
