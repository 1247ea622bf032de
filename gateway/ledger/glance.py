"""The quick half of a scan: entries that are, byte for byte, what we would have written in their places. Read :meth:`Glance.take` first.

What is kept beside an entry (salt, details, row of the journal) and the entries before it leave nothing open in it but the node that wrote
it. So it is written anew from these, and compared: where it is the same, it has the one form, follows the others, commits to its details
and XX
"""

from collections.abc import Collection, Sequence
from json.encoder import encode_basestring
from typing import Any

from spool.database.prepared import Row
from spool.journal import OURSELVES

from .beside import Beside
from .chain import Chain
from .entry import OUTCOMES, VERSION, Actor, base64, commitment, is_doc, timestamp
from .exact import quoted
from .tree import leaf_hash

_FIRST = (0, "", -1)
"""What is known of what there are no entries about."""


class Glance:
    """Takes entries on behalf of the exact half, whose knowledge this is."""

    def __init__(self, chain: Chain, beside: Beside) -> None:
        self._chain = chain
        self._beside = beside
        self._quoted = _Quoted()

    def take(self, rows: Sequence[Row], closely: Collection[int], leaves: list[bytes]) -> None:
        """Take entries, up to the first that needs a closer look, and add their leaf hashes. ``rows`` are as :func:`.beside.rows` has them.

        Those whose numbers are in ``closely`` are left alone: what else is kept of them, or is not any more, is to be looked at.
        """
        chain, beside, name = self._chain, self._beside, self._quoted
        subjects, partners, pseudonyms, numbers = chain.subjects, chain.partners, beside.pseudonyms, beside.numbers
        # These have the form that they must have: an entry had them that was looked at closely.
        node, tenant = chain.node, chain.tenant
        if not tenant:
            return
        taken = 0
        for row in rows:
            (
                idx,
                body,
                _,
                salt,
                details,
                journal_id,
                at,
                step,
                outcome,
                partner,
                receipt,
                document,
                transmission,
                actor,
                detail,
            ) = row
            if idx in closely or journal_id is None or journal_id <= numbers.highest:
                break
            told = (
                f'{{"actor":{name[actor]},"detail":{detail},"document":{_quoted(document)},"journal":{journal_id},'
                f'"outcome":{_quoted(outcome)},"partner":{name[partner]},"receipt":{_quoted(receipt)},"sha256":{{}},'
                f'"transmission":{_quoted(transmission)}}}'
            )
            doc = document or transmission or receipt or ""
            count, last, _ = subjects.get(doc, _FIRST)
            pseudonym = pseudonyms.get(partner or "")
            if told.encode() != details or pseudonym is None or (doc and not count and not is_doc(doc)):
                break
            dseq = count + 1 if doc else 0
            pseq = partners[pseudonym] + 1 if pseudonym else 0
            made = (
                f'{{"actor":"{_SYSTEM if actor == OURSELVES else _OPERATOR}","blobs":[],"d":"{base64(commitment(salt, details))}",'
                f'"doc":"{doc}","dprev":"{last}","dseq":{dseq},"node":"{node}","outcome":"{outcome if outcome in OUTCOMES else ""}",'
                f'"partner":"{pseudonym}","pseq":{pseq},"tenant":"{tenant}","ts":"{_time(at)}","type":"{step}","v":{VERSION}}}'
            )
            if made.encode() != body:
                break
            leaf = leaf_hash(body)
            leaves.append(leaf)
            if doc:
                subjects[doc] = dseq, base64(leaf), idx
            if pseudonym:
                partners[pseudonym] = pseq
            numbers.highest = journal_id
            taken += 1
        chain.size += taken
        beside.details += taken


class _Quoted(dict[str | None, str]):
    """Names as JSON: there are few, and they come again and again."""

    def __missing__(self, name: str | None) -> str:
        self[name] = text = quoted(name)
        return text


def _quoted(text: str | None) -> str:
    return "null" if text is None else encode_basestring(text)


_SYSTEM, _OPERATOR = Actor.SYSTEM.value, Actor.OPERATOR.value


def _time(stored: Any) -> str:
    """A time as entries have it: SQLite has it as text, to the microsecond, as was looked at first of all."""
    return f"{stored.replace(' ', 'T')}Z" if isinstance(stored, str) else timestamp(stored)
