"""Pictures of the console for the documentation: ``python -m tools.console_pictures``, where Chromium is installed.

They show a little trade on a house of the tests', whose clock stands still, so that only what changed in the pages changes a picture.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.users.tables import Role
from tests.browser import browser
from tests.gateway.house import ACKNOWLEDGEMENT, SHIPMENT, House, house, invoice, wrapped

TARGET = Path(__file__).resolve().parent.parent / "docs" / "images"
SIZE = (1080, 620)


def main() -> int:
    with TemporaryDirectory() as folder, house(Path(folder) / "home") as opened:
        gateway = opened.gateway
        gateway.users.add("ada", Role.AUDITOR, "root")
        token = gateway.users.renew_token("ada", "root")
        _trade(opened)
        with gateway.reception.http(0) as server, browser(Path(folder)) as auditor:
            at = f"http://127.0.0.1:{server.port}"
            auditor.resize(*SIZE)
            auditor.open(f"{at}/audit/invoices")
            auditor.write("input[name=token]", token)
            auditor.follow("button.main")
            (TARGET / "audit-answer.png").write_bytes(auditor.picture())
            auditor.open(f"{at}/audit/trail?po=4500123")
            (TARGET / "audit-trail.png").write_bytes(auditor.picture())
    return 0


def _trade(opened: House) -> None:
    opened.send_order()
    opened.later(hours=2)
    came = (
        ("855", ACKNOWLEDGEMENT.format(order="4500123")),
        ("856", SHIPMENT.format(number="SH1", order="4500123")),
        ("810", invoice()),
        ("810", invoice("INV2", "4500777")),
    )
    for control, (set_id, body) in enumerate(came, 1):
        opened.take("acme", f"{set_id}-{control}.edi", wrapped(set_id, body, control))


if __name__ == "__main__":
    raise SystemExit(main())
