"""The ordinary fetch request, by hand: one partition, or a session's only one, and its answer.

A consumer sends it again for every few records, so it decides how soon a record arrives. As in
`single_produce`, `read` gives None for everything else, which is for the general codec.

Versions 4-18 of Fetch; `wire.messages.fetch` says what changed between them.
"""

from __future__ import annotations

import struct

import msgspec

from kafkapy.wire.messages.fetch import FetchPartition
from kafkapy.wire.primitives import write_unsigned_varint
from kafkapy.wire.schema import Buffer

_FIRST_VERSION, _FIRST_FLEXIBLE_VERSION, _LAST_VERSION = 4, 12, 18
_FIRST_VERSION_WITH_START = 5
_FIRST_VERSION_WITH_SESSIONS = 7
_FIRST_VERSION_WITH_LEADER_EPOCH = 9
_FIRST_VERSION_WITH_RACK = 11
_FIRST_VERSION_WITH_IDS = 13
_FIRST_VERSION_WITHOUT_REPLICA = 15
_CONSUMER = -1  # in the place of a replica's id
_UNSAID = -1  # what a version has no field for
_LONGEST_NAME = 126  # whose length takes one byte also where it is compact

_HEADER = struct.Struct(">hhih")  # API key, version, correlation id, length of the client id

# What precedes the topics: how long to wait, fewest and most bytes, isolation level, session.
_LIMITS = struct.Struct(">iiiib")
_LIMITS_AND_SESSION = struct.Struct(">iiiibii")
_LIMITS_WITHOUT_REPLICA = struct.Struct(">iiibii")

# A partition: index, leader epoch, offset, last fetched epoch, log start offset, most bytes.
_PARTITION_4 = struct.Struct(">iqi")
_PARTITION_5 = struct.Struct(">iqqi")
_PARTITION_9 = struct.Struct(">iiqqi")
_PARTITION_12 = struct.Struct(">iiqiqi")

_COUNT = struct.Struct(">i")
_LENGTH = struct.Struct(">h")
_NO_TAGS = b"\0\0"  # of the partition and the topic
_NO_TOPICS_FORGOTTEN = 1  # the count of a compact array is one more than its length

# Answers: zeros are no error, no throttling and no tags.
_HEAD_4 = struct.Struct(">ii4xi")
_HEAD_7 = struct.Struct(">ii6xii")
_HEAD_12 = struct.Struct(">ii7xiB")
_FOUND_4 = struct.Struct(">iihqqi")
_FOUND_5 = struct.Struct(">iihqqqi")
_FOUND_11 = struct.Struct(">iihqqqii")
_FOUND_12 = struct.Struct(">BihqqqBi")
_TAIL_12 = b"\0\0\0"  # tags of the partition, the topic and the response; or of the last alone
_NO_REPLICA = -1  # to read from instead


_NOTHING = FetchPartition()


class SingleFetch(msgspec.Struct, gc=False):
    """What is asked of one partition; `topic` is its name in ASCII, or its id from version 13 on.

    An empty `topic` names none: the session knows it, and what is asked of it.
    """

    version: int
    correlation_id: int
    max_wait_ms: int
    min_bytes: int
    max_bytes: int
    isolation_level: int
    session_id: int
    session_epoch: int
    topic: bytes = b""
    ask: FetchPartition = msgspec.field(default_factory=lambda: _NOTHING)

    @property
    def names_by_id(self) -> bool:
        """Whether topics are named by their ids (KIP-516)."""
        return self.version >= _FIRST_VERSION_WITH_IDS


class Found(msgspec.Struct, gc=False):
    """What is told of the partition. With `is_committed` no transaction was aborted."""

    records: Buffer
    high_watermark: int
    last_stable_offset: int
    log_start_offset: int
    is_committed: bool


def read(frame: Buffer) -> SingleFetch | None:
    """Read a request with its header, if it is ordinary: a consumer's, of one partition."""
    try:
        key, version, correlation_id, length = _HEADER.unpack_from(frame)
        if key != 1 or length < -1 or not _FIRST_VERSION <= version <= _LAST_VERSION:
            return None
        p = _HEADER.size
        if length > 0:
            p += length
        if not isinstance(frame, bytes) or not frame[_HEADER.size : p].isascii():
            return None  # it is larger than any of one partition, or the general codec knows it
        if version >= _FIRST_FLEXIBLE_VERSION:
            return _read_flexible(frame, p, version, correlation_id)
        return _read_fixed(frame, p, version, correlation_id)
    except (IndexError, struct.error):
        return None


def _read_flexible(frame: bytes, p: int, version: int, correlation_id: int) -> SingleFetch | None:
    has_tags = frame[p]
    if version >= _FIRST_VERSION_WITHOUT_REPLICA:
        replica, *asked = _CONSUMER, *_LIMITS_WITHOUT_REPLICA.unpack_from(frame, p + 1)
        p += 1 + _LIMITS_WITHOUT_REPLICA.size
    else:
        replica, *asked = _LIMITS_AND_SESSION.unpack_from(frame, p + 1)
        p += 1 + _LIMITS_AND_SESSION.size
    topics = frame[p]
    p += 1
    if has_tags or replica != _CONSUMER or not 1 <= topics <= 2:
        return None
    request = SingleFetch(version, correlation_id, *asked)
    if topics == 2:
        end = p + 16
        if version < _FIRST_VERSION_WITH_IDS:
            end = p + frame[p]
            p += 1
        request.topic = topic = frame[p:end]
        request.ask = FetchPartition(*_PARTITION_12.unpack_from(frame, end + 1))
        p = end + 1 + _PARTITION_12.size
        if frame[end] != 2 or frame[p : p + 2] != _NO_TAGS:
            return None
        if version < _FIRST_VERSION_WITH_IDS and not _is_name(topic):
            return None
        p += 2
    length = frame[p + 1]
    end = p + 1 + length
    is_whole = 0 < length <= _LONGEST_NAME and frame[p + 2 : end].isascii() and frame[end:] == b"\0"
    return request if frame[p] == _NO_TOPICS_FORGOTTEN and is_whole else None


def _read_fixed(frame: bytes, p: int, version: int, correlation_id: int) -> SingleFetch | None:
    if version >= _FIRST_VERSION_WITH_SESSIONS:
        replica, *asked = _LIMITS_AND_SESSION.unpack_from(frame, p)
        p += _LIMITS_AND_SESSION.size
    else:
        replica, *asked = *_LIMITS.unpack_from(frame, p), 0, -1
        p += _LIMITS.size
    (topics,) = _COUNT.unpack_from(frame, p)
    p += _COUNT.size
    if replica != _CONSUMER or not 0 <= topics <= 1:
        return None
    request = SingleFetch(version, correlation_id, *asked)
    if topics:
        (length,) = _LENGTH.unpack_from(frame, p)
        end = p + 2 + length
        request.topic = frame[p + 2 : end]
        (partitions,) = _COUNT.unpack_from(frame, end)
        p = end + _COUNT.size
        if length < 0 or partitions != 1 or not _is_name(request.topic):
            return None
        p = _read_partition(request, frame, p)
    return request if _is_end(frame, p, version) else None


def _read_partition(request: SingleFetch, frame: bytes, p: int) -> int:
    layout, epoch, start = _PARTITION_4, _UNSAID, _UNSAID
    if request.version >= _FIRST_VERSION_WITH_LEADER_EPOCH:
        layout = _PARTITION_9
        index, epoch, offset, start, max_bytes = layout.unpack_from(frame, p)
    elif request.version >= _FIRST_VERSION_WITH_START:
        layout = _PARTITION_5
        index, offset, start, max_bytes = layout.unpack_from(frame, p)
    else:
        index, offset, max_bytes = layout.unpack_from(frame, p)
    request.ask = FetchPartition(index, epoch, offset, _UNSAID, start, max_bytes)
    return p + layout.size


def _is_end(frame: bytes, p: int, version: int) -> bool:
    """Whether nothing follows but that no topic is forgotten, and a rack."""
    if version < _FIRST_VERSION_WITH_SESSIONS:
        return p == len(frame)
    (forgotten,) = _COUNT.unpack_from(frame, p)
    p += _COUNT.size
    if version < _FIRST_VERSION_WITH_RACK:
        return not forgotten and p == len(frame)
    (length,) = _LENGTH.unpack_from(frame, p)
    rack = frame[p + 2 :]
    return not forgotten and len(rack) == length and rack.isascii()


def _is_name(topic: bytes) -> bool:
    return 0 < len(topic) <= _LONGEST_NAME and topic.isascii()


def write(request: SingleFetch, session_id: int, found: Found | None) -> list[Buffer]:
    """Encode the response without an error, with its header and size, in pieces.

    With nothing `found` it names no partition, as in a session without news.
    """
    tail = _TAIL_12 if request.version >= _FIRST_FLEXIBLE_VERSION else b""
    if found is None:
        return [_head(request, session_id, 0, len(tail[:1])) + tail[:1]]
    records = found.records
    if request.version >= _FIRST_FLEXIBLE_VERSION:
        body = _flexible_body(request, found)
    else:
        body = _fixed_body(request, found)
    front = _head(request, session_id, 1, len(body) + len(records) + len(tail)) + body
    return [front, records, tail] if tail else [front, records]


def _head(request: SingleFetch, session_id: int, topics: int, following_bytes: int) -> bytes:
    if request.version >= _FIRST_FLEXIBLE_VERSION:
        size = _HEAD_12.size - 4 + following_bytes
        return _HEAD_12.pack(size, request.correlation_id, session_id, topics + 1)
    if request.version >= _FIRST_VERSION_WITH_SESSIONS:
        size = _HEAD_7.size - 4 + following_bytes
        return _HEAD_7.pack(size, request.correlation_id, session_id, topics)
    return _HEAD_4.pack(_HEAD_4.size - 4 + following_bytes, request.correlation_id, topics)


def _flexible_body(request: SingleFetch, found: Found) -> bytes:
    topic = request.topic
    if not request.names_by_id:
        topic = write_unsigned_varint(len(topic) + 1) + topic
    return (
        topic
        + _FOUND_12.pack(
            2,
            request.ask.partition,
            0,
            found.high_watermark,
            found.last_stable_offset,
            found.log_start_offset,
            1 if found.is_committed else 0,
            _NO_REPLICA,
        )
        + write_unsigned_varint(len(found.records) + 1)
    )


def _fixed_body(request: SingleFetch, found: Found) -> bytes:
    version, topic = request.version, request.topic
    values = [1, request.ask.partition, 0, found.high_watermark, found.last_stable_offset]
    layout = _FOUND_4
    if version >= _FIRST_VERSION_WITH_START:
        layout = _FOUND_5
        values.append(found.log_start_offset)
    values.append(0 if found.is_committed else -1)
    if version >= _FIRST_VERSION_WITH_RACK:
        layout = _FOUND_11
        values.append(_NO_REPLICA)
    size = len(found.records)
    return _LENGTH.pack(len(topic)) + topic + layout.pack(*values) + _COUNT.pack(size)
