"""Which fetches are ordinary, so that the shortcut answers them, and which the handler does."""

from __future__ import annotations

from typing import Any

import pytest

from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.fetch import FetchRequest, ForgottenTopic, PartitionData
from tests.kafkapy.handlers.still_broker import MIB, StillBroker, batch_of, begin, partition_of, run

LATEST = 18
LONG_MS = 300_000
FULL, CLOSE = 0, -1


def is_ordinary(broker: StillBroker, request: FetchRequest, version: int = LATEST) -> bool:
    frame = broker.connect("asking").frame(request, version)[4:]
    return broker.broker.dispatcher.answer_now(frame) is not None


UNUSUAL: dict[str, dict[str, Any]] = {
    "more than a byte": {"min_bytes": 2},
    "an unknown isolation": {"isolation_level": 2},
    "a negative isolation": {"isolation_level": -1},
    "the end of a session": {"session_id": 5, "session_epoch": CLOSE},
    "the beginning of a session": {"session_epoch": FULL},
    "an unknown session": {"session_id": 5, "session_epoch": 1},
    "nothing": {"topics": []},
    "an unknown topic": {"topic": "none"},
    "an unknown partition": {"partition": 2},
    "a negative partition": {"partition": -1},
    "an old leader epoch": {"current_leader_epoch": 0},
    "a leader epoch to come": {"current_leader_epoch": 9},
    "an epoch that it has read": {"last_fetched_epoch": 0},
    "an offset that is not there yet": {"offset": 3},
    "an offset that is there no more": {"offset": 0},
    "an impossible offset": {"offset": -1},
}


@pytest.mark.parametrize("version", [12, 18])
@pytest.mark.parametrize("unusual", UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_not_ordinary_is_left_to_the_handler(version: int, unusual: dict[str, Any]) -> None:
    async def test(broker: StillBroker) -> None:
        log = broker.partition()
        for _ in range(2):
            await broker.append(batch_of())
        await broker.broker.engine.delete_before(log, 1)
        epoch = await broker.broker.engine.claim(log)
        ordinary = {"offset": 1, "current_leader_epoch": epoch}
        assert is_ordinary(broker, broker.fetch(**ordinary), version)
        assert not is_ordinary(broker, broker.fetch(**{**ordinary, **unusual}), version)

    run(test)


IN_A_SESSION: dict[str, dict[str, Any]] = {
    "another partition": {"partition": 1},
    "another topic": {"topic": "two"},
    "another epoch": {"session_epoch": 2, "topics": []},
    "another isolation": {"isolation_level": 1, "topics": []},
    "the end of it": {"session_epoch": CLOSE},
    "its beginning anew": {"session_epoch": FULL},
}


@pytest.mark.parametrize("version", [12, 18])
@pytest.mark.parametrize("unusual", IN_A_SESSION.values(), ids=IN_A_SESSION)
def test_what_a_session_did_not_expect_is_left_to_the_handler(
    version: int, unusual: dict[str, Any]
) -> None:
    async def test(broker: StillBroker) -> None:
        _, session = begin(broker, version)
        assert is_ordinary(broker, broker.fetch(topics=[], max_wait_ms=1, **session), version)
        assert not is_ordinary(broker, broker.fetch(**{**session, **unusual}), version)
        other = 18 if version == 12 else 12
        assert not is_ordinary(broker, broker.fetch(topics=[], **session), other)

    run(test)


def test_a_session_of_two_partitions_is_left_to_the_handler() -> None:
    async def test(broker: StillBroker) -> None:
        both = [*broker.fetch().topics, *broker.fetch(partition=1).topics]
        client, session = begin(broker, topics=both)
        assert not is_ordinary(broker, broker.fetch(topics=[], **session))
        assert not is_ordinary(broker, broker.fetch(**session))
        client.call(
            broker.fetch(topics=[], forgotten_topics_data=both_but_one(broker), **session), LATEST
        )
        session["session_epoch"] += 1
        assert is_ordinary(broker, broker.fetch(topics=[], **session))

    run(test)


def both_but_one(broker: StillBroker) -> list[ForgottenTopic]:
    return [ForgottenTopic("one", broker.topic_id("one"), [1])]


def test_a_session_remembers_what_was_asked_of_its_partition() -> None:
    async def test(broker: StillBroker) -> None:
        for _ in range(3):
            await broker.append(batch_of())
        client, session = begin(broker, offset=3)

        def ask(**asked: Any) -> PartitionData:
            found = partition_of(client.call(broker.fetch(**session, **asked), LATEST))
            session["session_epoch"] += 1
            return found

        size = len(batch_of())
        for asked in (
            {"partition_max_bytes": size + 1},
            {"topics": []},
            {"topics": [], "min_bytes": 2},
        ):
            assert len(ask(**asked).records or b"") == size
        assert ask(current_leader_epoch=9).error_code == ErrorCode.UNKNOWN_LEADER_EPOCH
        assert ask(topics=[]).error_code == ErrorCode.UNKNOWN_LEADER_EPOCH
        epoch = await broker.broker.engine.claim(broker.partition())
        assert len(ask(current_leader_epoch=epoch).records or b"") == 3 * size
        await broker.broker.engine.claim(broker.partition())
        assert ask(topics=[]).error_code == ErrorCode.FENCED_LEADER_EPOCH

    run(test)


LARGE = batch_of(1000)
SIZE = len(LARGE)


@pytest.mark.parametrize("limit", ["partition_max_bytes", "max_bytes", "fetch.max.bytes"])
@pytest.mark.parametrize(
    ("bytes_", "batches"), [(1024, 1), (2 * SIZE - 1, 1), (2 * SIZE, 2), (3 * SIZE, 3)]
)
def test_whole_batches_come_up_to_the_least_of_the_limits(
    limit: str, bytes_: int, batches: int
) -> None:
    async def test(broker: StillBroker) -> None:
        for _ in range(4):
            await broker.append(LARGE)
        asked = {} if limit.startswith("fetch") else {limit: bytes_}
        request = broker.fetch(**asked)
        assert is_ordinary(broker, request)
        found = partition_of(broker.connect("consumer").call(request, LATEST))
        assert len(found.records or b"") == batches * SIZE

    broker_limit = bytes_ if limit.startswith("fetch") else MIB
    run(test, **{"fetch.max.bytes": str(broker_limit)})


@pytest.mark.parametrize("asked", [{"max_wait_ms": 0}, {"max_wait_ms": -1}, {"min_bytes": 0}])
def test_who_does_not_want_to_wait_is_answered_at_once(asked: dict[str, int]) -> None:
    async def test(broker: StillBroker) -> None:
        request = broker.fetch(**{"max_wait_ms": LONG_MS, **asked})
        assert is_ordinary(broker, request)
        assert partition_of(broker.connect("consumer").call(request, LATEST)).records == b""

    run(test)
