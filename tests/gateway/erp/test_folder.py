"""The folder adapter: what files it leaves where, and what it makes of those it finds."""

import errno
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canonical.acknowledgement import PurchaseOrderAcknowledgement
from canonical.documents import DOCUMENTS
from canonical.errors import Ambiguous, Misconfigured, Retryable, TallyError
from canonical.identity import PartnerId
from canonical.order import PurchaseOrder
from gateway.erp.folder import FolderAdapter
from gateway.erp.notes import file_name
from gateway.erp.port import (
    AlreadyApplied,
    Applied,
    Context,
    IdempotencyKey,
    OrderProgress,
    OrderRef,
    OrderStatus,
    Refused,
    idempotency_key,
)

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
CONTEXT = Context(NOW, revision="a1")


class MovableClock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "erp"


@pytest.fixture
def adapter(root: Path, clock: MovableClock) -> FolderAdapter:
    adapter = FolderAdapter(root, clock)
    adapter.prepare()
    return adapter


def order(number: str = "4500123") -> PurchaseOrder:
    return PurchaseOrder(number=number, order_date=date(2026, 3, 1), partner=PartnerId("acme"))


def acknowledgement(number: str = "4500123") -> PurchaseOrderAcknowledgement:
    return PurchaseOrderAcknowledgement(
        answer="accepted", order_number=number, order_date=date(2026, 3, 1), partner=PartnerId("acme")
    )


def drop(root: Path, name: str, data: bytes, written_at: datetime = NOW - timedelta(minutes=1)) -> Path:
    path = root / "in" / name
    path.write_bytes(data)
    os.utime(path, (written_at.timestamp(), written_at.timestamp()))
    return path


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.is_file())


def as_json(*orders: PurchaseOrder) -> bytes:
    return DOCUMENTS.dump_json(list(orders))


class TestApply:
    @pytest.mark.parametrize("number", ["../../etc/passwd", "a\0b", "n" * 300, "CON", ".hidden", "наклад/7", ""])
    def test_keeps_hostile_numbers_inside_out(self, adapter: FolderAdapter, root: Path, number: str) -> None:
        outcome = adapter.apply(acknowledgement(number), CONTEXT)
        assert isinstance(outcome, Applied)
        assert names(root / "out") == [outcome.reference]
        assert DOCUMENTS.validate_json((root / "out" / file_name(outcome.key)).read_bytes()) == [
            acknowledgement(number)
        ]

    def test_leaves_no_temporary_file(self, adapter: FolderAdapter, root: Path) -> None:
        adapter.apply(acknowledgement(), CONTEXT)
        assert [name for name in names(root / "out") if name.startswith(".")] == []

    def test_refuses_a_document_without_a_partner(self, adapter: FolderAdapter) -> None:
        with pytest.raises(ValueError, match="names no partner"):
            adapter.apply(acknowledgement().model_copy(update={"partner": None}), CONTEXT)

    def test_nothing_is_visible_before_it_is_durable(
        self, adapter: FolderAdapter, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[list[str]] = []
        real = os.fsync

        def watched(descriptor: int) -> None:
            seen.append([name for name in names(root / "out") if not name.startswith(".")])
            real(descriptor)

        monkeypatch.setattr(os, "fsync", watched)
        adapter.apply(acknowledgement(), CONTEXT)
        assert seen[0] == []
        assert len(seen[1]) == 1

    def test_failing_at_any_step_loses_and_doubles_nothing(
        self, adapter: FolderAdapter, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Fail the first, second, ... call that makes something durable, then repeat, until no call is left to fail."""
        steps = 0
        for failing in range(20):
            document = acknowledgement(f"PO-{failing}")
            with monkeypatch.context() as patch:
                failed = _fail_call(patch, failing)
                try:
                    adapter.apply(document, CONTEXT)
                except TallyError as error:
                    assert isinstance(error, Retryable | Ambiguous)  # noqa: PT017 - which one depends on the step
            outcome = adapter.lookup(idempotency_key(document, CONTEXT))
            repeated = adapter.apply(document, CONTEXT)
            assert isinstance(repeated, Applied if outcome is None else AlreadyApplied)
            assert len([name for name in names(root / "out") if f"-PO-{failing}-" in name]) == 1
            assert [name for name in names(root / "out") if name.startswith(".")] == []
            if not failed:
                break
            steps += 1
        assert steps >= 6

    def test_a_file_shown_but_perhaps_not_durable_is_ambiguous(
        self, adapter: FolderAdapter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _fail_call(monkeypatch, 2)
        with pytest.raises(Ambiguous, match="may not survive a power failure"):
            adapter.apply(acknowledgement(), CONTEXT)

    @pytest.mark.parametrize("standing", ["", ".done", ".error"])
    def test_what_another_attempt_of_it_showed_is_taken_for_it(
        self, adapter: FolderAdapter, root: Path, standing: str
    ) -> None:
        """It may have died before it could note so."""
        adapter.apply(acknowledgement(), CONTEXT)
        [shown] = (root / "out").glob("*.json")
        [note] = (root / ".journal").iterdir()
        note.unlink()
        shown.rename(shown.with_name(shown.name + standing))
        outcome = adapter.apply(acknowledgement(), CONTEXT)
        assert type(outcome) is (Refused if standing == ".error" else AlreadyApplied)
        assert names(root / ".journal") == [note.name]

    @pytest.mark.parametrize("standing", ["", ".done"])
    @pytest.mark.parametrize("what", ["another", "longer", "directory", "pipe", "link"])
    def test_whatever_else_lies_there_is_not_taken_for_it(
        self, adapter: FolderAdapter, root: Path, standing: str, what: str
    ) -> None:
        """A document of another home, as where its folder is used again, must not count as handed over."""
        adapter.apply(acknowledgement(), CONTEXT)
        [shown] = (root / "out").glob("*.json")
        [note] = (root / ".journal").iterdir()
        data = shown.read_bytes()
        note.unlink()
        shown.unlink()
        path = shown.with_name(shown.name + standing)
        make: dict[str, Callable[[], object]] = {
            "another": lambda: path.write_bytes(data.replace(b"4500123", b"4500124")),
            "longer": lambda: path.write_bytes(data + b" "),
            "directory": path.mkdir,
            "pipe": lambda: os.mkfifo(path),
            "link": lambda: path.symlink_to("/dev/zero"),
        }
        make[what]()
        with pytest.raises(Misconfigured, match="Move it away"):
            adapter.apply(acknowledgement(), CONTEXT)
        assert names(root / ".journal") == []

    def test_a_full_disk_is_tried_again(self, adapter: FolderAdapter, monkeypatch: pytest.MonkeyPatch) -> None:
        _fail_call(monkeypatch, 0)
        with pytest.raises(Retryable, match="No space left on device"):
            adapter.apply(acknowledgement(), CONTEXT)

    def test_what_the_operator_must_mend_is_tried_again_too(self, root: Path, clock: MovableClock) -> None:
        root.mkdir()
        (root / "out").write_text("")
        with pytest.raises(Retryable, match=r"out.*Not a directory.*this user may write to it"):
            FolderAdapter(root, clock).apply(acknowledgement(), CONTEXT)


def _fail_call(patch: pytest.MonkeyPatch, failing: int) -> list[int]:
    """Make the n-th fsync or rename fail as a full disk does; the list returned is non-empty once it did."""
    calls, failed = [0], list[int]()
    real_fsync, real_rename = os.fsync, Path.rename

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object) -> object:
            calls[0] += 1
            if calls[0] - 1 == failing:
                failed.append(failing)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*args)

        return call

    patch.setattr(os, "fsync", counted(real_fsync))
    patch.setattr(Path, "rename", counted(real_rename))
    return failed


class TestImporterAnswers:
    def refuse(self, root: Path, reference: str | None, reason: bytes | None) -> Path:
        path = root / "out" / str(reference)
        if reason is not None:
            path.with_name(path.name + ".error.txt").write_bytes(reason)
        return path.rename(path.with_name(path.name + ".error"))

    @pytest.mark.parametrize(
        ("reason", "told"),
        [
            (b"line 3: unknown item\r\n\tcall us", "line 3: unknown item call us"),
            (b"caf\xe9 \x1b[31m", "caf\ufffd [31m"),
            (None, "without a reason"),
            (b"", "without a reason"),
        ],
    )
    def test_the_reason_of_a_refusal_is_made_readable(
        self, adapter: FolderAdapter, root: Path, reason: bytes | None, told: str
    ) -> None:
        applied = adapter.apply(acknowledgement(), CONTEXT)
        assert isinstance(applied, Applied)
        self.refuse(root, applied.reference, reason)
        (refused,) = adapter.collect(None).items
        assert isinstance(refused, Refused)
        assert told in refused.problem.message
        assert f"back to {applied.reference}" in refused.problem.message

    def test_a_reason_that_is_a_pipe_keeps_nobody_waiting(self, adapter: FolderAdapter, root: Path) -> None:
        adapter.apply(acknowledgement(), CONTEXT)
        [shown] = (root / "out").glob("*.json")
        os.mkfifo(shown.with_name(shown.name + ".error.txt"))
        shown.rename(shown.with_name(shown.name + ".error"))
        [refused] = adapter.collect(None).items
        assert isinstance(refused, Refused)
        assert "without a reason" in refused.problem.message

    def test_a_refused_file_put_back_is_answered_anew(self, adapter: FolderAdapter, root: Path) -> None:
        applied = adapter.apply(acknowledgement(), CONTEXT)
        assert isinstance(applied, Applied)
        error = self.refuse(root, applied.reference, b"unknown item")
        cursor = adapter.collect(None).cursor
        assert adapter.collect(cursor).items == ()
        back = error.rename(root / "out" / str(applied.reference))
        assert adapter.collect(None).items == ()
        assert isinstance(adapter.lookup(applied.key), Applied)
        self.refuse(root, applied.reference, b"still unknown")
        (again,) = adapter.collect(None).items
        assert isinstance(again, Refused)
        assert "still unknown" in again.problem.message
        assert not back.exists()

    @pytest.mark.parametrize(
        "note",
        [b"", b'{"partner": "ac', b"[]", b"\xff", b"[" * 4000, b"{}", b'{"partner": 1, "document_type": 2}'],
        ids=["empty", "cut off", "no object", "no UTF-8", "deep", "says nothing", "no key"],
    )
    def test_a_damaged_note_holds_up_no_other_answer(self, root: Path, clock: MovableClock, note: bytes) -> None:
        adapter = FolderAdapter(root, clock)
        adapter.prepare()
        shown = [adapter.apply(acknowledgement(number), CONTEXT) for number in ("1", "2", "3")]
        for each in shown:
            assert isinstance(each, Applied)
            self.refuse(root, each.reference, b"no")
        damaged, *others = shown
        assert isinstance(damaged, Applied)
        path = root / ".journal" / str(damaged.reference)
        whole = path.read_bytes()
        path.write_bytes(note)
        with structlog.testing.capture_logs() as logged:
            first = adapter.collect(None)
            assert {item.key for item in first.items} == {each.key for each in others if isinstance(each, Applied)}
            for _ in range(3):
                assert adapter.collect(first.cursor).items == ()
        assert [line["file"] for line in logged] == [damaged.reference]
        path.write_bytes(whole)
        assert [item.key for item in adapter.collect(None).items] == [damaged.key]

    @pytest.mark.parametrize("note", [None, b""], ids=["gone", "empty"])
    def test_a_lost_note_is_written_anew_from_what_was_given(
        self, root: Path, clock: MovableClock, note: bytes | None
    ) -> None:
        given: list[IdempotencyKey] = []
        adapter = FolderAdapter(root, clock, given=lambda types: [key for key in given if key.document_type in types])
        adapter.prepare()
        applied = [adapter.apply(acknowledgement(number), CONTEXT) for number in ("1", "2")]
        given += [each.key for each in applied]
        lost = applied[0]
        assert isinstance(lost, Applied)
        path = root / ".journal" / str(lost.reference)
        if note is None:
            path.unlink()
        else:
            path.write_bytes(note)
        self.refuse(root, lost.reference, b"no")
        collected = [adapter.collect(None).items for _ in range(2)]
        [refused] = collected[-1]
        assert isinstance(refused, Refused)
        assert refused.key == lost.key
        assert json.loads(path.read_bytes())["number"] == "1"

    def test_a_refusal_that_nobody_can_place_is_told_once(self, adapter: FolderAdapter, root: Path) -> None:
        applied = adapter.apply(acknowledgement(), CONTEXT)
        assert isinstance(applied, Applied)
        (root / ".journal" / str(applied.reference)).unlink()
        self.refuse(root, applied.reference, b"no")
        with structlog.testing.capture_logs() as logged:
            for _ in range(4):
                assert adapter.collect(None).items == ()
        [told] = logged
        assert (told["event"], told["file"]) == ("erp.answer_not_understood", applied.reference)

    def test_a_refusal_is_not_missed_that_comes_before_its_file_was_noted(
        self, adapter: FolderAdapter, root: Path
    ) -> None:
        applied = adapter.apply(acknowledgement(), CONTEXT)
        assert isinstance(applied, Applied)
        note = root / ".journal" / str(applied.reference)
        noted = note.read_bytes()
        note.unlink()
        self.refuse(root, applied.reference, b"no")
        with structlog.testing.capture_logs() as logged:
            assert adapter.collect(None).items == ()
            note.write_bytes(noted)
            assert [item.key for item in adapter.collect(None).items] == [applied.key]
        assert logged == []

    def test_files_that_are_not_ours_are_no_answers(self, adapter: FolderAdapter, root: Path) -> None:
        for answer in ("somebody-else.json.done", "somebody-else.json.error", "report.error"):
            (root / "out" / answer).touch()
        with structlog.testing.capture_logs() as logged:
            assert [adapter.collect(None).items for _ in range(2)] == [(), ()]
        assert logged == []

    def test_many_answers_come_in_pages(self, adapter: FolderAdapter, root: Path) -> None:
        for number in range(101):
            applied = adapter.apply(acknowledgement(str(number)), CONTEXT)
            assert isinstance(applied, Applied)
            (root / "out" / str(applied.reference)).rename(root / "out" / f"{applied.reference}.done")
        first = adapter.collect(None)
        second = adapter.collect(first.cursor)
        assert (len(first.items), first.more, len(second.items), second.more) == (100, True, 1, False)
        assert len({item.key for item in first.items + second.items}) == 101

    @pytest.mark.parametrize("cursor", ['["../../x.done"]', '["x"]'])
    def test_a_strange_cursor_touches_nothing(self, adapter: FolderAdapter, root: Path, cursor: str) -> None:
        with pytest.raises(Misconfigured, match="cursor"):
            adapter.collect(cursor)
        assert names(root / ".journal") == []


class TestForget:
    """What was erased leaves no name behind among our notes, and is not handed over again."""

    @pytest.mark.parametrize("suffix", ["", ".done", ".error"])
    def test_of_a_note_a_digest_is_left(self, adapter: FolderAdapter, root: Path, suffix: str) -> None:
        applied = adapter.apply(acknowledgement("SECRET77"), CONTEXT)
        assert isinstance(applied, Applied)
        if suffix:
            (root / "out" / str(applied.reference)).rename(root / "out" / f"{applied.reference}{suffix}")
            adapter.collect(adapter.collect(None).cursor)
        adapter.forget([applied.key])
        adapter.forget([applied.key])
        [note] = names(root / ".journal")
        assert "SECRET77" not in note
        assert (root / ".journal" / note).read_bytes() == b""
        assert adapter.collect(None).items == ()

    def test_it_is_not_handed_over_again(self, adapter: FolderAdapter, root: Path) -> None:
        applied = adapter.apply(acknowledgement("SECRET77"), CONTEXT)
        assert isinstance(applied, Applied)
        (root / "out" / str(applied.reference)).unlink()
        adapter.forget([applied.key])
        assert adapter.lookup(applied.key) is not None
        assert isinstance(adapter.apply(acknowledgement("SECRET77"), CONTEXT), AlreadyApplied)
        assert not any("SECRET77" in name for folder in (".journal", "out") for name in names(root / folder))
        assert isinstance(adapter.apply(acknowledgement("SECRET78"), CONTEXT), Applied), "another one is"

    def test_what_was_never_given_leaves_no_note(self, adapter: FolderAdapter, root: Path) -> None:
        adapter.forget([idempotency_key(acknowledgement("1"), CONTEXT)])
        assert names(root / ".journal") == []


class TestPull:
    @pytest.mark.parametrize(
        "data", [as_json(order()), order().model_dump_json().encode(), b"\xef\xbb\xbf" + as_json(order())]
    )
    def test_takes_an_array_or_a_single_document(self, adapter: FolderAdapter, root: Path, data: bytes) -> None:
        drop(root, "a.json", data)
        assert [item.order for item in adapter.pull_orders(None, 10).items] == [order()]

    @pytest.mark.parametrize(
        "name", [".a.json", "~a.json", "a.json.tmp", "a.json.part", "a.txt", "a.json.done", "a.json.error"]
    )
    def test_leaves_other_and_temporary_names_alone(self, adapter: FolderAdapter, root: Path, name: str) -> None:
        drop(root, name, b"{")
        assert adapter.pull_orders(None, 10).items == ()
        assert names(root / "in") == [name]

    def test_leaves_what_is_no_file_alone(self, adapter: FolderAdapter, root: Path) -> None:
        os.mkfifo(root / "in" / "pipe.json")
        (root / "in" / "directory.json").mkdir()
        (root / "in" / "link.json").symlink_to("/etc/passwd")
        assert adapter.pull_orders(None, 10).items == ()

    def test_a_file_of_several_orders_is_never_split(self, adapter: FolderAdapter, root: Path) -> None:
        drop(root, "a.json", as_json(order("1"), order("2"), order("3")))
        drop(root, "b.json", as_json(order("4")))
        page = adapter.pull_orders(None, 2)
        assert [item.ref.id for item in page.items] == ["a.json#1/3", "a.json#2/3", "a.json#3/3"]
        assert page.more
        assert [item.ref.number for item in adapter.pull_orders(page.cursor, 2).items] == ["4"]

    def test_a_file_is_done_only_when_all_its_orders_are(self, adapter: FolderAdapter, root: Path) -> None:
        drop(root, "a.json", as_json(order("1"), order("2")))
        refs = [item.ref for item in adapter.pull_orders(None, 10).items]
        adapter.confirm_pulled(refs[:1], CONTEXT)
        assert names(root / "in") == ["a.json"]
        adapter.confirm_pulled(refs, CONTEXT)
        assert names(root / "in") == ["a.json.done"]

    def test_a_name_used_again_overwrites_no_earlier_file(self, adapter: FolderAdapter, root: Path) -> None:
        for number in ("1", "2", "3"):
            drop(root, "orders.json", as_json(order(number)))
            adapter.confirm_pulled([item.ref for item in adapter.pull_orders(None, 10).items], CONTEXT)
        kept = [json.loads(path.read_bytes())[0]["number"] for path in (root / "in").iterdir()]
        assert sorted(kept) == ["1", "2", "3"]
        assert all(name.endswith(".done") for name in names(root / "in"))

    @pytest.mark.parametrize("order_id", ["a.json", "../x.json#1/1", "#1/1", "17"])
    def test_confirms_only_its_own_references(self, adapter: FolderAdapter, order_id: str) -> None:
        with pytest.raises(Misconfigured, match="was not pulled from a folder"):
            adapter.confirm_pulled([OrderRef(order_id, "r", "1")], CONTEXT)


class TestBadFiles:
    @pytest.mark.parametrize(
        ("data", "told"),
        [
            (b"", "The file is empty"),
            (b'[{"type": "PurchaseOrder",\n  "number": 1 2}]', "Line 2, column 15: this is not JSON"),
            (as_json(order())[:-20], "the file ends in the middle"),
            (b'["\xff"]', "Line 1, byte 3 of the file: the byte FF is not UTF-8"),
            (b"[]", "The array is empty"),
            (b"[NaN]", "NaN is not a number"),
            (b"[" * 100_000, "cannot be read"),
            (b"[1]", "Document 1 of 1, field type: a document is a JSON object"),
            (b'{"number": "1"}', 'Every document says what it is: "type": "PurchaseOrder"'),
            (
                DOCUMENTS.dump_json([order(), acknowledgement()]),
                'Document 2 of 2, field type: "PurchaseOrderAcknowledgement" is',
            ),
            (b'{"type": "PurchaseOrder", "number": "1"}', "Document 1 of 1, field order_date: missing"),
            (
                b'{"type":"PurchaseOrder","number":"1","order_date":"2026-03-01","lines":[{},{"quantity":{"value":"ten"}}]}',
                'field lines[2].quantity.value: "ten" is not a number.',
            ),
            (b'{"type":"PurchaseOrder","number":"1","order_date":"2026-03-01","numbr":"2"}', "is it misspelt?"),
            (b" " * 17_000_000, "The file is larger than 16 MiB"),
        ],
    )
    def test_is_set_aside_with_what_where_why_and_what_to_do(
        self, adapter: FolderAdapter, root: Path, data: bytes, told: str
    ) -> None:
        drop(root, "a.json", data)
        assert adapter.pull_orders(None, 10).items == ()
        assert names(root / "in") == ["a.json.error", "a.json.error.txt"]
        assert (root / "in" / "a.json.error").read_bytes() == data
        assert told in (root / "in" / "a.json.error.txt").read_text()

    def test_does_not_hold_up_the_others(self, adapter: FolderAdapter, root: Path) -> None:
        drop(root, "a.json", b"?")
        drop(root, "b.json", as_json(order()))
        assert [item.order for item in adapter.pull_orders(None, 1).items] == [order()]

    def test_is_left_alone_while_it_may_still_grow(
        self, adapter: FolderAdapter, root: Path, clock: MovableClock
    ) -> None:
        whole = as_json(order())
        drop(root, "a.json", whole[:40], written_at=NOW)
        assert adapter.pull_orders(None, 10).items == ()
        assert names(root / "in") == ["a.json"]
        clock.time += timedelta(seconds=1)
        drop(root, "a.json", whole, written_at=clock.time)
        assert [item.order for item in adapter.pull_orders(None, 10).items] == [order()]

    @pytest.mark.parametrize("off", [timedelta(seconds=2), timedelta(hours=-3)])
    def test_is_set_aside_once_it_stopped_growing_even_under_a_wrong_clock(
        self, adapter: FolderAdapter, root: Path, off: timedelta
    ) -> None:
        drop(root, "a.json", b"{", written_at=NOW - off)
        adapter.pull_orders(None, 10)
        assert names(root / "in") == ["a.json.error", "a.json.error.txt"]

    def test_a_second_bad_file_of_the_same_name_is_kept_beside_the_first(
        self, adapter: FolderAdapter, root: Path
    ) -> None:
        for data in (b"{", b"}"):
            drop(root, "a.json", data)
            adapter.pull_orders(None, 10)
        assert sorted(path.read_bytes() for path in (root / "in").glob("*.error")) == [b"{", b"}"]
        assert len(list((root / "in").glob("*.error.txt"))) == 2

    @pytest.mark.parametrize("name", [b"n" * 250 + b".json", b"caf\xe9.json", b"a\nb.json"])
    def test_names_that_cannot_be_kept_are_survived(self, adapter: FolderAdapter, root: Path, name: bytes) -> None:
        drop(root, os.fsdecode(name), b"{")
        assert adapter.pull_orders(None, 10).items == ()
        (error,) = (root / "in").glob("*.error")
        assert error.with_name(error.name + ".txt").exists()

    @given(
        st.binary(max_size=200)
        | st.recursive(
            st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
        ).map(lambda value: json.dumps(value).encode())
    )
    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_no_content_escapes_as_an_exception(self, adapter: FolderAdapter, root: Path, data: bytes) -> None:
        for path in (root / "in").iterdir():
            path.unlink()
        drop(root, "a.json", data)
        adapter.pull_orders(None, 10)
        assert names(root / "in") == ["a.json.error", "a.json.error.txt"]


class TestReport:
    def test_tells_which_order_what_and_when(self, adapter: FolderAdapter, root: Path) -> None:
        ref = OrderRef("a.json#1/1", "0f" * 32, "../4500123")
        adapter.report(ref, OrderStatus(OrderProgress.REJECTED, "PO1 segment 3: unknown unit"), CONTEXT)
        (path,) = (root / "out" / "status").iterdir()
        assert path.name.startswith("_4500123-")
        assert path.name.endswith(".rejected.json")
        assert json.loads(path.read_bytes()) == {
            "type": "OrderStatus",
            "order": "../4500123",
            "status": "rejected",
            "message": "PO1 segment 3: unknown unit",
            "at": "2026-03-04T05:06:07+00:00",
            "source": {"id": "a.json#1/1", "revision": "0f" * 32},
        }


class TestCheck:
    def test_names_the_directory_that_is_missing(self, adapter: FolderAdapter, root: Path) -> None:
        (root / "in").rmdir()
        health = adapter.check()
        assert not health.ok
        assert health.problems == (f"The directory {root / 'in'} does not exist. Make it, or name another one.",)

    def test_names_the_directory_that_cannot_be_written(self, adapter: FolderAdapter, root: Path) -> None:
        (root / "in").rmdir()
        (root / "in").write_text("")
        (problem,) = adapter.check().problems
        assert str(root / "in") in problem
        assert "cannot be written" in problem

    def test_leaves_nothing_behind(self, adapter: FolderAdapter, root: Path) -> None:
        adapter.check()
        assert names(root / "in") == names(root / "out") == []

    def test_a_missing_directory_is_tried_again(self, root: Path, clock: MovableClock) -> None:
        with pytest.raises(Retryable, match="list the orders"):
            FolderAdapter(root, clock).pull_orders(None, 10)
