"""Members of a group, and what each of them gets."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dialect import create_topic
from harness import player
from harness.process import eventually
from kafka import ConsumerRebalanceListener, KafkaConsumer
from records import consumer

TIMEOUT_S = 45


class Listener(ConsumerRebalanceListener):
    """Counts what is given and taken."""

    def __init__(self) -> None:
        self.rebalances = self.revoked = 0

    def on_partitions_revoked(self, revoked) -> None:
        self.revoked += len(revoked)

    def on_partitions_assigned(self, assigned) -> None:
        self.rebalances += 1


def member(
    bootstrap: str, name: str, listener: Listener | None = None, **options: Any
) -> KafkaConsumer:
    """Join the group, which is called like the topic."""
    fast = {"session_timeout_ms": 6000, "heartbeat_interval_ms": 300}
    reader = consumer(bootstrap, group_id=name, **fast, **options)
    reader.partitions_for_topic(name)
    reader.subscribe([name], listener=listener)
    return reader


@contextlib.contextmanager
def members(bootstrap: str, name: str, *listeners: Listener) -> Iterator[list[KafkaConsumer]]:
    found = [member(bootstrap, name, listener) for listener in listeners]
    try:
        yield found
    finally:
        for reader in found:
            reader.close()


@contextlib.contextmanager
def polling(readers: list[KafkaConsumer]) -> Iterator[None]:
    """Poll each in a thread of its own: one that joins waits for the others to join again."""
    settled = threading.Event()

    def poll(reader: KafkaConsumer) -> None:
        while not settled.is_set():
            reader.poll(timeout_ms=500)

    with ThreadPoolExecutor(len(readers)) as threads:
        polls = [threads.submit(poll, reader) for reader in readers]
        try:
            yield
        finally:
            settled.set()
    for done in polls:
        done.result()


def settle(
    readers: list[KafkaConsumer],
    wanted: list[int],
    *others: player.Member,
    joining: Sequence[Listener] = (),
) -> list[int]:
    """Poll until each has as much as is wanted, and all are in; give what each has then."""

    def shares() -> list[int]:
        held = [reader.assignment() for reader in readers]
        found = sorted([*map(len, held), *(other.share for other in others)])
        alone = len(set().union(*held)) == sum(map(len, held))
        joined = all(listener.rebalances for listener in joining)
        return found if found == wanted and alone and joined else []

    with polling(readers):
        return eventually(shares, f"shares of {wanted}", TIMEOUT_S)


def groups(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 6)
    with members(bootstrap, name, Listener(), Listener(), Listener()) as readers:
        three = settle(readers, [2, 2, 2])
        readers.pop().close()
        return {"three": three, "two": settle(readers, [3, 3])}


def killed_member(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 4)
    with members(bootstrap, name, Listener()) as readers:
        with player.another_member(bootstrap, name) as other:
            together = settle(readers, [2, 2], other)
        return {"together": together, "alone": settle(readers, [4])}


def another(bootstrap: str, name: str) -> dict:
    """Be the other member: tell how many partitions there are for it, until it is killed."""
    with members(bootstrap, name, Listener()) as (reader,):
        while True:
            reader.poll(timeout_ms=200)
            player.tell(len(reader.assignment()))


def more_members(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 2)
    listeners = [Listener() for _ in range(3)]
    with members(bootstrap, name, *listeners) as readers:
        # It looks like that before the third has joined, too.
        return {"shares": settle(readers, [0, 1, 1], joining=listeners)}


PLAYS = {
    "groups": groups,
    "killed_member": killed_member,
    "member": another,
    "more_members": more_members,
}
