"""What is said otherwise to kafka-python 3 than to its older releases."""

from contextlib import closing

from kafka import KafkaAdminClient

# A producer of this release is idempotent unless it is told not to be.
PLAIN = {"enable_idempotence": False}
IDEMPOTENT = {"enable_idempotence": True}


def create_topic(bootstrap: str, name: str, partitions: int = 1, **configs: str) -> None:
    # The records of some scenarios are old.
    configs = {"retention_ms": "-1", **configs}
    options = {key.replace("_", "."): value for key, value in configs.items()}
    topic = {"num_partitions": partitions, "replication_factor": 1, "configs": options}
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        admin.create_topics({name: topic}, wait_for_metadata=True)
