"""The records of the cluster metadata log (KIP-500, KIP-631): all that a cluster has agreed on.

Each says what changed; the state of the cluster is all of them replayed in order. Their types,
unlike those of coordinator records, stand in a frame around the value (`metadata_records`).
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Data,
    Struct,
    array,
    boolean,
    bytes_,
    float64,
    int8,
    int16,
    int32,
    int64,
    string,
    uint16,
    uuid,
)


class Endpoint(Struct):
    """Where a node is reached."""

    name: str = string()
    host: str = string()
    port: int = uint16()
    security_protocol: int = int16()


class Feature(Struct):
    """A feature and the range of levels that a node supports."""

    name: str = string()
    min_supported_version: int = int16()
    max_supported_version: int = int16()


class RegisterBrokerRecord(Data, api_key=0, versions="0-4", flexible="0+"):
    """A broker joined, or came back with a new epoch.

    Version 1 adds controlled shutdown (KIP-841), 2 the migration from ZooKeeper (KIP-866), 3 the
    log directories (KIP-858), 4 which of those take no new partitions (KIP-1066).
    """

    broker_id: int = int32()
    is_migrating_zk_broker: bool = boolean("2+")
    incarnation_id: bytes = uuid()
    broker_epoch: int = int64()
    end_points: list[Endpoint] = array(Endpoint)
    features: list[Feature] = array(Feature)
    rack: str | None = string(nullable="0+")
    fenced: bool = boolean(default=True)
    in_controlled_shutdown: bool = boolean("1+")
    log_dirs: list[bytes] = array(uuid, "3+", tag=0)
    # null: the broker has not said yet
    cordoned_log_dirs: list[bytes] | None = array(uuid, "4+", nullable="4+", default=None, tag=1)


class UnregisterBrokerRecord(Data, api_key=1, versions="0", flexible="0+"):
    """A broker was removed for good."""

    broker_id: int = int32()
    broker_epoch: int = int64()


class TopicRecord(Data, api_key=2, versions="0", flexible="0+"):
    """A topic was created; a `PartitionRecord` for each partition follows."""

    name: str = string()
    topic_id: bytes = uuid()


class PartitionRecord(Data, api_key=3, versions="0-2", flexible="0+"):
    """A partition was created, or (in a snapshot) is.

    Version 1 adds the log directories (KIP-858), 2 the eligible leaders (KIP-966).
    """

    partition_id: int = int32(default=-1)
    topic_id: bytes = uuid()
    replicas: list[int] = array(int32)  # the preferred leader first
    isr: list[int] = array(int32)
    removing_replicas: list[int] = array(int32)
    adding_replicas: list[int] = array(int32)
    leader: int = int32(default=-1)  # -1: none
    leader_recovery_state: int = int8(tag=0)  # 1: recovers from an unclean election
    leader_epoch: int = int32(default=-1)
    partition_epoch: int = int32(default=-1)
    directories: list[bytes] = array(uuid, "1+")  # per replica
    eligible_leader_replicas: list[int] | None = array(
        int32, "2+", nullable="2+", default=None, tag=1
    )
    last_known_elr: list[int] | None = array(int32, "2+", nullable="2+", default=None, tag=2)


class ConfigRecord(Data, api_key=4, versions="0", flexible="0+"):
    """A dynamic configuration of a broker or a topic was set or removed."""

    resource_type: int = int8()  # 2 topic, 4 broker, 16 client metrics, 32 group
    resource_name: str = string()  # empty: the default of all brokers
    name: str = string()
    value: str | None = string(nullable="0+")  # null: remove


class PartitionChangeRecord(Data, api_key=5, versions="0-2", flexible="0+"):
    """Some of a partition changed.

    What is left at its default did not. The leader epoch goes up by one when the record names a
    leader, the partition epoch with every record. Versions are those of `PartitionRecord`.
    """

    partition_id: int = int32(default=-1)
    topic_id: bytes = uuid()
    isr: list[int] | None = array(int32, nullable="0+", default=None, tag=0)
    leader: int = int32(default=-2, tag=1)  # -1: none; -2: unchanged
    replicas: list[int] | None = array(int32, nullable="0+", default=None, tag=2)
    removing_replicas: list[int] | None = array(int32, nullable="0+", default=None, tag=3)
    adding_replicas: list[int] | None = array(int32, nullable="0+", default=None, tag=4)
    # -1: unchanged; others as in `PartitionRecord`
    leader_recovery_state: int = int8(default=-1, tag=5)
    directories: list[bytes] | None = array(uuid, "1+", nullable="1+", default=None, tag=8)
    eligible_leader_replicas: list[int] | None = array(
        int32, "2+", nullable="2+", default=None, tag=6
    )
    last_known_elr: list[int] | None = array(int32, "2+", nullable="2+", default=None, tag=7)


class FenceBrokerRecord(Data, api_key=7, versions="0", flexible="0+"):
    """A broker lost its lease; today a `BrokerRegistrationChangeRecord` says so."""

    id: int = int32()
    epoch: int = int64()


class UnfenceBrokerRecord(Data, api_key=8, versions="0", flexible="0+"):
    """A broker is alive again; today a `BrokerRegistrationChangeRecord` says so."""

    id: int = int32()
    epoch: int = int64()


class RemoveTopicRecord(Data, api_key=9, versions="0", flexible="0+"):
    """A topic was deleted, with all its partitions."""

    topic_id: bytes = uuid()


class DelegationTokenRecord(Data, api_key=10, versions="0", flexible="0+"):
    """A delegation token was issued or renewed (KIP-48)."""

    owner: str = string()
    requester: str = string()
    renewers: list[str] = array(string)
    issue_timestamp: int = int64()  # epoch milliseconds, as are the two below
    max_timestamp: int = int64()  # no renewal goes beyond it
    expiration_timestamp: int = int64()
    token_id: str = string()


class UserScramCredentialRecord(Data, api_key=11, versions="0", flexible="0+"):
    """A user got a SCRAM credential of one mechanism (KIP-554, KIP-900)."""

    name: str = string()
    mechanism: int = int8()  # 1 SCRAM-SHA-256, 2 SCRAM-SHA-512
    salt: bytes = bytes_()
    stored_key: bytes = bytes_()
    server_key: bytes = bytes_()
    iterations: int = int32()


class FeatureLevelRecord(Data, api_key=12, versions="0", flexible="0+"):
    """A feature got a level (KIP-584).

    The log starts with the level of `metadata.version`, without which the rest could not be read;
    this record therefore has to stay at version 0.
    """

    name: str = string()
    feature_level: int = int16()  # 0: off


class QuotaEntity(Struct):
    """One part of who a quota is for."""

    entity_type: str = string()  # `user`, `client-id` or `ip`
    entity_name: str | None = string(nullable="0+")  # null: all that have no quota of their own


class ClientQuotaRecord(Data, api_key=14, versions="0", flexible="0+"):
    """A quota of a user, a client id, both, or an address was set or removed (KIP-546)."""

    entity: list[QuotaEntity] = array(QuotaEntity)
    key: str = string()
    value: float = float64()
    remove: bool = boolean()


class ProducerIdsRecord(Data, api_key=15, versions="0", flexible="0+"):
    """A block of producer ids was given to a broker (KIP-730)."""

    broker_id: int = int32()
    broker_epoch: int = int64(default=-1)
    next_producer_id: int = int64()  # first id of the block that will be given next


class BrokerRegistrationChangeRecord(Data, api_key=17, versions="0-3", flexible="0+"):
    """Some of a broker's registration changed.

    Version 1 adds controlled shutdown (KIP-841), 2 log directories (KIP-858), 3 cordoned ones
    (KIP-1066).
    """

    broker_id: int = int32()
    broker_epoch: int = int64()
    fenced: int = int8(tag=0)  # 1: fence; -1: unfence; 0: unchanged
    in_controlled_shutdown: int = int8("1+", tag=1)  # 1: begin; 0: unchanged
    log_dirs: list[bytes] = array(uuid, "2+", tag=2)  # empty: unchanged
    # null: unchanged
    cordoned_log_dirs: list[bytes] | None = array(uuid, "3+", nullable="3+", default=None, tag=3)


class AccessControlEntryRecord(Data, api_key=18, versions="0", flexible="0+"):
    """An ACL was added (KIP-801)."""

    id: bytes = uuid()
    # 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user
    resource_type: int = int8()
    resource_name: str = string()
    pattern_type: int = int8()  # 3 literal, 4 prefixed
    principal: str = string()
    host: str = string()
    operation: int = int8()
    permission_type: int = int8()  # 2 deny, 3 allow


class RemoveAccessControlEntryRecord(Data, api_key=19, versions="0", flexible="0+"):
    """An ACL was removed."""

    id: bytes = uuid()


class NoOpRecord(Data, api_key=20, versions="0", flexible="0+"):
    """Nothing changed; the controller shows that it is alive (KIP-835)."""


class ZkMigrationStateRecord(Data, api_key=21, versions="0", flexible="0+"):
    """How far the migration from ZooKeeper is (KIP-866); over by the time of Kafka 4."""

    zk_migration_state: int = int8()  # 0 none, 1 migrating, 2 about to, 3 done


class RemoveUserScramCredentialRecord(Data, api_key=22, versions="0", flexible="0+"):
    """A user lost the SCRAM credential of one mechanism."""

    name: str = string()
    mechanism: int = int8()  # 1 SCRAM-SHA-256, 2 SCRAM-SHA-512


class BeginTransactionRecord(Data, api_key=23, versions="0", flexible="0+"):
    """The records up to the end or abort that follows apply together (KIP-868)."""

    name: str | None = string(nullable="0+", default=None, tag=0)


class EndTransactionRecord(Data, api_key=24, versions="0", flexible="0+"):
    """The records since the begin apply."""


class AbortTransactionRecord(Data, api_key=25, versions="0", flexible="0+"):
    """The records since the begin are to be forgotten."""

    reason: str | None = string(nullable="0+", default=None, tag=0)


class RemoveDelegationTokenRecord(Data, api_key=26, versions="0", flexible="0+"):
    """A delegation token was revoked or has expired."""

    token_id: str = string()


class RegisterControllerRecord(Data, api_key=27, versions="0", flexible="0+"):
    """A controller joined, or came back (KIP-919)."""

    controller_id: int = int32()
    incarnation_id: bytes = uuid()
    zk_migration_ready: bool = boolean()
    end_points: list[Endpoint] = array(Endpoint)
    features: list[Feature] = array(Feature)


class ClearElrRecord(Data, api_key=28, versions="0", flexible="0+"):
    """The eligible leaders of a topic's partitions, or of all, were forgotten (KIP-966)."""

    topic_name: str = string()  # empty: all topics
