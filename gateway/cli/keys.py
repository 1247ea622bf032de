"""`tally key`: our own private keys, each with the certificate that partners install."""

import getpass
import socket
from pathlib import Path
from typing import Annotated

import typer

from partners.certificates import Use

from ..certificates.making import BITS, DAYS, LONGEST_NAME, subject
from ..certificates.reading import read_own_key
from ..moments import moment
from .certificates import Begins, Bits, Days, ForUse, Size, as_json, describe, minute, read_file, summary, table
from .context import explained, gateway, terminal

app = typer.Typer(help="Our own keys, to sign and to decrypt with.", no_args_is_help=True)


@app.command()
@explained
def generate(
    name: Annotated[
        str | None, typer.Option(help="The common name (CN) of the certificate; this machine's name when not given.")
    ] = None,
    organisation: Annotated[str | None, typer.Option(help="The organisation (O) of the certificate.")] = None,
    days: Days = DAYS,
    bits: Size = Bits(str(BITS)),
    begins: Begins = None,
) -> None:
    """Make a key of ours and its certificate, signed by itself, for signing and for decrypting."""
    made_out_to = subject(socket.gethostname()[:LONGEST_NAME] if name is None else name, organisation)
    with gateway() as opened:
        row = opened.custody.generate(
            made_out_to, bits=int(bits), days=days, begins=moment("--begins", begins), by=getpass.getuser()
        )
    out = terminal()

    def told() -> None:
        out.say(f"Our key is made, as number {row.id}; used from {minute(row.begins)} UTC on.")
        describe(out, row)
        out.say("`tally cert export -o FILE` writes the certificate for partners.")

    out.answer(summary(row), told)


@app.command("import")
@explained
def import_key(
    file: Annotated[Path, typer.Argument(help="A PKCS#12 file (.p12, .pfx) with our key and its certificate.")],
    password_file: Annotated[
        Path | None, typer.Option(help="A file whose first line is the password; asked for when not given.")
    ] = None,
    use: ForUse = Use.BOTH,
    begins: Begins = None,
) -> None:
    """Take over a key of ours from another product, so that partners need not change anything."""
    data = read_file(file)
    key = read_own_key(data, _password(password_file), file.name)
    with gateway() as opened:
        row = opened.custody.take_key(key, use=use, begins=moment("--begins", begins), by=getpass.getuser())
    out = terminal()

    def told() -> None:
        out.say(f"Our key is here, as number {row.id}; used from {minute(row.begins)} UTC on. Delete {file}.")
        describe(out, row)

    out.answer(summary(row), told)


def _password(file: Path | None) -> bytes | None:
    """None for a file without a password."""
    if file is None:
        given = typer.prompt("Password of the file", hide_input=True, default="", show_default=False, err=True).encode()
    else:
        given = (read_file(file).splitlines() or [b""])[0]
    return given or None


@app.command("list")
@explained
def list_keys() -> None:
    """Our keys, all there are and were, and which is used now."""
    with gateway() as opened:
        found, now = [each for each in opened.custody.all() if each.row.partner is None], opened.clock.now()
    out = terminal()
    out.answer([as_json(each, now) for each in found], lambda: table(out, found, now))
