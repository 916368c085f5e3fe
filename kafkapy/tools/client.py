"""An admin client that waits no longer than there is hope, with errors in Kafka's words."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection
from confluent_kafka import TopicPartition as ClientPartition
from confluent_kafka.admin import AdminClient, OffsetSpec, TopicDescription

from kafkapy.tools.errors import ToolError, kafka_error

Partition = tuple[str, int]

_POLL_S = 0.02
# The first address of a name may be one where nothing listens (localhost is ::1 and 127.0.0.1), so
# the client is given time to try the others before it is believed that no broker is there.
_GRACE_S = 1.0
_CLIENT_ID = "kafkapy"


class Reachability:
    """Notes what the client reports in the background: whether any broker answers, or why not."""

    def __init__(self) -> None:
        self._down_since_s: float | None = None
        self._reason = ""

    def on_error(self, error: KafkaError) -> None:
        """Take a report, as the client's `error_cb`."""
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._reason = re.sub(r" \(after .*\)$", "", error.str()).replace("/bootstrap:", ":")
        elif self._down_since_s is None:
            self._down_since_s = time.monotonic()

    def check(self) -> None:
        """Raise ToolError when no broker has answered for a while."""
        if self._down_since_s is not None and time.monotonic() - self._down_since_s > _GRACE_S:
            raise ToolError(f"no broker answers: {self._reason}")


def client_config(properties: Mapping[str, str], reachability: Reachability) -> dict[str, Any]:
    """Add what every client gets; its log is quiet unless `debug` is asked for."""
    log_level = 7 if "debug" in properties else 0
    defaults = {"client.id": _CLIENT_ID, "log_level": log_level}
    return {**defaults, **properties, "error_cb": reachability.on_error}


class Admin:
    """The client's admin API with futures waited for.

    Methods raise ToolError where no broker answers, KafkaException where one refuses.
    """

    def __init__(self, properties: Mapping[str, str]) -> None:
        self._reachability = Reachability()
        self.client = AdminClient(client_config(properties, self._reachability))

    def result(self, future: Future[Any]) -> Any:
        """Wait for a result."""
        while True:
            try:
                return future.result(_POLL_S)
            except TimeoutError:
                self.client.poll(0)
                self._reachability.check()

    def failures(self, futures: Mapping[Any, Future[Any]]) -> dict[str, KafkaError]:
        """Wait for all; gives the errors by name."""
        failed: dict[str, KafkaError] = {}
        for name, future in futures.items():
            try:
                self.result(future)
            except KafkaException as error:
                failed[str(name)] = error.args[0]
        return failed

    def topic_names(self) -> list[str]:
        """Give the names of all topics, sorted."""
        self.result(self.client.describe_cluster())  # list_topics itself would wait for long
        return sorted(self.client.list_topics().topics)

    def topics(self, names: Sequence[str]) -> list[TopicDescription]:
        """Describe topics in this order."""
        if not names:
            return []
        futures = self.client.describe_topics(TopicCollection(list(names)))
        return [named(self.result, name, futures[name]) for name in names]

    def partitions(self, chosen: Mapping[str, list[int] | None]) -> list[Partition]:
        """Give the partitions of topics, in order; None stands for all that there are."""
        described = {topic.name: topic for topic in self.topics(list(chosen))}
        found: list[Partition] = []
        for topic, numbers in chosen.items():
            there = sorted(partition.id for partition in described[topic].partitions)
            for number in there if numbers is None else sorted(numbers):
                if number not in there:
                    raise ToolError(f"{topic}: UNKNOWN_TOPIC_OR_PARTITION: no partition {number}.")
                found.append((topic, number))
        return found

    def offsets(
        self, partitions: Iterable[Partition], spec: OffsetSpec
    ) -> dict[Partition, tuple[int, int] | None]:
        """Look up an offset with its timestamp (-1: none) in partitions; None without a leader."""
        request = {ClientPartition(*partition): spec for partition in partitions}
        if not request:
            return {}
        futures = self.client.list_offsets(request, isolation_level=IsolationLevel.READ_UNCOMMITTED)
        found: dict[Partition, tuple[int, int] | None] = {}
        for key, future in futures.items():
            try:
                info = self.result(future)
            except KafkaException:
                found[key.topic, key.partition] = None
            else:
                found[key.topic, key.partition] = (info.offset, info.timestamp)
        return found


def named(wait: Any, name: str, future: Future[Any]) -> Any:
    """Wait for a result, and put the name of what was asked before an error."""
    try:
        return wait(future)
    except KafkaException as error:
        raise ToolError(f"{name}: {kafka_error(error)}") from None


def fail_for(failed: Mapping[str, KafkaError]) -> None:
    """Raise ToolError unless there are no failures."""
    if failed:
        raise ToolError(*(f"{name}: {kafka_error(error)}" for name, error in failed.items()))
