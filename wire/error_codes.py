"""The errors that a response can carry, as of Kafka 4.3.

Source: Kafka's protocol guide, "Error Codes".
"""

from __future__ import annotations

import enum
from typing import Self

_RETRIABLE = True


class ErrorCode(enum.IntEnum):
    """An error code; `-1` is what has no better name, `0` is success.

    `message` is what a client or tool shows when the response has no text of its own.
    `is_retriable` says that stock clients send the same request again, after new metadata or
    a new coordinator where that helps.
    """

    message: str
    is_retriable: bool

    def __new__(cls, code: int, message: str = "", is_retriable: bool = False) -> Self:
        error = int.__new__(cls, code)
        error._value_ = code
        error.message = message
        error.is_retriable = is_retriable
        return error

    UNKNOWN_SERVER_ERROR = -1, "The broker failed in a way that it did not expect."
    NONE = 0, "There was no error."
    OFFSET_OUT_OF_RANGE = 1, "The offset lies before the start or beyond the end of the log."
    CORRUPT_MESSAGE = 2, "A record batch is damaged or badly formed.", _RETRIABLE
    UNKNOWN_TOPIC_OR_PARTITION = 3, "This broker has no such topic or partition.", _RETRIABLE
    INVALID_FETCH_SIZE = 4, "The size to fetch is not valid."
    LEADER_NOT_AVAILABLE = 5, "The partition has no leader at the moment.", _RETRIABLE
    NOT_LEADER_OR_FOLLOWER = (
        6,
        "This broker does not lead the partition, or holds no replica of it.",
        _RETRIABLE,
    )
    REQUEST_TIMED_OUT = 7, "The request was not completed within its time.", _RETRIABLE
    BROKER_NOT_AVAILABLE = 8, "The broker is not there."
    REPLICA_NOT_AVAILABLE = 9, "The replica is not there at the moment.", _RETRIABLE
    MESSAGE_TOO_LARGE = 10, "A record batch is larger than max.message.bytes allows."
    STALE_CONTROLLER_EPOCH = 11, "Another node has become the controller since."
    OFFSET_METADATA_TOO_LARGE = 12, "The metadata string of a committed offset is too long."
    NETWORK_EXCEPTION = 13, "The connection was lost before the response came.", _RETRIABLE
    COORDINATOR_LOAD_IN_PROGRESS = 14, "The coordinator is still reading its state.", _RETRIABLE
    COORDINATOR_NOT_AVAILABLE = 15, "There is no coordinator at the moment.", _RETRIABLE
    NOT_COORDINATOR = 16, "Another broker coordinates this group or transaction.", _RETRIABLE
    INVALID_TOPIC_EXCEPTION = 17, "The topic name is not valid, or the topic is reserved."
    RECORD_LIST_TOO_LARGE = 18, "A record batch is larger than a segment may be."
    NOT_ENOUGH_REPLICAS = (
        19,
        "Fewer replicas are in sync than min.insync.replicas asks for; nothing was written.",
        _RETRIABLE,
    )
    NOT_ENOUGH_REPLICAS_AFTER_APPEND = (
        20,
        "The records were written, but to fewer replicas than min.insync.replicas asks for.",
        _RETRIABLE,
    )
    INVALID_REQUIRED_ACKS = 21, "The value of acks must be 0, 1 or -1."
    ILLEGAL_GENERATION = 22, "The generation is not the one that the group is in."
    INCONSISTENT_GROUP_PROTOCOL = (
        23,
        "The member shares no protocol with the group, or offers none.",
    )
    INVALID_GROUP_ID = 24, "The group id is not valid."
    UNKNOWN_MEMBER_ID = 25, "The group has no member with this id."
    INVALID_SESSION_TIMEOUT = (
        26,
        "The session timeout is not between group.min.session.timeout.ms and "
        "group.max.session.timeout.ms.",
    )
    REBALANCE_IN_PROGRESS = 27, "The group is rebalancing and the member must join again."
    INVALID_COMMIT_OFFSET_SIZE = 28, "The offset to commit takes more space than is allowed."
    TOPIC_AUTHORIZATION_FAILED = 29, "The principal may not do this with the topic."
    GROUP_AUTHORIZATION_FAILED = 30, "The principal may not do this with the group."
    CLUSTER_AUTHORIZATION_FAILED = 31, "The principal may not do this with the cluster."
    INVALID_TIMESTAMP = 32, "The timestamp of a record is too far from the broker's time."
    UNSUPPORTED_SASL_MECHANISM = 33, "The broker does not offer this SASL mechanism."
    ILLEGAL_SASL_STATE = 34, "The request does not fit this step of the authentication."
    UNSUPPORTED_VERSION = 35, "The broker does not support this version of the API."
    TOPIC_ALREADY_EXISTS = 36, "There is a topic of this name already."
    INVALID_PARTITIONS = 37, "The number of partitions is not valid."
    INVALID_REPLICATION_FACTOR = (
        38,
        "The replication factor is below one or above the number of brokers.",
    )
    INVALID_REPLICA_ASSIGNMENT = 39, "The assignment of replicas to brokers is not valid."
    INVALID_CONFIG = 40, "A configuration key or its value is not valid."
    NOT_CONTROLLER = 41, "Another node is the controller.", _RETRIABLE
    INVALID_REQUEST = 42, "The request contradicts itself or the protocol."
    UNSUPPORTED_FOR_MESSAGE_FORMAT = 43, "The topic's record format cannot express this."
    POLICY_VIOLATION = 44, "A policy of the cluster forbids this."
    OUT_OF_ORDER_SEQUENCE_NUMBER = 45, "A sequence number does not follow the one before it."
    DUPLICATE_SEQUENCE_NUMBER = 46, "The sequence number was used before."
    INVALID_PRODUCER_EPOCH = 47, "The producer's epoch is older than the current one."
    INVALID_TXN_STATE = 48, "The transaction is in no state in which this is possible."
    INVALID_PRODUCER_ID_MAPPING = (
        49,
        "The transactional id is unknown or belongs to another producer id.",
    )
    INVALID_TRANSACTION_TIMEOUT = (
        50,
        "The transaction timeout is not positive or above transaction.max.timeout.ms.",
    )
    CONCURRENT_TRANSACTIONS = (
        51,
        "The transaction before, or another step of this one, is not completed yet.",
        _RETRIABLE,
    )
    TRANSACTION_COORDINATOR_FENCED = 52, "A newer transaction coordinator has taken over."
    TRANSACTIONAL_ID_AUTHORIZATION_FAILED = (
        53,
        "The principal may not use this transactional id.",
    )
    SECURITY_DISABLED = 54, "The broker runs without the security feature that this needs."
    OPERATION_NOT_ATTEMPTED = 55, "Nothing was tried, because another part of the request failed."
    KAFKA_STORAGE_ERROR = 56, "The broker could not read or write its log.", _RETRIABLE
    LOG_DIR_NOT_FOUND = 57, "The broker has no such log directory."
    SASL_AUTHENTICATION_FAILED = 58, "The credentials were not accepted."
    UNKNOWN_PRODUCER_ID = 59, "The partition knows nothing, or nothing any more, of the producer."
    REASSIGNMENT_IN_PROGRESS = 60, "The partition is being moved to other brokers."
    DELEGATION_TOKEN_AUTH_DISABLED = 61, "The broker does not offer delegation tokens."
    DELEGATION_TOKEN_NOT_FOUND = 62, "There is no such delegation token."
    DELEGATION_TOKEN_OWNER_MISMATCH = (
        63,
        "The principal neither owns the delegation token nor may renew it.",
    )
    DELEGATION_TOKEN_REQUEST_NOT_ALLOWED = (
        64,
        "Delegation tokens are not given out on such a connection.",
    )
    DELEGATION_TOKEN_AUTHORIZATION_FAILED = (
        65,
        "The principal may not do this with the delegation token.",
    )
    DELEGATION_TOKEN_EXPIRED = 66, "The delegation token has expired."
    INVALID_PRINCIPAL_TYPE = 67, "Principals of this type are not supported."
    NON_EMPTY_GROUP = 68, "The group still has members."
    GROUP_ID_NOT_FOUND = 69, "There is no such group."
    FETCH_SESSION_ID_NOT_FOUND = 70, "The broker has no such fetch session.", _RETRIABLE
    INVALID_FETCH_SESSION_EPOCH = (
        71,
        "The epoch is not the next one of the fetch session.",
        _RETRIABLE,
    )
    LISTENER_NOT_FOUND = (
        72,
        "The leader has no listener of the name that the request came in by.",
        _RETRIABLE,
    )
    TOPIC_DELETION_DISABLED = 73, "Topics cannot be deleted, because delete.topic.enable is false."
    FENCED_LEADER_EPOCH = 74, "The leader epoch is older than the current one.", _RETRIABLE
    UNKNOWN_LEADER_EPOCH = 75, "The leader epoch is newer than any the broker knows.", _RETRIABLE
    UNSUPPORTED_COMPRESSION_TYPE = 76, "The client cannot read the compression of these records."
    STALE_BROKER_EPOCH = 77, "The broker has registered again since."
    OFFSET_NOT_AVAILABLE = (
        78,
        "The new leader does not know the high watermark yet.",
        _RETRIABLE,
    )
    MEMBER_ID_REQUIRED = 79, "The member must join again with the id that it was just given."
    PREFERRED_LEADER_NOT_AVAILABLE = 80, "The preferred leader cannot lead now.", _RETRIABLE
    GROUP_MAX_SIZE_REACHED = 81, "The group has as many members as it may have."
    FENCED_INSTANCE_ID = 82, "Another member has taken over this group.instance.id."
    ELIGIBLE_LEADERS_NOT_AVAILABLE = 83, "No replica is able to lead the partition.", _RETRIABLE
    ELECTION_NOT_NEEDED = 84, "The partition has the leader that it should have.", _RETRIABLE
    NO_REASSIGNMENT_IN_PROGRESS = 85, "The partition is not being moved."
    GROUP_SUBSCRIBED_TO_TOPIC = (
        86,
        "A member of the group subscribes to the topic, so its offsets cannot be deleted.",
    )
    INVALID_RECORD = 87, "A record breaks a rule of the topic or of the record format."
    UNSTABLE_OFFSET_COMMIT = (
        88,
        "Offsets were committed in a transaction that is still open.",
        _RETRIABLE,
    )
    THROTTLING_QUOTA_EXCEEDED = 89, "A quota on such requests is used up.", _RETRIABLE
    PRODUCER_FENCED = 90, "A newer producer has taken over this transactional id."
    RESOURCE_NOT_FOUND = 91, "What the request refers to does not exist."
    DUPLICATE_RESOURCE = 92, "The request names the same thing more than once."
    UNACCEPTABLE_CREDENTIAL = 93, "The credential does not meet the broker's demands."
    INCONSISTENT_VOTER_SET = 94, "The sender or this node is not one of the expected voters."
    INVALID_UPDATE_VERSION = 95, "The feature level cannot be set to this value."
    FEATURE_UPDATE_FAILED = 96, "The broker failed to update the feature levels."
    PRINCIPAL_DESERIALIZATION_FAILURE = (
        97,
        "The principal of a forwarded request could not be read.",
    )
    SNAPSHOT_NOT_FOUND = 98, "There is no such snapshot."
    POSITION_OUT_OF_RANGE = 99, "The position lies outside of the snapshot."
    UNKNOWN_TOPIC_ID = 100, "This broker has no topic with this id.", _RETRIABLE
    DUPLICATE_BROKER_REGISTRATION = 101, "Another broker that is alive has this id."
    BROKER_ID_NOT_REGISTERED = 102, "No broker with this id is registered."
    INCONSISTENT_TOPIC_ID = 103, "The log belongs to a topic with another id.", _RETRIABLE
    INCONSISTENT_CLUSTER_ID = 104, "The request is meant for a cluster with another id."
    TRANSACTIONAL_ID_NOT_FOUND = 105, "There is no such transactional id."
    FETCH_SESSION_TOPIC_ID_ERROR = (
        106,
        "Topic ids and topic names were mixed in one fetch session.",
        _RETRIABLE,
    )
    INELIGIBLE_REPLICA = 107, "A replica that may not be in sync was named as such."
    NEW_LEADER_ELECTED = 108, "The partition was changed and now has another leader."
    OFFSET_MOVED_TO_TIERED_STORAGE = 109, "The offset is only in the remote tier of the log."
    FENCED_MEMBER_EPOCH = (
        110,
        "The member was fenced: it must give up all its partitions and join again.",
    )
    UNRELEASED_INSTANCE_ID = 111, "The member that holds this group.instance.id has not left yet."
    UNSUPPORTED_ASSIGNOR = 112, "The group does not offer this assignor."
    STALE_MEMBER_EPOCH = 113, "The member must learn its new epoch by a heartbeat and try again."
    MISMATCHED_ENDPOINT_TYPE = 114, "The request was meant for the other kind of node."
    UNSUPPORTED_ENDPOINT_TYPE = 115, "There is no support for this kind of endpoint."
    UNKNOWN_CONTROLLER_ID = 116, "No controller with this id is registered."
    UNKNOWN_SUBSCRIPTION_ID = 117, "The telemetry subscription is not valid, or not any more."
    TELEMETRY_TOO_LARGE = 118, "The telemetry is larger than the broker takes."
    INVALID_REGISTRATION = 119, "The controller refuses the registration of this broker."
    TRANSACTION_ABORTABLE = 120, "The transaction failed and can only be aborted."
    INVALID_RECORD_STATE = 121, "The record is in no state in which it could be acknowledged."
    SHARE_SESSION_NOT_FOUND = 122, "The broker has no such share session.", _RETRIABLE
    INVALID_SHARE_SESSION_EPOCH = (
        123,
        "The epoch is not the next one of the share session.",
        _RETRIABLE,
    )
    FENCED_STATE_EPOCH = 124, "The state epoch of the share-partition is not the current one."
    INVALID_VOTER_KEY = 125, "The voter key is not that of this replica."
    DUPLICATE_VOTER = 126, "The node is a voter already."
    VOTER_NOT_FOUND = 127, "The node is not a voter."
    INVALID_REGULAR_EXPRESSION = 128, "The broker cannot make sense of the regular expression."
    REBOOTSTRAP_REQUIRED = 129, "The client must start over from its bootstrap servers."
    STREAMS_INVALID_TOPOLOGY = 130, "The topology contradicts itself or cannot be run."
    STREAMS_INVALID_TOPOLOGY_EPOCH = 131, "The topology epoch is not valid."
    STREAMS_TOPOLOGY_FENCED = 132, "The group runs a newer topology."
    SHARE_SESSION_LIMIT_REACHED = (
        133,
        "The broker has as many share sessions as it may have.",
        _RETRIABLE,
    )
