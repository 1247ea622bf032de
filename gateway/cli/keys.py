"""`tally key`: our own private keys, each with the certificate that partners install."""

import getpass
import socket
from typing import Annotated

import typer

from ..certificates.making import BITS, DAYS, subject
from .certificates import Begins, Bits, as_json, describe, minute, summary, table
from .context import explained, gateway, options, terminal
from .moments import moment

app = typer.Typer(help="Our own keys, to sign and to decrypt with.", no_args_is_help=True)

Days = Annotated[int, typer.Option(min=1, max=7300, help="Days for which the certificate is valid.")]
Size = Annotated[Bits, typer.Option("--bits", help="Size of the RSA key: 2048, 3072 or 4096.", show_choices=False)]


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
    made_out_to = subject(name or socket.gethostname(), organisation)
    with gateway() as opened:
        row = opened.custody.generate(
            made_out_to, bits=int(bits), days=days, begins=moment("--begins", begins), by=getpass.getuser()
        )
    out = terminal()

    def told() -> None:
        out.say(f"Our key is made, as number {row.id}; used from {minute(row.begins)} UTC on.")
        describe(out, row)
        out.say(f"`tally --home {options().home} cert export -o ours.pem` writes the certificate for partners.")

    out.answer(summary(row), told)


@app.command("list")
@explained
def list_keys() -> None:
    """Our keys, all there are and were, and which is used now."""
    with gateway() as opened:
        found, now = [each for each in opened.custody.all() if each.row.partner is None], opened.clock.now()
    out = terminal()
    out.answer([as_json(each, now) for each in found], lambda: table(out, found, now))
