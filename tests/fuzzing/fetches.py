"""Fetches as consumers send them again and again: of one partition, or in a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple, Protocol

from kafkapy.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from kafkapy.wire.schema import ZERO_UUID

_FIRST_VERSION_WITH_SESSIONS = 7
_BEGIN, _NONE = 0, -1
_MAX_BYTES = 1 << 20


class Session(NamedTuple):
    """A session that the broker has, and the epoch that it expects."""

    id: int
    epoch: int


class Known(Protocol):
    """What consumers know of a broker, by what it has told them."""

    @property
    def present(self) -> Mapping[str, bytes]:
        """The ids of the topics that are there now, by their names."""

    @property
    def sessions(self) -> Sequence[Session]:
        """The sessions that are open, the least recently used first."""

    def end(self, topic: str, partition: int) -> int:
        """The offset at which a partition ends; 0 where there is none."""


def fetch(random: Random, version: int, known: Known) -> FetchRequest:
    """Ask for one partition in a session, or without one; in a session perhaps for none."""
    session = Session(0, _NONE)
    if version >= _FIRST_VERSION_WITH_SESSIONS:
        session = random.choice([session, Session(0, _BEGIN), *known.sessions[-3:]])
    name, topic_id = random.choice(list(known.present.items()) or [("gone", ZERO_UUID)])
    partition = random.choice((0, 0, 0, 1))
    end = known.end(name, partition)
    ask = FetchPartition(
        partition=partition,
        fetch_offset=random.choice((end, end, random.randint(0, end + 1))),
        partition_max_bytes=random.choice((_MAX_BYTES, _MAX_BYTES, 0, 100, -1)),
    )
    names_none = session.id and random.random() < 0.5
    return FetchRequest(
        max_wait_ms=random.choice((0, 100)),
        min_bytes=random.choice((0, 1, 1, 1, 2)),
        max_bytes=_MAX_BYTES,
        isolation_level=random.choice((0, 0, 0, 1)),
        session_id=session.id,
        session_epoch=session.epoch,
        topics=[] if names_none else [FetchTopic(name, topic_id, [ask])],
    )
