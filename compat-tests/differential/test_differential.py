"""The same requests at every version, to Kafka and to ours: the answers are the same.

A story is a generator of requests that is given the answer to each. The requests of the APIs that
it is about go out at the version under test, all others at the newest. Both brokers hear the same
names; what they say is compared field by field, apart from ids, times and texts.
"""

from __future__ import annotations

import re
import struct
import time
import uuid
from collections.abc import Callable, Generator, Iterator

import pytest
from harness import process
from harness.probe import Probe, comparable, differences

from kafkapy.wire import api
from kafkapy.wire.api import ApiKey
from kafkapy.wire.compile import EncodingError
from kafkapy.wire.messages import (
    alter_configs,
    create_partitions,
    create_topics,
    delete_groups,
    delete_records,
    delete_topics,
    describe_cluster,
    describe_configs,
    describe_groups,
    describe_log_dirs,
    describe_producers,
    describe_topic_partitions,
    fetch,
    find_coordinator,
    heartbeat,
    incremental_alter_configs,
    init_producer_id,
    join_group,
    leave_group,
    list_config_resources,
    list_groups,
    list_offsets,
    metadata,
    offset_commit,
    offset_delete,
    offset_fetch,
    offset_for_leader_epoch,
    produce,
    sync_group,
)
from kafkapy.wire.records.record import Record, build_batch
from kafkapy.wire.schema import Request, Response

Story = Generator[Request, Response, None]
STORIES: dict[ApiKey, list[Callable[[str], Story]]] = {}

# Kafka tells its brokers of these by its metadata log, a moment after the answer.
SPREADS = {
    ApiKey.CREATE_TOPICS, ApiKey.DELETE_TOPICS, ApiKey.CREATE_PARTITIONS, ApiKey.ALTER_CONFIGS,
    ApiKey.INCREMENTAL_ALTER_CONFIGS,
}  # fmt: skip

# API or any, what differs, and why ours is meant to be another.
MEANT: list[tuple[ApiKey | None, str, str]] = [
    (None, r"error_message: Kafka (None|''), ours '<", "ours says why in words"),
    (
        None,
        r"min\.insync\.replicas\.(config_source|synonyms)",
        "Kafka sets it for the cluster when it formats its disk; here it is a default",
    ),
    (
        ApiKey.METADATA,
        r"error_code: Kafka 3, ours 0|partitions: Kafka has 0 entries, ours 1",
        "a topic that comes into being by the question is there in the first answer",
    ),
    (
        ApiKey.INCREMENTAL_ALTER_CONFIGS,
        r"error_code: Kafka -1, ours 42",
        "a null value to set is a bad request, not an unexpected error",
    ),
]


def story(*keys: ApiKey) -> Callable[[Callable[[str], Story]], Callable[[str], Story]]:
    def add(tell: Callable[[str], Story]) -> Callable[[str], Story]:
        for key in keys:
            STORIES.setdefault(key, []).append(tell)
        return tell

    return add


def newest(probe: Probe, key: int) -> int:
    return min(probe.versions[key][1], api.API[key].versions.last)


def tell(
    probe: Probe, about: ApiKey, version: int, requests: Story, spreading_s: float
) -> Iterator[tuple]:
    """Play a story to one broker; gives the requests that count, with what was answered."""
    answer: Response | None = None
    try:
        while True:
            request = requests.send(answer)
            counts = request.__api_key__ == about
            at = version if counts else newest(probe, request.__api_key__)
            try:
                answer = probe.ask_until_ready(request, at)
            except EncodingError:  # this version cannot ask that
                answer = None
                continue
            except OSError:
                yield request, {"connection": "closed"}
                return
            if request.__api_key__ in SPREADS:
                time.sleep(spreading_s)
                await_topics(probe, request, answer)
            if counts:
                yield request, comparable(answer)
    except StopIteration:
        return


def await_topics(probe: Probe, request: Request, answer: Response) -> None:
    """Wait until a topic that was created is known where it is used."""
    if request.__api_key__ != ApiKey.CREATE_TOPICS or request.validate_only:
        return
    topics = [
        metadata.MetadataRequestTopic(bytes(16), topic.name)
        for topic in answer.topics
        if not topic.error_code
    ]
    question = metadata.MetadataRequest(topics, False)
    at = newest(probe, ApiKey.METADATA)
    process.eventually(
        lambda: not any(topic.error_code for topic in probe.ask(question, at).topics),
        "the topic is known",
    )


def batch(*times_ms: int, key: bytes | None = None, **options: int) -> bytes:
    return build_batch(
        [Record(timestamp_ms=t, key=key, value=b"v%d" % t) for t in times_ms], **options
    )


def new_topic(name: str, partitions: int = 1, **configs: str) -> create_topics.CreateTopicsRequest:
    settings = [
        create_topics.CreatableTopicConfig(key.replace("_", "."), value)
        for key, value in configs.items()
    ]
    topic = create_topics.CreatableTopic(name, partitions, 1, [], settings)
    return create_topics.CreateTopicsRequest([topic])


def created(name: str, partitions: int = 1, **configs: str) -> Generator[Request, Response, bytes]:
    """Create a topic and give its id."""
    answer = yield new_topic(name, partitions, **configs)
    return answer.topics[0].topic_id


def producing(
    name: str, topic_id: bytes, records: bytes | None, partition: int = 0, acks: int = -1
) -> produce.ProduceRequest:
    data = [produce.PartitionProduceData(partition, records)]
    return produce.ProduceRequest(
        None, acks, 10_000, [produce.TopicProduceData(name, topic_id, data)]
    )


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


def fetching(name: str, topic_id: bytes, offset: int, **options: int) -> fetch.FetchRequest:
    limits = {
        "max_wait_ms": 0,
        "min_bytes": 0,
        "max_bytes": 1 << 20,
        "partition_max_bytes": 1 << 20,
    }
    limits |= {"partition": 0, "isolation_level": 0, "current_leader_epoch": -1, **options}
    part = fetch.FetchPartition(
        partition=limits["partition"],
        current_leader_epoch=limits["current_leader_epoch"],
        fetch_offset=offset,
        partition_max_bytes=limits["partition_max_bytes"],
    )
    return fetch.FetchRequest(
        max_wait_ms=limits["max_wait_ms"],
        min_bytes=limits["min_bytes"],
        max_bytes=limits["max_bytes"],
        isolation_level=limits["isolation_level"],
        topics=[fetch.FetchTopic(name, topic_id, [part])],
    )


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


@story(ApiKey.METADATA)
def metadata_by_name_and_by_id(name: str) -> Story:
    """A topic that comes into being by the question is absent in Kafka's first answer only."""
    topic_id = yield from created(name, 3)

    def asking(name: str | None, topic_id: bytes = bytes(16), create: bool = False) -> Request:
        topics = [metadata.MetadataRequestTopic(topic_id, name)]
        return metadata.MetadataRequest(topics, create, False, False)

    yield asking(name)
    yield asking(f"{name}-absent")
    yield asking("not a name")
    yield metadata.MetadataRequest(
        [metadata.MetadataRequestTopic(bytes(16), name)], False, True, True
    )
    if topic_id:  # the versions that take ids read the name as absent
        yield describe_topic_partitions.DescribeTopicPartitionsRequest(
            [describe_topic_partitions.TopicRequest(name)]
        )


@story(ApiKey.DESCRIBE_TOPIC_PARTITIONS)
def topics_page_by_page(name: str) -> Story:
    yield from created(name, 3)
    one = [describe_topic_partitions.TopicRequest(name)]
    yield describe_topic_partitions.DescribeTopicPartitionsRequest(one)
    answer = yield describe_topic_partitions.DescribeTopicPartitionsRequest(one, 2)
    cursor = answer.next_cursor
    again = describe_topic_partitions.Cursor(cursor.topic_name, cursor.partition_index)
    yield describe_topic_partitions.DescribeTopicPartitionsRequest(one, 2, again)
    absent = [describe_topic_partitions.TopicRequest(f"{name}-absent")]
    yield describe_topic_partitions.DescribeTopicPartitionsRequest(absent)


@story(ApiKey.CREATE_TOPICS, ApiKey.DELETE_TOPICS)
def topics_come_and_go(name: str) -> Story:
    answer = yield new_topic(name, 2, retention_ms="60000")
    topic_id = answer.topics[0].topic_id
    yield new_topic(name, 2)
    yield new_topic("not a name")
    yield new_topic("..")
    yield new_topic("x" * 250)
    yield new_topic(f"{name}-none", 0)
    yield new_topic(f"{name}-bad", cleanup_policy="burn")
    yield new_topic(f"{name}-key", no_such_key="1")
    yield new_topic(f"{name}-low", retention_ms="-7")
    three = new_topic(f"{name}-three")
    three.topics[0].replication_factor = 3
    yield three
    validated = new_topic(f"{name}-validated")
    validated.validate_only = True
    yield validated
    placed = new_topic(f"{name}-placed", -1)
    placed.topics[0].replication_factor = -1
    placed.topics[0].assignments = [create_topics.CreatableReplicaAssignment(0, [1])]
    yield placed
    placed.topics[0].name = f"{name}-elsewhere"
    placed.topics[0].assignments = [create_topics.CreatableReplicaAssignment(0, [77])]
    yield placed
    twice = new_topic(f"{name}-twice")
    twice.topics *= 2
    yield twice

    def deleting(*names: str) -> Request:
        states = [delete_topics.DeleteTopicState(name) for name in names]
        return delete_topics.DeleteTopicsRequest(states, list(names), 10_000)

    yield deleting(name, f"{name}-absent")
    yield deleting(name)
    yield deleting("not a name")
    states = [delete_topics.DeleteTopicState(None, topic_id)]
    yield delete_topics.DeleteTopicsRequest(states, [f"{name}-absent"], 10_000)


@story(ApiKey.CREATE_PARTITIONS)
def partitions_are_added(name: str) -> Story:
    yield from created(name, 2)

    def growing(name: str, count: int, *brokers: list[int], validate: bool = False) -> Request:
        assignments = [create_partitions.CreatePartitionsAssignment(b) for b in brokers] or None
        topics = [create_partitions.CreatePartitionsTopic(name, count, assignments)]
        return create_partitions.CreatePartitionsRequest(topics, 10_000, validate)

    yield growing(name, 4, validate=True)
    yield growing(name, 3)
    yield growing(name, 3)
    yield growing(name, 1)
    yield growing(name, 5, [1], [1])
    yield growing(name, 7, [1])
    yield growing(name, 6, [77])
    yield growing(f"{name}-absent", 3)


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


TOPIC, BROKER = 2, 4


@story(ApiKey.DESCRIBE_CONFIGS, ApiKey.ALTER_CONFIGS, ApiKey.INCREMENTAL_ALTER_CONFIGS)
def configs_are_changed(name: str) -> Story:
    yield from created(name, segment_ms="5000")

    def describing(name: str, keys: list[str] | None = None, kind: int = TOPIC) -> Request:
        resource = describe_configs.DescribeConfigsResource(kind, name, keys)
        return describe_configs.DescribeConfigsRequest([resource], True, True)

    def replacing(name: str, validate: bool = False, **values: str | None) -> Request:
        configs = [
            alter_configs.AlterableConfig(key.replace("_", "."), v) for key, v in values.items()
        ]
        resource = alter_configs.AlterConfigsResource(TOPIC, name, configs)
        return alter_configs.AlterConfigsRequest([resource], validate)

    def changing(name: str, operation: int, **values: str | None) -> Request:
        kind = incremental_alter_configs.AlterableConfig
        configs = [kind(key.replace("_", "."), operation, v) for key, v in values.items()]
        resource = incremental_alter_configs.AlterConfigsResource(TOPIC, name, configs)
        return incremental_alter_configs.IncrementalAlterConfigsRequest([resource], False)

    yield describing(name)
    yield describing(name, ["retention.ms", "no.such.key"])
    yield describing(name, [])
    yield describing(f"{name}-absent")
    yield describing("no broker", kind=BROKER)
    yield describing("1", ["message.max.bytes", "log.retention.hours"], kind=BROKER)
    yield changing(name, 0, retention_ms="1000", cleanup_policy="delete")
    yield changing(name, 2, cleanup_policy="compact")
    yield describing(name, ["retention.ms", "cleanup.policy", "segment.ms"])
    yield changing(name, 3, cleanup_policy="delete")
    yield changing(name, 1, retention_ms=None)
    yield changing(name, 2, retention_ms="5")
    yield changing(name, 0, retention_ms="soon")
    yield changing(name, 0, retention_ms=None)
    yield changing(name, 9, retention_ms="1")
    yield changing(name, 0, no_such_key="1")
    yield changing(f"{name}-absent", 0, retention_ms="1")
    yield describing(name, ["retention.ms", "cleanup.policy", "segment.ms"])
    yield replacing(name, retention_ms="2000")
    yield replacing(name, validate=True, retention_ms="3000")
    yield replacing(name, retention_ms="soon")
    yield replacing(name, no_such_key="1")
    yield replacing(f"{name}-absent", retention_ms="1")
    yield describing(name, ["retention.ms", "cleanup.policy", "segment.ms"])


@story(ApiKey.LIST_CONFIG_RESOURCES)
def groups_with_configs(name: str) -> Story:
    yield list_config_resources.ListConfigResourcesRequest([16])
    yield list_config_resources.ListConfigResourcesRequest([99])


@story(ApiKey.DESCRIBE_LOG_DIRS)
def the_size_of_a_topic(name: str) -> Story:
    topic_id = yield from created(name)
    yield producing(name, topic_id, batch(1000, 2000))
    topics = [describe_log_dirs.DescribableLogDirTopic(name, [0, 5])]
    yield describe_log_dirs.DescribeLogDirsRequest(topics)


@story(ApiKey.DESCRIBE_CLUSTER)
def the_cluster(name: str) -> Story:
    for kind in (1, 2):
        for operations in (False, True):
            yield describe_cluster.DescribeClusterRequest(operations, kind)


@story(ApiKey.DESCRIBE_PRODUCERS)
def the_producers_of_a_partition(name: str) -> Story:
    topic_id = yield from created(name)
    numbered = {"producer_id": 4242, "producer_epoch": 3, "base_sequence": 0}
    yield producing(name, topic_id, batch(1, 2, **numbered))
    topics = [describe_producers.TopicRequest(name, [0, 4])]
    yield describe_producers.DescribeProducersRequest(topics)


@story(ApiKey.INIT_PRODUCER_ID)
def an_idempotent_producer(name: str) -> Story:
    answer = yield init_producer_id.InitProducerIdRequest(None, 60_000)
    known = answer.producer_id, answer.producer_epoch
    yield init_producer_id.InitProducerIdRequest(None, 60_000, *known)


@story(ApiKey.FIND_COORDINATOR)
def the_coordinator_of_a_group(name: str) -> Story:
    yield find_coordinator.FindCoordinatorRequest(f"{name}-group", 0, [f"{name}-a", f"{name}-b"])
    yield find_coordinator.FindCoordinatorRequest(f"{name}-group", 9, [f"{name}-a"])


@story(
    ApiKey.JOIN_GROUP, ApiKey.SYNC_GROUP, ApiKey.HEARTBEAT, ApiKey.LEAVE_GROUP,
    ApiKey.DESCRIBE_GROUPS, ApiKey.LIST_GROUPS, ApiKey.DELETE_GROUPS, ApiKey.OFFSET_COMMIT,
    ApiKey.OFFSET_FETCH, ApiKey.OFFSET_DELETE,
)  # fmt: skip
def a_group_lives_and_dies(name: str) -> Story:
    group = f"{name}-group"
    topic_id = yield from created(name, 2)
    # Version 0 of what a consumer sends: one topic and no user data. Kafka looks into it.
    subscription = struct.pack(f">hih{len(name)}si", 0, 1, len(name), name.encode(), -1)

    def joining(member: str, protocol: str = "range", session_ms: int = 10_000) -> Request:
        protocols = [join_group.JoinGroupRequestProtocol(protocol, subscription)]
        return join_group.JoinGroupRequest(
            group, session_ms, 10_000, member, None, "consumer", protocols
        )

    def synchronizing(generation: int, member: str) -> Request:
        shares = [sync_group.SyncGroupRequestAssignment(member, b"share")]
        return sync_group.SyncGroupRequest(
            group, generation, member, None, "consumer", "range", shares
        )

    def committing(generation: int, member: str, partition: int = 0, note: str = "") -> Request:
        part = offset_commit.OffsetCommitRequestPartition(partition, 7, 0, -1, note)
        topics = [offset_commit.OffsetCommitRequestTopic(name, topic_id, [part])]
        return offset_commit.OffsetCommitRequest(group, generation, member, None, -1, topics)

    def asking(partitions: list[int] | None, group: str = group) -> Request:
        if partitions is None:
            old = new = None
        else:
            old = [offset_fetch.OffsetFetchRequestTopic(name, partitions)]
            new = [offset_fetch.OffsetFetchRequestTopics(name, topic_id, partitions)]
        groups = [offset_fetch.OffsetFetchRequestGroup(group, None, -1, new)]
        return offset_fetch.OffsetFetchRequest(group, old, groups, False)

    def leaving(member: str) -> Request:
        members = [leave_group.MemberIdentity(member)]
        return leave_group.LeaveGroupRequest(group, member, members)

    yield find_coordinator.FindCoordinatorRequest(group, 0, [group])
    yield describe_groups.DescribeGroupsRequest([group], False)
    yield heartbeat.HeartbeatRequest(group, 1, "nobody")
    yield synchronizing(1, "nobody")
    yield asking([0])
    yield joining("nobody")
    yield joining("", session_ms=1)
    answer = yield joining("")
    if answer.error_code:
        answer = yield joining(answer.member_id)
    member, generation = answer.member_id, answer.generation_id
    yield heartbeat.HeartbeatRequest(group, generation, member)
    yield describe_groups.DescribeGroupsRequest([group], False)
    yield synchronizing(generation + 1, member)
    yield synchronizing(generation, member)
    yield synchronizing(generation, member)
    yield joining("", protocol="other")
    yield heartbeat.HeartbeatRequest(group, generation, member)
    yield heartbeat.HeartbeatRequest(group, generation + 1, member)
    yield heartbeat.HeartbeatRequest("", 0, member)
    yield describe_groups.DescribeGroupsRequest([group], True)
    yield list_groups.ListGroupsRequest(["stable"], ["classic"])
    yield committing(generation, member, note="note")
    yield committing(generation, member, note="x" * 5000)
    yield committing(generation, member, partition=5)
    yield committing(generation + 1, member)
    yield committing(-1, "")
    yield asking([0, 1])
    yield asking(None)
    yield offset_delete.OffsetDeleteRequest(
        group,
        [
            offset_delete.OffsetDeleteRequestTopic(
                name, [offset_delete.OffsetDeleteRequestPartition(1)]
            )
        ],
    )
    yield delete_groups.DeleteGroupsRequest([group, f"{group}-absent"])
    yield leaving("nobody")
    yield leaving(member)
    yield leaving(member)
    yield describe_groups.DescribeGroupsRequest([group], False)
    yield list_groups.ListGroupsRequest(["Empty"], [])
    yield committing(-1, "")
    yield offset_delete.OffsetDeleteRequest(
        group,
        [
            offset_delete.OffsetDeleteRequestTopic(
                name, [offset_delete.OffsetDeleteRequestPartition(0)]
            )
        ],
    )
    yield asking([0])
    yield delete_groups.DeleteGroupsRequest([group])
    yield delete_groups.DeleteGroupsRequest([group])
    yield describe_groups.DescribeGroupsRequest([group], False)


# Kafka lists Produce from 0, for clients that look there, but answers it from 3.
FIRST = {ApiKey.PRODUCE: 3}


def versions_of(key: ApiKey) -> range:
    advertised = api.API[key].advertised
    return range(FIRST.get(key, advertised.first), advertised.last + 1)


# Versions at which more changes than names of fields; the lowest, the highest and the first
# flexible one of an API are compared too.
TURNING_POINTS = {
    ApiKey.PRODUCE: (8,),  # says which records are to blame
    ApiKey.FETCH: (5, 7, 9, 13),  # log start, sessions, leader epochs, topic ids
    ApiKey.LIST_OFFSETS: (4, 7, 8, 9),  # leader epochs, then further names of offsets
    ApiKey.METADATA: (4, 7, 8, 10),  # leave to create, epochs, operations, topic ids
    ApiKey.CREATE_TOPICS: (4,),  # counts may be left to the broker
    ApiKey.DESCRIBE_CONFIGS: (3,),  # types and documentation
    ApiKey.DESCRIBE_LOG_DIRS: (4,),  # sizes of the disk
    ApiKey.INIT_PRODUCER_ID: (3,),  # ids are kept with a new epoch
    ApiKey.FIND_COORDINATOR: (1, 4),  # kinds of keys, many keys
    ApiKey.JOIN_GROUP: (4, 5),  # a member id first, static members
    ApiKey.LEAVE_GROUP: (3,),  # many members
    ApiKey.LIST_GROUPS: (4,),  # by state
    ApiKey.OFFSET_COMMIT: (7,),  # static members
    ApiKey.OFFSET_FETCH: (2, 7, 8, 9),  # all topics, stable offsets, many groups, members
}


def telling_versions_of(key: ApiKey) -> list[int]:
    every = versions_of(key)
    chosen = {every[0], every[-1], api.API[key].flexible.first, *TURNING_POINTS.get(key, ())}
    return [version for version in every if version in chosen]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "tell_it" in metafunc.fixturenames:
        every = metafunc.config.getoption("--all-versions")
        cases = [
            pytest.param(key, version, tell, id=f"{key.name.lower()}-v{version}-{tell.__name__}")
            for key, tellers in STORIES.items()
            for version in (versions_of(key) if every else telling_versions_of(key))
            for tell in tellers
        ]
        metafunc.parametrize(("key", "version", "tell_it"), cases)


def test_answers_are_the_same(
    key: ApiKey,
    version: int,
    tell_it: Callable[[str], Story],
    probes: tuple[Probe, Probe],
    meant: dict[str, str],
) -> None:
    for probe in probes:
        first, last = probe.versions.get(key, (0, -1))
        if not first <= version <= last:
            pytest.skip(f"{key.name} {version} is not served by both")
    name = f"diff-{uuid.uuid4().hex[:10]}"
    told = [
        list(tell(probe, key, version, tell_it(name), spreading_s))
        for probe, spreading_s in zip(probes, (0.1, 0.0), strict=True)
    ]
    found = []
    for number, ((request, kafka), (_, ours)) in enumerate(zip(*told, strict=False), 1):
        for answer in (kafka, ours):
            keep_own_groups(answer, name)
        for difference in differences(kafka, ours):
            if reason := reason_for(key, difference):
                where = re.sub(r"diff-\w+|\d+", "…", difference.partition(":")[0])
                meant[f"{key.name} {where}"] = reason
            else:
                found.append(f"{number} {type(request).__name__}{difference}")
    assert not found, "\n" + "\n".join(found)


def keep_own_groups(answer: dict, name: str) -> None:
    """Another group of a shared broker is none of this story."""
    if answer.get("groups") and "group_type" in answer["groups"][0]:
        answer["groups"] = [g for g in answer["groups"] if g["group_id"].startswith(name)]


def reason_for(key: ApiKey, difference: str) -> str | None:
    for api_key, where, reason in MEANT:
        if api_key in (None, key) and re.search(where, difference):
            return reason
    return None
