"""How far share groups are in their partitions, as records of `__share_group_state` (KIP-932).

The state of a share-partition (a group, a topic, a partition) is its newest snapshot with the
updates that carry the same snapshot epoch laid over it, in order. Update and snapshot have
different keys, so compaction alone never removes what is still needed.
"""

from __future__ import annotations

from kafkapy.wire.schema import Data, Struct, array, int8, int16, int32, int64, string, uuid


class ShareSnapshotKey(Data, api_key=0, versions="0"):
    """The share-partition of a snapshot."""

    group_id: str = string()
    topic_id: bytes = uuid()
    partition: int = int32()


class StateBatch(Struct):
    """Consecutive records that are in the same state."""

    first_offset: int = int64()
    last_offset: int = int64()  # inclusive
    delivery_state: int = int8()  # 0 available, 2 acknowledged, 4 archived
    delivery_count: int = int16()


class ShareSnapshotValue(Data, api_key=0, versions="0", flexible="0+"):
    """The whole state of a share-partition."""

    snapshot_epoch: int = int32()  # one more with each snapshot
    state_epoch: int = int32()
    leader_epoch: int = int32()
    start_offset: int = int64()
    # records from start_offset on that are done with; -1: unknown (KIP-1226)
    delivery_complete_count: int = int32(default=-1, tag=0)
    create_timestamp: int = int64()  # epoch milliseconds
    write_timestamp: int = int64()  # epoch milliseconds
    state_batches: list[StateBatch] = array(StateBatch)


class ShareUpdateKey(Data, api_key=1, versions="0"):
    """The share-partition of an update."""

    group_id: str = string()
    topic_id: bytes = uuid()
    partition: int = int32()


class ShareUpdateValue(Data, api_key=1, versions="0", flexible="0+"):
    """What changed in a share-partition since its snapshot, or the update before."""

    snapshot_epoch: int = int32()  # of the snapshot that it applies to
    leader_epoch: int = int32()
    start_offset: int = int64()  # -1: unchanged
    delivery_complete_count: int = int32(default=-1, tag=0)  # -1: unknown (KIP-1226)
    state_batches: list[StateBatch] = array(StateBatch)
