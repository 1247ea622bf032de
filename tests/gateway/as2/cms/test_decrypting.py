"""Envelopes of others: every kind that ``openssl cms`` writes and some that it does not, in any encoding; and manipulated ones, which all
look the same from outside."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.asn1 import der
from gateway.as2.asn1.tags import SET, context_constructed
from gateway.as2.cms import attributes
from gateway.as2.cms.algorithms import CIPHER_OIDS, Cipher, Digest, KeyTransport
from gateway.as2.cms.content import DATA_OID, ContentType
from gateway.as2.cms.decrypting import DAMAGED, decrypt
from gateway.as2.cms.encrypting import encrypt
from gateway.as2.cms.failures import DecryptionFailed, InsufficientSecurity, Refused, UnsupportedFormat
from gateway.as2.cms.policy import Policy
from tests.gateway.as2.keys import certificate, own
from tests.gateway.as2.openssl import OpenSsl
from tests.gateway.as2.rewriting import BOUNCY_CASTLE, ENCRYPTED_CONTENT, MIXED_STYLES, Style, rewritten

from .taken_apart import Envelope

CONTENT = b"Content-Type: application/edi-x12\r\n\r\nISA*00*...~\r\n" * 20
EVERYTHING = Policy(ciphers=frozenset(Cipher))
US = own("we")
KEYS = {Cipher.AES_256_CBC: b"k" * 32, Cipher.AES_256_GCM: b"k" * 32, Cipher.TRIPLE_DES_CBC: b"k" * 24}
ANOTHER_KEY = bytes(32)


def fixed(size: int) -> bytes:
    """No randomness, so that what a test sees once it sees always."""
    return b"k" * size


def enveloped(
    cipher: Cipher = Cipher.AES_256_CBC, transport: KeyTransport = KeyTransport.PKCS1_V15, content: bytes = CONTENT
) -> Envelope:
    sink = BytesIO()
    encrypt(
        BytesIO(content),
        sink,
        [US.certificate],
        cipher=cipher,
        key_transport=transport,
        policy=EVERYTHING,
        random_bytes=fixed,
    )
    return Envelope.of(sink.getvalue())


def opened(envelope: bytes, policy: Policy = EVERYTHING, random_bytes: Callable[[int], bytes] = bytes) -> bytes:
    sink = BytesIO()
    assert not decrypt(BytesIO(envelope), sink, [own("other"), US], policy, random_bytes=random_bytes).damaged
    return sink.getvalue()


@pytest.mark.parametrize("options", [(), ("-stream",), ("-keyid",)])
@pytest.mark.parametrize("cipher", ["des3", "aes128", "aes192", "aes256", "aes-128-gcm", "aes-192-gcm", "aes-256-gcm"])
def test_what_openssl_encrypts(openssl: OpenSsl, cipher: str, options: tuple[str, ...]) -> None:
    recipients = [own("other").certificate, own("partner").certificate]
    envelope = openssl.encrypt(CONTENT, recipients, f"-{cipher}", *options)
    for key in (own("other"), own("partner")):
        sink = BytesIO()
        assert decrypt(BytesIO(envelope), sink, [US, key], EVERYTHING).key is key
        assert sink.getvalue() == CONTENT
    with pytest.raises(DecryptionFailed, match="none of our certificates"):
        decrypt(BytesIO(envelope), BytesIO(), [US], EVERYTHING)


@pytest.mark.parametrize("mask", ["sha1", "sha256"])
@pytest.mark.parametrize("digest", Digest)
def test_oaep_of_openssl(openssl: OpenSsl, digest: Digest, mask: str) -> None:
    options = ("rsa_padding_mode:oaep", f"rsa_oaep_md:{digest}", f"rsa_mgf1_md:{mask}")
    envelope = openssl.encrypt(
        CONTENT, [US.certificate], "-aes256", *(part for each in options for part in ("-keyopt", each))
    )
    assert opened(envelope) == CONTENT


STYLES = [
    BOUNCY_CASTLE,
    Style(piece=1),
    Style(piece=7, nested=True),
    Style(indefinite=False, padding=3),
    Style(indefinite=False, piece=100),
]


@pytest.mark.parametrize("cipher", Cipher)
@pytest.mark.parametrize("style", STYLES)
def test_any_encoding(style: Style, cipher: Cipher) -> None:
    assert opened(rewritten(enveloped(cipher).encoded(), style, ENCRYPTED_CONTENT)) == CONTENT


@given(st.sampled_from(Cipher), MIXED_STYLES)
def test_each_value_in_an_encoding_of_its_own(cipher: Cipher, styles: Callable[[], Style]) -> None:
    assert opened(rewritten(enveloped(cipher).encoded(), styles, ENCRYPTED_CONTENT)) == CONTENT


@pytest.mark.parametrize("parameters", ["sequence", "sequence without length of tag", "nonce alone"])
@pytest.mark.parametrize("cipher", [Cipher.AES_128_GCM, Cipher.AES_192_GCM, Cipher.AES_256_GCM])
def test_gcm_inside_enveloped_data_in_its_layouts(cipher: Cipher, parameters: str) -> None:
    """As products write it that know no AuthEnvelopedData: the tag after the ciphertext, the parameters like GCM's or like CBC's."""
    nonce = der.octet_string(b"n" * 12)
    written, tag = {
        "sequence": (der.sequence(nonce, der.integer(16)), 16),
        "sequence without length of tag": (der.sequence(nonce), 12),
        "nonce alone": (nonce, 16),
    }[parameters]
    key = b"k" * cipher.key_size
    encrypted = AESGCM(key).encrypt(b"n" * 12, CONTENT, None)
    envelope = replace(
        enveloped(cipher).with_wrapped_key(US.certificate.public_key.encrypt(key, PKCS1v15())),
        content_type=ContentType.ENVELOPED_DATA,
        algorithm=der.sequence(der.object_identifier(CIPHER_OIDS[cipher]), written),
        encrypted=encrypted[: len(encrypted) - 16 + tag],
        after=b"",
    )
    for style in (Style(indefinite=False), BOUNCY_CASTLE, Style(piece=1)):
        assert opened(rewritten(envelope.encoded(), style, ENCRYPTED_CONTENT)) == CONTENT


def authenticated(attribute: bytes, tag: slice = slice(None)) -> bytes:
    """AuthEnvelopedData with an attribute that the tag covers (RFC 5083, 2.2)."""
    signed = der.value(SET, attribute)
    encrypted = AESGCM(b"k" * 32).encrypt(b"k" * 12, CONTENT, signed)
    after = (
        der.value(context_constructed(1), attribute)
        + der.octet_string(encrypted[-16:][tag])
        + der.value(context_constructed(2))
    )
    return replace(enveloped(Cipher.AES_256_GCM), encrypted=encrypted[:-16], after=after).encoded()


ATTRIBUTE = der.sequence(attributes.CONTENT_TYPE, der.value(SET, DATA_OID))


def test_authenticated_attributes() -> None:
    envelope = authenticated(ATTRIBUTE)
    assert opened(envelope) == CONTENT
    assert opened(rewritten(envelope, BOUNCY_CASTLE, ENCRYPTED_CONTENT)) == CONTENT
    with pytest.raises(DecryptionFailed):
        opened(envelope.replace(attributes.CONTENT_TYPE, attributes.SIGNING_TIME))


def test_attributes_that_nobody_authenticates_are_passed_over() -> None:
    unprotected = der.value(context_constructed(1), ATTRIBUTE)
    assert opened(replace(enveloped(), after=unprotected).encoded()) == CONTENT


# Manipulated envelopes: one refusal, in the same words, after the same work.


class Counting(BytesIO):
    """A sink that remembers how far it was written."""

    written = 0

    def write(self, data: object, /) -> int:
        count = super().write(data)  # type: ignore[arg-type]
        self.written += count
        return count


def flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def manipulated(cipher: Cipher) -> dict[str, Envelope]:
    good = enveloped(cipher)
    wrapped = good.wrapped_key()
    wrong_size = US.certificate.public_key.encrypt(b"k" * 7, PKCS1v15())
    last_bytes = {
        "last byte flipped": flipped(good.encrypted, -1),
        "last byte of the block before flipped": flipped(good.encrypted, -17),
        "a block cut off": good.encrypted[:-16],
        "a byte cut off": good.encrypted[:-1],
        "a byte added": good.encrypted + b"\0",
    }
    keys = {
        "wrapped key flipped": flipped(wrapped, 100),
        "wrapped key too short": wrapped[1:],
        "wrapped key beyond the modulus": b"\xff" * 256,
        "wrapped key of nothing": b"",
        "key of another size": wrong_size,
        "another key": US.certificate.public_key.encrypt(ANOTHER_KEY[: cipher.key_size], PKCS1v15()),
    }
    return {name: replace(good, encrypted=encrypted) for name, encrypted in last_bytes.items()} | {
        name: good.with_wrapped_key(wrapped) for name, wrapped in keys.items()
    }


def test_whatever_was_manipulated_looks_the_same() -> None:
    words, work = set(), set()
    for envelope in manipulated(Cipher.AES_256_GCM).values():
        source, sink = BytesIO(envelope.encoded()), Counting()
        with pytest.raises(DecryptionFailed) as refused:
            decrypt(source, sink, [US], random_bytes=bytes)
        words.add(str(refused.value))
        work.add(sink.written // 64)
        assert (source.read(), sink.getvalue(), refused.value.__cause__) == (b"", b"", None)
    assert len(words) == 1
    assert len(work) == 1, "each was decrypted to its end"


@pytest.mark.parametrize("name", manipulated(Cipher.AES_256_CBC))
def test_a_wrong_padding_is_told_after_all_that_was_decrypted_and_to_nobody_else(name: str) -> None:
    """A ciphertext that is no whole number of blocks is refused: that anybody sees."""
    envelope = manipulated(Cipher.AES_256_CBC)[name]
    source, sink = BytesIO(envelope.encoded()), BytesIO()
    if len(envelope.encrypted) % 16:
        with pytest.raises(DecryptionFailed, match=DAMAGED):
            decrypt(source, sink, [US], random_bytes=bytes)
        assert sink.getvalue() == b""
    else:
        assert decrypt(source, sink, [US], random_bytes=bytes).damaged
        assert len(sink.getvalue()) == len(envelope.encrypted)
    assert source.read() == b""


@given(st.integers(min_value=0, max_value=70), st.integers(min_value=1, max_value=40))
def test_content_of_any_length_in_pieces_of_any_length(size: int, piece: int) -> None:
    content = bytes(range(size))
    style = Style(piece=piece)
    assert opened(rewritten(enveloped(content=content).encoded(), style, ENCRYPTED_CONTENT)) == content


@pytest.mark.parametrize("transport", KeyTransport)
def test_a_key_that_cannot_be_unwrapped_is_replaced_by_a_random_one(transport: KeyTransport) -> None:
    """Here the random key is the right one, which shows that it is used; nobody outside can be so lucky."""
    broken = enveloped(transport=transport)
    for envelope in (broken.with_wrapped_key(flipped(broken.wrapped_key(), 9)), broken.with_wrapped_key(b"short")):
        assert opened(envelope.encoded(), random_bytes=fixed) == CONTENT


@pytest.mark.parametrize("length", [0, 4, 11])
def test_a_tag_too_short_to_prove_anything(length: int) -> None:
    good = enveloped(Cipher.AES_256_GCM)
    short = replace(good, after=der.octet_string(good.after[2 : 2 + length]))
    assert opened(good.encoded()) == CONTENT
    with pytest.raises(DecryptionFailed):
        opened(short.encoded())
    with pytest.raises(DecryptionFailed):
        opened(authenticated(ATTRIBUTE, slice(0, length)))
    inside = replace(
        good,
        content_type=ContentType.ENVELOPED_DATA,
        algorithm=der.sequence(
            der.object_identifier(CIPHER_OIDS[Cipher.AES_256_GCM]),
            der.sequence(der.octet_string(b"k" * 12), der.integer(length)),
        ),
        encrypted=good.encrypted + good.after[2 : 2 + length],
        after=b"",
    )
    with pytest.raises(DecryptionFailed):
        opened(inside.encoded())


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        (b"", DecryptionFailed),
        (der.NULL, DecryptionFailed),
        (der.octet_string(b"short"), DecryptionFailed),
        (der.sequence(), DecryptionFailed),
    ],
)
def test_cbc_with_parameters_that_are_none(parameters: bytes, refusal: type[Refused]) -> None:
    algorithm = der.sequence(der.object_identifier(CIPHER_OIDS[Cipher.AES_256_CBC]), parameters)
    with pytest.raises(refusal):
        opened(replace(enveloped(), algorithm=algorithm).encoded())


@pytest.mark.parametrize(
    "parameters", [b"", der.NULL, der.octet_string(b"short"), der.sequence(), der.sequence(der.integer(1))]
)
def test_gcm_with_parameters_that_are_none(parameters: bytes) -> None:
    algorithm = der.sequence(der.object_identifier(CIPHER_OIDS[Cipher.AES_256_GCM]), parameters)
    for content_type in (ContentType.ENVELOPED_DATA, ContentType.AUTH_ENVELOPED_DATA):
        with pytest.raises((DecryptionFailed, UnsupportedFormat)):
            opened(replace(enveloped(Cipher.AES_256_GCM), algorithm=algorithm, content_type=content_type).encoded())


def test_auth_enveloped_data_that_authenticates_nothing() -> None:
    envelope = replace(enveloped(), content_type=ContentType.AUTH_ENVELOPED_DATA, after=der.octet_string(bytes(16)))
    with pytest.raises(UnsupportedFormat, match="authenticates nothing"):
        opened(envelope.encoded())


def test_ciphers_and_key_transports_that_are_not_known() -> None:
    des = der.sequence(der.object_identifier("1.3.14.3.2.7"), der.octet_string(bytes(8)))
    with pytest.raises(UnsupportedFormat, match=r"1\.3\.14\.3\.2\.7"):
        opened(replace(enveloped(), algorithm=des).encoded())
    known = der.object_identifier("1.2.840.113549.1.1.1")
    elliptic = enveloped().encoded().replace(known, der.object_identifier("1.2.840.113549.1.1.4"))
    with pytest.raises(UnsupportedFormat, match="Key transport"):
        opened(elliptic)


@pytest.mark.parametrize(
    ("policy", "cipher", "what"),
    [
        (Policy(), Cipher.TRIPLE_DES_CBC, "3des-cbc"),
        (Policy(ciphers=frozenset({Cipher.AES_256_GCM})), Cipher.AES_256_CBC, "aes256-cbc"),
        (Policy(key_transports=frozenset({KeyTransport.OAEP})), Cipher.AES_256_CBC, "rsa-pkcs1-v1.5"),
        (Policy(minimum_rsa_bits=4096), Cipher.AES_256_CBC, "2048 bits"),
    ],
)
def test_weaker_than_agreed(policy: Policy, cipher: Cipher, what: str) -> None:
    with pytest.raises(InsufficientSecurity, match=what):
        opened(enveloped(cipher).encoded(), policy)


def test_the_certificate_may_have_been_renewed_for_the_same_key() -> None:
    """A sender who names the key finds it under the new certificate too; one who names the old certificate does not."""
    renewed = replace(US, certificate=certificate("we", US.private_key))
    sink = BytesIO()
    encrypt(BytesIO(CONTENT), sink, [US.certificate], by_subject_key_id=True)
    assert decrypt(BytesIO(sink.getvalue()), BytesIO(), [renewed]).key is renewed
    with pytest.raises(DecryptionFailed, match="none of our certificates"):
        decrypt(BytesIO(enveloped().encoded()), BytesIO(), [renewed])


@given(st.sampled_from([Cipher.AES_256_CBC, Cipher.AES_256_GCM]), st.data())
def test_a_changed_envelope_is_refused_or_open(cipher: Cipher, data: st.DataObject) -> None:
    """CBC notices no change inside the content, which is what signatures are for; GCM gives the content or nothing."""
    envelope = bytearray(enveloped(cipher).encoded())
    for _ in range(data.draw(st.integers(min_value=1, max_value=3))):
        at = data.draw(st.integers(min_value=0, max_value=len(envelope) - 1))
        envelope[at : at + data.draw(st.integers(min_value=0, max_value=2))] = data.draw(st.binary(max_size=2))
    sink = BytesIO()
    try:
        decrypt(BytesIO(bytes(envelope)), sink, [US], EVERYTHING, random_bytes=bytes)
    except Refused:
        assert sink.getvalue() == b""
    else:
        assert sink.getvalue() == CONTENT or not cipher.authenticated


@given(st.binary(max_size=200), st.integers(min_value=0, max_value=400))
def test_arbitrary_bytes_are_refused(data: bytes, kept: int) -> None:
    for envelope in (data, enveloped().encoded()[:kept] + data):
        with pytest.raises(Refused):
            opened(envelope)
