"""Record batches and message sets whose checksums are right and whose contents need not be."""

from __future__ import annotations

import struct
import zlib
from random import Random

from crc32c import crc32c

from kafkapy.wire.compression import Compression, compress
from kafkapy.wire.records.legacy import build_message_set
from kafkapy.wire.records.record import Record, build_batch

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
_BOMB_BYTES = 1 << 20


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


def bomb(codec: int, size: int = _BOMB_BYTES) -> bytes:
    """Compress `size` zero bytes."""
    return compress(codec, bytes(size))


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
    makers = (valid_batch, valid_batch, broken_batch, broken_batch, message_set, broken_set, noise)
    return random.choice(makers)(random)


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


def broken_batch(random: Random) -> bytes:
    """Make a batch with a true checksum, in which something else is wrong."""
    luck = random.random()
    if luck < 0.1:
        codec = random.choice(list(Compression)[1:])
        return batch_of(bomb(codec), attributes=codec, record_count=1)
    if luck < 0.2:
        return batch_of(
            random.randbytes(random.randint(0, 40)),
            attributes=random.choice((0, 1, 2, 3, 4, 5, 0x20, -1)),
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
    makers = (
        lambda: random.randbytes(20),
        lambda: bomb(codec) if 1 <= codec <= 4 else b"",
        lambda: compress(codec, broken_set(random)) if 1 <= codec <= 4 else b"",
        lambda: compress(codec, message(1 - magic, 0, b"other magic")) if 1 <= codec <= 4 else b"",
        lambda: None,
    )
    made = message(magic, codec, random.choice(makers)())
    if random.random() < 0.3:
        made = made[: random.randrange(len(made))]
    return made


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
