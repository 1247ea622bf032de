"""The page for a partner says what the profile says, in the partner's terms, and nothing that is secret."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from canonical.errors import Misconfigured, NotFound
from gateway.app import Gateway
from gateway.certificates.making import subject
from gateway.guide import Guide
from gateway.profile_sections import PROFILE_SECTIONS
from partners import loading, templates
from partners.certificates import CertificateRow
from partners.loading import LoadedProfile
from tests.gateway.as2.keys import own

URL = "https://as2.us.example/as2"


def guide(*edits: tuple[str, str]) -> Guide:
    text = templates.render("as2", "acme", "Acme & Sons")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    loaded = loading.load(text.encode(), file="acme.yaml", stem="acme", sections=PROFILE_SECTIONS)
    assert isinstance(loaded, LoadedProfile), loaded
    assert loaded.profile.as2 is not None
    certificate = own("OURCOMPANY").certificate
    row = CertificateRow(
        id=1,
        subject=certificate.subject,
        fingerprint=certificate.fingerprint,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        pem=certificate.x509.public_bytes(Encoding.PEM).decode(),
    )
    return Guide(loaded.profile, loaded.profile.as2, "OURCOMPANY", URL, row, ())


WORDS = [
    ((), "| AS2 name | `OURCOMPANY` (AS2-To of what you send; upper and lower case differ) |"),
    ((), f"| URL | {URL} |"),
    ((), "| - valid | 2026-01-01 to 2036-01-01 |"),
    ((), "| Signature | SHA256 with RSA (PKCS#1 v1.5) |"),
    ((), "| Signature | required; SHA-224 to SHA-512, RSA |"),
    ((), "| Encryption | required; AES-128, AES-192 or AES-256, CBC or GCM |"),
    ((), "| Receipt (MDN) | signed, on the same connection (synchronous) |"),
    ((), "| Usage | test (T), until we agree that it works |"),
    ((), "2. Your URL. We do not know it yet."),
    ((), "We do not have it yet."),
    (
        (("# url: https://as2.supplier.example/as2", "url: https://as2.acme.example/as2"),),
        "posted to as2.acme.example |",
    ),
    ((("must_sign: yes", "must_sign: no"),), "| Signature | not required;"),
    ((("# weak:", "weak:"),), "| Signature | required; SHA-1, SHA-224 to SHA-512, RSA |"),
    ((("# weak:", "weak:"),), "| Encryption | required; 3DES, AES-128"),
    ((("encrypt: aes256-cbc", "encrypt: none"),), "| Encryption | none |"),
    ((("compress: none", "compress: before-signing"),), "| Compression | before signing |"),
    ((("mdn: signed", "mdn: none"),), "| Receipt (MDN) | none is asked for |"),
    (
        (("mdn_delivery: synchronous", "mdn_delivery: asynchronous"),),
        f"| signed, posted to {URL} within 4 hours (asynchronous) |",
    ),
    ((("usage: T", "usage: P"),), "| Usage | production (P) |"),
    (
        (("# restart: yes", "restart: yes"),),
        "| Restart | messages from 1 MiB on may be continued where their transfer broke off (AS2-Restart) |",
    ),
]


@pytest.mark.parametrize(("edits", "words"), WORDS)
def test_each_term_is_told(edits: tuple[tuple[str, str], ...], words: str) -> None:
    assert words in guide(*edits).page(None)


def test_the_certificate_ends_the_page_or_lies_beside_it() -> None:
    made = guide()
    assert made.page(None).rstrip().endswith("-----END CERTIFICATE-----\n```")
    beside = made.page("ours.pem")
    assert "in the file ours.pem" in beside
    assert "BEGIN CERTIFICATE" not in beside
    fingerprint = own("OURCOMPANY").certificate.fingerprint.upper()
    assert fingerprint in beside.replace(":", "")


class TestOfAGateway:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        Gateway.create(tmp_path / "home").close()
        (tmp_path / "home" / "partners" / "acme.yaml").write_text(templates.render("as2", "acme"), "utf-8")
        return tmp_path / "home"

    def told(self, root: Path, partner: str = "acme") -> str:
        with Gateway.open(root) as gateway:
            return gateway.guide(partner).page(None)

    def settle(self, root: Path, **settings: str) -> None:
        (root / "tally.toml").write_text("".join(f'{name} = "{value}"\n' for name, value in settings.items()))

    def test_what_is_missing_is_asked_for_one_by_one(self, root: Path) -> None:
        with pytest.raises(NotFound, match="There is no partner nobody"):
            self.told(root, "nobody")
        with pytest.raises(Misconfigured, match="set as2_url in tally"):
            self.told(root)
        self.settle(root, as2_url=URL)
        with pytest.raises(Misconfigured, match="set as2_id in tally"):
            self.told(root)
        self.settle(root, as2_url=URL, as2_id="US")
        with pytest.raises(NotFound, match="tally key generate"):
            self.told(root)
        with Gateway.open(root) as gateway:
            gateway.custody.generate(subject("Us", None), bits=2048, days=30, begins=None, by="tests")
        assert "# AS2 with US" in self.told(root)

    def test_what_is_in_force_counts_more_than_a_file(self, root: Path) -> None:
        self.settle(root, as2_url=URL, as2_id="US")
        with Gateway.open(root) as gateway:
            gateway.custody.generate(subject("Us", None), bits=2048, days=30, begins=None, by="tests")
            gateway.apply(gateway.load_profiles().profiles)
        path = root / "partners" / "acme.yaml"
        path.write_text(path.read_text("utf-8").replace('id: "ACME"   ', 'id: "OTHER"  ', 1), "utf-8")
        assert "We have noted `ACME`." in self.told(root)
