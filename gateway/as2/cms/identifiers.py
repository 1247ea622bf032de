"""AlgorithmIdentifier (RFC 5280, 4.1.1.2), and the parameters of the algorithms that have any."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, TypeVar

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import padding

from ..asn1 import der
from ..asn1.reader import Element, Reader, whole
from ..asn1.tags import OBJECT_IDENTIFIER, OCTET_STRING
from .algorithms import DIGEST_OIDS, MGF1, RSA, RSA_OAEP, RSA_PSS, Digest
from .failures import UnsupportedFormat

_Declared = TypeVar("_Declared")


@dataclass(frozen=True, slots=True)
class AlgorithmIdentifier:
    """An algorithm by its encoded object identifier, with its encoded parameters; None where they are absent."""

    oid: bytes
    parameters: bytes | None = None

    @classmethod
    def read(cls, element: Element) -> "AlgorithmIdentifier":
        """From its SEQUENCE. Raises Malformed."""
        content = element.content
        return _read_before(content) if len(content) <= _SHORT else _read(content)

    def encoded(self) -> bytes:
        """Its SEQUENCE."""
        return der.sequence(self.oid, self.parameters or b"")

    def means(self, other: "AlgorithmIdentifier") -> bool:
        """Whether both say the same; NULL parameters say no more than absent ones (RFC 5754, 2)."""
        return self.oid == other.oid and (self.parameters or der.NULL) == (other.parameters or der.NULL)

    def __str__(self) -> str:
        """The object identifier in digits, for a message; in hexadecimal where it is none."""
        try:
            return asn1.decode_der(x509.ObjectIdentifier, self.oid).dotted_string
        except ValueError:
            return self.oid.hex()


def _read(content: bytes) -> AlgorithmIdentifier:
    inside = Reader(content)
    oid = inside.take(OBJECT_IDENTIFIER).encoded
    parameters = inside.take().encoded if inside.tag is not None else None
    inside.finish()
    return AlgorithmIdentifier(oid, parameters)


_read_before = lru_cache(maxsize=64)(_read)
"""The same few stand in every message, some of them several times."""

_SHORT = 64
"""Bytes up to which one is remembered: a stranger may write long ones."""


@asn1.sequence
class _Hash:
    algorithm: x509.ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _Mask:
    algorithm: x509.ObjectIdentifier
    hash: _Hash


@asn1.sequence
class _Label:
    algorithm: x509.ObjectIdentifier
    value: bytes


@asn1.sequence
class _PssParameters:
    """RSASSA-PSS-params (RFC 4055, 3.1). Defaults may be written out, though DER says not to."""

    hash: Annotated[_Hash | None, asn1.Explicit(0)]
    mask: Annotated[_Mask | None, asn1.Explicit(1)]
    salt_length: Annotated[int | None, asn1.Explicit(2)]
    trailer: Annotated[int | None, asn1.Explicit(3)]


@asn1.sequence
class _OaepParameters:
    """RSAES-OAEP-params (RFC 4055, 4.1)."""

    hash: Annotated[_Hash | None, asn1.Explicit(0)]
    mask: Annotated[_Mask | None, asn1.Explicit(1)]
    label: Annotated[_Label | None, asn1.Explicit(2)]


@asn1.sequence
class _GcmParameters:
    """GCMParameters (RFC 5084, 3.2)."""

    nonce: bytes
    tag_length: int | None


_DEFAULT_SALT_LENGTH = 20
_LONGEST_SALT = 512
_ABSENT = {None, b"", der.NULL}
_DEFAULT_GCM_TAG = 12
GCM_TAG = 16
"""Bytes of the authentication tag that we write."""

_DIGEST_OF = {oid: digest for digest, oid in DIGEST_OIDS.items()}


@dataclass(frozen=True, slots=True)
class Pss:
    """How PSS was applied: the content's digest and the padding."""

    digest: Digest
    padding: padding.PSS


@lru_cache
def digest_identifier(digest: Digest) -> AlgorithmIdentifier:
    """A digest alone: parameters absent (RFC 5754, 2)."""
    return AlgorithmIdentifier(der.object_identifier(DIGEST_OIDS[digest]))


@lru_cache
def rsa_identifier() -> AlgorithmIdentifier:
    """rsaEncryption, for signatures and for key transport alike (RFC 3370, 3.2 and 4.2.1)."""
    return AlgorithmIdentifier(der.object_identifier(RSA), der.NULL)


@lru_cache
def pss_identifier(digest: Digest) -> AlgorithmIdentifier:
    """RSASSA-PSS with a mask of the same digest and a salt as long as it (RFC 4056, 2.2)."""
    parameters = _PssParameters(hash=_hash(digest), mask=_mask(digest), salt_length=digest.size, trailer=None)
    return AlgorithmIdentifier(der.object_identifier(RSA_PSS), asn1.encode_der(parameters))


@lru_cache
def oaep_identifier(digest: Digest) -> AlgorithmIdentifier:
    """RSAES-OAEP with a mask of the same digest and no label."""
    parameters = _OaepParameters(hash=_hash(digest), mask=_mask(digest), label=None)
    return AlgorithmIdentifier(der.object_identifier(RSA_OAEP), asn1.encode_der(parameters))


def pss_of(identifier: AlgorithmIdentifier, *, unsaid: Digest | None = None) -> Pss:
    """What RSASSA-PSS parameters say. Raises UnsupportedFormat.

    A signature must have them (RFC 4056, 3); the defaults of RFC 4055 are what an empty sequence means, not their absence. Where ``unsaid``
    is given, absence means what libraries do unless told otherwise: this digest, a mask of the same, and a salt of whatever length.
    """
    if identifier.parameters in _ABSENT:
        if unsaid is None:
            raise UnsupportedFormat(
                "The signature is RSA-PSS and does not say how it was made. pyas2lib writes it so; the quirk pss_without_parameters "
                "takes it."
            )
        return Pss(unsaid, padding.PSS(padding.MGF1(unsaid.hash), padding.PSS.AUTO))
    found = _decoded(_PssParameters, identifier)
    salt_length = _DEFAULT_SALT_LENGTH if found.salt_length is None else found.salt_length
    if not 0 <= salt_length <= _LONGEST_SALT or found.trailer not in (None, 1):
        raise UnsupportedFormat(
            f"RSA-PSS with a salt of {salt_length} bytes and trailer {found.trailer} is not known here."
        )
    return Pss(_digest(found.hash), padding.PSS(_mgf(found.mask), salt_length))


def oaep_of(identifier: AlgorithmIdentifier) -> padding.OAEP:
    """What RSAES-OAEP parameters say. Raises UnsupportedFormat."""
    found = _decoded(_OaepParameters, identifier)
    return padding.OAEP(_mgf(found.mask), _digest(found.hash).hash, found.label.value if found.label else None)


@dataclass(frozen=True, slots=True)
class Gcm:
    """Nonce and length of the authentication tag, in bytes."""

    nonce: bytes
    tag_length: int


def gcm_identifier(oid: bytes, nonce: bytes) -> AlgorithmIdentifier:
    """AES-GCM with a tag of :data:`GCM_TAG` bytes."""
    return AlgorithmIdentifier(oid, der.sequence(der.octet_string(nonce), der.integer(GCM_TAG)))


def gcm_of(identifier: AlgorithmIdentifier) -> Gcm:
    """What GCM parameters say. Some products write the nonce alone, as CBC does, with a full tag.

    Raises UnsupportedFormat, Malformed.
    """
    if identifier.parameters and identifier.parameters[0] == OCTET_STRING:
        return Gcm(whole(identifier.parameters, OCTET_STRING).content, GCM_TAG)
    found = _decoded(_GcmParameters, identifier)
    return Gcm(found.nonce, _DEFAULT_GCM_TAG if found.tag_length is None else found.tag_length)


def cbc_identifier(oid: bytes, initialization_vector: bytes) -> AlgorithmIdentifier:
    """A cipher in CBC mode (RFC 3370, 5.1; RFC 3565, 2.3.1)."""
    return AlgorithmIdentifier(oid, der.octet_string(initialization_vector))


def initialization_vector_of(identifier: AlgorithmIdentifier) -> bytes:
    """The initialization vector of CBC. Raises Malformed."""
    return whole(identifier.parameters or b"", OCTET_STRING).content


def _decoded(declared: type[_Declared], identifier: AlgorithmIdentifier) -> _Declared:
    try:
        return asn1.decode_der(declared, identifier.parameters or b"")
    except ValueError as unreadable:
        raise UnsupportedFormat(
            f"The parameters of algorithm {identifier} cannot be read: {unreadable}."
        ) from unreadable


def _hash(digest: Digest) -> _Hash:
    return _Hash(algorithm=x509.ObjectIdentifier(DIGEST_OIDS[digest]), parameters=asn1.Null())


def _mask(digest: Digest) -> _Mask:
    return _Mask(algorithm=x509.ObjectIdentifier(MGF1), hash=_hash(digest))


def _digest(found: _Hash | None) -> Digest:
    if found is None:
        return Digest.SHA1
    digest = _DIGEST_OF.get(found.algorithm.dotted_string)
    if digest is None:
        raise UnsupportedFormat(f"Digest {found.algorithm.dotted_string} is not known here.")
    return digest


def _mgf(found: _Mask | None) -> padding.MGF1:
    if found is not None and found.algorithm.dotted_string != MGF1:
        raise UnsupportedFormat(f"Mask generation {found.algorithm.dotted_string} is not known here.")
    return padding.MGF1(_digest(found.hash if found else None).hash)
