"""Members of a group, and what each of them gets."""

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dialect import create_topic
from harness import player
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
    # A leader that shared out a topic before it knew it looks again after the metadata's age.
    fast = {"session_timeout_ms": 6000, "heartbeat_interval_ms": 300, "metadata_max_age_ms": 3000}
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


def poll(readers: list[KafkaConsumer]) -> None:
    """Poll side by side: a join that a short poll cuts off begins anew, and all join again."""
    with ThreadPoolExecutor(len(readers)) as threads:
        list(threads.map(lambda reader: reader.poll(timeout_ms=500), readers))


def settle(readers: list[KafkaConsumer], wanted: list[int], *others: player.Member) -> list[int]:
    """Poll until each has as much as is wanted, and give what each has then."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        poll(readers)
        held = [reader.assignment() for reader in readers]
        shares = sorted([*map(len, held), *(other.share for other in others)])
        if shares == wanted and len(set().union(*held)) == sum(map(len, held)):
            return shares
        if time.monotonic() > deadline:
            raise TimeoutError(f"{shares}, not {wanted}, after {TIMEOUT_S} s")


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
        while not all(listener.rebalances for listener in listeners):
            settle(readers, [0, 1, 1])  # it looks like that before the third has joined, too
        return {"shares": settle(readers, [0, 1, 1])}


PLAYS = {
    "groups": groups,
    "killed_member": killed_member,
    "member": another,
    "more_members": more_members,
}
