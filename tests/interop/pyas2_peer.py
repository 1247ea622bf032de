"""Runs in the environment of pyas2lib: does one thing a line, told and answered as JSON. Imports nothing of ours.

Bytes are in base64. ``send`` makes a message and keeps it for its MDN, ``receive`` takes one in, ``judge`` reads an MDN.
"""

import base64
import json
import logging
import re
import sys
from typing import Any
from unittest.mock import patch


def _load() -> Any:
    """pyas2lib. oscrypto, which it is built on, does not understand a version of OpenSSL with two digits in a place."""
    search = re.search

    def patient(pattern: Any, text: Any, *rest: Any) -> Any:
        if pattern == "\\b(\\d\\.\\d\\.\\d[a-z]*)\\b":
            pattern = r"\b(\d+\.\d+\.\d+[a-z]*)\b"
        return search(pattern, text, *rest)

    with patch.object(re, "search", patient):
        from pyas2lib import as2  # type: ignore[import-not-found]
    return as2


_kept: dict[str, Any] = {}


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _sides(as2: Any, told: dict[str, Any]) -> tuple[Any, Any]:
    key = _bytes(told["own_key"])
    own = as2.Organization(
        as2_name=told["own_name"],
        sign_key=key,
        sign_key_pass="",
        decrypt_key=key,
        decrypt_key_pass="",
        mdn_url=told["url"],
    )
    certificate = _bytes(told["partner_certificate"])
    partner = as2.Partner(
        as2_name=told["partner_name"],
        verify_cert=certificate,
        encrypt_cert=certificate,
        validate_certs=False,
        **told["partner"],
    )
    return own, partner


def _raw(told: dict[str, Any]) -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in told["headers"])
    return fields.encode() + b"\r\n" + _bytes(told["body"])


def _posted(message: Any) -> dict[str, Any]:
    return {"headers": list(message.headers.items()), "body": _text(message.content)}


def send(as2: Any, told: dict[str, Any]) -> dict[str, Any]:
    own, partner = _sides(as2, told)
    message = as2.Message(own, partner)
    message.build(_bytes(told["data"]), filename=told["filename"], content_type=told["content_type"])
    _kept[message.message_id] = message
    return {**_posted(message), "mic": message.mic.decode() if message.mic else None}


def receive(as2: Any, told: dict[str, Any]) -> dict[str, Any]:
    own, partner = _sides(as2, told)
    message = as2.Message()
    status, (error, _), mdn = message.parse(
        _raw(told),
        find_org_cb=lambda name: own if name == own.as2_name else None,
        find_partner_cb=lambda name: partner if name == partner.as2_name else None,
    )
    answer = {"status": status, "error": repr(error), "mdn": None if mdn is None else _posted(mdn)}
    if status == "processed":
        answer["data"] = _text(message.payload.get_payload(decode=True))
        answer["filename"] = message.payload.get_filename()
    return answer


def judge(as2: Any, told: dict[str, Any]) -> dict[str, Any]:
    status, detail = as2.Mdn().parse(_raw(told), find_message_cb=lambda message_id, _: _kept.get(message_id))
    return {"status": status, "detail": detail}


def main() -> None:
    logging.disable(logging.CRITICAL)
    as2 = _load()
    print(json.dumps({"ready": True}), flush=True)  # noqa: T201
    for line in sys.stdin:
        told = json.loads(line)
        answer = {"send": send, "receive": receive, "judge": judge}[told["do"]](as2, told)
        print(json.dumps(answer), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
