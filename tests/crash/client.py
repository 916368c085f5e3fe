"""A stock client that says what it does, a line of JSON each: `python -m tests.crash.client ...`.

`produce NAME` writes numbered records until its standard input ends, then waits for all of them;
`read` reads everything from the start on, `read-all` up to the ends that it finds at first.
"""

from __future__ import annotations

import argparse
import json
import selectors
import sys
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    Message,
    Producer,
    TopicPartition,
)

_MOST_IN_FLIGHT = 300
_FLUSH_S = 60.0


def main() -> int:
    """Run until standard input ends; the exit status says whether all was acknowledged."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.client", description=__doc__)
    parser.add_argument("role", choices=("produce", "read", "read-all"))
    parser.add_argument("name")
    parser.add_argument("bootstrap")
    parser.add_argument("topic")
    parser.add_argument("partitions", type=int)
    arguments = parser.parse_args()
    return (_produce if arguments.role == "produce" else _read)(arguments)


def _tell(*words: Any) -> None:
    print(json.dumps(words), flush=True)


def _is_over(selector: selectors.BaseSelector, timeout_s: float) -> bool:
    return bool(selector.select(timeout_s))


def _selector() -> selectors.BaseSelector:
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)
    return selector


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "bootstrap.servers": arguments.bootstrap,
        "client.id": arguments.name,
        "reconnect.backoff.ms": 20,
        "reconnect.backoff.max.ms": 200,
        "log_level": 0,
    }


def _produce(arguments: argparse.Namespace) -> int:
    settings = {
        "enable.idempotence": True,
        "acks": "all",
        "linger.ms": 2,
        "retry.backoff.ms": 20,
        "delivery.timeout.ms": 600_000,
        "socket.timeout.ms": 5_000,
        "error_cb": lambda error: error.fatal() and _tell("fatal", str(error)),
    }
    producer = Producer(_settings(arguments) | settings)
    selector = _selector()
    failures = 0

    def delivered(error: KafkaError | None, message: Message) -> None:
        nonlocal failures
        number = int((message.value() or b"").split()[1])
        if error is None:
            _tell("acked", message.partition(), message.offset(), number)
        else:
            failures += 1
            _tell("failed", message.partition(), number, str(error))

    number = 0
    while not _is_over(selector, 0.002):
        producer.poll(0)
        if len(producer) < _MOST_IN_FLIGHT:
            partition = number % arguments.partitions
            _tell("sent", partition, number)
            value = f"{arguments.name} {number}".encode()
            producer.produce(arguments.topic, value, partition=partition, on_delivery=delivered)
            number += 1
    return bool(producer.flush(_FLUSH_S) or failures)


def _read(arguments: argparse.Namespace) -> int:
    settings = {
        "group.id": arguments.name,
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "fetch.wait.max.ms": 100,
        "fetch.error.backoff.ms": 20,
        "check.crcs": True,
        "enable.partition.eof": arguments.role == "read-all",
    }
    consumer = Consumer(_settings(arguments) | settings)
    places = [
        TopicPartition(arguments.topic, partition, OFFSET_BEGINNING)
        for partition in range(arguments.partitions)
    ]
    consumer.assign(places)
    selector = _selector()
    waiting = {place.partition for place in places}
    while waiting and not _is_over(selector, 0):
        for message in consumer.consume(500, 0.1):
            error = message.error()
            if error is None:
                value = (message.value() or b"").decode(errors="replace")
                _tell("read", message.partition(), message.offset(), value)
            elif error.code() == KafkaError._PARTITION_EOF:
                waiting.discard(message.partition())
            elif error.code() == KafkaError._AUTO_OFFSET_RESET:
                _tell("reset", message.partition(), str(error))
    consumer.close()
    return bool(waiting) and arguments.role == "read-all"


if __name__ == "__main__":
    sys.exit(main())
