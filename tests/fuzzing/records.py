"""Record batches and message sets whose checksums are right and whose contents need not be."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from random import Random

from crc32c import crc32c

from kafkapy.wire.compression import Compression, compress
from kafkapy.wire.primitives import write_varlong
from kafkapy.wire.records.batch import parse_header
from kafkapy.wire.records.legacy import build_message_set
from kafkapy.wire.records.record import Record, build_batch
from tests.fuzzing.mutations import mutate

_ATTRIBUTES_AT = 21
_BATCH_HEADER_BYTES = 61
# Offset and `struct` format of each field of a batch's header.
_BATCH_FIELDS = (
    (0, "q"),
    (8, "i"),
    (12, "i"),
    (16, "b"),
    (21, "h"),
    (23, "i"),
    (27, "q"),
    (35, "q"),
    (43, "q"),
    (51, "h"),
    (53, "i"),
    (57, "i"),
)
# More than may be decompressed, and less.
_BOMB_BYTES = (1 << 20, 150_000)
_TINY_RECORD = bytes.fromhex("0c 00 00 00 01 01 00")
_TINY_RECORDS = (500, 500, 500, 20_000)


def with_checksum(batch: bytes) -> bytes:
    """Make the checksum of a batch true."""
    checked = batch[_ATTRIBUTES_AT:]
    return batch[:17] + struct.pack(">I", crc32c(checked)) + checked


def message(magic: int, attributes: int, value: bytes | None, offset: int = 0) -> bytes:
    """Write one message of the older formats, with a true checksum around any contents."""
    time = struct.pack(">q", 1) if magic == 1 else b""
    length = -1 if value is None else len(value)
    body = struct.pack(">bb", magic, attributes) + time + struct.pack(">ii", -1, length)
    body += value or b""
    return struct.pack(">qiI", offset, len(body) + 4, zlib.crc32(body)) + body


@cache
def bomb(codec: int, size: int) -> bytes:
    """Compress `size` zero bytes."""
    return compress(codec, bytes(size))


@cache
def bare_snappy_bomb(size: int) -> bytes:
    """Compress zero bytes as clients do that do not know Java's framing."""
    import cramjam

    return bytes(cramjam.snappy.compress_raw(bytes(size)))


@cache
def record_bomb(codec: int, count: int) -> bytes:
    """Compress records of no content: each is an object where it is read."""
    return compress(codec, _TINY_RECORD * count)


def batch_of(
    payload: bytes, *, record_count: int = 1, attributes: int = 0, last_offset_delta: int = 0
) -> bytes:
    """Put any bytes where a batch has its records."""
    header = struct.pack(">qiibI", 0, _BATCH_HEADER_BYTES - 12 + len(payload), -1, 2, 0)
    header += struct.pack(
        ">hiqqqhii", attributes, last_offset_delta, 1, 1, -1, -1, -1, record_count
    )
    return with_checksum(header + payload)


def any_records(random: Random) -> bytes:
    """Make records of any format: right, slightly wrong, or mere noise."""
    return random.choice((any_batch, any_batch, any_set, noise))(random)


def any_batch(random: Random) -> bytes:
    """Make a record batch, which may be wrong."""
    makers = (valid_batch, broken_batch, broken_batch, broken_records, damaged_compression, bombs)
    return random.choice(makers)(random)


def any_set(random: Random) -> bytes:
    """Make a message set, which may be wrong."""
    made = random.choice((message_set, message_set, broken_set, broken_set, flawed_set))(random)
    if random.random() < 0.1:
        made += message_set(random)
    return made


def noise(random: Random) -> bytes:
    """Make bytes that are no records."""
    return random.randbytes(random.choice((0, 1, 16, 17, 60, 61, 62, 200)))


def valid_batch(random: Random) -> bytes:
    """Make a batch that a producer may send."""
    is_idempotent = random.random() < 0.3
    return build_batch(
        _records(random),
        compression=random.choice(list(Compression)),
        producer_id=random.randint(0, 3) if is_idempotent else -1,
        producer_epoch=random.randint(0, 1) if is_idempotent else -1,
        base_sequence=random.randint(0, 3) if is_idempotent else -1,
        is_transactional=is_idempotent and random.random() < 0.2,
    )


def bombs(random: Random) -> bytes:
    """Make a batch that is small until it is read."""
    codec = random.choice(list(Compression)[1:])
    luck = random.random()
    if luck < 0.4:
        count = random.choice(_TINY_RECORDS)
        claimed = random.choice((count, count, count - 1, 2**31 - 1))
        payload = record_bomb(codec, count)
        return batch_of(
            payload, attributes=codec, record_count=claimed, last_offset_delta=claimed - 1
        )
    size = random.choice(_BOMB_BYTES)
    if luck < 0.5:
        return batch_of(bare_snappy_bomb(size), attributes=Compression.SNAPPY)
    return batch_of(bomb(codec, size), attributes=codec, record_count=random.choice((1, 1000)))


def broken_batch(random: Random) -> bytes:
    """Make a batch with a true checksum, in which something else is wrong."""
    luck = random.random()
    if luck < 0.1:
        return batch_of(
            random.randbytes(random.randint(0, 40)),
            attributes=random.choice((0, 1, 2, 3, 4, 5, 7, 0x08, 0x10, 0x20, 0x30, 0x40, -1)),
            record_count=random.choice((-1, 0, 1, 2**31 - 1)),
            last_offset_delta=random.choice((-1, 0, 2**31 - 1)),
        )
    batch = bytearray(valid_batch(random))
    if luck < 0.6:
        at, form = random.choice(_BATCH_FIELDS)
        bits = 8 * struct.calcsize(form)
        value = random.choice((-1, 0, 1, 2, -(1 << bits - 1), (1 << bits - 1) - 1))
        struct.pack_into(">" + form, batch, at, value)
    else:
        for _ in range(random.randint(1, 3)):
            place = random.randrange(_BATCH_HEADER_BYTES, len(batch))
            batch[place] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
    fixed = with_checksum(bytes(batch))
    if luck > 0.95:
        fixed += valid_batch(random)
    return fixed


def broken_records(random: Random) -> bytes:
    """Make a batch whose records contradict themselves, compressed as they should be."""
    codec = random.choice(list(Compression))
    count = random.choice((1, 2, 3))
    payload = b"".join(_broken_record(random, index) for index in range(count))
    claimed = random.choice((count, count, count, count - 1, count + 1))
    return batch_of(
        compress(codec, payload),
        attributes=codec,
        record_count=claimed,
        last_offset_delta=claimed - 1,
    )


def _broken_record(random: Random, index: int) -> bytes:
    def varint(*values: int) -> bytes:
        if random.random() < 0.03:
            return random.choice((b"\xff" * 10, b"\xff" * 9 + b"\x01", b"\x80\x80\x00", b"\x80"))
        value = values[0] if random.random() < 0.9 else random.choice(values)
        return write_varlong(value)

    def sized(content: bytes) -> bytes:
        size = len(content)
        return varint(size, -1, -2, size + 1, size - 1, 2**31 - 1, 2**62) + content

    headers = b"".join(
        sized(name) + sized(b"value")
        for name in (b"", b"name", b"\xff\xfe")[: random.randint(0, 3)]
    )
    body = b"\0" + varint(index, -1, 2**62, -(2**63)) + varint(index, 0, -1, 7, 2**31)
    body += sized(b"key") + sized(b"value" * random.choice((1, 100)))
    body += varint(0 if not headers else 1, 0, 1, 2, 3, -1, 2**31 - 1) + headers
    size = len(body)
    return varint(size, size + 1, size - 1, 0, -1, 2**31 - 1) + body


def damaged_compression(random: Random) -> bytes:
    """Make a batch whose compressed records do not decompress, or not to what they were."""
    codec = random.choice(list(Compression)[1:])
    batch = build_batch(_records(random), compression=codec)
    header = parse_header(batch)
    payload = mutate(random, batch[_BATCH_HEADER_BYTES:], batch)
    other = random.choice((codec, codec, codec, *Compression))
    return batch_of(
        payload,
        attributes=other,
        record_count=header.record_count,
        last_offset_delta=header.last_offset_delta,
    )


def message_set(random: Random) -> bytes:
    """Make a message set that an old producer may send."""
    codecs = (Compression.NONE, Compression.GZIP, Compression.SNAPPY, Compression.LZ4)
    return build_message_set(
        _records(random), random.randint(0, 1), compression=random.choice(codecs)
    )


def broken_set(random: Random) -> bytes:
    """Make a message set with true checksums, in which something else is wrong."""
    magic = random.choice((0, 1))
    codec = random.choice((0, 1, 2, 3, 4, 7))
    made = message(magic, codec, _inner(random, magic, codec), random.choice((0, 1, -1, 2**62)))
    if random.random() < 0.3:
        made = made[: random.randrange(len(made))]
    return made


def _inner(random: Random, magic: int, codec: int) -> bytes | None:
    """Make what is in a wrapper, or in a message."""
    if not 1 <= codec <= 4:
        return random.choice((random.randbytes(20), b"", None))
    kind = random.randrange(7)
    if kind == 0:
        return None
    if kind == 1:
        return random.randbytes(20)
    if kind == 2:
        return bomb(codec, random.choice(_BOMB_BYTES))
    if kind == 3:
        return compress(codec, message(1 - magic, 0, b"other magic"))
    if kind == 4:
        return compress(codec, broken_set(random))  # a wrapper in a wrapper, if it is one
    if kind == 5:
        return compress(codec, message(magic, 0, b"") * random.choice(_TINY_RECORDS))
    offsets = (random.choice((0, 1, 5, -1, 2**62)) for _ in range(3))
    return compress(codec, b"".join(message(magic, 0, b"value", offset) for offset in offsets))


def flawed_set(random: Random) -> bytes:
    """Make a good message set, and change a byte in it; some of its checksums are made true."""
    made = bytearray(message_set(random))
    made[random.randrange(len(made))] = random.randrange(256)
    if random.random() < 0.7:
        made[12:16] = struct.pack(">I", zlib.crc32(made[16:]))  # true for a set of one message
    return bytes(made)


def _records(random: Random) -> list[Record]:
    return [
        Record(
            index,
            random.choice((-1, 0, 1_700_000_000_000, 2**62)),
            random.choice((None, b"", b"key")),
            random.choice((None, b"", b"value" * 20)),
            random.choice(((), (("header", None), ("", b"value")))),
        )
        for index in range(random.choice((1, 2, 5)))
    ]
