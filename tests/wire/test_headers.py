import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkapy.wire.errors import MalformedError, UnsupportedVersionError, WireError
from kafkapy.wire.headers import (
    RequestHeader,
    read_request_header,
    read_response_header,
    write_request_header,
    write_response_header,
)
from kafkapy.wire.schema import Buffer

FETCH_V11 = RequestHeader(1, 11, 7, "me")


def read_as(version: int, data: Buffer) -> tuple[RequestHeader, int]:
    return read_request_header(data, lambda api_key, api_version: version)


@pytest.mark.parametrize(
    ("version", "encoded"),
    [
        (0, "0001 000b 00000007"),
        (1, "0001 000b 00000007 0002 6d65"),
        (2, "0001 000b 00000007 0002 6d65 00"),
    ],
)
def test_a_request_header_names_the_api_and_from_version_1_the_client(
    version: int, encoded: str
) -> None:
    data = bytes.fromhex(encoded)
    expected = FETCH_V11 if version else RequestHeader(1, 11, 7)
    assert write_request_header(FETCH_V11, version) == data
    assert read_as(version, data + b"body") == (expected, len(data))
    assert read_as(version, memoryview(data + b"body")) == (expected, len(data))


@pytest.mark.parametrize("version", [1, 2])
def test_a_client_id_may_be_null(version: int) -> None:
    header = RequestHeader(3, 12, -1)
    encoded = write_request_header(header, version)
    assert encoded.startswith(bytes.fromhex("0003 000c ffffffff ffff"))
    assert read_as(version, encoded) == (header, len(encoded))


def test_the_header_version_is_chosen_by_api_and_version() -> None:
    asked = []

    def header_version(api_key: int, api_version: int) -> int:
        asked.append((api_key, api_version))
        return 1

    read_request_header(write_request_header(FETCH_V11, 1), header_version)
    assert asked == [(1, 11)]


def test_an_unknown_api_is_refused_by_whoever_chooses_the_header_version() -> None:
    def header_version(api_key: int, api_version: int) -> int:
        raise UnsupportedVersionError("no such API")

    with pytest.raises(UnsupportedVersionError):
        read_request_header(write_request_header(FETCH_V11, 1), header_version)


def test_tagged_fields_of_a_header_are_skipped() -> None:
    request = write_request_header(FETCH_V11, 2)[:-1] + bytes.fromhex("02 00 01 aa 81 01 02 bbcc")
    assert read_as(2, request + b"body") == (FETCH_V11, len(request))
    response = bytes.fromhex("00000007 01 05 02 aabb")
    assert read_response_header(response + b"body", 1) == (7, len(response))


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_request_header_that_is_cut_short_is_malformed(version: int) -> None:
    encoded = write_request_header(FETCH_V11, version)
    for size in range(len(encoded)):
        with pytest.raises(MalformedError):
            read_as(version, encoded[:size])


@pytest.mark.parametrize(
    "encoded",
    [
        "0001 000b 00000007 fffe",  # a client id of length -2
        "0001 000b 00000007 8000",
        "0001 000b 00000007 0000 ff ff ff ff 0f",  # 2^32 - 1 tagged fields
        "0001 000b 00000007 0000 01 00 7f",  # a tagged field that goes beyond the end
    ],
)
def test_a_request_header_that_cannot_be_true_is_malformed(encoded: str) -> None:
    with pytest.raises(MalformedError):
        read_as(2, bytes.fromhex(encoded))


@given(st.binary(max_size=30), st.sampled_from([0, 1, 2]))
def test_noise_makes_a_header_or_a_wire_error(noise: bytes, version: int) -> None:
    try:
        _, offset = read_as(version, noise)
    except WireError:
        return
    assert offset <= len(noise)


@pytest.mark.parametrize(("version", "encoded"), [(0, "fffffffe"), (1, "fffffffe 00")])
def test_a_response_header_is_the_correlation_id(version: int, encoded: str) -> None:
    data = bytes.fromhex(encoded)
    assert write_response_header(-2, version) == data
    assert read_response_header(data + b"body", version) == (-2, len(data))
    for size in range(len(data)):
        with pytest.raises(MalformedError):
            read_response_header(data[:size], version)


def test_a_client_id_that_is_not_utf_8_is_replaced_as_by_java() -> None:
    header, _ = read_as(1, bytes.fromhex("0001 000b 00000007 0002 61ff"))
    assert header.client_id == "a\ufffd"


def test_a_header_with_thousands_of_tagged_fields_is_malformed() -> None:
    few = bytes.fromhex("0001 000b 00000007 ffff e807") + bytes(2) * 1000
    assert read_as(2, few)[1] == len(few)
    with pytest.raises(MalformedError, match="more than"):
        read_as(2, bytes.fromhex("0001 000b 00000007 ffff e907") + bytes(2) * 1001)
