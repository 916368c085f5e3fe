"""What Kafka's own library writes, we read; what we write, it reads.

The second half, and the check that the stored vectors are still what the library writes, need Java
and the library: set KAFKA_CLASSPATH to the jars in the `libs` folder of a Kafka distribution.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kafkapy.wire.compression import Compression
from kafkapy.wire.records.batch import (
    CREATE_TIME,
    LOG_APPEND_TIME,
    batches,
    magic_of,
    pack_prefix,
    parse_header,
    stamp_log_append_time,
    verify_checksum,
)
from kafkapy.wire.records.control import (
    ControlType,
    EndTxnMarker,
    build_end_txn_marker,
    control_type_of,
    parse_end_txn_marker,
)
from kafkapy.wire.records.legacy import (
    build_message_set,
    down_convert,
    records_of_message_set,
    to_batch,
)
from kafkapy.wire.records.record import Record, build_batch, records_of
from tests.wire.records.test_packed import rewritten

GOLDEN = Path(__file__).parent / "golden"
GENERATOR = GOLDEN / "RecordVectors.java"
LIMIT = 1 << 20


class Vector(NamedTuple):
    """Bytes, and what Kafka's library reads in them."""

    name: str
    data: bytes
    batches: list[dict[str, Any]]
    records: list[Record]


def parse_vectors(lines: str) -> dict[str, Vector]:
    vectors = {}
    for line in lines.splitlines():
        fields = json.loads(line)
        records = [parse_record(record) for record in fields["records"]]
        data = bytes.fromhex(fields["data"])
        vectors[fields["name"]] = Vector(fields["name"], data, fields["batches"], records)
    return vectors


def parse_record(fields: dict[str, Any]) -> Record:
    headers = tuple(
        (bytes.fromhex(key).decode(), parse_bytes(value)) for key, value in fields["headers"]
    )
    key, value = parse_bytes(fields["key"]), parse_bytes(fields["value"])
    return Record(fields["offset"], fields["timestamp_ms"], key, value, headers)


def parse_bytes(value: Any) -> bytes | None:
    if isinstance(value, dict):
        return bytes((value["byte"],)) * int(value["count"])
    return None if value is None else bytes.fromhex(value)


VECTORS = parse_vectors((GOLDEN / "vectors.jsonl").read_text())


def named(vectors: list[Vector]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", vectors, ids=[vector.name for vector in vectors])


every_batch = named([vector for vector in VECTORS.values() if vector.batches])
every_message_set = named([vector for vector in VECTORS.values() if not vector.batches])


@every_batch
def test_a_batch_that_kafka_wrote_is_read(vector: Vector) -> None:
    assert magic_of(vector.data) == 2
    records = []
    for expected, (header, batch) in zip(vector.batches, batches(vector.data), strict=True):
        verify_checksum(batch, header)
        assert {name: getattr(header, name) for name in expected} == expected
        records += records_of(batch, header, max_bytes=LIMIT)
    assert records == vector.records


@every_message_set
def test_a_message_set_that_kafka_wrote_is_read(vector: Vector) -> None:
    assert magic_of(vector.data) == int(vector.name[5])
    assert records_of_message_set(vector.data, max_bytes=LIMIT) == vector.records


@named([vector for vector in VECTORS.values() if vector.name.endswith(("_none", "_none_gaps"))])
def test_without_compression_the_same_bytes_are_written(vector: Vector) -> None:
    if not vector.batches:
        assert build_message_set(vector.records, magic_of(vector.data)) == vector.data
    else:
        assert rewritten(vector.data, vector.records) == vector.data


def test_a_transaction_marker_is_written_and_read_as_kafka_does() -> None:
    for name, is_commit in (("commit", True), ("abort", False)):
        vector = VECTORS[name]
        marker = EndTxnMarker(is_commit, coordinator_epoch=12)
        built = build_end_txn_marker(
            marker,
            producer_id=9003,
            producer_epoch=2,
            timestamp_ms=vector.records[0].timestamp_ms,
            base_offset=200,
            partition_leader_epoch=8,
        )
        assert built == vector.data
        assert parse_end_txn_marker(vector.data) == marker


def test_another_control_batch_is_no_transaction_marker() -> None:
    vector = VECTORS["leader_change"]
    assert control_type_of(vector.records[0]) is ControlType.LEADER_CHANGE
    assert parse_end_txn_marker(vector.data) is None


def written_by_us() -> dict[str, tuple[bytes, list[Record]]]:
    """Give data of every kind by name, with the records that have to be in it."""
    headers = (("h", b"x"), ("schlüssel", None), ("", b""))
    records = [
        Record(30, 1_700_000_000_000, b"k", b"v", headers),
        Record(31, 1_700_000_000_900, None, b"w" * 100_000),
        Record(32, 1_600_000_000_000, b"", None),
    ]
    bare = [Record(r.offset, r.timestamp_ms, r.key, r.value) for r in records]
    timeless = [Record(r.offset, -1, r.key, r.value) for r in records]
    gaps = [records[0], records[2]]
    data: dict[str, tuple[bytes, list[Record]]] = {}
    for codec in Compression:
        batch = build_batch(records, base_offset=30, compression=codec)
        data[f"batch_{codec.name}"] = batch, records
        data[f"compacted_{codec.name}"] = rewritten(batch, gaps), gaps
        stamped = [Record(r.offset, 99, r.key, r.value, r.headers) for r in records]
        data[f"appended_{codec.name}"] = stamp_log_append_time(batch, 99), stamped
        moved = [Record(r.offset + 70, r.timestamp_ms, r.key, r.value, r.headers) for r in records]
        prefix = pack_prefix(100, parse_header(batch).batch_length, 7)
        data[f"moved_{codec.name}"] = prefix + batch[16:], moved
        if codec != Compression.ZSTD:
            data[f"down_0_{codec.name}"] = down_convert(batch, 0, max_bytes=LIMIT), timeless
            data[f"down_1_{codec.name}"] = down_convert(batch, 1, max_bytes=LIMIT), bare
            for time in (CREATE_TIME, LOG_APPEND_TIME):
                at_once = [Record(r.offset, 77, r.key, r.value) for r in gaps]
                message_set = build_message_set(at_once, 1, compression=codec, timestamp_type=time)
                data[f"set_{codec.name}_{time}"] = message_set, at_once
            up = to_batch(data[f"down_1_{codec.name}"][0], base_offset=30, max_bytes=LIMIT)
            data[f"up_{codec.name}"] = up, bare
    batch = data["batch_LZ4"][0]
    data["tombstones"] = rewritten(batch, gaps, delete_horizon_ms=1_700_000_000_500), gaps
    data["emptied"] = rewritten(batch, []), []
    return data


def test_what_we_write_we_read() -> None:
    for name, (data, records) in written_by_us().items():
        if magic_of(data) == 2:
            [(header, batch)] = batches(data)
            verify_checksum(batch, header)
            assert records_of(batch, header, max_bytes=LIMIT) == records, name
        else:
            assert records_of_message_set(data, max_bytes=LIMIT) == records, name


def run_java(*arguments: str) -> dict[str, Vector]:
    classpath = os.environ.get("KAFKA_CLASSPATH")
    if not classpath or not shutil.which("java"):
        pytest.skip("needs java and KAFKA_CLASSPATH")
    command = ["java", "-Dstdout.encoding=UTF-8", "-cp", classpath, str(GENERATOR), *arguments]
    result = subprocess.run(command, capture_output=True, check=True, text=True)
    return parse_vectors(result.stdout)


@pytest.mark.kafka_jars
def test_the_stored_vectors_are_what_kafka_writes() -> None:
    written = run_java("write")
    assert written.keys() == VECTORS.keys()
    for name, vector in written.items():
        assert vector.records == VECTORS[name].records


@pytest.mark.kafka_jars
def test_kafka_reads_what_we_write(tmp_path: Path) -> None:
    ours = written_by_us()
    lines = [f"{name} {data.hex()}" for name, (data, _) in ours.items()]
    (tmp_path / "ours.txt").write_text("\n".join(lines))
    read = run_java("read", str(tmp_path / "ours.txt"))
    assert {name: vector.records for name, vector in read.items()} == {
        name: records for name, (_, records) in ours.items()
    }
