"""The codec against bytes worked out by hand from the protocol guide and KIP-482."""

import tracemalloc
from typing import Any

import pytest

from kafkapy.wire.compile import (
    EncodingError,
    decode,
    decode_from,
    encode,
    encode_into,
    limited_reader,
    reader,
    writer,
)
from kafkapy.wire.errors import MalformedError, UnsupportedVersionError
from kafkapy.wire.schema import (
    Buffer,
    Data,
    Message,
    Struct,
    array,
    boolean,
    bytes_,
    float64,
    int8,
    int16,
    int32,
    int64,
    records,
    string,
    struct,
    uint16,
    uint32,
    uuid,
)

UUID = bytes(range(16))
UUID_HEX = UUID.hex()


class Numbers(Data, versions="0-1", flexible="1+"):
    a: int = int8()
    b: int = int16()
    c: int = int32()
    d: int = int64()
    e: int = uint16()
    f: int = uint32()
    g: float = float64()
    h: bool = boolean()
    i: bytes = uuid()


class Texts(Data, versions="0-1", flexible="1+"):
    name: str = string()
    rack: str | None = string(nullable="0+", default=None)
    key: bytes = bytes_()
    value: bytes | None = bytes_(nullable="0+", default=None)


class Item(Struct):
    number: int = int8()
    text: str = string()


class Arrays(Data, versions="0-1", flexible="1+"):
    numbers: list[int] = array(int32)
    ids: list[bytes] = array(uuid)
    names: list[str] = array(string)
    items: list[Item] | None = array(Item, nullable="0+")


class Structs(Data, versions="0-1", flexible="1+"):
    inner: Item = struct(Item)
    other: Item | None = struct(Item, nullable="1+", default=None)


class Holder(Struct):
    item: Item | None = struct(Item, nullable="0+", default=None)


class Holders(Data, versions="0-1", flexible="1+"):
    holders: list[Holder] = array(Holder)


class Tagged(Data, versions="0-2", flexible="1+"):
    ordinary: int = int8()
    late: str = string("1+", tag=1)
    item: Item = struct(Item, "1+", tag=0)
    numbers: list[int] | None = array(int16, "1+", nullable="1+", tag=130)
    moved: int = int16("0+", tag=3, tagged="2+", default=5)
    chance: Item | None = struct(Item, "1+", nullable="1+", tag=4, default=None)


class Versioned(Data, versions="1-3", flexible="none"):
    always: int = int8()
    once: int = int8("2", default=9)
    names: list[str] = array(string, "3+")


class Blobs(Data, versions="0-1", flexible="1+"):
    index: int = int8()
    content: Buffer | None = records(nullable="0+")
    more: Buffer | None = records(nullable="0+")
    note: str = string()


class Nothing(Data, versions="0-1", flexible="1+"):
    pass


class Number(Data, versions="0-1", flexible="1+"):
    number: int = int8()


@pytest.mark.parametrize(
    ("message", "version", "encoded"),
    [
        (
            Numbers(-1, -2, 3, -4, 65535, 2**32 - 1, 1.5, True, UUID),
            0,
            "ff fffe 00000003 fffffffffffffffc ffff ffffffff 3ff8000000000000 01" + UUID_HEX,
        ),
        (
            Numbers(i=UUID),
            1,
            "00" * 30 + UUID_HEX + "00",
        ),
        (Texts("ab", None, b"c", None), 0, "0002 6162 ffff 00000001 63 ffffffff"),
        (Texts("", "é", b"", b"d"), 0, "0000 0002 c3a9 00000000 00000001 64"),
        (Texts("ab", None, b"c", None), 1, "03 6162 00 02 63 00 00"),
        (Texts("", "é", b"", b"d"), 1, "01 03 c3a9 01 02 64 00"),
        (
            Arrays([1, -1], [UUID], ["a", ""], [Item(7, "b")]),
            0,
            "00000002 00000001 ffffffff 00000001" + UUID_HEX + "00000002 0001 61 0000"
            "00000001 07 0001 62",
        ),
        (
            Arrays([1, -1], [UUID], ["a", ""], [Item(7, "b")]),
            1,
            "03 00000001 ffffffff 02" + UUID_HEX + "03 02 61 01 02 07 02 62 00 00",
        ),
        (Arrays([], [], [], None), 0, "00000000 00000000 00000000 ffffffff"),
        (Arrays([], [], [], None), 1, "01 01 01 00 00"),
        (Arrays([], [], [], []), 1, "01 01 01 01 00"),
        (Structs(Item(1, "a"), Item()), 0, "01 0001 61 00 0000"),
        (Structs(Item(1, "a"), None), 1, "01 02 61 00 ff 00"),
        (Structs(Item(1, "a"), Item(2, "")), 1, "01 02 61 00 01 02 01 00 00"),
        (Holders([Holder(), Holder()]), 0, "00000002 ff ff"),
        (Holders([Holder(), Holder(Item(1, ""))]), 1, "03 ff 00 01 01 01 00 00 00"),
        (Tagged(1, moved=6), 0, "01 0006"),
        (Tagged(1, moved=6), 1, "01 0006 00"),
        (Tagged(1), 2, "01 00"),
        (Tagged(1, moved=6), 2, "01 01 03 02 0006"),
        (
            Tagged(1, "ab", Item(2, "c"), [3], chance=Item()),
            2,
            "01 04 00 04 02 02 63 00 01 03 03 6162 04 04 01 00 01 00 82 01 03 02 0003",
        ),
        (Tagged(1, numbers=None), 2, "01 01 82 01 01 00"),
        (Versioned(1), 1, "01"),
        (Versioned(1, once=2), 2, "01 02"),
        (Versioned(1, names=["a"]), 3, "01 00000001 0001 61"),
        (Blobs(1, b"ab", None, "c"), 0, "01 00000002 6162 ffffffff 0001 63"),
        (Blobs(1, b"ab", None, "c"), 1, "01 03 6162 00 02 63 00"),
        (Nothing(), 0, ""),
        (Nothing(), 1, "00"),
    ],
)
def test_a_message_has_the_bytes_that_the_protocol_gives_it(
    message: Message, version: int, encoded: str
) -> None:
    data = bytes.fromhex(encoded)
    assert encode(message, version) == data
    decoded, end = decode_from(type(message), data, version)
    assert end == len(data)
    assert encode(decoded, version) == data


def test_fields_that_a_version_lacks_are_left_out_and_read_as_their_defaults() -> None:
    message = Versioned(1, once=2, names=["a"])
    assert decode(Versioned, encode(message, 1), 1) == Versioned(1, once=9, names=[])
    assert decode(Versioned, encode(message, 2), 2) == Versioned(1, once=2, names=[])
    assert decode(Versioned, encode(message, 3), 3) == Versioned(1, once=9, names=["a"])


def test_defaults_are_not_shared_between_messages() -> None:
    first, second = decode(Versioned, b"\1", 1), decode(Versioned, b"\1", 1)
    assert first.names is not second.names
    tagged = [decode(Tagged, b"\1\0", 2) for _ in range(2)]
    assert tagged[0].item is not tagged[1].item
    assert tagged[0].numbers is not tagged[1].numbers


@pytest.mark.parametrize("version", [0, 4, -1])
def test_a_version_that_was_never_defined_is_unsupported(version: int) -> None:
    with pytest.raises(UnsupportedVersionError):
        decode(Versioned, b"\1", version)
    with pytest.raises(UnsupportedVersionError):
        encode(Versioned(), version)


def test_bytes_behind_a_message_are_ignored() -> None:
    assert decode(Versioned, b"\1trailing", 1) == Versioned(1)
    assert decode_from(Versioned, b"?\1trailing", 1, 1) == (Versioned(1), 2)


@pytest.mark.parametrize("buffer", [bytes, bytearray, memoryview])
def test_any_buffer_can_be_read_and_only_records_are_views_of_it(buffer: Any) -> None:
    texts = decode(Texts, buffer(encode(Texts("a", "b", b"c", b"d"), 1)), 1)
    assert texts == Texts("a", "b", b"c", b"d")
    assert type(texts.key) is bytes
    assert type(texts.value) is bytes
    data = buffer(encode(Blobs(1, b"ab", None, "c"), 1))
    blobs = decode(Blobs, data, 1)
    assert blobs == Blobs(1, b"ab", None, "c")
    assert isinstance(blobs.content, memoryview)
    assert blobs.content.obj is (data.obj if isinstance(data, memoryview) else data)


def test_large_records_are_handed_over_without_a_copy() -> None:
    content, more = bytes(5000), memoryview(bytearray(6000))
    out: list[Buffer] = [b"before"]
    size = encode_into(Blobs(1, content, more, "c"), 1, out)
    assert out[0] == b"before"
    assert any(piece is content for piece in out)
    assert any(piece is more for piece in out)
    assert b"".join(out[1:]) == encode(Blobs(1, content, more, "c"), 1)
    assert sum(map(len, out[1:])) == size


def test_small_records_are_joined_to_what_surrounds_them() -> None:
    out: list[Buffer] = []
    assert encode_into(Blobs(1, b"ab", b"", "c"), 0, out) == 14
    assert out == [bytes.fromhex("01 00000002 6162 00000000 0001 63")]


def test_the_compiled_functions_are_made_once() -> None:
    assert reader(Number, 0) is reader(Number, 0)
    assert writer(Number, 0) is writer(Number, 0)
    assert reader(Number, 0)(b"\0\1", 1) == (Number(1), 2)
    assert writer(Number, 0)(Number(1)) == [b"\1"]


def test_unknown_tagged_fields_are_skipped() -> None:
    expected = Tagged(1, "ab")
    data = bytes.fromhex("01 03 01 03 036162 02 01 ff ff01 02 aabb")
    assert decode_from(Tagged, data, 2) == (expected, len(data))
    data = bytes.fromhex("05 01 07 00") + b"?"
    assert decode_from(Number, data, 1) == (Number(5), 4)


@pytest.mark.parametrize("count", [1, 63, 64, 65, 126, 127, 128, 5000])
@pytest.mark.parametrize("version", [0, 1])
def test_arrays_of_any_length_read_back(count: int, version: int) -> None:
    message = Arrays([7] * count, [UUID] * count, ["a"] * count, [Item(1, "b")] * count)
    assert decode(Arrays, encode(message, version), version) == message


@pytest.mark.parametrize("version", [0, 1])
def test_a_string_has_at_most_32767_bytes(version: int) -> None:
    longest = Texts("é" * 16383 + "e")
    assert decode(Texts, encode(longest, version), version) == longest
    with pytest.raises(EncodingError):
        encode(Texts("é" * 16384), version)


def test_a_longer_string_is_malformed() -> None:
    content = bytes.fromhex("81 80 02") + b"x" * 32768 + bytes.fromhex("00 01 00 00")
    with pytest.raises(MalformedError, match="32768"):
        decode(Texts, content, 1)


@pytest.mark.parametrize(
    ("message_type", "version", "encoded", "reason"),
    [
        (Texts, 0, "ffff ffff 00000000 ffffffff", "name is null"),
        (Texts, 0, "fffe ffff 00000000 ffffffff", "name has the length -2"),
        (Texts, 0, "0000 fffe 00000000 ffffffff", "rack has the length -2"),
        (Texts, 0, "0000 8000 00000000 ffffffff", "rack has the length -32768"),
        (Texts, 0, "0000 ffff ffffffff ffffffff", "key is null"),
        (Texts, 0, "0000 ffff 00000000 80000000", "value has the length"),
        (Texts, 0, "0000 ffff 00000000 7fffffff", "ends early"),
        (Texts, 1, "00 00 01 00 00", "name is null"),
        (Texts, 1, "01 00 00 00 00", "key is null"),
        (Texts, 1, "01 00 01 ffffffff0f 00", "Texts v1"),
        (Texts, 1, "01 00 01 ffffffff1f 00", "32 bits"),
        (Texts, 1, "01 00 01 ffffffffff01 00", "5 bytes"),
        (Arrays, 0, "ffffffff 00000000 00000000 00000000", "numbers is null"),
        (Arrays, 0, "00000000 00000000 00000000 fffffffe", "items has the length -2"),
        (Arrays, 0, "80000000 00000000 00000000 00000000", "numbers has the length"),
        (Arrays, 0, "00000004 00000000 00000000 00000000", "numbers has the length 4"),
        (Arrays, 0, "00000000 00000000 00000003 0000 0000", "names has the length 3"),
        (Arrays, 1, "00 01 01 01 00", "numbers is null"),
        (Arrays, 1, "01 01 01 03 01 00 00 00 00", "items has the length 2"),
        (Tagged, 2, "01 01 03 03 000600", "another size"),
        (Tagged, 2, "01 01 03 01 0006", "another size"),
        (Tagged, 2, "01 01 07 05 00", "ends early"),
        (Tagged, 2, "01 ff0f 0000", "tagged fields"),
        (Number, 1, "05 ffffffff0f", "tagged fields"),
    ],
)
def test_what_cannot_be_true_is_malformed(
    message_type: type[Message], version: int, encoded: str, reason: str
) -> None:
    with pytest.raises(MalformedError, match=reason):
        decode(message_type, bytes.fromhex(encoded), version)


@pytest.mark.parametrize(
    ("message", "version", "count"),
    [
        (Arrays([1, 2], [UUID], ["a"], [Item(), Item()]), 0, 6),
        (Arrays([1, 2], [UUID], ["a"], [Item(), Item()]), 1, 6),
        (Holders([Holder(Item()), Holder()]), 1, 2),
        (Tagged(1, "late", Item(1), [3, 4, 5]), 2, 6),
        (Number(), 0, 0),
    ],
)
def test_a_limited_reader_counts_the_elements_of_all_arrays_and_the_tagged_fields(
    message: Message, version: int, count: int
) -> None:
    data = encode(message, version)
    read = limited_reader(type(message), version)
    assert read(data, 0, count) == (message, len(data))
    if count:
        with pytest.raises(MalformedError, match="more than"):
            read(data, 0, count - 1)


def test_a_limited_reader_counts_unknown_tagged_fields() -> None:
    data = bytes.fromhex("05 02 63 00 64 00")
    assert limited_reader(Number, 1)(data, 0, 2) == (Number(5), len(data))
    with pytest.raises(MalformedError, match="more than 1 elements"):
        limited_reader(Number, 1)(data, 0, 1)


@pytest.mark.parametrize("encoded", ["7fffffff", "00000000 7fffffff", "00000000 00000000 7fffffff"])
def test_a_huge_count_allocates_nothing(encoded: str) -> None:
    decode(Arrays, encode(Arrays(), 0), 0)
    data = bytes.fromhex(encoded) + bytes(1000)
    tracemalloc.start()
    try:
        with pytest.raises(MalformedError):
            decode(Arrays, data, 0)
        assert tracemalloc.get_traced_memory()[1] < 20_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "message",
    [
        Texts(None),  # type: ignore[arg-type]
        Texts(key=None),  # type: ignore[arg-type]
        Texts("\ud800"),
        Texts(5),  # type: ignore[arg-type]
        Arrays(numbers=None),  # type: ignore[arg-type]
        Arrays(numbers=[2**31]),
        Arrays(items=[None]),  # type: ignore[list-item]
        Structs(inner=None),  # type: ignore[arg-type]
        Numbers(a=128),
        Numbers(b=None),  # type: ignore[arg-type]
        Numbers(c="1"),  # type: ignore[arg-type]
    ],
    ids=repr,
)
@pytest.mark.parametrize("version", [0, 1])
def test_a_value_that_the_declaration_does_not_allow_is_the_callers_mistake(
    message: Message, version: int
) -> None:
    out: list[Buffer] = []
    with pytest.raises(EncodingError, match=f"{type(message).__name__} v{version}"):
        encode_into(message, version, out)
    assert out == []


def test_bytes_that_are_not_utf_8_are_replaced_as_by_java() -> None:
    texts = decode(Texts, bytes.fromhex("0002 ffff ffff 00000000 ffffffff"), 0)
    assert texts.name == "\ufffd\ufffd"


def test_a_string_that_would_grow_too_long_by_replacement_is_malformed() -> None:
    encoded = (
        (20_000).to_bytes(2, "big") + b"\xff" * 20_000 + bytes.fromhex("ffff 00000000 ffffffff")
    )
    with pytest.raises(MalformedError):
        decode(Texts, encoded, 0)
