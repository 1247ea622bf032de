"""Runs in the environment of pyas2lib: receives batches of messages and says the CPU seconds of each. Imports nothing of ours.

The first line names the parties; each other is a list of messages in base64. Payload and MDN of a message are one durable insert.
"""

import base64
import json
import logging
import re
import sqlite3
import sys
import time
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


def _durable(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE received (id TEXT PRIMARY KEY, payload BLOB, mdn BLOB)")
    return connection


def _receive(as2: Any, own: Any, partner: Any, raw: bytes, connection: sqlite3.Connection) -> None:
    message = as2.Message()
    status, (error, _), mdn = message.parse(raw, find_org_cb=lambda _: own, find_partner_cb=lambda _: partner)
    assert status == "processed", error
    assert "multipart/signed" in mdn.headers["Content-Type"], mdn.headers
    row = (message.message_id, message.payload.get_payload(decode=True), mdn.content)
    connection.execute("INSERT INTO received VALUES (?, ?, ?)", row)


def main() -> None:
    logging.disable(logging.CRITICAL)
    as2 = _load()
    connection = _durable(sys.argv[1])
    told = json.loads(sys.stdin.readline())
    key = told["own_key"].encode()
    own = as2.Organization(
        as2_name=told["own_name"], sign_key=key, sign_key_pass="", decrypt_key=key, decrypt_key_pass=""
    )
    certificate = told["partner_certificate"].encode()
    partner = as2.Partner(
        as2_name=told["partner_name"], verify_cert=certificate, encrypt_cert=certificate, validate_certs=False
    )
    print("ready", flush=True)
    for line in sys.stdin:
        batch = [base64.b64decode(message) for message in json.loads(line)]
        before = time.process_time()
        for raw in batch:
            _receive(as2, own, partner, raw, connection)
        print(time.process_time() - before, flush=True)


if __name__ == "__main__":
    main()
