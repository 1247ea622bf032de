"""The exact commands by which a person checks an evidence bundle by hand, claim by claim: ``sha256sum``, ``openssl`` and a shell. Pure.

The text is a shell script whose comments say what the next command shows; each ends with an error where that does not hold. So it may be
read and typed, or run as a whole.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from shlex import quote

from spool.journal import BlobRole

from ..entry import Entry, read_entry
from ..note import Note, VerifierKey
from ..rotation import Rotation
from .bundle import Carried, Evidence, Message, OpenedEntry, Place, Stamped
from .manifest import (
    EARLIER_CHECKPOINT,
    ROOTS,
    detail_name,
    entry_name,
    payload_name,
    rotation_name,
    stamp_name,
)
from .verify import COMMANDS_BEGIN

NAME = "COMMANDS.txt"

_CERTIFICATES = "certificates/"

_RANGE = re.compile(rb"\[([0-9]+),([0-9]+)\]")
"""The form in which erasures name entries."""

_PEM_PREFIX = r"\060\052\060\005\006\003\053\145\160\003\041\000"
"""How the SubjectPublicKeyInfo of an Ed25519 key begins (RFC 8410, section 4), for ``printf``."""


def text(evidence: Evidence) -> str:
    """All commands for a bundle."""
    return "\n".join(_lines(evidence)) + "\n"


def _lines(evidence: Evidence) -> Iterator[str]:
    yield COMMANDS_BEGIN.removesuffix("\n")
    yield from _checkpoint(evidence)
    for number, rotation in enumerate(evidence.rotations, 1):
        yield from _rotation(number, rotation)
    for opened in evidence.entries:
        yield from _entry(evidence, opened)
    yield from _histories(evidence.entries)
    yield from _documents(evidence)
    for name in sorted(evidence.beside):
        if name.startswith(_CERTIFICATES):
            yield from _certificate(name)
    if evidence.extended is not None:
        yield from _earlier(evidence)
    if evidence.stamped is not None:
        yield from _stamps(evidence.stamped)
    for carried in evidence.carried:
        yield from _carried(carried)
    for message in evidence.messages:
        yield from _message(message)
    yield ""
    yield "echo 'All holds.'"


def _checkpoint(evidence: Evidence) -> Iterator[str]:
    name = quote(evidence.key.name)
    yield ""
    yield "# 2. The key. Compare what is printed with the key that you were given by another way than this bundle: all rests on it."
    yield "key() { openssl pkey -pubin -in ledger/key.pem -outform DER | tail -c 32; }"
    yield f"id=$( {{ printf '%s\\n\\001' {name}; key; }} | sha256sum | cut -c 1-8 )"
    yield f"printf '%s+%s+%s\\n' {name} \"$id\" \"$( {{ printf '\\001'; key; }} | openssl base64 -A )\""
    yield ""
    yield f"# 3. The checkpoint, which seals the first {evidence.size} entries of the ledger, is signed by that key."
    yield _verified("ledger/checkpoint.body", "ledger/checkpoint.sig")
    yield "# What was signed are the lines of the checkpoint above its signatures; the third is the root over all these entries."
    yield f"head -n {_lines_of(evidence.checkpoint)} ledger/checkpoint | cmp - ledger/checkpoint.body"
    yield f"{_signature_in('ledger/checkpoint', evidence.checkpoint, evidence.key)} | cmp - ledger/checkpoint.sig"
    yield "root=$( sed -n 3p ledger/checkpoint.body )"


def _verified(body: str, signature: str, key: str = "ledger/key.pem") -> str:
    return f"openssl pkeyutl -verify -pubin -inkey {key} -rawin -in {body} -sigfile {signature}"


def _rotation(number: int, rotation: Rotation) -> Iterator[str]:
    name, old, new = rotation_name(number), rotation.old, rotation.new
    yield ""
    yield f"# If you were given another key: the first of these two handed over to the second, as both signed in {name}."
    yield f"sed -n 3,4p {name}"
    yield f"head -n {_lines_of(rotation.note)} {name} > $work/handed-over"
    for key in (old, new):
        file = f"$work/key-{key.key_id.hex()}.pem"
        yield f'test "$( sed -n {3 if key == old else 4}p {name} )" = {quote(str(key))}'
        yield f"{{ printf '{_PEM_PREFIX}'; raw {_b64(key.public)}; }} | openssl pkey -pubin -inform DER -out {file}"
        yield f"{_signature_in(name, rotation.note, key)} > $work/handed-over.sig"
        yield _verified("$work/handed-over", "$work/handed-over.sig", file)


def _stamps(stamped: Stamped) -> Iterator[str]:
    yield ""
    yield f"# An authority stamped {stamped.of} with the time. Its root certificates, as we have them, are in"
    yield f"# {ROOTS}: compare what is printed with what the authority makes known. Each stamp is over the"
    yield "# checkpoint and the stamps before it; its certificates are judged as of its own time. Whether one was revoked since only the"
    yield "# authority can tell."
    yield f"openssl storeutl -noout -text -certs {ROOTS} | grep -E 'Subject:|Issuer:'"
    yield f"openssl storeutl -certs {ROOTS} | openssl x509 -noout -fingerprint -sha256"
    yield f"cat {stamped.of} > $work/stamped"
    for number, time in enumerate(stamped.times, 1):
        name = stamp_name(number)
        yield f"# {time:%Y-%m-%d %H:%M:%S} UTC:"
        yield f"openssl ts -reply -in {name} -text 2> $work/log | grep 'Time stamp:'"
        yield f"openssl ts -verify -data $work/stamped -in {name} -CAfile {ROOTS} -attime {int(time.timestamp())} 2>> $work/log"
        if number < len(stamped.times):
            yield f"cat {name} >> $work/stamped"


def _lines_of(note: Note) -> int:
    return note.text.count("\n")


def _signer_of(note: Note, evidence: Evidence) -> VerifierKey:
    """The newest key of the ledger that signed a note."""
    keys = [evidence.key, *(rotation.old for rotation in reversed(evidence.rotations))]
    signers = {(each.name, each.key_id) for each in note.signatures}
    return next(key for key in keys if (key.name, key.key_id) in signers)


def _signature_in(name: str, note: Note, key: VerifierKey) -> str:
    """How the bytes of a signature are taken out of a checkpoint: behind the key's id of 4 bytes, at the end of its line."""
    places = [(each.name, each.key_id) for each in note.signatures]
    line = _lines_of(note) + 2 + places.index((key.name, key.key_id))
    return f"sed -n {line}p {name} | cut -d ' ' -f 3 | openssl base64 -d -A | tail -c 64"


def _entry(evidence: Evidence, opened: OpenedEntry) -> Iterator[str]:
    entry, idx = read_entry(opened.body), opened.idx
    yield ""
    yield f"# Entry {idx}: {entry.type}, {entry.ts}{f', about {entry.doc}' if entry.doc else ''}."
    yield f"# It is in the ledger: its hash and its {len(opened.proof)} neighbours give the root."
    yield f"h=$( leaf {entry_name(idx)} )"
    for sibling, is_left in zip(opened.proof, _sides(idx, evidence.size), strict=True):
        here, there = '"$h"', _b64(sibling)
        yield f"h=$( node {there} {here} )" if is_left else f"h=$( node {here} {there} )"
    yield 'test "$h" = "$root"'
    yield from _contents(entry, opened, {each.idx: each for each in evidence.entries})


def _contents(entry: Entry, opened: OpenedEntry, entries: Mapping[int, OpenedEntry]) -> Iterator[str]:
    idx = opened.idx
    if opened.detail is None or opened.detail_salt is None:
        yield f"# Its details were erased; the details of entry {opened.detail_erased} say so, in a range from one entry to another."
        yield from _erased(idx, opened.detail_erased, entries)
    else:
        yield "# Its details are those it was made with."
        yield f'test "$( salted {_b64(opened.detail_salt)} {detail_name(idx)} )" = {_b64(entry.d)}'
        yield f'grep -F -q \'"d":"{_b64(entry.d)}"\' {entry_name(idx)}'
    for payload in opened.payloads:
        commitment = _b64(payload.commitment)
        if payload.sha256 is None or payload.salt is None:
            yield f"# Its payload `{payload.role}` ({payload.size} bytes) was erased; the details of entry {payload.erased} say so."
            yield from _erased(idx, payload.erased, entries)
            continue
        name = payload_name(payload.sha256)
        yield f"# Its payload `{payload.role}` ({payload.size} bytes) is, byte for byte, what it was made for."
        yield f"test \"$( sha256sum < {name} )\" = '{payload.sha256}  -'"
        yield f'test "$( salted {_b64(payload.salt)} {name} )" = {commitment}'
        yield f'grep -F -q \'"c":"{commitment}","n":{payload.size},"role":"{payload.role}"\' {entry_name(idx)}'


def _erased(idx: int, by: int | None, entries: Mapping[int, OpenedEntry]) -> Iterator[str]:
    """The range within which the details of an erasure name an entry: whether of its details or of a payload is to be read there."""
    recorded = None if by is None else entries.get(by)
    said = b"" if recorded is None or recorded.detail is None else recorded.detail
    ranges = [(int(first), int(last)) for first, last in _RANGE.findall(said)]
    for first, last in [each for each in ranges if each[0] <= idx <= each[1]][:1]:
        yield f"grep -F -q '\"erased\":{{' {detail_name(by or 0)}"
        yield f"grep -F -q '[{first},{last}]' {detail_name(by or 0)}"


def _histories(entries: Sequence[OpenedEntry]) -> Iterator[str]:
    """Each entry about something is counted, and names the hash of the one before it."""
    last: dict[str, int] = {}
    for opened in entries:
        entry = read_entry(opened.body)
        if not entry.doc:
            continue
        before = last.get(entry.doc)
        yield ""
        if before is None:
            yield f"# The history of {entry.doc} begins with entry {opened.idx}. What may be behind its last one here, no bundle can show."
            named = ""
        else:
            yield f"# Entry {opened.idx} is the next about {entry.doc}, behind entry {before}: nothing is missing between them."
            named = f"'\"$( leaf {entry_name(before)} )\"'"
        yield f'grep -F -q \'"doc":"{entry.doc}","dprev":"{named}","dseq":{entry.dseq},\' {entry_name(opened.idx)}'
        last[entry.doc] = opened.idx


def _documents(evidence: Evidence) -> Iterator[str]:
    """Those that lie beside are the canonical JSON of entries about them."""
    for opened in evidence.entries:
        doc = read_entry(opened.body).doc
        for payload in opened.payloads:
            name = f"documents/{doc}.json"
            if payload.role == BlobRole.CANONICAL and payload.sha256 is not None and name in evidence.beside:
                yield ""
                yield f"# {name} is the canonical JSON that entry {opened.idx} about that document was made for."
                yield f"cmp {name} {payload_name(payload.sha256)}"


def _certificate(name: str) -> Iterator[str]:
    fingerprint = name.removeprefix(_CERTIFICATES).removesuffix(".pem")
    yield ""
    yield f"# {name} is the certificate of that fingerprint: SHA-256 over all of it."
    yield f"printed=$( openssl x509 -in {name} -noout -fingerprint -sha256 | tr -d : | tr A-F a-f )"
    yield f'test "${{printed##*=}}" = {fingerprint}'
    yield "# Which entries say that it signed their message; where none is printed, nothing in the ledger does."
    yield f'grep -F -l \'"signed_by":"{fingerprint}"\' ledger/details/* || true'


def _earlier(evidence: Evidence) -> Iterator[str]:
    extended = evidence.extended
    assert extended is not None
    yield ""
    key = _signer_of(extended.checkpoint, evidence)
    whose = "the same key" if key == evidence.key else "a key of before, which handed over as shown above"
    yield f"# An earlier checkpoint, which seals {extended.old} entries, is signed by {whose}."
    yield f"head -n {_lines_of(extended.checkpoint)} {EARLIER_CHECKPOINT} > $work/earlier-body"
    yield f"{_signature_in(EARLIER_CHECKPOINT, extended.checkpoint, key)} > $work/earlier-signature"
    file = "ledger/key.pem" if key == evidence.key else f"$work/key-{key.key_id.hex()}.pem"
    yield _verified("$work/earlier-body", "$work/earlier-signature", file)
    yield f"# The ledger of {extended.new} entries extends it (RFC 9162, section 2.1.4.2): `old` ends as its root, `new` as this one's."
    proof = list(extended.proof)
    if extended.old == extended.new:
        yield f'test "$( sed -n 3p {EARLIER_CHECKPOINT} )" = "$root"'
        return
    begin = f'"$( sed -n 3p {EARLIER_CHECKPOINT} )"' if extended.old & (extended.old - 1) == 0 else _b64(proof.pop(0))
    yield f"old={begin}; new=$old"
    for sibling, is_left in zip(proof, _extension_sides(extended.old, extended.new), strict=True):
        there = _b64(sibling)
        yield (
            f'old=$( node {there} "$old" ); new=$( node {there} "$new" )'
            if is_left
            else f'new=$( node "$new" {there} )'
        )
    yield f'test "$old" = "$( sed -n 3p {EARLIER_CHECKPOINT} )"'
    yield 'test "$new" = "$root"'


def _message(message: Message) -> Iterator[str]:
    file, certificate = quote(message.file), quote(message.certificate)
    decoded = " | tr -d '\\r\\n' | openssl base64 -d -A" if message.is_base64 else ""
    verify = "openssl cms -verify -binary -inform DER -in $work/signature"
    trusting = f"-certfile {certificate} -nointern -CAfile {certificate} -partial_chain -purpose any -no_check_time"
    yield ""
    yield f"# {_one_line(message.about)}: what was signed, and the signature, by the key of the certificate."
    yield f"{_bytes_at(file, message.signature)}{decoded} > $work/signature"
    if message.content is None:
        yield f"{verify} {trusting} -out $work/signed-part"
    else:
        yield f"{_bytes_at(file, message.content)} > $work/signed-part"
        yield f"{verify} -content $work/signed-part {trusting} -out $work/verified-part"
    if message.mic is not None:
        yield "# The digest of what was signed is the MIC."
        yield f'test "$( openssl dgst -{message.digest} -binary $work/signed-part | openssl base64 -A )" = {quote(message.mic)}'
    if message.says is not None:
        yield "# What was signed returns the MIC."
        yield f"grep -F -q {quote(message.says)} $work/signed-part"


def _bytes_at(file: str, place: Place) -> str:
    return f"tail -c +{place.start + 1} {file} | head -c {place.size}"


def _one_line(text: str) -> str:
    """What partners called their messages, as it may stand in a comment."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _carried(carried: Carried) -> Iterator[str]:
    yield ""
    yield f"# {_one_line(carried.about)}: the digest of what it carried is the MIC, by which the partner's MDN says what it received."
    yield f'test "$( openssl dgst -{carried.digest} -binary {quote(carried.file)} | openssl base64 -A )" = {quote(carried.mic)}'
    yield "# What it carried ends, byte for byte, with the payload."
    yield f"tail -c {carried.size} {quote(carried.file)} | cmp - {payload_name(carried.sha256)}"


def _sides(index: int, size: int) -> Iterator[bool]:
    """For each neighbour in an inclusion proof whether it stands on the left (RFC 9162, section 2.1.3.2)."""
    return _path_sides(index, size - 1)


def _extension_sides(old: int, new: int) -> Iterator[bool]:
    """The same for a consistency proof, behind its first hash."""
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    return _path_sides(place, last)


def _path_sides(place: int, last: int) -> Iterator[bool]:
    while last:
        is_left = bool(place & 1) or place == last
        if is_left:
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        yield is_left
        place, last = place >> 1, last >> 1


def _b64(data: bytes) -> str:
    return b64encode(data).decode()
