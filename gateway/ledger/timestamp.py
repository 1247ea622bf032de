"""Time stamps (RFC 3161): an authority's word that certain bytes were there at a certain time. Pure.

A checkpoint may have several, each over the checkpoint and all the stamps before it (as RFC 4998, section 5.2, renews them): so the first
one is still proof when the certificate of its authority has long expired.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256, sha512
from typing import Self

from cryptography.x509 import Certificate, ObjectIdentifier, load_der_x509_certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

_HASHES = {"2.16.840.1.101.3.4.2.1": sha256, "2.16.840.1.101.3.4.2.3": sha512}
"""Those that an imprint may be by, by their object identifiers."""

_GRANTED = 0
_STATUS = {
    1: "granted something else than was asked for",
    2: "rejected the request",
    3: "wants us to wait",
    4: "warns of a revocation",
    5: "tells of a revocation",
}
"""PKIStatus (RFC 3161, section 2.4.2), where the stamp that was asked for is not granted."""

_IN_WORDS = re.compile(r'data: "Verify error: ([^"]*)"')
"""Where OpenSSL says in words what is wrong with a certificate."""


class NoStamp(ValueError):
    """Not a time stamp for these bytes that is to be believed; says why."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """Whose stamps are believed: what leads to one of ``roots``, and is under ``policy`` where that is given."""

    roots: tuple[Certificate, ...]
    policy: ObjectIdentifier | None = None

    @classmethod
    def read(cls, pem: bytes, policy: str | None = None) -> Self:
        """Roots out of a PEM file. Raises ValueError where there is none in it, or ``policy`` is no object identifier."""
        return cls(tuple(load_pem_x509_certificates(pem)), None if policy is None else ObjectIdentifier(policy))


@dataclass(frozen=True, slots=True)
class Stamp:
    """One time stamp: the authority's ``response`` (DER), the time ``at`` which it was made, and until when the certificate of
    ``authority`` (its name) is valid."""

    response: bytes
    at: datetime
    expires: datetime
    authority: str


@dataclass(frozen=True, slots=True)
class Query:
    """A request for a stamp (DER), and the nonce that its answer must repeat."""

    body: bytes
    nonce: int

    @classmethod
    def over(cls, data: bytes) -> Self:
        """Asks for the authority's certificates too, so that the stamp can be verified by whoever has the root."""
        builder = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256)
        request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
        assert request.nonce is not None
        return cls(request.as_bytes(), request.nonce)


def stamped(checkpoint: bytes, before: Sequence[bytes] = ()) -> bytes:
    """What a stamp is made over: the signed checkpoint, and behind it the responses ``before`` this one, in their order."""
    return b"".join((checkpoint, *before))


def verified(response: bytes, data: bytes, trusted: Trusted, nonce: int | None = None) -> Stamp:
    """The stamp that ``response`` is for ``data``, with the certificates valid at the time that it says. Raises NoStamp."""
    read = granted(response, data)
    builder = VerifierBuilder(policy_id=trusted.policy, roots=list(trusted.roots), nonce=nonce)
    try:
        builder.build().verify_message(read, data)
    except (VerificationError, ValueError) as error:
        found = _IN_WORDS.search(str(error))
        why = str(error).partition(": ErrorStack")[0] if found is None else found[1]
        raise NoStamp(f"it does not hold by the authorities that are trusted: {why}") from error
    certificate = _signer(read)
    return Stamp(
        response, read.tst_info.gen_time, certificate.not_valid_after_utc, certificate.subject.rfc4514_string()
    )


def granted(response: bytes, data: bytes) -> TimeStampResponse:
    """A response that has a stamp, for exactly ``data``; who signed it is not looked at. Raises NoStamp."""
    try:
        read = decode_timestamp_response(response)
        if read.status != _GRANTED:
            words = f" ({'; '.join(read.status_string)})" if read.status_string else ""
            raise NoStamp(f"the authority {_STATUS.get(read.status, f'answered status {read.status}')}{words}")
        imprint = read.tst_info.message_imprint
    except (ValueError, TypeError) as error:
        raise error if isinstance(error, NoStamp) else NoStamp(f"it is no time stamp: {error}") from error
    hashed = _HASHES.get(imprint.hash_algorithm.dotted_string)
    if hashed is None:
        raise NoStamp(f"its imprint is by {imprint.hash_algorithm.dotted_string}, which is not SHA-256 or SHA-512")
    if bytes(imprint.message) != hashed(data).digest():
        raise NoStamp("it is a time stamp for something else")
    return read


def chained(checkpoint: bytes, responses: Sequence[bytes], trusted: Trusted) -> tuple[Stamp, ...]:
    """All stamps of a checkpoint, each made while the certificate of the one before was valid. Raises NoStamp."""
    found: list[Stamp] = []
    for place, response in enumerate(responses):
        stamp = verified(response, stamped(checkpoint, responses[:place]), trusted)
        if found and not found[-1].at <= stamp.at <= found[-1].expires:
            raise NoStamp(
                f"stamp {place + 1} was not made between the one before it and the end of that one's certificate"
            )
        found.append(stamp)
    return tuple(found)


def _signer(response: TimeStampResponse) -> Certificate:
    """The certificate whose key signed it, which must be with it as asked for."""
    signers = list(response.signed_data.signer_infos)
    for data in response.signed_data.certificates:
        certificate = load_der_x509_certificate(data)
        if (certificate.issuer, certificate.serial_number) == (signers[0].issuer, signers[0].serial_number):
            return certificate
    raise NoStamp("it comes without the certificate of its authority")
