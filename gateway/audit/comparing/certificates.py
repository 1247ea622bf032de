"""Our keys and partners' certificates: what they say themselves, and what their changes were."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.certificates import CertificateRow

from ...as2.cms.keys import Certificate, UnusableKey
from ..question import Row
from ..retelling import Entry
from .differences import NOTHING, Difference, different, rows, same


def contradicted(session: Session, keyed: Mapping[int, list[Entry]]) -> Iterator[Row]:
    missing = set(keyed)
    for row in session.scalars(select(CertificateRow).order_by(CertificateRow.id)):
        missing.discard(row.id)
        entries = keyed.get(row.id)
        if entries is None:
            yield "certificate", row.partner, str(row.id), "", "a certificate", NOTHING
            continue
        yield from rows("certificate", row.partner, str(row.id), [*_contents(row), *_history(row, entries)])
    for id_ in sorted(missing):
        yield "certificate", keyed[id_][0].partner, str(id_), "", NOTHING, "a certificate"


def _contents(row: CertificateRow) -> list[Difference]:
    """What the certificate says itself."""
    try:
        found = Certificate.load(row.pem.encode())
    except UnusableKey:
        return [("pem", "what is no certificate", "a certificate")]
    names = ("subject", "fingerprint", "not_before", "not_after")
    return different(vars(row), {name: getattr(found, name) for name in names})


def _history(row: CertificateRow, entries: list[Entry]) -> list[Difference]:
    """What its changes were."""
    first, last = entries[0], entries[-1]
    after = last.detail["after"]
    has = {
        "partner": row.partner,
        "fingerprint": row.fingerprint,
        "state": row.state.value,
        "use": row.use.value,
        "begins": row.begins.isoformat(),
        "previous_until": None if row.previous_until is None else row.previous_until.isoformat(),
        "added_by": row.added_by,
        "changed_by": row.changed_by,
    }
    should = {**after, "partner": last.partner, "fingerprint": last.detail["fingerprint"]}
    should |= {"added_by": first.actor, "changed_by": last.actor}
    times = (("added_at", row.added_at, first.at), ("changed_at", row.changed_at, last.at))
    found = [(name, has[name], said) for name, said in should.items() if has.get(name) != said]
    return [*found, *(each for each in times if not same(*each[1:]))]
