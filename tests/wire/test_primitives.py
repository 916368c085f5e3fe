from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.wire.errors import MalformedError
from kafkapy.wire.primitives import (
    read_unsigned_varint,
    read_varint,
    read_varlong,
    write_unsigned_varint,
    write_varint,
    write_varlong,
)

READERS = pytest.mark.parametrize("read", [read_unsigned_varint, read_varint, read_varlong])


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "00"),
        (1, "01"),
        (127, "7f"),
        (128, "80 01"),
        (300, "ac 02"),
        (16383, "ff 7f"),
        (16384, "80 80 01"),
        (2**32 - 1, "ff ff ff ff 0f"),
    ],
)
def test_an_unsigned_varint_has_seven_bits_a_byte(value: int, encoded: str) -> None:
    data = bytes.fromhex(encoded)
    assert write_unsigned_varint(value) == data
    assert read_unsigned_varint(b"??" + data + b"?", 2) == (value, 2 + len(data))


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "00"),
        (-1, "01"),
        (1, "02"),
        (-64, "7f"),
        (64, "80 01"),
        (2**31 - 1, "fe ff ff ff 0f"),
        (-(2**31), "ff ff ff ff 0f"),
    ],
)
def test_a_signed_varint_is_zigzag_encoded(value: int, encoded: str) -> None:
    data = bytes.fromhex(encoded)
    assert write_varint(value) == write_varlong(value) == data
    assert read_varint(data, 0) == read_varlong(data, 0) == (value, len(data))


def test_the_extremes_of_a_varlong_take_ten_bytes() -> None:
    assert write_varlong(-(2**63)) == bytes.fromhex("ff ff ff ff ff ff ff ff ff 01")
    assert write_varlong(2**63 - 1) == bytes.fromhex("fe ff ff ff ff ff ff ff ff 01")


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_varlong_reads_back(value: int) -> None:
    encoded = write_varlong(value)
    assert read_varlong(encoded, 0) == (value, len(encoded))


@READERS
@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff\xff\xff"])
def test_a_varint_that_ends_early_is_malformed(
    read: Callable[[bytes, int], tuple[int, int]], data: bytes
) -> None:
    with pytest.raises(MalformedError):
        read(data, 0)


@READERS
def test_a_varint_that_never_ends_is_malformed(
    read: Callable[[bytes, int], tuple[int, int]],
) -> None:
    with pytest.raises(MalformedError):
        read(b"\x80" * 100, 0)


def test_a_varint_above_its_width_is_malformed() -> None:
    with pytest.raises(MalformedError):
        read_unsigned_varint(b"\xff\xff\xff\xff\x10", 0)
    with pytest.raises(MalformedError):
        read_varint(b"\xff\xff\xff\xff\x1f", 0)
    with pytest.raises(MalformedError):
        read_varlong(b"\xff" * 9 + b"\x02", 0)


def test_a_number_that_does_not_fit_is_not_written() -> None:
    for write, value in [
        (write_unsigned_varint, -1),
        (write_unsigned_varint, 2**32),
        (write_varint, 2**31),
        (write_varint, -(2**31) - 1),
        (write_varlong, 2**63),
    ]:
        with pytest.raises(ValueError, match="fit"):
            write(value)
