"""FindCoordinator: ask which broker looks after a group, a transactional id or a share partition.

Versions: 1 transactional ids and error text, 2 throttles after the answer (KIP-219), 4 several keys
(KIP-699), 5 TRANSACTION_ABORTABLE (KIP-890), 6 share partitions (KIP-932).
"""

from __future__ import annotations

from kafkapy.wire.schema import Request, Response, Struct, array, int8, int16, int32, string


class FindCoordinatorRequest(Request, api_key=10, versions="0-6", flexible="3+"):
    """The keys in question: one before version 4."""

    key: str = string("0-3")
    # 0: group, 1: transactional id, 2: `group:topic id:partition` of a share group
    key_type: int = int8("1+")
    coordinator_keys: list[str] = array(string, "4+")


class Coordinator(Struct):
    """The broker for one key."""

    key: str = string("4+")
    node_id: int = int32("4+")  # -1 on error
    host: str = string("4+")
    port: int = int32("4+")
    error_code: int = int16("4+")
    error_message: str | None = string("4+", nullable="4+")


class FindCoordinatorResponse(Response, api_key=10, versions="0-6", flexible="3+"):
    """One broker, or from version 4 on one per key."""

    throttle_time_ms: int = int32("1+")
    error_code: int = int16("0-3")
    error_message: str | None = string("1-3", nullable="1-3")
    node_id: int = int32("0-3")  # -1 on error
    host: str = string("0-3")
    port: int = int32("0-3")
    coordinators: list[Coordinator] = array(Coordinator, "4+")
