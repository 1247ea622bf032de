"""`tally ledger`: the record that nobody can change unnoticed."""

import getpass
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from canonical.errors import Misconfigured
from spool.clock import SystemClock

from ..ledger.checkpoint import Checkpoint
from ..ledger.cosignature import Request
from ..ledger.evidence.checking import read_anchor as read_kept
from ..ledger.note import MOST_BYTES, Malformed, NotSigned
from ..ledger.rotation import Rotation
from ..ledger.scanning import Scanned
from ..ledger.shards.checking import ShardChecked, check
from ..ledger.shards.statement import Elsewhere
from ..ledger.shards.writing import Sharding
from ..ledger.witness import Witness, witness_key
from .console import Exit, Terminal, usage
from .context import explained, gateway, terminal
from .verifier_keys import key_of

Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="The file to write; standard output when not given.")
]

app = typer.Typer(
    help="The record that nobody can change unnoticed: verify it, sign it, lay it down elsewhere.", no_args_is_help=True
)


@app.command()
@explained
def verify(
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="A checkpoint that was laid down elsewhere, which the ledger must still begin with."),
    ] = None,
    trust: Annotated[
        str | None,
        typer.Option(
            help="The verifier key that must have signed it, or one before or after it: NAME+KEYID+KEY, as the auditor has it."
        ),
    ] = None,
    shard: Annotated[
        Path | None, typer.Option(help="A directory that `tally ledger shard` wrote, here or elsewhere.")
    ] = None,
    rotation: Annotated[
        list[Path] | None,
        typer.Option(
            help="With --shard: a note by which the ledger's key handed over to the next since; once for each, the first one first."
        ),
    ] = None,
) -> None:
    """Check every entry with its details and payloads, the journal, and what was signed before. Exit 1 when anything is wrong.

    It only reads. What waits to be taken into the ledger is counted, and wrong only where it cannot be taken in.
    With --shard a year that was written out is checked instead, which needs no home; without --trust nothing of it is proved.
    """
    if shard is not None and checkpoint is None:
        _verify_shard(shard, trust, rotation or ())
        return
    if rotation:
        usage("--rotation goes with --shard: the home itself knows how its keys followed each other.")
    if (checkpoint is None) != (trust is None):
        usage(
            "--checkpoint and --trust go together: a checkpoint proves nothing without the key that must have signed it."
        )
    with gateway() as opened:
        anchors = [] if checkpoint is None or trust is None else [opened.ledger.kept(checkpoint, trust)]
        found = opened.verify_ledger(anchors)
    out = terminal()
    out.answer(as_json(found), lambda: render(out, found))
    if not found.holds:
        raise typer.Exit(Exit.NO)


@app.command()
@explained
def checkpoint(
    timestamp: Annotated[
        bool,
        typer.Option("--timestamp", help="Have it stamped with the time at once, by the authority of timestamp_url."),
    ] = False,
) -> None:
    """Take in what happened so far, and sign how far the ledger is. Exit 1 when that contradicts what was signed before."""
    with gateway() as opened:
        signed, key = opened.ledger.checkpoint(), opened.ledger.key()
        stamped = opened.timestamping.stamp(signed) if timestamp else None
    out = terminal()
    said = Checkpoint.read(signed.text)

    def told() -> None:
        out.say(str(signed))
        out.say(f"Its key, for whoever is to verify it: {key}")
        if stamped is not None:
            out.say(f"It is stamped with the time {stamped.at:%Y-%m-%d %H:%M:%S} UTC, by {stamped.authority}.")

    stamps = {} if stamped is None else {"timestamp": stamped.at.isoformat(), "authority": stamped.authority}
    out.answer(
        {
            "origin": said.origin,
            "size": said.size,
            "root": said.root.hex(),
            "checkpoint": str(signed),
            "verifier": str(key),
            **stamps,
        },
        told,
    )


@app.command()
@explained
def request(
    checkpoint: Annotated[
        Path | None,
        typer.Argument(help="A checkpoint of ours, which other witnesses may have cosigned; a new one when not given."),
    ] = None,
    since: Annotated[
        int, typer.Option("--since", min=0, help="The entries that the witness cosigned last; 0 for the first time.")
    ] = 0,
    output: Output = None,
) -> None:
    """Ask a witness to cosign a checkpoint that is proved to extend what he cosigned last: a text to send him (C2SP tlog-witness)."""
    with gateway() as opened:
        try:
            asked = opened.ledger.request(since, None if checkpoint is None else read_kept(checkpoint.read_bytes()))
        except OSError as error:
            raise Misconfigured(f"The checkpoint {checkpoint} cannot be read: {error.strerror}.") from error
        except NotSigned as error:
            raise Misconfigured(f"The checkpoint {checkpoint} is not ours. {error}") from error
    _give(str(asked), output, {"since": since}, "asks for a cosignature: send it to the witness.")


@app.command()
@explained
def cosign(
    asked: Annotated[
        Path,
        typer.Argument(metavar="REQUEST", help="What `tally ledger request` gave, here or elsewhere; - for stdin."),
    ],
    trust: Annotated[
        str, typer.Option(help="The verifier key of the ledger, NAME+KEYID+KEY, or a file that holds it.")
    ],
    key: Annotated[Path, typer.Option(help="A PEM file with your own Ed25519 key, which cosigns nothing else.")],
    name: Annotated[
        str, typer.Option(help="What you are called as a witness, e.g. auditor.example/eva; it never changes.")
    ],
    memory: Annotated[Path, typer.Option(help="The file with what you cosigned last of this ledger, yours to keep.")],
    first: Annotated[bool, typer.Option("--first", help="You cosigned nothing of this ledger yet.")] = False,
    output: Output = None,
) -> None:
    """As a witness: cosign a checkpoint of a ledger that is proved to extend the last one that you cosigned (C2SP tlog-cosignature).

    It needs no home. Exit 1 for a checkpoint that is smaller, not proved to extend the last one, or not by the ledger's key.
    """
    witness = Witness(witness_key(key, name), memory, SystemClock())
    try:
        data = sys.stdin.buffer.read(MOST_BYTES) if str(asked) == "-" else asked.read_bytes()
        read = Request.read(data)
    except OSError as error:
        raise Misconfigured(f"The request {asked} cannot be read: {error.strerror}.") from error
    except Malformed as error:
        raise Misconfigured(f"{asked} is no request of `tally ledger request`: {error}.") from error
    note = witness.cosign(read, key_of(trust), first=first)
    size, mine = Checkpoint.read(note.text).size, str(witness.signer.key)
    said = {"size": size, "witness": mine}
    _give(
        str(note),
        output,
        said,
        f"is the checkpoint of {size} entries with your cosignature. Your key, for auditors: {mine}",
    )


@app.command()
@explained
def anchor(
    to: Annotated[Path, typer.Option("--to", help="A directory, better on another machine or in others' hands.")],
) -> None:
    """Lay a signed checkpoint down elsewhere, as a file called after the day: what it covers cannot be changed any more unnoticed."""
    with gateway() as opened:
        path, key = opened.ledger.anchor(to), opened.ledger.key()
    out = terminal()

    def told() -> None:
        out.say(f"The checkpoint is in {path}.")
        out.say(f"tally ledger verify --checkpoint {path} --trust {key}")

    out.answer({"file": str(path), "verifier": str(key)}, told)


@app.command()
@explained
def rotate(
    overlap: Annotated[
        int, typer.Option("--overlap", min=0, max=366, help="Days for which the key of before signs too.")
    ] = 30,
) -> None:
    """Hand over to a new key, in a file or where ledger_key says, with a step of the ledger that both keys signed."""
    with gateway() as opened:
        done = opened.ledger.rotate(timedelta(days=overlap), getpass.getuser())
    out = terminal()

    def told() -> None:
        out.say(f"The ledger is signed by a new key; for {overlap} days the one of before signs too.")
        out.say(f"Give auditors the new one by the way by which they got the old one: {done.new}")
        out.say("Who has only the old one follows from it: each bundle has the note by which it handed over.")
        out.say(str(done))

    out.answer({"old": str(done.old), "verifier": str(done.new), "overlap": overlap, "rotation": str(done)}, told)


@app.command("shard")
@explained
def write_shard(
    year: Annotated[
        int, typer.Argument(min=2000, max=9998, help="The year that is over, by the year in which it ends.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The directory to write; it must not exist.")],
    details: Annotated[
        bool, typer.Option("--details", help="Also details and salts: names, numbers and hashes of payloads.")
    ] = False,
) -> None:
    """Write a closed fiscal year of the ledger out as static files (C2SP tlog-tiles) that are verified without this home, and record it."""
    with gateway() as opened:
        sharding = Sharding(opened.database, opened.clock, opened.ledger, opened.settings.fiscal_year_ends)
        done = sharding.write(year, output, getpass.getuser(), details=details)
        key = opened.ledger.key()
    out = terminal()

    def told() -> None:
        out.say(
            f"{done.path} holds the {done.end - done.first} entries of {done.year}, {done.first} to {done.end - 1}."
        )
        _say_of_years(out, done.year, done.among, done.elsewhere)
        out.say(f"tally ledger verify --shard {done.path} --trust {key}")

    said = {"path": str(done.path), "year": done.year, "from": done.first, "to": done.end, "verifier": str(key)}
    out.answer(said | {"among": done.among, "elsewhere": [asdict(each) for each in done.elsewhere]}, told)


def _give(text: str, output: Path | None, said: dict[str, Any], what: str) -> None:
    """Write a text to a file and say what it is, or print it and nothing else."""
    out = terminal()
    if output is None:
        # As it is: folded to a terminal's width it would be another text.
        out.answer(said | {"text": text}, partial(sys.stdout.writelines, [text]))
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise Misconfigured(f"{output} cannot be written: {error.strerror}.") from error
    out.answer(said | {"file": str(output)}, lambda: out.say(f"{output} {what}"))


def _verify_shard(folder: Path, trust: str | None, rotations: Sequence[Path]) -> None:
    found = check(folder, None if trust is None else key_of(trust), [_rotation(path) for path in rotations])
    out = terminal()
    out.answer(asdict(found) | {"holds": found.holds}, lambda: _say_of_shard(out, found))
    if not found.holds:
        raise typer.Exit(Exit.NO)


def _rotation(path: Path) -> Rotation:
    try:
        return Rotation.read(path.read_bytes())
    except OSError as error:
        raise Misconfigured(f"The note {path} cannot be read: {error.strerror}.") from error
    except (Malformed, NotSigned) as error:
        raise Misconfigured(
            f"{path} is no note by which a key handed over to the next: {error}. `tally ledger rotate` shows it; bundles of evidence and "
            "shards hold it as rotation.1 and on."
        ) from error


def _say_of_shard(out: Terminal, found: ShardChecked) -> None:
    if found.wrong is not None:
        out.say(f"The shard does not hold. {found.wrong}")
        return
    last = found.first + found.entries - 1
    out.say(f"The shard holds: {found.entries} entries of {found.year}, {found.first} to {last}, as they were signed.")
    _say_of_years(out, found.year or 0, found.among, found.elsewhere)
    if not found.with_details:
        out.say("It was written without details.")
    else:
        out.say(f"It has the details of {found.details} of {found.entries} entries.")
        if (erased := found.entries - found.details) > 0:
            out.say(f"Those of the other {erased} had been erased when it was written.")
    if found.earlier_key is not None:
        out.say(
            f"Only the key {found.earlier_key} signed it, which handed over to the one that you trust. Whoever got hold of it since can "
            "have made the shard: compare its checkpoint with one that was kept from then."
        )


def _say_of_years(out: Terminal, year: int, among: int, elsewhere: Sequence[Elsewhere]) -> None:
    if among:
        out.say(f"{among} of them are of other years by their times: a clock was wrong when they happened.")
    for each in elsewhere:
        out.say(
            f"{each.entries} entries of {year} by their times, between {each.lowest} and {each.highest}, are not among them, but in the "
            "shard of another year: that is the one which begins or ends there."
        )


def as_json(found: Scanned) -> dict[str, Any]:
    """What a scan found, for programs."""
    return {
        "holds": found.holds,
        "size": found.size,
        "root": found.root.hex(),
        "details": found.details,
        "payloads": found.payloads,
        "erased": found.erased,
        "waiting": found.waiting,
        "waiting_since": None if found.waiting_since is None else found.waiting_since.isoformat(),
        "anchors": list(found.anchors),
        "stamped_by_others": list(found.stamped_by_others),
        "stamped_by_nobody": list(found.stamped_by_nobody),
        "entry": found.entry,
        "wrong": found.wrong,
    }


def render(out: Terminal, found: Scanned) -> None:
    """What a scan found, for people."""
    if found.wrong is not None:
        out.say(f"The ledger does not hold. {found.wrong}")
        return
    out.say(
        f"The ledger holds: {found.size} entries with {found.details} details and {found.payloads} payloads; of {found.erased} something "
        "was erased, as recorded."
    )
    if (since := found.waiting_since) is not None:
        out.say(
            f"{found.waiting} entries of the journal wait to be taken in, the oldest from {since:%Y-%m-%d %H:%M:%S} UTC. Each can be taken "
            "in; whether it was changed before that, nothing shows."
        )
        out.say(
            "A node that serves does it within seconds: where one does and they still wait, its log says why. Where none does, `tally "
            "ledger checkpoint` takes them in and signs them."
        )
    if not found.anchors:
        out.say("Nothing was signed before that it could be held against: only that it agrees with itself is shown.")
    for each in found.anchors:
        out.say(f"It still begins with {each}.")
    if found.stamped_by_others:
        sizes = ", ".join(map(str, found.stamped_by_others))
        out.say(
            f"Time stamps that are not by an authority of timestamp_roots, those of the checkpoints of {sizes} entries, hold by the roots "
            "that were kept with them: they prove the time to whoever trusts these."
        )
    if found.stamped_by_nobody:
        sizes = ", ".join(map(str, found.stamped_by_nobody))
        out.say(
            f"Time stamps of which the journal does not tell, those of the checkpoints of {sizes} entries, prove nothing: no root vouches "
            "for them. An earlier version had them made, or somebody put them there. Where you know the authority, set timestamp_roots to "
            "its root."
        )
