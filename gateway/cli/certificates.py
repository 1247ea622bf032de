"""`tally cert`: partners' certificates and ours, which is used when, and the change from one to the next."""

import getpass
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from canonical.errors import Misconfigured
from partners.certificates import CertificateRow, CertificateState, Use

from ..certificates.changes import KEEP_PREVIOUS, fingerprint_text
from ..certificates.custody import Listed
from ..certificates.expiry import SOON
from ..certificates.making import BITS, DAYS
from ..certificates.reading import LARGEST_FILE, read_certificate
from ..certificates.usage import doubts
from ..moments import moment
from .console import Exit, Terminal
from .context import explained, gateway, terminal
from .operator import Reason, instruction

app = typer.Typer(help="Certificates: partners' and ours, and the change from one to the next.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="Its number in `tally cert list`.")]
Begins = Annotated[
    str | None, typer.Option(help="Used from this day or moment on, UTC (2026-12-01). Now when not given.")
]
ForUse = Annotated[Use, typer.Option("--use", help="What it is for: sign, encrypt or both.", show_choices=False)]

Output = Annotated[Path | None, typer.Option("-o", "--output", help="The file to write.")]
Days = Annotated[int, typer.Option(min=1, max=7300, help="Days for which the certificate is valid.")]


class Form(StrEnum):
    """How a certificate is written to a file."""

    PEM = "pem"
    DER = "der"


class Bits(StrEnum):
    """Sizes of RSA keys."""

    B2048 = "2048"
    B3072 = "3072"
    B4096 = "4096"


Size = Annotated[Bits, typer.Option("--bits", help="Size of the RSA key: 2048, 3072 or 4096.", show_choices=False)]


@app.command("list")
@explained
def list_certificates(
    partner: Annotated[str | None, typer.Option(help="Only this partner's.")] = None,
) -> None:
    """Our certificates and partners', all there are and were, and which is used now."""
    with gateway() as opened:
        found, now = opened.custody.all(partner), opened.clock.now()
    out = terminal()
    out.answer([as_json(each, now) for each in found], lambda: table(out, found, now))


@app.command("import")
@explained
def import_certificate(
    file: Annotated[Path, typer.Argument(help="The partner's certificate: PEM, DER or a PKCS#7 bundle.")],
    partner: Annotated[str, typer.Option(help="Whose it is.")],
    use: ForUse = Use.BOTH,
    begins: Begins = None,
    keep_previous: Annotated[
        int, typer.Option(min=0, help="Days for which signatures by the former certificate still count after that.")
    ] = KEEP_PREVIOUS.days,
) -> None:
    """Take in a partner's certificate. Compare the fingerprint with the partner's, by telephone and not by mail."""
    certificate = read_certificate(read_file(file), file.name)
    with gateway() as opened:
        row = opened.custody.take(
            partner,
            certificate,
            use=use,
            begins=moment("--begins", begins),
            keep_previous=timedelta(days=keep_previous),
            by=getpass.getuser(),
        )
        found = (*doubts(certificate.x509, use), *opened.custody.doubts(row))
    out = terminal()

    def told() -> None:
        out.say(f"{partner}'s certificate is here, as number {row.id}; used from {minute(row.begins)} UTC on.")
        describe(out, row)
        for doubt in found:
            out.say(f"Warning: {doubt}")
        out.say(
            f"Compare the fingerprint with {partner} by telephone. If theirs is another one: `tally cert withdraw {row.id} --reason TEXT`."
        )

    out.answer(summary(row) | {"warnings": list(found)}, told)


@app.command()
@explained
def rotate(
    days: Days = DAYS,
    bits: Size = Bits(str(BITS)),
    begins: Annotated[
        str | None,
        typer.Option(
            help="We sign with it from this day or moment on, UTC. In 30 days when not given, or a week before the current one expires."
        ),
    ] = None,
    output: Output = None,
) -> None:
    """Make our next key, and write its certificate for partners. Until they had time to install it we sign with the current one."""
    with gateway() as opened:
        row = opened.custody.rotate(bits=int(bits), days=days, begins=moment("--begins", begins), by=getpass.getuser())
    if output is not None:
        write_certificate(row, Form.PEM, output)
    out = terminal()

    def told() -> None:
        out.say(f"Our next key is made, as number {row.id}; we sign with it from {minute(row.begins)} UTC on.")
        describe(out, row)
        out.say(
            "Send its certificate to every partner now: they may encrypt for either key, and must accept the new signature by then."
        )

    out.answer(summary(row), told)


@app.command()
@explained
def announce(
    partner: Annotated[str, typer.Option(help="The partner.")],
) -> None:
    """Offer our newest certificate to a partner's product by a certificate exchange message (CEM) over AS2."""
    with gateway() as opened:
        row = opened.announce_certificate(partner)
    out = terminal()
    out.answer(
        summary(row),
        lambda: out.say(
            f"Certificate {row.id} is offered to {partner} as soon as `tally serve` runs. Its answer is noted in `tally trail --partner "
            f"{partner}`; until it comes, send the certificate by mail too."
        ),
    )


@app.command()
@explained
def export(
    number: Annotated[int | None, typer.Argument(help="Its number; our newest when not given.")] = None,
    form: Annotated[Form, typer.Option(help="pem or der.", show_choices=False)] = Form.PEM,
    output: Output = None,
) -> None:
    """Write a certificate of ours, to standard output unless -o says where to. The private key is not in it."""
    with gateway() as opened:
        row = opened.custody.own(number)
    write_certificate(row, form, output)


def write_certificate(row: CertificateRow, form: Form, output: Path | None) -> None:
    """To a file, or to standard output. Raises Misconfigured."""
    data = row.pem.encode("ascii")
    if form is Form.DER:
        data = x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    if output is None:
        sys.stdout.buffer.write(data)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise Misconfigured(f"{output} cannot be written: {error.strerror}.") from error


@app.command()
@explained
def withdraw(number: Number, reason: Reason) -> None:
    """Take a certificate, a partner's or ours, out of use at once, as when its key was stolen. The next or the previous takes over."""
    by = instruction(reason)
    with gateway() as opened:
        row = opened.custody.withdraw(number, by)
    _say_decided(row)


@app.command()
@explained
def approve(number: Number) -> None:
    """Put a certificate in force that a partner sent for approval. Compare the fingerprint by telephone before you do."""
    with gateway() as opened:
        row = opened.custody.approve(number, by=getpass.getuser())
    _say_decided(row)


@app.command()
@explained
def reject(number: Number, reason: Reason) -> None:
    """Refuse a certificate that a partner sent for approval; the partner is told the reason."""
    by = instruction(reason)
    with gateway() as opened:
        row = opened.custody.reject(number, by)
    _say_decided(row)


def _say_decided(row: CertificateRow) -> None:
    out = terminal()
    whose = "ours" if row.partner is None else f"{row.partner}'s"
    out.answer(summary(row), lambda: out.say(f"Certificate {row.id}, {whose}, is {row.state}: {row.subject}."))


@app.command()
@explained
def expiring(
    days: Annotated[int, typer.Option(min=0, help="How far to look ahead.")] = SOON.days,
) -> None:
    """Certificates that expire soon, or have, while nothing takes over from them. Exit 1 when there are any."""
    with gateway() as opened:
        found, now = opened.custody.expiring(timedelta(days=days)), opened.clock.now()
    out = terminal()

    def told() -> None:
        if not found:
            out.say(f"Within {days} days nothing expires that another does not take over from.")
            return
        out.table(
            ("number", "whose", "made out to", "what to do"),
            [(str(each.row.id), each.row.partner or "ours", each.row.subject, each.told(now)) for each in found],
        )

    out.answer([summary(each.row) | {"purposes": list(each.purposes)} for each in found], told)
    if found:
        raise typer.Exit(Exit.NO)


def read_file(file: Path) -> bytes:
    """What a file of the operator's holds. Raises Misconfigured."""
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.") from error
    if len(data) > LARGEST_FILE:
        raise Misconfigured(f"{file} has more than {LARGEST_FILE} bytes, and is no certificate.")
    return data


def describe(out: Terminal, row: CertificateRow) -> None:
    """What to compare with the other side's papers."""
    out.say(f"  made out to  {row.subject}")
    out.say(f"  valid        {minute(row.not_before)} to {minute(row.not_after)} UTC")
    out.say(f"  SHA-256      {fingerprint_text(row.fingerprint)}")


def table(out: Terminal, found: Sequence[Listed], now: datetime) -> None:
    """Certificates for people."""
    out.table(
        ("number", "whose", "use", "state", "used from", "accepted until", "expires", "made out to", "fingerprint"),
        [
            (
                str(each.row.id),
                each.row.partner or "ours",
                each.row.use.value,
                standing(each, now),
                minute(each.row.begins),
                minute(each.accepted_until),
                minute(each.row.not_after),
                each.row.subject,
                f"{each.row.fingerprint[:16]}...",
            )
            for each in found
        ],
    )


def minute(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def standing(listed: Listed, now: datetime) -> str:
    """Its state or, in force, its place; for each purpose where these differ."""
    if listed.row.state is not CertificateState.IN_FORCE:
        return listed.row.state.value
    places = listed.places(now)
    said = {place.value for place in places.values()}
    if now > listed.row.not_after:
        return f"{', '.join(sorted(said))}, expired"
    return said.pop() if len(said) == 1 else ", ".join(f"{use}: {place}" for use, place in places.items())


def summary(row: CertificateRow) -> dict[str, Any]:
    """A certificate for programs, without its private key."""
    return {
        "certificate": row.id,
        "partner": row.partner,
        "use": row.use.value,
        "state": row.state.value,
        "subject": row.subject,
        "fingerprint": row.fingerprint,
        "not_before": row.not_before.isoformat(),
        "not_after": row.not_after.isoformat(),
        "begins": row.begins.isoformat(),
        "added_at": row.added_at.isoformat(),
        "added_by": row.added_by,
    }


def as_json(listed: Listed, now: datetime) -> dict[str, Any]:
    """A certificate and where it stands, for programs."""
    until = listed.accepted_until
    return summary(listed.row) | {
        "places": {use.value: place.value for use, place in listed.places(now).items()},
        "accepted_until": None if until is None else until.isoformat(),
        "request": listed.row.request,
    }
