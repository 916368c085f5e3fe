"""Whether a client's idea of a partition's leader is current (KIP-320)."""

from __future__ import annotations

from kafkapy.storage.engine import Engine, LogId
from kafkapy.wire.error_codes import ErrorCode

_NO_EPOCH = -1


def check_epoch(engine: Engine, log: LogId, current_leader_epoch: int) -> ErrorCode:
    """Compare the epoch that a client believes in with the log's; -1 says it has no idea."""
    if current_leader_epoch == _NO_EPOCH:
        return ErrorCode.NONE
    epoch = engine.leader_epoch(log)
    if current_leader_epoch < epoch:
        return ErrorCode.FENCED_LEADER_EPOCH
    if current_leader_epoch > epoch:
        return ErrorCode.UNKNOWN_LEADER_EPOCH
    return ErrorCode.NONE
