"""Which APIs there are, in which versions, and where their messages are declared.

`API` is the one table of them. Importing this module imports no message: a request and a response
are looked up when they are first needed, because a client uses a few of the APIs and a broker
should start at once.

Source: Kafka's protocol guide; KIP-35 (ApiVersions), KIP-482 (flexible versions), KIP-511.
"""

from __future__ import annotations

import enum
import functools
import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from kafkapy.wire.errors import UnsupportedVersionError
from kafkapy.wire.schema import Request, Response, Versions, parse_versions


class ApiKey(enum.IntEnum):
    """The number that a request header names its API by."""

    PRODUCE = 0
    FETCH = 1
    LIST_OFFSETS = 2
    METADATA = 3
    OFFSET_COMMIT = 8
    OFFSET_FETCH = 9
    FIND_COORDINATOR = 10
    JOIN_GROUP = 11
    HEARTBEAT = 12
    LEAVE_GROUP = 13
    SYNC_GROUP = 14
    DESCRIBE_GROUPS = 15
    LIST_GROUPS = 16
    SASL_HANDSHAKE = 17
    API_VERSIONS = 18
    CREATE_TOPICS = 19
    DELETE_TOPICS = 20
    DELETE_RECORDS = 21
    INIT_PRODUCER_ID = 22
    OFFSET_FOR_LEADER_EPOCH = 23
    ADD_PARTITIONS_TO_TXN = 24
    ADD_OFFSETS_TO_TXN = 25
    END_TXN = 26
    WRITE_TXN_MARKERS = 27
    TXN_OFFSET_COMMIT = 28
    DESCRIBE_ACLS = 29
    CREATE_ACLS = 30
    DELETE_ACLS = 31
    DESCRIBE_CONFIGS = 32
    ALTER_CONFIGS = 33
    ALTER_REPLICA_LOG_DIRS = 34
    DESCRIBE_LOG_DIRS = 35
    SASL_AUTHENTICATE = 36
    CREATE_PARTITIONS = 37
    CREATE_DELEGATION_TOKEN = 38
    RENEW_DELEGATION_TOKEN = 39
    EXPIRE_DELEGATION_TOKEN = 40
    DESCRIBE_DELEGATION_TOKEN = 41
    DELETE_GROUPS = 42
    ELECT_LEADERS = 43
    INCREMENTAL_ALTER_CONFIGS = 44
    ALTER_PARTITION_REASSIGNMENTS = 45
    LIST_PARTITION_REASSIGNMENTS = 46
    OFFSET_DELETE = 47
    DESCRIBE_CLIENT_QUOTAS = 48
    ALTER_CLIENT_QUOTAS = 49
    DESCRIBE_USER_SCRAM_CREDENTIALS = 50
    ALTER_USER_SCRAM_CREDENTIALS = 51
    DESCRIBE_QUORUM = 55
    UPDATE_FEATURES = 57
    DESCRIBE_CLUSTER = 60
    DESCRIBE_PRODUCERS = 61
    UNREGISTER_BROKER = 64
    DESCRIBE_TRANSACTIONS = 65
    LIST_TRANSACTIONS = 66
    CONSUMER_GROUP_HEARTBEAT = 68
    CONSUMER_GROUP_DESCRIBE = 69
    GET_TELEMETRY_SUBSCRIPTIONS = 71
    PUSH_TELEMETRY = 72
    LIST_CONFIG_RESOURCES = 74
    DESCRIBE_TOPIC_PARTITIONS = 75
    SHARE_GROUP_HEARTBEAT = 76
    SHARE_GROUP_DESCRIBE = 77
    SHARE_FETCH = 78
    SHARE_ACKNOWLEDGE = 79
    ADD_RAFT_VOTER = 80
    REMOVE_RAFT_VOTER = 81
    INITIALIZE_SHARE_GROUP_STATE = 83
    READ_SHARE_GROUP_STATE = 84
    WRITE_SHARE_GROUP_STATE = 85
    DELETE_SHARE_GROUP_STATE = 86
    READ_SHARE_GROUP_STATE_SUMMARY = 87
    STREAMS_GROUP_HEARTBEAT = 88
    STREAMS_GROUP_DESCRIBE = 89
    DESCRIBE_SHARE_GROUP_OFFSETS = 90
    ALTER_SHARE_GROUP_OFFSETS = 91
    DELETE_SHARE_GROUP_OFFSETS = 92


class Api(NamedTuple):
    """One API: what it is called and in which versions its messages exist.

    `versions` are all that can be read and written. `advertised` are those that Kafka 4.3.1 lists
    in ApiVersions: without the versions that Kafka 4.0 dropped (KIP-896) and without unstable
    ones. Produce is listed from 0 all the same, because some clients want that (KAFKA-18659).
    None are listed of the telemetry APIs, unless a receiver of telemetry is configured.
    """

    key: ApiKey
    name: str
    module: str
    versions: Versions
    flexible: Versions
    advertised: Versions

    @property
    def request(self) -> type[Request]:
        """The class of its requests."""
        request: type[Request] = _message(self.module, f"{self.name}Request")
        return request

    @property
    def response(self) -> type[Response]:
        """The class of its responses."""
        response: type[Response] = _message(self.module, f"{self.name}Response")
        return response


@functools.cache
def _message(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"kafkapy.wire.messages.{module}"), name)


def _api(key: ApiKey, versions: str, flexible: str, advertised: str) -> Api:
    return Api(
        key,
        key.name.title().replace("_", ""),
        key.name.lower(),
        parse_versions(versions),
        parse_versions(flexible),
        parse_versions(advertised),
    )


# In order: API, versions, flexible versions, versions that Kafka 4.3.1 advertises.
_APIS = (
    _api(ApiKey.PRODUCE, "0-13", "9+", "0-13"),
    _api(ApiKey.FETCH, "0-18", "12+", "4-18"),
    _api(ApiKey.LIST_OFFSETS, "0-11", "6+", "1-11"),
    _api(ApiKey.METADATA, "0-13", "9+", "0-13"),
    _api(ApiKey.OFFSET_COMMIT, "0-10", "8+", "2-10"),
    _api(ApiKey.OFFSET_FETCH, "0-10", "6+", "1-10"),
    _api(ApiKey.FIND_COORDINATOR, "0-6", "3+", "0-6"),
    _api(ApiKey.JOIN_GROUP, "0-9", "6+", "0-9"),
    _api(ApiKey.HEARTBEAT, "0-4", "4+", "0-4"),
    _api(ApiKey.LEAVE_GROUP, "0-5", "4+", "0-5"),
    _api(ApiKey.SYNC_GROUP, "0-5", "4+", "0-5"),
    _api(ApiKey.DESCRIBE_GROUPS, "0-6", "5+", "0-6"),
    _api(ApiKey.LIST_GROUPS, "0-5", "3+", "0-5"),
    _api(ApiKey.SASL_HANDSHAKE, "0-1", "none", "0-1"),
    _api(ApiKey.API_VERSIONS, "0-4", "3+", "0-4"),
    _api(ApiKey.CREATE_TOPICS, "0-7", "5+", "2-7"),
    _api(ApiKey.DELETE_TOPICS, "0-6", "4+", "1-6"),
    _api(ApiKey.DELETE_RECORDS, "0-2", "2+", "0-2"),
    _api(ApiKey.INIT_PRODUCER_ID, "0-6", "2+", "0-5"),
    _api(ApiKey.OFFSET_FOR_LEADER_EPOCH, "0-4", "4+", "2-4"),
    _api(ApiKey.ADD_PARTITIONS_TO_TXN, "0-5", "3+", "0-5"),
    _api(ApiKey.ADD_OFFSETS_TO_TXN, "0-4", "3+", "0-4"),
    _api(ApiKey.END_TXN, "0-5", "3+", "0-5"),
    _api(ApiKey.WRITE_TXN_MARKERS, "0-2", "1+", "1-2"),
    _api(ApiKey.TXN_OFFSET_COMMIT, "0-5", "3+", "0-5"),
    _api(ApiKey.DESCRIBE_ACLS, "0-3", "2+", "1-3"),
    _api(ApiKey.CREATE_ACLS, "0-3", "2+", "1-3"),
    _api(ApiKey.DELETE_ACLS, "0-3", "2+", "1-3"),
    _api(ApiKey.DESCRIBE_CONFIGS, "0-4", "4+", "1-4"),
    _api(ApiKey.ALTER_CONFIGS, "0-2", "2+", "0-2"),
    _api(ApiKey.ALTER_REPLICA_LOG_DIRS, "0-2", "2+", "1-2"),
    _api(ApiKey.DESCRIBE_LOG_DIRS, "0-5", "2+", "1-5"),
    _api(ApiKey.SASL_AUTHENTICATE, "0-2", "2+", "0-2"),
    _api(ApiKey.CREATE_PARTITIONS, "0-3", "2+", "0-3"),
    _api(ApiKey.CREATE_DELEGATION_TOKEN, "0-3", "2+", "1-3"),
    _api(ApiKey.RENEW_DELEGATION_TOKEN, "0-2", "2+", "1-2"),
    _api(ApiKey.EXPIRE_DELEGATION_TOKEN, "0-2", "2+", "1-2"),
    _api(ApiKey.DESCRIBE_DELEGATION_TOKEN, "0-3", "2+", "1-3"),
    _api(ApiKey.DELETE_GROUPS, "0-2", "2+", "0-2"),
    _api(ApiKey.ELECT_LEADERS, "0-2", "2+", "0-2"),
    _api(ApiKey.INCREMENTAL_ALTER_CONFIGS, "0-1", "1+", "0-1"),
    _api(ApiKey.ALTER_PARTITION_REASSIGNMENTS, "0-1", "0+", "0-1"),
    _api(ApiKey.LIST_PARTITION_REASSIGNMENTS, "0", "0+", "0"),
    _api(ApiKey.OFFSET_DELETE, "0", "none", "0"),
    _api(ApiKey.DESCRIBE_CLIENT_QUOTAS, "0-1", "1+", "0-1"),
    _api(ApiKey.ALTER_CLIENT_QUOTAS, "0-1", "1+", "0-1"),
    _api(ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS, "0", "0+", "0"),
    _api(ApiKey.ALTER_USER_SCRAM_CREDENTIALS, "0", "0+", "0"),
    _api(ApiKey.DESCRIBE_QUORUM, "0-2", "0+", "0-2"),
    _api(ApiKey.UPDATE_FEATURES, "0-2", "0+", "0-2"),
    _api(ApiKey.DESCRIBE_CLUSTER, "0-2", "0+", "0-2"),
    _api(ApiKey.DESCRIBE_PRODUCERS, "0", "0+", "0"),
    _api(ApiKey.UNREGISTER_BROKER, "0", "0+", "0"),
    _api(ApiKey.DESCRIBE_TRANSACTIONS, "0", "0+", "0"),
    _api(ApiKey.LIST_TRANSACTIONS, "0-2", "0+", "0-2"),
    _api(ApiKey.CONSUMER_GROUP_HEARTBEAT, "0-1", "0+", "0-1"),
    _api(ApiKey.CONSUMER_GROUP_DESCRIBE, "0-1", "0+", "0-1"),
    _api(ApiKey.GET_TELEMETRY_SUBSCRIPTIONS, "0", "0+", "none"),
    _api(ApiKey.PUSH_TELEMETRY, "0", "0+", "none"),
    _api(ApiKey.LIST_CONFIG_RESOURCES, "0-1", "0+", "0-1"),
    _api(ApiKey.DESCRIBE_TOPIC_PARTITIONS, "0", "0+", "0"),
    _api(ApiKey.SHARE_GROUP_HEARTBEAT, "1", "0+", "1"),
    _api(ApiKey.SHARE_GROUP_DESCRIBE, "1", "0+", "1"),
    _api(ApiKey.SHARE_FETCH, "1-2", "0+", "1-2"),
    _api(ApiKey.SHARE_ACKNOWLEDGE, "1-2", "0+", "1-2"),
    _api(ApiKey.ADD_RAFT_VOTER, "0-1", "0+", "0-1"),
    _api(ApiKey.REMOVE_RAFT_VOTER, "0", "0+", "0"),
    _api(ApiKey.INITIALIZE_SHARE_GROUP_STATE, "0", "0+", "0"),
    _api(ApiKey.READ_SHARE_GROUP_STATE, "0", "0+", "0"),
    _api(ApiKey.WRITE_SHARE_GROUP_STATE, "0-1", "0+", "0-1"),
    _api(ApiKey.DELETE_SHARE_GROUP_STATE, "0", "0+", "0"),
    _api(ApiKey.READ_SHARE_GROUP_STATE_SUMMARY, "0-1", "0+", "0-1"),
    _api(ApiKey.STREAMS_GROUP_HEARTBEAT, "0", "0+", "0"),
    _api(ApiKey.STREAMS_GROUP_DESCRIBE, "0", "0+", "0"),
    _api(ApiKey.DESCRIBE_SHARE_GROUP_OFFSETS, "0-1", "0+", "0-1"),
    _api(ApiKey.ALTER_SHARE_GROUP_OFFSETS, "0", "0+", "0"),
    _api(ApiKey.DELETE_SHARE_GROUP_OFFSETS, "0", "0+", "0"),
)

API: Mapping[int, Api] = MappingProxyType({api.key: api for api in _APIS})


@functools.lru_cache(maxsize=1024)
def request_header_version(api_key: int, version: int) -> int:
    """Say which header precedes this request: 1 names the client, 2 adds tagged fields.

    A version that is newer than all known ones counts as flexible, so that the correlation id of
    an ApiVersions request from a later client can be read and answered (KIP-511). Raises
    UnsupportedVersionError for an unknown API key.
    """
    return 2 if version in _known(api_key).flexible else 1


def response_header_version(api_key: int, version: int) -> int:
    """Say which header precedes this response: 0 is a correlation id, 1 adds tagged fields.

    ApiVersions always answers with 0: its client does not know yet which versions the broker can
    read, and must be able to find the error code (KIP-511). Raises UnsupportedVersionError for an
    unknown API key.
    """
    if api_key == ApiKey.API_VERSIONS:
        return 0
    return 1 if version in _known(api_key).flexible else 0


def _known(api_key: int) -> Api:
    api = API.get(api_key)
    if api is None:
        raise UnsupportedVersionError(f"there is no API with key {api_key}")
    return api
