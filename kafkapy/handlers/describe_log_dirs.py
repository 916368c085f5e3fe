"""DescribeLogDirs v0-5: the data directory, and how many bytes each partition has in it (KIP-113).

- v4: also the size of the volume and what is free on it (KIP-827).
"""

from __future__ import annotations

from collections.abc import Iterable

from kafkapy.server.context import RequestContext
from kafkapy.storage.engine import LogId
from kafkapy.storage.errors import StorageError
from kafkapy.wire.messages.describe_log_dirs import (
    DescribeLogDirsPartition,
    DescribeLogDirsRequest,
    DescribeLogDirsResponse,
    DescribeLogDirsResult,
    DescribeLogDirsTopic,
)


async def handle(
    request: DescribeLogDirsRequest, context: RequestContext
) -> DescribeLogDirsResponse:
    """Describe the one data directory with the partitions asked for, or with all."""
    broker = context.broker
    topics: dict[str, DescribeLogDirsTopic] = {}
    for log in dict.fromkeys(_logs(request, context)):
        try:
            size_bytes = broker.engine.size_bytes(log)
        except StorageError:
            continue
        topic = topics.setdefault(log.topic, DescribeLogDirsTopic(name=log.topic))
        topic.partitions.append(
            DescribeLogDirsPartition(partition_index=log.partition, partition_size=size_bytes)
        )
    total_bytes, usable_bytes = broker.disk.usage()
    return DescribeLogDirsResponse(
        results=[
            DescribeLogDirsResult(
                log_dir=str(broker.disk),
                topics=list(topics.values()),
                total_bytes=total_bytes,
                usable_bytes=usable_bytes,
            )
        ]
    )


def _logs(request: DescribeLogDirsRequest, context: RequestContext) -> Iterable[LogId]:
    image = context.broker.image
    if request.topics is None:
        yield from image.logs()
        return
    for asked in request.topics:
        topic = image.topic(asked.topic)
        for index in asked.partitions if topic else ():
            log = topic.partition(index) if topic else None
            if log is not None:
                yield log
