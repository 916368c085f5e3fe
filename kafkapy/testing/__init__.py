"""A broker for tests: in a background thread, on a free port, in memory unless told otherwise.

from kafkapy.testing import Broker

with Broker(topics=["orders:3"]) as broker:
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap_servers)
"""

from kafkapy.testing.broker import Broker

__all__ = ["Broker"]
