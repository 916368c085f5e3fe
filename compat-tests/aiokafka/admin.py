"""Topics, configs, records and groups as an administrator sees them."""

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import DeleteGroupsRequest
from groups import member, settle
from records import administrator, consuming, create_topic, eventually, stamped


async def alter(admin: AIOKafkaAdminClient, name: str, **configs: str) -> None:
    """Replace all settings of a topic."""
    values = {key.replace("_", "."): value for key, value in configs.items()}
    resource = ConfigResource(ConfigResourceType.TOPIC, name, values)
    (answer,) = await admin.alter_configs([resource])
    ((code, *_),) = answer.resources
    if code:
        raise for_code(code)()


async def topics(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name, 3, retention_ms="60000")
    async with administrator(bootstrap) as admin:

        async def gone() -> bool:
            return name not in await admin.list_topics()

        listed = not await gone()
        (described,) = await admin.describe_topics([name])
        await admin.delete_topics([name])
        return {
            "listed": listed,
            "partitions": len(described["partitions"]),
            "gone": await eventually(gone, "the topic is gone"),
        }


async def partitions(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name, 2)
    async with administrator(bootstrap) as admin:

        async def count() -> int:
            (topic,) = await admin.describe_topics([name])
            return len(topic["partitions"])

        async def grown() -> bool:
            return await count() > before

        before = await count()
        await admin.create_partitions({name: NewPartitions(4)})
        await eventually(grown, "partitions are added")
        return {"before": before, "after": await count()}


async def configs(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name, retention_ms="60000", max_message_bytes="2000")
    async with administrator(bootstrap) as admin:

        async def value(key: str) -> str:
            resource = ConfigResource(ConfigResourceType.TOPIC, name)
            (answer,) = await admin.describe_configs([resource])
            ((_, _, _, _, entries),) = answer.resources
            return {entry[0]: entry[1] for entry in entries}[key]

        async def altered() -> bool:
            return await value("retention.ms") != before

        before = await value("retention.ms")
        await alter(admin, name, retention_ms="120000", max_message_bytes="2000")
        await eventually(altered, "the setting is another")
        return {
            "before": before,
            "after": await value("retention.ms"),
            "max.message.bytes": await value("max.message.bytes"),
        }


async def records(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name)
    await stamped(bootstrap, name, *range(1000, 11000, 1000))
    partition = TopicPartition(name, 0)
    async with administrator(bootstrap) as admin, consuming(bootstrap) as reader:
        await admin.delete_records({partition: RecordsToDelete(before_offset=4)})
        return {
            "first": (await reader.beginning_offsets([partition]))[partition],
            "end": (await reader.end_offsets([partition]))[partition],
        }


async def groups(bootstrap: str, name: str) -> dict:
    await create_topic(bootstrap, name)
    async with administrator(bootstrap) as admin:

        async def state() -> str:
            (answer,) = await admin.describe_consumer_groups([name])
            return answer.groups[0][2]

        async def listed() -> bool:
            return name in {group for group, *_ in await admin.list_consumer_groups()}

        async with member(bootstrap, name) as reader:
            await settle([reader], [1])
            joined = await state()
        seen = {"with a member": joined, "without": await state(), "listed": await listed()}
        await delete_group(bootstrap, name, await admin.find_coordinator(name))
        return {**seen, "gone": not await listed()}


async def delete_group(bootstrap: str, name: str, coordinator: int) -> None:
    """The admin client has no call for it, but the client below it knows the request."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap)
    await client.bootstrap()
    try:
        answer = await client.send(coordinator, DeleteGroupsRequest([name]))
    finally:
        await client.close()
    ((_, code),) = answer.results
    if code:
        raise for_code(code)()


async def cluster(bootstrap: str, name: str) -> dict:
    async with administrator(bootstrap) as admin:
        found = await admin.describe_cluster()
    nodes = [broker["node_id"] for broker in found["brokers"]]
    return {"brokers": len(nodes), "controller": found["controller_id"] in nodes}


PLAYS = {
    "admin_topics": topics,
    "admin_partitions": partitions,
    "admin_configs": configs,
    "admin_records": records,
    "admin_groups": groups,
    "admin_cluster": cluster,
}
