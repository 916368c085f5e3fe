"""Topics, configs, records and groups as an administrator sees them, with kafka-python."""

from __future__ import annotations

import re

import kafka
import pytest
from harness.process import eventually
from kafka import errors
from kafka.admin import ConfigResource

P = kafka.TopicPartition
EARLIEST, LATEST = kafka.OffsetSpec.EARLIEST, kafka.OffsetSpec.LATEST


def config(admin, name: str, *keys: str) -> dict:
    found = admin.describe_configs([ConfigResource("TOPIC", name)], config_filter="all")
    return {key: found["topic"][name][key]["value"] for key in keys}


def becomes(admin, name: str, **values: str) -> None:
    """An altered config is read back soon, not at once, where metadata travels by itself."""
    wanted = {key.replace("_", "."): value for key, value in values.items()}
    eventually(lambda: config(admin, name, *wanted) == wanted, f"configs become {wanted}")


@pytest.mark.scenario("admin topics")
def test_counts_that_are_left_out_take_the_defaults_of_the_broker(admin, unique):
    name = unique("topic")
    answer = admin.create_topics({name: {}})
    (created,) = answer["topics"]
    assert (created["num_partitions"], created["replication_factor"]) == (1, 1)


@pytest.mark.scenario("admin topics", "errors")
def test_a_topic_that_exists_is_not_created_again(admin, topic):
    with pytest.raises(errors.TopicAlreadyExistsError):
        admin.create_topics({topic(): {"num_partitions": 1, "replication_factor": 1}})


@pytest.mark.parametrize(
    ("name", "options", "error"),
    [
        ("no spaces", {}, errors.InvalidTopicError),
        ("..", {}, errors.InvalidTopicError),
        ("x" * 250, {}, errors.InvalidTopicError),
        ("none", {"num_partitions": 0}, errors.InvalidPartitionsError),
        ("many", {"replication_factor": 30}, errors.InvalidReplicationFactorError),
        ("odd", {"configs": {"cleanup.policy": "burn"}}, errors.InvalidConfigurationError),
        ("new", {"configs": {"no.such.key": "1"}}, errors.InvalidConfigurationError),
    ],
)
@pytest.mark.scenario("admin topics", "errors")
def test_a_topic_that_may_not_be_is_refused(admin, name, options, error):
    with pytest.raises(error):
        admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1, **options}})


@pytest.mark.scenario("admin topics")
def test_validation_alone_creates_nothing(admin, unique):
    name = unique("topic")
    admin.create_topics({name: {"num_partitions": 2}}, validate_only=True)
    assert name not in admin.list_topics()


@pytest.mark.scenario("admin topics", "errors")
def test_a_topic_that_is_not_there_cannot_be_deleted(admin, unique):
    with pytest.raises(errors.UnknownTopicOrPartitionError):
        admin.delete_topics([unique("absent")])


@pytest.mark.scenario("admin partitions")
def test_partitions_are_added_and_never_taken(admin, topic):
    name = topic(partitions=2)
    admin.create_partitions({name: 5})
    assert len(admin.describe_topics([name])[0]["partitions"]) == 5
    with pytest.raises(errors.InvalidPartitionsError):
        admin.create_partitions({name: 3})


@pytest.mark.scenario("admin configs")
def test_a_list_grows_and_shrinks(admin, topic):
    name = topic()
    for change, expected in [
        (("APPEND", "compact"), "delete,compact"),
        (("SUBTRACT", "delete"), "compact"),
    ]:
        admin.alter_configs([ConfigResource("TOPIC", name, {"cleanup.policy": change})])
        becomes(admin, name, cleanup_policy=expected)


@pytest.mark.scenario("admin configs")
def test_the_older_way_to_alter_replaces_the_whole_set(admin, topic):
    name = topic(retention_ms="60000")
    change = ConfigResource("TOPIC", name, {"segment.ms": "1000"})
    admin._manager.run(admin._send_alter_configs_requests, [change], False, False)
    becomes(admin, name, retention_ms="604800000", segment_ms="1000")


@pytest.mark.scenario("admin configs", "errors")
def test_a_bad_value_changes_nothing(admin, topic):
    name = topic()
    values = {"segment.ms": "2000", "retention.ms": "soon"}
    with pytest.raises(errors.InvalidConfigurationError):
        raise_first(admin.alter_configs([ConfigResource("TOPIC", name, values)])["topic"])
    assert config(admin, name, "segment.ms") == {"segment.ms": "604800000"}


@pytest.mark.scenario("admin configs")
def test_the_broker_describes_its_own_configs(admin):
    node = admin.describe_cluster()["brokers"][0]
    identity = str(node["broker_id"] if "broker_id" in node else node["node_id"])
    found = admin.describe_configs([ConfigResource("BROKER", identity)], config_filter="all")
    broker = found["broker"][identity]
    for key in ("log.retention.hours", "message.max.bytes", "auto.create.topics.enable"):
        assert key in broker


@pytest.mark.scenario("admin records")
def test_records_are_deleted_up_to_an_offset(admin, topic, producer, consumer, read):
    name = topic()
    client = producer()
    for i in range(10):
        client.send(name, b"%d" % i).get(timeout=30)
    admin.delete_records({P(name, 0): 6})
    reader = consumer(name)
    assert reader.beginning_offsets([P(name, 0)]) == {P(name, 0): 6}
    assert [record.offset for record in read(reader, 4)] == [6, 7, 8, 9]
    with pytest.raises(errors.OffsetOutOfRangeError):
        admin.delete_records({P(name, 0): 1000})


@pytest.mark.scenario("admin offsets")
def test_offsets_are_listed_by_specification(admin, topic, producer):
    name = topic()
    client = producer()
    for stamp in (3000, 9000, 6000):
        client.send(name, b"v", timestamp_ms=stamp).get(timeout=30)
    specs = [(EARLIEST, 0), (LATEST, 3), (kafka.OffsetSpec.MAX_TIMESTAMP, 1)]
    for spec, offset in specs:
        found = admin.list_partition_offsets({P(name, 0): spec})
        assert found[P(name, 0)].offset == offset


@pytest.mark.scenario("admin groups")
def test_a_group_is_listed_described_and_deleted(admin, topic, unique, producer, consumer, read):
    name, group = topic(), unique("group")
    producer().send(name, b"v").get(timeout=30)
    member = consumer(name, group_id=group, client_id="reader")
    read(member, 1)
    member.commit()
    assert group in {entry["group_id"] for entry in admin.list_groups()}
    described = admin.describe_groups([group])[group]
    assert described["group_state"] == "Stable"
    (found,) = described["members"]
    assert found["client_id"] == "reader"
    assert found["client_host"].startswith("/127.0.0.1")
    with pytest.raises(errors.NonEmptyGroupError):
        raise_first(admin.delete_groups([group]))
    member.close()
    assert admin.describe_groups([group])[group]["group_state"] == "Empty"
    raise_first(admin.delete_groups([group]))
    assert group not in {entry["group_id"] for entry in admin.list_groups()}


def raise_first(results: dict) -> None:
    """Some answers of kafka-python hold errors as values, by name or as a class."""
    for result in results.values():
        if isinstance(result, Exception):
            raise result
        if isinstance(result, type) and result is not errors.NoError:
            raise result()
        if isinstance(result, str) and result not in ("OK", "NoError"):
            raise getattr(errors, re.search(r"\w+Error", result)[0])()


@pytest.mark.scenario("admin groups")
def test_offsets_of_a_group_are_listed_altered_and_deleted(admin, topic, unique, producer):
    name, group = topic(partitions=2), unique("group")
    raise_first(admin.alter_group_offsets(group, {P(name, 0): kafka.OffsetAndMetadata(7, "m", -1)}))
    kept = admin.list_group_offsets(group)[group]
    assert {key: (value.offset, value.metadata) for key, value in kept.items()} == {
        P(name, 0): (7, "m")
    }
    raise_first(admin.delete_group_offsets(group, [P(name, 0)]))
    assert admin.list_group_offsets(group)[group] == {}


@pytest.mark.scenario("admin groups")
def test_a_group_that_never_was_is_dead(admin, unique):
    group = unique("group")
    try:
        state = admin.describe_groups([group])[group]["group_state"]
    except errors.GroupIdNotFoundError:
        state = "Dead"
    assert state == "Dead"


@pytest.mark.scenario("admin cluster")
def test_log_directories_name_the_partitions_and_their_sizes(admin, topic, producer):
    name = topic()
    producer().send(name, b"x" * 1000).get(timeout=30)
    text = str(admin.describe_log_dirs())
    assert name in text
