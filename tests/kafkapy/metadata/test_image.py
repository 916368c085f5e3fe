"""The image: records in, topics and settings out."""

from __future__ import annotations

import asyncio
import logging

import pytest

from kafkapy.config.broker import BrokerConfig
from kafkapy.metadata.image import BROKER, GROUP, TOPIC, Image
from kafkapy.storage.disk import MemoryDisk
from kafkapy.wire.internal.metadata import (
    ConfigRecord,
    FeatureLevelRecord,
    NoOpRecord,
    PartitionRecord,
    ProducerIdsRecord,
    RemoveTopicRecord,
    TopicRecord,
)
from kafkapy.wire.schema import Data
from tests.kafkapy.metadata.metadata_node import Node, summary

ID = b"i" * 16


def replayed(*records: Data) -> Image:
    image = Image(BrokerConfig({}))
    for record in records:
        image.replay(record)
    return image


def topic(name: str = "t", topic_id: bytes = ID) -> list[Data]:
    return [
        TopicRecord(name=name, topic_id=topic_id),
        PartitionRecord(partition_id=0, topic_id=topic_id),
    ]


def config(kind: int, name: str, key: str, value: str | None) -> ConfigRecord:
    return ConfigRecord(resource_type=kind, resource_name=name, name=key, value=value)


def test_a_topic_is_found_by_name_and_by_id() -> None:
    image = replayed(*topic())
    assert image.topic("t") is image.topic_by_id(ID) is image.topics["t"]
    assert [log.partition for log in image.logs()] == [0]
    assert image.topics["t"].partition(0) == next(iter(image.logs()))
    assert image.topics["t"].partition(1) is image.topics["t"].partition(-1) is None


def test_a_removed_topic_leaves_nothing_behind() -> None:
    image = replayed(
        config(TOPIC, "t", "retention.ms", "5"), *topic(), RemoveTopicRecord(topic_id=ID)
    )
    assert summary(image) == summary(replayed())
    assert image.topic_by_id(ID) is None


def test_a_setting_reaches_the_topic_before_and_after_its_creation() -> None:
    setting = config(TOPIC, "t", "retention.ms", "5")
    for image in (replayed(setting, *topic()), replayed(*topic(), setting)):
        assert image.topics["t"].config.retention_ms == 5
        image.replay(config(TOPIC, "t", "retention.ms", None))
        assert image.topics["t"].config.retention_ms == 7 * 24 * 3600 * 1000
        assert image.resources(TOPIC) == []


def test_a_broker_setting_reaches_topics_that_do_not_set_it() -> None:
    image = replayed(*topic(), *topic("own", b"o" * 16), config(TOPIC, "own", "retention.ms", "5"))
    image.replay(config(BROKER, "", "log.retention.ms", "9"))
    assert image.topics["t"].config.retention_ms == 9
    assert image.topics["own"].config.retention_ms == 5
    assert image.broker_config["log.retention.ms"] == 9
    image.replay(config(BROKER, "1", "log.retention.ms", "8"))
    assert image.topics["t"].config.retention_ms == 8


def test_a_feature_of_level_0_is_off() -> None:
    image = replayed(FeatureLevelRecord(name="f", feature_level=2))
    assert image.features == {"f": 2}
    image.replay(FeatureLevelRecord(name="f", feature_level=0))
    assert image.features == {}


def test_an_image_can_be_made_again_from_its_snapshot() -> None:
    image = replayed(
        *topic(),
        PartitionRecord(partition_id=1, topic_id=ID),
        *topic("u", b"u" * 16),
        config(TOPIC, "u", "cleanup.policy", "compact"),
        config(GROUP, "g", "consumer.session.timeout.ms", "50000"),
        config(BROKER, "1", "num.io.threads", "9"),
        FeatureLevelRecord(name="f", feature_level=2),
        ProducerIdsRecord(next_producer_id=3000),
    )
    snapshot = list(image.snapshot())
    expected = summary(image)
    assert summary(replayed(*snapshot)) == expected
    for record in snapshot:
        image.replay(record)
    assert summary(image) == expected


def test_an_image_replayed_from_the_log_equals_the_one_that_wrote_it() -> None:
    async def run() -> None:
        disk = MemoryDisk()
        node = await Node(disk).start()
        await node.create("a", 3, {"retention.ms": "5"})
        await node.create("gone")
        await node.controller.delete_topic(node.image.topics["gone"])
        await node.change(BROKER, "", "log.retention.ms", "9")
        await node.controller.next_producer_id()
        await node.engine.close()
        again = await Node(disk).start()
        assert summary(again.image) == summary(node.image)

    asyncio.run(run())


def test_a_record_that_means_nothing_here_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        replayed(NoOpRecord())
    assert "NoOpRecord" in caplog.text
