"""Records that are written, read, found and deleted."""

from __future__ import annotations

from kafkapy.wire.api import ApiKey
from kafkapy.wire.messages import (
    delete_records,
    list_offsets,
    offset_for_leader_epoch,
)
from kafkapy.wire.schema import Request
from stories.telling import Story, batch, created, fetching, producing, story


@story(ApiKey.PRODUCE)
def produce_and_be_refused(name: str) -> Story:
    topic_id = yield from created(name, 2, max_message_bytes="500")
    yield producing(name, topic_id, batch(1000, 2000))
    yield producing(name, topic_id, batch(3000), acks=1)
    yield producing(name, topic_id, batch(4000), partition=5)
    yield producing(f"{name}-absent", bytes(15) + b"\7", batch(4000))
    yield producing(name, topic_id, batch(*range(1000, 1090)))
    yield producing(name, topic_id, batch(1000)[:-1] + b"?")
    yield producing(name, topic_id, batch(1000), acks=5)
    numbered = {"producer_id": 4242, "producer_epoch": 0}
    yield producing(name, topic_id, batch(1, base_sequence=0, **numbered), partition=1)
    yield producing(name, topic_id, batch(1, base_sequence=0, **numbered), partition=1)
    yield producing(name, topic_id, batch(1, base_sequence=9, **numbered), partition=1)


@story(ApiKey.PRODUCE)
def produce_to_a_compacted_and_to_a_stamping_topic(name: str) -> Story:
    topic_id = yield from created(name, cleanup_policy="compact")
    yield producing(name, topic_id, batch(1000, 2000))
    yield producing(name, topic_id, batch(1000, key=b"k"))
    stamping = f"{name}-stamping"
    topic_id = yield from created(stamping, message_timestamp_type="LogAppendTime")
    yield producing(stamping, topic_id, batch(1000))


@story(ApiKey.FETCH)
def fetch_here_and_there(name: str) -> Story:
    topic_id = yield from created(name)
    yield fetching(name, topic_id, 0)
    for records in (batch(1000, 2000, 3000), batch(4000), batch(5000, 6000)):
        yield producing(name, topic_id, records)
    for offset in (0, 1, 3, 5, 6, 7, -5):
        yield fetching(name, topic_id, offset)
    yield fetching(name, topic_id, 0, partition_max_bytes=1)
    yield fetching(name, topic_id, 0, max_bytes=1)
    yield fetching(name, topic_id, 4, isolation_level=1)
    yield fetching(name, topic_id, 0, partition=3)
    yield fetching(name, topic_id, 0, current_leader_epoch=9)
    yield fetching(f"{name}-absent", bytes(15) + b"\7", 0)


@story(ApiKey.FETCH)
def fetch_what_is_compressed(name: str) -> Story:
    """Clients that read zstd ask with versions before 10, which brought it."""
    topic_id = yield from created(name)
    for offset, codec in enumerate((1, 2, 3, 4)):
        yield producing(name, topic_id, batch(1000, compression=codec))
        yield fetching(name, topic_id, offset)


@story(ApiKey.FETCH)
def fetch_in_a_session(name: str) -> Story:
    topic_id = yield from created(name)
    yield producing(name, topic_id, batch(1000))
    first = fetching(name, topic_id, 0)
    first.session_epoch = 0
    answer = yield first
    following = fetching(name, topic_id, 1)
    following.session_id, following.session_epoch = answer.session_id, 1
    yield following
    following.session_epoch, following.topics = 2, []
    yield following
    following.session_epoch = 7
    yield following
    following.session_id = 12345
    yield following


@story(ApiKey.LIST_OFFSETS)
def list_offsets_by_time_and_by_name(name: str) -> Story:
    topic_id = yield from created(name)

    def listing(timestamp: int, partition: int = 0, epoch: int = -1, level: int = 0) -> Request:
        part = list_offsets.ListOffsetsPartition(partition, epoch, timestamp)
        topics = [list_offsets.ListOffsetsTopic(name, [part])]
        return list_offsets.ListOffsetsRequest(-1, level, topics)

    for timestamp in (-1, -2, -3, 1000):
        yield listing(timestamp)
    yield producing(name, topic_id, batch(3000, 9000, 6000))
    yield producing(name, topic_id, batch(7000))
    for timestamp in (-1, -2, -3, -4, -5, -6, -7, 0, 3000, 3001, 6500, 9000, 9001):
        yield listing(timestamp)
    yield listing(-1, level=1)
    yield listing(-1, partition=4)
    yield listing(-1, epoch=0)
    yield listing(-1, epoch=3)


@story(ApiKey.DELETE_RECORDS)
def records_are_deleted(name: str) -> Story:
    topic_id = yield from created(name)
    yield producing(name, topic_id, batch(1000, 2000, 3000))
    for partition, offset in ((0, 1), (0, 0), (0, 99), (0, -1), (0, -2), (4, 0)):
        part = delete_records.DeleteRecordsPartition(partition, offset)
        topics = [delete_records.DeleteRecordsTopic(name, [part])]
        yield delete_records.DeleteRecordsRequest(topics, 10_000)


@story(ApiKey.OFFSET_FOR_LEADER_EPOCH)
def the_end_of_an_epoch(name: str) -> Story:
    topic_id = yield from created(name)
    yield producing(name, topic_id, batch(1000, 2000))
    for partition, current, epoch in ((0, -1, 0), (0, 0, 0), (0, -1, 5), (0, 7, 0), (4, -1, 0)):
        part = offset_for_leader_epoch.OffsetForLeaderPartition(partition, current, epoch)
        topics = [offset_for_leader_epoch.OffsetForLeaderTopic(name, [part])]
        yield offset_for_leader_epoch.OffsetForLeaderEpochRequest(-1, topics)
