"""DeleteTopics: delete topics with all that is in them (KIP-4).

Versions: 1 throttle time, 2 throttles after the answer (KIP-219), 3 TOPIC_DELETION_DISABLED,
5 limited rate and error text (KIP-599), 6 topic ids (KIP-516).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int16, int32, string, uuid


class DeleteTopicState(Struct):
    """A topic by name, or by id with a null name."""

    name: str | None = string("6+", nullable="6+", default=None)
    topic_id: bytes = uuid("6+")


class DeleteTopicsRequest(Request, api_key=20, versions="0-6", flexible="4+"):
    """What to delete, and how long to wait for it."""

    topics: list[DeleteTopicState] = array(DeleteTopicState, "6+")
    topic_names: list[str] = array(string, "0-5")
    timeout_ms: int = int32()  # how long to wait until they are gone everywhere


class DeletableTopicResult(Struct):
    """Whether one topic was deleted."""

    name: str | None = string(nullable="6+")  # null: an unknown id was given
    topic_id: bytes = uuid("6+")
    error_code: int = int16()
    error_message: str | None = string("5+", nullable="5+", default=None)


class DeleteTopicsResponse(Response, api_key=20, versions="0-6", flexible="4+"):
    """One result per topic."""

    throttle_time_ms: int = int32("1+")
    responses: list[DeletableTopicResult] = array(DeletableTopicResult)
