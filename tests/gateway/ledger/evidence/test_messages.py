"""What went over AS2 around an order, as the bundle of either side has it."""

from pathlib import Path

import pytest

from tests.gateway.exchange.scene import scene
from tests.gateway.exchange.test_exchange import AGREED, place

from .test_collecting import PO, bundled, collector, members


@pytest.mark.parametrize("as2", [AGREED[0], *(pytest.param(as2, marks=pytest.mark.slow) for as2 in AGREED[1:])])
def test_what_went_over_as2_is_shown_by_openssl_alone(tmp_path: Path, as2: str) -> None:
    is_signed, signed_mdns = "sign: none" not in as2, 0 if "mdn: none" in as2 or "mdn: unsigned" in as2 else 2
    with scene(tmp_path, as2 and as2 + "\n", None) as made:
        place(made)
        for side in (made.distributor, made.supplier):
            folder = tmp_path / f"bundle-{side.name}"
            folder.mkdir()
            evidence = collector(side.house).of_order(PO)
            found = members(bundled(evidence, folder, by_hand=side is made.distributor))
            assert len([message for message in evidence.messages if message.mic]) == is_signed
            assert len([message for message in evidence.messages if message.says]) == signed_mdns
            # What was compressed before it was signed is not put together anew.
            assert bool(evidence.carried) == (is_signed and "before-signing" not in as2)
            assert len([name for name in found if name.endswith("/headers")]) == 2
            assert bool([name for name in found if name.startswith("certificates/")]) == is_signed
