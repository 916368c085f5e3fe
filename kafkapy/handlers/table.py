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
    ApiKey.API_VERSIONS: Served(Versions(0, 4), "api_versions"),
    ApiKey.CREATE_TOPICS: Served(Versions(0, 7), "create_topics"),
    ApiKey.DELETE_TOPICS: Served(Versions(0, 6), "delete_topics"),
    ApiKey.INIT_PRODUCER_ID: Served(Versions(0, 5), "init_producer_id"),
    ApiKey.CREATE_PARTITIONS: Served(Versions(0, 3), "create_partitions"),
}
