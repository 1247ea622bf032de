"""Time stamps (RFC 3161): an authority's word that certain bytes were there at a certain time. Pure.

A checkpoint may have several, each over the checkpoint and all the stamps before it (as RFC 4998, section 5.2, renews them): so the first
one is still proof when the certificate of its authority has long expired.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256, sha512
from typing import Self

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, ObjectIdentifier, load_der_x509_certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from ..as2.asn1 import der
from .timestamp_structure import NotGranted, NotRead, Told, in_set_order, read

_HASHES = {
    der.object_identifier("2.16.840.1.101.3.4.2.1"): sha256,
    der.object_identifier("2.16.840.1.101.3.4.2.3"): sha512,
}
"""Those that an imprint may be by, by their object identifiers (DER)."""

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

    @property
    def pem(self) -> bytes:
        """The roots as a PEM file."""
        return b"".join(root.public_bytes(Encoding.PEM) for root in self.roots)


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
    stamp = unverified(response, data)
    builder = VerifierBuilder(policy_id=trusted.policy, roots=list(trusted.roots), nonce=nonce)
    try:
        builder.build().verify_message(decode_timestamp_response(in_set_order(response)), data)
    except (VerificationError, ValueError, TypeError) as error:
        if isinstance(error, NoStamp):
            raise
        found = _IN_WORDS.search(str(error))
        why = str(error).partition(": ErrorStack")[0] if found is None else found[1]
        raise NoStamp(f"it does not hold by the authorities that are trusted: {why}") from error
    return stamp


def unverified(response: bytes, data: bytes) -> Stamp:
    """The stamp that ``response`` says to be for ``data``, and to be by whom; nothing says that it is. Raises NoStamp."""
    told = granted(response, data)
    try:
        certificate = _signer(decode_timestamp_response(in_set_order(response)))
    except (ValueError, TypeError) as error:
        if isinstance(error, NoStamp):
            raise
        raise NoStamp(f"it is no time stamp: {error}") from error
    return Stamp(response, told.at, certificate.not_valid_after_utc, certificate.subject.rfc4514_string())


def sufficient(stamp: Stamp, data: bytes, trusted: Trusted) -> Trusted:
    """Of whom is trusted the one root by which a stamp over ``data`` holds; all where none is enough by itself. Under any policy."""
    for root in trusted.roots:
        with suppress(NoStamp):
            verified(stamp.response, data, alone := Trusted((root,)))
            return alone
    return replace(trusted, policy=None)


def granted(response: bytes, data: bytes) -> Told:
    """What a response says that has a stamp, for exactly ``data``; who signed it is not looked at. Raises NoStamp."""
    try:
        told = read(response)
    except NotGranted as error:
        raise NoStamp(str(error)) from error
    except NotRead as error:
        raise NoStamp(f"it is no time stamp: {error}") from error
    hashed = _HASHES.get(told.algorithm)
    if hashed is None:
        raise NoStamp("its imprint is by a digest that is neither SHA-256 nor SHA-512")
    if told.digest != hashed(data).digest():
        raise NoStamp("it is a time stamp for something else")
    return told


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
