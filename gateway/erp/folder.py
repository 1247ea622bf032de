"""The ERP as a folder: canonical JSON goes out through ``out`` and purchase orders come in through ``in``.

::

    erp/in/      *.json            the ERP writes orders here (under a name with a leading dot, then renames)
                 *.json.done       they are saved in the gateway
                 *.json.error      they could not be read; *.json.error.txt says what is wrong and where
    erp/out/     *.json            we write documents here, complete from the moment they are visible
                 *.json.done       the importer took it
                 *.json.error      the importer refused it; it wrote *.json.error.txt with its reason first
    erp/out/status/                how far the ERP's orders have come, one file an order and status
    erp/.journal/                  what was handed over, so that an importer may move or delete its files; a note that is lost or damaged
                                   is written anew from what the gateway knows to have given

A document's file name is made from its idempotency key, so that handing it over twice is recognised. There is one gap: when
this process dies between showing a file and noting it in the journal, *and* the importer has taken it away in that very
moment, it is written again under the same name. An importer that deletes files should therefore remember their names.
"""

import errno
import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from canonical.documents import AnyDocument, as_array
from canonical.errors import Ambiguous, Misconfigured, TallyError
from spool.clock import Clock
from spool.durability import remove_leftover

from .disk import TEMPORARY, explained, publish, read_bounded, sync_directory
from .notes import DONE, ERROR, Notes, blanked, file_name, readable, short_hash
from .order_files import MAX_BYTES, read_orders
from .port import (
    AlreadyApplied,
    Applied,
    Capability,
    Context,
    Health,
    IdempotencyKey,
    OrderRef,
    OrderStatus,
    Outcome,
    Page,
    Problem,
    PulledOrder,
    Refused,
    idempotency_key,
)

REASON = ".txt"
_QUIET = timedelta(seconds=2)
_OUTCOMES_A_PAGE = 100
_REASON_BYTES = 4096
_NAME_BYTES = 200
_OURS = re.compile(r"[\w-]+-[0-9a-f]{16}\.json", re.ASCII)
_NO_FILE = frozenset({errno.ENOENT, errno.ELOOP})

log = structlog.get_logger(__name__)

Given = Callable[[Collection[str]], Iterable[IdempotencyKey]]
"""The keys of all documents of some types that were given to the ERP, as the gateway knows without the folder."""


class FolderAdapter:
    """An :class:`~gateway.erp.port.ErpAdapter` on a local or mounted directory.

    A file in ``in`` that is not JSON is left alone until it has not changed for ``quiet``: it may still be growing. ``given`` is asked
    where a note of what was handed over is lost.
    """

    capabilities = frozenset(Capability)

    def __init__(
        self, root: Path, clock: Clock, *, given: Given = lambda _types: (), quiet: timedelta = _QUIET
    ) -> None:
        self._clock = clock
        self._given = given
        self._quiet = quiet
        self._unnoted: frozenset[str] = frozenset()
        self._unknown: set[str] = set()
        self._in = root / "in"
        self._out = root / "out"
        self._status = self._out / "status"
        self._notes = Notes(root / ".journal")

    def prepare(self) -> None:
        """Make the directories that are missing."""
        for directory in (self._in, self._out, self._status, self._notes.folder):
            with explained(f"make the directory {directory}"):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def clear_leftovers(self, *, before: datetime | None = None) -> None:
        """Remove what a crash left half written, only what was written ``before`` a moment if one is given. Without one nobody may be
        writing, as at the start; with one, who was so slow writes it in another attempt."""
        for directory in (self._in, self._out, self._status, self._notes.folder):
            with explained(f"clear up in {directory}"):
                for path in directory.glob(".*.tmp"):
                    if TEMPORARY.fullmatch(path.name):
                        remove_leftover(path, before)

    def check(self) -> Health:
        return Health(tuple(filter(None, map(_fault_of, (self._in, self._out, self._status, self._notes.folder)))))

    # Orders of the ERP's, coming in

    def pull_orders(self, cursor: str | None, limit: int) -> Page[PulledOrder]:
        """Orders in the order of their files' names. A file is never split: a page may be longer than ``limit``."""
        items: list[PulledOrder] = []
        last = cursor
        for name in self._waiting_files(after=cursor):
            if len(items) >= limit:
                return Page(tuple(items), last, more=True)
            items += self._take(name)
            last = name
        return Page(tuple(items))

    def confirm_pulled(self, refs: Sequence[OrderRef], context: Context) -> None:
        """Rename the files whose orders are all confirmed in this call; a file that changed since stays."""
        confirmed: dict[tuple[str, str, int], set[int]] = {}
        for ref in refs:
            name, index, count = _parse_id(ref.id)
            confirmed.setdefault((name, ref.revision, count), set()).add(index)
        with explained(f"mark orders as taken in {self._in}"):
            for (name, revision, count), indexes in confirmed.items():
                if len(indexes) == count:
                    self._mark_done(name, revision)
            sync_directory(self._in)

    def report(self, ref: OrderRef, status: OrderStatus, context: Context) -> None:
        """Write ``out/status/<number>-<hash>.<progress>.json``; the same status again replaces it."""
        digest = short_hash(ref.id, ref.revision)
        path = self._status / f"{readable(ref.number)}-{digest}.{status.progress}.json"
        body = {
            "type": "OrderStatus",
            "order": ref.number,
            "status": status.progress,
            "message": status.message,
            "at": context.at.isoformat(),
            "source": {"id": ref.id, "revision": ref.revision},
        }
        with explained(f"write the status of order {ref.number} to {path}"):
            publish(path, json.dumps(body, indent=2, ensure_ascii=False).encode())

    def _waiting_files(self, after: str | None) -> list[str]:
        with explained(f"list the orders in {self._in}"), os.scandir(self._in) as entries:
            names = [entry.name for entry in entries if _is_order_file(entry)]
        return sorted(name for name in names if after is None or name > after)

    def _take(self, name: str) -> list[PulledOrder]:
        """The orders of one file; none when it is gone, still growing, or was set aside."""
        path = self._in / name
        try:
            data, changed_at = read_bounded(path, MAX_BYTES)
        except FileNotFoundError:
            return []
        except OSError as error:
            self._set_aside(
                name, Problem("unreadable", f"The file cannot be opened: {error.strerror}. Allow us to read it.")
            )
            return []
        revision = hashlib.sha256(data).hexdigest()
        orders = _name_problem(name) or _size_problem(data) or read_orders(data)
        if not isinstance(orders, Problem):
            return [
                PulledOrder(OrderRef(f"{name}#{index}/{len(orders)}", revision, order.number), order)
                for index, order in enumerate(orders, start=1)
            ]
        # A time in the future by more than the quiet period is a wrong clock, not a file that grows for ever.
        if abs(self._clock.now() - changed_at) >= self._quiet:
            self._set_aside(name, orders)
        return []

    def _set_aside(self, name: str, problem: Problem) -> None:
        target = _beside(self._in, name, ERROR, short_hash(name, problem.message))
        text = f"{_printable(name)}\n\n{problem.message}\n"
        with explained(f"set the file {_printable(name)} aside in {self._in}"):
            publish(target.with_name(target.name + REASON), text.encode())
            with suppress(FileNotFoundError):
                (self._in / name).rename(target)
            sync_directory(self._in)
        log.warning(
            "erp.order_file_refused", file=_printable(name), problem=problem.code, kept_as=_printable(target.name)
        )

    def _mark_done(self, name: str, revision: str) -> None:
        path = self._in / name
        try:
            data, _ = read_bounded(path, MAX_BYTES)
        except FileNotFoundError:
            return
        if hashlib.sha256(data).hexdigest() != revision:
            log.info("erp.order_file_changed", file=name)
            return
        path.rename(_beside(self._in, name, DONE, revision[:16]))

    # Documents for the ERP, going out

    def apply(self, document: AnyDocument, context: Context) -> Outcome:
        key = idempotency_key(document, context)
        name = file_name(key)
        standing = self._standing(name)
        if standing is None:
            self._hand_over(name, as_array(document))
        else:
            if not self._notes.has(name):
                self._require_ours(name + standing, as_array(document))
            # The attempt that handed it over may have died before this.
            with explained(f"make {name} durable in {self._out}"):
                sync_directory(self._out)
        self._notes.keep(name, key)
        if standing is None:
            return Applied(key, name)
        return self._refusal(name, key) if standing == ERROR else AlreadyApplied(key, name)

    def lookup(self, key: IdempotencyKey) -> Outcome | None:
        name = file_name(key)
        match self._standing(name):
            case None:
                return None
            case ".error":
                return self._refusal(name, key)
            case _:
                return Applied(key, name)

    def collect(self, cursor: str | None) -> Page[Outcome]:
        """The importer's answers. Passing a page's cursor settles it: these answers are not given again."""
        with explained(f"collect answers from {self._out}"):
            self._settle(_parse_cursor(cursor))
            answers = self._new_answers()
        tried = [answer for answer in answers if self._may_be_known(_stem(answer))]
        keys = self._keys([_stem(answer) for answer in tried[:_OUTCOMES_A_PAGE]])
        page = [answer for answer in tried[:_OUTCOMES_A_PAGE] if _stem(answer) in keys]
        outcomes = tuple(self._answer(answer, keys[_stem(answer)]) for answer in page)
        return Page(outcomes, json.dumps(page) if page else None, more=len(tried) > _OUTCOMES_A_PAGE)

    def _standing(self, name: str) -> str | None:
        """How a file stands: ``""`` handed over, ``.done``, ``.error``, or None. The journal is asked last, as files move."""
        with explained(f"look for {name} in {self._out}"):
            for suffix in ("", DONE, ERROR):
                if (self._out / (name + suffix)).exists():
                    return suffix
            return "" if self._notes.has(name) else None

    def _hand_over(self, name: str, data: bytes) -> None:
        path = self._out / name
        try:
            with explained(f"write {path}"):
                publish(path, data)
        except TallyError as error:
            if path.exists():
                raise Ambiguous(f"{error.message} The file is there, but may not survive a power failure.") from error
            raise

    def _require_ours(self, name: str, data: bytes) -> None:
        """What lies there though no note says that we handed it over is ours only if an attempt of this very document wrote it."""
        with explained(f"read {name} in {self._out}"):
            try:
                found, _ = read_bounded(self._out / name, len(data))
            except OSError as error:
                if error.errno not in _NO_FILE:
                    raise
                found = b""
        if found != data:
            raise Misconfigured(
                f"{self._out / name} was not written for this document, as it is none of ours or of another home's. Nothing was "
                "overwritten. Move it away, and then replay the dead item (`tally dead list`)."
            )

    def forget(self, keys: Sequence[IdempotencyKey]) -> None:
        self._notes.forget(keys)

    def _settle(self, names: list[str]) -> None:
        for name in names:
            (self._notes.folder / name).touch()
        sync_directory(self._notes.folder)

    def _new_answers(self) -> list[str]:
        """Answers to files of ours that are not settled. A refused file put back by the operator may be answered anew."""
        with os.scandir(self._out) as entries:
            out = {entry.name for entry in entries if entry.is_file(follow_symlinks=False)}
        with os.scandir(self._notes.folder) as entries:
            journal = {entry.name for entry in entries}
        for name in journal:
            if name.endswith(ERROR) and name.removesuffix(ERROR) in out:
                (self._notes.folder / name).unlink(missing_ok=True)
        answers = {name for name in out - journal if name.endswith((DONE, ERROR))}
        noted = {answer for answer in answers if _stem(answer) in journal}
        return sorted(noted | self._without_note(answers - noted, journal))

    def _without_note(self, answers: Collection[str], journal: Collection[str]) -> frozenset[str]:
        """Refusals of files of ours whose notes are gone; not at first sight, as a file is shown a moment before it is noted."""
        refusals = (answer for answer in answers if answer.endswith(ERROR) and _OURS.fullmatch(_stem(answer)))
        before = self._unnoted
        self._unnoted = frozenset(answer for answer in refusals if blanked(_stem(answer)) not in journal)
        return self._unnoted & before

    def _may_be_known(self, name: str) -> bool:
        """Whether it is worth asking for the key of a file: who mends a note by hand need not start us anew."""
        return name not in self._unknown or self._notes.key_of(name) is not None

    def _keys(self, names: Sequence[str]) -> dict[str, IdempotencyKey]:
        """For what these files were handed over, as far as anybody knows: what nobody does must not hold up the others."""
        keys = {name: key for name in names if (key := self._notes.key_of(name)) is not None}
        lost = set(names) - keys.keys()
        return keys | self._recalled(lost) if lost else keys

    def _recalled(self, names: Collection[str]) -> dict[str, IdempotencyKey]:
        """Find the keys whose notes are lost among all that was given, and note them anew."""
        types = {name.partition("-")[0] for name in names}
        found = {name: key for key in self._given(types) if (name := file_name(key)) in names}
        for name, key in found.items():
            with explained(f"note {name} anew in {self._notes.folder}"):
                self._notes.write(name, key)
            log.warning("erp.note_written_anew", file=name, number=key.number)
        for name in sorted(set(names) - found.keys()):
            self._unknown.add(name)
            log.warning(
                "erp.answer_not_understood",
                file=name,
                why=f"The note {self._notes.folder / name} of what was handed over under this name is gone or cannot be read, and no "
                "document here was given to the ERP under it. Its answer is left out.",
                advice="Restore the note from a backup, or find the document by its number and deal with it by hand.",
            )
        return found

    def _answer(self, answer: str, key: IdempotencyKey) -> Outcome:
        name = _stem(answer)
        return Applied(key, name) if answer.endswith(DONE) else self._refusal(name, key)

    def _refusal(self, name: str, key: IdempotencyKey) -> Refused:
        path = self._out / (name + ERROR)
        reason = _reason_beside(path)
        told = (
            f"The ERP's importer refused {name}: {reason}"
            if reason
            else f"The ERP's importer refused {name} without a reason."
        )
        advice = f"Mend it in the ERP, then rename {path.name} back to {name}."
        return Refused(key, Problem("importer-refused", f"{told} {advice}"))


def _stem(answer: str) -> str:
    """The name of the file that an answer is about."""
    return answer.rpartition(".")[0]


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _is_order_file(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith((".", "~")) or not entry.name.lower().endswith(".json"):
        return False
    return entry.is_file(follow_symlinks=False)


def _name_problem(name: str) -> Problem | None:
    if _printable(name) == name and name.isprintable():
        return None
    return Problem("bad-name", "The file's name has characters that cannot be printed. Give the file another name.")


def _size_problem(data: bytes) -> Problem | None:
    if len(data) <= MAX_BYTES:
        return None
    return Problem("too-large", f"The file is larger than {MAX_BYTES >> 20} MiB. Divide the orders over several files.")


def _parse_id(order_id: str) -> tuple[str, int, int]:
    """The file, the position in it counted from 1, and how many orders it has: ``orders.json#2/3``."""
    found = re.fullmatch(r"([^/]+)#(\d+)/(\d+)", order_id)
    if found is None:
        raise Misconfigured(f"The order {order_id!r} was not pulled from a folder, so it cannot be confirmed there.")
    return found[1], int(found[2]), int(found[3])


def _parse_cursor(cursor: str | None) -> list[str]:
    names = json.loads(cursor) if cursor else []
    if any("/" in name or not name.endswith((DONE, ERROR)) for name in names):
        raise Misconfigured(f"The cursor {cursor!r} does not come from a folder. Was the ERP adapter changed?")
    return list(names)


def _beside(directory: Path, name: str, suffix: str, distinction: str) -> Path:
    """The name a file gets when it was dealt with: its own and ``suffix``, told apart from an older one of that name."""
    path = directory / (name + suffix)
    if len(os.fsencode(name)) <= _NAME_BYTES and not path.exists():
        return path
    short = os.fsdecode(os.fsencode(name)[:_NAME_BYTES])
    return directory / f"{short}.{distinction}{suffix}"


def _reason_beside(path: Path) -> str:
    try:
        data, _ = read_bounded(path.with_name(path.name + REASON), _REASON_BYTES)
    except OSError:
        return ""
    text = data[:_REASON_BYTES].decode("utf-8", "replace")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _fault_of(directory: Path) -> str | None:
    probe = directory / f".{secrets.token_hex(8)}.probe"
    try:
        probe.touch()
        probe.unlink()
    except FileNotFoundError:
        return f"The directory {directory} does not exist. Make it, or name another one."
    except OSError as error:
        return (
            f"The directory {directory} cannot be written: {error.strerror}. Give this user the right to write there."
        )
    return None
