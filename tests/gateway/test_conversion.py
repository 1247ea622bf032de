"""`tally ack` and `tally convert`: answers and other forms, without the running gateway."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from canonical.errors import Misconfigured, TallyError
from canonical.finding import any_error
from gateway.conversion import Converted, acknowledgement, convert
from translators.x12.check import check

from .house import (
    BAD_INVOICE,
    House,
    csv,
    csv_invoice,
    group,
    in_words,
    interchange,
    invoice,
    order,
    segments,
    transaction_set,
    wrapped,
)

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
GOOD = wrapped("810", invoice())
MIXED = interchange(
    group(
        transaction_set("810", invoice("A"), "0001"),
        transaction_set("810", BAD_INVOICE.format(number="B", order="1"), "0002"),
    )
)
ANSWER = wrapped("997", "AK1*PO*1\nAK9*A*1*1*1")
TA1 = interchange("TA1*000000009*261121*0646*A*000", groups=0)


class TestAcknowledgement:
    @pytest.mark.parametrize("kind", ["997", "TA1"])
    def test_a_sender_with_a_delimiter_in_its_name_is_answered_without_it(self, kind: str) -> None:
        hostile = wrapped("810", invoice(), sender="A>B")
        answer = acknowledgement([hostile], kind, NOW)
        assert b"*ZZ*A B            *" in answer
        assert not any_error(check([answer]).findings)

    @pytest.mark.parametrize(
        ("data", "functional", "technical"),
        [
            (GOOD, ["997 A"], ["TA1 A 000"]),
            (MIXED, ["997 P"], ["TA1 A 000"]),
            (
                GOOD + wrapped("810", BAD_INVOICE.format(number="B", order="1"), 2),
                ["997 A", "997 R"],
                ["TA1 A 000"] * 2,
            ),
            (GOOD[:-20], ["997 R"], ["TA1 R 023"]),
            (interchange(group(transaction_set("810", invoice()), version="003040")), ["997 R"], ["TA1 A 000"]),
            (
                interchange(group(transaction_set("810", invoice())), group(transaction_set("810", "X*1"), control=2)),
                ["997 A", "997 R"],
                ["TA1 A 000"],
            ),
            (interchange(), [], ["TA1 R 024"]),
            (ANSWER, [], ["TA1 A 000"]),
            (TA1, [], []),
            (b"junk", [], []),
        ],
        ids=["good", "mixed", "two", "cut", "version", "two groups", "empty", "a 997", "a TA1", "junk"],
    )
    def test_what_a_file_deserves(self, data: bytes, functional: list[str], technical: list[str]) -> None:
        """As the gateway would answer; a TA1 is never answered, and a 997 never with a 997."""
        for kind, expected in (("997", functional), ("TA1", technical)):
            if expected:
                answers = acknowledgement([data], kind, NOW)
                parts = [b"ISA" + part for part in answers.split(b"ISA")[1:]]
                assert [word for part in parts for word in in_words(part)] == expected
            else:
                with pytest.raises(Misconfigured, match=f"nothing that a {kind} answers"):
                    acknowledgement([data], kind, NOW)

    def test_a_999_says_what_a_997_does_in_005010(self) -> None:
        answer = segments(acknowledgement([MIXED], "999", NOW))
        assert (answer[0][11], answer[0][12], answer[1][1], answer[1][8]) == ("^", "00501", "FA", "005010")
        assert answer[2][1] == "999"
        assert ["CTX", "BIG02>B"] in answer
        assert in_words(acknowledgement([MIXED], "999", NOW)) == ["999 P"]
        with pytest.raises(Misconfigured, match="nothing that a 999 answers"):
            acknowledgement([ANSWER], "999", NOW)

    @pytest.mark.parametrize(
        ("version", "isa", "gs"),
        [
            ("003040", ["U", "00401"], "004010"),
            ("004010VICS", ["U", "00401"], "004010"),
            ("004050", ["^", "00406"], "004060"),
            ("005010", ["^", "00501"], "005010"),
        ],
    )
    def test_a_997_is_of_the_version_it_answers(self, version: str, isa: list[str], gs: str) -> None:
        data = interchange(group(transaction_set("810", invoice()), version=version))
        answer = segments(acknowledgement([data], "997", NOW))
        assert (answer[0][11:13], answer[1][8]) == (isa, gs)

    def test_of_a_strange_envelope_can_be_written(self) -> None:
        data = GOOD.replace(b"*", b"|").replace(b"|ACME           |", b"|A*C~E          |").replace(b"|ACME|", b"|A|")
        isa, gs, *_ = segments(acknowledgement([data], "997", NOW))
        assert (isa[8].strip(), gs[3]) == ("A C E", "AX")
        named = GOOD.replace(b"*ACME*", b"*AC^ME*")
        assert segments(acknowledgement([named], "999", NOW))[1][3] == "AC ME"

    def test_goes_back_to_the_sender(self) -> None:
        isa, gs, *_ = segments(acknowledgement([wrapped("810", invoice(), 77)], "997", NOW))
        assert [text.strip() for text in isa[5:9]] == ["ZZ", "OURCOMPANY", "ZZ", "ACME"]
        assert (isa[9], isa[10], isa[13], isa[15]) == ("260102", "0304", "000000077", "T")
        assert (gs[1], gs[2], gs[3]) == ("FA", "OURCOMPANY", "ACME")

    @pytest.mark.parametrize("control", ["ABCDEFGHI", "0*00~0001", "12345678901234"])
    def test_of_a_strange_control_number_is_still_an_answer(self, control: str) -> None:
        data = GOOD.replace(b"*", b"|").replace(b"|000000001|", f"|{control}|".encode())
        assert in_words(acknowledgement([data], "TA1", NOW))[0].startswith("TA1 R")


class TestConvert:
    def converted(
        self, data: bytes, to: str, house: House, partner: str | None = None, name: str = "f.edi"
    ) -> Converted:
        return convert(data, name, to, None if partner is None else house.gateway.partner(partner))

    def loaded(self, found: Converted) -> Any:
        return json.loads(found.data)

    def test_X12_to_JSON(self, house: House) -> None:
        found = self.converted(GOOD, "json", house)
        [document] = self.loaded(found)
        assert (document["type"], document["number"], found.problems) == ("Invoice", "INV1", ())

    def test_documents_with_errors_are_left_out_and_named(self, house: House) -> None:
        found = self.converted(MIXED, "json", house)
        assert [document["number"] for document in self.loaded(found)] == ["A"]
        assert found.problems == ("IT1[1]/03: IT103 is 'QQ', which is not in the code list of element 355.",)

    @pytest.mark.parametrize(
        ("data", "type_"), [(ANSWER, "FunctionalAcknowledgement"), (TA1, "InterchangeAcknowledgement")]
    )
    def test_answers_are_documents_too(self, house: House, data: bytes, type_: str) -> None:
        assert [document["type"] for document in self.loaded(self.converted(data, "json", house))] == [type_]

    def test_there_and_back_is_the_same(self, house: House) -> None:
        there = self.converted(GOOD, "json", house).data
        back = self.converted(there, "x12", house, name="f.json").data
        assert segments(back)[2:-2] == segments(GOOD)[2:-2]

    @pytest.mark.parametrize(
        "sample", sorted(Path(__file__).parents[1].glob("golden/*/version-5010.edi")), ids=lambda path: path.parent.name
    )
    def test_of_005010_goes_there_and_back_in_005010(self, house: House, sample: Path) -> None:
        data = sample.read_bytes().replace(b"\n", b"")
        there = self.converted(data, "json", house).data
        back = self.converted(there, "x12", house, name="f.json").data
        assert (segments(back)[0][12], segments(back)[1][8]) == ("00501", "005010")
        assert segments(back)[3:-3] == segments(data)[3:-3]

    def test_a_partner_gets_its_own_version(self, house: House) -> None:
        house.amend("acme", ('version: "004010"', 'version: "005010VICS"'))
        back = segments(self.converted(GOOD, "x12", house, "acme").data)
        assert (back[0][11:13], back[1][8]) == (["^", "00501"], "005010VICS")

    def test_CSV_to_JSON_to_CSV(self, house: House) -> None:
        data = csv(csv_invoice("A"), csv_invoice("B"))
        found = self.converted(data, "json", house, "beta", "a.csv")
        assert [document["number"] for document in self.loaded(found)] == ["A", "B"]
        again = self.converted(found.data, "csv", house, "beta", "a.json")
        assert (again.data.count(b"\n"), again.problems) == (3, ())
        assert self.loaded(self.converted(again.data, "json", house, "beta", "b.csv")) == [
            document | {"trace": document["trace"]} for document in self.loaded(found)
        ]

    def test_CSV_with_mistakes_names_row_and_column(self, house: House) -> None:
        data = csv(csv_invoice("A"), csv_invoice("B").replace("2026-11-21", "soon"))
        found = self.converted(data, "json", house, "beta", "a.csv")
        assert [document["number"] for document in self.loaded(found)] == ["A"]
        assert found.problems == ("row 3/Date: 'soon' is not a date written as YYYY-MM-DD.",)

    def test_what_a_column_map_has_no_column_for_is_named(self, house: House) -> None:
        found = self.converted(GOOD, "csv", house, "beta")
        assert b"INV1" in found.data
        assert "order_date" in found.problems[0]

    def test_X12_for_a_partner_is_as_we_would_send_it(self, house: House) -> None:
        house.amend(
            "acme",
            ("  usage: T", '  usage: P\n  delimiters: {element: "|", component: ":", segment: "^"}'),
            ("us: {qualifier: ZZ, id: OURCOMPANY}", "us: {qualifier: ZZ, id: OURCOMPANY, group_id: DEPT7}"),
        )
        found = self.converted(json.dumps(order()).encode(), "x12", house, "acme")
        isa, gs, st, *_ = segments(found.data)
        assert (isa[6].strip(), isa[8].strip(), isa[15], gs[2], st) == (
            "OURCOMPANY",
            "ACME",
            "P",
            "DEPT7",
            ["ST", "850", "0001"],
        )

    def test_X12_for_nobody_says_so(self, house: House) -> None:
        isa, *_ = segments(self.converted(json.dumps(order()).encode(), "x12", house).data)
        assert (isa[6].strip(), isa[8].strip(), isa[15]) == ("SENDER", "RECEIVER", "P")

    def test_several_kinds_of_documents_make_several_groups(self, house: House) -> None:
        bill = {"type": "Invoice", "number": "1", "invoice_date": "2026-11-20", "total_amount": "1"}
        data = json.dumps([order("1"), bill, order("2")]).encode()
        tags = [
            segment[:2]
            for segment in segments(self.converted(data, "x12", house).data)
            if segment[0] in ("GS", "ST", "IEA")
        ]
        assert tags == [["GS", "PO"], ["ST", "850"], ["ST", "850"], ["GS", "IN"], ["ST", "810"], ["IEA", "2"]]

    @pytest.mark.parametrize("to", ["json", "x12", "csv"])
    @pytest.mark.parametrize("data", [b"", b"junk", GOOD[:50]])
    def test_nothing_comes_of_nothing_and_it_is_told(self, house: House, data: bytes, to: str) -> None:
        found = self.converted(data, to, house, "acme")
        assert found.data in (b"", b"[]\n")
        assert found.problems
        assert all(problem[0].isupper() for problem in found.problems)

    REFUSED = (
        (
            b'{"type": "PurchaseOrder"}',
            "x12",
            "acme",
            "f.edi is no canonical JSON. Document 1 of 1, field number: missing, and it is needed.",
        ),
        (b"[{", "x12", "acme", "f.edi is no canonical JSON. Line 1, column 3: the file ends in the middle"),
        (
            b'{"type": "Nonsense"}',
            "json",
            None,
            'f.edi is no canonical JSON. Document 1 of 1, field type: "Nonsense" is not taken here',
        ),
        (GOOD, "csv", None, "CSV is written by a partner's column map: add --partner."),
        (GOOD, "csv", "acme", "The profile of acme has no column map for Invoice alone."),
        (ANSWER, "csv", "beta", "The profile of beta has no column map for FunctionalAcknowledgement alone."),
        (TA1, "x12", "acme", "A document of type InterchangeAcknowledgement cannot be written as a transaction set."),
        (json.dumps(order(notes=[{"text": "a~b"}])).encode(), "x12", "acme", "it contains '~'"),
    )

    @pytest.mark.parametrize(("data", "to", "partner", "told"), REFUSED)
    def test_what_cannot_be_is_refused_with_its_reason(
        self, house: House, data: bytes, to: str, partner: str | None, told: str
    ) -> None:
        with pytest.raises(TallyError) as caught:
            self.converted(data, to, house, partner)
        assert told in caught.value.message
