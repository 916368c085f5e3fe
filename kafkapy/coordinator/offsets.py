"""Committed offsets: one per group, topic and partition.

Offsets that a transaction commits are pending until its end marker arrives; whoever wants stable
offsets is told to wait for it (KIP-447). An offset belongs to a topic id: a topic that was deleted
and created again does not inherit it.

Source: KIP-211 (expiry), KIP-320 (leader epochs), KIP-447, KIP-496 (OffsetDelete), KIP-848.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kafkapy.coordinator.result import Record
from kafkapy.wire.internal.offsets import OffsetCommitKey, OffsetCommitValue
from kafkapy.wire.schema import ZERO_UUID

NO_PRODUCER = -1


class CommittedOffset(NamedTuple):
    """One committed offset; `log_offset` is where its record is, which orders commits."""

    log_offset: int
    offset: int
    leader_epoch: int
    metadata: str
    commit_timestamp_ms: int
    expire_timestamp_ms: int
    topic_id: bytes

    def is_of(self, topic_id: bytes) -> bool:
        """Whether it may be an offset of the topic with this id; unknown ids match any."""
        return topic_id == self.topic_id or ZERO_UUID in (topic_id, self.topic_id)


ByPartition = dict[int, CommittedOffset]
ByTopic = dict[str, ByPartition]


class _Table:
    """Offsets by group, topic and partition, without empty entries."""

    __slots__ = ("groups",)

    def __init__(self) -> None:
        self.groups: dict[str, ByTopic] = {}

    def get(self, group_id: str, topic: str, partition: int) -> CommittedOffset | None:
        return self.groups.get(group_id, {}).get(topic, {}).get(partition)

    def put(self, group_id: str, topic: str, partition: int, offset: CommittedOffset) -> None:
        self.groups.setdefault(group_id, {}).setdefault(topic, {})[partition] = offset

    def remove(self, group_id: str, topic: str, partition: int) -> None:
        topics = self.groups.get(group_id, {})
        partitions = topics.get(topic, {})
        partitions.pop(partition, None)
        if not partitions:
            topics.pop(topic, None)
        if not topics:
            self.groups.pop(group_id, None)


class Offsets:
    """The offsets of all groups of one shard; they change only in `replay`."""

    __slots__ = ("_committed", "_pending")

    def __init__(self) -> None:
        self._committed = _Table()
        self._pending: dict[int, _Table] = {}

    def get(self, group_id: str, topic: str, partition: int) -> CommittedOffset | None:
        """Find one offset."""
        return self._committed.get(group_id, topic, partition)

    def of_group(self, group_id: str) -> ByTopic:
        """All offsets of a group; not to be changed."""
        return self._committed.groups.get(group_id, {})

    def is_pending(self, group_id: str, topic: str, partition: int) -> bool:
        """Whether an open transaction has committed an offset of this partition."""
        return any(
            table.get(group_id, topic, partition) is not None for table in self._pending.values()
        )

    def has_pending(self, group_id: str) -> bool:
        """Whether an open transaction has committed any offset of the group."""
        return any(group_id in table.groups for table in self._pending.values())

    def partitions(self, group_id: str) -> Iterator[tuple[str, int]]:
        """Every partition of which the group has an offset, pending or not; each once."""
        found = {
            (topic, partition): None
            for table in (self._committed, *self._pending.values())
            for topic, partitions in table.groups.get(group_id, {}).items()
            for partition in partitions
        }
        return iter(found)

    def groups_of_topics(self, topics: frozenset[str]) -> list[str]:
        """The groups with an offset, pending or not, of any of these topics."""
        found = {
            group_id: None
            for table in (self._committed, *self._pending.values())
            for group_id, by_topic in table.groups.items()
            if not topics.isdisjoint(by_topic)
        }
        return list(found)

    def replay(
        self, key: OffsetCommitKey, value: OffsetCommitValue | None, log_offset: int, producer: int
    ) -> None:
        """Apply a record; with a producer id the offset is pending."""
        place = (key.group, key.topic, key.partition)
        if value is None:
            for table in (self._committed, *self._pending.values()):
                table.remove(*place)
            return
        offset = CommittedOffset(
            log_offset,
            value.offset,
            value.leader_epoch,
            value.metadata,
            value.commit_timestamp,
            value.expire_timestamp,
            value.topic_id,
        )
        table = self._committed
        if producer != NO_PRODUCER:
            table = self._pending.setdefault(producer, _Table())
        table.put(*place, offset)

    def replay_end(self, producer: int, is_commit: bool) -> None:
        """Apply the end of a transaction. A later ordinary commit wins over an earlier one."""
        pending = self._pending.pop(producer, None)
        if pending is None or not is_commit:
            return
        for group_id, topics in pending.groups.items():
            for topic, partitions in topics.items():
                for partition, offset in partitions.items():
                    old = self._committed.get(group_id, topic, partition)
                    if old is None or old.log_offset < offset.log_offset:
                        self._committed.put(group_id, topic, partition, offset)


def tombstone(group_id: str, topic: str, partition: int) -> Record:
    """Make the record that deletes an offset."""
    return Record(OffsetCommitKey(group=group_id, topic=topic, partition=partition), None)
