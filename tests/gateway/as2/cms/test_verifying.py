"""Signatures of others: every kind that ``openssl cms`` writes, in any encoding; and everything that only looks like one."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.asn1 import der
from gateway.as2.asn1.tags import SET
from gateway.as2.cms.algorithms import RSA_PSS, Digest, SignatureScheme
from gateway.as2.cms.failures import (
    AuthenticationFailed,
    InsufficientSecurity,
    IntegrityCheckFailed,
    Refused,
    UnknownSigner,
    UnsupportedFormat,
)
from gateway.as2.cms.identifiers import digest_identifier
from gateway.as2.cms.keys import Certificate
from gateway.as2.cms.policy import Policy
from gateway.as2.cms.signing import digest_of, sign
from gateway.as2.cms.verifying import Verified, verify, verify_attached
from tests.gateway.as2.keys import certificate, own
from tests.gateway.as2.openssl import OpenSsl
from tests.gateway.as2.rewriting import BOUNCY_CASTLE, MIXED_STYLES, Style, rewritten

from .taken_apart import signed_data, signer_of

CONTENT = b"Content-Type: application/edi-x12\r\n\r\nISA*00*...~\r\n"
EVERYTHING = Policy(digests=frozenset(Digest))
SIGNED = {
    with_attributes: sign(BytesIO(CONTENT), own("partner"), with_attributes=with_attributes)
    for with_attributes in (True, False)
}
PSS = ("-keyopt", "rsa_padding_mode:pss")


def verified(
    signature: bytes, content: bytes = CONTENT, policy: Policy = EVERYTHING, *accepted: Certificate
) -> Verified:
    return verify(signature, BytesIO(content), accepted or [own("partner").certificate], policy)


@pytest.mark.parametrize("options", [(), ("-noattr",), ("-keyid",), ("-nocerts",), ("-nosmimecap",)])
@pytest.mark.parametrize("scheme", SignatureScheme)
@pytest.mark.parametrize("digest", Digest)
def test_what_openssl_signs(
    openssl: OpenSsl, digest: Digest, scheme: SignatureScheme, options: tuple[str, ...]
) -> None:
    padding = PSS if scheme is SignatureScheme.PSS else ()
    signature = openssl.sign(CONTENT, own("partner"), "-md", digest, *options, *padding)
    found = verified(signature)
    assert (found.digest, found.scheme, found.signer) == (digest, scheme, own("partner").certificate)
    assert found.content_digest == digest_of(BytesIO(CONTENT), digest)
    with pytest.raises(IntegrityCheckFailed):
        verified(signature, CONTENT + b" ")


@pytest.mark.parametrize("salt", ["0", "20", "max", "auto"])
@pytest.mark.parametrize("mask", ["sha1", "sha256", "sha512"])
def test_pss_with_any_salt_and_mask(openssl: OpenSsl, salt: str, mask: str) -> None:
    options = (*PSS, "-keyopt", f"rsa_mgf1_md:{mask}", "-keyopt", f"rsa_pss_saltlen:{salt}")
    assert verified(openssl.sign(CONTENT, own("partner"), "-md", "sha256", *options)).scheme is SignatureScheme.PSS


@pytest.mark.parametrize("salt", ["20", "max", "digest"])
@pytest.mark.parametrize("parameters", [b"", der.NULL], ids=["absent", "NULL"])
def test_pss_that_does_not_say_how_counts_only_where_that_is_agreed(
    openssl: OpenSsl, salt: str, parameters: bytes
) -> None:
    salted = (*PSS, "-keyopt", f"rsa_pss_saltlen:{salt}")
    signer = signer_of(openssl.sign(CONTENT, own("partner"), "-md", "sha256", "-noattr", *salted))
    bare = signed_data([replace(signer, algorithm=der.sequence(der.object_identifier(RSA_PSS), parameters))])
    partner = [own("partner").certificate]
    found = verify(bare, BytesIO(CONTENT), partner, pss_without_parameters=True)
    assert (found.digest, found.scheme) == (Digest.SHA256, SignatureScheme.PSS)
    with pytest.raises(IntegrityCheckFailed):
        verify(bare, BytesIO(CONTENT + b" "), partner, pss_without_parameters=True)
    with pytest.raises(UnsupportedFormat, match="pss_without_parameters"):
        verify(bare, BytesIO(CONTENT), partner)


@pytest.mark.parametrize("options", [(), ("-stream",), ("-noattr",)])
@pytest.mark.parametrize("size", [1, 200_000])
def test_content_inside(openssl: OpenSsl, size: int, options: tuple[str, ...]) -> None:
    content = bytes(size)
    sink = BytesIO()
    signed = openssl.sign(content, own("partner"), "-nodetach", *options)
    found = verify_attached(BytesIO(signed), sink, [own("partner").certificate])
    assert sink.getvalue() == content
    assert found.content_digest == digest_of(BytesIO(content), found.digest)


STYLES = [BOUNCY_CASTLE, Style(piece=1), Style(piece=7, nested=True), Style(indefinite=False, padding=3)]


@pytest.mark.parametrize("with_attributes", [True, False])
@pytest.mark.parametrize("style", STYLES)
def test_any_encoding_of_a_signature(style: Style, with_attributes: bool) -> None:
    assert verified(rewritten(SIGNED[with_attributes], style)) == verified(SIGNED[with_attributes])


@given(st.booleans(), MIXED_STYLES)
def test_each_value_of_a_signature_in_an_encoding_of_its_own(
    with_attributes: bool, styles: Callable[[], Style]
) -> None:
    signature = rewritten(SIGNED[with_attributes], styles)
    assert verified(signature) == verified(SIGNED[with_attributes])


@pytest.mark.parametrize("style", STYLES)
def test_any_encoding_of_content_inside(style: Style) -> None:
    content = bytes(range(256)) * 30
    attached = signed_data([signer_of(sign(BytesIO(content), own("partner")))], content=content)
    sink = BytesIO()
    verify_attached(BytesIO(rewritten(attached, style)), sink, [own("partner").certificate])
    assert sink.getvalue() == content


def test_the_signer_is_one_of_several_accepted() -> None:
    """While certificates overlap, old and new count alike; the one that was used is told."""
    renewed = certificate("partner", own("partner").private_key)
    assert (
        verified(SIGNED[True], CONTENT, EVERYTHING, renewed, own("partner").certificate).signer
        == own("partner").certificate
    )


# Attacks. Each of these would be a message that nobody sent.


def test_no_signer() -> None:
    with pytest.raises(AuthenticationFailed, match="0 signers"):
        verified(signed_data([], digests=[digest_identifier(Digest.SHA256).encoded()]))


def test_several_signers() -> None:
    signers = [signer_of(SIGNED[True]), signer_of(sign(BytesIO(CONTENT), own("attacker")))]
    for order in (signers, signers[::-1], signers[:1] * 2):
        with pytest.raises(AuthenticationFailed, match="2 signers"):
            verified(signed_data(order))


@pytest.mark.parametrize("with_attributes", [True, False])
def test_a_valid_signature_by_a_certificate_that_is_not_pinned(with_attributes: bool) -> None:
    signature = sign(BytesIO(CONTENT), own("attacker"), with_attributes=with_attributes)
    serial = own("attacker").certificate.x509.serial_number
    with pytest.raises(UnknownSigner, match=f"{serial:x} of issuer attacker"):
        verified(signature)
    with pytest.raises(UnknownSigner):
        verify(signature, BytesIO(CONTENT), [])


@pytest.mark.parametrize("with_attributes", [True, False])
def test_a_signature_under_a_name_that_is_pinned_by_another_key(with_attributes: bool) -> None:
    forged = sign(BytesIO(CONTENT), own("attacker"), with_attributes=with_attributes)
    named = own("attacker").certificate.issuer_and_serial
    partner = own("partner").certificate.issuer_and_serial
    signer = signer_of(forged)
    assert signer.identifier == named
    disguised = signed_data(
        [type(signer)(partner, signer.digest, signer.attributes, signer.algorithm, signer.signature)]
    )
    with pytest.raises((AuthenticationFailed, IntegrityCheckFailed)):
        verified(disguised)


def test_other_content() -> None:
    for signature in SIGNED.values():
        with pytest.raises(IntegrityCheckFailed):
            verified(signature, CONTENT[:-1])


def test_content_of_its_own_in_a_detached_signature() -> None:
    with pytest.raises(AuthenticationFailed, match="content of its own"):
        verified(signed_data([signer_of(SIGNED[True])], content=b"another"))
    assert verified(signed_data([signer_of(SIGNED[True])], content=b""))


@pytest.mark.parametrize("twice", [0, 1])
def test_a_repeated_attribute(twice: int) -> None:
    signer = signer_of(SIGNED[True])
    attributes = signer.attributes or ()
    repeated = signer.with_attributes(*attributes, attributes[twice]).signed_by(own("partner"))
    with pytest.raises(AuthenticationFailed, match="repeated"):
        verified(signed_data([repeated]))


def test_an_attribute_with_two_values_or_none() -> None:
    signer = signer_of(SIGNED[True])
    content_type, message_digest = signer.attributes or ()
    oid = message_digest[2:13]
    two = der.sequence(
        oid, der.value(SET, der.octet_string(bytes(32)), der.octet_string(digest_of(BytesIO(CONTENT), Digest.SHA256)))
    )
    for values in (two, der.sequence(oid, der.value(SET))):
        with pytest.raises(AuthenticationFailed, match="not one value"):
            verified(signed_data([signer.with_attributes(content_type, values).signed_by(own("partner"))]))


@pytest.mark.parametrize(("left_out", "what"), [(0, "content type"), (1, "digest of the content")])
def test_an_attribute_that_is_missing(left_out: int, what: str) -> None:
    signer = signer_of(SIGNED[True])
    kept = (signer.attributes or ())[1 - left_out]
    with pytest.raises(AuthenticationFailed, match=what):
        verified(signed_data([signer.with_attributes(kept).signed_by(own("partner"))]))


def test_attributes_of_another_type_of_content() -> None:
    with pytest.raises(AuthenticationFailed, match="content type"):
        verified(signed_data([signer_of(SIGNED[True])], content_type=der.object_identifier("1.2.840.113549.1.7.5")))
    with pytest.raises(AuthenticationFailed, match="with attributes"):
        verified(signed_data([signer_of(SIGNED[False])], content_type=der.object_identifier("1.2.840.113549.1.7.5")))


def test_attributes_passed_off_as_content() -> None:
    """Whoever has seen one signature could otherwise make a signed message without attributes of what was signed there."""
    signer = signer_of(SIGNED[True])
    content = der.value(SET, *(signer.attributes or ()))
    stripped = type(signer)(signer.identifier, signer.digest, None, signer.algorithm, signer.signature)
    with pytest.raises(AuthenticationFailed, match="passed off"):
        verified(signed_data([stripped]), content)


def test_attributes_in_another_order_than_they_were_signed() -> None:
    """The signature is of the DER, whatever the order in the message; but one of them as they came counts too."""
    signer = signer_of(SIGNED[True])
    turned = signer.with_attributes(*reversed(signer.attributes or ()))
    assert turned.attributes != signer.attributes
    assert verified(signed_data([turned]))
    assert verified(signed_data([turned.signed_by(own("partner"))]))


def test_other_algorithms_than_protected() -> None:
    protected = signer_of(sign(BytesIO(CONTENT), own("partner"), algorithm_protection=True))
    elsewhere = signer_of(sign(BytesIO(CONTENT), own("partner"), digest=Digest.SHA512, algorithm_protection=True))
    message_digest = (signer_of(SIGNED[True]).attributes or ())[1]
    mixed = protected.with_attributes(*[each for each in elsewhere.attributes or () if len(each) < 60], message_digest)
    assert verified(signed_data([protected]))
    with pytest.raises(AuthenticationFailed, match="CMSAlgorithmProtection"):
        verified(signed_data([mixed.signed_by(own("partner"))]))


def test_digests_named_differently_in_two_places() -> None:
    signer = signer_of(SIGNED[True])
    sha1_with_rsa = der.sequence(der.object_identifier("1.2.840.113549.1.1.5"), der.NULL)
    with pytest.raises(AuthenticationFailed, match="sha256 in one place and sha1"):
        verified(
            signed_data(
                [type(signer)(signer.identifier, signer.digest, signer.attributes, sha1_with_rsa, signer.signature)]
            )
        )


def test_algorithms_that_are_not_known() -> None:
    signer = signer_of(SIGNED[True])
    md5 = der.sequence(der.object_identifier("1.2.840.113549.2.5"), der.NULL)
    dsa = der.sequence(der.object_identifier("1.2.840.10040.4.3"))
    for digest, algorithm in ((md5, signer.algorithm), (signer.digest, dsa)):
        with pytest.raises(UnsupportedFormat, match=r"1\.2\.840"):
            verified(
                signed_data([type(signer)(signer.identifier, digest, signer.attributes, algorithm, signer.signature)])
            )


def test_a_digest_that_was_not_announced_before_content_inside() -> None:
    attached = signed_data(
        [signer_of(SIGNED[True])], content=CONTENT, digests=[digest_identifier(Digest.SHA512).encoded()]
    )
    sink = BytesIO()
    with pytest.raises(AuthenticationFailed, match="not announced"):
        verify_attached(BytesIO(attached), sink, [own("partner").certificate])
    assert sink.getvalue() == b""


@pytest.mark.parametrize(
    ("policy", "what"),
    [
        (Policy(digests=frozenset({Digest.SHA512})), "digest sha256"),
        (Policy(schemes=frozenset({SignatureScheme.PSS})), "rsa-pkcs1-v1.5 is not allowed; agreed: rsa-pss"),
        (Policy(digests=frozenset()), "agreed: none"),
        (Policy(minimum_rsa_bits=3072), "2048 bits, and at least 3072"),
    ],
)
@pytest.mark.parametrize("with_attributes", [True, False])
def test_weaker_than_agreed(policy: Policy, what: str, with_attributes: bool) -> None:
    with pytest.raises(InsufficientSecurity, match=what):
        verified(SIGNED[with_attributes], CONTENT, policy)


def test_unless_agreed_neither_sha1_nor_short_keys_count() -> None:
    for key, digest in ((own("short", 1024), Digest.SHA256), (own("partner"), Digest.SHA1)):
        weak = Policy(digests=frozenset(Digest), minimum_rsa_bits=1024)
        signature = sign(BytesIO(CONTENT), key, digest=digest, policy=weak)
        assert verified(signature, CONTENT, weak, key.certificate)
        with pytest.raises(InsufficientSecurity):
            verified(signature, CONTENT, Policy(), key.certificate)


def test_what_is_refused_leaves_nothing() -> None:
    sink = BytesIO(b"before")
    sink.seek(6)
    attached = signed_data([signer_of(SIGNED[True])], content=CONTENT + b"!")
    with pytest.raises(IntegrityCheckFailed):
        verify_attached(BytesIO(attached), sink, [own("partner").certificate])
    assert sink.getvalue() == b"before"


@given(st.data())
def test_a_changed_signature_never_proves_anything_else(data: st.DataObject) -> None:
    """Whatever is changed: refused in one of our ways, or the same content by the same signer."""
    signature = bytearray(SIGNED[data.draw(st.booleans())])
    for _ in range(data.draw(st.integers(min_value=1, max_value=3))):
        at = data.draw(st.integers(min_value=0, max_value=len(signature) - 1))
        signature[at : at + data.draw(st.integers(min_value=0, max_value=2))] = data.draw(st.binary(max_size=2))
    try:
        found = verified(bytes(signature))
    except Refused:
        return
    assert (found.signer, found.content_digest) == (
        own("partner").certificate,
        digest_of(BytesIO(CONTENT), found.digest),
    )


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    for signature in (data, SIGNED[True][:100] + data):
        with pytest.raises(Refused):
            verified(signature)
        with pytest.raises(Refused):
            verify_attached(BytesIO(signature), BytesIO(), [own("partner").certificate])
