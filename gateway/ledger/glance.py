"""The quick half of a scan: entries that are, byte for byte, what we would have written in their places. Read :meth:`Glance.take` first.

What is kept beside an entry (salts, details, row of the journal) and the entries before it leave nothing open in it but its node and the
commitments to its payloads. So it is written anew from these, and compared: where it is the same, it has the one form, follows the others,
commits to its details and says what the journal says, all at once. Where it is not, nothing follows. The exact half, :class:`.chain.Chain`
and :class:`.beside.Beside`, takes then what is right all the same, and says all that is ever said of what is wrong.
"""

from collections.abc import Collection, Mapping, Sequence
from json.encoder import encode_basestring as _quoted
from typing import Any

from spool.database.prepared import Row
from spool.journal import OURSELVES

from .beside import Beside, Salts
from .chain import Chain
from .entry import OUTCOMES, VERSION, Actor, base64, blobs_text, commitment, is_doc, timestamp
from .exact import quoted
from .tree import leaf_hash

_FIRST = (0, "", -1)
"""What is known of what there are no entries about."""

_SYSTEM, _OPERATOR = Actor.SYSTEM.value, Actor.OPERATOR.value


class Glance:
    """Takes entries on behalf of the exact half, whose knowledge this is."""

    def __init__(self, chain: Chain, beside: Beside) -> None:
        self._chain = chain
        self._beside = beside
        self._quoted = _Quoted()

    def take(
        self, rows: Sequence[Row], salts: Mapping[int, Salts], erased: Collection[int], leaves: list[bytes]
    ) -> str:
        """Take entries, up to one that needs a closer look, and add their leaf hashes. ``rows`` and ``salts`` are as :mod:`.beside` reads
        them, ``erased`` the numbers of entries whose details are said to be gone.

        It takes none behind one with payloads, and returns what that says of these: they are still to be looked at. Otherwise nothing.
        """
        chain, beside = self._chain, self._beside
        subjects, partners, pseudonyms, numbers = chain.subjects, chain.partners, beside.pseudonyms, beside.numbers
        # Like pseudonyms, they have the form that they must have: none is known before an entry was looked at closely.
        node, tenant = chain.node, chain.tenant
        for row in rows:
            idx, body, _, salt, details, number, at, step, outcome, partner, file, document, sent, actor, detail = row
            if number is None or number <= numbers.highest or idx in erased:
                break
            blobs, sums = _payloads(body, salts[idx]) if idx in salts else ("", "")
            if self._told(number, outcome, partner, file, document, sent, actor, detail, sums) != details:
                break
            doc = document or sent or file or ""
            count, last, _ = subjects.get(doc, _FIRST)
            pseudonym = pseudonyms.get(partner or "")
            if pseudonym is None or blobs is None or (doc and not count and not is_doc(doc)):
                break
            dseq = count + 1 if doc else 0
            pseq = partners[pseudonym] + 1 if pseudonym else 0
            made = (
                f'{{"actor":"{_SYSTEM if actor == OURSELVES else _OPERATOR}","blobs":[{blobs}],"d":"{base64(commitment(salt, details))}",'
                f'"doc":"{doc}","dprev":"{last}","dseq":{dseq},"node":"{node}","outcome":"{outcome if outcome in OUTCOMES else ""}",'
                f'"partner":"{pseudonym}","pseq":{pseq},"tenant":"{tenant}","ts":"{_time(at)}","type":"{step}","v":{VERSION}}}'
            )
            if made.encode() != body:
                break
            leaf = leaf_hash(body)
            leaves.append(leaf)
            chain.size += 1
            beside.details += 1
            numbers.highest = number
            if doc:
                subjects[doc] = dseq, base64(leaf), idx
            if pseudonym:
                partners[pseudonym] = pseq
            if blobs:
                return blobs
        return ""

    def _told(
        self,
        number: int,
        outcome: str | None,
        partner: str | None,
        receipt: str | None,
        document: str | None,
        transmission: str | None,
        actor: str | None,
        detail: str | None,
        sums: str,
    ) -> bytes:
        """As :func:`.entry.detail_of`, which has more to do for those who call it less often."""
        name = self._quoted
        return (
            f'{{"actor":{name[actor]},"detail":{detail},"document":{"null" if document is None else _quoted(document)},'
            f'"journal":{number},"outcome":{"null" if outcome is None else _quoted(outcome)},"partner":{name[partner]},'
            f'"receipt":{"null" if receipt is None else _quoted(receipt)},"sha256":{{{sums}}},'
            f'"transmission":{"null" if transmission is None else _quoted(transmission)}}}'
        ).encode()


def _payloads(body: bytes, salts: Salts) -> tuple[str | None, str]:
    """What an entry says of its payloads, None where that is in no form; and their digests, as its details have them."""
    return blobs_text(body), ",".join(f'"{role}":"{salts[role][0]}"' for role in sorted(salts))


class _Quoted(dict[str | None, str]):
    """Names as JSON: there are few, and they come again and again."""

    def __missing__(self, name: str | None) -> str:
        self[name] = text = quoted(name)
        return text


def _time(stored: Any) -> str:
    """A time as entries have it: SQLite has it as text, to the microsecond, as was looked at first of all."""
    return f"{stored.replace(' ', 'T')}Z" if isinstance(stored, str) else timestamp(stored)
