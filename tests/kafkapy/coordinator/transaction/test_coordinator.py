"""The coordinator over an engine: the second phase, and what stands in its way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from kafkapy.coordinator.groups import OFFSETS_TOPIC
from kafkapy.coordinator.shard_log import Producer
from kafkapy.coordinator.transaction.transaction import State, TopicPartition
from kafkapy.eager import Finished, start
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.add_partitions_to_txn import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
)
from kafkapy.wire.messages.end_txn import EndTxnRequest
from tests.kafkapy.coordinator.transaction.world import TOPIC, ProcessDiedError, World

NAME = "payments"


def play(scenario: Callable[[World], Awaitable[None]]) -> None:
    """Run a scenario in a broker of its own."""

    async def run() -> None:
        world = World()
        await world.start()
        try:
            await scenario(world)
        finally:
            await world.die()

    asyncio.run(run())


async def begun(world: World, *partitions: int) -> tuple[int, int]:
    """Begin a transaction with one record in each partition."""
    answer = await world.init(NAME)
    producer = (answer.producer_id, answer.producer_epoch)
    for partition in partitions:
        assert (await world.produce(NAME, producer, 0, partition, b"v")).error_code == 0
    return producer


def state(world: World) -> State:
    return world.transactions.describe(NAME)[0].state


def stable(world: World, partition: int) -> int:
    return world.engine.bounds(world.topics[TOPIC][partition]).stable


def test_the_records_count_in_the_turn_of_the_loop_after_the_answer() -> None:
    async def scenario(world: World) -> None:
        producer = await begun(world, 0, 1, 2)
        ending = start(world.handle(EndTxnRequest(NAME, *producer, True), 5))
        assert isinstance(ending, Finished)
        assert (ending.value.error_code, state(world)) == (0, State.PREPARE_COMMIT)
        await asyncio.sleep(0)
        assert state(world) is State.COMPLETE_COMMIT
        assert [await world.committed(index) for index in range(3)] == [[b"v"]] * 3

    play(scenario)


def test_what_is_asked_before_that_waits_for_it() -> None:
    async def scenario(world: World) -> None:
        producer = await begun(world, 0)
        ending = start(world.handle(EndTxnRequest(NAME, *producer, True), 5))
        assert isinstance(ending, Finished)
        following = (ending.value.producer_id, ending.value.producer_epoch)
        topics = [AddPartitionsToTxnTopic(TOPIC, [1])]
        request = AddPartitionsToTxnRequest(
            v3_and_below_transactional_id=NAME,
            v3_and_below_producer_id=following[0],
            v3_and_below_producer_epoch=following[1],
            v3_and_below_topics=topics,
        )
        adding = start(world.handle(request, 3))
        assert isinstance(adding, Finished)
        [topic] = adding.value.results_by_topic_v3_and_below
        assert topic.results_by_partition[0].partition_error_code == 0
        assert await world.committed(0) == [b"v"]

    play(scenario)


def test_a_log_that_fails_holds_up_neither_the_answer_nor_the_other_logs() -> None:
    async def scenario(world: World) -> None:
        producer = await begun(world, 0, 1)
        world.engine.broken = frozenset({"t-1"})
        answer = await world.end(NAME, producer, True)
        assert (answer.error_code, state(world)) == (0, State.PREPARE_COMMIT)
        assert world.transactions.describe(NAME)[1] == {TopicPartition(TOPIC, 1)}
        assert (stable(world, 0), stable(world, 1)) == (2, 0)
        following = (answer.producer_id, answer.producer_epoch)
        refused = await world.produce(NAME, following, 0, 0, b"next")
        assert refused.error_code == ErrorCode.CONCURRENT_TRANSACTIONS
        world.engine.broken = frozenset()
        world.clock.time_ms += 1_000
        await world.transactions.run_due()
        assert state(world) is State.COMPLETE_COMMIT
        assert (stable(world, 0), stable(world, 1)) == (2, 2)
        assert (await world.produce(NAME, following, 0, 0, b"next")).error_code == 0

    play(scenario)


def test_a_state_log_that_fails_is_tried_again() -> None:
    async def scenario(world: World) -> None:
        producer = await begun(world, 0)
        logs = frozenset(map(str, world.topics["__transaction_state"]))
        append = world.engine.append

        async def failing(appends):  # type: ignore[no-untyped-def]
            results = await append(appends)
            world.engine.broken = logs  # all that comes after the decision
            return results

        world.engine.append = failing  # type: ignore[method-assign]
        assert (await world.end(NAME, producer, True)).error_code == 0
        assert state(world) is State.PREPARE_COMMIT
        world.engine.append = append  # type: ignore[method-assign]
        world.engine.broken = frozenset()
        world.clock.time_ms += 1_000
        await world.transactions.run_due()
        assert state(world) is State.COMPLETE_COMMIT
        assert await world.committed(0) == [b"v"]

    play(scenario)


def test_what_fails_for_an_unforeseen_reason_is_tried_again() -> None:
    async def scenario(world: World) -> None:
        async def failing(marker: object, partitions: object) -> None:
            raise RuntimeError("a bug")

        producer = await begun(world, 0)
        markers = world.transactions.markers
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(markers, "write", failing)
            assert (await world.end(NAME, producer, True)).error_code == 0
        assert state(world) is State.PREPARE_COMMIT
        world.clock.time_ms += 1_000
        await world.transactions.run_due()
        assert state(world) is State.COMPLETE_COMMIT
        assert await world.committed(0) == [b"v"]

    play(scenario)


def test_a_broker_that_dies_between_the_markers_finishes_at_the_next_start() -> None:
    async def scenario(world: World) -> None:
        for appends in range(1, 6):
            producer = await begun(world, 0, 1, 2)
            world.engine.appends_left = appends
            try:
                await world.end(NAME, producer, True)
                await world.settle()
            except ProcessDiedError:
                await world.die()
                await world.start()
                await world.settle()
            world.engine.appends_left = None
            assert state(world) is State.COMPLETE_COMMIT
            for partition in range(3):
                assert await world.committed(partition) == [b"v"] * appends

    play(scenario)


def test_partitions_that_are_gone_need_no_marker() -> None:
    async def scenario(world: World) -> None:
        producer = await begun(world, 0)
        await world.commit_offset(NAME, producer, 5)
        for name in (TOPIC, OFFSETS_TOPIC):
            await world.engine.delete(world.topics.pop(name))
        assert (await world.end(NAME, producer, True)).error_code == 0
        assert state(world) is State.COMPLETE_COMMIT

    play(scenario)


def test_a_produce_waits_until_the_transaction_before_has_ended() -> None:
    async def scenario(world: World) -> None:
        producer = await begun(world, 0)
        end = asyncio.create_task(world.end(NAME, producer, True))
        following = (producer[0], producer[1] + 1)
        while state(world) is State.ONGOING:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert (await world.produce(NAME, following, 0, 0, b"next")).error_code == 0
        assert (await end).error_code == 0
        assert await world.committed(0) == [b"v"]

    play(scenario)


def test_two_transactions_of_one_partition_end_by_themselves() -> None:
    async def scenario(world: World) -> None:
        producer = await begun(world, 0)
        answer = await world.init("other")
        other = (answer.producer_id, answer.producer_epoch)
        await world.produce("other", other, 0, 0, b"w")
        assert (await world.end("other", other, True)).error_code == 0
        assert await world.committed(0) == []
        assert (await world.end(NAME, producer, False)).error_code == 0
        assert await world.committed(0) == [b"w"]

    play(scenario)


def test_a_producer_that_goes_on_after_an_abort_has_a_new_epoch() -> None:
    async def scenario(world: World) -> None:
        producer = await begun(world, 0)
        answer = await world.init(NAME, producer)
        assert answer.error_code == ErrorCode.CONCURRENT_TRANSACTIONS
        await world.settle()
        answer = await world.init(NAME, producer)
        assert Producer(answer.producer_id, answer.producer_epoch) == (producer[0], 1)
        await world.die()
        await world.start()
        answer = await world.init(NAME, producer)
        assert answer.error_code == ErrorCode.PRODUCER_FENCED

    play(scenario)
