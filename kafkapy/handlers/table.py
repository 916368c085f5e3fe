"""Which APIs work, and in which versions. ApiVersions is answered from this table."""

from __future__ import annotations

from collections.abc import Mapping

from kafkapy.server.dispatch import Served
from kafkapy.wire.api import ApiKey
from kafkapy.wire.schema import Versions

# Every version of Kafka 4.3 that is stable, and the older ones that Kafka 3.9 still served.
TABLE: Mapping[ApiKey, Served] = {
    ApiKey.PRODUCE: Served(Versions(0, 13), "produce"),
    ApiKey.FETCH: Served(Versions(0, 18), "fetch"),
    ApiKey.LIST_OFFSETS: Served(Versions(0, 11), "list_offsets"),
    ApiKey.METADATA: Served(Versions(0, 13), "metadata"),
    ApiKey.OFFSET_COMMIT: Served(Versions(0, 10), "offset_commit"),
    ApiKey.OFFSET_FETCH: Served(Versions(0, 10), "offset_fetch"),
    ApiKey.FIND_COORDINATOR: Served(Versions(0, 6), "find_coordinator"),
    ApiKey.JOIN_GROUP: Served(Versions(0, 9), "join_group"),
    ApiKey.HEARTBEAT: Served(Versions(0, 4), "heartbeat"),
    ApiKey.LEAVE_GROUP: Served(Versions(0, 5), "leave_group"),
    ApiKey.SYNC_GROUP: Served(Versions(0, 5), "sync_group"),
    ApiKey.DESCRIBE_GROUPS: Served(Versions(0, 6), "describe_groups"),
    ApiKey.LIST_GROUPS: Served(Versions(0, 5), "list_groups"),
    ApiKey.SASL_HANDSHAKE: Served(Versions(0, 1), "sasl_handshake"),
    ApiKey.API_VERSIONS: Served(Versions(0, 4), "api_versions"),
    ApiKey.CREATE_TOPICS: Served(Versions(0, 7), "create_topics"),
    ApiKey.DELETE_TOPICS: Served(Versions(0, 6), "delete_topics"),
    ApiKey.DELETE_RECORDS: Served(Versions(0, 2), "delete_records"),
    ApiKey.INIT_PRODUCER_ID: Served(Versions(0, 5), "init_producer_id"),
    ApiKey.OFFSET_FOR_LEADER_EPOCH: Served(Versions(0, 4), "offset_for_leader_epoch"),
    ApiKey.ADD_PARTITIONS_TO_TXN: Served(Versions(0, 5), "add_partitions_to_txn"),
    ApiKey.ADD_OFFSETS_TO_TXN: Served(Versions(0, 4), "add_offsets_to_txn"),
    ApiKey.END_TXN: Served(Versions(0, 5), "end_txn"),
    ApiKey.WRITE_TXN_MARKERS: Served(Versions(0, 2), "write_txn_markers"),
    ApiKey.TXN_OFFSET_COMMIT: Served(Versions(0, 5), "txn_offset_commit"),
    ApiKey.DESCRIBE_CONFIGS: Served(Versions(0, 4), "describe_configs"),
    ApiKey.ALTER_CONFIGS: Served(Versions(0, 2), "alter_configs"),
    ApiKey.DESCRIBE_LOG_DIRS: Served(Versions(0, 5), "describe_log_dirs"),
    ApiKey.SASL_AUTHENTICATE: Served(Versions(0, 2), "sasl_authenticate"),
    ApiKey.CREATE_PARTITIONS: Served(Versions(0, 3), "create_partitions"),
    ApiKey.DELETE_GROUPS: Served(Versions(0, 2), "delete_groups"),
    ApiKey.INCREMENTAL_ALTER_CONFIGS: Served(Versions(0, 1), "incremental_alter_configs"),
    ApiKey.OFFSET_DELETE: Served(Versions(0, 0), "offset_delete"),
    ApiKey.DESCRIBE_CLUSTER: Served(Versions(0, 2), "describe_cluster"),
    ApiKey.DESCRIBE_PRODUCERS: Served(Versions(0, 0), "describe_producers"),
    ApiKey.DESCRIBE_TRANSACTIONS: Served(Versions(0, 0), "describe_transactions"),
    ApiKey.LIST_TRANSACTIONS: Served(Versions(0, 2), "list_transactions"),
    ApiKey.LIST_CONFIG_RESOURCES: Served(Versions(0, 1), "list_config_resources"),
    ApiKey.DESCRIBE_TOPIC_PARTITIONS: Served(Versions(0, 0), "describe_topic_partitions"),
}
