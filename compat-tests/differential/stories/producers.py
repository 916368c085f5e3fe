"""Producers without transactions."""

from __future__ import annotations

from kafkapy.wire.api import ApiKey
from kafkapy.wire.messages import (
    describe_producers,
    init_producer_id,
)
from stories.telling import Story, batch, created, producing, story


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
