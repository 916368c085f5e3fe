"""The answer to a request that fails, with the error where a client looks for it.

An answer of Kafka's mirrors its request: it has an entry for each topic, partition, group or
resource that was asked about, and codes in the entries, at the top, or both. The declarations of
the messages tell which, so one walk over both serves nearly all APIs.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from kafkapy.handlers import metadata
from kafkapy.server.context import RequestContext
from kafkapy.server.dispatch import CloseConnectionError
from kafkapy.wire.api import API, ApiKey
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.describe_log_dirs import DescribableLogDirTopic
from kafkapy.wire.messages.describe_topic_partitions import TopicRequest
from kafkapy.wire.messages.fetch import FetchableTopicResponse, FetchResponse, PartitionData
from kafkapy.wire.schema import Field, FieldType, Kind, Request, Response, Struct

# Errors of a topic or partition; where an answer has codes on several levels these belong inside,
# and all others at the top.
_INNER = frozenset(
    {
        ErrorCode.CORRUPT_MESSAGE,
        ErrorCode.FENCED_LEADER_EPOCH,
        ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
        ErrorCode.INCONSISTENT_TOPIC_ID,
        ErrorCode.INVALID_TOPIC_EXCEPTION,
        ErrorCode.KAFKA_STORAGE_ERROR,
        ErrorCode.LEADER_NOT_AVAILABLE,
        ErrorCode.NOT_LEADER_OR_FOLLOWER,
        ErrorCode.OFFSET_METADATA_TOO_LARGE,
        ErrorCode.OFFSET_NOT_AVAILABLE,
        ErrorCode.OFFSET_OUT_OF_RANGE,
        ErrorCode.REPLICA_NOT_AVAILABLE,
        ErrorCode.TOPIC_AUTHORIZATION_FAILED,
        ErrorCode.UNKNOWN_LEADER_EPOCH,
        ErrorCode.UNKNOWN_TOPIC_ID,
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode.UNSTABLE_OFFSET_COMMIT,
    }
)
_OF_FETCH_SESSIONS = frozenset(
    {
        ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
        ErrorCode.INVALID_FETCH_SESSION_EPOCH,
        ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
    }
)
_CODES = frozenset({"error_code", "partition_error_code"})
# What an entry is about; it is repeated in the answer.
_NAMES = frozenset(
    {
        "group_id",
        "group_instance_id",
        "index",
        "member_id",
        "name",
        "partition",
        "partition_index",
        "resource_name",
        "resource_type",
        "topic",
        "topic_id",
        "transactional_id",
    }
)
# What an error leaves unknown, where the declaration has no default that says so.
_UNKNOWN = frozenset({"base_offset", "committed_offset", "low_watermark", "node_id"})


async def error_answer(
    request: Request, key: ApiKey, error: ErrorCode, context: RequestContext
) -> tuple[Response, int]:
    """Give the answer, and the version in which it is to be encoded.

    Raises CloseConnectionError where Kafka tells an error by hanging up.
    """
    version = context.api_version
    asked: Any = request
    if key is ApiKey.PRODUCE and asked.acks == 0:
        raise CloseConnectionError(f"a produce request with acks=0 failed: {error.name}")
    if key is ApiKey.FETCH:
        return _fetch(asked, error, context), version
    if key is ApiKey.METADATA and error is not ErrorCode.REBOOTSTRAP_REQUIRED:
        return await _metadata(asked, error, context), version
    if key is ApiKey.API_VERSIONS and error is ErrorCode.UNSUPPORTED_VERSION:
        version = 0  # KIP-511
    if key is ApiKey.DESCRIBE_TOPIC_PARTITIONS and not asked.topics:
        asked.topics = [TopicRequest(name=name) for name in context.broker.image.topics]
    if key is ApiKey.DESCRIBE_LOG_DIRS:
        asked.topics = [DescribableLogDirTopic()]  # its answer is by directory, and there is one
    response: Any = _mirror(API[key].response, request, error, version)
    if key is ApiKey.DESCRIBE_LOG_DIRS:
        for result in response.results:
            result.log_dir = str(context.broker.disk)
    return response, version


def _mirror(struct: type[Struct], asked: object, error: ErrorCode, version: int) -> Any:
    """Make an answer, or an entry of one, to a request, or to an entry of one."""
    answer: Any = struct()
    fields = {field.name: field for field in struct.__fields__ if version in field.versions}
    for name, field in fields.items():
        if name in _UNKNOWN:
            setattr(answer, name, -1)
        elif name in _NAMES and hasattr(asked, name):
            setattr(answer, name, getattr(asked, name))
        elif getattr(answer, name) is None and version not in field.nullable:
            setattr(answer, name, [] if field.type.kind is Kind.ARRAY else "")
    if not isinstance(asked, Struct):
        _name_by_value(answer, fields, asked)
    code = next((name for name in fields if name in _CODES), None)
    inner = next((each for each in fields.values() if _has_codes(each.type, version)), None)
    if inner is not None and (error in _INNER or code is None):
        entry = inner.type.element
        assert entry is not None
        assert entry.struct is not None
        entries = [_mirror(entry.struct, each, error, version) for each in _asked(asked, version)]
        setattr(answer, inner.name, entries)
        code = None if entries else code
    if code is not None:
        setattr(answer, code, error)
        if "error_message" in fields:
            answer.error_message = error.message
    return answer


def _has_codes(kind: FieldType, version: int) -> bool:
    """Whether a field is an array of entries with an error code, or with such an array in them."""
    if kind.element is None or kind.element.struct is None:
        return False
    fields = [each for each in kind.element.struct.__fields__ if version in each.versions]
    return any(each.name in _CODES or _has_codes(each.type, version) for each in fields)


def _asked(asked: object, version: int) -> list[Any]:
    """Give the entries of a request: the first array of it is what it is about."""
    for field in getattr(asked, "__fields__", ()):
        if field.type.kind is Kind.ARRAY and version in field.versions:
            return getattr(asked, field.name) or []
    return []


def _name_by_value(answer: Any, fields: dict[str, Field], asked: object) -> None:
    """Name an entry that was asked for by its bare name or number."""
    kind = Kind.STRING if isinstance(asked, str) else Kind.INT32
    for name, field in fields.items():
        if field.type.kind is kind and not name.startswith("error_"):
            setattr(answer, name, asked)
            return


def _fetch(asked: Any, error: ErrorCode, context: RequestContext) -> FetchResponse:
    """Fail every partition that a fetch reads, those that only its session knows too."""
    broker, version = context.broker, context.api_version
    if error in _OF_FETCH_SESSIONS:
        return FetchResponse(error_code=error)
    plan = broker.fetch_sessions.plan(
        asked, uses_ids=version >= 13, now_ms=broker.clock.monotonic_ms()
    )
    if plan.error:
        return FetchResponse(error_code=plan.error)
    wanted = list(plan.session.partitions.values()) if plan.session else plan.wanted
    answers = [(each, PartitionData(each.ask.partition, error, -1, records=b"")) for each in wanted]
    if plan.session is not None:
        plan.session.news(answers)
    topics = groupby(answers, key=lambda answer: (answer[0].topic, answer[0].topic_id))
    return FetchResponse(
        session_id=plan.session.id if plan.session else 0,
        responses=[
            FetchableTopicResponse(*topic, [found for _, found in group]) for topic, group in topics
        ],
    )


async def _metadata(asked: Any, error: ErrorCode, context: RequestContext) -> Response:
    """Fail the topics; the brokers are told all the same, as a client needs one."""
    asked.allow_auto_topic_creation = False
    response = await metadata.handle(asked, context)
    for topic in response.topics:
        topic.error_code = error
        topic.partitions = []
    if not response.topics and context.api_version >= 13:
        response.error_code = error
    return response


def topics_of_session(asked: Any, context: RequestContext) -> Iterator[str]:
    """Name the topics that a fetch reads without naming them, because its session knows them."""
    broker = context.broker
    session = broker.fetch_sessions._sessions.get(asked.session_id)
    for wanted in session.partitions.values() if session else ():
        topic = broker.image.topic_by_id(wanted.topic_id)
        yield topic.name if topic else wanted.topic
