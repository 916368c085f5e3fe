"""The state machine of transactional ids, one request at a time."""

from __future__ import annotations

from copy import deepcopy

import msgspec
import pytest

from kafkapy.coordinator.result import Record
from kafkapy.coordinator.shard_log import Producer
from kafkapy.coordinator.transaction.transaction import (
    MAX_EPOCH,
    State,
    TopicPartition,
    Transaction,
)
from kafkapy.errors import ApiError
from kafkapy.wire import compile as codec
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.internal.transaction import TransactionLogKey

PARTITION = TopicPartition("t", 0)
OTHER = TopicPartition("t", 1)
ID = "payments"


def put(harness, producer: Producer, **fields: int) -> Transaction:
    """Set the state as if a long history had led to it; fields are those of its record."""
    producer_id, epoch = producer
    fields |= {"producer_id": producer_id, "producer_epoch": epoch}
    value = msgspec.structs.replace(harness.state.value, **fields)
    record = Record(TransactionLogKey(ID), value)
    harness.shard.replay(record, len(harness.log), -1)
    harness.log.append(record)
    return harness.state


# InitProducerId


def test_a_new_transactional_id_gets_a_producer_id_and_epoch_0(harness):
    assert harness.init() == Producer(100, 0)
    assert harness.state.state is State.EMPTY


def test_each_successor_gets_the_next_epoch(harness):
    assert [harness.init().producer_epoch for _ in range(3)] == [0, 1, 2]


def test_a_producer_that_names_its_epoch_goes_on_with_the_next_one(harness):
    first = harness.init()
    assert harness.init(first) == Producer(100, 1)


def test_a_request_whose_answer_was_lost_gets_the_same_answer(harness):
    first = harness.init()
    assert harness.init(first) == harness.init(first) == Producer(100, 1)


def test_a_successor_ends_the_right_to_ask_again(harness, error):
    first = harness.init()
    harness.init(first)
    harness.init()
    assert error(harness.init, first) is ErrorCode.PRODUCER_FENCED


@pytest.mark.parametrize("wrong", [Producer(100, 7), Producer(99, 0), Producer(99, MAX_EPOCH - 1)])
def test_a_producer_with_another_id_or_epoch_is_fenced(harness, error, wrong):
    harness.init()
    assert error(harness.init, wrong) is ErrorCode.PRODUCER_FENCED


def test_a_producer_of_a_forgotten_id_gets_a_new_one(harness):
    assert harness.init(Producer(5, 3)) == Producer(100, 0)


@pytest.mark.parametrize("timeout_ms", [0, -1, 900_001])
def test_a_timeout_out_of_range_is_refused(harness, error, timeout_ms):
    refused = error(harness.init, timeout_ms=timeout_ms)
    assert refused is ErrorCode.INVALID_TRANSACTION_TIMEOUT


def test_the_longest_timeout_is_accepted(harness):
    harness.init(timeout_ms=900_000)
    assert harness.state.timeout_ms == 900_000


def test_after_the_last_epoch_comes_another_producer_id(harness):
    harness.init()
    put(harness, Producer(100, MAX_EPOCH - 1))
    assert harness.init() == Producer(101, 0)


def test_after_the_last_epoch_a_lost_answer_is_given_again(harness):
    harness.init()
    put(harness, Producer(100, MAX_EPOCH - 1))
    last = Producer(100, MAX_EPOCH - 1)
    assert harness.init(last) == harness.init(last) == Producer(101, 0)


def test_the_last_epoch_is_given_again_when_its_answer_was_lost(harness):
    harness.init()
    put(harness, Producer(100, MAX_EPOCH - 2))
    before = harness.state.producer
    assert harness.init(before) == harness.init(before) == Producer(100, MAX_EPOCH - 1)
    assert harness.init(Producer(100, MAX_EPOCH - 1)) == Producer(101, 0)


def test_an_open_transaction_is_aborted_before_a_successor_gets_its_epoch(harness):
    zombie = harness.init()
    harness.add(zombie)
    assert harness.init() is None
    assert harness.state.state is State.PREPARE_ABORT
    assert harness.prepared == [ID]
    harness.mark()
    assert harness.init() == Producer(100, 2)


def test_while_a_transaction_ends_nobody_gets_an_epoch(harness, error):
    producer = harness.init()
    harness.add(producer)
    harness.end(producer)
    assert error(harness.init) is ErrorCode.CONCURRENT_TRANSACTIONS


def test_a_producer_whose_transaction_was_aborted_may_go_on(harness):
    producer = harness.init()
    harness.add(producer)
    assert harness.init(producer) is None
    harness.mark()
    assert harness.init(producer) == Producer(100, 1)


def test_fencing_at_the_last_epoch_changes_the_producer_id(harness):
    harness.init()
    put(harness, Producer(100, MAX_EPOCH - 1))
    last = harness.state.producer
    harness.add(last)
    assert harness.init(last) is None
    assert harness.state.producer == Producer(100, MAX_EPOCH)
    harness.mark()
    assert harness.state.producer == Producer(101, 0)
    assert harness.init(last) == Producer(101, 0)


def test_what_could_not_be_written_has_not_happened(harness):
    producer = harness.init()
    harness.append_error = ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    with pytest.raises(ApiError):
        harness.init(producer)
    harness.append_error = None
    assert harness.init(producer) == Producer(100, 1)


# Partitions


def test_the_first_partitions_begin_a_transaction_and_later_ones_join_it(harness):
    producer = harness.init()
    harness.add(producer)
    started_ms = harness.state.start_ms
    harness.now_ms += 5
    harness.add(producer, OTHER)
    assert harness.state.state is State.ONGOING
    assert harness.state.partitions == {TopicPartition("t", 0), OTHER}
    assert (started_ms, harness.state.start_ms) == (1_000_000, 1_000_000)


def test_partitions_that_are_in_the_transaction_cost_no_record(harness):
    producer = harness.init()
    harness.add(producer)
    written = len(harness.log)
    harness.add(producer)
    assert len(harness.log) == written


def test_only_the_producer_itself_adds_and_verifies(harness, error):
    producer = harness.init()
    harness.add(producer)
    for call in (harness.add, harness.missing):
        assert error(call, Producer(100, 1)) is ErrorCode.PRODUCER_FENCED
        assert error(call, Producer(9, 0)) is ErrorCode.INVALID_PRODUCER_ID_MAPPING
    assert harness.missing(producer, TopicPartition("t", 0), OTHER) == [OTHER]


def test_while_a_transaction_ends_nothing_joins_it(harness, error):
    producer = harness.init()
    harness.add(producer, version=0)
    harness.end(producer, version=0)
    assert error(harness.add, producer) is ErrorCode.CONCURRENT_TRANSACTIONS
    assert error(harness.missing, producer) is ErrorCode.CONCURRENT_TRANSACTIONS


def test_what_ended_is_in_no_transaction(harness):
    producer = harness.init()
    harness.transaction(producer, version=0)
    assert harness.missing(producer) == [TopicPartition("t", 0)]


# EndTxn


@pytest.mark.parametrize("is_commit", [True, False])
def test_in_version_2_each_end_raises_the_epoch(harness, is_commit):
    producer = harness.init()
    harness.add(producer)
    assert harness.end(producer, is_commit) == Producer(100, 1)
    assert harness.state.is_commit is is_commit
    harness.mark()
    assert harness.transaction(Producer(100, 1), is_commit) == Producer(100, 2)


def test_in_older_versions_the_epoch_stays(harness):
    producer = harness.init()
    assert harness.transaction(producer, version=0) == producer
    assert harness.transaction(producer, version=0) == producer


# What Kafka's coordinator does with each request: state, whether the epoch is the current one or
# the one before, commit; None where it is done.
FENCED, INVALID = ErrorCode.PRODUCER_FENCED, ErrorCode.INVALID_TXN_STATE
CONCURRENT = ErrorCode.CONCURRENT_TRANSACTIONS
OF_VERSION_2 = [
    (State.EMPTY, "current", False, None),
    (State.EMPTY, "current", True, INVALID),
    (State.EMPTY, "before", False, FENCED),
    (State.EMPTY, "before", True, FENCED),
    (State.ONGOING, "before", True, FENCED),
    (State.ONGOING, "after", True, FENCED),
    (State.PREPARE_COMMIT, "before", True, CONCURRENT),
    (State.PREPARE_COMMIT, "before", False, INVALID),
    (State.PREPARE_COMMIT, "current", True, FENCED),
    (State.PREPARE_ABORT, "before", False, CONCURRENT),
    (State.PREPARE_ABORT, "before", True, INVALID),
    (State.PREPARE_ABORT, "current", False, FENCED),
    (State.COMPLETE_COMMIT, "before", True, None),
    (State.COMPLETE_COMMIT, "before", False, INVALID),
    (State.COMPLETE_COMMIT, "current", True, INVALID),
    (State.COMPLETE_COMMIT, "current", False, None),
    (State.COMPLETE_ABORT, "before", False, None),
    (State.COMPLETE_ABORT, "before", True, INVALID),
    (State.COMPLETE_ABORT, "current", False, None),
    (State.COMPLETE_ABORT, "current", True, INVALID),
]
OF_VERSION_0 = [
    (State.EMPTY, "current", True, INVALID),
    (State.EMPTY, "current", False, INVALID),
    (State.ONGOING, "before", True, FENCED),
    (State.PREPARE_COMMIT, "current", True, CONCURRENT),
    (State.PREPARE_COMMIT, "current", False, INVALID),
    (State.PREPARE_ABORT, "current", False, CONCURRENT),
    (State.PREPARE_ABORT, "current", True, INVALID),
    (State.COMPLETE_COMMIT, "current", True, None),
    (State.COMPLETE_COMMIT, "current", False, INVALID),
    (State.COMPLETE_COMMIT, "before", True, FENCED),
    (State.COMPLETE_ABORT, "current", False, None),
    (State.COMPLETE_ABORT, "current", True, INVALID),
]


@pytest.mark.parametrize(
    ("version", "state", "epoch", "is_commit", "expected"),
    [(2, *case) for case in OF_VERSION_2] + [(0, *case) for case in OF_VERSION_0],
)
def test_an_end_is_judged_by_state_epoch_and_outcome(
    harness, version, state, epoch, is_commit, expected
):
    harness.init()
    put(
        harness,
        Producer(100, 5),
        transaction_status=state,
        client_transaction_version=version,
    )
    producer = Producer(100, 5 + {"before": -1, "current": 0, "after": 1}[epoch])
    if expected is None:
        harness.end(producer, is_commit, version=version)
    else:
        with pytest.raises(ApiError) as refused:
            harness.end(producer, is_commit, version=version)
        assert refused.value.code is expected


def test_an_end_that_is_repeated_gets_the_same_answer(harness):
    producer = harness.init()
    following = harness.transaction(producer)
    written = len(harness.log)
    assert harness.end(producer) == following
    assert len(harness.log) == written


def test_after_the_last_epoch_a_transaction_ends_with_another_producer_id(harness):
    harness.init()
    put(harness, Producer(100, MAX_EPOCH - 1))
    last = harness.state.producer
    harness.add(last)
    assert harness.end(last) == Producer(101, 0)
    assert harness.state.producer == Producer(100, MAX_EPOCH)
    harness.mark()
    assert harness.state.producer == harness.end(last) == Producer(101, 0)
    harness.reload()
    assert harness.end(last) == harness.init(last) == Producer(101, 0)


def test_another_producer_ends_nothing(harness, error):
    producer = harness.init()
    harness.add(producer)
    unknown = ErrorCode.INVALID_PRODUCER_ID_MAPPING
    assert error(harness.end, Producer(9, 0)) is unknown
    assert error(harness.end, producer, name="other") is unknown


# Markers


def test_markers_that_could_not_be_written_are_asked_for_again(harness):
    producer = harness.init()
    harness.add(producer, TopicPartition("t", 0), OTHER)
    harness.end(producer)
    harness.mark(OTHER)
    assert harness.shard.describe(ID) == (harness.state, {OTHER})
    harness.prepared.clear()
    harness.advance(1_000)
    assert harness.prepared == [ID]
    harness.mark()
    assert harness.state.state is State.COMPLETE_COMMIT
    harness.advance(1_000)
    assert harness.prepared == [ID]


def test_what_was_decided_is_ended_after_a_restart(harness):
    producer = harness.init()
    harness.add(producer)
    harness.end(producer)
    harness.reload()
    assert harness.prepared == [ID]
    assert harness.shard.describe(ID) == (harness.state, {TopicPartition("t", 0)})
    harness.mark()
    harness.reload()
    assert harness.prepared == []


# Time


def test_a_transaction_that_takes_too_long_is_aborted_and_its_producer_fenced(harness, error):
    producer = harness.init(timeout_ms=15_000)
    harness.add(producer)
    harness.advance(10_000)
    assert harness.state.state is State.ONGOING
    harness.advance(10_000)
    assert harness.state.state is State.PREPARE_ABORT
    assert harness.prepared == [ID]
    harness.mark()
    assert error(harness.add, producer) is ErrorCode.PRODUCER_FENCED
    assert harness.init(producer) == Producer(100, 1)


def test_a_timeout_at_the_last_epoch_changes_the_producer_id(harness, error):
    harness.init(timeout_ms=5_000)
    put(harness, Producer(100, MAX_EPOCH - 1))
    last = harness.state.producer
    harness.add(last)
    harness.advance(20_000)
    harness.reload()
    harness.mark(PARTITION)
    assert harness.state.producer == Producer(100, MAX_EPOCH)
    harness.mark()
    assert harness.state.producer == Producer(101, 0)
    assert harness.end(last, is_commit=False) == Producer(101, 0)
    assert error(harness.end, last, is_commit=True) is ErrorCode.INVALID_TXN_STATE
    assert error(harness.end, last, version=0) is ErrorCode.INVALID_PRODUCER_ID_MAPPING
    assert harness.init(last) == Producer(101, 0)


def test_many_transactions_that_take_too_long_are_aborted_in_turns(harness):
    partitions = [TopicPartition("t", index) for index in range(600)]
    for name in ("a", "b", "c"):
        harness.add(harness.init(timeout_ms=5_000, name=name), *partitions, name=name)
    harness.advance(10_000)
    assert harness.prepared == ["a"]
    harness.advance(1_000)
    assert harness.prepared == ["a", "b", "c"]


def test_adding_partitions_gives_a_transaction_no_more_time(harness):
    producer = harness.init(timeout_ms=15_000)
    harness.add(producer)
    for index in range(20):
        harness.advance(1_000)
        if harness.state.state is State.ONGOING:
            harness.add(producer, TopicPartition("t", index))
    assert harness.state.state is State.PREPARE_ABORT


def test_a_transaction_that_was_open_before_a_restart_is_aborted_in_time(harness):
    producer = harness.init(timeout_ms=15_000)
    harness.add(producer)
    harness.reload()
    harness.advance(30_000)
    assert harness.state.state is State.PREPARE_ABORT


def test_no_timer_runs_while_no_transaction_is_open(harness):
    harness.transaction(harness.init())
    harness.advance(20_000)
    assert harness.timers.next_due_ms() == 1_000_000 + 3_600_000


def test_an_abort_that_could_not_be_written_is_tried_again(harness):
    producer = harness.init(timeout_ms=1_000)
    harness.add(producer)
    harness.append_error = ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    with pytest.raises(ApiError):
        harness.advance(10_000)
    harness.append_error = None
    harness.advance(10_000)
    assert harness.state.state is State.PREPARE_ABORT


def test_a_transactional_id_that_nobody_uses_is_forgotten(new_harness, error):
    harness = new_harness(expiration_ms=10_000_000)
    producer = harness.init()
    harness.init(name="open")
    harness.add(Producer(101, 0), name="open")
    harness.advance(3_600_000 * 2)
    assert ID in harness.shard.transactions
    harness.advance(3_600_000 * 2)
    assert list(harness.shard.transactions) == ["open"]
    assert error(harness.add, producer) is ErrorCode.INVALID_PRODUCER_ID_MAPPING
    harness.reload()
    assert list(harness.shard.transactions) == ["open"]


def test_many_transactional_ids_are_forgotten_in_turns(new_harness):
    harness = new_harness(expiration_ms=1_000)
    for number in range(1_001):
        harness.init(name=str(number))
    harness.advance(3_600_000)
    assert len(harness.shard.transactions) == 1
    assert harness.timers.next_due_ms() > harness.now_ms
    harness.advance(1_000)
    assert not harness.shard.transactions


# The log


def test_a_state_comes_back_from_its_record(harness):
    producer = harness.init()
    harness.transaction(producer)
    harness.add(Producer(100, 1), TopicPartition("t", 3), TopicPartition("u", 0))
    for value in (harness.state.value, harness.state.prepared(True, 2, 7, 5)):
        again = codec.decode(type(value), codec.encode(value, 1), 1)
        assert again == value
        assert Transaction.of_record(again) == Transaction.of_record(value)


def test_a_state_is_not_changed_by_what_comes_after_it(harness):
    producer = harness.init()
    states = []
    for step in (
        lambda: harness.add(producer),
        lambda: harness.add(producer, OTHER),
        lambda: harness.end(producer),
        harness.mark,
        harness.init,
    ):
        states.append((harness.state, deepcopy(harness.state)))
        step()
    assert all(state == before for state, before in states)


def test_an_empty_transactional_id_has_no_list_of_partitions(harness):
    harness.init()
    assert harness.log[-1].value.transaction_partitions is None
