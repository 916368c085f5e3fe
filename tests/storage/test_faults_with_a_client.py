"""Disks at fault, as a stock client sees them through the whole broker."""

import errno

import pytest

from kafkapy.storage.disk import MemoryDisk
from kafkapy.testing import Broker

kafka = pytest.importorskip("kafka")

_TIMEOUT_S = 60


class FullDisk(MemoryDisk):
    """Has no room for the records of topic `full` while `is_full` is set, but for a part of one."""

    def __init__(self):
        super().__init__()
        self.is_full = False
        self.refusals = 0

    def open(self, path):
        file = super().open(path)
        return FullFile(self, file) if path.startswith("full-") else file


class FullFile:
    def __init__(self, disk, file):
        self._disk, self._file = disk, file
        self.pread, self.truncate = file.pread, file.truncate
        self.fsync, self.close = file.fsync, file.close

    def append(self, pieces):
        if self._disk.is_full:
            self._disk.refusals += 1
            self._file.append([bytes(pieces[0])])
            raise OSError(errno.ENOSPC, "No space left on device")
        self._file.append(pieces)


def values_of(broker, topic):
    return [record.value for record in broker.records(topic)]


def test_a_client_waits_for_room_while_other_partitions_go_on():
    disk = FullDisk()
    broker = Broker(topics=["full", "fine"])
    broker._disk = disk
    with broker:
        producer = kafka.KafkaProducer(
            bootstrap_servers=broker.bootstrap_servers,
            acks="all",
            linger_ms=0,
            retry_backoff_ms=50,
            request_timeout_ms=30_000,
        )
        producer.send("full", b"before").get(_TIMEOUT_S)
        disk.is_full = True
        waiting = producer.send("full", b"while it was full")
        for number in range(20):
            producer.send("fine", b"%d" % number).get(_TIMEOUT_S)
        assert disk.refusals
        assert not waiting.is_done
        assert values_of(broker, "full") == [b"before"]
        disk.is_full = False
        assert waiting.get(_TIMEOUT_S).offset == 1
        producer.close(timeout=_TIMEOUT_S)
        assert values_of(broker, "full") == [b"before", b"while it was full"]
        assert values_of(broker, "fine") == [b"%d" % number for number in range(20)]


class UnreadableDisk(MemoryDisk):
    """Has a directory that cannot be read while `unreadable` names it."""

    unreadable = None

    def list(self, path=""):
        if path and path == self.unreadable:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return super().list(path)

    def read(self, path):
        if path.rpartition("/")[0] == self.unreadable:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return super().read(path)


def test_a_partition_that_cannot_be_opened_is_kept_and_the_broker_starts_without_it():
    disk = UnreadableDisk()
    for attempt in ("first", "without", "again"):
        disk.unreadable = "bad-0" if attempt == "without" else None
        broker = Broker()
        broker._disk = disk
        with broker:
            if attempt == "first":
                broker.create_topic("bad")
                broker.create_topic("good")
                broker.write("bad", b"kept")
            producer = kafka.KafkaProducer(
                bootstrap_servers=broker.bootstrap_servers,
                retries=0,
                enable_idempotence=False,
                max_block_ms=5000,
                delivery_timeout_ms=8000,
                request_timeout_ms=5000,
            )
            producer.send("good", attempt.encode()).get(_TIMEOUT_S)
            if attempt == "without":
                with pytest.raises(kafka.errors.KafkaError):
                    producer.send("bad", b"refused").get(_TIMEOUT_S)
            producer.close(timeout=_TIMEOUT_S)
            if attempt == "again":
                assert values_of(broker, "bad") == [b"kept"]
                assert values_of(broker, "good") == [b"first", b"without", b"again"]


def test_a_topic_whose_partition_has_lost_the_topics_id_keeps_its_records():
    disk = MemoryDisk()
    for attempt in range(2):
        broker = Broker()
        broker._disk = disk
        with broker:
            if attempt == 0:
                broker.create_topic("orders")
                broker.write("orders", b"kept")
            assert values_of(broker, "orders") == [b"kept"]
        disk.remove("orders-0/partition.metadata")
        disk.remove("__cluster_metadata-0/partition.metadata")
