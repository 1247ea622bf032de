"""Running pyx12 over an interchange, with maps made of our tables. This is the only place that imports it, and only when asked to.

pyx12's answer is put together from what it says on three ways, for none of them tells all: the verdict it returns, its tree of
errors (the state of each transaction set), and its log, the only place where an error that belongs to no transaction set is told.
"""

import io
import json
import logging
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Self

from canonical.errors import Misconfigured
from translators.x12.pyx12_maps import ENVELOPES, map_files

NAME = "pyx12"
_INSTALL = (
    "The second opinion is given by pyx12, which is not installed. Install it with: pip install 'tallystick[pyx12]', "
    "or leave out --second-opinion."
)
_ISA12 = slice(84, 89)
_FIRST_WITH_REPETITION = b"00402"
_LOGGED = re.compile(
    r"(?:No current segment in error_handler\. )?Line:(\d+) (ISA|GS|ST|SEG|ELE):(\w+) - (.*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One error of pyx12. ``line`` counts the segments of the interchange from 1 at the ISA; ``level`` is ISA, GS, ST, SEG or ELE;
    ``code`` is that of TA105, AK905, AK502, AK304 or AK403, or HL1 and HL2, which are pyx12's own.
    """

    line: int
    level: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class SetOpinion:
    """What pyx12 decided of a set that it recognised. ``line`` is that of the ST."""

    set_id: str
    control_number: str
    accepted: bool
    line: int


@dataclass(frozen=True, slots=True)
class Opinion:
    """What pyx12 says of one interchange.

    ``failure`` says why it did not get to the end, and then there is no verdict. ``lines`` is the number of segments it read.
    ``adapted`` is the ISA12 that was replaced, because pyx12 reads only two.
    """

    accepted: bool | None
    complaints: tuple[Complaint, ...]
    sets: tuple[SetOpinion, ...] = ()
    failure: str | None = None
    lines: int = 0
    adapted: str | None = None


class Engine:
    """pyx12 with a directory for its maps, which is gone at the end. Raises ``Misconfigured`` where pyx12 is not installed."""

    def __init__(self) -> None:
        self._validate = _pyx12()
        self._home = tempfile.TemporaryDirectory(prefix="tally-pyx12-")
        self._maps: dict[frozenset[tuple[str, str]], Path] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._home.cleanup()

    @property
    def version(self) -> str:
        return metadata.version(NAME)

    def judge(self, interchange: bytes, groups: Iterable[tuple[str, str]]) -> Opinion:
        """pyx12's full validation of one interchange, whose ``groups`` are given as GS01 and GS08."""
        data, adapted = _with_known_version(interchange)
        maps = self._directory(frozenset(groups))
        return self._run(_decoded(data), maps, adapted)

    def _directory(self, groups: frozenset[tuple[str, str]]) -> Path:
        found = self._maps.get(groups)
        if found is None:
            found = Path(self._home.name) / str(len(self._maps))
            found.mkdir()
            for name, text in map_files(groups).items():
                (found / name).write_text(text, "utf-8")
            self._maps[groups] = found
        return found

    def _run(self, text: str, maps: Path, adapted: str | None) -> Opinion:
        tree = io.StringIO()
        lines = 0
        place: object = None
        begun: list[int] = []

        def follow(segment: Any, source: Any, node: Any, _valid: bool) -> None:
            """At each segment; its node is the one before where it was not recognised."""
            nonlocal lines, place
            lines = source.get_cur_line()
            if segment.get_seg_id() == "ST" and node is not place:
                begun.append(lines)
            place = node

        with _listening() as log:
            accepted, failure = self._validate(io.StringIO(text), tree, str(maps), follow)
        complaints = tuple(_complaints(log))
        if failure is None and not lines:
            failure = "It does not take this for X12."
        if failure is not None:
            return Opinion(None, complaints, failure=failure, lines=lines, adapted=adapted)
        return Opinion(accepted, complaints, tuple(_sets(tree.getvalue(), begun)), None, lines, adapted)


_Validate = Callable[[io.StringIO, io.StringIO, str, Callable[..., None]], tuple[bool, str | None]]


def _pyx12() -> _Validate:
    """pyx12's validation of a text, as a function that gives its verdict, or says why it has none."""
    try:
        import pyx12.errors  # type: ignore[import-untyped]
        import pyx12.params  # type: ignore[import-untyped]
        import pyx12.x12n_document  # type: ignore[import-untyped]
    except ImportError as error:
        raise Misconfigured(_INSTALL) from error
    # Its own two, and what its code runs into where a file is not as it expects. Anything else is our fault.
    failures = (
        pyx12.errors.EngineError,
        pyx12.errors.X12Error,
        pyx12.errors.X12PathError,
        AssertionError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    )

    def validate(
        text: io.StringIO, tree: io.StringIO, maps: str, follow: Callable[..., None]
    ) -> tuple[bool, str | None]:
        try:
            accepted = pyx12.x12n_document.x12n_document(
                pyx12.params.ParamsBase(), text, None, None, fd_json=tree, map_path=maps, callback=follow
            )
        except failures as error:
            return False, f"{type(error).__name__}: {error}"
        return bool(accepted), None

    return validate


def _with_known_version(interchange: bytes) -> tuple[bytes, str | None]:
    """A copy that pyx12 reads: another ISA12 than its two becomes the one with the same rule for ISA11."""
    version = interchange[_ISA12]
    around = (interchange[_ISA12.start - 1 : _ISA12.start], interchange[_ISA12.stop : _ISA12.stop + 1])
    if around != (interchange[3:4],) * 2 or not version.isdigit() or version.decode() in ENVELOPES:
        return interchange, None
    known = max(ENVELOPES) if version >= _FIRST_WITH_REPETITION else min(ENVELOPES)
    return interchange[: _ISA12.start] + known.encode() + interchange[_ISA12.stop :], version.decode()


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What pyx12 logs, kept from everybody else."""
    logger = logging.getLogger(NAME)
    listener, propagated = _Listener(), logger.propagate
    logger.addHandler(listener)
    logger.propagate = False
    try:
        yield listener.messages
    finally:
        logger.removeHandler(listener)
        logger.propagate = propagated


def _complaints(log: Iterable[str]) -> Iterator[Complaint]:
    for message in log:
        found = _LOGGED.fullmatch(message)
        if found is not None:
            yield Complaint(int(found[1]), found[2], found[3], found[4])


def _sets(tree: str, begun: Iterable[int]) -> Iterator[SetOpinion]:
    found = (
        each
        for interchange in json.loads(tree)["interchanges"]
        for group in interchange["groups"]
        for each in group["transactions"]
    )
    for each, line in zip(found, begun, strict=False):
        number = each["trn_set_control_num"] or ""
        yield SetOpinion(each["trn_set_id"] or "", number, each["ack_code"] == "A", line)
