"""`tally cert`: certificates, and the change from one to the next."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509

from canonical.identity import PartnerId
from gateway.as2.cem import Offer, Reference, Request, Usage
from gateway.certificates import exchanging
from gateway.cli.console import Exit
from tests.gateway.as2.keys import certificate, own
from tests.gateway.certificates.files import bundle, der, pem, private_key
from tests.gateway.certificates.test_usage import saying, usage
from tests.gateway.house import House

from .calling import ME, Tally, in_days

pytestmark = pytest.mark.usefixtures("quick_keys")

ACME = own("ACME").certificate
NEXT = own("NEXT").certificate
REASON = ("--reason", "The key was stolen.")


@pytest.fixture
def mailed(tmp_path: Path) -> Path:
    path = tmp_path / "acme.cer"
    path.write_bytes(pem(ACME.x509))
    return path


def take(tally: Tally, file: Path, *words: str) -> int:
    number: int = tally("--json", "cert", "import", str(file), "--partner", "acme", *words).json["certificate"]
    return number


class TestImport:
    @pytest.mark.parametrize("write", [pem, der, bundle])
    def test_the_file_may_be_of_any_kind(self, tally: Tally, mailed: Path, write: object) -> None:
        assert callable(write)
        mailed.write_bytes(write(ACME.x509))
        called = tally("--json", "cert", "import", str(mailed), "--partner", "acme")
        assert called.code == Exit.YES
        assert (called.json["partner"], called.json["fingerprint"]) == ("acme", ACME.fingerprint)
        assert (called.json["use"], called.json["state"], called.json["added_by"]) == ("both", "in-force", ME)

    def test_people_are_shown_the_fingerprint_to_compare(self, tally: Tally, mailed: Path) -> None:
        out = tally("cert", "import", str(mailed), "--partner", "acme", "--use", "sign").out
        shown = out.split("SHA-256")[1].split()[0]
        assert shown.replace(":", "").lower() == ACME.fingerprint
        assert "Compare the fingerprint with acme by telephone" in out

    def test_the_next_takes_over_on_its_day(self, tally: Tally, mailed: Path) -> None:
        take(tally, mailed)
        mailed.write_bytes(pem(NEXT.x509))
        take(tally, mailed, "--begins", in_days(30), "--keep-previous", "10")
        current, following = tally("--json", "cert", "list", "--partner", "acme").json
        assert current["places"] == {"sign": "current", "encrypt": "current"}
        assert current["accepted_until"] == f"{in_days(40)}T00:00:00+00:00"
        assert following["places"] == {"sign": "next", "encrypt": "next"}

    @pytest.mark.parametrize(
        ("data", "told"),
        [
            (pem(ACME.x509) + private_key(), "holds a private key"),
            (pem(own("WEAK", 1024).certificate.x509), "1024 bits"),
            (
                pem(certificate("OLD", own("ACME").private_key, not_after=datetime(2026, 2, 1, tzinfo=UTC)).x509),
                "expired",
            ),
            (b"Dear Sirs", "holds no certificate"),
            (bytes(2 << 20), "more than 1048576 bytes"),
        ],
        ids=["a private key", "weak", "expired", "a letter", "too large"],
    )
    def test_what_cannot_be_used_is_refused(self, tally: Tally, mailed: Path, data: bytes, told: str) -> None:
        mailed.write_bytes(data)
        called = tally("cert", "import", str(mailed), "--partner", "acme")
        assert called.code == Exit.USAGE
        assert told in called.err
        assert tally("--json", "cert", "list").json == []

    def test_our_own_certificate_is_refused(self, tally: Tally, mailed: Path) -> None:
        tally("key", "generate", "--name", "OURS")
        assert tally("cert", "export", "-o", str(mailed)).code == Exit.YES
        called = tally("cert", "import", str(mailed), "--partner", "acme")
        assert called.code == Exit.USAGE
        assert "The key of CN=OURS is one of ours (number 1), and no partner's." in called.err

    def test_a_key_that_another_partner_has_is_taken_in_with_a_warning(self, tally: Tally, mailed: Path) -> None:
        take(tally, mailed)
        called = tally("cert", "import", str(mailed), "--partner", "beta")
        assert called.code == Exit.YES
        assert "Warning: The same key is here as that of acme" in called.out

    def test_of_nobody_or_from_nowhere_is_wrong_usage(self, tally: Tally, mailed: Path) -> None:
        assert tally("cert", "import", str(mailed), "--partner", "nobody").code == Exit.USAGE
        assert tally("cert", "import", f"{mailed}.no", "--partner", "acme").code == Exit.USAGE
        assert tally("cert", "import", str(mailed), "--partner", "acme", "--use", "fun").code == Exit.USAGE

    def test_a_second_time_is_no(self, tally: Tally, mailed: Path) -> None:
        number = take(tally, mailed)
        called = tally("cert", "import", str(mailed), "--partner", "acme")
        assert called.code == Exit.NO
        assert f"is here already, as number {number}" in called.err


def test_the_list_says_where_each_stands(tally: Tally, mailed: Path) -> None:
    first = take(tally, mailed)
    mailed.write_bytes(pem(NEXT.x509))
    second = take(tally, mailed, "--use", "sign")
    tally("key", "generate", "--name", "OURS")
    ours, *theirs = tally("cert", "list").out.splitlines()[1:]
    assert "ours" in ours
    assert [line.split()[0] for line in theirs] == [str(first), str(second)]
    assert "sign: previous, encrypt: current" in theirs[0]
    assert tally("cert", "list", "--partner", "nobody").code == Exit.USAGE


class TestRotation:
    def test_the_next_key_is_made_and_its_certificate_written(self, tally: Tally, tmp_path: Path) -> None:
        tally("key", "generate", "--name", "OURS")
        called = tally("--json", "cert", "rotate", "-o", str(tmp_path / "next.pem"))
        assert called.code == Exit.YES
        begins = datetime.fromisoformat(called.json["begins"])
        assert timedelta(days=29) < begins - datetime.now(UTC) < timedelta(days=31)
        written = x509.load_pem_x509_certificate((tmp_path / "next.pem").read_bytes())
        assert written.serial_number != 0
        assert called.json["subject"] == written.subject.rfc4514_string() == "CN=OURS"
        assert [key["places"]["sign"] for key in tally("--json", "key", "list").json] == ["current", "next"]

    def test_without_a_key_or_with_a_next_one_is_no(self, tally: Tally) -> None:
        assert tally("cert", "rotate").code == Exit.NO
        tally("key", "generate")
        assert tally("cert", "rotate", "--begins", in_days(60)).code == Exit.YES
        assert tally("cert", "rotate").code == Exit.NO

    def test_where_it_cannot_be_written_is_told(self, tally: Tally, tmp_path: Path) -> None:
        tally("key", "generate")
        called = tally("cert", "export", "-o", str(tmp_path / "nowhere" / "ours.pem"))
        assert called.code == Exit.USAGE
        assert "cannot be written: No such file" in called.err


@pytest.mark.parametrize(
    ("words", "load"),
    [((), x509.load_pem_x509_certificate), (("--form", "der"), x509.load_der_x509_certificate)],
)
def test_a_certificate_of_ours_is_written_for_partners(
    tally: Tally, tmp_path: Path, words: tuple[str, ...], load: object
) -> None:
    assert tally("cert", "export").code == Exit.USAGE
    number = tally("--json", "key", "generate", "--name", "OURS").json["certificate"]
    path = tmp_path / "ours"
    assert tally("cert", "export", str(number), "-o", str(path), *words).code == Exit.YES
    assert callable(load)
    assert load(path.read_bytes()).subject.rfc4514_string() == "CN=OURS"
    assert tally("cert", "export", str(number + 1)).code == Exit.USAGE


def test_one_whose_key_was_stolen_is_withdrawn(tally: Tally, mailed: Path) -> None:
    number = take(tally, mailed)
    assert tally("cert", "withdraw", str(number)).code == Exit.USAGE, "without a reason"
    called = tally("--json", "cert", "withdraw", str(number), *REASON)
    assert (called.code, called.json["state"]) == (Exit.YES, "withdrawn")
    assert "withdrawn" in tally("cert", "list").out
    assert tally("cert", "withdraw", str(number), *REASON).code == Exit.NO
    assert tally("cert", "withdraw", "99", *REASON).code == Exit.USAGE


class TestApproval:
    @pytest.fixture
    def number(self, house: House, tally: Tally) -> int:
        """A certificate that a partner sent for approval."""
        offer = Offer(Reference.to(NEXT), NEXT, frozenset({Usage.SIGNATURE, Usage.ENCRYPTION}))
        request = Request("r-1", "ACME-AS2", None, (offer,))
        offered = partial(
            exchanging.received, clock=house.clock, partner=PartnerId("acme"), request=request, signed_by=None
        )
        house.gateway.database.write(lambda session: offered(session))
        [row] = tally("--json", "cert", "list").json
        assert (row["state"], row["places"], row["request"]["request_id"]) == ("pending", {}, "r-1")
        found: int = row["certificate"]
        return found

    def test_approved_it_is_in_force(self, tally: Tally, number: int) -> None:
        assert tally("--json", "cert", "approve", str(number)).json["state"] == "in-force"
        assert tally("cert", "approve", str(number)).code == Exit.NO

    def test_that_it_waits_is_said_where_it_is_imported(self, tally: Tally, number: int, mailed: Path) -> None:
        mailed.write_bytes(pem(NEXT.x509))
        called = tally("cert", "import", str(mailed), "--partner", "acme")
        assert called.code == Exit.NO
        assert f"`tally cert approve {number}`" in called.err

    def test_rejected_it_is_not(self, tally: Tally, number: int) -> None:
        assert tally("cert", "reject", str(number)).code == Exit.USAGE, "without a reason"
        assert tally("--json", "cert", "reject", str(number), "--reason", "Unknown.").json["state"] == "rejected"


def test_one_that_says_it_is_for_something_else_is_taken_in_with_a_warning(tally: Tally, mailed: Path) -> None:
    mailed.write_bytes(pem(saying(usage("digital_signature"))))
    called = tally("cert", "import", str(mailed), "--partner", "acme")
    assert (called.code, "Warning: By its key usage it is not for encryption" in called.out) == (Exit.YES, True)


def test_what_expires_soon_is_no(tally: Tally, mailed: Path) -> None:
    soon = datetime.now(UTC) + timedelta(days=20)
    mailed.write_bytes(pem(certificate("SOON", own("ACME").private_key, not_after=soon.replace(microsecond=0)).x509))
    number = take(tally, mailed)
    called = tally("--json", "cert", "expiring")
    assert (called.code, [each["certificate"] for each in called.json]) == (Exit.NO, [number])
    assert called.json[0]["purposes"] == ["sign", "encrypt"]
    assert "`tally cert import`" in tally("cert", "expiring").out
    called = tally("--json", "cert", "expiring", "--days", "10")
    assert (called.code, called.json) == (Exit.YES, [])
