"""How the broker's own topics are made: Kafka's settings for each."""

from __future__ import annotations

from kafkapy.config.broker import BrokerConfig

_PARTITIONS = {
    "__consumer_offsets": "offsets.topic.num.partitions",
    "__transaction_state": "transaction.state.log.num.partitions",
    "__share_group_state": "share.coordinator.state.topic.num.partitions",
}
_SEGMENT_BYTES = {
    "__consumer_offsets": "offsets.topic.segment.bytes",
    "__transaction_state": "transaction.state.log.segment.bytes",
    "__share_group_state": "share.coordinator.state.topic.segment.bytes",
}


def partition_count_of(name: str, config: BrokerConfig) -> int:
    """Give the partition count of an internal topic."""
    count: int = config[_PARTITIONS[name]]
    return count


def overrides_of(name: str, config: BrokerConfig) -> dict[str, str]:
    """Give the settings with which an internal topic is created."""
    overrides = {
        "cleanup.policy": "compact",
        "compression.type": "producer",
        "segment.bytes": str(config[_SEGMENT_BYTES[name]]),
    }
    if name == "__transaction_state":
        overrides["compression.type"] = "uncompressed"
        overrides["min.insync.replicas"] = str(config["transaction.state.log.min.isr"])
        overrides["unclean.leader.election.enable"] = "false"
    elif name == "__share_group_state":
        overrides["cleanup.policy"] = "delete"
        overrides["retention.ms"] = "-1"
        overrides["min.insync.replicas"] = str(config["share.coordinator.state.topic.min.isr"])
    return overrides
