"""Members of a group, and what each of them gets."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaError
from harness import player
from harness.process import eventually
from records import consumer, create_topic

TIMEOUT_S = 45


class Listener:
    """Counts what is given and taken."""

    def __init__(self) -> None:
        self.rebalances = self.revoked = 0

    def on_assign(self, client: Consumer, partitions: list) -> None:
        self.rebalances += 1

    def on_revoke(self, client: Consumer, partitions: list) -> None:
        self.revoked += len(partitions)


@contextmanager
def member(
    bootstrap: str, name: str, listener: Listener | None = None, **options: Any
) -> Iterator[Consumer]:
    """Join the group, which is called like the topic."""
    heard = listener or Listener()
    fast = {"session_timeout_ms": 6000, "heartbeat_interval_ms": 300}
    with consumer(bootstrap, name, **fast, **options) as client:
        client.subscribe([name], on_assign=heard.on_assign, on_revoke=heard.on_revoke)
        yield client


def held(client: Consumer) -> set[int]:
    return {partition.partition for partition in client.assignment()}


def settle(clients: list[Consumer], wanted: list[int], *others: player.Member) -> list[int]:
    """Poll until each has as much as is wanted, and give what each has then."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        for client in clients:
            client.poll(0.05)
        parts = [held(client) for client in clients]
        shares = sorted([*map(len, parts), *(other.share for other in others)])
        if shares == wanted and len(set().union(*parts)) == sum(map(len, parts)):
            return shares
        if time.monotonic() > deadline:
            raise TimeoutError(f"{shares}, not {wanted}, after {TIMEOUT_S} s")


def groups(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 6)
    with ExitStack() as stack:
        clients = [stack.enter_context(member(bootstrap, name)) for _ in range(2)]
        with member(bootstrap, name) as third:
            three = settle([*clients, third], [2, 2, 2])
        return {"three": three, "two": settle(clients, [3, 3])}


def killed_member(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 4)
    with member(bootstrap, name) as client:
        with player.another_member(bootstrap, name) as other:
            together = settle([client], [2, 2], other)
        return {"together": together, "alone": settle([client], [4])}


def another(bootstrap: str, name: str) -> dict:
    """Be the other member: tell how many partitions there are for it, until it is killed."""
    with member(bootstrap, name) as client:
        while True:
            client.poll(0.1)
            player.tell(len(held(client)))


def more_members(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 2)
    listeners = [Listener() for _ in range(3)]
    with ExitStack() as stack:
        clients = [stack.enter_context(member(bootstrap, name, it)) for it in listeners]
        while not all(listener.rebalances for listener in listeners):
            settle(clients, [0, 1, 1])  # it looks like that before the third has joined, too
        return {"shares": settle(clients, [0, 1, 1])}


def static_members(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 4)
    listener = Listener()
    with member(bootstrap, name, listener, group_instance_id="two") as two:
        with member(bootstrap, name, group_instance_id="one") as one:
            settle([one, two], [2, 2])
            before, rebalances = held(one), listener.rebalances
        with member(bootstrap, name, group_instance_id="one") as again:
            settle([again, two], [2, 2])
            return {
                "same partitions": held(again) == before,
                "rebalances of the other": listener.rebalances - rebalances,
                "fenced": fences(bootstrap, name, again),
            }


def fences(bootstrap: str, name: str, first: Consumer) -> bool:
    """Tell whether a second member of a name ends the first."""
    with member(bootstrap, name, group_instance_id="one") as second:

        def told() -> KafkaError | None:
            second.poll(0.1)
            message = first.poll(0.1)
            return message.error() if message else None

        error = eventually(told, "the first is told", TIMEOUT_S)
    return error.code() in (KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID)


def cooperative(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 4)
    options = {"partition_assignment_strategy": "cooperative-sticky"}
    listener = Listener()
    with member(bootstrap, name, listener, **options) as first:
        settle([first], [4])
        with member(bootstrap, name, **options) as second:
            together = settle([first, second], [2, 2])
            return {"revoked": listener.revoked, "together": together}


PLAYS = {
    "groups": groups,
    "killed_member": killed_member,
    "member": another,
    "more_members": more_members,
    "static_members": static_members,
    "cooperative": cooperative,
}
