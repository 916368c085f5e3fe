"""Records that are told apart by a number: `Data.__api_key__` of the message that they hold."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from kafkapy.wire.errors import WireError
from kafkapy.wire.schema import Data


class UnknownRecordTypeError(WireError):
    """A record of a type that this version does not know."""

    def __init__(self, record_type: int) -> None:
        super().__init__(f"unknown record type {record_type}")
        self.record_type = record_type


def declared_in(module: ModuleType) -> Iterator[type[Data]]:
    """Give the messages that a module declares."""
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Data) and value is not Data:
            yield value
