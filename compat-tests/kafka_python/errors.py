"""What is refused, and with which error's code."""

from collections.abc import Callable
from typing import Any

from admin import administrator, alter
from dialect import create_topic
from kafka import TopicPartition
from kafka.errors import KafkaError
from records import assigned, read


def code_of(ask: Callable[[], Any]) -> dict:
    try:
        ask()
    except KafkaError as error:
        return {"code": error.errno}
    return {"code": 0}


def unknown_topic(bootstrap: str, name: str) -> dict:
    with administrator(bootstrap) as admin:
        return code_of(lambda: admin.delete_topics([name]))


def invalid_name(bootstrap: str, name: str) -> dict:
    return code_of(lambda: create_topic(bootstrap, "not a name"))


def bad_config(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    with administrator(bootstrap) as admin:
        return code_of(lambda: alter(admin, name, retention_ms="soon"))


def out_of_range(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name)
    with assigned(bootstrap, name, auto_offset_reset="none") as reader:
        reader.seek(TopicPartition(name, 0), 1000)
        return code_of(lambda: read(reader, 1))


PLAYS = {
    "unknown_topic": unknown_topic,
    "invalid_name": invalid_name,
    "bad_config": bad_config,
    "out_of_range": out_of_range,
}
