"""Random messages: any declaration filled with values, plausible ones and those at the limits."""

from __future__ import annotations

from random import Random
from typing import Any

from kafkapy.wire.schema import ZERO_UUID, Field, FieldType, Kind, Message, Struct
from tests.fuzzing.records import any_records

TOPICS = ("plain", "compacted", "stamped", "gone")
GROUPS = ("group", "other group")
MEMBERS = ("", "member")
CONFIG_KEYS = ("cleanup.policy", "retention.ms", "compression.type", "min.insync.replicas", "?")
CONFIG_VALUES = ("compact", "delete", "gzip", "-1", "1", "9223372036854775807", "")
PROTOCOLS = ("consumer", "range", "connect")
SOFTWARE = ("fuzzer", "1.0", "!")

_ODD_STRINGS = ("", "ä", "a" * 250, "\0", "..", "😀" * 60)
_LONGEST_STRING = 32767
_MAX_COUNT = 3
_BITS = {
    Kind.INT8: 8,
    Kind.INT16: 16,
    Kind.INT32: 32,
    Kind.INT64: 64,
    Kind.UINT16: 16,
    Kind.UINT32: 32,
}
# By a part of a field's name: what such a field holds in requests that work.
_STRINGS_BY_NAME = {
    "group": GROUPS,
    "member": MEMBERS,
    "instance": MEMBERS,
    "protocol": PROTOCOLS,
    "software": SOFTWARE,
    "key": (*GROUPS, *CONFIG_KEYS),
    "value": CONFIG_VALUES,
    "name": (*TOPICS, *CONFIG_KEYS, *PROTOCOLS),
    "topic": TOPICS,
}


class Filler:
    """Fills declarations; `topic_ids` are ids of topics that exist."""

    def __init__(self, random: Random, topic_ids: list[bytes]) -> None:
        self._random = random
        self._topic_ids = topic_ids

    def message(self, message_type: type[Message], version: int) -> Any:
        """Make one message whose fields fit `version`."""
        return self._struct(message_type, version)

    def _struct(self, struct_type: type[Struct], version: int) -> Any:
        made = struct_type()
        for field in struct_type.__fields__:
            if version in field.versions:
                setattr(made, field.name, self._field(field, version))
        return made

    def _field(self, field: Field, version: int) -> Any:
        random = self._random
        if version in field.nullable and random.random() < 0.2:
            return None
        if random.random() < 0.15 and field.initial() is not None:
            return field.initial()
        return self._value(field.name, field.type, version)

    def _value(self, name: str, type_: FieldType, version: int) -> Any:
        random, kind = self._random, type_.kind
        if kind is Kind.ARRAY:
            assert type_.element is not None
            count = random.randint(0, _MAX_COUNT)
            return [self._value(name, type_.element, version) for _ in range(count)]
        if kind is Kind.STRUCT:
            assert type_.struct is not None
            return self._struct(type_.struct, version)
        if kind is Kind.STRING:
            return self._string(name)
        if kind is Kind.UUID:
            return random.choice([*self._topic_ids, ZERO_UUID, random.randbytes(16)])
        if kind is Kind.RECORDS:
            return any_records(random)
        if kind is Kind.BYTES:
            return random.randbytes(random.choice((0, 1, 20)))
        if kind is Kind.BOOLEAN:
            return random.random() < 0.5
        if kind is Kind.FLOAT64:
            return random.choice((0.0, -1.0, 1e300, float("inf")))
        return self._integer(name, kind)

    def _string(self, name: str) -> str:
        random = self._random
        luck = random.random()
        if luck < 0.002:
            return "x" * _LONGEST_STRING
        if luck < 0.1:
            return random.choice(_ODD_STRINGS)
        for part, choices in _STRINGS_BY_NAME.items():
            if part in name:
                return random.choice(choices)
        return random.choice(TOPICS)

    def _integer(self, name: str, kind: Kind) -> int:
        random, bits = self._random, _BITS[kind]
        lowest = 0 if kind in (Kind.UINT16, Kind.UINT32) else -(1 << bits - 1)
        highest = lowest + (1 << bits) - 1
        if random.random() < 0.7:
            likely = random.choice((-1, 0, 0, 1, 1, 2, 3, 100))
            if name.endswith(("_ms", "_bytes")):
                likely = random.choice((0, 1, 100, 30_000, 1 << 20))
            elif name.endswith("resource_type"):
                likely = random.choice((2, 4, 8, 16, 32))
            return max(lowest, min(highest, likely))
        return random.choice((lowest, highest, highest - 1, random.randint(lowest, highest)))
