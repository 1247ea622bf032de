"""What is done with bytes from outside, and what must hold whatever they are. Each target raises where something does not."""

import json
import random
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from canonical.documents import ANY_DOCUMENT
from canonical.errors import TallyError
from canonical.functional_acknowledgement import SyntaxStatus
from tests.translators.flat.golden import SAMPLES as CSV_SAMPLES
from tests.translators.flat.golden import map_of
from tests.translators.x12.generate import ENVELOPE, frame
from tests.translators.x12.pieces import random_pieces
from translators import flat, registry
from translators.flat import FlatDocument, ReportedDocument
from translators.x12.acknowledge import functional, interchange
from translators.x12.check import check
from translators.x12.events import (
    AnswerRead,
    Event,
    FileFindings,
    GroupEnd,
    GroupStart,
    InterchangeEnd,
    InterchangeStart,
    SetRead,
)
from translators.x12.reader import read
from translators.x12.write import Form, acknowledgements

from .as2 import as2
from .as2 import seeds as as2_seeds

ANSWER = Form(encoding="latin-1")
"""How answers are written here: what they copy from a broken file may be any text."""


def x12(data: bytes) -> None:
    """An X12 file: read whole and in pieces, checked, acknowledged, translated and written again."""
    events = list(read([data]))
    assert list(read(pieces(data))) == events, "the pieces make a difference"
    assert_nested(events)
    report = check([data])
    json.dumps(report.to_json())
    errors = False
    for event in events:
        for found in event.findings:
            errors |= found.is_error
            assert found.message
            assert found.offset is None or 0 <= found.offset <= len(data), found
        _conclude(event)
    assert report.accepted <= (not errors)


def _conclude(event: Event) -> None:
    """Answer and translate, as far as an event asks for it."""
    match event:
        case GroupEnd() if (answer := functional(event)) is not None:
            nodes = registry.find("997").write(answer, "004010")
            assert_sound(frame("997", [nodes], ANSWER))
        case InterchangeEnd():
            assert_sound(acknowledgements(ENVELOPE, [interchange(event)], ANSWER))
        case SetRead() if event.status is not SyntaxStatus.REJECTED:
            assert event.tree is not None
            assert not any(found.is_error for found in event.findings)
            if event.tree.set_id in registry.supported_sets():
                _translate(event)


def _translate(event: SetRead) -> None:
    assert event.body is not None
    assert event.tree is not None
    translation = registry.find(event.tree.set_id)
    result = translation.read(event.body)
    assert result == translation.read(event.tree), "the compiled map reads something else"
    if result.document is None:
        assert any(found.is_error for found in result.findings), "no document and no reason"
        return
    ANY_DOCUMENT.dump_json(result.document)
    try:
        written = frame(
            event.tree.set_id, [translation.write(result.document, event.tree.version)], version=event.tree.version
        )
    except TallyError:
        return
    again = [each for each in read([written]) if isinstance(each, SetRead)]
    assert [each.status for each in again] != [SyntaxStatus.REJECTED], (
        "what was accepted is written as something that is not"
    )


def assert_sound(answer: bytes) -> None:
    """What we answer is itself without an error, but for the group's identifier: it must be named as it came."""
    errors = [
        found for event in read([answer]) for found in event.findings if found.is_error and found.path != "AK1[1]/01"
    ]
    assert errors == [], (answer, errors)


def assert_nested(events: Iterable[Event]) -> None:
    """Everything that begins is ended, in its order."""
    open_parts: list[str] = []
    for event in events:
        match event:
            case InterchangeStart():
                assert open_parts == []
                open_parts.append("interchange")
            case GroupStart():
                assert open_parts == ["interchange"]
                open_parts.append("group")
            case SetRead():
                assert open_parts == ["interchange", "group"]
            case GroupEnd():
                assert open_parts.pop() == "group"
            case InterchangeEnd():
                assert open_parts.pop() == "interchange"
            case AnswerRead():
                assert open_parts == ["interchange"]
            case FileFindings():
                assert open_parts == []
                assert event.findings
    assert open_parts == []


COLUMN_MAPS = tuple(map_of(sample) for sample in CSV_SAMPLES)


def csv(data: bytes) -> None:
    """A CSV file by every column map of the samples: read whole and in pieces, settled, reported, and written again."""
    for column_map in COLUMN_MAPS:
        results = list(flat.read([data], column_map))
        assert list(flat.read(pieces(data), column_map)) == results, "the pieces make a difference"
        documents, findings = flat.settle(results)
        flat.report("file.csv", map(_reported, documents), findings)
        assert results or not data.strip(), "nothing is told of the file"
        for result in documents:
            if result.document is None:
                assert any(found.is_error for found in result.findings), "no document and no reason"
                continue
            ANY_DOCUMENT.dump_json(result.document)
            try:
                written = flat.write([result.document], column_map)
            except TallyError:
                continue
            _assert_same(result, list(flat.read([written], column_map)))


def _assert_same(result: FlatDocument, again: list[FlatDocument | flat.FileFindings]) -> None:
    documents = [each.document for each in again if isinstance(each, FlatDocument)]
    assert [_content(document) for document in documents] == [_content(result.document)], (
        "written and read, it is another"
    )


def _content(document: object) -> object:
    return ANY_DOCUMENT.dump_python(document, exclude={"trace", "unmapped"})  # type: ignore[arg-type]


def _reported(document: FlatDocument) -> ReportedDocument:
    status = "rejected" if document.document is None else "accepted"
    return ReportedDocument(status, document.key, document.first_row, document.last_row, document.findings)


def pieces(data: bytes) -> Iterator[bytes]:
    """``data`` cut at places that depend on nothing but itself, so that what breaks can be played again."""
    return random_pieces(data, random.Random(zlib.crc32(data)))


TARGETS: dict[str, Callable[[bytes], None]] = {"x12": x12, "csv": csv, "as2": as2}

_GOLDEN = Path(__file__).parents[1] / "golden"
CRASHERS = Path(__file__).parent / "crashers"


def seeds(target: str) -> list[bytes]:
    """Files to begin with."""
    if target == "as2":
        return list(as2_seeds())
    patterns = {"x12": "*/*.edi", "csv": "csv/*.csv"}
    return [path.read_bytes() for path in sorted(_GOLDEN.glob(patterns[target]))]


def crashers(target: str) -> list[Path]:
    """Files that once broke a target, kept for ever."""
    return sorted((CRASHERS / target).glob("*"))
