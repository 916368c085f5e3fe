"""Which versions of which APIs each release of Kafka served, so that ours can pass for an old one.

A client negotiates with what ApiVersions says; behind an old release's answer it uses what it would
use there, and does without what was not there yet.

Source: the declarations of messages in Kafka's releases, and its protocol guide. Until 3.9 a row
holds what a broker served with ZooKeeper or with KRaft.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kafkapy.wire.api import ApiKey
from kafkapy.wire.schema import Versions

if TYPE_CHECKING:
    from kafkapy.server.dispatch import Served

RELEASES = (
    *("0.10.0", "0.10.1", "0.10.2", "0.11.0", "1.0", "1.1"),
    *("2.0", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8"),
    *("3.0", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8", "3.9"),
    *("4.0", "4.1", "4.2", "4.3"),
)

# Since when an API was served up to which version: `RELEASE:LAST`, or `RELEASE:FIRST-LAST` where
# the first is not 0. The telemetry APIs, which need a receiver of telemetry, are left out.
_HISTORY: Mapping[ApiKey, str] = {
    ApiKey.PRODUCE: "0.10.0:2 0.11.0:3 1.0:5 2.0:6 2.1:7 2.4:8 2.8:9 3.7:10 3.8:11 4.0:12 4.1:13",
    ApiKey.FETCH: (
        "0.10.0:2 0.10.1:3 0.11.0:5 1.0:6 1.1:7 2.0:8 2.1:10 2.3:11 2.7:12 3.1:13 3.5:15 "
        "3.7:16 3.9:17 4.0:4-17 4.1:4-18"
    ),
    ApiKey.LIST_OFFSETS: (
        "0.10.0:0 0.10.1:1 0.11.0:2 2.0:3 2.1:4 2.2:5 2.8:6 3.0:7 3.5:8 3.9:9 4.0:1-10 4.2:1-11"
    ),
    ApiKey.METADATA: (
        "0.10.0:1 0.10.1:2 0.11.0:4 1.0:5 2.0:6 2.1:7 2.3:8 2.4:9 2.8:11 3.1:12 4.0:13"
    ),
    ApiKey.OFFSET_COMMIT: "0.10.0:2 0.11.0:3 2.0:4 2.1:6 2.3:7 2.4:8 3.7:9 4.0:2-9 4.2:2-10",
    ApiKey.OFFSET_FETCH: "0.10.0:1 0.11.0:3 2.0:4 2.1:5 2.4:6 2.5:7 3.0:8 3.7:9 4.0:1-9 4.2:1-10",
    ApiKey.FIND_COORDINATOR: "0.10.0:0 0.11.0:1 2.0:2 2.4:3 3.0:4 3.8:5 3.9:6",
    ApiKey.JOIN_GROUP: (
        "0.10.0:0 0.10.1:1 0.11.0:2 2.0:3 2.2:4 2.3:5 2.4:6 2.5:7 3.2:9 4.0:2-9 4.1:9"
    ),
    ApiKey.HEARTBEAT: "0.10.0:0 0.11.0:1 2.0:2 2.3:3 2.4:4",
    ApiKey.LEAVE_GROUP: "0.10.0:0 0.11.0:1 2.0:2 2.4:4 3.2:5",
    ApiKey.SYNC_GROUP: "0.10.0:0 0.11.0:1 2.0:2 2.3:3 2.4:4 2.5:5",
    ApiKey.DESCRIBE_GROUPS: "0.10.0:0 0.11.0:1 2.0:2 2.3:3 2.4:5 4.0:6",
    ApiKey.LIST_GROUPS: "0.10.0:0 0.11.0:1 2.0:2 2.4:3 2.6:4 3.8:5",
    ApiKey.SASL_HANDSHAKE: "0.10.0:0 1.0:1",
    ApiKey.API_VERSIONS: "0.10.0:0 0.11.0:1 2.0:2 2.4:3 3.9:4",
    ApiKey.CREATE_TOPICS: "0.10.1:0 0.10.2:1 0.11.0:2 2.0:3 2.4:5 2.7:6 2.8:7 4.0:2-7",
    ApiKey.DELETE_TOPICS: "0.10.1:0 0.11.0:1 2.0:2 2.1:3 2.4:4 2.7:5 2.8:6 4.0:1-6",
    ApiKey.DELETE_RECORDS: "0.11.0:0 2.0:1 2.6:2",
    ApiKey.INIT_PRODUCER_ID: "0.11.0:0 2.0:1 2.4:2 2.5:3 2.7:4 3.8:5",
    ApiKey.OFFSET_FOR_LEADER_EPOCH: "0.11.0:0 2.0:1 2.1:2 2.3:3 2.8:4 4.0:2-4",
    ApiKey.ADD_PARTITIONS_TO_TXN: "0.11.0:0 2.0:1 2.7:2 2.8:3 3.6:4 3.8:5",
    ApiKey.ADD_OFFSETS_TO_TXN: "0.11.0:0 2.0:1 2.7:2 2.8:3 3.8:4",
    ApiKey.END_TXN: "0.11.0:0 2.0:1 2.7:2 2.8:3 3.8:4 4.0:5",
    ApiKey.WRITE_TXN_MARKERS: "0.11.0:0 2.8:1 4.0:1-1 4.2:1-2",
    ApiKey.TXN_OFFSET_COMMIT: "0.11.0:0 2.0:1 2.1:2 2.5:3 3.8:4 4.0:5",
    ApiKey.DESCRIBE_ACLS: "0.11.0:0 2.0:1 2.5:2 3.3:3 4.0:1-3",
    ApiKey.CREATE_ACLS: "0.11.0:0 2.0:1 2.5:2 3.3:3 4.0:1-3",
    ApiKey.DELETE_ACLS: "0.11.0:0 2.0:1 2.5:2 3.3:3 4.0:1-3",
    ApiKey.DESCRIBE_CONFIGS: "0.11.0:0 1.1:1 2.0:2 2.6:3 2.8:4 4.0:1-4",
    ApiKey.ALTER_CONFIGS: "0.11.0:0 2.0:1 2.8:2",
    ApiKey.ALTER_REPLICA_LOG_DIRS: "1.0:0 2.0:1 2.8:2 4.0:1-2",
    ApiKey.DESCRIBE_LOG_DIRS: "1.0:0 2.0:1 2.6:2 3.2:3 3.3:4 4.0:1-4 4.3:1-5",
    ApiKey.SASL_AUTHENTICATE: "1.0:0 2.2:1 2.5:2",
    ApiKey.CREATE_PARTITIONS: "1.0:0 2.0:1 2.5:2 2.7:3",
    ApiKey.CREATE_DELEGATION_TOKEN: "1.1:0 2.0:1 2.4:2 3.3:3 4.0:1-3",
    ApiKey.RENEW_DELEGATION_TOKEN: "1.1:0 2.0:1 2.5:2 4.0:1-2",
    ApiKey.EXPIRE_DELEGATION_TOKEN: "1.1:0 2.0:1 2.5:2 4.0:1-2",
    ApiKey.DESCRIBE_DELEGATION_TOKEN: "1.1:0 2.0:1 2.5:2 3.3:3 4.0:1-3",
    ApiKey.DELETE_GROUPS: "1.1:0 2.0:1 2.4:2",
    ApiKey.ELECT_LEADERS: "2.2:0 2.4:2",
    ApiKey.INCREMENTAL_ALTER_CONFIGS: "2.3:0 2.4:1",
    ApiKey.ALTER_PARTITION_REASSIGNMENTS: "2.4:0 4.1:1",
    ApiKey.LIST_PARTITION_REASSIGNMENTS: "2.4:0",
    ApiKey.OFFSET_DELETE: "2.4:0",
    ApiKey.DESCRIBE_CLIENT_QUOTAS: "2.6:0 2.8:1",
    ApiKey.ALTER_CLIENT_QUOTAS: "2.6:0 2.8:1",
    ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS: "2.7:0",
    ApiKey.ALTER_USER_SCRAM_CREDENTIALS: "2.7:0",
    ApiKey.DESCRIBE_QUORUM: "3.3:1 3.9:2",
    ApiKey.UPDATE_FEATURES: "2.7:0 3.3:1 4.0:2",
    ApiKey.DESCRIBE_CLUSTER: "2.8:0 3.7:1 4.0:2",
    ApiKey.DESCRIBE_PRODUCERS: "2.8:0",
    ApiKey.UNREGISTER_BROKER: "3.3:0",
    ApiKey.DESCRIBE_TRANSACTIONS: "3.0:0",
    ApiKey.LIST_TRANSACTIONS: "3.0:0 3.8:1 4.1:2",
    ApiKey.CONSUMER_GROUP_HEARTBEAT: "3.7:0 4.0:1",
    ApiKey.CONSUMER_GROUP_DESCRIBE: "3.8:0 4.0:1",
    ApiKey.LIST_CONFIG_RESOURCES: "3.7:0 4.1:1",
    ApiKey.DESCRIBE_TOPIC_PARTITIONS: "3.8:0",
    ApiKey.SHARE_GROUP_HEARTBEAT: "4.1:1-1",
    ApiKey.SHARE_GROUP_DESCRIBE: "4.1:1-1",
    ApiKey.SHARE_FETCH: "4.1:1-1 4.2:1-2",
    ApiKey.SHARE_ACKNOWLEDGE: "4.1:1-1 4.2:1-2",
    ApiKey.ADD_RAFT_VOTER: "3.9:0 4.2:1",
    ApiKey.REMOVE_RAFT_VOTER: "3.9:0",
    ApiKey.INITIALIZE_SHARE_GROUP_STATE: "4.1:0",
    ApiKey.READ_SHARE_GROUP_STATE: "4.1:0",
    ApiKey.WRITE_SHARE_GROUP_STATE: "4.1:0 4.2:1",
    ApiKey.DELETE_SHARE_GROUP_STATE: "4.1:0",
    ApiKey.READ_SHARE_GROUP_STATE_SUMMARY: "4.1:0 4.2:1",
    ApiKey.STREAMS_GROUP_HEARTBEAT: "4.2:0",
    ApiKey.STREAMS_GROUP_DESCRIBE: "4.2:0",
    ApiKey.DESCRIBE_SHARE_GROUP_OFFSETS: "4.1:0 4.2:1",
    ApiKey.ALTER_SHARE_GROUP_OFFSETS: "4.1:0",
    ApiKey.DELETE_SHARE_GROUP_OFFSETS: "4.1:0",
}


def parse_release(text: str) -> str:
    """Read the number of a release; of `3.9.1` the first two numbers count. Raises ValueError."""
    numbers = text.split(".")
    count = 3 if numbers[0] == "0" else 2
    release = ".".join([*numbers, "0"][:count])
    if release not in RELEASES or not re.fullmatch(r"[0-9]+(\.[0-9]+){1,3}", text):
        raise ValueError(f"{text!r} is no release of Kafka from {RELEASES[0]} to {RELEASES[-1]}")
    return release


def versions_as_of(release: str) -> dict[ApiKey, Versions]:
    """Give what a release served, by API. Raises ValueError for an unknown release."""
    place = RELEASES.index(parse_release(release))
    found = {}
    for key, history in _HISTORY.items():
        for step in history.split():
            since, _, versions = step.partition(":")
            if RELEASES.index(since) <= place:
                first, dash, last = versions.partition("-")
                found[key] = Versions(int(first), int(last)) if dash else Versions(0, int(first))
    return found


def table_as_of(release: str, table: Mapping[ApiKey, Served]) -> dict[ApiKey, Served]:
    """Leave in a table of APIs what a release served too. Raises ValueError as above."""
    versions = versions_as_of(release)
    common = {}
    for key, served in table.items():
        if key in versions:
            first = max(served.versions.first, versions[key].first)
            last = min(served.versions.last, versions[key].last)
            if first <= last:
                common[key] = served._replace(versions=Versions(first, last))
    return common
