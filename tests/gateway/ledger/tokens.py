"""A token of the tests' own: SoftHSM 2, with Ed25519 keys in it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from unittest.mock import patch

MODULE = next(
    (
        path
        for path in map(
            Path,
            (
                "/usr/lib/softhsm/libsofthsm2.so",
                "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                "/usr/lib64/pkcs11/libsofthsm2.so",
                "/opt/homebrew/lib/softhsm/libsofthsm2.so",
            ),
        )
        if path.exists()
    ),
    None,
)
WHY_NOT = None if MODULE is not None and which("softhsm2-util") else "SoftHSM 2 is not installed (apt install softhsm2)"

PIN = "1234"


class Token:
    """One token; ``uri`` is where a key of it is."""

    def __init__(self, folder: Path, label: str = "tally") -> None:
        self.label = label
        self.pin = folder / "pin"
        self.pin.write_text(f"{PIN}\n")

    def uri(self, key: str) -> str:
        return f"pkcs11:token={self.label};object={key}?module-path={MODULE}&pin-source=file:{self.pin}"

    def make_key(self, key: str, *, curve: str = "1.3.101.112") -> None:
        """Make a key pair in the token, on Ed25519 or another curve."""
        import pkcs11
        from pkcs11.util.ec import encode_named_curve_parameters

        edwards = curve == "1.3.101.112"
        kind = pkcs11.KeyType.EC_EDWARDS if edwards else pkcs11.KeyType.EC
        mechanism = pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN if edwards else pkcs11.Mechanism.EC_KEY_PAIR_GEN
        token = pkcs11.lib(str(MODULE)).get_token(token_label=self.label)
        with token.open(user_pin=PIN, rw=True) as session:
            parameters = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}
            domain = session.create_domain_parameters(kind, parameters, local=True)
            domain.generate_keypair(mechanism=mechanism, store=True, label=key)


@contextmanager
def token(folder: Path) -> Iterator[Token]:
    """A token that is there until the block ends. The library is loaded once for a process, with the tokens it finds then."""
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    with patch.dict(os.environ, SOFTHSM2_CONF=str(configuration)):
        command = ["softhsm2-util", "--init-token", "--free", "--label", "tally", "--pin", PIN, "--so-pin", "5678"]
        subprocess.run(command, check=True, capture_output=True, timeout=30)
        yield Token(folder)
