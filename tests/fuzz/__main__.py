"""Look for bytes that break the readers: ``python -m tests.fuzz x12|csv|as2 [--seconds N]``.

Needs atheris, which the extra ``fuzz`` installs. A file that breaks a target is kept in ``tests/fuzz/crashers``, where the tests
replay it; make it small and give it a name that says what it is before committing it.
"""

import argparse
import hashlib
import importlib
import sys
import tempfile
from pathlib import Path

X12_TOKENS = (
    "ISA*",
    "GS*",
    "ST*850*",
    "SE*",
    "GE*",
    "IEA*",
    "TA1*",
    "~",
    "*",
    ">",
    "^",
    "\\x0a",
    "\\xef\\xbb\\xbf",
    "\\xc3\\xa9",
    "\\xff",
)
"""Pieces of X12 that chance alone would hardly make."""
AS2_TOKENS = (
    "Content-Type: ",
    "Content-Transfer-Encoding: base64",
    "multipart/signed; protocol=",
    "multipart/report; report-type=disposition-notification",
    "multipart/mixed; boundary=",
    "application/pkcs7-mime; smime-type=",
    "application/pkcs7-signature",
    "message/disposition-notification",
    "Disposition-Notification-Options: signed-receipt-micalg=optional, ",
    "Receipt-Delivery-Option: http",
    "Message-ID: <",
    "Received-Content-MIC: ",
    "filename=",
    "\\x30\\x80",
    "\\x24\\x80",
    "\\xa0\\x80",
    "\\x00\\x00",
    "\\x30\\x84",
    "\\x0a--",
    "\\x0d\\x0a\\x0d\\x0a",
    "\\xff",
)
"""The same of AS2 messages."""
TOKENS = {"x12": X12_TOKENS, "csv": X12_TOKENS, "as2": AS2_TOKENS}
LONGEST = 8192
"""Bytes of an input; what breaks a reader needs no more."""


def main() -> None:
    """Run one target until the time is over or something breaks."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=("x12", "csv", "as2"))
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        sys.exit("Fuzzing needs atheris, which has no wheel for every Python. Install it: pip install -e '.[fuzz]'")
    with atheris.instrument_imports(include=["translators", "canonical", "gateway.as2"]):
        from .targets import CRASHERS, TARGETS, crashers, seeds
    target, kept = TARGETS[arguments.target], CRASHERS / arguments.target

    def try_out(data: bytes) -> None:
        try:
            target(data)
        except BaseException:
            kept.mkdir(parents=True, exist_ok=True)
            name = hashlib.sha256(data).hexdigest()[:12]
            (kept / name).write_bytes(data)
            sys.stderr.write(f"Broken by {kept / name}\n")
            raise

    corpus = Path(tempfile.mkdtemp(prefix="tally-fuzz-"))
    for number, seed in enumerate(
        [*seeds(arguments.target), *(path.read_bytes() for path in crashers(arguments.target))]
    ):
        (corpus / str(number)).write_bytes(seed)
    dictionary = corpus.with_suffix(".dict")
    dictionary.write_text("".join(f'"{token}"\n' for token in TOKENS[arguments.target]), "ascii")
    options = [
        f"-max_total_time={arguments.seconds}",
        f"-max_len={LONGEST}",
        f"-dict={dictionary}",
        f"-artifact_prefix={corpus}/",
    ]
    atheris.Setup([sys.argv[0], str(corpus), *options], try_out)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
