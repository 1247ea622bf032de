"""The manifest: written and read the one way."""

import json

import pytest

from gateway.ledger.evidence import manifest
from gateway.ledger.evidence.bundle import manifest_of
from gateway.ledger.evidence.manifest import Malformed

from . import making


@pytest.mark.parametrize("earlier", [None, 6])
def test_what_was_written_is_read(earlier: int | None) -> None:
    made = manifest_of(making.evidence(earlier=earlier))
    assert manifest.read(manifest.write(made)) == made


def test_it_has_what_the_format_says_and_nothing_else() -> None:
    said = json.loads(manifest.write(manifest_of(making.evidence())))
    assert sorted(said) == ["checkpoint", "consistency", "entries", "subject", "v", "verifier"]
    assert sorted(said["consistency"]) == ["checkpoint", "from", "proof", "to"]
    entry = said["entries"][0]
    assert sorted(entry) == ["blobs", "detail", "detail_erased", "detail_salt", "entry", "idx", "proof"]
    assert sorted(entry["blobs"][0]) == ["c", "erased", "file", "n", "role", "salt"]


@pytest.mark.parametrize("data", [b"", b"{}", b'{"v":1}', b"[]", b'{"v": 1}', b"\xff"])
def test_what_is_no_manifest_is_told(data: bytes) -> None:
    with pytest.raises(Malformed, match="The manifest is"):
        manifest.read(data)


def test_the_members_it_names_are_those_of_its_entries() -> None:
    made = manifest_of(making.evidence())
    named = made.named
    assert {"ledger/entries/4.json", "ledger/details/4.json", "ledger/checkpoint.earlier"} <= named
    assert "ledger/details/0.json" not in named
    assert len([name for name in named if name.startswith("payloads/")]) == 3
