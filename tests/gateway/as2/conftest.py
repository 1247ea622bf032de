"""What tests of AS2 share."""

from pathlib import Path

import pytest

from .openssl import OpenSsl


@pytest.fixture
def openssl(tmp_path: Path) -> OpenSsl:
    return OpenSsl(tmp_path)
