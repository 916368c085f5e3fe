"""Members of a group, and what each of them gets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from harness import player
from records import consuming, create_topic, eventually

TIMEOUT_S = 45


class Listener(ConsumerRebalanceListener):
    """Counts how often partitions are given."""

    def __init__(self) -> None:
        self.rebalances = 0

    def on_partitions_revoked(self, revoked) -> None:
        """Nothing is to be done before they go."""

    def on_partitions_assigned(self, assigned) -> None:
        self.rebalances += 1


@asynccontextmanager
async def member(
    bootstrap: str, name: str, listener: Listener | None = None, **options: Any
) -> AsyncIterator[AIOKafkaConsumer]:
    """Join the group, which is called like the topic."""
    fast = {"session_timeout_ms": 6000, "heartbeat_interval_ms": 300}
    async with consuming(bootstrap, group_id=name, **fast, **options) as reader:
        reader.subscribe([name], listener=listener)
        yield reader


async def settle(
    readers: list[AIOKafkaConsumer], wanted: list[int], *others: player.Member
) -> list[int]:
    """Wait until each has as much as is wanted, and give what each has then."""

    async def shares() -> list[int]:
        held = [reader.assignment() for reader in readers]
        found = sorted([*map(len, held), *(other.share for other in others)])
        alone = len(set().union(*held)) == sum(map(len, held))
        return found if found == wanted and alone else []

    return await eventually(shares, f"shares of {wanted}", TIMEOUT_S)


async def groups(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name, 6)
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(member(bootstrap, name)) for _ in range(2)]
        async with member(bootstrap, name) as third:
            three = await settle([*readers, third], [2, 2, 2])
        return {"three": three, "two": await settle(readers, [3, 3])}


async def killed_member(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name, 4)
    async with member(bootstrap, name) as reader:
        with player.another_member(bootstrap, name) as other:
            together = await settle([reader], [2, 2], other)
        return {"together": together, "alone": await settle([reader], [4])}


async def another(bootstrap: str, name: str) -> dict:
    """Be the other member: tell how many partitions there are for it, until it is killed."""
    async with member(bootstrap, name) as reader:
        while True:
            await asyncio.sleep(0.1)
            player.tell(len(reader.assignment()))


async def more_members(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name, 2)
    listener = Listener()
    async with (
        member(bootstrap, name) as one,
        member(bootstrap, name) as two,
        member(bootstrap, name, listener) as three,
    ):

        async def joined() -> int:
            return listener.rebalances

        await eventually(joined, "the third has joined")
        return {"shares": await settle([one, two, three], [0, 1, 1])}


async def static_members(bootstrap: str, name: str) -> dict:
    """A member that is fenced here joins again, and fences the other: the client has no error."""
    await create_topic(bootstrap, name, 4)
    listener = Listener()
    async with member(bootstrap, name, listener, group_instance_id="two") as two:
        async with member(bootstrap, name, group_instance_id="one") as one:
            await settle([one, two], [2, 2])
            held, rebalances = one.assignment(), listener.rebalances
        async with member(bootstrap, name, group_instance_id="one") as again:
            await settle([again, two], [2, 2])
            return {
                "same partitions": again.assignment() == held,
                "rebalances of the other": listener.rebalances - rebalances,
            }


PLAYS = {
    "groups": groups,
    "killed_member": killed_member,
    "member": another,
    "more_members": more_members,
    "static_members": static_members,
}
