"""CRC-32C comes from the extension module of a package, however that is found."""

from __future__ import annotations

from importlib.machinery import PathFinder

import crc32c as package
import pytest

from kafkapy.wire.records import checksum

# The check value of the polynomial.
DATA, CHECKSUM = b"123456789", 0xE3069283


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_it_is_the_checksum_of_castagnoli(kind: type) -> None:
    assert checksum.crc32c(kind(DATA)) == CHECKSUM


def test_it_goes_on_from_the_checksum_of_what_came_before() -> None:
    assert checksum.crc32c(DATA[4:], checksum.crc32c(DATA[:4])) == CHECKSUM


def test_the_package_is_used_where_the_extension_is_not_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PathFinder, "find_spec", lambda *_: None)
    assert checksum._extension() is package
