"""Fetch sessions (KIP-227): what the client knows after each answer is what the broker has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kafkapy.fetch_sessions import PartitionKey, Plan, SessionCache, Wanted
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.fetch import (
    EpochEndOffset,
    FetchPartition,
    FetchRequest,
    FetchTopic,
    ForgottenTopic,
    PartitionData,
)

EVICTION_MS = 120_000
FULL, CLOSE = 0, -1
MAX_EPOCH = 2**31 - 1


def request(
    partitions: Iterable[int] = (),
    *,
    session: int = 0,
    epoch: int = FULL,
    forget: Iterable[int] = (),
    offset: int = 0,
) -> FetchRequest:
    asks = [FetchPartition(partition=each, fetch_offset=offset) for each in partitions]
    gone = list(forget)
    return FetchRequest(
        session_id=session,
        session_epoch=epoch,
        topics=[FetchTopic(topic="t", partitions=asks)] if asks else [],
        forgotten_topics_data=[ForgottenTopic(topic="t", partitions=gone)] if gone else [],
    )


def cache(max_sessions: int = 10, ids: Iterator[int] | None = None) -> SessionCache:
    numbers = ids or count(1)
    return SessionCache(max_sessions, lambda: next(numbers))


def plan(sessions: SessionCache, asked: FetchRequest, *, ids: bool = False, at: int = 0) -> Plan:
    return sessions.plan(asked, uses_ids=ids, now_ms=at)


def begin(sessions: SessionCache, partitions: Iterable[int], *, at: int = 0) -> int:
    begun = plan(sessions, request(partitions), at=at)
    assert begun.session is not None
    return begun.session.id


def found(
    partition: int, high_watermark: int = 0, *, records: bytes = b"", error: int = 0
) -> PartitionData:
    return PartitionData(partition, error, high_watermark, log_start_offset=0, records=records)


def wanted(asked: Plan) -> list[int]:
    return [each.ask.partition for each in asked.wanted]


def news(asked: Plan, answers: Iterable[PartitionData]) -> list[int]:
    assert asked.session is not None
    pairs = zip(asked.wanted, answers, strict=True)
    return [each.ask.partition for each, _ in asked.session.news(pairs)]


def test_a_full_request_begins_a_session_and_answers_everything() -> None:
    sessions = cache()
    begun = plan(sessions, request([0, 1]))
    assert begun.session is not None
    assert not begun.is_incremental
    assert wanted(begun) == [0, 1]
    assert len(sessions) == 1


def test_an_incremental_request_reads_what_the_session_knows() -> None:
    sessions = cache()
    session = begin(sessions, [0, 1])
    asked = plan(sessions, request(session=session, epoch=1))
    assert asked.is_incremental
    assert wanted(asked) == [0, 1]


def test_an_incremental_request_changes_adds_and_forgets_partitions() -> None:
    sessions = cache()
    session = begin(sessions, [0, 1])
    asked = plan(sessions, request([1, 2], session=session, epoch=1, forget=[0], offset=5))
    assert [(each.ask.partition, each.ask.fetch_offset) for each in asked.wanted] == [
        (1, 5),
        (2, 5),
    ]


def test_only_partitions_with_news_are_answered() -> None:
    sessions = cache()
    session = begin(sessions, [0, 1, 2])
    first = plan(sessions, request(session=session, epoch=1))
    assert news(first, [found(0, 1), found(1, 1), found(2, 1)]) == [0, 1, 2]
    second = plan(sessions, request(session=session, epoch=2))
    assert news(second, [found(0, 1), found(1, 2), found(2, 1, records=b"x")]) == [1, 2]


def test_a_partition_that_gave_records_is_served_last_next_time() -> None:
    sessions = cache()
    session = begin(sessions, [0, 1, 2])
    first = plan(sessions, request(session=session, epoch=1))
    news(first, [found(0, 1, records=b"x"), found(1, 1), found(2, 1)])
    assert wanted(plan(sessions, request(session=session, epoch=2))) == [1, 2, 0]


def test_a_divergence_is_news() -> None:
    each = Wanted("t", bytes(16), FetchPartition(partition=0))
    same = found(0, 1)
    assert each.has_news(same)
    assert not each.has_news(same)
    diverged = found(0, 1)
    diverged.diverging_epoch = EpochEndOffset(epoch=1, end_offset=0)
    assert each.has_news(diverged)


def test_the_first_success_after_an_error_is_news() -> None:
    each = Wanted("t", bytes(16), FetchPartition(partition=0))
    assert each.has_news(found(0, 1))
    assert each.has_news(found(0, 1, error=ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
    assert each.has_news(found(0, 1))
    assert not each.has_news(found(0, 1))


def test_a_bound_that_moved_is_news_once() -> None:
    each = Wanted("t", bytes(16), FetchPartition(partition=0))
    assert each.has_moved(0, 0)
    assert not each.has_moved(0, 0)
    assert each.has_moved(1, 0)
    assert each.has_moved(1, 1)
    assert not each.has_news(found_from(1, 1))
    assert each.has_moved(0, 1)


def found_from(high_watermark: int, log_start_offset: int) -> PartitionData:
    answer = found(0, high_watermark)
    answer.log_start_offset = log_start_offset
    return answer


def test_what_moved_after_an_error_is_news() -> None:
    each = Wanted("t", bytes(16), FetchPartition(partition=0))
    assert each.has_moved(1, 0)
    assert each.has_news(found(0, 1, error=ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
    assert each.has_moved(1, 0)


def test_a_session_is_found_at_the_epoch_that_it_expects() -> None:
    sessions = cache()
    session = begin(sessions, [0])
    expected = sessions.at(session, 1)
    assert expected is not None
    assert expected.id == session
    for epoch in (-1, 0, 2):
        assert sessions.at(session, epoch) is None
    assert sessions.at(session + 1, 1) is None
    plan(sessions, request(session=session, epoch=CLOSE))
    assert sessions.at(session, 1) is None


def test_a_request_that_a_session_is_told_of_counts_as_one_that_was_planned() -> None:
    sessions = cache(max_sessions=1)
    session = begin(sessions, [0])
    expected = sessions.at(session, 1)
    assert expected is not None
    sessions.advance(expected, EVICTION_MS)
    assert sessions.at(session, 1) is None
    assert sessions.at(session, 2) is expected
    assert plan(sessions, request([0]), at=2 * EVICTION_MS - 1).session is None
    assert not plan(sessions, request(session=session, epoch=2), at=EVICTION_MS).error
    expected.epoch = MAX_EPOCH
    sessions.advance(expected, EVICTION_MS)
    assert expected.epoch == 1


def test_the_session_that_was_told_of_a_request_least_recently_makes_room_first() -> None:
    sessions = cache(max_sessions=2)
    first, second = begin(sessions, [0]), begin(sessions, [0])
    known = sessions.at(first, 1)
    assert known is not None
    sessions.advance(known, 1)
    begin(sessions, [0], at=EVICTION_MS + 1)
    assert sessions.at(first, 2) is known
    assert sessions.at(second, 1) is None


@pytest.mark.parametrize("ids", [False, True])
def test_the_only_partition_is_given_where_it_is_read_as_before(ids: bool) -> None:
    sessions = cache()
    begun = plan(sessions, request([3]), ids=ids).session
    assert begun is not None
    only = begun.only_partition(ids, 0)
    assert only is not None
    assert only.ask.partition == 3
    assert begun.only_partition(not ids, 0) is None
    assert begun.only_partition(ids, 1) is None
    plan(sessions, request([4], session=begun.id, epoch=1), ids=ids)
    assert begun.only_partition(ids, 0) is None
    plan(sessions, request(session=begun.id, epoch=2, forget=[3]), ids=ids)
    left = begun.only_partition(ids, 0)
    assert left is not None
    assert left.ask.partition == 4
    plan(sessions, request(session=begun.id, epoch=3, forget=[4]), ids=ids)
    assert begun.only_partition(ids, 0) is None


@pytest.mark.parametrize("epoch", [2, -2, MAX_EPOCH])
def test_a_wrong_epoch_is_refused_and_leaves_the_session_as_it_was(epoch: int) -> None:
    sessions = cache()
    session = begin(sessions, [0])
    refused = plan(sessions, request([1], session=session, epoch=epoch))
    assert refused.error == ErrorCode.INVALID_FETCH_SESSION_EPOCH
    assert wanted(plan(sessions, request(session=session, epoch=1))) == [0]


@pytest.mark.parametrize("session", [0, 99, -1])
def test_an_unknown_session_is_refused(session: int) -> None:
    refused = plan(cache(), request(session=session, epoch=1))
    assert refused.error == ErrorCode.FETCH_SESSION_ID_NOT_FOUND


def test_a_session_stays_with_names_or_with_ids() -> None:
    sessions = cache()
    session = begin(sessions, [0])
    refused = plan(sessions, request(session=session, epoch=1), ids=True)
    assert refused.error == ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR


def test_the_epoch_wraps_to_one() -> None:
    sessions = cache()
    begun = plan(sessions, request([0]))
    assert begun.session is not None
    begun.session.epoch = MAX_EPOCH
    assert not plan(sessions, request(session=begun.session.id, epoch=MAX_EPOCH)).error
    assert not plan(sessions, request(session=begun.session.id, epoch=1)).error


def test_the_final_epoch_ends_a_session() -> None:
    sessions = cache()
    session = begin(sessions, [0])
    ended = plan(sessions, request([0], session=session, epoch=CLOSE))
    assert ended.session is None
    assert wanted(ended) == [0]
    assert len(sessions) == 0


def test_a_full_request_replaces_the_session_that_it_names() -> None:
    sessions = cache()
    first = begin(sessions, [0])
    second = plan(sessions, request([1], session=first)).session
    assert second is not None
    assert second.id != first
    assert len(sessions) == 1


def test_a_request_for_nothing_begins_no_session() -> None:
    sessions = cache()
    assert plan(sessions, request()).session is None
    assert len(sessions) == 0


def test_a_full_cache_gives_no_session_until_one_is_old_enough() -> None:
    sessions = cache(max_sessions=1)
    first = begin(sessions, [0], at=0)
    assert plan(sessions, request([0]), at=EVICTION_MS - 1).session is None
    assert plan(sessions, request([0]), at=EVICTION_MS).session is not None
    assert plan(sessions, request(session=first, epoch=1)).error


def test_a_session_in_use_is_not_evicted() -> None:
    sessions = cache(max_sessions=2)
    first = begin(sessions, [0], at=0)
    second = begin(sessions, [0], at=1)
    plan(sessions, request(session=first, epoch=1), at=EVICTION_MS)
    begin(sessions, [0], at=EVICTION_MS + 1)
    assert plan(sessions, request(session=second, epoch=1)).error
    assert not plan(sessions, request(session=first, epoch=2)).error


def test_session_ids_are_not_zero_and_not_in_use() -> None:
    sessions = cache(ids=iter([0, 5, 5, 0, 6]))
    assert [begin(sessions, [0]), begin(sessions, [0])] == [5, 6]


class Client(RuleBasedStateMachine):
    """A consumer that sees only incremental answers, and a log that changes under it."""

    @initialize()
    def connect(self) -> None:
        self.sessions = cache()
        self.high_watermarks = dict.fromkeys(range(4), 0)
        self.errors: dict[int, int] = {}
        self.known: dict[int, tuple[int, int]] = {}
        self.interest: set[int] = {0}
        self.session = begin(self.sessions, self.interest)
        self.epoch = 1
        self.is_current = False

    @rule(partition=st.integers(0, 3))
    def append(self, partition: int) -> None:
        self.high_watermarks[partition] += 1
        self.is_current = False

    @rule(partition=st.integers(0, 3), error=st.sampled_from([0, 3, 6]))
    def fail(self, partition: int, error: int) -> None:
        self.errors[partition] = error
        self.is_current = False

    @rule(add=st.sets(st.integers(0, 3), max_size=3), forget=st.sets(st.integers(0, 3), max_size=3))
    def fetch(self, add: set[int], forget: set[int]) -> None:
        forget = forget - add
        asked = plan(
            self.sessions, request(add, session=self.session, epoch=self.epoch, forget=forget)
        )
        assert not asked.error
        assert asked.session is not None
        self.epoch += 1
        self.interest = (self.interest | add) - forget
        for partition in forget:
            self.known.pop(partition, None)
        answers = [(each, self.state_of(each.ask.partition)) for each in asked.wanted]
        for each, answer in asked.session.news(answers):
            self.known[each.ask.partition] = (answer.error_code, answer.high_watermark)
        self.is_current = True

    def state_of(self, partition: int) -> PartitionData:
        error = self.errors.get(partition, 0)
        return found(partition, -1 if error else self.high_watermarks[partition], error=error)

    @invariant()
    def the_client_knows_everything(self) -> None:
        if self.is_current:
            states = {each: self.state_of(each) for each in self.interest}
            expected = {
                each: (state.error_code, state.high_watermark) for each, state in states.items()
            }
            assert self.known == expected


class TestClient(Client.TestCase):
    settings = settings(max_examples=50, stateful_step_count=30, deadline=None)


def test_a_partition_is_known_by_its_topic_s_name_and_id() -> None:
    key: PartitionKey = Wanted("t", bytes(16), FetchPartition(partition=3)).key
    assert key == ("t", bytes(16), 3)
