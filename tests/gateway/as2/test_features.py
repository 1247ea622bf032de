"""What the other side says it can do."""

import pytest

from gateway.as2.features import (
    OUR_FEATURES,
    Feature,
    read_features,
    read_version,
    understands_compression,
    version_fields,
)
from gateway.as2.mime.headers import headers


@pytest.mark.parametrize(
    ("written", "version", "compression"),
    [
        (None, (1, 0), False),
        ("1.0", (1, 0), False),
        ("1.1", (1, 1), True),
        ("1.2", (1, 2), True),
        ("2.0", (2, 0), True),
        ("x", (1, 0), False),
    ],
)
def test_versions(written: str | None, version: tuple[int, int], compression: bool) -> None:
    fields = headers([] if written is None else [("AS2-Version", written)])
    assert (read_version(fields), understands_compression(fields)) == (version, compression)


@pytest.mark.parametrize(
    ("written", "features"),
    [
        ("multiple-attachments, CEM", {Feature.MULTIPLE_ATTACHMENTS, Feature.CERTIFICATE_EXCHANGE}),
        ("Multiple-Attachments,cem , AS3-Other", {Feature.MULTIPLE_ATTACHMENTS, Feature.CERTIFICATE_EXCHANGE}),
        ("AS2-Reliability", {Feature.RELIABILITY}),
        ("CMS", set()),
        ("", set()),
    ],
)
def test_features(written: str, features: set[Feature]) -> None:
    assert read_features(headers([("ediint-features", written)])) == features


def test_ours() -> None:
    assert read_features(headers(version_fields())) == set(OUR_FEATURES)
    assert understands_compression(headers(version_fields()))


def test_what_is_agreed_beside() -> None:
    assert Feature.RESTART not in OUR_FEATURES
    assert read_features(headers(version_fields(Feature.RESTART))) == {*OUR_FEATURES, Feature.RESTART}
