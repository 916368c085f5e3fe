"""What is refused, and with which error's code."""

from collections.abc import Callable
from typing import Any

from administer import alter
from confluent_kafka import KafkaException
from records import administrator, assigned, consumer, create_topic, producer, read, send


def code_of(ask: Callable[[], Any]) -> dict:
    try:
        ask()
    except KafkaException as error:
        return {"code": error.args[0].code()}
    return {"code": 0}


def too_large(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, max_message_bytes="1000")
    return code_of(lambda: send(producer(bootstrap), name, [{"value": b"x" * 5000}]))


def unknown_topic(bootstrap: str, name: str) -> dict:
    with consumer(bootstrap, name, allow_auto_create_topics=False) as reader:
        reader.subscribe([name])
        return code_of(lambda: read(reader, 1))


def invalid_name(bootstrap: str, name: str) -> dict:
    return code_of(lambda: create_topic(bootstrap, "not a name"))


def bad_config(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    return code_of(lambda: alter(administrator(bootstrap), name, "retention.ms", "soon"))


def out_of_range(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    with assigned(bootstrap, name, 1000, auto_offset_reset="error") as reader:
        return code_of(lambda: read(reader, 1))


PLAYS = {
    "too_large": too_large,
    "unknown_topic": unknown_topic,
    "invalid_name": invalid_name,
    "bad_config": bad_config,
    "out_of_range": out_of_range,
}
