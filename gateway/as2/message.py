"""A message of ours: wrapped as agreed, its MIC taken, its header fields made. Built once; every attempt sends these bytes."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import BinaryIO

from canonical.errors import Misconfigured

from .cms.algorithms import Digest
from .cms.compressing import compress
from .cms.encrypting import encrypt
from .cms.failures import Refused
from .cms.signing import sign
from .features import version_fields
from .fresh import Fresh
from .identity import written_name
from .mdn import signature_part, signed_content_type
from .mic import Mic, mic_of
from .mime import writing
from .mime.headers import Headers, headers
from .mime.parameters import written_parameter
from .mime.span import Readable, Span, whole
from .mime.workspace import Workspace
from .receipt import asking_fields
from .terms import Compression, Terms

_PACKAGE = "application/pkcs7-mime"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to send. ``content`` is all of a seekable file; ``filename`` is what the partner is to call it."""

    content: Readable
    content_type: str
    filename: str | None = None


@dataclass(frozen=True, slots=True)
class Outbound:
    """A message ready to be sent. ``message_id`` is without brackets; ``mic`` is what its MDN must bring back."""

    message_id: str
    headers: Headers
    body: Span
    mic: Mic


@dataclass(frozen=True, slots=True)
class _Package:
    """Fields and a body that are to become one entity."""

    fields: tuple[tuple[str, str], ...]
    body: Span


def build(
    attachments: Sequence[Attachment],
    terms: Terms,
    *,
    message_id: str,
    now: datetime,
    fresh: Fresh,
    workspace: Workspace,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> Outbound:
    """Wrap files as ``terms`` say: compressed, signed, encrypted, in the order of RFC 5402.

    Raises :class:`canonical.errors.Misconfigured` where keys or certificates for it are missing or too weak.
    """
    try:
        return _Building(terms, now, fresh, workspace, random_bytes).outbound(attachments, message_id)
    except Refused as error:
        raise Misconfigured(
            f"A message to {terms.partner_name} cannot be protected as its profile says: {error} Change the profile or the certificate."
        ) from error


@dataclass(frozen=True, slots=True)
class _Building:
    terms: Terms
    now: datetime
    fresh: Fresh
    workspace: Workspace
    random_bytes: Callable[[int], bytes]

    def outbound(self, attachments: Sequence[Attachment], message_id: str) -> Outbound:
        sending, quirks = self.terms.sending, self.terms.quirks
        package = content = self._content(attachments, message_id)
        mic: Mic | None = None
        if sending.compression is Compression.BEFORE_SIGNING:
            package = self._compressed(package)
        if sending.sign:
            package, mic = self._signed(package)
        if sending.compression is Compression.AFTER_SIGNING:
            package = self._compressed(package)
        if sending.encrypt:
            package = self._encrypted(package)
        if mic is None:
            # RFC 4130, section 7.3.1: without the fields where nothing but HTTP carries them.
            over = content.body if package is content else self._written(content)
            mic = mic_of(over, sending.digest)
        fields = [
            *version_fields(*self.terms.features),
            ("AS2-From", written_name(self.terms.own_name)),
            ("AS2-To", written_name(self.terms.partner_name)),
            ("Message-ID", message_id if quirks.message_id_without_brackets else f"<{message_id}>"),
            ("Date", format_datetime(self.now)),
            ("Subject", sending.subject),
            ("MIME-Version", "1.0"),
            *package.fields,
            *asking_fields(self.terms),
        ]
        if quirks.content_length_required:
            fields.append(("Content-Length", str(package.body.size)))
        return Outbound(message_id, headers(fields), package.body, mic)

    def _content(self, attachments: Sequence[Attachment], message_id: str) -> _Package:
        """One file as it is; several as the parts of a multipart/related, of which the first is the root."""
        packages = [_attached(attachment) for attachment in attachments]
        if len(packages) == 1:
            return packages[0]
        boundary, sink = self.fresh.boundary(), self.workspace.file()
        for number, package in enumerate(packages, 1):
            identified = (*self._typed(package.fields, first=number == 1), ("Content-ID", f"<{number}.{message_id}>"))
            sink.write(writing.opening(boundary, first=number == 1))
            self._write(_Package(identified, package.body), sink)
        sink.write(writing.closing(boundary))
        root = attachments[0].content_type.partition(";")[0].strip()
        value = f'multipart/related; type="{root}"; start="<1.{message_id}>"'
        content_type = writing.with_boundary(value, boundary)
        return _Package((("Content-Type", content_type),), whole(sink))

    def _typed(self, fields: tuple[tuple[str, str], ...], *, first: bool) -> tuple[tuple[str, str], ...]:
        bare = self.terms.quirks.text_without_content_type and not first
        return tuple(pair for pair in fields if not (bare and pair[0] == "Content-Type"))

    def _compressed(self, package: _Package) -> _Package:
        sink = self.workspace.file()
        compress(self._written(package).open(), sink)
        return _Package(_package_fields("compressed-data", "smime.p7z"), whole(sink))

    def _encrypted(self, package: _Package) -> _Package:
        sending, quirks = self.terms.sending, self.terms.quirks
        recipient = self.terms.encryption_certificate(self.now)
        if recipient is None:
            raise Misconfigured(
                f"No certificate of {self.terms.partner_name} to encrypt for is in force. Import the one the partner uses now."
            )
        sink = self.workspace.file()
        encrypt(
            self._written(package).open(),
            sink,
            (recipient,),
            cipher=sending.cipher,
            key_transport=sending.key_transport,
            by_subject_key_id=quirks.recipient_by_key_id,
            gcm_in_enveloped_data=quirks.gcm_in_enveloped_data,
            policy=self.terms.policy,
            random_bytes=self.random_bytes,
        )
        apart = sending.cipher.authenticated and not quirks.gcm_in_enveloped_data
        return _Package(_package_fields("authEnveloped-data" if apart else "enveloped-data", "smime.p7m"), whole(sink))

    def _signed(self, package: _Package) -> tuple[_Package, Mic]:
        sending, quirks = self.terms.sending, self.terms.quirks
        key = self.terms.signing_key(self.now)
        if key is None:
            raise Misconfigured(
                f"There is no key to sign messages to {self.terms.partner_name} with. Make one with 'tally key generate'."
            )
        boundary, sink = self.fresh.boundary(), self.workspace.file()
        sink.write(writing.opening(boundary, first=True))
        digest = self._write(package, sink, sending.digest)
        signature = sign(
            {sending.digest: digest},
            key,
            digest=sending.digest,
            scheme=sending.scheme,
            signing_time=self.now,
            algorithm_protection=not quirks.without_algorithm_protection,
            policy=self.terms.policy,
        )
        sink.write(writing.opening(boundary))
        sink.write(signature_part(signature, quirks))
        sink.write(writing.closing(boundary))
        content_type = signed_content_type(sending.digest, boundary, quirks)
        return _Package((("Content-Type", content_type),), whole(sink)), Mic(sending.digest, digest)

    def _written(self, package: _Package) -> Span:
        """The package as one entity, its fields before its body."""
        sink = self.workspace.file()
        self._write(package, sink)
        return whole(sink)

    def _write(self, package: _Package, sink: BinaryIO, digest: Digest = Digest.SHA256) -> bytes:
        """Write the entity and take its digest on the way."""
        running = digest.new()
        fields = writing.block(package.fields, self.terms.quirks.folding)
        for piece in _chained(fields, package.body.chunks()):
            running.update(piece)
            sink.write(piece)
        return running.digest()


def _chained(first: bytes, others: Iterable[bytes]) -> Iterable[bytes]:
    yield first
    yield from others


def _attached(attachment: Attachment) -> _Package:
    return _Package(part_fields(attachment.content_type, attachment.filename), whole(attachment.content))


def part_fields(content_type: str, filename: str | None) -> tuple[tuple[str, str], ...]:
    """The fields of the part that a file is sent as."""
    fields = [("Content-Type", content_type), ("Content-Transfer-Encoding", "binary")]
    if filename is not None:
        fields.append(("Content-Disposition", f"attachment; {written_parameter('filename', filename)}"))
    return tuple(fields)


def _package_fields(kind: str, filename: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Content-Type", f"{_PACKAGE}; smime-type={kind}; name={filename}"),
        ("Content-Transfer-Encoding", "binary"),
        ("Content-Disposition", f"attachment; filename={filename}"),
    )
