"""Faults on demand: which requests are hit, and what happens to them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from kafkapy.testing.requests import LoggedRequest
from kafkapy.wire.api import ApiKey
from kafkapy.wire.error_codes import ErrorCode

Predicate = Callable[[Any], bool]
Topics = Callable[[], frozenset[str]]


class Fault:
    """Something that goes wrong, made by `Broker.fault`; a context manager that ends it.

    `hits` counts the requests that it has met.
    """

    def __init__(
        self,
        faults: Faults,
        *,
        api: ApiKey | None,
        error: ErrorCode | None,
        delay_s: float,
        drop: bool,
        disconnect: bool,
        after: bool,
        times: int | None,
        client_id: str | None,
        topic: str | None,
        when: Predicate | None,
    ) -> None:
        self.error = error
        self.delay_s = delay_s
        self.drop = drop
        self.disconnect = disconnect
        self.after = after
        self.hits = 0
        self._faults = faults
        self._api = api
        self._times = times
        self._client_id = client_id
        self._topic = topic
        self._when = when

    @property
    def only_delays(self) -> bool:
        """Whether the request is answered as ever, if late."""
        return self.error is None and not self.drop and not self.disconnect

    def wait(self, times: int = 1, timeout: float = 10.0) -> None:
        """Wait until it has met that many requests. Raises TimeoutError."""
        with self._faults.changed:
            if not self._faults.changed.wait_for(lambda: self.hits >= times, timeout):
                raise TimeoutError(f"{self.hits} of {times} requests came in {timeout} s")

    def clear(self) -> None:
        """End it; requests that it holds back stay so."""
        self._faults.remove(self)

    def __enter__(self) -> Fault:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.clear()

    def matches(self, request: LoggedRequest, topics: Topics) -> bool:
        """Whether it is about this request, whose topics `topics` finds out."""
        return (
            (self._times is None or self.hits < self._times)
            and (self._api is None or request.key == self._api)
            and (self._client_id is None or request.client_id == self._client_id)
            and (self._topic is None or self._topic in topics())
            and (self._when is None or self._when(request.request))
        )


class Faults:
    """All faults of a broker, the oldest first; the first that matches is taken."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let a fault act from now on."""
        with self.changed:
            self._faults.append(fault)

    def remove(self, fault: Fault) -> None:
        """End a fault; the second time does nothing."""
        with self.changed:
            if fault in self._faults:
                self._faults.remove(fault)

    def clear(self) -> None:
        """End all faults."""
        with self.changed:
            self._faults.clear()

    def take(self, request: LoggedRequest, topics: Topics) -> Fault | None:
        """Find the fault that meets a request, and count it."""
        if not self._faults:
            return None
        with self.changed:
            for fault in self._faults:
                if fault.matches(request, topics):
                    fault.hits += 1
                    self.changed.notify_all()
                    return fault
        return None


def parse_error(error: str | ErrorCode) -> ErrorCode:
    """Read the name of an error: `NOT_LEADER_OR_FOLLOWER`. Raises ValueError."""
    try:
        return ErrorCode[error] if isinstance(error, str) else error
    except KeyError:
        raise ValueError(f"Kafka has no error {error!r}") from None
