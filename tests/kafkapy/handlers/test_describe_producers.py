"""DescribeProducers over the wire."""

from __future__ import annotations

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.describe_producers import DescribeProducersRequest, TopicRequest
from kafkapy.wire.messages.init_producer_id import InitProducerIdRequest
from tests.kafkapy.handlers.admin_client import AdminClient, admin_client


def ask(client: AdminClient, topic: str, *indexes: int) -> list[tuple[int, int, int]]:
    request = DescribeProducersRequest(
        topics=[TopicRequest(name=topic, partition_indexes=list(indexes))]
    )
    [result] = client.call(request, 0).topics
    return [
        (each.partition_index, each.error_code, len(each.active_producers))
        for each in result.partitions
    ]


def test_an_idempotent_producer_is_active_where_it_wrote() -> None:
    with admin_client() as client:
        client.create("t", 2)
        init = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=1000)
        producer_id = client.call(init, 4).producer_id
        client.produce("t", 1000, 2000, producer_id=producer_id, producer_epoch=0, base_sequence=0)
        assert ask(client, "t", 0, 1) == [(0, 0, 1), (1, 0, 0)]
        topics = [TopicRequest(name="t", partition_indexes=[0])]
        response = client.call(DescribeProducersRequest(topics=topics), 0)
        [state] = response.topics[0].partitions[0].active_producers
        assert (state.producer_id, state.producer_epoch) == (producer_id, 0)
        assert (state.last_sequence, state.last_timestamp) == (1, 2000)
        assert (state.coordinator_epoch, state.current_txn_start_offset) == (-1, -1)


def test_what_does_not_exist_is_refused() -> None:
    with admin_client() as client:
        client.create("t")
        unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        assert ask(client, "t", 1, -1) == [(1, unknown, 0), (-1, unknown, 0)]
        assert ask(client, "nope", 0) == [(0, unknown, 0)]
        assert ask(client, "a b", 0) == [(0, ErrorCode.INVALID_TOPIC_EXCEPTION, 0)]
