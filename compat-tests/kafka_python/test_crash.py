"""What was acknowledged outlives the process."""

from __future__ import annotations

import kafka
import pytest

P = kafka.TopicPartition


@pytest.mark.scenario("restart")
def test_records_and_commits_that_were_acknowledged_outlive_kill_9(restartable, unique):
    name, group = unique("topic"), unique("group")
    address = {"bootstrap_servers": restartable.bootstrap}
    producer = kafka.KafkaProducer(acks="all", **address)
    acknowledged = [producer.send(name, b"%d" % i).get(timeout=30).offset for i in range(200)]
    producer.close()
    member = kafka.KafkaConsumer(group_id=group, enable_auto_commit=False, **address)
    member.assign([P(name, 0)])
    member.commit({P(name, 0): kafka.OffsetAndMetadata(120, "", -1)})
    member.close(autocommit=False)
    for _ in range(2):
        restartable.kill()
        restartable.start()
        reader = kafka.KafkaConsumer(group_id=group, auto_offset_reset="earliest", **address)
        reader.assign([P(name, 0)])
        assert reader.committed(P(name, 0)) == 120
        reader.seek_to_beginning(P(name, 0))
        values = []
        while len(values) < 200:
            batches = reader.poll(timeout_ms=20_000)
            assert batches, f"{len(values)} of 200 records are left"
            values += [int(r.value) for records in batches.values() for r in records]
        reader.close(autocommit=False)
        assert values == acknowledged
    producer = kafka.KafkaProducer(**address)
    assert producer.send(name, b"next").get(timeout=30).offset == 200
    producer.close()
