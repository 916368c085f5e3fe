"""Splits what a connection receives into frames: a signed 32-bit size, then that many bytes.

No I/O here: the caller feeds what arrived and takes the frames that are whole.
"""

from __future__ import annotations

import itertools
import struct
from collections import deque

from kafkapy.wire.errors import FrameTooLargeError

_PREFIX = struct.Struct(">i")

# A frame up to this size is copied out of its chunk, which is cheaper than a view and lets the
# chunk go; a larger one is a view.
_SMALL_FRAME_BYTES = 4096

# Chunks below this size are gathered in blocks: a peer that sends single bytes must not cost an
# object for each.
_SMALL_CHUNK_BYTES = 1024
_BLOCK_BYTES = 65536


class FrameSplitter:
    """The received bytes of one connection.

    `max_bytes` bounds the size that a frame may announce, without the four bytes of the size
    itself. Memory follows what has arrived, never what was announced. The caller should take
    frames after each `feed`; one that stops taking them should stop feeding too:
    `buffered_bytes` tells how much waits.
    """

    __slots__ = ("_chunks", "_position", "buffered_bytes", "max_bytes")

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.buffered_bytes = 0
        self._chunks: deque[bytes | bytearray] = deque()
        self._position = 0  # in the first chunk

    def feed(self, data: bytes) -> None:
        """Add received bytes. Chunks of some size are kept as they are, not copied."""
        if not data:
            return
        self.buffered_bytes += len(data)
        if len(data) >= _SMALL_CHUNK_BYTES or not self._chunks:
            self._chunks.append(data)
            return
        last = self._chunks[-1]
        if isinstance(last, bytearray) and len(last) < _BLOCK_BYTES:
            last += data
        else:
            self._chunks.append(bytearray(data))

    def only_frame(self, data: bytes) -> bytes | memoryview | None:
        """Give received bytes as the frame that they are, as they mostly are one; else `feed` them.

        What is fed is for `next_frame` to give.
        """
        if not self.buffered_bytes and len(data) >= _PREFIX.size:
            (size,) = _PREFIX.unpack_from(data)
            if size == len(data) - _PREFIX.size and size <= self.max_bytes:
                whole = data if size <= _SMALL_FRAME_BYTES else memoryview(data)
                return whole[_PREFIX.size :]
        self.feed(data)
        return None

    def next_frame(self) -> bytes | memoryview | None:
        """Take the next whole frame without its size; None if there is none yet.

        A large frame is a read-only view. Raises `FrameTooLargeError`, each time, when the size
        announced is negative or above `max_bytes`.
        """
        if self.buffered_bytes < _PREFIX.size:
            return None
        chunk, start = self._chunks[0], self._position + _PREFIX.size
        if start <= len(chunk):
            (size,) = _PREFIX.unpack_from(chunk, self._position)
        else:
            size = self._scattered_size()
        if not 0 <= size <= self.max_bytes:
            raise FrameTooLargeError(f"a frame of {size} bytes; the limit is {self.max_bytes}")
        if self.buffered_bytes < _PREFIX.size + size:
            return None
        end = start + size
        if end > len(chunk):
            self._skip(_PREFIX.size)
            return self._gather(size)
        self._skip(_PREFIX.size + size)
        # There is no view of a block, because what is exported cannot grow.
        if size <= _SMALL_FRAME_BYTES or isinstance(chunk, bytearray):
            return bytes(chunk[start:end])
        return memoryview(chunk)[start:end]

    def _scattered_size(self) -> int:
        """Read the size of the next frame where it lies in several chunks."""
        first = self._chunks[0][self._position :]
        parts = [first, *itertools.islice(self._chunks, 1, _PREFIX.size)]
        size: int = _PREFIX.unpack_from(b"".join(part[: _PREFIX.size] for part in parts))[0]
        return size

    def _skip(self, size: int) -> None:
        """Move on by `size` bytes, which may end several chunks."""
        self.buffered_bytes -= size
        self._position += size
        chunks = self._chunks
        while chunks and self._position >= len(chunks[0]):
            self._position -= len(chunks.popleft())

    def _gather(self, size: int) -> memoryview | bytes:
        """Take bytes that lie in several chunks, letting go of each chunk as it is copied."""
        frame = bytearray()
        while missing := size - len(frame):
            part = memoryview(self._chunks[0])[self._position : self._position + missing]
            frame += part
            self._skip(len(part))
        return bytes(frame) if size <= _SMALL_FRAME_BYTES else memoryview(frame).toreadonly()
