"""Sends a record and reads it back: BOOTSTRAP=host:port python client.py, with kafka-python."""

import os

from kafka import KafkaConsumer, KafkaProducer

BOOTSTRAP = os.environ.get("BOOTSTRAP", "localhost:9092")

with KafkaProducer(bootstrap_servers=BOOTSTRAP) as producer:
    print("sent", producer.send("greetings", b"hello").get(timeout=10).offset)

with KafkaConsumer(
    "greetings",
    bootstrap_servers=BOOTSTRAP,
    auto_offset_reset="earliest",
    consumer_timeout_ms=10_000,
) as consumer:
    print("received", next(consumer).value.decode())
