"""The small text files beside the segments, in Kafka's formats.

A checkpoint is a version, a count, and one line per entry; `partition.metadata` names the topic's
id; the mark of a clean shutdown is JSON.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from kafkapy.storage.disk import Disk

RECOVERY_POINT_CHECKPOINT = "recovery-point-offset-checkpoint"
LOG_START_CHECKPOINT = "log-start-offset-checkpoint"
CLEANER_CHECKPOINT = "cleaner-offset-checkpoint"
HIGH_WATERMARK_CHECKPOINT = "replication-offset-checkpoint"
LEADER_EPOCH_CHECKPOINT = "leader-epoch-checkpoint"
PARTITION_METADATA = "partition.metadata"
_ID_BYTES = 16
CLEAN_SHUTDOWN = ".kafka_cleanshutdown"
CLEAN_SHUTDOWN_CONTENT = b'{"version":0,"brokerEpoch":-1}'


class EpochStart(NamedTuple):
    """A leader epoch and the offset of its first record."""

    leader_epoch: int
    start_offset: int


def format_checkpoint(lines: Iterable[str]) -> bytes:
    """Encode a checkpoint file."""
    entries = list(lines)
    return "".join(f"{line}\n" for line in ("0", str(len(entries)), *entries)).encode()


def parse_checkpoint(content: bytes) -> list[list[str]]:
    """Split the lines of a checkpoint into words. Raises ValueError if it is damaged."""
    lines = content.decode().splitlines()
    if lines[:1] != ["0"] or len(lines) < 2 or len(lines) != int(lines[1]) + 2:
        raise ValueError("a damaged checkpoint file")
    return [line.split() for line in lines[2:]]


def read_offsets(disk: Disk, name: str) -> dict[tuple[str, int], int]:
    """Read offsets by topic and partition; a missing or damaged file holds none."""
    try:
        entries = parse_checkpoint(disk.read(name))
        return {(topic, int(partition)): int(offset) for topic, partition, offset in entries}
    except (FileNotFoundError, ValueError):
        return {}


def format_offsets(offsets: Mapping[tuple[str, int], int]) -> bytes:
    """Encode offsets by topic and partition."""
    return format_checkpoint(f"{topic} {number} {at}" for (topic, number), at in offsets.items())


def read_epochs(disk: Disk, directory: str) -> list[EpochStart]:
    """Read the leader epochs of a log; a missing or damaged file holds none."""
    try:
        entries = parse_checkpoint(disk.read(f"{directory}/{LEADER_EPOCH_CHECKPOINT}"))
        return [EpochStart(int(epoch), int(offset)) for epoch, offset in entries]
    except (FileNotFoundError, ValueError):
        return []


def write_epochs(disk: Disk, directory: str, epochs: Iterable[EpochStart]) -> None:
    """Replace the leader epochs of a log."""
    content = format_checkpoint(f"{epoch} {offset}" for epoch, offset in epochs)
    disk.replace(f"{directory}/{LEADER_EPOCH_CHECKPOINT}", content)


def write_topic_id(disk: Disk, directory: str, topic_id: bytes) -> None:
    """Write a topic's id as Kafka does."""
    encoded = base64.urlsafe_b64encode(topic_id).rstrip(b"=")
    disk.replace(f"{directory}/{PARTITION_METADATA}", b"version: 0\ntopic_id: " + encoded)


def read_topic_id(disk: Disk, directory: str) -> bytes | None:
    """Read a topic's id; None where the file is missing or damaged."""
    try:
        words = disk.read(f"{directory}/{PARTITION_METADATA}").split()
        topic_id = base64.urlsafe_b64decode(words[3] + b"==")
    except (FileNotFoundError, IndexError, ValueError):
        return None
    is_whole = words[:3] == [b"version:", b"0", b"topic_id:"] and len(topic_id) == _ID_BYTES
    return topic_id if is_whole else None
