"""Random changes of metadata against a dictionary, with restarts and crashes in between."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kafkapy.errors import ApiError
from kafkapy.metadata.image import TOPIC
from kafkapy.metadata.log import METADATA_LOG
from kafkapy.storage.disk import MemoryDisk
from kafkapy.wire.error_codes import ErrorCode
from tests.kafkapy.metadata.metadata_node import Node

NAMES = st.sampled_from(["a", "b.c", "b_c", "d"])
VALUES = st.none() | st.integers(0, 9).map(str)


class MetadataMachine(RuleBasedStateMachine):
    """Topics as name → (partition count, settings)."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.disk = MemoryDisk()
        self.model: dict[str, tuple[int, dict[str, str]]] = {}
        self.producer_ids: list[int] = []
        self.starts = 0

    def run(self, change: Any) -> ErrorCode:
        try:
            self.loop.run_until_complete(change)
        except ApiError as error:
            return error.code
        return ErrorCode.NONE

    @initialize()
    def start(self) -> None:
        self.starts += 1
        self.node = Node(self.disk, seed=self.starts)
        self.loop.run_until_complete(self.node.start())

    @rule(name=NAMES, count=st.integers(0, 3), retention=VALUES)
    def create(self, name: str, count: int, retention: str | None) -> None:
        configs = {} if retention is None else {"retention.ms": retention}
        code = self.run(self.node.create(name, count, configs))
        if name in self.model:
            assert code == ErrorCode.TOPIC_ALREADY_EXISTS
        elif name.replace(".", "_") in {other.replace(".", "_") for other in self.model}:
            assert code == ErrorCode.INVALID_TOPIC_EXCEPTION
        elif count == 0:
            assert code == ErrorCode.INVALID_PARTITIONS
        else:
            assert code == ErrorCode.NONE
            self.model[name] = (count, configs)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        topic = self.node.image.topic(name)
        assert (topic is None) == (name not in self.model)
        if topic is not None:
            assert self.run(self.node.controller.delete_topic(topic)) == ErrorCode.NONE
            del self.model[name]

    @rule(name=NAMES, count=st.integers(0, 6))
    def grow(self, name: str, count: int) -> None:
        topic = self.node.image.topic(name)
        if topic is None:
            return
        before, configs = self.model[name]
        growth = self.node.controller.create_partitions(topic, count, None, validate_only=False)
        if self.run(growth) == ErrorCode.NONE:
            self.model[name] = (count, configs)
        assert (self.model[name][0] == count) == (count >= before)

    @rule(name=NAMES, key=st.sampled_from(["retention.ms", "segment.ms"]), value=VALUES)
    def configure(self, name: str, key: str, value: str | None) -> None:
        code = self.run(self.node.change(TOPIC, name, key, value))
        if name not in self.model:
            assert code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        elif (key, value) == ("segment.ms", "0"):
            assert code == ErrorCode.INVALID_CONFIG
        else:
            assert code == ErrorCode.NONE
            configs = self.model[name][1]
            if value is None:
                configs.pop(key, None)
            else:
                configs[key] = value

    @rule()
    def take_producer_id(self) -> None:
        given = self.loop.run_until_complete(self.node.controller.next_producer_id())
        assert given not in self.producer_ids
        self.producer_ids.append(given)

    @rule()
    def restart(self) -> None:
        self.loop.run_until_complete(self.node.engine.close())
        self.start()

    @rule()
    def crash(self) -> None:
        self.disk = self.disk.clone()
        self.start()

    @invariant()
    def the_image_is_the_model(self) -> None:
        image = self.node.image
        assert {
            name: (len(topic.partitions), dict(image.overrides(TOPIC, name)))
            for name, topic in image.topics.items()
        } == self.model
        assert set(self.node.engine.logs()) == {METADATA_LOG, *image.logs()}

    def teardown(self) -> None:
        self.loop.close()


TestMetadataMachine = MetadataMachine.TestCase
TestMetadataMachine.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
