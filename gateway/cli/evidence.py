"""`tally evidence`: what the ledger proves of an order or a document, in one file, and verified again by whoever gets it."""

from functools import reduce
from pathlib import Path
from typing import Annotated, Any

import typer

from canonical.errors import Misconfigured

from ..audit.desk import About, Subject
from ..ledger.cosignature import Quorum
from ..ledger.evidence.checking import check, read_anchor
from ..ledger.evidence.exporting import Exported, export
from ..ledger.evidence.verify import PROVED, Report
from ..ledger.note import Note
from ..ledger.timestamp import Trusted
from .console import Exit, Terminal, usage
from .context import explained, gateway, terminal
from .operator import operator
from .verifier_keys import key_of, witness_of

app = typer.Typer(
    help="Proof of what was exchanged, in one file that anybody can verify offline, without us.", no_args_is_help=True
)


@app.command("export")
@explained
def export_bundle(
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write; it must not exist.")],
    po: Annotated[str | None, typer.Option(help="A purchase order's number: all about it, both ways.")] = None,
    doc: Annotated[str | None, typer.Option(help="A document's id, or a file's.")] = None,
    partner: Annotated[str | None, typer.Option(help="With --po: only this partner's order.")] = None,
    anchor: Annotated[
        list[Path] | None,
        typer.Option(
            help="A checkpoint that was kept since before: the ledger is to be proved an extension of it. Once for each witness who "
            "cosigned the same one."
        ),
    ] = None,
) -> None:
    """Write everything about an order or a document, with the proof that nobody touched it. Exit 1 when the ledger does not hold."""
    if (po is None) == (doc is None) or (partner is not None and po is None):
        usage("give one of --po N [--partner P] and --doc ID.")
    kept = _joined(anchor or [])
    with gateway() as opened:
        about = About(Subject.DOCUMENT, doc or "") if po is None else About(Subject.ORDER, po, partner)
        evidence = opened.desk.evidence(about, operator(), anchor=kept, to=output.name)
        done = export(evidence, output)
    out = terminal()
    out.answer(_as_json(done), lambda: _told(out, done))


def _as_json(done: Exported) -> dict[str, Any]:
    return {name: getattr(done, name) for name in done.__slots__} | {"path": str(done.path)}


def _told(out: Terminal, done: Exported) -> None:
    out.say(f"{done.path} holds {done.entries} entries of the ledger and {done.payloads} payloads: {done.size} bytes.")
    out.say("It verifies. Whoever gets it needs the ledger's key too, by another way than this file:")
    out.say(done.trust)


@app.command()
@explained
def verify(
    file: Annotated[Path, typer.Argument(help="A file that `tally evidence export` wrote, here or elsewhere.")],
    trust: Annotated[
        str | None,
        typer.Option(help="The verifier key of the ledger, NAME+KEYID+KEY, or a file that holds it."),
    ] = None,
    anchor: Annotated[
        Path | None,
        typer.Option(help="A checkpoint that was kept since before: the ledger is to be proved an extension of it."),
    ] = None,
    trust_tsa: Annotated[
        Path | None,
        typer.Option(help="A PEM file with the root certificates of the authority that stamped it with the time."),
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option(
            help="The key of a witness whom you trust, NAME+KEYID+KEY, or a file that holds it; once for each."
        ),
    ] = None,
    quorum: Annotated[
        int | None, typer.Option(min=1, help="How many of them must have cosigned; all when not given.")
    ] = None,
) -> None:
    """Check every claim of an evidence bundle; needs no home. Exit 1 when one is not proved, as all are without --trust."""
    witnesses = _quorum(witness or [], quorum)
    key = None if trust is None else key_of(trust)
    kept = None if anchor is None else _read(anchor)
    authorities = None if trust_tsa is None else _authorities(trust_tsa)
    try:
        with file.open("rb") as opened:
            report = check(opened, key, kept, authorities, witnesses)
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.") from error
    out = terminal()
    claims = [claim._asdict() for claim in report.claims]
    out.answer({"proved": not report.failed, "claims": claims}, lambda: _render(out, report))
    if report.failed:
        raise typer.Exit(Exit.NO)


def _quorum(witnesses: list[str], needed: int | None) -> Quorum | None:
    keys = tuple(map(witness_of, witnesses))
    if len({key.public for key in keys}) < len(keys):
        usage("a witness is named twice; of each counts one key.")
    if needed is not None and needed > len(keys):
        usage(f"--quorum is {needed}, and --witness names {len(keys)}.")
    return Quorum(keys, needed or len(keys)) if keys else None


def _read(path: Path) -> Note:
    """A checkpoint that was kept."""
    try:
        return read_anchor(path.read_bytes())
    except OSError as error:
        raise Misconfigured(f"The checkpoint {path} cannot be read: {error.strerror}.") from error


def _joined(paths: list[Path]) -> Note | None:
    """One checkpoint with the lines of all who cosigned it, each in a file of his own."""
    notes = [_read(path) for path in paths]
    if len({note.text for note in notes}) > 1:
        usage("--anchor names different checkpoints: several are one that several witnesses cosigned.")
    return reduce(Note.joined, notes) if notes else None


def _authorities(path: Path) -> Trusted:
    try:
        return Trusted.read(path.read_bytes())
    except OSError as error:
        raise Misconfigured(f"The certificates {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise Misconfigured(f"{path} has no certificates in PEM.") from error


def _render(out: Terminal, report: Report) -> None:
    for claim in report.claims:
        out.say(f"{claim.step:2}  {claim.verdict:11}  {claim.text}")
        if claim.why:
            out.say(f"    {'':11}  {claim.why}")
    proved = sum(claim.verdict == PROVED for claim in report.claims)
    out.say(f"PROVED: {proved} claims." if not report.failed else f"NOT PROVED: {len(report.failed)} claims failed.")
