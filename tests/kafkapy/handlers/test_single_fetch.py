"""The shortcut of ordinary fetches: whom it answers when, and that it waits without a trace."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from kafkapy.handlers.single_fetch import SinglePoll
from kafkapy.storage.engine import Origin
from kafkapy.wire.error_codes import ErrorCode
from tests.kafkapy.handlers.still_broker import (
    Client,
    StillBroker,
    batch_of,
    begin,
    marker,
    partition_of,
    run,
)

LATEST = 18
VERSIONS_WITH_SESSIONS = range(7, LATEST + 1)
LONG_MS = 300_000
FULL, CLOSE = 0, -1


def waiting(
    broker: StillBroker, version: int = LATEST, name: str = "consumer", **asked: Any
) -> Client:
    """A client that has begun to wait at the end of the log, through the shortcut."""
    client = broker.connect(name)
    asked = {"max_wait_ms": LONG_MS, **asked}
    client.send((broker.fetch(**asked), version))
    assert isinstance(client.connection._waiting, SinglePoll)
    assert client.is_waiting
    assert not client.received()
    return client


@pytest.mark.parametrize("version", range(4, LATEST + 1))
def test_a_waiting_fetch_is_answered_in_the_turn_of_the_append_and_before_the_producer(
    version: int,
) -> None:
    async def test(broker: StillBroker) -> None:
        consumer = waiting(broker, version)
        producer = broker.connect("producer")
        producer.send((broker.produce(), 9))
        assert [name for name, _ in broker.log[-2:]] == ["consumer", "producer"]
        found = partition_of(consumer.answer(version))
        assert found.high_watermark == 1
        assert bytes(found.records or b"")[16:] == batch_of()[16:]

    run(test)


def test_all_who_wait_are_answered_before_the_producer() -> None:
    async def test(broker: StillBroker) -> None:
        for name in ("first", "second", "third"):
            waiting(broker, name=name)
        broker.connect("producer").send((broker.produce(), 9))
        assert [name for name, _ in broker.log[-4:]] == ["first", "second", "third", "producer"]

    run(test)


def test_several_appends_in_one_read_of_the_socket_give_one_answer() -> None:
    async def test(broker: StillBroker) -> None:
        consumer = waiting(broker)
        producer = broker.connect("producer")
        producer.send(*[(broker.produce(), 9)] * 3)
        found = partition_of(consumer.answer(LATEST))
        assert found.high_watermark == 3
        assert len(found.records or b"") == 3 * len(batch_of())
        assert not consumer.is_waiting

    run(test)


def test_an_append_to_another_partition_wakes_nobody() -> None:
    async def test(broker: StillBroker) -> None:
        consumer = waiting(broker)
        await broker.append(batch_of(), broker.partition(partition=1))
        await broker.append(batch_of(), broker.partition("two"))
        await broker.turns()
        assert consumer.is_waiting

    run(test)


@pytest.mark.parametrize("version", range(4, LATEST + 1))
def test_it_waits_as_long_as_it_was_asked_to_and_gives_nothing_then(version: int) -> None:
    async def test(broker: StillBroker) -> None:
        consumer = waiting(broker, version, max_wait_ms=500)
        await broker.advance(499)
        assert consumer.is_waiting
        await broker.advance(1)
        found = partition_of(consumer.answer(version))
        assert (found.error_code, found.high_watermark, found.records) == (0, 0, b"")
        assert not consumer.is_waiting

    run(test)


@pytest.mark.parametrize("version", VERSIONS_WITH_SESSIONS)
def test_when_the_time_is_up_a_session_is_told_of_no_partition(version: int) -> None:
    async def test(broker: StillBroker) -> None:
        client, session = begin(broker, version)
        client.send((broker.fetch(topics=[], max_wait_ms=500, **session), version))
        assert isinstance(client.connection._waiting, SinglePoll)
        await broker.advance(500)
        answer = client.answer(version)
        assert not answer.responses
        assert (answer.session_id, answer.error_code) == (session["session_id"], 0)
        session["session_epoch"] += 1
        client.send((broker.fetch(topics=[], max_wait_ms=500, **session), version))
        assert isinstance(client.connection._waiting, SinglePoll)

    run(test)


@pytest.mark.parametrize("isolation_level", [0, 1])
def test_when_the_time_is_up_a_session_is_told_of_a_bound_that_moved(isolation_level: int) -> None:
    async def test(broker: StillBroker) -> None:
        for _ in range(2):
            await broker.append(batch_of())
        client, session = begin(broker, offset=2, isolation_level=isolation_level)
        if isolation_level:  # of which the session hears with the first incremental request
            client.call(broker.fetch(topics=[], isolation_level=1, **session), LATEST)
            session["session_epoch"] += 1
        asked = broker.fetch(topics=[], max_wait_ms=500, isolation_level=isolation_level, **session)
        client.send((asked, LATEST))
        await broker.broker.engine.delete_before(broker.partition(), 1)
        await broker.turns()
        assert isinstance(client.connection._waiting, SinglePoll)
        await broker.advance(500)
        found = partition_of(client.answer(LATEST))
        assert (found.log_start_offset, found.high_watermark, found.records) == (1, 2, b"")

    run(test)


def test_a_lost_connection_leaves_no_trace_of_what_it_waited_for() -> None:
    async def test(broker: StillBroker) -> None:
        timers = len(broker.loop.timers())
        consumer = waiting(broker)
        poll = consumer.connection._waiting
        assert len(broker.loop.timers()) == timers + 1
        consumer.hang_up()
        del consumer
        assert len(broker.loop.timers()) == timers
        broker_log = len(broker.log)
        await broker.append(batch_of())
        await broker.advance(LONG_MS)
        assert len(broker.log) == broker_log
        # Besides the name here, the connection and what counts.
        assert sys.getrefcount(poll) <= 3

    run(test)


def test_an_answer_that_was_waited_for_is_let_go_with_its_poll() -> None:
    async def test(broker: StillBroker) -> None:
        consumer = waiting(broker)
        poll = consumer.connection._waiting
        broker.connect("producer").send((broker.produce(), 9))
        assert consumer.received()
        assert sys.getrefcount(poll) <= 2

    run(test)


def test_a_connection_that_is_lost_when_it_was_woken_is_answered_no_more() -> None:
    async def test(broker: StillBroker) -> None:
        consumer = waiting(broker)
        await broker.append(batch_of())  # of which it hears in the next turn
        consumer.hang_up()
        await broker.turns()
        assert not consumer.received()

    run(test)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (11, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        (12, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        (18, ErrorCode.UNKNOWN_TOPIC_ID),
    ],
)
def test_a_topic_that_is_deleted_meanwhile_gives_what_the_handler_says(
    version: int, expected: ErrorCode
) -> None:
    async def test(broker: StillBroker) -> None:
        consumer = waiting(broker, version)
        await broker.broker.controller.delete_topic(broker.topic())
        await broker.turns()
        found = partition_of(consumer.answer(version))
        assert found.error_code == expected
        assert not consumer.is_waiting

    run(test)


@pytest.mark.parametrize("version", [11, 12, 18])
def test_a_session_goes_on_after_its_topic_was_deleted_meanwhile(version: int) -> None:
    async def test(broker: StillBroker) -> None:
        client, session = begin(broker, version)
        client.send((broker.fetch(topics=[], max_wait_ms=LONG_MS, **session), version))
        await broker.broker.controller.delete_topic(broker.topic())
        await broker.turns()
        assert partition_of(client.answer(version)).error_code
        session["session_epoch"] += 1
        again = client.call(broker.fetch(topics=[], **session), version)
        assert partition_of(again).error_code

    run(test)


def test_what_is_not_committed_yet_does_not_end_a_committed_read() -> None:
    async def test(broker: StillBroker) -> None:
        consumer = waiting(broker, isolation_level=1)
        uncommitted = waiting(broker, name="uncommitted")
        open_batch = batch_of(
            producer_id=7, producer_epoch=0, base_sequence=0, is_transactional=True
        )
        await broker.append(open_batch)
        await broker.append(batch_of())
        await broker.turns()
        assert partition_of(uncommitted.answer(LATEST)).aborted_transactions is None
        assert isinstance(consumer.connection._waiting, SinglePoll)
        await broker.append(marker(7, is_commit=True), origin=Origin.COORDINATOR)
        await broker.turns()
        found = partition_of(consumer.answer(LATEST))
        assert (found.last_stable_offset, found.aborted_transactions) == (3, [])

    run(test)


@pytest.mark.parametrize("has_session", [False, True])
def test_an_aborted_transaction_is_told_by_the_handler(has_session: bool) -> None:
    async def test(broker: StillBroker) -> None:
        client, session = begin(broker, isolation_level=1)
        asked = broker.fetch(isolation_level=1, max_wait_ms=LONG_MS)
        if has_session:
            client.call(broker.fetch(topics=[], isolation_level=1, **session), LATEST)
            asked.session_id, asked.session_epoch = session["session_id"], 2
        client.send((asked, LATEST))
        assert isinstance(client.connection._waiting, SinglePoll)
        open_batch = batch_of(
            producer_id=7, producer_epoch=0, base_sequence=0, is_transactional=True
        )
        await broker.append(open_batch)
        await broker.append(marker(7, is_commit=False), origin=Origin.COORDINATOR)
        await broker.turns()
        answer = client.answer(LATEST)
        (aborted,) = partition_of(answer).aborted_transactions or []
        assert (aborted.producer_id, aborted.first_offset) == (7, 0)
        assert answer.session_id == asked.session_id

    run(test)


# Sessions


def test_a_request_for_a_session_counts_when_it_comes_as_in_kafka() -> None:
    """Who hangs up while it waits goes on with the next epoch."""

    async def test(broker: StillBroker) -> None:
        client, session = begin(broker)
        client.send((broker.fetch(topics=[], max_wait_ms=LONG_MS, **session), LATEST))
        assert isinstance(client.connection._waiting, SinglePoll)
        other = broker.connect("other")
        again = other.call(broker.fetch(topics=[], **session), LATEST)
        assert again.error_code == ErrorCode.INVALID_FETCH_SESSION_EPOCH
        client.hang_up()
        session["session_epoch"] += 1
        assert not other.call(broker.fetch(topics=[], **session), LATEST).error_code

    run(test)


@pytest.mark.parametrize("by_handler", [False, True])
def test_a_session_that_has_gone_on_meanwhile_is_told_so_as_in_kafka(by_handler: bool) -> None:
    async def test(broker: StillBroker) -> None:
        client, session = begin(broker)
        asked = broker.fetch(topics=[], max_wait_ms=500, min_bytes=1 + by_handler, **session)
        client.send((asked, LATEST))
        assert isinstance(client.connection._waiting, SinglePoll) != by_handler
        other = broker.connect("other")
        session["session_epoch"] += 1
        assert not other.call(broker.fetch(topics=[], **session), LATEST).responses
        assert client.is_waiting
        await broker.append(batch_of())
        await broker.advance(500)
        answer = client.answer(LATEST)
        assert (answer.error_code, answer.responses) == (ErrorCode.INVALID_FETCH_SESSION_EPOCH, [])
        session["session_epoch"] += 1
        assert partition_of(other.call(broker.fetch(topics=[], **session), LATEST)).records

    run(test)


def test_a_session_that_is_closed_meanwhile_is_still_answered() -> None:
    async def test(broker: StillBroker) -> None:
        client, session = begin(broker)
        client.send((broker.fetch(topics=[], max_wait_ms=LONG_MS, **session), LATEST))
        other = broker.connect("other")
        closing = {**session, "session_epoch": CLOSE}
        assert not other.call(broker.fetch(topics=[], **closing), LATEST).session_id
        await broker.append(batch_of())
        await broker.turns()
        assert partition_of(client.answer(LATEST)).records
        session["session_epoch"] += 1
        gone = client.call(broker.fetch(topics=[], **session), LATEST)
        assert gone.error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND

    run(test)


@pytest.mark.parametrize("version", [7, 11, 12, 13, 18])
def test_after_a_seek_the_handler_and_the_shortcut_agree_on_what_is_asked(version: int) -> None:
    """The session must not take the partition for one that was read to its end."""

    async def test(broker: StillBroker) -> None:
        for _ in range(3):
            await broker.append(batch_of())
        client, session = begin(broker, version, offset=3)  # read to its end: it rests

        def ask(offset: int | None, **asked: Any) -> int:
            """Ask for an offset, or as before; gives the base offset of what came, or -1."""
            request = broker.fetch(offset or 0, **session, **asked)
            request.topics = [] if offset is None else request.topics
            answer = client.call(request, version)
            assert not answer.error_code
            session["session_epoch"] += 1
            if not answer.responses:
                return -1
            return int.from_bytes(
                bytes(partition_of(answer).records or b"\xff" * 8)[:8], "big", signed=True
            )

        by_handler = {"min_bytes": 2}
        assert ask(None) == -1
        assert ask(1) == 1
        assert ask(None, **by_handler) == 1
        assert ask(3, **by_handler) == -1
        assert ask(None) == -1
        assert ask(0) == 0
        assert ask(None, **by_handler) == 0
        assert ask(None) == 0
        assert ask(3) == -1
        assert ask(None, **by_handler) == -1
        assert ask(2) == 2

    run(test)


@pytest.mark.parametrize("length", [126, 127, 128, 249])
@pytest.mark.parametrize("version", [11, 12, 13])
def test_a_session_may_read_a_topic_with_a_long_name(version: int, length: int) -> None:
    async def test(broker: StillBroker) -> None:
        name = "t" * length
        await broker.create(name)
        await broker.append(batch_of(), broker.partition(name))
        client, session = begin(broker, version, topic=name)
        answer = client.call(broker.fetch(topics=[], **session), version)
        assert answer.responses[0].topic == (name if version < 13 else "")
        assert partition_of(answer).records

    run(test)


def test_a_poll_that_fails_unexpectedly_ends_its_own_connection_and_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(broker: StillBroker) -> None:
        timers = broker.loop.timers()
        consumer = waiting(broker)
        producer = broker.connect("producer")
        engine = broker.broker.engine

        def fail(*_: object) -> None:
            raise KeyError("as asked")

        monkeypatch.setattr(engine, "read_now", fail)
        monkeypatch.setattr(engine, "read", fail)
        producer.send((broker.produce(), 9))
        await broker.turns()
        assert consumer.transport.is_closed
        assert not producer.transport.is_closed
        assert producer.received()
        assert broker.loop.timers() == timers

    run(test)
    assert any("as asked" in repr(entry.exc_info) for entry in caplog.records)
