"""Envelopes that others open: every cipher and key transport, for one recipient or several, read by ``openssl cms`` and by ourselves."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.asn1.ber import to_der
from gateway.as2.cms.algorithms import Cipher, Digest, KeyTransport
from gateway.as2.cms.content import ContentType, content_type_of
from gateway.as2.cms.decrypting import Decrypted, decrypt
from gateway.as2.cms.encrypting import encrypt
from gateway.as2.cms.failures import InsufficientSecurity
from gateway.as2.cms.policy import Policy
from tests.gateway.as2.keys import own
from tests.gateway.as2.openssl import OpenSsl, Refused

CONTENT = b"Content-Type: application/edi-x12\r\n\r\nISA*00*...~\r\n"
EVERYTHING = Policy(ciphers=frozenset(Cipher))
US, PARTNER = own("we"), own("partner")


def encrypted(content: bytes = CONTENT, **options: object) -> bytes:
    sink = BytesIO()
    encrypt(BytesIO(content), sink, [US.certificate, PARTNER.certificate], policy=EVERYTHING, **options)  # type: ignore[arg-type]
    return sink.getvalue()


@pytest.mark.parametrize("by_subject_key_id", [True, False])
@pytest.mark.parametrize("key_transport", KeyTransport)
@pytest.mark.parametrize("cipher", Cipher)
def test_every_way_to_encrypt(
    openssl: OpenSsl, cipher: Cipher, key_transport: KeyTransport, by_subject_key_id: bool
) -> None:
    envelope = encrypted(cipher=cipher, key_transport=key_transport, by_subject_key_id=by_subject_key_id)
    assert to_der(envelope) == (envelope, len(envelope))
    for key in (US, PARTNER):
        sink = BytesIO()
        assert decrypt(BytesIO(envelope), sink, [own("other"), key], EVERYTHING) == Decrypted(
            cipher, key_transport, key
        )
        assert sink.getvalue() == CONTENT
        assert openssl.decrypt(envelope, key) == CONTENT
    with pytest.raises(Refused):
        openssl.decrypt(envelope, own("other"))


@pytest.mark.parametrize("digest", Digest)
def test_oaep_with_every_digest(openssl: OpenSsl, digest: Digest) -> None:
    envelope = encrypted(key_transport=KeyTransport.OAEP, oaep_digest=digest)
    assert openssl.decrypt(envelope, US) == CONTENT
    assert decrypt(BytesIO(envelope), BytesIO(), [US]).key_transport is KeyTransport.OAEP


@pytest.mark.parametrize("cipher", [Cipher.AES_128_GCM, Cipher.AES_192_GCM, Cipher.AES_256_GCM])
def test_gcm_inside_enveloped_data_for_those_who_know_nothing_else(cipher: Cipher) -> None:
    envelope = encrypted(cipher=cipher, gcm_in_enveloped_data=True)
    sink = BytesIO()
    assert content_type_of(BytesIO(envelope)) is ContentType.ENVELOPED_DATA
    assert decrypt(BytesIO(envelope), sink, [PARTNER]).cipher is cipher
    assert sink.getvalue() == CONTENT


@given(
    st.sampled_from([*range(40), 65_535, 65_536, 200_001]).map(lambda size: b"\x10" * size),
    st.sampled_from(Cipher),
    st.booleans(),
)
def test_content_of_any_size_from_where_the_source_stands(
    content: bytes, cipher: Cipher, gcm_in_enveloped_data: bool
) -> None:
    source, envelope, sink = BytesIO(b"before" + content), BytesIO(b"before"), BytesIO()
    source.seek(6)
    envelope.seek(6)
    encrypt(
        source,
        envelope,
        [US.certificate],
        cipher=cipher,
        gcm_in_enveloped_data=gcm_in_enveloped_data,
        policy=EVERYTHING,
    )
    envelope.seek(6)
    decrypt(envelope, sink, [US], EVERYTHING)
    assert sink.getvalue() == content


def test_every_message_has_its_own_key_and_vector() -> None:
    taken: list[int] = []

    def counted(size: int) -> bytes:
        taken.append(size)
        return bytes((len(taken),)) * size

    first, second = (encrypted(random_bytes=counted) for _ in range(2))
    assert taken == [32, 16, 32, 16]
    assert first[-64:] != second[-64:]


def test_there_is_a_recipient() -> None:
    with pytest.raises(ValueError, match="no recipient"):
        encrypt(BytesIO(CONTENT), BytesIO(), [])


@pytest.mark.parametrize(
    ("policy", "what"),
    [
        (Policy(), "cipher 3des-cbc"),
        (
            Policy(ciphers=frozenset(Cipher), key_transports=frozenset({KeyTransport.OAEP})),
            "key transport rsa-pkcs1-v1.5",
        ),
        (Policy(ciphers=frozenset(Cipher), minimum_rsa_bits=4096), "2048 bits"),
    ],
)
def test_what_is_not_allowed_is_not_encrypted(policy: Policy, what: str) -> None:
    sink = BytesIO()
    with pytest.raises(InsufficientSecurity, match=what):
        encrypt(BytesIO(CONTENT), sink, [US.certificate], cipher=Cipher.TRIPLE_DES_CBC, policy=policy)
    assert sink.getvalue() == b""
