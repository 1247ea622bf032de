"""Never a silent stop (DESIGN §1.6): whatever arrives ends in exactly one place, and a sender that can be reached is answered.

Each row of the table is a file, where it and its documents end, and every answer its sender finds.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canonical.identity import BlobDigest
from gateway.unpacking.unpack import unpack

from .house import (
    BAD_INVOICE,
    House,
    csv,
    csv_invoice,
    group,
    house,
    interchange,
    invoice,
    transaction_set,
    wrapped,
)

GOOD = wrapped("810", invoice())
BAD = BAD_INVOICE.format(number="BAD1", order="1")


def without(tag: str, data: bytes = GOOD) -> bytes:
    return b"~".join(segment for segment in data.split(b"~") if not segment.startswith(tag.encode()))


def replaced(old: str, new: str, data: bytes = GOOD) -> bytes:
    assert old.encode() in data
    return data.replace(old.encode(), new.encode())


@dataclass
class Case:
    """``documents`` are the states of those found, in order; ``answers`` what lies in the outbox; ``reason`` is part of why."""

    data: bytes | Callable[[], bytes]
    receipt: str
    documents: str = ""
    answers: str = ""
    reason: str = ""
    partner: str = "acme"
    name: str = "file.edi"


def sets(*bodies: str, set_id: str = "810") -> list[str]:
    return [transaction_set(set_id, body, f"{n:04d}") for n, body in enumerate(bodies, 1)]


UNREADABLE = "none of the agreed forms"

LOAD_TENDER = transaction_set("204", "B2**SCAC**1**PP")
"""A set, and so a group, that we have no tables for."""

CASES = {
    # Nothing that could be read
    "empty": Case(b"", "quarantined", answers="notice", reason="The file is empty"),
    "blank": Case(b"  \r\n\t ", "quarantined", answers="notice", reason=UNREADABLE),
    "binary": Case(bytes(range(256)) * 30, "quarantined", answers="notice", reason=UNREADABLE),
    "NUL bytes only": Case(bytes(5000), "quarantined", answers="notice", reason=UNREADABLE),
    "UTF-16": Case(GOOD.decode().encode("utf-16"), "quarantined", answers="notice", reason=UNREADABLE),
    "EBCDIC": Case(GOOD.decode().encode("cp037"), "quarantined", answers="notice", reason=UNREADABLE),
    "ISA and nothing more": Case(b"ISA", "quarantined", answers="notice", reason="has no ISA segment"),
    "half an ISA": Case(GOOD[:60], "quarantined", answers="notice", reason="delimiters cannot be made out"),
    "segments without an ISA": Case(GOOD[106:], "quarantined", answers="notice", reason=UNREADABLE),
    "an ISA beyond the first 4 KiB": Case(b"x" * 5000 + GOOD, "quarantined", answers="notice", reason=UNREADABLE),
    # Around and inside the interchange
    "junk around": Case(b"hello\n" + GOOD + b"\nbye", "opened", "delivered", "997 A"),
    "byte order mark": Case(b"\xef\xbb\xbf" + GOOD, "opened", "delivered", "997 A"),
    "line breaks after terminators": Case(GOOD.replace(b"~", b"~\r\n"), "opened", "delivered", "997 A"),
    "line breaks as terminators": Case(GOOD.replace(b"~", b"\n"), "opened", "delivered", "997 A"),
    "other delimiters": Case(GOOD.replace(b"*", b"|").replace(b"~", b"'"), "opened", "delivered", "997 A"),
    "NUL byte in data": Case(replaced("AB-1", "A\0-1"), "opened", "rejected", "997 R", "control character 0x00"),
    "Latin-1 in data": Case(replaced("AB-1", "AB-é").decode().encode("latin-1"), "opened", "delivered", "997 A"),
    "no interchange content": Case(interchange(), "rejected", answers="TA1 R 024", reason="no transaction set"),
    "a group without sets": Case(
        interchange(group(functional_id="IN")), "rejected", answers="TA1 R 024", reason="no transaction set"
    ),
    # Envelopes
    "wrong sender": Case(
        wrapped("810", invoice(), sender="OTHER"), "opened", "quarantined", "TA1 R 006, notice", "The sender ZZ/OTHER"
    ),
    "wrong receiver": Case(
        wrapped("810", invoice(), receiver="OTHER"),
        "opened",
        "quarantined",
        "TA1 R 008, notice",
        "The receiver ZZ/OTHER",
    ),
    "wrong qualifier": Case(replaced("*ZZ*ACME", "*01*ACME"), "opened", "quarantined", "TA1 R 006, notice", "01/ACME"),
    "wrong sender, nothing inside": Case(
        interchange(sender="OTHER"), "quarantined", answers="TA1 R 006", reason="The sender ZZ/OTHER"
    ),
    "wrong sender with an answer of ours": Case(
        wrapped("997", "AK1*PO*1\nAK9*A*1*1*1", sender="OTHER"),
        "opened",
        "quarantined",
        "TA1 R 006, notice",
        "ZZ/OTHER",
    ),
    "marked as production": Case(
        wrapped("810", invoice(), usage="P"), "opened", "quarantined", "997 A, notice", "marked as production (ISA15)"
    ),
    "control number of letters": Case(
        replaced("*000000001", "*ABCDEFGHI"), "opened", "rejected", "TA1 R 018", "ISA13 is 'ABCDEFGHI'"
    ),
    "control number with a delimiter of ours": Case(
        GOOD.replace(b"*", b"|").replace(b"000000001", b"0*00~0001"), "opened", "rejected", "TA1 R 018", "ISA13"
    ),
    "unsupported version": Case(
        interchange(group(transaction_set("810", invoice()), version="003040")),
        "opened",
        "rejected",
        "997 R",
        "GS08 is '003040', a version that is not supported",
    ),
    "group control numbers differ": Case(replaced("GE*1*1", "GE*1*2"), "opened", "rejected", "997 R", "GE02 is '2'"),
    "interchange control numbers differ": Case(
        replaced("IEA*1*000000001", "IEA*1*000000002"), "opened", "rejected", "TA1 R 001", "IEA02"
    ),
    "no SE": Case(without("SE*"), "opened", "rejected", "997 R", "no trailer SE"),
    "no GE": Case(without("GE*"), "opened", "rejected", "997 R", "no trailer GE"),
    "no IEA": Case(without("IEA*"), "opened", "rejected", "TA1 R 023", "no trailer IEA"),
    "no GS": Case(without("GS*"), "opened", "rejected", "TA1 R 024", "begins without a group"),
    "no ST": Case(without("ST*"), "rejected", answers="TA1 R 024", reason="between transaction sets"),
    "SE01 wrong": Case(replaced("SE*6*", "SE*7*"), "opened", "rejected", "997 R", "SE01 says '7' segments, but 6"),
    "GE01 wrong": Case(replaced("GE*1*", "GE*2*"), "opened", "rejected", "997 R", "GE01 says '2'"),
    "IEA01 wrong": Case(replaced("IEA*1*", "IEA*2*"), "opened", "rejected", "TA1 R 021", "IEA01 says '2' groups"),
    # Sets
    "unknown group": Case(
        interchange(group(LOAD_TENDER, functional_id="SM")), "opened", "rejected", "997 R", "GS01 is 'SM'"
    ),
    "unknown set": Case(
        interchange(group(LOAD_TENDER, functional_id="IN")),
        "opened",
        "rejected",
        "997 R",
        "The transaction set 204",
    ),
    "set not agreed": Case(
        wrapped("850", "BEG*00*SA*1**20261121\nPO1*1*1*EA*1**VP*A\nCTT*1"),
        "opened",
        "rejected",
        "997 R",
        "Transaction set 850 is not accepted under the present agreement",
    ),
    "a bad code": Case(wrapped("810", BAD), "opened", "rejected", "997 R", "IT103 is 'QQ'"),
    "good and bad sets in a group": Case(
        interchange(group(*sets(invoice("A"), BAD, invoice("C")))), "opened", "delivered rejected delivered", "997 P"
    ),
    "good and bad groups": Case(
        interchange(group(*sets(invoice("A")), control=1), group(*sets(BAD), control=2)),
        "opened",
        "delivered rejected",
        "997 A, 997 R",
    ),
    "good and bad interchanges": Case(GOOD + wrapped("810", BAD, 2), "opened", "delivered rejected", "997 A, 997 R"),
    "the second interchange cut": Case(
        GOOD + wrapped("810", invoice("INV2"), 2)[:150], "opened", "delivered", "997 A, TA1 R 023"
    ),
    "the first interchange without its end": Case(
        GOOD[:-20] + wrapped("810", invoice("INV2"), 2), "opened", "rejected delivered", "TA1 R 023, 997 A"
    ),
    "a stranger's empty interchange, then ours": Case(
        interchange(sender="OTHER", control=9) + GOOD, "opened", "delivered", "TA1 R 006, 997 A"
    ),
    "an empty interchange, then ours": Case(interchange(control=9) + GOOD, "opened", "delivered", "TA1 R 024, 997 A"),
    # Answers
    "a TA1 alone": Case(
        interchange("TA1*000000009*261121*0646*A*000", groups=0), "opened", "quarantined", "", "never sent to acme"
    ),
    "a TA1 of nonsense": Case(interchange("TA1*x", groups=0), "opened", "rejected", "", "The TA1 cannot be read"),
    "a TA1 in an interchange cut off": Case(
        without("IEA*", interchange("TA1*000000009*261121*0646*A*000")), "opened", "rejected", "", "no trailer IEA"
    ),
    "a 997 for what was never sent": Case(
        wrapped("997", "AK1*PO*77\nAK9*A*1*1*1"), "opened", "quarantined", "", "group 77 (PO), which was never sent"
    ),
    "a 997 with errors": Case(wrapped("997", "AK1*PO*77\nAK9*Q*1*1*1"), "opened", "rejected", "", "AK901"),
    # CSV
    "CSV": Case(csv(csv_invoice()), "opened", "delivered", "report", partner="beta", name="a.csv"),
    "CSV that is empty": Case(b"", "rejected", "", "report", "The file is empty", "beta", "a.csv"),
    "CSV with a header alone": Case(csv(), "rejected", "", "report", "no ", "beta", "a.csv"),
    "CSV with wrong columns": Case(
        csv("1,2", header="A,B"), "rejected", "", "report", "no column 'Date'", "beta", "a.csv"
    ),
    "CSV with a bad date": Case(
        csv(csv_invoice().replace("2026-11-21", "21.11.26")),
        "opened",
        "rejected",
        "report",
        "not a date",
        "beta",
        "a.csv",
    ),
    "CSV with good and bad rows": Case(
        csv(csv_invoice("A"), csv_invoice("B").replace(",8,", ",eight,"), csv_invoice("C")),
        "opened",
        "delivered rejected delivered",
        "report",
        "",
        "beta",
        "a.csv",
    ),
    "CSV whose rows are torn apart": Case(
        csv(csv_invoice("A"), csv_invoice("B"), csv_invoice("A")),
        "opened",
        "rejected delivered rejected",
        "report",
        "",
        "beta",
        "a.csv",
    ),
    "CSV in UTF-16": Case(csv(csv_invoice()).decode().encode("utf-16"), "rejected", "", "report", "", "beta", "a.csv"),
    "CSV with NUL bytes": Case(
        csv(csv_invoice().replace("AB-1", "A\0-1")), "opened", "rejected", "report", "", "beta", "a.csv"
    ),
    "CSV that is binary": Case(bytes(range(256)) * 30, "rejected", "", "report", "", "beta", "a.csv"),
    "CSV under another name": Case(
        csv(csv_invoice()), "quarantined", "", "notice", "expected: CSV named *.csv", "beta", "a.txt"
    ),
    "CSV of a partner without CSV": Case(csv(csv_invoice()), "quarantined", "", "notice", UNREADABLE, name="a.csv"),
    "X12 of a partner without X12": Case(GOOD, "quarantined", "", "notice", UNREADABLE, "beta", "a.csv"),
    # Size
    "a segment of 3 MB without an end": Case(
        lambda: GOOD[:106] + b"x" * 3_000_000, "rejected", "", "TA1 R 022", "stands between groups"
    ),
    "3 MB without an end inside a set": Case(
        lambda: GOOD[: GOOD.index(b"TDS")] + b"TDS*" + b"9" * 3_000_000, "opened", "rejected", "TA1 R 023", ""
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_file_ends_somewhere_and_is_answered(house: House, case: Case) -> None:
    data = case.data if isinstance(case.data, bytes) else case.data()
    receipt = house.take(case.partner, case.name, data)
    rows = house.documents()
    assert receipt.state == case.receipt, receipt.reason
    assert " ".join(row.state for row in rows) == case.documents, [row.reason for row in rows]
    assert ", ".join(house.answers(case.partner)) == case.answers
    assert case.reason in " / ".join(filter(None, [receipt.reason, *(row.reason for row in rows)]))
    assert len(house.erp_out()) == sum(row.state == "delivered" for row in rows)
    for state, reason in ((receipt.state, receipt.reason), *((row.state, row.reason) for row in rows)):
        assert_explained(state, reason or "")
    house.assert_settled()


def assert_explained(state: str, reason: str) -> None:
    """Every end but a good one says why, in a sentence or more."""
    if state in ("opened", "delivered"):
        assert reason == ""
    else:
        assert len(reason) > 20
        assert reason[0].isupper() or reason[0] == "'"
        assert reason.endswith("."), reason


def test_a_group_agreed_as_a_whole_is_rejected_as_a_whole(house: House) -> None:
    house.amend(
        "acme",
        ("  acknowledge_within: 24", "  acknowledge_within: 24\n  acknowledgement: {partly_good_groups: whole}"),
    )
    house.take("acme", "mixed.edi", interchange(group(*sets(invoice("A"), BAD, invoice("C")))))
    assert house.answers("acme") == ["997 R"]
    assert [row.state.value for row in house.documents()] == ["rejected"] * 3
    assert house.erp_out() == []
    house.assert_settled()


def test_a_profile_for_production_holds_what_is_marked_as_test(house: House) -> None:
    house.amend("acme", ("usage: T", "usage: P"))
    house.take("acme", "test.edi", GOOD)
    assert house.documents()[0].state == "quarantined"
    house.take("acme", "production.edi", wrapped("810", invoice(), 2, usage="P"))
    assert house.documents()[1].state == "delivered"
    assert house.erp_out()[0].test is False


@pytest.mark.parametrize("name", ["in.dat", "a" * 255, "ü" * 127, "with blank; and * more.csv.csv"])
def test_files_of_one_name_are_each_answered_though_nothing_is_collected(house: House, name: str) -> None:
    """Some partners send everything under one name, and collect once a day."""
    for data in (b"", b"zzz", b"yyy"):
        house.take("acme", name, data)
    files = house.outbox("acme")
    assert len(files) == 3
    assert all(b"Result: not read, set aside" in data for data in files.values())
    house.assert_settled()


def test_csv_files_of_one_name_are_each_reported(house: House) -> None:
    for number in ("A", "B"):
        house.take("beta", "invoices.csv", csv(csv_invoice(number)))
    first, second = house.outbox("beta").items()
    assert b"A" in first[1] + second[1]
    assert {first[0], second[0]} > {"invoices.csv.report.csv"}
    house.assert_settled()


class TestAFileCutAnywhere:
    """A file cut at any byte is never taken for the whole one, and nothing of it reaches the ERP."""

    def test_is_never_usable(self, house: House) -> None:
        """Every cut, in the half of the pipeline that decides."""
        profile = house.gateway.partner("acme")
        for end in range(len(GOOD) - 1):
            unpacked = unpack([GOOD[:end]], "cut.edi", profile, BlobDigest("0" * 64))
            assert not any(document.usable for document in unpacked.documents()), end
            assert unpacked.size or unpacked.quarantine or unpacked.rejection, end
            assert list(unpacked.replies()) or unpacked.report_on("cut.edi", {}), end
            unpacked.close()

    def test_of_csv_is_never_silent(self, house: House) -> None:
        data = csv(csv_invoice("A"), csv_invoice("B"))
        profile = house.gateway.partner("beta")
        for end in range(len(data)):
            unpacked = unpack([data[:end]], "cut.csv", profile, BlobDigest("0" * 64))
            assert unpacked.report_on("cut.csv", {})
            assert unpacked.size or unpacked.rejection, end
            unpacked.close()

    @pytest.mark.slow
    def test_is_answered_and_accounted_for(self, house: House) -> None:
        """Every cut, through the whole pipeline."""
        cuts = range(len(GOOD) - 1)
        for end in cuts:
            house.receive("acme", f"cut-{end}.edi", GOOD[:end])
        house.work()
        assert house.erp_out() == []
        assert len(house.outbox("acme")) == len(cuts)
        house.assert_settled()

    def test_but_for_the_last_terminator_is_taken(self, house: House) -> None:
        house.take("acme", "cut.edi", GOOD[:-1])
        assert house.answers("acme") == ["997 A"]


@pytest.mark.slow
class TestBombs:
    def test_a_set_of_30_000_segments(self, house: House) -> None:
        lines = [f"IT1*{n}*1*EA*1**VP*P{n}" for n in range(30_000)]
        body = "\n".join(["BIG*20261121*BOMB*20261120*1", *lines, "TDS*3000000", "CTT*30000"])
        house.take("acme", "bomb.edi", wrapped("810", body))
        assert house.answers("acme") == ["997 A"]
        house.assert_settled()

    def test_a_set_of_30_000_wrong_segments(self, house: House) -> None:
        body = "\n".join(["BIG*20261121*BOMB*20261120*1", *["XYZ*1"] * 30_000, "TDS*1", "CTT*1"])
        house.take("acme", "bomb.edi", wrapped("810", body))
        assert house.answers("acme") == ["997 R"]
        assert house.documents()[0].number == "BOMB"
        house.assert_settled()

    def test_3_000_empty_sets(self, house: House) -> None:
        empty = "\n".join(f"ST*810*{n:04d}\nSE*2*{n:04d}" for n in range(3_000))
        house.take("acme", "bomb.edi", interchange(group(empty).replace("GE*1*", "GE*3000*")))
        assert house.answers("acme") == ["997 R"]
        assert {row.state.value for row in house.documents()} == {"rejected"}
        house.assert_settled()

    def test_300_interchanges(self, house: House) -> None:
        house.take("acme", "bomb.edi", b"".join(interchange(control=n) for n in range(1, 301)))
        assert house.answers("acme") == ["TA1 R 024"] * 300
        house.assert_settled()


# Properties. One house for all examples of a test: what holds must hold whatever came before, and most of the time goes into building.


@pytest.fixture(scope="module")
def busy() -> Iterator[House]:
    with tempfile.TemporaryDirectory() as root, house(Path(root) / "home") as opened:
        yield opened


def concluded(house: House, partner: str, name: str, *files: bytes) -> None:
    """Take files one after the other; each ends somewhere and is answered, unless it holds nothing but answers itself."""
    for data in files:
        receipt = house.take(partner, name, data)
        house.assert_settled()
        assert receipt.state != "pending"
        rows = house.documents(receipt_id=receipt.duplicate_of or receipt.id)
        # Whatever else a group of acknowledgements was made to hold is not acknowledged either.
        only_answers = bool(rows) and (b"GS*FA*" in data or all(row.set_id in ("997", "TA1") for row in rows))
        assert house.collect(partner) or only_answers, (receipt.state, receipt.reason)


@pytest.fixture(autouse=True, scope="module")
def _every_delivery_is_in_the_erp(busy: House) -> Iterator[None]:
    yield
    assert len(busy.erp_out()) == sum(row.state == "delivered" for row in busy.documents() if row.business_key)


QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])

SAMPLES = {
    "810": GOOD,
    "two": GOOD.replace(b"~", b"~\n") + wrapped("810", BAD, 2),
    "mixed": interchange(group(*sets(invoice("A"), BAD)), wants_ta1=True),
    "997": wrapped("997", "AK1*PO*1\nAK2*850*0001\nAK5*A\nAK9*A*1*1*1"),
}


@QUICK
@given(data=st.binary(max_size=400))
def test_arbitrary_bytes(busy: House, data: bytes) -> None:
    concluded(busy, "acme", "file.edi", data)


@QUICK
@given(data=st.binary(max_size=400))
def test_arbitrary_bytes_as_csv(busy: House, data: bytes) -> None:
    concluded(busy, "beta", "file.csv", data)


@QUICK
@given(data=st.data())
def test_a_good_file_changed_anywhere(busy: House, data: st.DataObject) -> None:
    """Bytes are replaced, inserted, removed, or doubled, and the good file follows it."""
    name = data.draw(st.sampled_from(sorted(SAMPLES)))
    changed = SAMPLES[name]
    for _ in range(data.draw(st.integers(1, 4))):
        changed = _mutated(data, changed)
    concluded(busy, "acme", "file.edi", changed, SAMPLES[name])


@QUICK
@given(data=st.data())
def test_a_good_csv_file_changed_anywhere(busy: House, data: st.DataObject) -> None:
    changed = csv(csv_invoice("A"), csv_invoice("B"))
    for _ in range(data.draw(st.integers(1, 4))):
        changed = _mutated(data, changed)
    concluded(busy, "beta", "file.csv", changed)


def _mutated(data: st.DataObject, text: bytes) -> bytes:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    piece = data.draw(
        st.one_of(
            st.binary(max_size=4),
            st.sampled_from(
                [b"~", b"*", b"**", b"ISA*", b"~IEA*1*000000001~", b"\n", b'"', b",", b"\0", text[start:end] * 2]
            ),
        )
    )
    return text[:start] + piece + text[end:]
