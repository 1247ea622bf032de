"""The offline verifier by itself: what it computes is what others compute, nothing makes it stumble, and it needs nothing but Python."""

import ast
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.ledger import exact, tree
from gateway.ledger.entry import OUTCOMES
from gateway.ledger.evidence import verify
from gateway.ledger.evidence.verify import Failure
from spool.journal import BlobRole

from . import making, tampering
from .making import TRUST

SCRIPT = Path(verify.__file__)
BUNDLE = tampering.zipped(tampering.GOOD)


# Ed25519

VECTORS = [
    # RFC 8032, section 7.1: public key, message, signature.
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_vectors_of_the_standard_hold(public: str, message: str, signature: str) -> None:
    verify.check_ed25519(*map(bytes.fromhex, (public, message, signature)))


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.data())
def test_signatures_are_judged_as_openssl_judges_them(seed: bytes, message: bytes, data: st.DataObject) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = bytearray(private.sign(message))
    if data.draw(st.booleans()):
        signature[data.draw(st.integers(0, 63))] ^= 1 << data.draw(st.integers(0, 7))
    assert _holds(lambda: verify.check_ed25519(public, message, bytes(signature))) == _openssl(
        public, message, bytes(signature)
    )


@pytest.mark.parametrize(
    "encoded",
    [
        (2**255 - 19).to_bytes(32, "little"),
        (2**255 - 1).to_bytes(32, "little"),
        (1 + 2**255).to_bytes(32, "little"),
        (1).to_bytes(32, "little"),
        bytes(32),
        (2**255 - 20).to_bytes(32, "little"),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"),
        (2).to_bytes(32, "little"),
        b"",
        bytes(33),
    ],
)
def test_points_that_are_none_or_sign_anything_are_refused(encoded: bytes) -> None:
    with pytest.raises(Failure):
        verify.point(encoded, "It")


def _openssl(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


# Proofs


@pytest.mark.parametrize("size", range(1, 20))
def test_what_proves_an_entry_proves_no_other(size: int) -> None:
    leaves = [tree.leaf_hash(str(position).encode()) for position in range(size)]
    sealed = _sealed(size, _root(leaves))
    for idx, leaf in enumerate(leaves):
        proof = tree.inclusion_proof(idx, size, _nodes(leaves))
        assert [other for other in range(size + 2) if _includes(leaf, other, proof, sealed)] == [idx]
        wrong = [[*proof, bytes(32)], [bytes(32), *proof], proof[1:], proof[:-1]]
        assert not any(_includes(leaf, idx, each, sealed) for each in wrong if each != proof)


@pytest.mark.parametrize("size", range(1, 20))
def test_what_proves_an_extension_proves_no_other(size: int) -> None:
    leaves = [tree.leaf_hash(str(position).encode()) for position in range(size)]
    new = _sealed(size, _root(leaves))
    for old in range(1, size + 1):
        before = _sealed(old, _root(leaves[:old]))
        proof = tree.consistency_proof(old, size, _nodes(leaves))
        assert _extends(before, new, proof)
        assert not _extends(_sealed(old, _root([*leaves[: old - 1], bytes(32)])), new, proof)
        wrong = [[*proof, bytes(32)], proof[:-1]]
        assert not any(_extends(before, new, each) for each in wrong if each != proof)


@given(st.integers(0, 2**53), st.integers(0, 2**53), st.lists(st.binary(min_size=32, max_size=32), max_size=64))
def test_no_proof_of_any_size_is_more_than_wrong(idx: int, size: int, proof: list[bytes]) -> None:
    sealed, earlier = _sealed(size, bytes(32)), _sealed(idx, bytes(32))
    assert not _includes(bytes(32), idx, proof, sealed) or (idx, size) == (0, 1)
    assert not _extends(earlier, sealed, proof) or idx == size


def _includes(leaf: bytes, idx: int, proof: list[bytes], sealed: verify.Checkpoint) -> bool:
    return _holds(lambda: verify.check_inclusion(leaf, idx, proof, sealed))


def _extends(old: verify.Checkpoint, new: verify.Checkpoint, proof: list[bytes]) -> bool:
    return _holds(lambda: verify.check_consistency(old, new, proof))


def _root(leaves: list[bytes]) -> bytes:
    return tree.root(len(leaves), _nodes(leaves))


def _nodes(leaves: list[bytes]) -> tree.Node:
    return lambda level, position: tree.subtree_root(leaves[position << level : (position + 1) << level])


def _sealed(size: int, root: bytes) -> verify.Checkpoint:
    return verify.Checkpoint(b"", "", size, root, {})


# Exact JSON

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(_VALUES, st.booleans(), st.booleans())
@example("\ud800", False, False)
def test_json_is_exact_where_the_ledger_finds_it_so(value: object, blanks: bool, escaped: bool) -> None:
    separators = (", ", ": ") if blanks else (",", ":")
    text = json.dumps(value, sort_keys=True, separators=separators, ensure_ascii=escaped)
    data = text.encode("utf-8", "surrogatepass")
    assert _holds(lambda: verify.exact(data)) == _holds(lambda: exact.read(data))


def _holds(check: Callable[[], object]) -> bool:
    """Whether a check finds nothing wrong; anything but a plain refusal is a mistake of ours."""
    try:
        check()
    except (Failure, exact.Inexact):
        return False
    return True


# What entries may say


def test_it_knows_what_entries_may_say() -> None:
    assert set(verify.OUTCOMES) == OUTCOMES
    assert set(verify.ROLES) == set(BlobRole)


# What names an order


@pytest.mark.parametrize(
    "document",
    [
        {"type": "PurchaseOrder", "number": "77"},
        {"type": "WarehouseShippingOrder", "number": "77", "order_number": "1"},
        {"type": "Invoice", "number": "1", "order_number": "77"},
        {"type": "StockTransferReceipt", "number": "1", "transfer_number": "77"},
        {"type": "ShipNotice", "number": "1", "levels": [{"children": [{"order": {"number": "77"}}]}]},
        {"type": "RemittanceAdvice", "groups": [{"items": [{"kind": "purchase_order", "number": "77"}]}]},
        {"type": "ApplicationAdvice", "results": [{"references": [{"kind": "purchase_order", "value": "77"}]}]},
    ],
)
def test_an_order_is_named_wherever_documents_name_one(document: dict[str, object]) -> None:
    for number, is_named in (("77", True), ("7", False), ("1", False), ("", False)):
        by_itself = verify.is_order(document, number, verify.ORDERS)
        assert (by_itself or verify.refers_to_order(document, number)) == (
            is_named or document.get("order_number") == number
        )


@pytest.mark.parametrize(
    "document",
    [
        {"type": "Invoice", "number": "77"},
        {"type": "ShipNotice", "number": "77", "order": "77"},
        {"type": "RemittanceAdvice", "groups": [{"items": [{"kind": "seller_invoice", "number": "77"}]}]},
        ["77", {"order_number": 77}],
        "77",
        None,
    ],
)
def test_other_numbers_name_no_order(document: object) -> None:
    assert not verify.is_order(document, "77", verify.ORDERS)
    assert not verify.refers_to_order(document, "77")


# Bundles that nobody would make


@given(
    st.lists(st.tuples(st.integers(0, len(BUNDLE) - 1), st.integers(0, 255)), max_size=4), st.integers(0, len(BUNDLE))
)
@example([], len(BUNDLE))
def test_damage_is_a_failure_and_never_a_surprise(damage: list[tuple[int, int]], length: int) -> None:
    data = bytearray(BUNDLE)
    for place, value in damage:
        data[place] = value
    broken = bytes(data[: length if length % 7 == 0 else len(data)])
    report = verify.verify(io.BytesIO(broken), verify.read_key(TRUST))
    assert report.failed or tampering.files(broken) == tampering.GOOD


# The program


def test_it_needs_nothing_but_the_standard_library_of_python_3_8() -> None:
    parsed = ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 8))
    imported = {name.name for node in ast.walk(parsed) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module or "." for node in ast.walk(parsed) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
    assert not any(
        isinstance(node, ast.Name) and node.id in ("list", "dict", "set", "tuple") for node in _evaluated(parsed)
    )


def _evaluated(parsed: ast.Module) -> list[ast.AST]:
    """What of a module's subscripts is evaluated, annotations being left as text: ``list[int]`` there is an error in Python 3.8."""
    annotations = {id(node) for each in ast.walk(parsed) for node in _annotation(each)}
    return [node.value for node in ast.walk(parsed) if isinstance(node, ast.Subscript) and id(node) not in annotations]


def _annotation(node: ast.AST) -> list[ast.AST]:
    found = [getattr(node, name, None) for name in ("annotation", "returns")]
    return [inner for each in found if each is not None for inner in ast.walk(each)]


def run(*arguments: str, cwd: Path) -> SimpleNamespace:
    """The program as an auditor starts it: isolated, without our packages or any others."""
    command = [sys.executable, "-I", "-S", "-W", "error", str(SCRIPT), *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)
    return SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.zip").write_bytes(BUNDLE)
    (tmp_path / "bad.zip").write_bytes(tampering.CASES["a payload altered"].bundle())
    (tmp_path / "key.txt").write_text(f"{TRUST}\n")
    (tmp_path / "kept").write_text(str(making.ledger().checkpoint(6)))
    return tmp_path


def test_a_good_bundle_is_proved(folder: Path) -> None:
    done = run("good.zip", "--trust", TRUST, "--anchor", "kept", cwd=folder)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("\nPROVED: 44 claims.\n")
    assert " 5  proved       Entry 4 is in the ledger\n" in done.out


def test_the_key_may_be_in_a_file(folder: Path) -> None:
    assert run("good.zip", "--trust", "key.txt", cwd=folder).code == 0


def test_without_a_key_nothing_is_proved(folder: Path) -> None:
    done = run("good.zip", cwd=folder)
    assert done.code == 1
    assert "Nobody said which key to trust" in done.out
    assert done.out.endswith("NOT PROVED: 1 claims failed.\n")


def test_a_bad_bundle_is_not_proved_and_it_says_why(folder: Path) -> None:
    done = run("bad.zip", "--trust", TRUST, cwd=folder)
    assert done.code == 1
    assert "Its file is not named by its SHA-256." in done.out


def test_programs_get_one_line_of_json(folder: Path) -> None:
    answer = json.loads(run("bad.zip", "--trust", TRUST, "--json", cwd=folder).out)
    assert answer["proved"] is False
    assert {claim["verdict"] for claim in answer["claims"]} == {"proved", "failed", "not covered"}
    assert list(answer["claims"][0]) == ["step", "text", "verdict", "why"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("missing.zip", "--trust", TRUST),
        ("good.zip", "--trust", "nonsense"),
        ("good.zip", "--trust", "missing.txt"),
        ("good.zip", "--trust", TRUST.replace("c6436224", "00000000")),
        ("good.zip", "--trust", TRUST, "--anchor", "missing"),
        ("good.zip", "--trust", TRUST, "--anchor", "good.zip"),
        (".", "--trust", TRUST),
    ],
)
def test_who_calls_it_wrongly_is_told(folder: Path, arguments: tuple[str, ...]) -> None:
    done = run(*arguments, cwd=folder)
    assert done.code == 2
    assert done.err
    assert "Traceback" not in done.err


def test_nothing_is_written(folder: Path) -> None:
    before = sorted(path.name for path in folder.iterdir())
    run("good.zip", "--trust", TRUST, cwd=folder)
    assert sorted(path.name for path in folder.iterdir()) == before
