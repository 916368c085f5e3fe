"""Whatever is fetched and happens, the shortcuts answer and remember what the handlers do."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kafkapy.handlers import fetch, produce
from kafkapy.storage.engine import Origin
from kafkapy.wire.messages.fetch import FetchPartition, FetchTopic, ForgottenTopic
from tests.kafkapy.handlers.still_broker import MIB, StillBroker, batch_of, fetches_in, marker, run

LATEST = 18
FULL, CLOSE = 0, -1


class Ask(NamedTuple):
    """A fetch, with what most have by default.

    It goes on with the session that the client knows, or begins one. With `is_foreign` the session
    is the other client's.
    """

    client: int
    topics: list[tuple[str, int, int]]  # name, partition, offset
    version: int
    max_wait_ms: int = 100
    kind: str = "session"
    forgets: bool = False
    is_foreign: bool = False
    epoch_error: int = 0
    min_bytes: int = 1
    max_bytes: int = MIB
    partition_max_bytes: int = MIB
    isolation_level: int = 0
    leader_epoch: int = -1
    last_fetched_epoch: int = -1
    rack_id: str = ""


class Do(NamedTuple):
    """What else happens: to a topic's first partition, or with no topic to the clients."""

    what: str
    topic: str = "one"
    number: int = 0


BATCHES = {
    "append": batch_of(),
    "append three": batch_of(count=3),
    "append much": batch_of(3000),
}

END = -100  # as an offset: where the log ends
limits = st.sampled_from([MIB, MIB, 90, 170, 0, -1])
offsets = st.sampled_from([END, END, END, 0, 1, 2, 3, 8, -1])
places = st.tuples(st.sampled_from(["one", "two", "none"]), st.integers(-1, 2), offsets)
UNUSUAL: dict[str, st.SearchStrategy[Any]] = {
    "topics": st.lists(places, max_size=3),
    "version": st.integers(4, LATEST),
    "kind": st.sampled_from(["full", "close"]),
    "forgets": st.just(True),
    "is_foreign": st.just(True),
    "epoch_error": st.sampled_from([1, -1]),
    "min_bytes": st.sampled_from([0, 2, 1000, -1]),
    "max_bytes": limits,
    "isolation_level": st.integers(0, 2),
    "leader_epoch": st.sampled_from([0, 5]),
    "last_fetched_epoch": st.sampled_from([0, 5]),
    "rack_id": st.just("rack"),
}


@st.composite
def asks(draw: st.DrawFn, version: int) -> Ask:
    """Half of them are as a consumer's; the others are unusual in one way, or two."""
    client = draw(st.integers(0, 1))
    ask = Ask(
        client,
        draw(st.just([]) | offsets.map(lambda offset: [("one", 0, offset)])),
        version,
        draw(st.sampled_from([100, 100, 500, 0, -1])),
        draw(st.sampled_from(["session", "session", "session", "none"])),
        partition_max_bytes=draw(limits),
        isolation_level=client,
    )
    unusual = draw(st.sampled_from([0, 0, 0, 1, 1, 2]))
    for name in draw(st.permutations(list(UNUSUAL)))[:unusual]:
        ask = ask._replace(**{name: draw(UNUSUAL[name])})
    return ask


doings = st.builds(
    Do,
    st.sampled_from(
        [
            *[*BATCHES, "produce", "produce twice"] * 3,
            *["append to a transaction", "commit", "abort"] * 2,
            "delete records",
            "delete the topic",
            "create the topic",
            "pass time",
            "pass time",
            "hang up",
        ]
    ),
    st.sampled_from(["one", "one", "one", "two"]),
    st.integers(0, 3),
)


@st.composite
def plays(draw: st.DrawFn) -> list[Ask | Do]:
    """Things that happen after both clients have begun a session. The second reads committed."""
    version = draw(st.sampled_from([7, 9, 11, 12, 12, 13, 18, 18]))
    begins = [
        Ask(client, [("one", 0, END)], version, 0, isolation_level=client) for client in (0, 1)
    ]
    happens = st.one_of(asks(version), asks(version), doings)
    before = [Do("append")] * draw(st.integers(0, 3))
    return [*before, *begins, *draw(st.lists(happens, min_size=5, max_size=25))]


class Play:
    """Lets everything happen, and notes all that can be seen of it."""

    def __init__(self, broker: StillBroker) -> None:
        self.broker = broker
        self.clients = [broker.connect("first"), broker.connect("second")]
        self.sessions = [(0, 0), (0, 0)]  # id and epoch, as the clients know them
        self.waits_in: list[set[int]] = [set(), set()]  # sessions
        self.versions: list[list[int]] = [[], []]  # of what has not been answered
        self.producer = broker.connect("producer")
        self.seen: list[Any] = []

    async def __call__(self, steps: list[Ask | Do]) -> list[Any]:
        for step in steps:
            if isinstance(step, Ask):
                self.ask(step)
            else:
                await self.do(step)
            await self.broker.turns()
            self.note()
        return self.seen

    def ask(self, ask: Ask) -> None:
        has_session = ask.version >= 7 and ask.kind != "none"
        of = ask.client ^ ask.is_foreign
        session, epoch = self.sessions[of] if has_session else (0, CLOSE)
        if session and session in self.waits_in[1 - ask.client]:
            return  # of two that wait with one session, the handler wakes only one
        self.waits_in[ask.client].add(session)
        if ask.kind == "full" or (has_session and not session):
            epoch = FULL
        elif ask.kind == "close":
            epoch = CLOSE
        elif has_session:
            epoch += ask.epoch_error
            self.sessions[ask.client] = session, epoch + 1
        if epoch == FULL and self.clients[ask.client].is_waiting:
            return  # who of several that are woken together begins first decides on its id
        where = ask.topics if ask.topics or session else [("one", 0, END)]
        request = self.broker.fetch(
            topics=[self.topic(ask, *each) for each in where],
            session_id=session,
            session_epoch=epoch if ask.version >= 7 else CLOSE,
            max_wait_ms=ask.max_wait_ms,
            min_bytes=ask.min_bytes,
            max_bytes=ask.max_bytes,
            isolation_level=ask.isolation_level,
            rack_id=ask.rack_id if ask.version >= 11 else "",
        )
        if ask.forgets and ask.version >= 7:
            gone = ForgottenTopic("one", self.broker.topic_id("one"), [0])
            request.forgotten_topics_data = [gone]
        self.versions[ask.client].append(ask.version)
        self.clients[ask.client].send((request, ask.version))

    def topic(self, ask: Ask, name: str, partition: int, offset: int) -> FetchTopic:
        inner = self.broker.broker
        topic = inner.image.topic(name)
        if offset == END:
            log = topic.partition(partition) if topic else None
            offset = inner.engine.bounds(log).high_watermark if log else 0
        wanted = FetchPartition(
            partition=partition,
            fetch_offset=offset,
            partition_max_bytes=ask.partition_max_bytes,
            current_leader_epoch=ask.leader_epoch if ask.version >= 9 else -1,
            last_fetched_epoch=ask.last_fetched_epoch if ask.version >= 12 else -1,
        )
        return FetchTopic(name, self.broker.topic_id(name), [wanted])

    async def do(self, step: Do) -> None:
        inner = self.broker.broker
        topic = inner.image.topic(step.topic)
        if step.what == "pass time":
            await self.broker.advance((1, 100, 500, 130_000)[step.number])
        elif step.what == "hang up":
            who = step.number % 2
            if self.clients[who].is_waiting:
                # What the handler had read by then is not told again.
                self.sessions = [(0, 0), (0, 0)]
            self.clients[who].hang_up()
            self.clients[who] = self.broker.connect(("first", "second")[who] + str(len(self.seen)))
            self.versions[who] = []
        elif step.what.startswith("produce"):
            request = self.broker.produce(batch_of(), step.topic)
            version = (3, 9, 12, 13)[step.number]
            self.producer.send(*[(request, version)] * (2 if "twice" in step.what else 1))
        elif topic is None:
            if step.what == "create the topic":
                await self.broker.create(step.topic)
        elif step.what == "delete the topic":
            await inner.controller.delete_topic(topic)
        elif step.what == "delete records":
            log = topic.partitions[0]
            end = inner.engine.bounds(log).high_watermark
            await inner.engine.delete_before(log, min(step.number, end))
        elif step.what in BATCHES:
            await self.broker.append(BATCHES[step.what], topic.partitions[0])
        else:
            await self.transact(step)

    async def transact(self, step: Do) -> None:
        log = self.broker.partition(step.topic)
        known = {each.producer_id: each for each in self.broker.broker.engine.producers(log)}
        state = known.get(step.number)
        is_open = state is not None and state.current_transaction_start >= 0
        if step.what == "append to a transaction":
            sequence = state.last_sequence + 1 if state else 0
            batch = batch_of(
                producer_id=step.number,
                producer_epoch=0,
                base_sequence=sequence,
                is_transactional=True,
            )
            await self.broker.append(batch, log)
        elif is_open:
            await self.broker.append(
                marker(step.number, is_commit=step.what == "commit"), log, Origin.COORDINATOR
            )

    def note(self) -> None:
        """Keep what was answered to whom, and what the sessions know."""
        for who, client in enumerate(self.clients):
            data = client.received()
            self.seen.append((client.name, data, client.is_waiting))
            if not client.is_waiting:
                self.waits_in[who].clear()
            while data:
                size = 4 + int.from_bytes(data[:4], "big")
                version = self.versions[who].pop(0)
                (answer,) = fetches_in(data[:size], version)
                if answer.session_id and answer.session_id != self.sessions[who][0]:
                    self.sessions[who] = answer.session_id, 1
                data = data[size:]
        self.seen.append(self.producer.received())
        self.seen.append(sessions_of(self.broker))


def sessions_of(broker: StillBroker) -> list[Any]:
    """What can be told of each session."""
    return sorted(
        (
            session.id,
            session.epoch,
            session.last_used_ms,
            [
                (each.key, repr(each.ask), each.high_watermark, each.log_start_offset)
                for each in session.partitions.values()
            ],
        )
        for session in broker.broker.fetch_sessions._sessions.values()
    )


def _of_one(*partitions: int, **asked: Any) -> Ask:
    """A request of a session, up to the ends of these partitions of a topic."""
    usual = {"client": 0, "version": 7, "max_wait_ms": 100, "kind": "session", "min_bytes": 1}
    rest = {"forgets": False, "is_foreign": False, "epoch_error": 0, "rack_id": ""}
    limits = {"max_bytes": 1 << 20, "partition_max_bytes": 1 << 20, "isolation_level": 0}
    epochs = {"leader_epoch": -1, "last_fetched_epoch": -1}
    topics = [("one", partition, -100) for partition in partitions]
    return Ask(**{"topics": topics, **usual, **rest, **limits, **epochs, **asked})


_PARTITION_THAT_RESTS = [
    _of_one(0, max_wait_ms=0),
    _of_one(0, max_wait_ms=0, client=1, isolation_level=1),
    Do("append", "one", 0),
    *[_of_one()] * 3,
    _of_one(0, min_bytes=0),
    _of_one(1),
    Do("append", "one", 0),
]


@settings(max_examples=100)
@given(steps=plays())
@example(steps=_PARTITION_THAT_RESTS)
def test_the_shortcut_answers_and_remembers_what_the_handler_does(steps: list[Ask | Do]) -> None:
    with_shortcut = run(lambda broker: Play(broker)(steps), **{"fetch.max.bytes": "4000"})
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(fetch, "shortcut")
        patch.delattr(produce, "shortcut")
        without = run(lambda broker: Play(broker)(steps), **{"fetch.max.bytes": "4000"})
    assert with_shortcut == without
