"""The settings of one log: Kafka's topic configuration, as far as a log acts on it."""

from __future__ import annotations

import enum
import math
from typing import NamedTuple

import msgspec

NO_LIMIT = 2**63 - 1


class TimestampType(enum.IntEnum):
    """Whose time a record carries: its producer's, or the log's at the append."""

    CREATE_TIME = 0
    LOG_APPEND_TIME = 1


class LogConfig(msgspec.Struct, frozen=True):
    """Kafka's topic keys with their defaults; sizes in bytes, times in milliseconds."""

    segment_bytes: int = 1 << 30
    segment_ms: int = 7 * 24 * 3600 * 1000
    segment_jitter_ms: int = 0
    segment_index_bytes: int = 10 << 20
    index_interval_bytes: int = 4096
    max_message_bytes: int = 1048588
    message_timestamp_type: TimestampType = TimestampType.CREATE_TIME
    message_timestamp_before_max_ms: int = NO_LIMIT
    message_timestamp_after_max_ms: int = 3600 * 1000
    compression_type: str = "producer"
    compression_gzip_level: int = -1
    compression_lz4_level: int = 9
    compression_zstd_level: int = 3
    cleanup_policy: frozenset[str] = frozenset({"delete"})
    retention_ms: int = 7 * 24 * 3600 * 1000
    retention_bytes: int = -1
    delete_retention_ms: int = 24 * 3600 * 1000
    min_compaction_lag_ms: int = 0
    max_compaction_lag_ms: int = NO_LIMIT
    min_cleanable_dirty_ratio: float = 0.5
    file_delete_delay_ms: int = 60000
    flush_messages: int = NO_LIMIT
    flush_ms: int = NO_LIMIT
    max_validated_records: int = 1
    """Up to how many records an uncompressed batch is looked into; -1 for every batch."""

    @property
    def is_compacted(self) -> bool:
        """Whether of each key only the last record is wanted, so that every record needs one."""
        return "compact" in self.cleanup_policy

    @property
    def max_segment_ms(self) -> int:
        """The time after which a segment is rolled: in time to be compacted (KIP-354)."""
        if self.is_compacted and self.max_compaction_lag_ms > 0:
            return min(self.segment_ms, self.max_compaction_lag_ms)
        return self.segment_ms


class CompactionLimits(NamedTuple):
    """What a compaction may use: Kafka's `log.cleaner` keys for its buffer and its speed."""

    map_bytes: int = 128 << 20
    load_factor: float = 0.9
    max_bytes_per_second: float = math.inf
