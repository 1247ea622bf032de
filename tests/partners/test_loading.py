"""Every mistake in a profile is told with its file, its line, its key, and what to do."""

from pathlib import Path
from typing import Annotated, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from canonical.errors import Misconfigured
from partners.loading import LoadedProfile, ProfileProblem, load, load_directory, load_file
from partners.profile import SETS

from .samples import GOOD, edited, loaded


def problems(text: str | bytes, stem: str = "acme", sections: Any = None) -> list[str]:
    raw = text.encode() if isinstance(text, str) else text
    result = load(raw, file=f"partners/{stem}.yaml", stem=stem, sections=sections or {})
    assert not isinstance(result, LoadedProfile), "loaded without a problem"
    return [str(problem) for problem in result]


def test_a_good_profile_loads_with_its_defaults() -> None:
    profile = loaded().profile
    assert profile.x12 is not None
    assert profile.sftp is not None
    assert (profile.x12.them.qualifier, profile.x12.them.id) == ("01", "123456789")
    assert (profile.x12.version, profile.x12.acknowledge_within, profile.x12.acknowledgement.send) == (
        "004010",
        24,
        True,
    )
    assert profile.documents.receive == ("855", "810")
    assert profile.sftp.max_file_bytes == 64 << 20
    assert profile.is_active


LEAVES = [
    # what was written, what it became, what is said
    (
        "qualifier: 01",
        "qualifier: 1",
        '8: x12.them.qualifier: "1" is not an interchange qualifier (two characters, e.g. ZZ, 01, 12). '
        'Did you mean "01"?',
    ),
    (
        "qualifier: 01",
        "qualifier: DUNS",
        '8: x12.them.qualifier: "DUNS" is not an interchange qualifier (two characters, e.g. ZZ, 01, 12).',
    ),
    (
        "id: 123456789",
        "id: 1234567890123456",
        '9: x12.them.id: "1234567890123456" is not an interchange ID (1 to 15 printable ASCII characters,'
        " no blank at either end).",
    ),
    (
        "id: 123456789",
        "id: ' A'",
        '9: x12.them.id: " A" is not an interchange ID (1 to 15 printable ASCII characters, no blank at either end).',
    ),
    (
        "id: 123456789",
        "id: Ä",
        '9: x12.them.id: "Ä" is not an interchange ID (1 to 15 printable ASCII characters, no blank at either end).',
    ),
    (
        "id: 123456789",
        "id: 7",
        '9: x12.them.id: "7" is too short for GS02 and GS03, which have 2 to 15 characters. Give a group_id.',
    ),
    (
        "id: 123456789",
        "id: 7\n    group_id: 7",
        '10: x12.them.group_id: "7" is not a group ID (2 to 15 printable ASCII characters, no blank at either end).',
    ),
    (
        "id: 123456789",
        "id: A~B",
        '9: x12.them.id: "A~B" contains the delimiter "~". Choose other delimiters.',
    ),
    (
        "qualifier: 01\n    id: 123456789",
        "qualifier: ZZ\n    id: OURCO",
        "7: x12.them: is the same interchange address as x12.us. Write the partner's own.",
    ),
    (
        "    id: 123456789\n",
        "",
        "7: x12.them.id: is missing. The interchange ID: 1 to 15 characters, without padding.",
    ),
    (
        "  usage: T\n",
        "",
        "3: x12.usage: is missing. ISA15: T for test, P for production.",
    ),
    (
        "usage: T",
        "usage: X",
        '10: x12.usage: "X" is not one of T or P. ISA15: T for test, P for production.',
    ),
    (
        "usage: T",
        "usage: T\n  version: 4010",
        '11: x12.version: "4010" is not an X12 version (six digits, e.g. "004010" or "005010"). Did you mean "004010"?',
    ),
    (
        "usage: T",
        "usage: T\n  encoding: utf8",
        '11: x12.encoding: "utf8" is not one of ascii, utf-8, iso-8859-1, windows-1252 or cp437. The encoding of text beyond ASCII, both'
        " ways, e.g. utf-8, iso-8859-1 or windows-1252; ascii refuses such text."
        " Not given, we send utf-8 and read utf-8 or else iso-8859-1.",
    ),
    (
        "usage: T",
        "usage: T\n  version: D96A",
        '11: x12.version: "D96A" is not an X12 version (six digits, e.g. "004010" or "005010").',
    ),
    (
        "usage: T",
        "usage: T\n  acknowledge_within: 24h",
        '11: x12.acknowledge_within: "24h" is not a whole number. Hours in which the partner answers what'
        " we send with a 997, or never.",
    ),
    (
        "usage: T",
        "usage: T\n  acknowledge_within: 0",
        "11: x12.acknowledge_within: 0 hours is out of range. Write 1 to 2160, or never when no 997 is expected.",
    ),
    (
        "usage: T",
        "usage: T\n  acknowledgement: {send: perhaps}",
        '11: x12.acknowledgement.send: "perhaps" is not yes or no. Whether we answer with a 997 or 999: yes or no.',
    ),
    (
        "usage: T",
        "usage: T\n  acknowledgement: {type: 998}",
        '11: x12.acknowledgement.type: "998" is not one of 997 or 999. Which set answers: 997, or 999 (version 005010 or later) where '
        "the partner asks for it.",
    ),
    (
        "usage: T",
        "usage: T\n  acknowledgement: {type: 999}",
        '11: x12.acknowledgement.type: there is no 999 in version 004010. Write type: 997, or agree version: "005010".',
    ),
    (
        "usage: T",
        "usage: T\n  acknowledgement: {ta1: sometimes}",
        '11: x12.acknowledgement.ta1: "sometimes" is not one of on-request, always or only-refused. When a TA1 says that an interchange '
        "was taken: on-request (ISA14), always, or only-refused for never. One that is refused is always answered by a TA1.",
    ),
    (
        "usage: T",
        'usage: T\n  envelope_version: "0401"',
        '11: x12.envelope_version: "0401" is not the version of an interchange (five digits, e.g. "00401" or "00501").',
    ),
    (
        "usage: T",
        "usage: T\n  acknowledgement: {partly_good_groups: some}",
        '11: x12.acknowledgement.partly_good_groups: "some" is not one of split or whole. split accepts '
        "the good sets of a group and rejects the bad ones, whole rejects them all.",
    ),
    (
        "usage: T",
        "usage: T\n  delimiters: {element: A}",
        '11: x12.delimiters.element: "A" cannot be a delimiter: take one ASCII character that is no '
        "letter, digit or blank.",
    ),
    (
        "usage: T",
        "usage: T\n  delimiters:\n    segment: '*'",
        '12: x12.delimiters.segment: "*" is already the element separator.',
    ),
    (
        "usage: T",
        "usage: T\n  delimiters: {repetition: ^}",
        "11: x12.delimiters.repetition: there is no repetition separator in version 00401. Remove it; "
        "ISA11 has one from version 00402 on.",
    ),
    (
        "username: acme",
        "username: ac me",
        '12: sftp.username: "ac me" is not a user name (1 to 64 letters, digits or _ . @ -, beginning '
        "with a letter, digit or _).",
    ),
    (
        "username: acme",
        "user: acme",
        '12: sftp.user: is not a known key. Did you mean "username"?',
    ),
    (
        "username: acme",
        "max_file_size: 64",
        '12: sftp.max_file_size: "64" is not a size such as 64MiB, 500KB or 1GiB.',
    ),
    (
        "username: acme",
        "password_hash: hunter2",
        "12: sftp.password_hash: is not an argon2 hash (it begins with $argon2id$). A profile holds the "
        "hash of a password, never the password.",
    ),
    (
        "username: acme",
        "password_hash: [hunter2]",
        "12: sftp.password_hash: this is not text.",
    ),
    (
        "username: acme",
        "public_keys: ssh-ed25519 AAAA",
        "12: sftp.public_keys: this is not a list (lines that begin with -, or [a, b]).",
    ),
    (
        "username: acme",
        "public_keys: [ssh-dss AAAA]",
        "12: sftp.public_keys[1]: is not an OpenSSH public key of type ecdsa-sha2-nistp256, "
        "ecdsa-sha2-nistp384, ecdsa-sha2-nistp521, ssh-ed25519, ssh-rsa. Paste the one line of the .pub "
        'file, e.g. "ssh-ed25519 AAAA… name".',
    ),
    (
        "username: acme",
        "public_keys:\n  - ssh-ed25519 AAAA",
        "13: sftp.public_keys[1]: is not a whole OpenSSH public key; part of it is missing or changed. "
        'Paste the one line of the .pub file, e.g. "ssh-ed25519 AAAA… name".',
    ),
    (
        "username: acme",
        "public_keys: ['-----BEGIN OPENSSH PRIVATE KEY-----']",
        "12: sftp.public_keys[1]: is a private key, which the partner must never give away. Paste the one"
        ' line of the .pub file, e.g. "ssh-ed25519 AAAA… name".',
    ),
    (
        "sftp:\n  username: acme\n",
        "",
        "1: there is no way for files to come and go. Add a section sftp or as2, or folder: true.",
    ),
    (
        "sftp:\n  username: acme\n",
        "as2: {id: ACME, restart: yes, must_sign: no}\n",
        "11: as2.restart: restart needs must_sign. Only a signature over the whole proves that the parts of a restarted message belong"
        " together.",
    ),
    (
        "sftp:\n  username: acme\n",
        "folder: maybe\n",
        '11: folder: "maybe" is not yes or no. Whether files are also taken from drop/<partner>: true or false.',
    ),
    (
        "sftp:\n  username: acme\n",
        "sftp:\n",
        "11: sftp: has no value. Write one, or remove the key.",
    ),
    (
        "send: [850]",
        "send: [997]",
        "14: documents.send[1]: 997 is not listed. Whether we send one is x12.acknowledgement.send; those"
        " that come are always read.",
    ),
    (
        "send: [850]",
        "send: [850, 204]",
        f'14: documents.send[2]: "204" is not a transaction set we know ({", ".join(SETS)}).',
    ),
    (
        "send: [850]",
        "send: [850, 850]",
        "14: documents.send: lists 850 twice.",
    ),
    (
        "send: [850]",
        "send: 850",
        '14: documents.send: "850" is not a list (lines that begin with -, or [a, b]). What we send, e.g. [850].',
    ),
    (
        "send: [850]",
        "send:\n  - 850\n  -",
        "16: documents.send[2]: has no value. Write one, or remove the key.",
    ),
    (
        "documents:\n  send: [850]\n  receive: [855, 810]\n",
        "",
        "1: documents: is missing. Which documents are exchanged: a section with send and receive.",
    ),
    (
        "name: Acme Supplies",
        "name: ''",
        '2: name: "" is not one line of text (1 to 200 characters).',
    ),
    (
        "name: Acme Supplies",
        "nmae: Acme Supplies\nname: A",
        '2: nmae: is not a known key. Did you mean "name"?',
    ),
    (
        "name: Acme Supplies",
        'name: A\n"<zz>\\e[31m": red',
        '3: "<zz>\\x1b[31m": is not a known key. Known here: partner, name, status, contacts, x12, sftp, '
        "as2, folder, documents, time_zone, country, downtime, limits, csv, rules.",
    ),
    (
        "name: Acme Supplies",
        "name: A\nstatus: paused",
        '3: status: "paused" is not one of active or suspended. Suspended, nothing is exchanged and all is kept.',
    ),
    (
        "name: Acme Supplies",
        "name: A\nname: B",
        "3: name: is already given on line 2. Remove one of them.",
    ),
    (
        "name: Acme Supplies",
        "name: A\ncontacts:\n  - name: Jo\n    email: jo",
        '5: contacts[1].email: "jo" is not an e-mail address.',
    ),
    (
        "name: Acme Supplies",
        "name: A\ncontacts:\n  - Jo",
        '4: contacts[1]: "Jo" is not a section of keys.',
    ),
    (
        "partner: acme",
        "partner: bolt",
        '1: partner: "bolt" is not the file\'s name "acme". Make them the same.',
    ),
    (
        "partner: acme",
        "partner: Acme",
        '1: partner: "Acme" is not a partner id (lower-case letters, digits and hyphens, at most 63).',
    ),
    (
        "name: Acme Supplies",
        "name: A\ntime_zone: America/Chicgo",
        '3: time_zone: "America/Chicgo" is not a time zone. Did you mean "America/Chicago"?',
    ),
    (
        "name: Acme Supplies",
        "name: A\ncountry: us",
        '3: country: "us" is not a country (two letters of ISO 3166-1, e.g. US).',
    ),
    (
        "name: Acme Supplies",
        "name: A\ntime_zone: ours",
        '3: time_zone: "ours" is not a time zone. Write one of the IANA database, e.g. "America/Chicago".',
    ),
    (
        "name: Acme Supplies",
        'name: A\ndowntime:\n  - {days: [sunday], start: "02:00", end: "04:00"}',
        '4: downtime[1].days[1]: "sunday" is not one of mon, tue, wed, thu, fri, sat or sun.',
    ),
    (
        "name: Acme Supplies",
        'name: A\ndowntime:\n  - {start: "02:00"}',
        '4: downtime[1].end: is missing. When it is over, e.g. "04:00"; on the next day if that is not after the start.',
    ),
    (
        "name: Acme Supplies",
        'name: A\ndowntime:\n  - {start: "24:00", end: "04:00"}',
        '4: downtime[1].start: "24:00" is not a time of day (e.g. "02:00").',
    ),
    (
        "name: Acme Supplies",
        "name: A\nlimits:\n  at_once: 0",
        "4: limits.at_once: 0 is out of range. Write 1 to 1000000, or leave it out.",
    ),
    (
        "partner: acme",
        "<<: {partner: acme}\npartner: acme",
        "1: merge keys (<<) are not understood here. Repeat the keys.",
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), LEAVES, ids=[row[2][:60] for row in LEAVES])
def test_each_mistake_alone(old: str, new: str, said: str) -> None:
    found = problems(edited((old, new)))
    assert found == [f"partners/acme.yaml:{said}"]


WHOLE_FILES = [
    (b"", "1: the file is empty. `tally partner new` writes one to start from."),
    (b"# nothing\n", "1: the file is empty. `tally partner new` writes one to start from."),
    (b"null\n", "1: a profile is a section of keys. `tally partner new` writes one to start from."),
    (b"- a\n", "1: a profile is a section of keys. `tally partner new` writes one to start from."),
    (b"name: A\nx: \xff\n", "2: byte 0xff is not UTF-8. Save the file as UTF-8."),
    (b"name: A\nx: \x07\n", "2: the character U+0007 does not belong in a text file."),
    (b"x" * (256 * 1024 + 1), "1: the file has more than 256 KiB, which no profile needs."),
    (b"a: " + b"[" * 30, "1: is nested more than 24 levels deep."),
]


@pytest.mark.parametrize(("raw", "said"), WHOLE_FILES, ids=[said for _, said in WHOLE_FILES])
def test_files_that_are_no_profile(raw: bytes, said: str) -> None:
    assert problems(raw) == [f"partners/acme.yaml:{said}"]


def test_the_file_must_be_named_like_a_partner() -> None:
    assert problems(GOOD, stem="Acme Inc")[0] == (
        'partners/Acme Inc.yaml:1: the file\'s name "Acme Inc" is not a partner id (lower-case letters, digits and hyphens).'
        " Rename the file."
    )


def test_all_mistakes_at_once_in_the_order_of_the_file() -> None:
    text = edited(("qualifier: 01", "qualifier: 1"), ("usage: T", "usage: X"), ("username: acme", "user: acme"))
    assert [problem.split(": ")[1] for problem in problems(text)] == ["x12.them.qualifier", "x12.usage", "sftp.user"]


def test_more_mistakes_than_anybody_reads_are_counted() -> None:
    found = problems(GOOD + "name: A\n" * 150)
    assert len(found) == 101
    assert found[-1] == "partners/acme.yaml:116: and 50 more mistakes from here on."


def test_what_is_only_wrong_together_is_told_for_each_kind_of_document() -> None:
    text = edited((GOOD[GOOD.index("x12:") : GOOD.index("sftp:")], ""))
    assert problems(text) == [
        "partners/acme.yaml:6: documents.send: nothing can be sent without a section x12. Add one, or remove send."
    ]
    text = edited(("  send: [850]\n", ""), text=text)
    assert problems(text) == [
        "partners/acme.yaml:6: documents.receive: nothing can be read without a section x12 or csv. Add one, or remove receive."
    ]


def test_whole_public_keys_are_taken_and_weak_ones_refused() -> None:
    good = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    weak = generate_private_key(65537, 1024).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    text = edited(("username: acme", f"public_keys:\n    - {good} jo@acme\n    - {weak}"))
    assert problems(text) == [
        "partners/acme.yaml:14: sftp.public_keys[2]: is an RSA key of 1024 bits; at least 2048 are needed. "
        "Ask the partner for a new key, best of type ssh-ed25519."
    ]


def test_nobody_reads_a_password_in_a_message() -> None:
    for key in ("password_hash: hunter2", "password: hunter2", "public_keys: hunter2", "public_keys: [hunter2]"):
        assert not any("hunter2" in problem for problem in problems(edited(("username: acme", key))))


class Column(BaseModel):
    """A stand-in for the translators' column map."""

    model_config = ConfigDict(extra="forbid")

    column: Annotated[int, Field(strict=True, ge=1)] | str
    unit: str = "EA"

    @field_validator("unit")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in ("EA", "NO"):
            raise ValueError("there is no such unit")
        return value


CSV = {"csv": TypeAdapter(list[Column]).validate_python}


def test_each_mistake_that_a_check_names_by_its_key_has_its_own_line() -> None:
    def complain(_: object) -> object:
        raise ValueError("columns.lines.qty: there is no such field\ncolumns.number: missing\nNote: nothing")

    check = TypeAdapter(list[Annotated[object, AfterValidator(complain)]]).validate_python
    text = GOOD + "csv:\n  - document: Invoice\n    columns:\n      price: Price\n      lines.qty: Qty\n"
    assert problems(text, sections={"csv": check}) == [
        "partners/acme.yaml:17: csv[1]: Note: nothing",
        "partners/acme.yaml:18: csv[1].columns.number: missing",
        'partners/acme.yaml:20: csv[1].columns."lines.qty": there is no such field',
    ]


def test_other_sections_are_checked_by_who_knows_them() -> None:
    found = problems(GOOD + "csv:\n  - column: Qty\n    unit: XX\n  - colum: Qty\n", sections=CSV)
    assert found == [
        "partners/acme.yaml:18: csv[1].unit: there is no such unit",
        "partners/acme.yaml:19: csv[2].column: is missing.",
        "partners/acme.yaml:19: csv[2].colum: is not a known key.",
    ]
    assert (
        problems(GOOD + "csv: [{column: }]", sections=CSV)[0] == "partners/acme.yaml:16: csv[1].column: has no value."
    )
    assert problems(GOOD + "csv:\n", sections=CSV) == [
        "partners/acme.yaml:16: csv: has no value. Write one, or remove the key."
    ]


def test_a_value_is_checked_beyond_the_profile_where_the_profile_finds_it_good() -> None:
    def complain(value: str) -> str:
        raise ValueError(f"{value} is not for us")

    sections = {"x12.usage": TypeAdapter(Annotated[str, AfterValidator(complain)]).validate_python}
    assert problems(GOOD, sections=sections) == ["partners/acme.yaml:10: x12.usage: T is not for us"]
    assert "not for us" not in str(problems(edited(("usage: T", "usage: X")), sections=sections))
    assert "not for us" not in str(problems("partner: acme\nx12: []\n", sections=sections))


def test_other_sections_keep_what_was_written_and_plain_numbers_are_numbers() -> None:
    text = GOOD + 'csv:\n  - {column: 3, unit: NO}\n  - {column: "3"}\n  - {column: 03}\n'
    result = load(text.encode(), file="f", stem="acme", sections=CSV)
    assert isinstance(result, LoadedProfile)
    assert result.profile.csv == ({"column": 3, "unit": "NO"}, {"column": "3"}, {"column": "03"})


def write(directory: Path, **texts: str) -> Path:
    directory = directory / "partners"
    directory.mkdir()
    for stem, text in texts.items():
        (directory / f"{stem}.yaml").write_text(text, "utf-8")
    return directory


def test_two_partners_cannot_be_taken_for_each_other(tmp_path: Path) -> None:
    bolt = edited(("partner: acme", "partner: bolt"))
    found = load_directory(write(tmp_path, acme=GOOD, bolt=bolt), {})
    assert list(map(str, found.problems)) == [
        'partners/bolt.yaml:7: x12.them: the pair of interchange addresses "01 123456789 ZZ OURCO" is already that of acme '
        "(partners/acme.yaml). Change one of them, or suspend that partner.",
        'partners/bolt.yaml:12: sftp.username: the user name "acme" is already that of acme (partners/acme.yaml). '
        "Change one of them, or suspend that partner.",
    ]


def test_a_successor_may_have_what_a_suspended_partner_had(tmp_path: Path) -> None:
    bolt = edited(("partner: acme", "partner: bolt"))
    found = load_directory(write(tmp_path, acme=GOOD + "status: suspended\n", bolt=bolt), {})
    assert not found.problems
    assert [profile.profile.partner for profile in found.profiles] == ["acme", "bolt"]


def test_a_directory_with_other_things_in_it(tmp_path: Path) -> None:
    directory = write(tmp_path, acme=GOOD)
    (directory / "README.md").write_text("hello")
    (directory / ".acme.yaml.swp").write_bytes(b"\0")
    (directory / "bolt.yml").write_text(GOOD)
    (directory / "folder.yaml").mkdir()
    found = load_directory(directory, {})
    assert [profile.file for profile in found.profiles] == ["partners/acme.yaml"]
    assert list(map(str, found.problems)) == [
        "partners/bolt.yml:1: is not read. Rename it to bolt.yaml.",
        "partners/folder.yaml:1: is not a file.",
    ]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert load_file(tmp_path / "gone.yaml", {}) == (
        ProfileProblem(f"{tmp_path.name}/gone.yaml", 1, "", "is not a file."),
    )
    with pytest.raises(Misconfigured, match="No such file"):
        load_directory(tmp_path / "gone", {})


def check(raw: bytes) -> None:
    result = load(raw, file="partners/acme.yaml", stem="acme", sections=CSV)
    if not isinstance(result, LoadedProfile):
        assert result
        assert all(problem.line >= 1 and problem.message for problem in result)
        assert all(str(problem).isprintable() for problem in result)
        "".join(map(str, result)).encode("utf-8")


@given(st.binary(max_size=200))
def test_no_bytes_raise(raw: bytes) -> None:
    check(raw)


MARKS = st.sampled_from(
    [*"{}[]:,-?&*!|>'\"%@`#~ \n\t\\aU0", "<<: ", "---\n", "&a ", "*a", "!!binary ", "\\UFFFFFFFF", "\\ud800"]
)


@given(st.lists(MARKS, max_size=30).map("".join))
def test_no_marks_raise(text: str) -> None:
    check(text.encode())


@given(st.data())
def test_no_change_to_a_good_profile_raises(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(GOOD)))
    end = data.draw(st.integers(start, min(len(GOOD), start + 40)))
    middle = data.draw(st.one_of(st.text(max_size=20), st.lists(MARKS, max_size=12).map("".join)))
    check((GOOD[:start] + middle + GOOD[end:]).encode("utf-8", "surrogatepass"))


JSON = st.recursive(
    st.none() | st.text(max_size=8) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
KEYS = ("partner", "name", "status", "contacts", "x12", "sftp", "folder", "documents", "csv")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, JSON)))
def test_no_values_of_the_right_keys_raise(values: dict[str, Any]) -> None:
    import yaml

    check(yaml.safe_dump(values, allow_unicode=True).encode("utf-8", "surrogatepass"))
