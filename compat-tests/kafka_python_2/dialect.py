"""What is said otherwise to kafka-python 2.0 than to the newest release."""

from contextlib import closing

from harness.process import eventually
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

# There is no idempotent producer.
PLAIN: dict[str, bool] = {}
IDEMPOTENT: dict[str, bool] = {}


def create_topic(bootstrap: str, name: str, partitions: int = 1, **configs: str) -> None:
    # The records of some scenarios are old.
    configs = {"retention_ms": "-1", **configs}
    options = {key.replace("_", "."): value for key, value in configs.items()}
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        admin.create_topics([NewTopic(name, partitions, 1, topic_configs=options)])
        eventually(
            lambda: len(admin.describe_topics([name])[0]["partitions"]) == partitions,
            "the topic is known",
        )
