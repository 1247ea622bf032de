"""What went over AS2 around the files of an evidence bundle: header fields, signed messages, MDNs, and the certificates they are by."""

from base64 import b64encode
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import new as new_hash

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from canonical.identity import BlobDigest
from partners.certificates import CertificateRow, CertificateState, Use
from spool.blobs import BlobStore
from spool.database.port import Database
from spool.transmissions import Transmission

from ...as2.cms.algorithms import Digest
from ...as2.message import part_fields
from ...as2.mic import Mic, read_mic
from ...as2.mime import writing
from ...as2.mime.writing import Folding
from ...exchange import arrivals
from ...exchange.arrivals import Arrival, ArrivalKind, ArrivedFile
from ...exchange.sending import X12, file_type
from ...exchange.sendings import Sending
from .bundle import Carried, Message, Source

_MIME = ("content-", "mime-version")
"""Header fields of HTTP that belong to the entity in its body (RFC 4130, section 5.3.2)."""
_LARGEST_REBUILT = 64 * 2**20
"""Bytes of a payload of which it is tried to find the part it was sent as."""


@dataclass(slots=True)
class Exchanged:
    """Members of the bundle by their names, and what openssl can show of them."""

    beside: dict[str, Source] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    carried: list[Carried] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Messages:
    """Looks up what there is."""

    database: Database
    blobs: BlobStore

    def around(self, session: Session, receipts: Collection[str], transmissions: Collection[str]) -> Exchanged:
        """All that brought these files, or took these transmissions away, and the MDNs for either."""
        found = Exchanged()
        for arrival in _of_files(session, receipts):
            self._arrived(session, arrival, found)
        for sending in _of_transmissions(session, transmissions):
            self._sent(session, sending, found)
        return found

    def _arrived(self, session: Session, row: Arrival, found: Exchanged) -> None:
        """A message that came, and the MDN that we answered."""
        folder = f"as2/{row.id}"
        found.beside[f"{folder}/headers"] = _whole(_block(row.headers))
        signer = None if row.signed_by is None else _known(session, row.partner, row.signed_by)
        if signer is not None:
            certificate = _add_certificate(found, signer)
            signed = f"{folder}/signed"
            if row.signed_sha256 is None:
                found.beside[signed] = self._entity(_block(_entity_fields(row.headers)), row.sha256)
            else:
                found.beside[signed] = self._stored(row.signed_sha256)
            about = f"The message {row.message_id} from {row.sender}"
            found.messages.append(_message(about, signed, certificate, read_mic(row.mic or "", unnamed=Digest.SHA1)))
        if row.mdn_headers is not None and row.mdn_sha256 is not None:
            name = f"{folder}/mdn"
            found.beside[name] = self._entity(_block(row.mdn_headers), row.mdn_sha256)
            own = _ours_at(session, row)
            if own is not None and _is_signed(row.mdn_headers):
                about = f"Our MDN for the message {row.message_id}"
                says = _said(row.mic)
                found.messages.append(Message(about, name, _add_certificate(found, own), says=says))

    def _sent(self, session: Session, row: Sending, found: Exchanged) -> None:
        """A message that we sent, and the MDNs that came for it."""
        folder = f"as2/{row.id}"
        found.beside[f"{folder}/headers"] = _whole(_block(row.headers))
        self._carried(session, row, found)
        about = select(Arrival).where(Arrival.sending == row.id, Arrival.kind == ArrivalKind.MDN).order_by(Arrival.id)
        for mdn in session.scalars(about):
            name = f"as2/{mdn.id}/mdn"
            found.beside[name] = self._entity(_block(mdn.headers), mdn.sha256)
            signer = None if mdn.signed_by is None else _known(session, mdn.partner, mdn.signed_by)
            if signer is not None:
                what = f"The MDN of {mdn.sender} for our message {row.message_id}"
                says = _said(mdn.mic)
                found.messages.append(Message(what, name, _add_certificate(found, signer), says=says))

    def _carried(self, session: Session, row: Sending, found: Exchanged) -> None:
        """The part that was signed: what is kept is encrypted for the partner, so it is put together anew, and the MIC proves it."""
        transmission = session.get(Transmission, row.transmission)
        mic = read_mic(row.mic, unnamed=Digest.SHA1)
        if transmission is None or mic is None or transmission.size > _LARGEST_REBUILT:
            return
        payload = self.blobs.read(session, BlobDigest(transmission.sha256))
        for fields in _possible_fields(transmission.filename):
            if mic.value == new_hash(mic.digest.value, fields + payload).digest():
                name = f"as2/{row.id}/content"
                found.beside[name] = self._entity(fields, transmission.sha256)
                about = f"Our message {row.message_id} to {row.recipient}"
                encoded = b64encode(mic.value).decode()
                found.carried.append(
                    Carried(about, name, transmission.sha256, transmission.size, mic.digest.value, encoded)
                )
                return

    def _stored(self, sha256: str) -> Source:
        return partial(self._chunks, b"", sha256)

    def _entity(self, fields: bytes, sha256: str) -> Source:
        return partial(self._chunks, fields, sha256)

    def _chunks(self, first: bytes, sha256: str) -> Iterator[bytes]:
        yield first
        with self.database.read() as session:
            yield from self.blobs.chunks(session, BlobDigest(sha256))


def _of_files(session: Session, receipts: Collection[str]) -> Sequence[Arrival]:
    brought = select(ArrivedFile.arrival).where(ArrivedFile.receipt_id.in_(receipts))
    return session.scalars(select(Arrival).where(Arrival.id.in_(brought)).order_by(Arrival.id)).all()


def _of_transmissions(session: Session, transmissions: Collection[str]) -> Sequence[Sending]:
    return session.scalars(select(Sending).where(Sending.transmission.in_(transmissions)).order_by(Sending.id)).all()


def _possible_fields(filename: str) -> Iterator[bytes]:
    """How the part of a file may have begun: by its kind, its name, and how the profile then in force had fields folded."""
    for content_type in dict.fromkeys((X12, file_type(filename))):
        for name in (filename, None):
            for folding in Folding:
                yield writing.block(part_fields(content_type, name), folding)


def _message(about: str, file: str, certificate: str, mic: Mic | None) -> Message:
    if mic is None:
        return Message(about, file, certificate)
    return Message(about, file, certificate, mic.digest.value, b64encode(mic.value).decode())


def _said(mic: str | None) -> Sequence[str]:
    """The MIC as an MDN says it, without the algorithm, which is spelled in many ways."""
    read = None if mic is None else read_mic(mic, unnamed=Digest.SHA1)
    return () if read is None else (b64encode(read.value).decode(),)


def _block(pairs: Sequence[Sequence[str]]) -> bytes:
    return writing.block((name, value) for name, value in pairs)


def _entity_fields(pairs: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    return [pair for pair in pairs if pair[0].lower().startswith(_MIME)]


def _is_signed(pairs: Sequence[Sequence[str]]) -> bool:
    return (arrivals.read(pairs).get("content-type") or "").lower().startswith("multipart/signed")


def _whole(data: bytes) -> Source:
    return lambda: (data,)


def _known(session: Session, partner: str | None, fingerprint: str) -> CertificateRow | None:
    """A certificate of a partner, also one that is withdrawn since."""
    mine = CertificateRow.partner == partner, CertificateRow.fingerprint == fingerprint
    return session.scalars(select(CertificateRow).where(*mine).order_by(CertificateRow.id).limit(1)).first()


def _ours_at(session: Session, row: Arrival) -> CertificateRow | None:
    """The certificate that we signed with when we answered."""
    candidates = select(CertificateRow).where(
        CertificateRow.partner.is_(None),
        or_(CertificateRow.use == Use.SIGN, CertificateRow.use == Use.BOTH),
        CertificateRow.state.in_((CertificateState.IN_FORCE, CertificateState.WITHDRAWN)),
        CertificateRow.begins <= row.at,
    )
    return session.scalars(candidates.order_by(CertificateRow.begins.desc(), CertificateRow.id.desc()).limit(1)).first()


def _add_certificate(found: Exchanged, row: CertificateRow) -> str:
    name = f"certificates/{row.fingerprint}.pem"
    found.beside[name] = _whole(row.pem.encode("ascii"))
    return name
