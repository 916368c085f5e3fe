"""Transactions: their producers, what is in them, how they end, and who asks about them."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

from kafkapy.wire.api import ApiKey
from kafkapy.wire.messages import (
    add_offsets_to_txn,
    add_partitions_to_txn,
    describe_producers,
    describe_transactions,
    end_txn,
    find_coordinator,
    init_producer_id,
    list_transactions,
    offset_fetch,
    produce,
    txn_offset_commit,
    write_txn_markers,
)
from kafkapy.wire.schema import Request, Response
from stories.telling import Story, batch, created, fetching, producing, story


class Producer(NamedTuple):
    """Who writes: a transactional id with the producer's id and epoch that it was given."""

    name: str
    id: int
    epoch: int

    def with_epoch(self, change: int) -> Producer:
        return self._replace(epoch=self.epoch + change)


def initializing(name: str | None, timeout_ms: int = 60_000, *known: int) -> Request:
    return init_producer_id.InitProducerIdRequest(name, timeout_ms, *known)


def started(name: str) -> Generator[Request, Response, Producer]:
    """Give a producer that has its epoch."""
    yield find_coordinator.FindCoordinatorRequest(name, 1, [name])
    answer = yield initializing(name)
    return Producer(name, answer.producer_id, answer.producer_epoch)


def adding(who: Producer, topic: str, *partitions: int, verify_only: bool = False) -> Request:
    topics = [add_partitions_to_txn.AddPartitionsToTxnTopic(topic, list(partitions))]
    transaction = add_partitions_to_txn.AddPartitionsToTxnTransaction(
        *who, verify_only=verify_only, topics=topics
    )
    return add_partitions_to_txn.AddPartitionsToTxnRequest([transaction], *who, topics)


def writing(who: Producer, topic: str, topic_id: bytes, sequence: int = 0) -> Request:
    numbered = {"producer_id": who.id, "producer_epoch": who.epoch, "base_sequence": sequence}
    records = batch(1000, 2000, is_transactional=True, **numbered)
    request = producing(topic, topic_id, records)
    assert isinstance(request, produce.ProduceRequest)
    request.transactional_id = who.name
    return request


def ending(who: Producer, committed: bool) -> Request:
    return end_txn.EndTxnRequest(*who, committed)


def ended(who: Producer, committed: bool) -> Generator[Request, Response, Producer]:
    """End a transaction and give the producer of the next: some versions raise its epoch."""
    answer = yield ending(who, committed)
    if answer is not None and answer.producer_epoch >= 0:
        return who._replace(id=answer.producer_id, epoch=answer.producer_epoch)
    return who


def taking_along(
    who: Producer, group: str, topic: str, partition: int = 0, note: str = "", **member: object
) -> Request:
    part = txn_offset_commit.TxnOffsetCommitRequestPartition(partition, 7, -1, note)
    topics = [txn_offset_commit.TxnOffsetCommitRequestTopic(topic, [part])]
    return txn_offset_commit.TxnOffsetCommitRequest(
        who.name, group, who.id, who.epoch, topics=topics, **member
    )


def committed(group: str, topic: str, topic_id: bytes, stable: bool) -> Request:
    topics = [offset_fetch.OffsetFetchRequestTopics(topic, topic_id, [0])]
    groups = [offset_fetch.OffsetFetchRequestGroup(group, None, -1, topics)]
    return offset_fetch.OffsetFetchRequest(group, None, groups, stable)


def listing(who: Producer, *states: str, **options: object) -> Request:
    return list_transactions.ListTransactionsRequest(list(states), [who.id], **options)


def asking_of_producers(topic: str) -> Request:
    topics = [describe_producers.TopicRequest(topic, [0])]
    return describe_producers.DescribeProducersRequest(topics)


@story(ApiKey.INIT_PRODUCER_ID)
def a_transactional_producer_begins_again(name: str) -> Story:
    yield initializing("")
    yield initializing(f"{name}-none", 0)
    yield initializing(f"{name}-long", 1 << 30)
    who = yield from started(name)
    yield initializing(name, 60_000, who.id, who.epoch)
    yield initializing(name, 60_000, who.id, who.epoch)
    yield initializing(name, 60_000, who.id + 1, who.epoch)
    yield initializing(name, 60_000, who.id, 99)
    yield initializing(f"{name}-other", 60_000, who.id, 0)


@story(ApiKey.ADD_PARTITIONS_TO_TXN)
def partitions_join_a_transaction(name: str) -> Story:
    yield from created(name, 2)
    who = yield from started(name)
    yield adding(who, name, 0, verify_only=True)
    yield adding(who, name, 0)
    yield adding(who, name, 0, verify_only=True)
    yield adding(who, name, 1, verify_only=True)
    yield adding(who, name, 0, 1)
    yield adding(who, name, 0, 9)
    yield adding(who, f"{name}-absent", 0)
    yield adding(who.with_epoch(1), name, 0)
    yield adding(who.with_epoch(-1), name, 0)
    yield adding(who._replace(id=who.id + 1), name, 0)
    yield adding(who._replace(name=f"{name}-absent"), name, 0)
    yield adding(who._replace(name=""), name, 0)
    who = yield from ended(who, True)
    yield adding(who, name, 1)


@story(ApiKey.ADD_OFFSETS_TO_TXN, ApiKey.TXN_OFFSET_COMMIT)
def a_transaction_takes_offsets_along(name: str) -> Story:
    group = f"{name}-group"
    topic_id = yield from created(name)
    who = yield from started(name)
    yield find_coordinator.FindCoordinatorRequest(group, 0, [group])

    def offsets(who: Producer, group: str = group) -> Request:
        return add_offsets_to_txn.AddOffsetsToTxnRequest(*who, group)

    yield offsets(who)
    yield offsets(who)
    yield offsets(who, "")
    yield offsets(who.with_epoch(1))
    yield offsets(who._replace(id=who.id + 1))
    yield offsets(who._replace(name=f"{name}-absent"))
    yield taking_along(who, group, name)
    yield taking_along(who, group, name, partition=9)
    yield taking_along(who, group, f"{name}-absent")
    yield taking_along(who, group, name, note="x" * 5000)
    yield taking_along(who, group, name, generation_id=3, member_id="nobody")
    yield taking_along(who, "", name)
    yield committed(group, name, topic_id, stable=True)
    yield committed(group, name, topic_id, stable=False)
    who = yield from ended(who, True)
    yield committed(group, name, topic_id, stable=True)
    yield offsets(who)
    yield taking_along(who, group, name)
    yield from ended(who, False)
    yield committed(group, name, topic_id, stable=True)


@story(ApiKey.PRODUCE, ApiKey.TXN_OFFSET_COMMIT)
def late_writes_come_from_a_producer_that_has_ended(name: str) -> Story:
    """Also under another name, where the log alone knows of its end."""
    group = f"{name}-group"
    topic_id = yield from created(name, 2)
    who = yield from started(name)
    yield find_coordinator.FindCoordinatorRequest(group, 0, [group])
    yield adding(who, name, 0)
    yield add_offsets_to_txn.AddOffsetsToTxnRequest(*who, group)
    yield writing(who, name, topic_id)
    yield taking_along(who, group, name)
    yield ending(who, True)
    yield initializing(name)
    for late in (who, who._replace(name=f"{name}-absent")):
        yield writing(late, name, topic_id, 2)
        yield taking_along(late, group, name)
        yield taking_along(late._replace(id=who.id + 1_000_000), group, name)


@story(ApiKey.END_TXN)
def transactions_end_one_way_or_the_other(name: str) -> Story:
    topic_id = yield from created(name)
    who = yield from started(name)
    yield ending(who, True)
    for commits in (True, False):
        yield adding(who, name, 0)
        yield writing(who, name, topic_id)
        yield ending(who.with_epoch(1), commits)
        yield ending(who.with_epoch(-1), commits)
        yield ending(who._replace(id=who.id + 1), commits)
        yield ending(who._replace(name=f"{name}-absent"), commits)
        after = yield from ended(who, commits)
        yield ending(who, commits)
        yield ending(who, not commits)
        yield ending(after, commits)
        yield fetching(name, topic_id, 0, isolation_level=1)
        who = yield from started(name)


@story(ApiKey.WRITE_TXN_MARKERS)
def markers_come_from_outside(name: str) -> Story:
    """That of a command which ends a transaction of which no coordinator knows."""
    topic_id = yield from created(name, 2)
    yield from started(name)
    who = yield from started(name)  # there is an epoch below that of this one

    def marking(
        who: Producer, *partitions: int, topic: str = name, commits: bool = False, epoch: int = 0
    ) -> Request:
        topics = [write_txn_markers.WritableTxnMarkerTopic(topic, list(partitions))]
        marker = write_txn_markers.WritableTxnMarker(who.id, who.epoch, commits, topics, epoch)
        return write_txn_markers.WriteTxnMarkersRequest([marker])

    yield adding(who, name, 0)
    yield writing(who, name, topic_id)
    yield marking(who, 9)
    yield marking(who, 0, topic=f"{name}-absent")
    yield marking(who.with_epoch(-1), 0)
    yield marking(who, 1)
    yield marking(who, 0, epoch=-1)
    yield marking(who, 0, commits=True, epoch=5)
    yield marking(who, 0, commits=True, epoch=3)
    yield marking(who.with_epoch(1), 0, epoch=5)
    yield asking_of_producers(name)
    yield fetching(name, topic_id, 0, isolation_level=1)


@story(ApiKey.DESCRIBE_TRANSACTIONS, ApiKey.LIST_TRANSACTIONS, ApiKey.DESCRIBE_PRODUCERS)
def transactions_are_looked_at(name: str) -> Story:
    topic_id = yield from created(name)
    who = yield from started(name)

    def looking() -> Story:
        yield describe_transactions.DescribeTransactionsRequest([name, f"{name}-absent", ""])
        yield listing(who)
        yield listing(who, "Ongoing")
        yield listing(who, "Empty", "Nonsense", "Nonsense")
        yield listing(who, duration_filter=1 << 40)
        yield listing(who, duration_filter=0)
        yield listing(who, transactional_id_pattern="diff-.*")
        yield listing(who, transactional_id_pattern="no.*")
        yield listing(who, transactional_id_pattern="(")
        yield asking_of_producers(name)

    yield from looking()
    yield adding(who, name, 0)
    yield writing(who, name, topic_id)
    yield from looking()
    who = yield from ended(who, True)
    yield from looking()
    yield adding(who, name, 0)
    yield writing(who, name, topic_id)
    yield from ended(who, False)
    yield from looking()
