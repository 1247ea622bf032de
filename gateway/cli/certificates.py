"""`tally cert`: partners' certificates and ours, which is used when, and the change from one to the next."""

import getpass
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from canonical.errors import Misconfigured
from partners.certificates import CertificateRow, CertificateState, Use

from ..certificates.changes import fingerprint_text
from ..certificates.custody import KEEP_PREVIOUS, Listed
from ..certificates.reading import LARGEST_FILE, read_certificate
from .console import Terminal
from .context import explained, gateway, terminal
from .moments import moment

app = typer.Typer(help="Certificates: partners' and ours, and the change from one to the next.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="Its number in `tally cert list`.")]
Begins = Annotated[
    str | None, typer.Option(help="Used from this day or moment on, UTC (2026-12-01). Now when not given.")
]
ForUse = Annotated[Use, typer.Option("--use", help="What it is for: sign, encrypt or both.", show_choices=False)]


class Form(StrEnum):
    """How a certificate is written to a file."""

    PEM = "pem"
    DER = "der"


class Bits(StrEnum):
    """Sizes of RSA keys."""

    B2048 = "2048"
    B3072 = "3072"
    B4096 = "4096"


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
    out = terminal()

    def told() -> None:
        out.say(f"{partner}'s certificate is here, as number {row.id}; used from {minute(row.begins)} UTC on.")
        describe(out, row)
        out.say(
            f"Compare the fingerprint with {partner} by telephone; is it another one: `tally cert withdraw {row.id}`."
        )

    out.answer(summary(row), told)


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
    }
