"""What went over AS2 around the files of an evidence bundle: header fields, signed messages, MDNs, and the certificates they are by."""

from base64 import b64encode
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import new as new_hash
from itertools import islice

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from canonical.identity import BlobDigest
from partners.certificates import CertificateRow, CertificateState, Use
from spool.blobs import BlobStore
from spool.database.port import Database
from spool.transmissions import Transmission

from ...as2.cms.algorithms import Digest
from ...as2.message import part_fields
from ...as2.mic import read_mic
from ...as2.mime import writing
from ...as2.mime.entity import read_entity
from ...as2.mime.malformed import Malformed
from ...as2.mime.span import Span, span_of
from ...as2.mime.transfer import is_base64_cms
from ...as2.mime.writing import Folding
from ...exchange.arrivals import Arrival, ArrivalKind, ArrivedFile
from ...exchange.sending import X12, file_type
from ...exchange.sendings import Sending
from .bundle import Carried, Message, Place, Source

_MIME = ("content-", "mime-version")
"""Header fields of HTTP that belong to the entity in its body (RFC 4130, section 5.3.2)."""
_OPAQUE = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_LARGEST_REBUILT = 64 * 2**20
"""Bytes of a payload of which it is tried to find the part it was sent as."""
_MOST_PIECES = 1024
"""Pieces of 64 KiB of a signed message that are looked into; of a larger one the bundle has no commands."""


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
        if row.signed_by is not None:
            signed = f"{folder}/signed"
            if row.signed_sha256 is None:
                found.beside[signed] = self._entity(_block(_entity_fields(row.headers)), row.sha256)
            else:
                found.beside[signed] = self._entity(b"", row.signed_sha256)
            about = f"The message {row.message_id} from {row.sender}"
            _add(found, about, signed, _known(session, row.partner, row.signed_by), row.mic)
        if row.mdn_headers is not None and row.mdn_sha256 is not None:
            name = f"{folder}/mdn"
            found.beside[name] = self._entity(_block(row.mdn_headers), row.mdn_sha256)
            _add(
                found, f"Our MDN for the message {row.message_id}", name, _ours_at(session, row), row.mic, returned=True
            )

    def _sent(self, session: Session, row: Sending, found: Exchanged) -> None:
        """A message that we sent, and the MDNs that came for it."""
        folder = f"as2/{row.id}"
        found.beside[f"{folder}/headers"] = _whole(_block(row.headers))
        self._carried(session, row, found)
        about = select(Arrival).where(Arrival.sending == row.id, Arrival.kind == ArrivalKind.MDN).order_by(Arrival.id)
        for mdn in session.scalars(about):
            name = f"as2/{mdn.id}/mdn"
            found.beside[name] = self._entity(_block(mdn.headers), mdn.sha256)
            if mdn.signed_by is not None:
                what = f"The MDN of {mdn.sender} for our message {row.message_id}"
                _add(found, what, name, _known(session, mdn.partner, mdn.signed_by), mdn.mic, returned=True)

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


def _add(
    found: Exchanged, about: str, name: str, signer: CertificateRow | None, mic: str | None, *, returned: bool = False
) -> None:
    """Note a signed message or MDN, as far as openssl can show what it says. ``returned`` is whether the MIC stands in it, or is of it."""
    data = b"".join(islice(found.beside[name](), _MOST_PIECES))
    signed = _signed_in(data)
    if signer is None or signed is None:
        return
    signature, content = signed
    read = None if mic is None else read_mic(mic, unnamed=Digest.SHA1)
    part = b"" if content is None else data[content.start : content.start + content.size]
    encoded = "" if read is None else b64encode(read.value).decode()
    is_mic = read is not None and read.value == new_hash(read.digest.value, part).digest()
    found.messages.append(
        Message(
            about,
            name,
            _add_certificate(found, signer),
            signature,
            is_base64_cms(data[signature.start : signature.start + 64]),
            content,
            digest=read.digest.value if read is not None else Digest.SHA256.value,
            mic=encoded if is_mic and not returned else None,
            says=encoded if returned and encoded and encoded.encode() in part else None,
        )
    )


def _signed_in(data: bytes) -> tuple[Place, Place | None] | None:
    """Where in a signed entity the signature is, and what was signed; None where it is none that is whole."""
    try:
        entity = read_entity(span_of(data))
        kind = entity.media_type.value
        if kind == "multipart/signed" and len(entity.parts) == 2 and entity.parts[0].whole is not None:
            return _place(entity.parts[1].body), _place(entity.parts[0].whole)
    except Malformed:
        return None
    return (_place(entity.body), None) if kind in _OPAQUE else None


def _place(span: Span) -> Place:
    return Place(span.start, span.size)


def _block(pairs: Sequence[Sequence[str]]) -> bytes:
    return writing.block((name, value) for name, value in pairs)


def _entity_fields(pairs: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    return [pair for pair in pairs if pair[0].lower().startswith(_MIME)]


def _whole(data: bytes) -> Source:
    return lambda: (data,)


def _known(session: Session, partner: str | None, fingerprint: str) -> CertificateRow | None:
    """A certificate of a partner, or one of ours, also one that is withdrawn since."""
    mine = CertificateRow.partner == partner, CertificateRow.fingerprint == fingerprint
    return session.scalars(select(CertificateRow).where(*mine).order_by(CertificateRow.id).limit(1)).first()


def _ours_at(session: Session, row: Arrival) -> CertificateRow | None:
    """The certificate that we signed with when we answered; where that was not noted yet, the one that was in force."""
    if row.mdn_signed_by is not None:
        return _known(session, None, row.mdn_signed_by)
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
